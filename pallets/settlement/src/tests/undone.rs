//! Runs that show that a debtor owed less than it defaulted on.

use super::*;
use crate::{mock::*, Event, Losses};
use busbar_primitives::{Amount, Balance, Cause, Party};
use frame_support::{assert_ok, traits::fungible::Inspect};

fn amounts(cause: Cause) -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == cause).map(|line| (line.party, line.amount)).collect()
}

fn owed(account: AccountId) -> Balance {
	pallet_securities::Debts::<Test>::get(participant(account)).unwrap_or(0)
}

/// [`trade`] with a home that can pay 230,000,000 of the 256,000,000 that it owes: what lacks, 26,000,000, is of its imbalance.
fn with_a_default(funds: Balance) {
	trade();
	let fund = Securities::fund_account();
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), fund, funds));
	leave(HOME, 230_000_000);
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(finish_run(0));
	assert_eq!(owed(HOME), 26_000_000);
}

#[test]
fn a_default_whose_cause_a_later_run_removes_is_undone_and_who_bore_it_has_it_back() {
	run(|| {
		with_a_default(1);
		let before = [HOME, UTILITY, GRID, PLANT].map(|account| Balances::balance(&account));
		// The utility's own credit bore 21,000,000 of it, and the fund 1; the others bore the rest.
		let lost = Losses::<Test>::get(0);
		assert_eq!((lost.open(), lost.own, lost.fund), (26_000_000, 21_000_000, 1));
		// In truth it took what it bought.
		revise(0, 0, 1_000);
		// It needs no free money to give back what it never received.
		leave(UTILITY, 25_000_000 - lost.own);
		let kept = Balances::balance(&UTILITY);
		assert_ok!(correct(0, &[0]));
		assert_eq!(owed(HOME), 0);
		let undone = Event::DefaultUndone { interval: 0, participant: participant(HOME), amount: 26_000_000 };
		assert!(events().contains(&undone.into()));
		assert_eq!(Balances::balance(&HOME), before[0]);
		// It pays 25,000,000 of what it was credited with, and has back what its credit bore.
		assert_eq!(Balances::balance(&UTILITY), kept + lost.own - 25_000_000);
		let back = amounts(Cause::Default);
		assert_eq!(back, [(Party::Point(0), 26_000_000), (Party::Point(0), -26_000_000)]);
		try_state();
	});
}

/// The plant's credit of imbalances is 3,500,000 and the grid's fees of paths are 1,500,000; the utility's is 21,000,000.
#[test]
fn what_is_undone_goes_back_to_scaled_credits_then_to_the_fund_and_then_to_the_balance_responsible_party() {
	run(|| {
		with_a_default(2_000_000);
		// 26,000,000 lack: 21,000,000 of the utility's, the fund's 2,000,000, and 3,000,000 of the other 5,000,000.
		let before = [UTILITY, GRID, PLANT].map(|account| Balances::balance(&account));
		// 60 Wh less: 15,600,000 of the 26,000,000 were never owed.
		revise(0, 0, 1_040);
		assert_ok!(correct(0, &[0]));
		assert_eq!((owed(HOME), fund(), repaid()), (10_400_000, 2_000_000, 3_000_000));
		// The utility receives 15,000,000 less for the 60 Wh, and has back what is left of 15,600,000 after 5,000,000.
		assert_eq!(Balances::balance(&UTILITY), before[0] - 15_000_000 + 10_600_000);
		let left = Losses::<Test>::get(0);
		assert_eq!((left.open(), left.own), (10_400_000, 10_400_000));
		assert_ok!(recover(1, &[Party::Point(1), Party::GridOperator]));
		assert_eq!(Balances::balance(&PLANT), before[2] + 2_100_000);
		// Less fees for 60 Wh.
		assert_eq!(Balances::balance(&GRID), before[1] + 900_000 - 600_000);
	});
}

/// What the run takes of the fund itself it has not to hand on: those whose credits were scaled bear that.
#[test]
fn the_fund_has_back_what_it_covered_before_the_balance_responsible_party() {
	run(|| {
		with_a_default(EUR);
		let borne = Losses::<Test>::get(0);
		assert_eq!(borne.open() - borne.fund - borne.own, 0);
		let fund_before = fund();
		// 60 Wh less: 15,600,000 of the 26,000,000 were never owed.
		revise(0, 0, 1_040);
		assert_ok!(correct(0, &[0]));
		assert_eq!(owed(HOME), 10_400_000);
		let to_fund = borne.fund.min(15_600_000);
		assert_eq!(fund(), fund_before + to_fund);
		let left = Losses::<Test>::get(0);
		assert_eq!(left.fund + left.own, 10_400_000);
		assert_eq!((left.fund, left.own), (borne.fund - to_fund, borne.own - (15_600_000 - to_fund)));
	});
}

/// With a levy of 10,000 the home lacks 27,000,000 for its 100 Wh. The utility's credit bears 21,000,000; the plant's 3,000,000, the grid's
/// 1,500,000 and the fund's levy of 1,500,000 are lost whole, so that the fund has nothing. In truth the home took what it bought: the
/// fund owes 1,000,000 of a levy that it never got, and is to hand on 6,000,000.
#[test]
fn what_a_run_takes_of_a_fund_that_has_nothing_is_written_off_of_what_it_hands_on() {
	run(|| {
		crate::Levies::<Test>::put(crate::Schedule::new(10_000));
		trade();
		leave(HOME, 230_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(finish_run(0));
		assert_eq!((owed(HOME), fund(), Losses::<Test>::get(0).own), (27_000_000, 0, 21_000_000));
		let before = [GRID, PLANT].map(|account| Balances::balance(&account));
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		revise(0, 0, 1_000);
		assert_ok!(correct(0, &[0]));
		// 6,000,000 for the credits that were scaled, less the levy.
		assert_eq!((owed(HOME), fund(), repaid()), (0, 0, 5_000_000));
		// Nothing waits that never comes: of 6,000,000 lost one is written off, and the rest came back.
		let loss = Losses::<Test>::get(0);
		assert_eq!((loss.open(), loss.runs[0].waiting()), (0, 5_000_000));
		assert_ok!(recover(1, &[Party::Point(1), Party::GridOperator, Party::Fund]));
		// In proportion to 3,000,000, 1,500,000 and 1,500,000.
		assert_eq!(Balances::balance(&PLANT), before[1] + 2_500_000);
		assert_eq!(Balances::balance(&GRID), before[0] + EUR - 1_000_000 + 1_250_000);
		assert_eq!((fund(), repaid()), (1_250_000, 0));
		// What is repaid later of other defaults it does not make up for.
		assert_eq!(Settlement::unallotted(participant(HOME)), 0);
		try_state();
	});
}

/// The home's guarantor paid 26,000,000 of its imbalance.
fn with_a_guarantor() {
	trade();
	assert_ok!(Securities::guarantee(signed(OTHER_AGENT), 0, 50_000_000));
	leave(HOME, 230_000_000);
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(finish_run(0));
	assert_eq!((owed(HOME), claim()), (0, 26_000_000));
}

fn claim() -> Balance {
	pallet_securities::Claims::<Test>::get(participant(HOME), participant(OTHER_AGENT)).unwrap_or(0)
}

#[test]
fn a_guarantor_has_back_what_a_later_run_shows_was_not_owed_and_no_more() {
	run(|| {
		with_a_guarantor();
		let before = Balances::balance(&OTHER_AGENT);
		// 60 of the 100 Wh were never drawn.
		revise(0, 0, 1_040);
		assert_ok!(correct(0, &[0]));
		assert_eq!((Balances::balance(&HOME), claim()), (0, 10_400_000));
		assert_eq!(Balances::balance(&OTHER_AGENT), before + 15_600_000);
		// And 100 more, of which 40 are the guarantor's.
		revise(0, 0, 900);
		assert_ok!(correct(0, &[0]));
		// 40 Wh at 260,000, and 100 Wh left at 70,000.
		assert_eq!((Balances::balance(&HOME), claim()), (7_000_000, 0));
		assert_eq!(Balances::balance(&OTHER_AGENT), before + 26_000_000);
	});
}

#[test]
fn a_guarantor_that_was_repaid_has_not_back_a_second_time_what_was_not_owed() {
	run(|| {
		with_a_guarantor();
		assert_ok!(Securities::repay(signed(AGENT), participant(HOME), 20_000_000));
		let before = Balances::balance(&OTHER_AGENT);
		revise(0, 0, 1_000);
		assert_ok!(correct(0, &[0]));
		assert_eq!((Balances::balance(&HOME), claim()), (20_000_000, 0));
		assert_eq!(Balances::balance(&OTHER_AGENT), before + 6_000_000);
	});
}

#[test]
fn what_a_guarantor_paid_in_a_later_run_it_has_back_in_another() {
	run(|| {
		trade();
		assert_ok!(Securities::guarantee(signed(OTHER_AGENT), 0, 50_000_000));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(finish_run(0));
		leave(HOME, 0);
		let before = Balances::total_balance(&OTHER_AGENT);
		revise(0, 0, 1_200);
		assert_ok!(correct(0, &[0]));
		assert_eq!((claim(), Balances::total_balance(&OTHER_AGENT)), (26_000_000, before - 26_000_000));
		revise(0, 0, 1_100);
		assert_ok!(correct(0, &[0]));
		assert_eq!((claim(), Balances::total_balance(&OTHER_AGENT)), (0, before));
		assert_eq!(Balances::balance(&HOME), 0);
	});
}

#[test]
fn a_default_that_was_repaid_is_not_undone_but_its_credit_paid() {
	run(|| {
		with_a_default(EUR);
		assert_ok!(Securities::repay(signed(AGENT), participant(HOME), 26_000_000));
		let before = Balances::balance(&HOME);
		revise(0, 0, 1_000);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::balance(&HOME), before + 26_000_000);
	});
}
