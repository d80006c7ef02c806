use super::*;
use crate::{mock::*, Backing, Claims, Debts, Error, Event, HoldReason, Secured};
use busbar_mocks::MockParticipants;
use busbar_primitives::{
	traits::{Debts as _, Securities as _, Solvency},
	Balance,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::DispatchError::BadOrigin;

/// What of a debt of the home's at point 0 its securities pay.
fn draw(payer: AccountId, amount: Balance) -> Balance {
	let drawn = Securities::draw(3, 0, participant(payer), amount, &POT).unwrap();
	drawn.into_iter().map(|(_, amount)| amount).sum()
}

#[test]
fn the_deposit_pays_first_then_the_guarantee_and_no_more_than_there_is() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 7));
		assert_eq!(draw(HOME, 0), 0);
		assert_eq!(draw(HOME, 3), 3);
		assert_eq!((held(HOME, HoldReason::Deposit), held(SHOP, HoldReason::Guarantee)), (2, 7));
		assert_eq!(draw(HOME, 6), 6);
		assert_eq!((held(HOME, HoldReason::Deposit), held(SHOP, HoldReason::Guarantee)), (0, 3));
		assert_eq!(draw(HOME, 100), 3);
		assert_eq!((Balances::balance(&POT), Secured::<Test>::iter().count()), (12, 0));
		let drawn = |backing, account, amount| Event::SecurityDrawn { interval: 3, point: 0, backing, account, amount };
		let (deposit, guarantee) = (Backing::Deposit, Backing::Guarantee);
		let expected =
			[drawn(deposit, HOME, 3), drawn(deposit, HOME, 2), drawn(guarantee, SHOP, 4), drawn(guarantee, SHOP, 3)];
		let drawings = events().into_iter().filter(|event| matches!(event, Event::SecurityDrawn { .. }));
		assert_eq!(drawings.collect::<Vec<_>>(), expected);
	});
}

#[test]
fn an_owners_deposit_does_not_stand_in_for_its_retailer_and_a_guarantee_does() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::guarantee(signed(AGGREGATOR), 0, 7));
		assert_eq!(draw(SHOP, 12), 7);
		assert_eq!(held(HOME, HoldReason::Deposit), 5);
	});
}

#[test]
fn a_security_of_another_point_is_not_drawn_on() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 1, 5));
		assert_eq!(draw(HOME, 5), 0);
		assert_eq!(held(HOME, HoldReason::Deposit), 5);
	});
}

#[test]
fn debts_add_up_and_stop_trading_until_they_are_repaid() {
	run(|| {
		let home = participant(HOME);
		let may_trade = || Securities::ensure_solvent(home);
		assert_noop!(Securities::repay(signed(SHOP), home, 1), Error::<Test>::NoDebt);
		Securities::owe(home, 0);
		assert_ok!(may_trade());
		Securities::owe(home, 5);
		Securities::owe(home, 7);
		assert_eq!(events().last(), Some(&Event::Owed { participant: home, amount: 7, owed: 12 }));
		assert_noop!(may_trade(), Error::<Test>::InDebt);
		assert_noop!(Securities::repay(signed(SHOP), home, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Securities::repay(signed(POT), home, 1), Error::<Test>::BeyondFreeMoney);
		assert_noop!(Securities::repay(RuntimeOrigin::none(), home, 1), BadOrigin);
		assert_ok!(Securities::repay(signed(SHOP), home, 4));
		assert_eq!(Securities::owed(home), 8);
		// What was paid in another way, and then no more than is owed.
		Securities::recovered(home, 0);
		Securities::recovered(home, 3);
		assert_noop!(may_trade(), Error::<Test>::InDebt);
		assert_ok!(Securities::repay(signed(HOME), home, 100));
		assert_eq!(events().last(), Some(&Event::Recovered { participant: home, amount: 5, owed: 0 }));
		assert_ok!(may_trade());
		assert_eq!((Balances::balance(&Securities::repaid()), Balances::balance(&HOME)), (9, WEALTH - 5));
		assert!(!Debts::<Test>::contains_key(home));
	});
}

#[test]
fn try_state_sees_a_debtor_without_debt() {
	run(|| {
		Debts::<Test>::insert(participant(HOME), 0);
		assert!(Securities::do_try_state().is_err());
		Debts::<Test>::remove(participant(HOME));
	});
}

#[test]
fn try_state_sees_a_debtor_who_may_trade_and_one_who_may_not_and_owes_nothing() {
	run(|| {
		let home = participant(HOME);
		Securities::owe(home, 5);
		assert_ok!(Securities::do_try_state());
		Marked::remove(home);
		assert!(Securities::do_try_state().is_err());
		Marked::insert(home, ());
		Debts::<Test>::remove(home);
		assert!(Securities::do_try_state().is_err());
		Marked::remove(home);
	});
}

#[test]
fn a_security_needs_an_account_to_be_held_on() {
	run(|| {
		MockParticipants::change(HOME, |home| home.account = None);
		MockParticipants::delegate(HOME, SHOP, busbar_primitives::Right::Funds);
		assert_noop!(Securities::deposit(signed(SHOP), 0, 1), Error::<Test>::UnknownParticipant);
	});
}

#[test]
fn a_guarantor_that_was_drawn_on_has_a_claim_that_is_repaid_after_the_fund_and_keeps_nobody_from_trading() {
	run(|| {
		let (home, shop, aggregator) = (participant(HOME), participant(SHOP), participant(AGGREGATOR));
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 7));
		assert_ok!(Securities::guarantee(signed(AGGREGATOR), 1, 20));
		assert_eq!(draw(HOME, 10), 7);
		assert_ok!(Securities::draw(3, 1, home, 5, &POT));
		let claimed = |guarantor, amount| Event::Claimed { debtor: home, guarantor, amount, claim: amount };
		assert!(events().contains(&claimed(shop, 7)) && events().contains(&claimed(aggregator, 5)));
		assert_ok!(Securities::ensure_solvent(home));
		Securities::owe(home, 3);
		// The 3 of the default, and 6 of the 12 of both.
		let before = [SHOP, AGGREGATOR].map(|who| Balances::balance(&who));
		assert_ok!(Securities::repay(signed(HOME), home, 9));
		assert_eq!((Balances::balance(&Securities::repaid_account()), Debts::<Test>::get(home)), (3, None));
		let got = [SHOP, AGGREGATOR].map(|who| Balances::balance(&who)).iter().sum::<Balance>()
			- before.iter().sum::<Balance>();
		assert_eq!(got, 6);
		// No more than is left.
		assert_ok!(Securities::repay(signed(PLANT), home, 100));
		assert_eq!(Balances::balance(&PLANT), WEALTH - 6);
		assert_eq!([SHOP, AGGREGATOR].map(|who| Balances::total_balance(&who)), [WEALTH; 2]);
		assert_eq!(Claims::<Test>::iter().count(), 0);
		assert!(matches!(events().last(), Some(Event::ClaimPaid { claim: 0, .. })));
		assert_noop!(Securities::repay(signed(PLANT), home, 1), Error::<Test>::NoDebt);
	});
}

#[test]
fn who_answers_for_a_point_that_it_guarantees_has_no_claim_on_itself() {
	run(|| {
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 7));
		assert_eq!(draw(SHOP, 7), 7);
		assert_eq!(Claims::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_claim_is_taken_back_as_far_as_it_was_not_repaid() {
	run(|| {
		let (home, shop) = (participant(HOME), participant(SHOP));
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 7));
		assert_eq!(draw(HOME, 7), 7);
		assert_ok!(Securities::repay(signed(HOME), home, 2));
		assert_eq!(Securities::unclaim(home, shop, 7), 2);
		assert_eq!(Claims::<Test>::get(home, shop), None);
	});
}
