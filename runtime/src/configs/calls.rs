//! The one table of calls: what may be sent at all, and by whom. What is not in it is refused; a test walks the metadata.
//!
//! The pallets still decide about zones, rights and states. This table keeps what its sender may never make out of the pool,
//! and says which calls are paid from a budget and which are due work (`docs/budgets.md`).

use super::{
	governance::{MaxProposalWeight, LEAST_SEATS, MOST_SEATS},
	MAX_BLOCK_LENGTH,
};
use crate::{
	AccountId, BlockNumber, Council, Hash, Participants, Runtime, RuntimeCall, Securities, Settlement, System,
};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{
	refusals::Refusal,
	traits::{Debts, Participants as _},
	Role::{
		self, Aggregator, BalanceResponsibleParty, Dso, MembershipProvider, MeterOperator, Regulator, Retailer,
		SettlementAgent,
	},
};
use codec::{Decode, Encode};
use frame_support::{
	ensure,
	traits::{Contains, GetCallMetadata},
};
use pallet_collective::Instance1 as CouncilInstance;
use pallet_participants::Terms;
use sp_runtime::MultiAddress;

/// Who makes a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
	/// Any participant, and whom it delegates to.
	Members,
	/// Participants with one of these roles, somewhere.
	Holders(&'static [Role]),
	/// The members of the council.
	Council,
	/// The council as a whole, by a motion of more than half of it.
	Motions,
	/// The council as a whole, by a motion of at least two thirds of it.
	TwoThirds,
	/// Block authors, and nobody by a signature.
	Authors,
	/// Nobody.
	Nobody,
}

/// What kind of call it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
	/// An ordinary one: its sender's budget pays.
	Own,
	/// Work that somebody has to do, and that succeeds once: the budget pays only if it fails.
	Due,
	/// It helps against misuse: nothing overtakes it.
	Remedy,
	/// It carries other calls, which are judged instead.
	Carries,
	/// It moves money to the account that it names, which must be a member's or one of the rules.
	Pays,
}

use Kind::{Carries, Due, Own, Pays, Remedy};
use Who::{Authors, Holders, Members, Motions, Nobody, TwoThirds};

/// A call's name, who makes it, what kind it is.
pub type Row = (&'static str, Who, Kind);

const OF_PROVIDERS: Who = Holders(&[MembershipProvider]);
const OF_OPERATORS: Who = Holders(&[Dso]);
const OF_AGENTS: Who = Holders(&[SettlementAgent]);
const OF_KEEPERS: Who = Holders(&[MeterOperator, Dso, Aggregator]);
const OF_GUARANTORS: Who = Holders(&[Retailer, Aggregator]);

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
			("apply_authorized_upgrade", Who::Council, Due),
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
			("propose", Who::Council, Remedy),
			("vote", Who::Council, Remedy),
			("close", Who::Council, Remedy),
			// One member's word is nothing here.
			("execute", Nobody, Own),
			("disapprove_proposal", Motions, Own),
			("kill", Motions, Own),
			("release_proposal_cost", Nobody, Own),
		],
	),
	("Validators", &[("add", TwoThirds, Own), ("remove", TwoThirds, Own), ("authorize_upgrade", TwoThirds, Own)]),
	(
		"Participants",
		&[
			("register", OF_PROVIDERS, Own),
			("register_many", OF_PROVIDERS, Own),
			("grant_role", OF_PROVIDERS, Own),
			("revoke_role", OF_PROVIDERS, Own),
			("suspend", OF_PROVIDERS, Remedy),
			("resume", OF_PROVIDERS, Remedy),
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
			("accept_point", Members, Own),
			("withdraw_point", Members, Own),
		],
	),
	(
		"Market",
		&[
			("place", Members, Own),
			("replace", Members, Own),
			("cancel", Members, Own),
			("set_parameters", Motions, Own),
			("submit", Members, Own),
			("withdraw", Members, Own),
			("amend", Members, Own),
			("set_area", Motions, Own),
			("place_block_order", Members, Own),
			("cancel_block_order", Members, Own),
		],
	),
	(
		"Metering",
		&[
			// A second attester, whom a point's owner names, needs no role.
			("register_meter", Members, Own),
			("register_meters", Members, Own),
			("attest", Members, Own),
			("post_bond", Members, Own),
			("withdraw_bond", Members, Own),
			("prove", Members, Due),
			("retire_meter", Members, Own),
			("name_attester", Members, Own),
			("dispute", Members, Own),
			("rule", Holders(&[Regulator]), Own),
			("close_dispute", Members, Own),
			("announce_holding", OF_KEEPERS, Own),
			("withdraw_holding", OF_KEEPERS, Own),
			("set_store", OF_KEEPERS, Own),
			("admit_operator", Members, Own),
			("cancel_meter", Members, Own),
			("challenge", Holders(&[Dso, BalanceResponsibleParty, Regulator]), Own),
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
			("post_prices", Holders(&[BalanceResponsibleParty]), Own),
			("debit", Members, Due),
			("draw", Members, Due),
			("credit", Members, Due),
		],
	),
	(
		"Certificates",
		&[
			("certify", Holders(&[Regulator]), Own),
			("transfer", Members, Own),
			("retire", Members, Own),
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
			("deposit", Members, Own),
			("deposit_many", Members, Own),
			("guarantee", OF_GUARANTORS, Own),
			("guarantee_many", OF_GUARANTORS, Own),
			("give_notice", Members, Own),
			("release", Members, Own),
			("repay", Members, Own),
			("margin_in", Members, Own),
			("margin_out", Members, Own),
			("deposit_balancing", Holders(&[BalanceResponsibleParty]), Own),
			// Also one that is none any more, and anybody for one that was removed.
			("give_notice_balancing", Members, Own),
			("release_balancing", Members, Own),
		],
	),
	(
		"Supply",
		&[
			("choose", Members, Own),
			("serve", Holders(&[Retailer]), Own),
			// Also one that is no retailer any more.
			("resign", Members, Own),
			("set_last_resort", Motions, Own),
		],
	),
	("Flexibility", &[("offer", Members, Own), ("order_reduction", OF_OPERATORS, Own)]),
];

/// The row of a call; `None` if the table has none.
pub fn row(call: &RuntimeCall) -> Option<&'static Row> {
	let name = call.get_call_metadata();
	let (_, rows) = CALLS.iter().find(|(pallet, _)| *pallet == name.pallet_name)?;
	rows.iter().find(|(function, ..)| *function == name.function_name)
}

/// The calls that a call carries.
fn carried(call: &RuntimeCall) -> &[RuntimeCall] {
	use pallet_utility::Call::{batch, batch_all, force_batch};
	match call {
		RuntimeCall::Utility(batch { calls } | batch_all { calls } | force_batch { calls }) => calls,
		_ => &[],
	}
}

/// Whether money may be sent there: to a participant's account, or to one that the rules name.
fn takes_money(account: &AccountId) -> bool {
	Participants::participant(account).is_some() || *account == Securities::fund() || Settlement::pays(account)
}

/// The account that a call moves money to; `Some(None)` if it names none that could be.
fn payee(call: &RuntimeCall) -> Option<Option<&AccountId>> {
	use pallet_balances::Call::{transfer_all, transfer_allow_death, transfer_keep_alive};
	let RuntimeCall::Balances(
		transfer_allow_death { dest, .. } | transfer_keep_alive { dest, .. } | transfer_all { dest, .. },
	) = call
	else {
		return None;
	};
	Some(if let MultiAddress::Id(account) = dest { Some(account) } else { None })
}

fn pays_well(call: &RuntimeCall) -> bool {
	payee(call).is_none_or(|payee| payee.is_some_and(takes_money))
}

/// Whether a council stays that can decide: `pallet-collective` would seat nobody, one member twice, or more than it counts.
fn seats_well(call: &RuntimeCall) -> bool {
	let RuntimeCall::Council(pallet_collective::Call::set_members { new_members, prime, .. }) = call else {
		return true;
	};
	let distinct: BTreeSet<_> = new_members.iter().collect();
	let sits = |account: &AccountId| distinct.contains(account);
	distinct.len() == new_members.len()
		&& (LEAST_SEATS..=MOST_SEATS as usize).contains(&distinct.len())
		&& prime.as_ref().is_none_or(sits)
}

/// What is dispatched at all, alone, in a batch or in a motion: what the table lets somebody make.
pub struct Listed;

impl Contains<RuntimeCall> for Listed {
	fn contains(call: &RuntimeCall) -> bool {
		row(call).is_some_and(|(_, who, _)| *who != Nobody) && pays_well(call) && seats_well(call)
	}
}

/// A motion's votes, as `pallet-collective` stores and does not show them.
#[derive(Decode)]
struct Motion {
	index: u32,
	threshold: u32,
	ayes: Vec<AccountId>,
	nays: Vec<AccountId>,
	end: BlockNumber,
}

impl Motion {
	fn of(hash: &Hash) -> Option<Self> {
		let votes = pallet_collective::Voting::<Runtime, CouncilInstance>::get(hash)?;
		Self::decode(&mut &votes.encode()[..]).ok()
	}

	/// Whether enough have agreed, or so many not that enough can not any more.
	fn is_decided(&self) -> bool {
		let seats = pallet_collective::Members::<Runtime, CouncilInstance>::get().len();
		let threshold = usize::try_from(self.threshold).unwrap_or(usize::MAX);
		self.ayes.len() >= threshold || seats.saturating_sub(self.nays.len()) < threshold
	}
}

/// That a council member's call is about a motion that there is, within bounds, and closes only what can be closed: so it
/// takes the weight of that motion and no more.
fn ensure_motion(call: &RuntimeCall) -> Result<(), Refusal> {
	use pallet_collective::Call::{close, vote};
	let RuntimeCall::Council(call) = call else { return Ok(()) };
	let (hash, number) = match call {
		vote { proposal, index, .. } => (proposal, index),
		close { proposal_hash, index, .. } => (proposal_hash, index),
		_ => return Ok(()),
	};
	let motion = Motion::of(hash).filter(|motion| motion.index == *number).ok_or(Refusal::NoSuchMotion)?;
	if let close { proposal_weight_bound, length_bound, .. } = call {
		ensure!(proposal_weight_bound.all_lte(MaxProposalWeight::get()), Refusal::NoSuchMotion);
		ensure!(*length_bound <= MAX_BLOCK_LENGTH, Refusal::NoSuchMotion);
		ensure!(motion.is_decided() || System::block_number() >= motion.end, Refusal::NoSuchMotion);
	}
	Ok(())
}

/// The table, as the extensions ask it.
pub struct Table;

impl pallet_participants::Calls<RuntimeCall, AccountId> for Table {
	fn terms(call: &RuntimeCall) -> Result<Terms, Refusal> {
		let (_, who, kind) = row(call).ok_or(Refusal::NotListed)?;
		ensure!(!matches!(who, Nobody | Authors | Motions | TwoThirds), Refusal::NotListed);
		if *kind == Carries {
			let (mut terms, mut first) = (Terms::default(), true);
			for call in carried(call) {
				let each = Self::terms(call)?;
				let (governing, remedy) = (each.governing, each.remedy);
				terms = Terms {
					due: false,
					governing: governing && (first || terms.governing),
					remedy: remedy && (first || terms.remedy),
				};
				first = false;
			}
			return Ok(terms);
		}
		Ok(Terms { due: *kind == Due, governing: *who == Who::Council, remedy: *kind == Remedy })
	}

	fn ensure(call: &RuntimeCall, signer: &AccountId) -> Result<(), Refusal> {
		let (_, who, _) = row(call).ok_or(Refusal::NotListed)?;
		match who {
			Members => (),
			Holders(roles) => {
				let holds = |role: &Role| Participants::ensure_anywhere(signer, *role).is_ok();
				ensure!(roles.iter().any(holds), Refusal::NotYours);
			},
			Who::Council => {
				ensure!(Council::is_member(signer), Refusal::NotYours);
				ensure_motion(call)?;
			},
			Motions | TwoThirds | Authors | Nobody => return Err(Refusal::NotListed),
		}
		ensure!(pays_well(call), Refusal::UnknownPayee);
		carried(call).iter().try_for_each(|call| Self::ensure(call, signer))
	}

	fn reads(call: &RuntimeCall) -> u64 {
		let own = match row(call) {
			// Roles of the signer's own participant and of the one that it operates for, whose membership is known.
			Some((_, Holders(_), _)) => 3,
			// The council and the motion's votes.
			Some((_, Who::Council, _)) => 2,
			// The payee's membership and the accounts of the rules, before and in the dispatch.
			Some((_, _, Pays)) => 2,
			_ => 0,
		};
		carried(call).iter().fold(own, |sum: u64, call| sum.saturating_add(Self::reads(call)))
	}
}
