use super::*;
use crate::{mock::*, Backing, Error, Event, HoldReason, Securities, Security};
use busbar_primitives::{traits::Collateral, Interval, PointKind, Right};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::DispatchError::BadOrigin;
use Backing::{Deposit, Guarantee};

fn points() {
	world(|w| w.points = vec![point(HOME, 1, PointKind::Metered), point(HOME, 1, PointKind::Metered)]);
}

/// Lets an interval without connection points be settled.
fn settle(interval: Interval) {
	world(|w| {
		w.outcomes.insert(interval, outcome(0, 0, 0));
		w.now = DELIVERY_END;
	});
	assert_ok!(debit(interval, &[]));
	assert_ok!(credit(interval, &[]));
}

fn security(amount: u128, leaving: Option<(u128, Interval)>) -> Option<Security<AccountId>> {
	Some(Security { by: participant(HOME), account: HOME, amount, leaving })
}

#[test]
fn a_deposit_is_held_on_the_owners_account() {
	run(|| {
		points();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_ok!(Settlement::deposit(signed(HOME), 1, 7));
		assert_ok!(Settlement::deposit(signed(HOME), 0, 1));
		assert_eq!(Securities::<Test>::get(0, Deposit), security(6, None));
		assert_eq!(held(HOME, HoldReason::Deposit), 13);
		assert_eq!(Balances::balance(&HOME), WEALTH - 13);
	});
}

#[test]
fn what_notice_was_given_of_is_returned_once_the_open_intervals_are_settled() {
	run(|| {
		points();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 6));
		assert_noop!(Settlement::release(signed(HOME), 0, Deposit), Error::<Test>::NoNotice);
		assert_ok!(Settlement::withdraw(signed(HOME), 0, Deposit, 1));
		// Another notice replaces it. Intervals up to 7 are open.
		assert_ok!(Settlement::withdraw(signed(HOME), 0, Deposit, 2));
		assert_eq!(Securities::<Test>::get(0, Deposit), security(6, Some((2, 7))));
		assert_eq!(events().last(), Some(&Event::NoticeGiven { point: 0, backing: Deposit, amount: 2, last: 7 }));
		settle(6);
		assert_noop!(Settlement::release(signed(HOME), 0, Deposit), Error::<Test>::StillSecures);
		settle(7);
		assert_ok!(Settlement::release(signed(HOME), 0, Deposit));
		assert_eq!(Securities::<Test>::get(0, Deposit), security(4, None));
		let withdrawn = Event::Withdrawn { point: 0, backing: Deposit, account: HOME, amount: 2, total: 4 };
		assert_eq!(events().last(), Some(&withdrawn));
		assert_ok!(Settlement::withdraw(signed(HOME), 0, Deposit, 4));
		assert_ok!(Settlement::release(signed(HOME), 0, Deposit));
		assert_eq!(Securities::<Test>::get(0, Deposit), None);
		assert_eq!(Balances::balance(&HOME), WEALTH);
	});
}

#[test]
fn what_leaves_still_pays_debts_and_only_the_rest_is_returned() {
	run(|| {
		trade();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 300_000_000));
		assert_ok!(Settlement::withdraw(signed(HOME), 0, Deposit, 300_000_000));
		leave(HOME, 6_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(credit(0, &[0, 1, 2]));
		settle(7);
		assert_ok!(Settlement::release(signed(HOME), 0, Deposit));
		assert_eq!((Balances::balance(&HOME), held(HOME, HoldReason::Deposit)), (50_000_000, 0));
	});
}

#[test]
fn a_delegate_for_funds_moves_the_owners_deposit() {
	run(|| {
		points();
		assert_noop!(Settlement::deposit(signed(SHOP), 0, 5), BadOrigin);
		world(|w| w.delegates.insert((SHOP, participant(HOME), Right::Trade)));
		assert_noop!(Settlement::deposit(signed(SHOP), 0, 5), BadOrigin);
		world(|w| w.delegates.insert((SHOP, participant(HOME), Right::Funds)));
		assert_ok!(Settlement::deposit(signed(SHOP), 0, 5));
		assert_eq!((Balances::balance(&SHOP), Balances::balance(&HOME)), (WEALTH, WEALTH - 5));
		let deposited = Event::Deposited { point: 0, backing: Deposit, account: HOME, amount: 5, total: 5 };
		assert_eq!(events(), [deposited]);
		assert_noop!(Settlement::withdraw(signed(PLANT), 0, Deposit, 5), BadOrigin);
		assert_ok!(Settlement::withdraw(signed(SHOP), 0, Deposit, 5));
		settle(7);
		assert_noop!(Settlement::release(signed(PLANT), 0, Deposit), BadOrigin);
		assert_ok!(Settlement::release(signed(SHOP), 0, Deposit));
		assert_eq!(Balances::balance(&HOME), WEALTH);
	});
}

#[test]
fn a_retailer_or_an_aggregator_stands_in_for_a_point_with_its_own_money() {
	run(|| {
		points();
		assert_noop!(Settlement::guarantee(signed(HOME), 0, 5), BadOrigin);
		assert_noop!(Settlement::guarantee(signed(SHOP), 9, 5), Error::<Test>::UnknownPoint);
		assert_ok!(Settlement::guarantee(signed(SHOP), 0, 5));
		assert_ok!(Settlement::guarantee(signed(OTHER_AGENT), 1, 7));
		assert_eq!((held(SHOP, HoldReason::Guarantee), held(OTHER_AGENT, HoldReason::Guarantee)), (5, 7));
		assert_noop!(Settlement::guarantee(signed(OTHER_AGENT), 0, 5), Error::<Test>::OtherSecurity);
		assert_noop!(Settlement::withdraw(signed(HOME), 0, Guarantee, 5), BadOrigin);
		assert_ok!(Settlement::withdraw(signed(SHOP), 0, Guarantee, 5));
		settle(7);
		assert_ok!(Settlement::release(signed(SHOP), 0, Guarantee));
		assert_eq!(Balances::balance(&SHOP), WEALTH);
	});
}

#[test]
fn a_deposit_beyond_free_money_is_refused() {
	run(|| {
		points();
		assert_noop!(Settlement::deposit(signed(HOME), 0, WEALTH + 1), Error::<Test>::BeyondDeposit);
		assert_ok!(Settlement::deposit(signed(HOME), 0, WEALTH));
		assert_noop!(Settlement::deposit(signed(HOME), 0, 1), Error::<Test>::BeyondDeposit);
		assert_noop!(Settlement::guarantee(signed(SHOP), 0, WEALTH + 1), Error::<Test>::BeyondDeposit);
	});
}

#[test]
fn more_than_was_deposited_is_not_withdrawn() {
	run(|| {
		points();
		assert_noop!(Settlement::withdraw(signed(HOME), 0, Deposit, 1), Error::<Test>::NoSecurity);
		assert_noop!(Settlement::release(signed(HOME), 0, Deposit), Error::<Test>::NoSecurity);
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_ok!(Settlement::deposit(signed(HOME), 1, 5));
		assert_noop!(Settlement::withdraw(signed(HOME), 0, Deposit, 6), Error::<Test>::DepositTooSmall);
	});
}

#[test]
fn deposits_for_unknown_points_or_of_nothing_are_refused() {
	run(|| {
		points();
		assert_noop!(Settlement::deposit(signed(HOME), 2, 1), Error::<Test>::UnknownPoint);
		assert_noop!(Settlement::deposit(signed(HOME), 0, 0), Error::<Test>::ZeroAmount);
		assert_ok!(Settlement::deposit(signed(HOME), 0, 1));
		assert_noop!(Settlement::withdraw(signed(HOME), 0, Deposit, 0), Error::<Test>::ZeroAmount);
	});
}

#[test]
fn collateral_is_held_and_released_apart_from_deposits() {
	run(|| {
		points();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_ok!(<Settlement as Collateral<AccountId>>::hold(&HOME, 10));
		assert_ok!(<Settlement as Collateral<AccountId>>::hold(&HOME, 0));
		assert_eq!((held(HOME, HoldReason::Order), held(HOME, HoldReason::Deposit)), (10, 5));
		assert_noop!(<Settlement as Collateral<AccountId>>::release(&HOME, 11), Error::<Test>::CollateralMissing);
		assert_ok!(<Settlement as Collateral<AccountId>>::release(&HOME, 10));
		assert_ok!(<Settlement as Collateral<AccountId>>::release(&HOME, 0));
		assert_eq!((held(HOME, HoldReason::Order), held(HOME, HoldReason::Deposit)), (0, 5));
	});
}

#[test]
fn collateral_beyond_free_money_is_refused() {
	run(|| {
		points();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_noop!(<Settlement as Collateral<AccountId>>::hold(&HOME, WEALTH - 4), Error::<Test>::BeyondCollateral);
		assert_ok!(<Settlement as Collateral<AccountId>>::hold(&HOME, WEALTH - 5));
	});
}

#[test]
fn try_state_sees_a_security_that_is_not_held() {
	run(|| {
		points();
		for backing in [Deposit, Guarantee] {
			Securities::<Test>::set(0, backing, security(5, None));
			assert!(Settlement::do_try_state().is_err());
			Securities::<Test>::remove(0, backing);
		}
	});
}
