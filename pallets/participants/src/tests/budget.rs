//! What a participant may take of blocks.

use crate::{mock::*, *};
use busbar_primitives::refusals::Refusal;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchInfo, DispatchResultWithPostInfo, PostDispatchInfo},
	weights::Weight,
};
use proptest::prelude::*;
use sp_runtime::{
	traits::DispatchTransaction,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

/// What becomes of a call in a block that declares so many units and ends so.
fn send_with(
	name: &str,
	call: RuntimeCall,
	info: &DispatchInfo,
	result: DispatchResultWithPostInfo,
) -> Result<(), TransactionValidityError> {
	CheckMember::<Test>::new().test_run(signed(name), &call, info, BYTES * units_of(info), 0, |_| result).map(|_| ())
}

fn units_of(info: &DispatchInfo) -> usize {
	usize::try_from(info.call_weight.proof_size() / UNIT.proof_size).expect("a few")
}

fn send(name: &str, kind: u8, number: u64) -> Result<(), TransactionValidityError> {
	send_with(name, remark(kind), &units(number), Ok(Default::default()))
}

fn failing(name: &str, kind: u8, number: u64) -> Result<(), TransactionValidityError> {
	send_with(name, remark(kind), &units(number), Err(DispatchError::Other("it failed").into()))
}

fn refuses(refusal: Refusal) -> Result<(), TransactionValidityError> {
	Err(refusal.into())
}

#[test]
fn a_member_from_genesis_begins_with_a_full_budget_and_a_newcomer_with_an_empty_one() {
	run(|| {
		assert_eq!(left("councillor"), UNIT.times(4));
		register("ann");
		assert_eq!(left("ann"), Load::default());
		assert_eq!(send("ann", 0, 1), refuses(Refusal::BudgetSpent));
		System::set_block_number(System::block_number() + 1);
		assert_ok!(send("ann", 0, 1));
		System::set_block_number(System::block_number() + 9);
		assert_eq!(left("ann"), UNIT.times(4));
	});
}

#[test]
fn what_succeeds_is_charged_what_it_used_and_what_fails_what_it_declared() {
	run(|| {
		settle_in("ann");
		// Half a unit of weight was not used; the bytes stay.
		let info = units(2);
		let used =
			Weight::from_parts(info.call_weight.ref_time() - UNIT.ref_time / 2, info.call_weight.proof_size() - 500);
		let post = PostDispatchInfo { actual_weight: Some(used), ..Default::default() };
		assert_ok!(send_with("ann", remark(0), &info, Ok(post)));
		assert_eq!(left("ann"), UNIT.times(4).less(&Load::new(UNIT.ref_time * 3 / 2, 1_500, 200)));
		System::set_block_number(System::block_number() + 4);
		let failed = PostDispatchInfo { actual_weight: Some(Weight::zero()), ..Default::default() };
		let error = sp_runtime::DispatchErrorWithPostInfo { post_info: failed, error: DispatchError::BadOrigin };
		assert_ok!(send_with("ann", remark(0), &info, Err(error)));
		assert_eq!(left("ann"), UNIT.times(2));
	});
}

#[test]
fn due_work_costs_nothing_if_it_succeeds_and_everything_if_it_fails() {
	run(|| {
		settle_in("ann");
		for _ in 0..20 {
			assert_ok!(send("ann", b'd', 4));
		}
		assert_eq!(left("ann"), UNIT.times(4));
		assert_ok!(failing("ann", b'd', 3));
		assert_eq!(left("ann"), UNIT);
		// Nor is it let in by who could not pay for a failure.
		assert_eq!(send("ann", b'd', 2), refuses(Refusal::BudgetSpent));
		assert_ok!(send("ann", b'd', 1));
	});
}

#[test]
fn what_no_budget_ever_holds_is_told_from_what_has_to_wait() {
	run(|| {
		settle_in("ann");
		assert_eq!(send("ann", 0, 5), refuses(Refusal::BeyondBudget));
		assert_ok!(send("ann", 0, 3));
		assert_eq!(send("ann", 0, 2), refuses(Refusal::BudgetSpent));
	});
}

#[test]
fn a_participant_and_its_delegates_share_one_budget() {
	run(|| {
		settle_in("ann");
		for bot in ["bot", "boss"] {
			assert_ok!(mock::Participants::add_delegate(signed("ann"), account(bot), Right::Trade));
		}
		assert_ok!(send("ann", 0, 1));
		assert_ok!(send("bot", 0, 2));
		assert_ok!(send("boss", 0, 1));
		for name in ["ann", "bot", "boss"] {
			assert_eq!(send(name, 0, 1), refuses(Refusal::BudgetSpent));
		}
	});
}

#[test]
fn the_first_principal_that_can_pays_for_a_delegate() {
	run(|| {
		settle_in("ann");
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("bot"), Right::Trade));
		assert_ok!(mock::Participants::add_delegate(signed("councillor"), account("bot"), Right::Trade));
		assert_ok!(send("bot", 0, 3));
		assert_eq!((left("ann"), left("councillor")), (UNIT, UNIT.times(4)));
		assert_ok!(send("bot", 0, 2));
		assert_eq!((left("ann"), left("councillor")), (UNIT, UNIT.times(2)));
		// One who may not act pays for nobody.
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("councillor")));
		assert_eq!(send("bot", 0, 2), refuses(Refusal::BudgetSpent));
		assert_ok!(send("bot", 0, 1));
		// Nor one who does not delegate any more.
		System::set_block_number(System::block_number() + 4);
		assert_ok!(mock::Participants::remove_delegate(signed("ann"), account("bot"), Right::Trade));
		assert_eq!(send("bot", 0, 1), Err(InvalidTransaction::BadSigner.into()));
	});
}

#[test]
fn a_delegate_without_a_participant_acts_for_a_few_and_one_with_for_any_number() {
	run(|| {
		for name in ["a", "b", "c", "d", "e"] {
			register(name);
		}
		let add = |name: &str, delegate: &str| {
			mock::Participants::add_delegate(signed(name), account(delegate), Right::Trade)
		};
		for name in ["a", "b", "c", "d", "e"] {
			assert_ok!(add(name, "councillor"));
		}
		for name in ["a", "b", "c", "d"] {
			assert_ok!(add(name, "bot"));
		}
		assert_noop!(add("e", "bot"), Error::<Test>::TooManyPrincipals);
		assert_ok!(mock::Participants::resign(signed("bot"), id("b"), Right::Trade));
		assert_ok!(add("e", "bot"));
	});
}

#[test]
fn roles_from_the_council_give_a_greater_budget_while_they_last() {
	run(|| {
		settle_in("ann");
		let most = |units| assert_eq!(left("ann"), UNIT.times(units));
		let grant = |role, scope| mock::Participants::grant_role(RuntimeOrigin::root(), id("ann"), role, scope);
		let revoke = |role, scope| mock::Participants::revoke_role(RuntimeOrigin::root(), id("ann"), role, scope);
		assert_ok!(grant(Role::Prosumer, Scope::Grid));
		most(4);
		assert_ok!(grant(Role::Dso, Scope::Zone(1)));
		most(8);
		assert_ok!(grant(Role::Dso, Scope::Grid));
		most(16);
		assert_ok!(send("ann", 0, 6));
		assert_ok!(revoke(Role::Dso, Scope::Grid));
		most(2);
		assert_ok!(revoke(Role::Dso, Scope::Zone(1)));
		most(0);
	});
}

#[test]
fn calls_of_the_council_have_a_budget_of_their_own_measure() {
	run(|| {
		assert_ok!(send("councillor", b'g', 12));
		assert_eq!(send("councillor", b'g', 1), refuses(Refusal::BudgetSpent));
		assert_eq!(send("councillor", 0, 1), refuses(Refusal::BudgetSpent));
	});
}

#[test]
fn members_of_one_provider_take_no_more_together_than_it_may_bring() {
	run(|| {
		for name in ["a", "b", "c"] {
			register(name);
		}
		System::set_block_number(System::block_number() + 4);
		assert_ok!(send("a", 0, 4));
		assert_ok!(send("b", 0, 2));
		// In a block it waits for the next one; the pool tells why.
		assert_eq!(send("c", 0, 1), Err(InvalidTransaction::ExhaustsResources.into()));
		assert_ok!(send("dso", 0, 4));
		System::set_block_number(System::block_number() + 1);
		assert_ok!(send("c", 0, 3));
		// Whom the council gives a role shares none any more.
		assert_ok!(mock::Participants::grant_role(RuntimeOrigin::root(), id("a"), Role::Retailer, Scope::Grid));
		assert_ok!(send("a", 0, 5));
		// What is given back, is given back to all.
		System::set_block_number(System::block_number() + 1);
		assert_ok!(send("b", b'd', 3));
		assert_ok!(send("b", 0, 3));
	});
}

#[test]
fn a_charge_that_fails_half_way_takes_nothing() {
	run(|| {
		for name in ["a", "b"] {
			register(name);
		}
		System::set_block_number(System::block_number() + 4);
		let terms = Terms::default();
		assert!(mock::Participants::charge(id("a"), &terms, &UNIT.times(4)));
		assert!(!mock::Participants::charge(id("b"), &terms, &UNIT.times(3)));
		assert_eq!(left("b"), UNIT.times(4));
		assert!(mock::Participants::charge(id("b"), &terms, &UNIT.times(2)));
	});
}

#[derive(Clone, Debug)]
enum Step {
	Wait(u64),
	Take(Load),
	GiveBack(Load),
}

fn load() -> impl Strategy<Value = Load> {
	(0..3_000_000_000u64, 0..3_000u64, 0..300u64).prop_map(|(a, b, c)| Load::new(a, b, c))
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![(0..6u64).prop_map(Step::Wait), load().prop_map(Step::Take), load().prop_map(Step::GiveBack),]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	/// Against a budget that is counted up block by block.
	#[test]
	fn a_budget_is_never_below_nothing_nor_above_its_most_and_every_charge_is_conserved(
		steps in prop::collection::vec(step(), 1..60),
		newcomer: bool,
	) {
		let rule = Rules::get().member;
		let mut spent: Spent<u64> = if newcomer { Spent::all(1, &rule) } else { Spent::default() };
		let (mut now, mut model) = (1u64, if newcomer { Load::default() } else { rule.most });
		let mut taken = Load::default();
		for step in steps {
			match step {
				Step::Wait(blocks) => {
					for _ in 0..blocks {
						let missing = rule.most.less(&model);
						model = model.plus(&if rule.per_block.fits(&missing) { rule.per_block } else {
							Load::new(
								rule.per_block.ref_time.min(missing.ref_time),
								rule.per_block.proof_size.min(missing.proof_size),
								rule.per_block.bytes.min(missing.bytes),
							)
						});
					}
					now += blocks;
					if blocks > 0 {
						taken = Load::default();
					}
				},
				Step::Take(cost) => {
					let fits = cost.fits(&model);
					prop_assert_eq!(spent.take(now, &rule, &cost), fits);
					if fits {
						model = model.less(&cost);
						taken = taken.plus(&cost);
					}
				},
				// Only what was taken in the same block is ever given back.
				Step::GiveBack(load) => {
					let load = load.less(&load.less(&taken));
					spent.give_back(&load);
					taken = taken.less(&load);
					model = model.plus(&load);
				},
			}
			let left = spent.left(now, &rule);
			prop_assert_eq!(left, model);
			prop_assert!(left.fits(&rule.most));
		}
	}

	#[test]
	fn loads_saturate_and_never_wrap(a in any::<[u64; 3]>(), b in any::<[u64; 3]>(), times: u64) {
		let (a, b) = (Load::new(a[0], a[1], a[2]), Load::new(b[0], b[1], b[2]));
		prop_assert!(a.fits(&a.plus(&b)) && a.less(&b).fits(&a));
		prop_assert_eq!(a.fits(&b), a.ref_time <= b.ref_time && a.proof_size <= b.proof_size && a.bytes <= b.bytes);
		prop_assert!(times == 0 || a.fits(&a.times(times)));
		let rule = Allowance { per_block: a, most: b };
		let mut spent = Spent::<u64>::default();
		spent.take(u64::MAX, &rule, &b);
		prop_assert!(spent.left(u64::MAX, &rule).fits(&b));
		prop_assert!(a.eighths(&b) <= u64::MAX / 8 || b == Load::default() || a.ref_time >= b.ref_time);
	}
}
