//! What a live chain is refused, and what no chain takes.

use super::*;

#[test]
fn a_well_known_key_is_refused_wherever_it_stands_and_a_rehearsal_takes_it() {
	let alice = || sr25519::Pair::from_string("//Alice", None).expect("a path");
	let one = || four().remove(0);
	let mut node = one();
	// The gateway of every devnet.
	let peer = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
	node.card.node = Some(format!("/dns/node0.example.org/tcp/30333/p2p/{peer}"));
	let cases = [
		(one().of(alice()), "account"),
		(one().with_session(Some("//Bob"), None), "session key aura"),
		(one().with_session(None, Some("//Bob")), "session key gran"),
		(node.signed(), "node"),
	];
	for (bad, what) in cases {
		let mut made = four();
		made[0] = bad;
		let text = text(&made);
		let error = refusal(&text);
		assert!(
			matches!(&error, ConsortiumError::WellKnown { company, what: found, .. }
			if company == "North Grid" && *found == what),
			"{what}: {error}"
		);
		genesis(&rehearsal(&text)).expect("a rehearsal takes development keys");
	}
}

#[test]
fn an_account_of_zeros_is_refused_as_not_set() {
	let mut made = four();
	made[2].card.account = AccountId::new([0; 32]).to_ss58check();
	let expected = ConsortiumError::Unset { company: NAMES[2].into(), what: "account" };
	assert_eq!(refusal(&text(&made)), expected);
	assert_eq!(refusal(&rehearsal(&text(&made))), expected);
}

#[test]
fn a_live_chain_with_a_devnets_clock_or_windows_is_refused_and_a_rehearsal_may_have_them() {
	let text = text(&four());
	let fast = replaced(&text, "[market]\n", "[market]\ninterval_clock_s = 6\nhorizon = 28801\n");
	// The default's horizon is shorter in seconds with a fast clock: a product of its own, as a devnet has.
	let product = "products = [{ kind = \"auction\", opens_s = 86400, closes_s = 4, span = 1 }]\n";
	let fast = replaced(&fast, "horizon = 28801\n", &format!("horizon = 3\n{product}"));
	assert_eq!(refusal(&fast), ConsortiumError::DevnetClock { clock_s: 6, interval_s: 900 });
	genesis(&rehearsal(&fast)).expect("a rehearsal may be fast");

	for what in ["attestation_window_s", "dispute_window_s"] {
		let line = text.lines().find(|line| line.starts_with(what)).expect("it is named");
		let short = replaced(&text, line, &format!("{what} = 120"));
		assert_eq!(refusal(&short), ConsortiumError::DevnetWindow { what, seconds: 120, least: 900 });
	}
	let odd = replaced(&text, "[market]\n", "[market]\nepoch = 1000\n");
	assert_eq!(refusal(&odd), ConsortiumError::OddEpoch { epoch: 1_000, interval_ms: 900_000 });
}

#[test]
fn a_live_chain_whose_settlement_accounts_are_not_set_is_refused() {
	let text = text(&four());
	for (what, line) in [
		("grid", "grid = \"North Grid\"\n"),
		("rent", "rent = \"Regulator\"\n"),
		("balancing", "balancing = \"City Utility\"\n"),
	] {
		let without = replaced(&text, line, "");
		assert_eq!(refusal(&without), ConsortiumError::UnsetParty(what));
		let patch = genesis(&rehearsal(&without)).expect("a rehearsal may leave them out");
		assert_eq!(patch["settlement"]["accounts"], json!(null));
	}
	let nobody = replaced(&text, "rent = \"Regulator\"", "rent = \"Nobody\"");
	assert_eq!(refusal(&nobody), ConsortiumError::UnknownParty { what: "rent", name: "Nobody".into() });
	let other = replaced(&text, "grid = \"North Grid\"", "grid = \"City Utility\"");
	let expected = ConsortiumError::PartyWithoutRole { what: "grid", name: "City Utility".into(), role: Role::Dso };
	assert_eq!(refusal(&other), expected);
}

#[test]
fn a_live_chain_begins_with_at_least_four_authorities_and_three_seats() {
	let mut made = four();
	made[3].card.node = None;
	made[3].card.session_keys = None;
	made[3].card.proof = None;
	made[3] = made[3].clone().signed();
	let three = text(&made);
	assert_eq!(refusal(&three), ConsortiumError::FewAuthorities(3));
	let patch = genesis(&rehearsal(&three)).expect("a rehearsal may have fewer");
	assert_eq!(patch["council"]["members"].as_array().map(Vec::len), Some(3), "a seat goes with a node");

	let whole = text(&four());
	let without = replaced(
		&whole,
		&format!("roles = {}\n", roles_of(0)),
		&format!("roles = {}\ncommittee = false\n", roles_of(0)),
	);
	assert!(genesis(&without).is_ok());
	let without = replaced(
		&without,
		&format!("roles = {}\n", roles_of(1)),
		&format!("roles = {}\ncommittee = false\n", roles_of(1)),
	);
	assert_eq!(refusal(&without), ConsortiumError::CommitteeSeats(2));
	let hasty = replaced(&whole, "upgrade_delay_s = 86_400", "upgrade_delay_s = 3_600");
	assert_eq!(refusal(&hasty), ConsortiumError::ShortDelay(3_600));
	assert!(genesis(&rehearsal(&hasty)).is_ok());

	let mut text = whole;
	for roles in [roles_of(0), roles_of(1)] {
		text = replaced(&text, &format!("roles = {roles}\n"), &format!("roles = {roles}\ncouncil = false\n"));
	}
	assert_eq!(refusal(&text), ConsortiumError::FewSeats(2));
}

#[test]
fn no_chain_begins_with_more_seats_in_its_committee_than_it_may_have() {
	let folder = TempDir::new().expect("a folder");
	let mut made = four();
	made.extend((4..8).map(|number| Made::new(folder.path(), &format!("Company {number}"), None)));
	let all = text(&made);
	assert!(genesis(&rehearsal(&all)).is_ok(), "companies without a node have no seat");
	let eight = all.replace("roles = []\n", "roles = []\ncommittee = true\n");
	for text in [eight.clone(), rehearsal(&eight)] {
		assert_eq!(refusal(&text), ConsortiumError::CommitteeSeats(8));
	}
}

#[test]
fn a_live_chain_without_a_role_that_it_needs_from_its_first_day_is_refused() {
	let text = text(&four());
	for (name, role) in [
		("meter_operator", Role::MeterOperator),
		("membership_provider", Role::MembershipProvider),
		("settlement_agent", Role::SettlementAgent),
	] {
		let without = text.replacen(&format!("\"{name}\""), "\"auditor\"", 1);
		let needs = if role == Role::SettlementAgent { 2 } else { 1 };
		assert_eq!(refusal(&without), ConsortiumError::MissingRole { role, has: needs - 1, needs }, "{name}");
		genesis(&rehearsal(&without)).expect("a rehearsal may do without");
	}
	let broke = replaced(&text, "ceiling = 1_000_000_000_000_000_000", "ceiling = 0");
	assert_eq!(refusal(&broke), ConsortiumError::NoCeiling);
}

#[test]
fn what_is_misspelt_is_refused_and_never_left_out() {
	let text = text(&four());
	let unread = |text: &str| Consortium::parse(text).expect_err("it does not read");
	assert!(unread(&replaced(&text, "[chain]\n", "[chain]\ncolour = 1\n")).contains("colour"));
	assert!(unread(&replaced(&text, "[settlement]\n", "[settlement]\nrents = 1\n")).contains("rents"));
	assert!(unread(&replaced(&text, "\"regulator\"", "\"regulators\"")).contains("role"));
	let market = refusal(&replaced(&text, "[market]\n", "[market]\nprice_capp = 1\n"));
	assert!(matches!(&market, ConsortiumError::Market(reason) if reason.contains("price_capp")), "{market}");
	let company = refusal(&text.replacen("roles =", "concil = false\nroles =", 1));
	assert_eq!(company, ConsortiumError::Unknown { company: NAMES[0].into(), entry: "concil".into() });
}

#[test]
fn parameters_that_the_pallets_would_not_take_are_refused_before_anything_is_built() {
	let text = text(&four());
	let off_tick = refusal(&replaced(&text, "price_cap = 4_000_000", "price_cap = 4_000_001"));
	assert!(matches!(&off_tick, ConsortiumError::Market(reason) if reason.contains("PriceBounds")), "{off_tick}");
	for (from, to) in [("short = 220_000", "short = 80_000"), ("long = 90_000", "long = -600_000")] {
		let error = refusal(&replaced(&text, from, to));
		assert!(matches!(error, ConsortiumError::Ladder { .. }), "{error}");
	}
}
