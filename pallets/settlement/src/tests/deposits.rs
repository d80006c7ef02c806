use super::*;
use crate::{mock::*, Deposit, Deposits, Error, Event, HoldReason};
use busbar_primitives::{traits::Collateral, PointKind, Right};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::DispatchError::BadOrigin;

fn points() {
	world(|w| w.points = vec![point(HOME, 1, PointKind::Metered), point(HOME, 1, PointKind::Metered)]);
}

#[test]
fn a_deposit_is_held_on_the_owners_account_and_returned() {
	run(|| {
		points();
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_ok!(Settlement::deposit(signed(HOME), 1, 7));
		assert_ok!(Settlement::deposit(signed(HOME), 0, 1));
		assert_eq!(Deposits::<Test>::get(0), Some(Deposit { account: HOME, amount: 6 }));
		assert_eq!(held(HOME, HoldReason::Deposit), 13);
		assert_eq!(Balances::balance(&HOME), WEALTH - 13);
		Settlement::do_try_state().unwrap();
		assert_ok!(Settlement::withdraw(signed(HOME), 0, 2));
		assert_eq!(Deposits::<Test>::get(0), Some(Deposit { account: HOME, amount: 4 }));
		assert_ok!(Settlement::withdraw(signed(HOME), 0, 4));
		assert_eq!(Deposits::<Test>::get(0), None);
		assert_eq!(held(HOME, HoldReason::Deposit), 7);
		assert_eq!(events().last(), Some(&Event::Withdrawn { point: 0, account: HOME, amount: 4, total: 0 }));
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
		assert_eq!(events(), [Event::Deposited { point: 0, account: HOME, amount: 5, total: 5 }]);
		assert_noop!(Settlement::withdraw(signed(PLANT), 0, 5), BadOrigin);
		assert_ok!(Settlement::withdraw(signed(SHOP), 0, 5));
		assert_eq!(Balances::balance(&HOME), WEALTH);
	});
}

#[test]
fn a_deposit_beyond_free_money_is_refused() {
	run(|| {
		points();
		assert_noop!(Settlement::deposit(signed(HOME), 0, WEALTH + 1), Error::<Test>::BeyondDeposit);
		assert_ok!(Settlement::deposit(signed(HOME), 0, WEALTH));
		assert_noop!(Settlement::deposit(signed(HOME), 0, 1), Error::<Test>::BeyondDeposit);
	});
}

#[test]
fn more_than_was_deposited_is_not_withdrawn() {
	run(|| {
		points();
		assert_noop!(Settlement::withdraw(signed(HOME), 0, 1), Error::<Test>::DepositTooSmall);
		assert_ok!(Settlement::deposit(signed(HOME), 0, 5));
		assert_ok!(Settlement::deposit(signed(HOME), 1, 5));
		assert_noop!(Settlement::withdraw(signed(HOME), 0, 6), Error::<Test>::DepositTooSmall);
	});
}

#[test]
fn deposits_for_unknown_points_or_of_nothing_are_refused() {
	run(|| {
		points();
		assert_noop!(Settlement::deposit(signed(HOME), 2, 1), Error::<Test>::UnknownPoint);
		assert_noop!(Settlement::withdraw(signed(HOME), 2, 1), Error::<Test>::UnknownPoint);
		assert_noop!(Settlement::deposit(signed(HOME), 0, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Settlement::withdraw(signed(HOME), 0, 0), Error::<Test>::ZeroAmount);
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
fn try_state_sees_a_deposit_that_is_not_held() {
	run(|| {
		points();
		Deposits::<Test>::insert(0, Deposit { account: HOME, amount: 5 });
		assert!(Settlement::do_try_state().is_err());
		Deposits::<Test>::remove(0);
	});
}
