//! The table of calls lists every call of the runtime and no other, and its pages say the same.

use busbar_harness::{account, submit, Genesis, Party, EUR};
use busbar_primitives::{
	calls::{Kind, Row, Who, CALLS},
	Role,
};
use busbar_runtime::{
	configs::budgets::Budgets,
	pallet_collective::{self, Instance1 as CouncilInstance, RawOrigin},
	pallet_governance,
	pallet_issuance::{self, Issue},
	pallet_participants::{self, Load},
	pallet_settlement::{self, PostedPrices},
	pallet_validators, AccountId, Runtime, RuntimeCall, RuntimeOrigin,
};
use codec::{Decode, Encode};
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use frame_support::{assert_noop, BoundedVec, PalletId};
use scale_info::TypeDef;
use sp_runtime::{
	traits::{AccountIdConversion, Dispatchable},
	DispatchError,
};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../docs/budgets.md");

fn metadata() -> RuntimeMetadataV16 {
	let metadata = Runtime::metadata_at_version(16).expect("the runtime writes metadata of version 16").encode();
	let metadata = Vec::<u8>::decode(&mut &metadata[..]).expect("opaque metadata is bytes");
	match RuntimeMetadataPrefixed::decode(&mut &metadata[..]).expect("the metadata decodes").1 {
		RuntimeMetadata::V16(metadata) => metadata,
		other => panic!("the metadata has version {}, not 16", other.version()),
	}
}

fn calls_of_the_runtime() -> BTreeSet<(String, String)> {
	let metadata = metadata();
	let mut found = BTreeSet::new();
	for pallet in &metadata.pallets {
		let Some(calls) = &pallet.calls else { continue };
		let ty = metadata.types.resolve(calls.ty.id).expect("the calls' type");
		let TypeDef::Variant(calls) = &ty.type_def else { panic!("{} has calls of no enum", pallet.name) };
		found.extend(calls.variants.iter().map(|call| (pallet.name.clone(), call.name.clone())));
	}
	found
}

fn rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
	CALLS.iter().flat_map(|(pallet, rows)| rows.iter().map(move |row| (*pallet, row)))
}

#[test]
fn every_call_of_the_runtime_stands_in_the_table_once_and_nothing_else_does() {
	let all = calls_of_the_runtime();
	assert!(all.len() > 100, "the metadata was not read");
	let mut listed = BTreeSet::new();
	for (pallet, (call, ..)) in rows() {
		assert!(listed.insert((pallet.to_string(), call.to_string())), "{pallet}.{call} stands there twice");
	}
	let missing: Vec<_> = all.difference(&listed).collect();
	assert!(missing.is_empty(), "say in primitives/src/calls.rs who makes these calls: {missing:?}");
	let unknown: Vec<_> = listed.difference(&all).collect();
	assert!(unknown.is_empty(), "the runtime has no such calls: {unknown:?}");
}

#[test]
fn calls_that_carry_calls_are_judged_by_what_they_carry_or_nobody_makes_them() {
	let metadata = metadata();
	let carries = |pallet: &str, call: &str| {
		let pallet = metadata.pallets.iter().find(|each| each.name == pallet).expect("the pallet");
		let ty = metadata.types.resolve(pallet.calls.as_ref().expect("calls").ty.id).expect("the calls' type");
		let TypeDef::Variant(calls) = &ty.type_def else { panic!("no enum") };
		let call = calls.variants.iter().find(|each| each.name == call).expect("the call");
		call.fields.iter().any(|field| field.type_name.as_ref().is_some_and(|name| name.contains("RuntimeCall")))
	};
	let mut found = 0;
	for (pallet, (call, who, kind)) in rows() {
		if carries(pallet, call) {
			found += 1;
			assert!(*kind == Kind::Carries || *who == Who::Nobody, "{pallet}.{call} carries what nobody judges");
		} else {
			assert_ne!(*kind, Kind::Carries, "{pallet}.{call} carries nothing");
		}
	}
	assert_eq!(found, 8, "of pallet-utility");
}

fn told(who: Who) -> String {
	match who {
		Who::Members | Who::Parties(_) | Who::PartiesOrHolders(..) | Who::Traders(_) => {
			"participants and their delegates".into()
		},
		Who::Holders(roles, _) => roles.iter().map(|role| format!("`{role:?}`")).collect::<Vec<_>>().join(", "),
		Who::Council => "council members".into(),
		Who::Motions => "the council, by a motion".into(),
		Who::TwoThirds => "the council, by two thirds".into(),
		Who::Third => "the council, by a third".into(),
		Who::Whole => "the whole council".into(),
		Who::Committee => "the emergency committee".into(),
		Who::Authors => "block authors".into(),
		Who::Nobody => "nobody".into(),
	}
}

#[test]
fn the_page_has_the_table() {
	let mut groups = BTreeMap::<(String, String), Vec<&str>>::new();
	for (pallet, (call, who, kind)) in rows() {
		let kind = match kind {
			Kind::Own => "",
			Kind::Settles => "the suspended, too",
			Kind::Due => "due work",
			Kind::Remedy => "remedy",
			Kind::Carries => "what it carries",
			Kind::Pays => "to participants and accounts of the rules",
		};
		groups.entry((pallet.to_string(), format!("{} | {kind}", told(*who)))).or_default().push(call);
	}
	let lines: Vec<String> = groups
		.iter()
		.map(|((pallet, who), calls)| {
			let calls: Vec<_> = calls.iter().map(|call| format!("`{call}`")).collect();
			format!("| {pallet} | {} | {who} |", calls.join(", "))
		})
		.collect();
	let missing: Vec<_> = lines.iter().filter(|line| !PAGE.contains(*line)).cloned().collect();
	assert!(missing.is_empty(), "docs/budgets.md lacks\n{}", missing.join("\n"));
	let there = PAGE.lines().filter(|line| CALLS.iter().any(|(pallet, _)| line.starts_with(&format!("| {pallet} |"))));
	assert_eq!(there.count(), lines.len(), "docs/budgets.md has calls that the table has not");
}

#[test]
fn the_page_states_the_budgets() {
	let rules = Budgets::get();
	let load = |load: &Load| {
		let ms = load.ref_time / 1_000_000_000;
		format!("{ms} ms, {} KiB, {} KiB", load.proof_size >> 10, load.bytes >> 10)
	};
	for (name, rule) in [
		("a member", rules.member),
		("a professional", rules.professional),
		("an operator", rules.operator),
		("a council member, for the council's calls", rules.governing),
		("all members that one provider admitted", rules.provider),
	] {
		let row = format!("| {name} | {} | {} |", load(&rule.per_block), load(&rule.most));
		assert!(PAGE.lines().any(|line| line.starts_with(&row)), "docs/budgets.md lacks\n{row}");
	}
}

/// The accounts that pallets hold money of others in: those of all constants that are a `PalletId`.
fn accounts_of_pallets() -> Vec<(String, AccountId)> {
	let metadata = metadata();
	let mut found = Vec::new();
	for pallet in &metadata.pallets {
		for constant in &pallet.constants {
			let ty = metadata.types.resolve(constant.ty.id).expect("the constant's type");
			if ty.path.segments.last().is_some_and(|name| name == "PalletId") {
				let id = PalletId::decode(&mut &constant.value[..]).expect("a constant decodes");
				found.push((pallet.name.clone(), id.into_account_truncating()));
			}
		}
	}
	found
}

#[test]
fn no_pallets_account_is_a_payee_of_minted_or_burned_money() {
	const AGENT: u8 = 7;
	let agent = Party::officer(AGENT, Role::SettlementAgent);
	let parties = Party::officers().into_iter().chain([agent]).collect();
	let ladder = PostedPrices { short: 1, long: 1 };
	let found = accounts_of_pallets();
	assert!(found.len() >= 2, "settlement has one and the mutual fund: {found:?}");
	Genesis { parties, parameters: Default::default(), ladder }.build().execute_with(|| {
		for (pallet, of_pallet) in found {
			for kind in [Issue::Mint, Issue::Burn] {
				let payments = BoundedVec::truncate_from(vec![(account(AGENT), EUR), (of_pallet.clone(), 1)]);
				let propose = pallet_issuance::Call::propose { kind, payments };
				let refused = pallet_issuance::Error::<Runtime>::UnknownPayee;
				assert_noop!(submit(&account(AGENT), propose), refused);
				println!("{kind:?} refuses the account of {pallet}");
			}
		}
	});
}

/// An origin of a motion that `ayes` of `seats` are for.
fn motion(ayes: u32, seats: u32) -> RuntimeOrigin {
	RawOrigin::<AccountId, CouncilInstance>::Members(ayes, seats).into()
}

#[test]
fn members_upgrades_money_and_the_authority_set_take_two_thirds_of_the_council() {
	let parties = Party::officers();
	let ladder = PostedPrices { short: 1, long: 1 };
	let genesis = Genesis { parties, parameters: Default::default(), ladder };
	let seats: Vec<AccountId> = (0..4).map(account).collect();
	let seats_of_three = BoundedVec::truncate_from((0..3).map(account).collect());
	let calls: [RuntimeCall; 8] = [
		pallet_validators::Call::add { validator: account(1) }.into(),
		pallet_validators::Call::remove { validator: account(1) }.into(),
		pallet_validators::Call::evict_peers { participant: Default::default() }.into(),
		pallet_governance::Call::announce_upgrade { code_hash: Default::default() }.into(),
		pallet_governance::Call::set_committee { seats: seats_of_three }.into(),
		pallet_participants::Call::remove { participant: Default::default() }.into(),
		pallet_issuance::Call::set_ceiling { amount: EUR }.into(),
		pallet_collective::Call::set_members { new_members: seats, prime: None, old_count: 32 }.into(),
	];
	let listed = rows().filter(|(_, (_, who, _))| *who == Who::TwoThirds).count();
	assert_eq!(listed, calls.len());
	genesis.build().execute_with(|| {
		let passes = |call: &RuntimeCall, ayes, seats| {
			let result = call.clone().dispatch(motion(ayes, seats)).map_err(|failed| failed.error);
			result != Err(DispatchError::BadOrigin)
		};
		for call in &calls {
			let refused = [(1, 2), (3, 5), (6, 10), (20, 31)].map(|(ayes, seats)| passes(call, ayes, seats));
			assert_eq!(refused, [false; 4], "{call:?}");
			assert!(passes(call, 2, 3), "{call:?}");
			assert!(passes(call, 21, 31), "{call:?}");
		}
		let at_once: RuntimeCall = pallet_governance::Call::authorize_upgrade { code_hash: Default::default() }.into();
		assert!(passes(&at_once, 4, 4) && !passes(&at_once, 3, 4) && !passes(&at_once, 31, 32));
		let veto: RuntimeCall = pallet_governance::Call::veto_upgrade { code_hash: Default::default() }.into();
		assert!(passes(&veto, 1, 3) && passes(&veto, 2, 4) && !passes(&veto, 1, 4) && !passes(&veto, 10, 31));
		let parameter: RuntimeCall = pallet_settlement::Call::set_levy { levy: 1 }.into();
		assert!(passes(&parameter, 3, 5) && !passes(&parameter, 2, 4));
	});
}

#[test]
fn no_motion_leaves_a_council_that_cannot_decide() {
	let genesis = Genesis {
		parties: Party::officers(),
		parameters: Default::default(),
		ladder: PostedPrices { short: 1, long: 1 },
	};
	genesis.build().execute_with(|| {
		let set = |names: &[u8], prime: Option<u8>| {
			let call: RuntimeCall = pallet_collective::Call::set_members {
				new_members: names.iter().copied().map(account).collect(),
				prime: prime.map(account),
				old_count: 32,
			}
			.into();
			call.dispatch(motion(4, 4)).map(|_| ()).map_err(|failed| failed.error)
		};
		let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
		let many: Vec<u8> = (0..33).collect();
		for (names, prime) in [
			(&[][..], None),
			(&[1], None),
			(&[1, 2], None),
			// One seat twice.
			(&[1, 2, 2], None),
			(&[1, 1, 1, 1], None),
			// Who leads it has no seat.
			(&[1, 2, 3], Some(4)),
			(&many, None),
		] {
			assert_eq!(set(names, prime), filtered, "{names:?}");
		}
		assert_eq!(set(&[1, 2, 3], Some(2)), Ok(()));
		assert_eq!(set(&many[1..], None), Ok(()));
	});
}
