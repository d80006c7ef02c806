//! What attesters post, and when they get it back.

use crate::{mock::*, Accuser, Event, Harmed, HoldReason, Operators, FULL_REPUTATION, LEAST_REPUTATION};
use busbar_primitives::Balance;
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::{DispatchResult, TokenError};

fn post(account: AccountId, amount: Balance) -> DispatchResult {
	Metering::post_bond(RuntimeOrigin::signed(account), amount)
}

fn withdraw(account: AccountId, operator: AccountId, amount: Balance) -> DispatchResult {
	Metering::withdraw_bond(RuntimeOrigin::signed(account), id(operator), amount)
}

fn attest_nothing() -> DispatchResult {
	Metering::attest(RuntimeOrigin::signed(OPERATOR), INTERVAL, H256::zero(), 0, 0, H256::zero())
}

#[test]
fn a_bond_is_held_and_counted() {
	run(|| {
		assert_eq!(held(OPERATOR, HoldReason::OperatorBond), BOND);
		assert_ok!(post(OPERATOR, 5));
		assert_eq!(last_event(), Event::BondChanged { operator: id(OPERATOR), bond: BOND + 5 });
		assert_eq!(held(OPERATOR, HoldReason::OperatorBond), BOND + 5);
		assert_eq!(Balances::free_balance(OPERATOR), WEALTH - BOND - 5);
	});
}

#[test]
fn only_who_may_attest_posts_a_bond_and_only_what_it_has() {
	run(|| {
		assert_noop!(post(MEMBER, 5), refused::ROLE_MISSING);
		assert_noop!(post(OPERATOR, 0), MeteringError::ZeroAmount);
		assert_noop!(post(OPERATOR, WEALTH), TokenError::FundsUnavailable);
		Operators::<Test>::mutate(id(OPERATOR), |record| record.as_mut().unwrap().account = OTHER);
		assert_noop!(post(OPERATOR, 5), MeteringError::OtherAccount);
		Operators::<Test>::mutate(id(OPERATOR), |record| record.as_mut().unwrap().account = OPERATOR);
	});
}

#[test]
fn nobody_attests_without_the_bond() {
	run(|| {
		assert_ok!(withdraw(OPERATOR, OPERATOR, BOND - OPERATOR_BOND + 1));
		assert_noop!(attest_nothing(), MeteringError::BondTooSmall);
		assert_ok!(post(OPERATOR, 1));
		assert_ok!(attest_nothing());
		Operators::<Test>::remove(id(LOCAL_OPERATOR));
		let local = RuntimeOrigin::signed(LOCAL_OPERATOR);
		let attest = Metering::attest(local, INTERVAL, H256::zero(), 0, 0, H256::zero());
		assert_noop!(attest, MeteringError::NoBond);
		let record = Operators::<Test>::get(id(OPERATOR)).unwrap();
		Operators::<Test>::insert(
			id(LOCAL_OPERATOR),
			crate::Operator { account: LOCAL_OPERATOR, bond: BOND, ..record },
		);
	});
}

#[test]
fn a_bond_is_tied_until_the_last_dispute_must_be_decided() {
	run(|| {
		assert_ok!(attest_nothing());
		let free = BOND - OPERATOR_BOND;
		assert_noop!(withdraw(OPERATOR, OPERATOR, free + 1), MeteringError::BondLocked);
		assert_ok!(withdraw(OPERATOR, OPERATOR, free));
		Now::set(dispute_end(INTERVAL) + RULING_PERIOD - 1);
		assert_noop!(withdraw(OPERATOR, OPERATOR, 1), MeteringError::BondLocked);
		Now::set(dispute_end(INTERVAL) + RULING_PERIOD);
		assert_noop!(withdraw(OPERATOR, OPERATOR, OPERATOR_BOND + 1), MeteringError::BondTooSmall);
		assert_ok!(withdraw(OPERATOR, OPERATOR, OPERATOR_BOND));
		assert_eq!(Balances::free_balance(OPERATOR), WEALTH);
	});
}

/// What is beyond the required bond would have left, though the transaction alone was refused and not the call.
#[test]
fn a_suspended_operators_bond_stays_where_penalties_are_paid_from() {
	run(|| {
		busbar_mocks::MockParticipants::suspend(OPERATOR);
		assert_noop!(withdraw(OPERATOR, OPERATOR, 1), refused::SUSPENDED);
		busbar_mocks::MockParticipants::resume(OPERATOR);
		assert_ok!(withdraw(OPERATOR, OPERATOR, 1));
	});
}

#[test]
fn only_the_account_that_posted_a_bond_withdraws_it() {
	run(|| {
		assert_noop!(withdraw(OTHER, OPERATOR, 1), MeteringError::OtherAccount);
		assert_noop!(withdraw(OPERATOR, OTHER, 1), MeteringError::NoBond);
		assert_noop!(withdraw(OPERATOR, OPERATOR, 0), MeteringError::ZeroAmount);
	});
}

#[test]
fn the_worse_the_reputation_the_larger_the_bond() {
	assert_eq!(Metering::required_bond(FULL_REPUTATION), OPERATOR_BOND);
	assert_eq!(Metering::required_bond(750), OPERATOR_BOND * 1_000 / 750);
	assert_eq!(Metering::required_bond(LEAST_REPUTATION), OPERATOR_BOND * 10);
	assert_eq!(Metering::required_bond(0), OPERATOR_BOND * 10);
	assert_eq!(Metering::required_bond(u16::MAX), OPERATOR_BOND);
}

#[test]
fn reputation_falls_by_a_quarter_to_a_floor_and_returns_by_one_for_each_interval() {
	run(|| {
		let record = || Operators::<Test>::get(id(OPERATOR)).unwrap();
		let mut reputations = Vec::new();
		for _ in 0..10 {
			assert_ok!(Metering::penalise(id(OPERATOR), INTERVAL, 0, Harmed::Owner, Accuser::Nobody));
			reputations.push(record().reputation);
		}
		assert_eq!(reputations, [750, 563, 423, 318, 239, 180, 135, 102, 100, 100]);
		// Six penalties and what was left.
		assert_eq!((record().bond, record().faults), (0, 10));
		assert_eq!(Balances::free_balance(MEMBER), WEALTH + BOND);
		assert_ok!(post(OPERATOR, 10 * OPERATOR_BOND));
		assert_ok!(attest_nothing());
		assert_ok!(attest_nothing());
		assert_eq!(record().reputation, 101);
	});
}

#[test]
fn a_penalty_goes_to_who_was_harmed_but_neither_to_the_accuser_and_its_own_nor_back() {
	run(|| {
		name_attester([0]);
		let (owner, balancing) = (Harmed::Owner, Harmed::Balancing);
		let table = [
			(owner, Accuser::Nobody, MEMBER),
			(owner, Accuser::Account(DSO), MEMBER),
			(owner, Accuser::Account(MEMBER), FUND),
			// Named by the owner.
			(owner, Accuser::Account(ATTESTER), FUND),
			(owner, Accuser::Attester(id(ATTESTER)), FUND),
			(balancing, Accuser::Account(MEMBER), BALANCING),
			(balancing, Accuser::Attester(id(ATTESTER)), BALANCING),
			(balancing, Accuser::Account(BALANCING), FUND),
		];
		for (harmed, accuser, to) in table {
			assert_eq!(Metering::payee(&OPERATOR, INTERVAL, 0, harmed, &accuser), to, "{harmed:?} {accuser:?}");
		}
		// Who balances reads the meter itself, and the owner its own.
		assert_eq!(Metering::payee(&BALANCING, INTERVAL, 0, balancing, &Accuser::Nobody), FUND);
		assert_eq!(Metering::payee(&MEMBER, INTERVAL, 0, owner, &Accuser::Nobody), FUND);
		busbar_mocks::MockCounterparties::on_balancing(|_| None);
		assert_eq!(Metering::payee(&OPERATOR, INTERVAL, 0, balancing, &Accuser::Nobody), FUND);
	});
}
