use super::*;
use crate::{mock::*, Backing, Error, Event, HoldReason, Secured, Security};
use busbar_mocks::{MockGrid, MockParticipants};
use busbar_primitives::{traits::Collateral, Interval, Right};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect, BoundedVec};
use refused::{NOT_DELEGATE, ROLE_MISSING};
use Backing::{Deposit, Guarantee};

fn finish(interval: Interval) {
	LastFinal::set(&Some(interval));
}

fn security(amount: u128, leaving: Option<(u128, Interval)>) -> Option<Security<AccountId>> {
	Some(Security { by: participant(HOME), account: HOME, amount, leaving })
}

#[test]
fn a_deposit_is_held_on_the_owners_account() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::deposit(signed(HOME), 1, 7));
		assert_ok!(Securities::deposit(signed(HOME), 0, 1));
		assert_eq!(Secured::<Test>::get(0, Deposit), security(6, None));
		assert_eq!(held(HOME, HoldReason::Deposit), 13);
		assert_eq!(Balances::balance(&HOME), WEALTH - 13);
	});
}

#[test]
fn what_notice_was_given_of_is_returned_once_the_open_intervals_are_final() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 6));
		assert_noop!(Securities::release(signed(HOME), 0, Deposit), Error::<Test>::NoNotice);
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 1));
		// Another notice replaces it. Intervals up to 7 are open.
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 2));
		assert_eq!(Secured::<Test>::get(0, Deposit), security(6, Some((2, 7))));
		assert_eq!(events().last(), Some(&Event::NoticeGiven { point: 0, backing: Deposit, amount: 2, last: 7 }));
		finish(6);
		assert_noop!(Securities::release(signed(HOME), 0, Deposit), Error::<Test>::StillSecures);
		finish(7);
		assert_ok!(Securities::release(signed(HOME), 0, Deposit));
		assert_eq!(Secured::<Test>::get(0, Deposit), security(4, None));
		let withdrawn = Event::Released { point: 0, backing: Deposit, account: HOME, amount: 2, total: 4 };
		assert_eq!(events().last(), Some(&withdrawn));
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 4));
		assert_ok!(Securities::release(signed(HOME), 0, Deposit));
		assert_eq!(Secured::<Test>::get(0, Deposit), None);
		assert_eq!(Balances::balance(&HOME), WEALTH);
	});
}

#[test]
fn a_delegate_for_funds_moves_the_owners_deposit() {
	run(|| {
		assert_noop!(Securities::deposit(signed(SHOP), 0, 5), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Trade);
		assert_noop!(Securities::deposit(signed(SHOP), 0, 5), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Funds);
		assert_ok!(Securities::deposit(signed(SHOP), 0, 5));
		assert_eq!((Balances::balance(&SHOP), Balances::balance(&HOME)), (WEALTH, WEALTH - 5));
		let deposited = Event::Deposited { point: 0, backing: Deposit, account: HOME, amount: 5, total: 5 };
		assert_eq!(events(), [deposited]);
		assert_noop!(Securities::give_notice(signed(PLANT), 0, Deposit, 5), NOT_DELEGATE);
		assert_ok!(Securities::give_notice(signed(SHOP), 0, Deposit, 5));
		finish(7);
		assert_noop!(Securities::release(signed(PLANT), 0, Deposit), NOT_DELEGATE);
		assert_ok!(Securities::release(signed(SHOP), 0, Deposit));
		assert_eq!(Balances::balance(&HOME), WEALTH);
	});
}

#[test]
fn a_retailer_or_an_aggregator_stands_in_for_a_point_with_its_own_money() {
	run(|| {
		assert_noop!(Securities::guarantee(signed(HOME), 0, 5), ROLE_MISSING);
		assert_noop!(Securities::guarantee(signed(SHOP), 9, 5), Error::<Test>::UnknownPoint);
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 5));
		assert_ok!(Securities::guarantee(signed(AGGREGATOR), 1, 7));
		assert_eq!((held(SHOP, HoldReason::Guarantee), held(AGGREGATOR, HoldReason::Guarantee)), (5, 7));
		assert_noop!(Securities::guarantee(signed(AGGREGATOR), 0, 5), Error::<Test>::OtherSecurity);
		assert_noop!(Securities::give_notice(signed(HOME), 0, Guarantee, 5), NOT_DELEGATE);
		assert_ok!(Securities::give_notice(signed(SHOP), 0, Guarantee, 5));
		finish(7);
		assert_ok!(Securities::release(signed(SHOP), 0, Guarantee));
		assert_eq!(Balances::balance(&SHOP), WEALTH);
	});
}

#[test]
fn a_deposit_beyond_free_money_is_refused() {
	run(|| {
		assert_noop!(Securities::deposit(signed(HOME), 0, WEALTH + 1), Error::<Test>::BeyondDeposit);
		assert_ok!(Securities::deposit(signed(HOME), 0, WEALTH));
		assert_noop!(Securities::deposit(signed(HOME), 0, 1), Error::<Test>::BeyondDeposit);
		assert_noop!(Securities::guarantee(signed(SHOP), 0, WEALTH + 1), Error::<Test>::BeyondDeposit);
	});
}

#[test]
fn notice_of_more_than_was_deposited_is_refused() {
	run(|| {
		assert_noop!(Securities::give_notice(signed(HOME), 0, Deposit, 1), Error::<Test>::NoSecurity);
		assert_noop!(Securities::release(signed(HOME), 0, Deposit), Error::<Test>::NoSecurity);
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::deposit(signed(HOME), 1, 5));
		assert_noop!(Securities::give_notice(signed(HOME), 0, Deposit, 6), Error::<Test>::DepositTooSmall);
	});
}

#[test]
fn deposits_for_unknown_points_or_of_nothing_are_refused() {
	run(|| {
		assert_noop!(Securities::deposit(signed(HOME), 2, 1), Error::<Test>::UnknownPoint);
		assert_noop!(Securities::deposit(signed(HOME), 0, 0), Error::<Test>::ZeroAmount);
		assert_ok!(Securities::deposit(signed(HOME), 0, 1));
		assert_noop!(Securities::give_notice(signed(HOME), 0, Deposit, 0), Error::<Test>::ZeroAmount);
	});
}

#[test]
fn collateral_is_held_and_released_apart_from_deposits() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 10));
		assert_ok!(<Securities as Collateral<AccountId>>::hold(participant(HOME), 10));
		assert_ok!(<Securities as Collateral<AccountId>>::hold(participant(HOME), 0));
		assert_eq!((held(HOME, HoldReason::Order), held(HOME, HoldReason::Deposit)), (10, 5));
		assert_noop!(
			<Securities as Collateral<AccountId>>::release(participant(HOME), 11),
			Error::<Test>::CollateralMissing
		);
		assert_ok!(<Securities as Collateral<AccountId>>::release(participant(HOME), 10));
		assert_ok!(<Securities as Collateral<AccountId>>::release(participant(HOME), 0));
		assert_ok!(Securities::margin_out(signed(HOME), participant(HOME), 10));
		assert_eq!((held(HOME, HoldReason::Order), held(HOME, HoldReason::Deposit)), (0, 5));
	});
}

#[test]
fn a_deposit_is_no_margin() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		let home = participant(HOME);
		assert_noop!(<Securities as Collateral<AccountId>>::hold(home, 1), Error::<Test>::MarginTooSmall);
		assert_noop!(Securities::margin_in(signed(HOME), home, WEALTH - 4), Error::<Test>::BeyondFreeMoney);
		assert_ok!(Securities::margin_in(signed(HOME), home, WEALTH - 5));
		assert_noop!(<Securities as Collateral<AccountId>>::hold(home, WEALTH - 4), Error::<Test>::MarginTooSmall);
		assert_ok!(<Securities as Collateral<AccountId>>::hold(home, WEALTH - 5));
	});
}

#[test]
fn try_state_sees_a_security_that_is_not_held() {
	run(|| {
		for backing in [Deposit, Guarantee] {
			Secured::<Test>::set(0, backing, security(5, None));
			assert!(Securities::do_try_state().is_err());
			Secured::<Test>::remove(0, backing);
		}
	});
}

fn many(amounts: &[(u32, u128)]) -> BoundedVec<(u32, u128), frame_support::traits::ConstU32<4>> {
	BoundedVec::truncate_from(amounts.to_vec())
}

#[test]
fn a_delegate_deposits_for_many_owners_at_once_each_from_the_owners_own_money() {
	run(|| {
		MockGrid::points(vec![point(HOME), point(HOME), point(PLANT)]);
		MockParticipants::delegate(HOME, AGGREGATOR, Right::Funds);
		let deposits = many(&[(0, 5), (1, 7), (2, 11), (0, 1)]);
		assert_noop!(Securities::deposit_many(signed(AGGREGATOR), deposits.clone()), NOT_DELEGATE);
		MockParticipants::delegate(PLANT, AGGREGATOR, Right::Funds);
		assert_ok!(Securities::deposit_many(signed(AGGREGATOR), deposits));
		assert_eq!((held(HOME, HoldReason::Deposit), held(PLANT, HoldReason::Deposit)), (13, 11));
		assert_eq!(Balances::balance(&AGGREGATOR), WEALTH);
		assert_eq!(events().len(), 4);
		assert_eq!(Secured::<Test>::get(0, Deposit), security(6, None));
	});
}

#[test]
fn a_retailer_guarantees_its_portfolio_at_once_from_its_own_money() {
	run(|| {
		MockGrid::points(vec![point(HOME), point(HOME), point(PLANT)]);
		let guarantees = many(&[(0, 5), (1, 7), (2, 11)]);
		assert_noop!(Securities::guarantee_many(signed(HOME), guarantees.clone()), ROLE_MISSING);
		assert_ok!(Securities::guarantee_many(signed(SHOP), guarantees));
		assert_eq!(held(SHOP, HoldReason::Guarantee), 23);
		assert_eq!(Balances::balance(&HOME), WEALTH);
		// One point that another secures refuses all.
		assert_noop!(Securities::guarantee_many(signed(AGGREGATOR), many(&[(2, 1)])), Error::<Test>::OtherSecurity);
	});
}

#[test]
fn many_deposits_or_guarantees_are_all_posted_or_none() {
	run(|| {
		assert_noop!(Securities::deposit_many(signed(HOME), many(&[])), Error::<Test>::EmptyBatch);
		assert_noop!(Securities::guarantee_many(signed(SHOP), many(&[])), Error::<Test>::EmptyBatch);
		for (bad, error) in [
			((2, 1), Error::<Test>::UnknownPoint),
			((1, 0), Error::<Test>::ZeroAmount),
			((1, WEALTH), Error::<Test>::BeyondDeposit),
		] {
			assert_noop!(Securities::deposit_many(signed(HOME), many(&[(0, 1), bad])), error);
		}
		let (shop, guarantees) = (signed(SHOP), many(&[(0, 1), (1, WEALTH)]));
		assert_noop!(Securities::guarantee_many(shop, guarantees), Error::<Test>::BeyondDeposit);
	});
}
