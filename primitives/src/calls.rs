//! The one table of calls: who may send which, with which role, where, and what kind of call it is. Data, and no check: the
//! runtime filters transactions by it, the pallets check for themselves, and a test compares what both do with it, for every
//! call, role and scope. `docs/roles.md` and `busbar roles` show it.

use crate::{PointKind, Right, Role};
use alloc::{format, string::String, vec, vec::Vec};
use Kind::{Carries, Due, Own, Pays, Remedy, Settles};
use Role::{
	Aggregator, BalanceResponsibleParty, Dso, MembershipProvider, MeterOperator, Regulator, Retailer, SettlementAgent,
};
use Who::{
	Authors, Committee, Council, Holders, Members, Motions, Nobody, Parties, PartiesOrHolders, Third, Traders,
	TwoThirds, Whole,
};

/// Who makes a call. Nobody who is suspended does, but of [`Kind::Settles`]; a role that is over is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
	/// Any participant, and whom it delegates to.
	Members,
	/// The participant that it is about, and whom it delegates this right to; no role is needed.
	Parties(Right),
	/// Participants with one of these roles, where it must cover.
	Holders(&'static [Role], Cover),
	/// Either.
	PartiesOrHolders(Right, &'static [Role], Cover),
	/// For the owner of a connection point of one of these kinds that has there a role which trades at such a point
	/// ([`Role::trading`]): itself, and whom it lets trade.
	Traders(&'static [PointKind]),
	/// The members of the council.
	Council,
	/// The council as a whole, by a motion of more than half of it.
	Motions,
	/// The council as a whole, by a motion of at least two thirds of it.
	TwoThirds,
	/// The council as a whole, by a motion of at least a third of it.
	Third,
	/// The council as a whole, by a motion of all of it.
	Whole,
	/// The seats of the emergency committee.
	Committee,
	/// Block authors, and nobody by a signature.
	Authors,
	/// Nobody.
	Nobody,
}

/// What a role must cover for a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cover {
	/// The whole grid.
	Grid,
	/// The zone or scope that the call names, or that of the connection point or of the roles of the participant that it names.
	Named,
	/// Any zone.
	Somewhere,
}

/// What kind of call it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
	/// An ordinary one: its sender's budget pays.
	Own,
	/// The same, by which its sender settles what it owes: the suspended make it, too.
	Settles,
	/// Work that somebody has to do, and that succeeds once: the budget pays only if it fails.
	Due,
	/// It helps against misuse: nothing overtakes it.
	Remedy,
	/// It carries other calls, which are judged instead.
	Carries,
	/// It moves money to the account that it names, which must be a member's or one of the rules.
	Pays,
}

/// A call's name, who makes it, what kind it is.
pub type Row = (&'static str, Who, Kind);

const OF_OPERATORS: Who = Holders(&[Dso], Cover::Named);
const OF_AGENTS: Who = Holders(&[SettlementAgent], Cover::Grid);
const OF_KEEPERS: Who = Holders(&[MeterOperator, Dso, Aggregator], Cover::Somewhere);
const OF_GUARANTORS: Who = Holders(&[Retailer, Aggregator], Cover::Named);
/// A second attester, whom a point's owner names, needs no role.
const OF_ATTESTERS: Who = PartiesOrHolders(Right::Operate, &[MeterOperator], Cover::Somewhere);
const OF_METER_READERS: Who = PartiesOrHolders(Right::Operate, &[MeterOperator], Cover::Named);
/// The point's owner, and who operates a meter there.
const OF_DECIDERS: Who = PartiesOrHolders(Right::Operate, &[Dso], Cover::Named);
const AT_ALL_POINTS: Who = Traders(&[PointKind::Metered, PointKind::Coupling]);
const OF_AFFECTED: Who = PartiesOrHolders(Right::Operate, &[Dso, BalanceResponsibleParty], Cover::Named);

/// The table, by pallet.
pub const CALLS: &[(&str, &[Row])] = &[
	(
		"System",
		&[
			("remark", Members, Own),
			("remark_with_event", Members, Own),
			("set_heap_pages", Nobody, Own),
			("set_code", Nobody, Own),
			("set_code_without_checks", Nobody, Own),
			("set_storage", Nobody, Own),
			("kill_storage", Nobody, Own),
			("kill_prefix", Nobody, Own),
			("authorize_upgrade", Nobody, Own),
			("authorize_upgrade_without_checks", Nobody, Own),
			// Its code is what the council authorised; it comes without a signature, too.
			("apply_authorized_upgrade", Council, Due),
		],
	),
	("Timestamp", &[("set", Authors, Own)]),
	(
		"Balances",
		&[
			("transfer_allow_death", Members, Pays),
			("transfer_keep_alive", Members, Pays),
			("transfer_all", Members, Pays),
			("force_transfer", Nobody, Own),
			("force_unreserve", Nobody, Own),
			("upgrade_accounts", Nobody, Own),
			("force_set_balance", Nobody, Own),
			("force_adjust_total_issuance", Nobody, Own),
			// Money leaves the chain with two keys only.
			("burn", Nobody, Own),
		],
	),
	(
		"Utility",
		&[
			("batch", Members, Carries),
			("batch_all", Members, Carries),
			("force_batch", Members, Carries),
			// Accounts without a participant act for nobody.
			("as_derivative", Nobody, Own),
			("dispatch_as", Nobody, Own),
			("dispatch_as_fallible", Nobody, Own),
			("with_weight", Nobody, Own),
			("if_else", Nobody, Own),
		],
	),
	(
		"Session",
		&[
			("set_keys", Members, Own),
			// A validator leaves through the council only: this would drop it from the set below the least number.
			("purge_keys", Nobody, Own),
		],
	),
	(
		"Grandpa",
		&[
			("report_equivocation", Members, Own),
			("report_equivocation_unsigned", Authors, Own),
			("note_stalled", Nobody, Own),
		],
	),
	(
		"Council",
		&[
			("set_members", TwoThirds, Own),
			("propose", Council, Remedy),
			("vote", Council, Remedy),
			("close", Council, Remedy),
			// One member's word is nothing here.
			("execute", Nobody, Own),
			("disapprove_proposal", Motions, Own),
			("kill", Motions, Own),
			("release_proposal_cost", Nobody, Own),
		],
	),
	(
		"Validators",
		&[
			("add", TwoThirds, Own),
			("remove", TwoThirds, Own),
			("register_peer", Parties(Right::Operate), Own),
			("remove_peer", Parties(Right::Operate), Own),
			("evict_peers", TwoThirds, Own),
		],
	),
	(
		"Governance",
		&[
			("announce_upgrade", TwoThirds, Own),
			("veto_upgrade", Third, Own),
			("enact_upgrade", Members, Due),
			("authorize_upgrade", Whole, Own),
			("set_committee", TwoThirds, Own),
			("act", Committee, Remedy),
			("resume", Motions, Own),
		],
	),
	(
		"Participants",
		&[
			("register", Holders(&[MembershipProvider], Cover::Somewhere), Own),
			("register_many", Holders(&[MembershipProvider], Cover::Named), Own),
			// The council grants and revokes every role, a provider the ordinary ones.
			("grant_role", Holders(&[MembershipProvider], Cover::Named), Own),
			("grant_role_for", Holders(&[MembershipProvider], Cover::Named), Own),
			("revoke_role", Holders(&[MembershipProvider], Cover::Named), Own),
			("suspend", Holders(&[Regulator, MembershipProvider], Cover::Named), Remedy),
			("resume", Holders(&[Regulator, MembershipProvider], Cover::Named), Remedy),
			("remove", TwoThirds, Own),
			("add_delegate", Members, Own),
			("remove_delegate", Members, Own),
			("resign", Members, Own),
			("grant_data", Members, Own),
			("revoke_data", Members, Own),
			("grant_record", Members, Own),
			("revoke_record", Members, Own),
			("set_commitment", Members, Own),
			("publish_access_log", Members, Own),
		],
	),
	(
		"Grid",
		&[
			("add_zone", OF_OPERATORS, Own),
			("add_zones", OF_OPERATORS, Own),
			("set_link", OF_OPERATORS, Own),
			("retire_zone", OF_OPERATORS, Own),
			("add_point", OF_OPERATORS, Own),
			("add_points", OF_OPERATORS, Own),
			("retire_point", OF_OPERATORS, Own),
			("publish", OF_OPERATORS, Own),
			("allow_couplings", Motions, Own),
			("accept_point", Parties(Right::Operate), Own),
			// Who is asked, who proposed it, and whoever operates the zone; anybody when its time is over.
			("withdraw_point", OF_DECIDERS, Own),
		],
	),
	(
		"Market",
		&[
			("place", AT_ALL_POINTS, Own),
			("replace", AT_ALL_POINTS, Own),
			("cancel", Parties(Right::Trade), Own),
			("set_parameters", Motions, Own),
			("submit", AT_ALL_POINTS, Own),
			("withdraw", Parties(Right::Trade), Own),
			("amend", AT_ALL_POINTS, Own),
			("set_area", Motions, Own),
			("place_block_order", AT_ALL_POINTS, Own),
			("cancel_block_order", Parties(Right::Trade), Own),
		],
	),
	(
		"Metering",
		&[
			("register_meter", OF_METER_READERS, Own),
			("register_meters", OF_METER_READERS, Own),
			("attest", OF_ATTESTERS, Own),
			("post_bond", OF_ATTESTERS, Own),
			// To the account that posted it.
			("withdraw_bond", Members, Own),
			("prove", Members, Due),
			("retire_meter", Parties(Right::Operate), Own),
			("name_attester", Parties(Right::Operate), Own),
			("dispute", OF_AFFECTED, Own),
			("rule", Holders(&[Regulator], Cover::Named), Own),
			("close_dispute", Members, Own),
			("announce_holding", OF_KEEPERS, Own),
			("withdraw_holding", OF_KEEPERS, Own),
			("set_store", OF_KEEPERS, Own),
			("admit_operator", OF_DECIDERS, Own),
			("cancel_meter", OF_DECIDERS, Own),
			("challenge", Holders(&[Dso, BalanceResponsibleParty, Regulator], Cover::Named), Own),
			("report_missing", Members, Due),
		],
	),
	(
		"Settlement",
		&[
			("set_accounts", Motions, Own),
			("set_ladder", Motions, Own),
			("set_levy", Motions, Own),
			("set_tolerance", Motions, Own),
			("set_sharing", Motions, Own),
			("void", Motions, Own),
			("post_prices", Holders(&[BalanceResponsibleParty], Cover::Grid), Own),
			("debit", Members, Due),
			("draw", Members, Due),
			("credit", Members, Due),
			("recover", Members, Due),
		],
	),
	(
		"Certificates",
		&[
			("certify", Holders(&[Regulator], Cover::Named), Own),
			("transfer", Parties(Right::Funds), Own),
			("retire", Parties(Right::Funds), Own),
			("forget", Members, Own),
		],
	),
	(
		"Issuance",
		&[
			("propose", OF_AGENTS, Own),
			("approve", OF_AGENTS, Own),
			("cancel", OF_AGENTS, Own),
			("set_ceiling", TwoThirds, Own),
		],
	),
	(
		"Securities",
		&[
			("deposit", Parties(Right::Funds), Own),
			("deposit_many", Parties(Right::Funds), Own),
			("guarantee", OF_GUARANTORS, Own),
			("guarantee_many", OF_GUARANTORS, Own),
			// For who was removed anybody asks for its money, which goes to its account.
			("give_notice", Parties(Right::Funds), Settles),
			("release", Parties(Right::Funds), Settles),
			("repay", Members, Settles),
			("margin_in", Parties(Right::Funds), Own),
			("margin_out", Parties(Right::Funds), Settles),
			("deposit_balancing", Holders(&[BalanceResponsibleParty], Cover::Somewhere), Own),
			// Also one that is none any more.
			("give_notice_balancing", Parties(Right::Funds), Settles),
			("release_balancing", Parties(Right::Funds), Settles),
			("choose_guarantor", Parties(Right::Funds), Own),
		],
	),
	(
		"Supply",
		&[
			("choose", Parties(Right::Operate), Own),
			("serve", Holders(&[Retailer], Cover::Named), Own),
			// Also one that is no retailer any more.
			("resign", Parties(Right::Operate), Own),
			("set_last_resort", Motions, Own),
		],
	),
	("Flexibility", &[("offer", Traders(&[PointKind::Metered]), Own), ("order_reduction", OF_OPERATORS, Own)]),
];

/// The row of a call.
pub fn row(pallet: &str, call: &str) -> Option<&'static Row> {
	let (_, rows) = CALLS.iter().find(|(name, _)| *name == pallet)?;
	rows.iter().find(|(name, ..)| *name == call)
}

impl Who {
	/// With which roles the call is made, somewhere.
	pub fn roles(&self) -> Vec<Role> {
		match self {
			Self::Holders(roles, _) | Self::PartiesOrHolders(_, roles, _) => roles.to_vec(),
			Self::Traders(kinds) => kinds.iter().flat_map(|kind| Role::trading(*kind)).copied().collect(),
			_ => vec![],
		}
	}
}

impl Who {
	/// In words.
	pub fn in_words(&self) -> String {
		let right = |right: &Right| match right {
			Right::Trade => "trade",
			Right::Funds => "funds",
			Right::Operate => "operate",
		};
		let list = |roles: &[Role]| roles.iter().map(|role| format!("`{role:?}`")).collect::<Vec<_>>().join(", ");
		match self {
			Self::Members => "any participant".into(),
			Self::Parties(of) => format!("whom it is about, and its delegates to {}", right(of)),
			Self::Holders(roles, _) => list(roles),
			Self::PartiesOrHolders(of, roles, _) => {
				format!("whom it is about, and its delegates to {}; {}", right(of), list(roles))
			},
			Self::Traders(kinds) => {
				let roles = kinds.iter().map(|kind| match kind {
					PointKind::Metered => format!("the owner is {}", list(Role::trading(*kind))),
					PointKind::Coupling => format!("at a coupling {}", list(Role::trading(*kind))),
				});
				let roles = roles.collect::<Vec<_>>().join("; ");
				format!("the point's owner, and its delegates to trade, if {roles}")
			},
			Self::Council => "council members".into(),
			Self::Motions => "the council, by more than half".into(),
			Self::TwoThirds => "the council, by two thirds".into(),
			Self::Third => "the council, by a third".into(),
			Self::Whole => "the whole council".into(),
			Self::Committee => "the emergency committee".into(),
			Self::Authors => "block authors, without a signature".into(),
			Self::Nobody => "nobody".into(),
		}
	}

	/// What a role must cover, if one is needed.
	pub fn cover(&self) -> Option<Cover> {
		match self {
			Self::Holders(_, cover) | Self::PartiesOrHolders(_, _, cover) => Some(*cover),
			Self::Traders(_) => Some(Cover::Named),
			_ => None,
		}
	}
}

impl Cover {
	/// In words.
	pub const fn as_str(self) -> &'static str {
		match self {
			Self::Grid => "the whole grid",
			Self::Named => "the zone named",
			Self::Somewhere => "any zone",
		}
	}
}

/// The table as a page: `docs/roles.md`, and what `busbar roles` prints.
pub fn page() -> String {
	let mut page = String::from(PREFACE);
	for (pallet, rows) in CALLS {
		for (call, who, kind) in *rows {
			let cover = who.cover().map_or("", Cover::as_str);
			let suspended = if *kind == Settles { "for itself" } else { "" };
			page += &format!("| {pallet} | `{call}` | {} | {cover} | {suspended} |\n", who.in_words());
		}
	}
	page += "\n## Calls of each role\n\n| role | calls |\n|---|---|\n";
	for role in Role::ALL {
		let mut calls = Vec::new();
		for (pallet, rows) in CALLS {
			let of_role = rows.iter().filter(|(_, who, _)| who.roles().contains(&role));
			calls.extend(of_role.map(|(call, ..)| format!("`{pallet}.{call}`")));
		}
		let calls = if calls.is_empty() { "none".into() } else { calls.join(", ") };
		page += &format!("| `{role:?}` | {calls} |\n");
	}
	page
}

const PREFACE: &str = "\
# Who may make which call

What `busbar roles` prints, from the table in `primitives/src/calls.rs`; a test compares this page with it. Another one
(`runtime/tests/roles.rs`) compares the table with what the runtime does: every call, by a participant with every role, in scope, out of
scope, expired and suspended, and as the one that the call is about and as another one.

- A role is granted in a scope, the whole grid or a zone with all below it, from a moment until before another one, by the council or a
  membership provider, which the grant names. Its end needs no transaction: every check looks at chain time. Who holds a role that is
  over or does not cover may do what any participant may.
- Who is suspended does nothing; what settles its debts its own account goes on to do.
- Delegates act for a participant with one right each; whom it lets operate exercises its roles.
- The council also does what `Participants.grant_role`, `grant_role_for`, `revoke_role`, `suspend`, `resume` and `Issuance.cancel` do.

| pallet | call | made by | a role covers | suspended |
|---|---|---|---|---|
";
