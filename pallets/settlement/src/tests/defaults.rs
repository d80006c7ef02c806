use super::*;
use crate::{mock::*, Error, Event};
use busbar_primitives::{traits::Solvency, Amount, Cause, Party, Phase};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use pallet_securities::{Backing, Debts, Error as Unsecured, Event as Secured};
use sp_runtime::DispatchError::BadOrigin;

/// Gives the mutual fund money of an agent's.
fn endow(amount: u128) {
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), Securities::fund_account(), amount));
}

fn amounts(cause: Cause) -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == cause).map(|line| (line.party, line.amount)).collect()
}

#[test]
fn a_debt_is_met_by_collateral_then_free_money_then_deposit_then_guarantor() {
	run(|| {
		trade();
		// The home owes 256_000_000.
		assert_ok!(hold_collateral(0, 0, SHOP, 100_000_000));
		assert_ok!(Securities::deposit(signed(HOME), 0, 30_000_000));
		assert_ok!(Securities::guarantee(signed(OTHER_AGENT), 0, 200_000_000));
		leave(HOME, 50_000_000);
		endow(EUR);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(Balances::total_balance(&SHOP), WEALTH - 100_000_000);
		assert_eq!(Balances::total_balance(&HOME), 30_000_000);
		assert_eq!(Settlement::phase(0), Some(Phase::Draws));
		assert_ok!(draw(0, &[0]));
		assert_eq!(Balances::total_balance(&HOME), 0);
		assert_eq!(held(OTHER_AGENT, HoldReason::Guarantee), 200_000_000 - 76_000_000);
		assert_eq!(fund(), EUR, "a guarantor comes before the fund");
		assert!(!Debts::<Test>::contains_key(participant(HOME)), "what a guarantor paid is no default");
		let drawn = |backing, account, amount| {
			RuntimeEvent::from(Secured::SecurityDrawn { interval: 0, point: 0, backing, account, amount })
		};
		let drawn = [drawn(Backing::Deposit, HOME, 30_000_000), drawn(Backing::Guarantee, OTHER_AGENT, 76_000_000)];
		assert!(events().windows(2).any(|events| *events == drawn));
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn the_fund_covers_what_is_missing_beyond_the_balancing_partys_own_credit_and_others_are_paid_in_full() {
	run(|| {
		trade();
		endow(EUR);
		leave(HOME, 56_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(fund(), EUR, "it pays once, when all securities were looked at");
		assert_ok!(draw(0, &[0]));
		// 174 of the contract and 26 of the imbalance, of which the utility's own 21 bear theirs.
		assert_eq!(fund(), EUR - 179_000_000);
		assert_eq!(amounts(Cause::Default), [(Party::Point(0), 200_000_000)]);
		assert_eq!(amounts(Cause::Cover), [(Party::Fund, -179_000_000)]);
		assert!(events().contains(&Event::Covered { interval: 0, amount: 179_000_000 }.into()));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(amounts(Cause::LossShare), [(Party::Balancing, -21_000_000)]);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Debts::<Test>::get(participant(HOME)), Some(200_000_000));
	});
}

#[test]
fn what_the_fund_does_not_cover_is_shared_once_by_credits_of_the_same_kind() {
	run(|| {
		trade();
		endow(72_000_000);
		leave(HOME, 56_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_eq!(fund(), 0);
		assert_ok!(credit(0, &[0, 1, 2]));
		// It paid 56 of the 230 of its contract and nothing of its imbalance of 26. Of that the utility's own 21 bear theirs, the
		// fund's 72 go to contracts, which lack 102 of 230 then, and the 5 of all other imbalances are lost.
		assert_eq!(Balances::balance(&PLANT), WEALTH + 76_800_000);
		assert_eq!(Balances::balance(&UTILITY), WEALTH + 88_000_000 * 128 / 230);
		assert_eq!(Balances::balance(&GRID), 4_000_000 * 128 / 230);
		assert_eq!(Balances::balance(&RENT), 1, "what rounding leaves");
		assert_eq!(Debts::<Test>::get(participant(HOME)), Some(200_000_000), "it owes all of it");
	});
}

#[test]
fn a_debtor_trades_no_more_until_it_has_paid() {
	run(|| {
		trade();
		let may_trade = |account| Securities::ensure_solvent(participant(account));
		assert_ok!(may_trade(HOME));
		leave(HOME, 56_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_noop!(may_trade(HOME), Unsecured::<Test>::InDebt);
		assert_ok!(may_trade(PLANT));
		assert_noop!(Securities::repay(signed(SHOP), participant(PLANT), 1), Unsecured::<Test>::NoDebt);
		assert_noop!(Securities::repay(signed(SHOP), participant(HOME), 0), Unsecured::<Test>::ZeroAmount);
		assert_noop!(Securities::repay(signed(HOME), participant(HOME), 1), Unsecured::<Test>::BeyondFreeMoney);
		assert_noop!(Securities::repay(RuntimeOrigin::none(), participant(HOME), 1), BadOrigin);
		assert_ok!(Securities::repay(signed(SHOP), participant(HOME), 50_000_000));
		assert_noop!(may_trade(HOME), Unsecured::<Test>::InDebt);
		// No more than is owed is taken.
		assert_ok!(Securities::repay(signed(SHOP), participant(HOME), EUR));
		let recovered = Secured::Recovered { participant: participant(HOME), amount: 150_000_000, owed: 0 };
		assert_eq!(events().last(), Some(&recovered.into()));
		assert_ok!(may_trade(HOME));
		assert_eq!((repaid(), Balances::balance(&SHOP)), (200_000_000, WEALTH - 200_000_000));
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn later_credits_pay_the_debt_first() {
	run(|| {
		trade();
		leave(HOME, 56_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// In interval 1 the home feeds in 1000 Wh and receives 70_000_000.
		world(|w| {
			w.outcomes.insert(1, outcome(3, 0, 0));
			w.results.insert((1, 1), result(Some(230_000), 0, 10_000, 0, 0));
			w.readings.insert((0, 1), metered(-1_000));
			w.readings.insert((1, 1), metered(0));
		});
		assert_ok!(debit(1, &[0, 1, 2]));
		assert_ok!(credit(1, &[0, 1, 2]));
		assert_eq!(Balances::balance(&HOME), 0);
		// 174,000,000 lacked of contracts: those who bore them have it back first.
		idle();
		assert_eq!((fund(), repaid()), (0, 70_000_000));
		assert_eq!(Debts::<Test>::get(participant(HOME)), Some(130_000_000));
	});
}

#[test]
fn the_balancing_party_and_the_grid_operator_owe_as_everybody_does() {
	run(|| {
		trade();
		let accounts = crate::Accounts { grid: GRID_OPERATOR, rent: RENT, balancing: participant(UTILITY) };
		crate::SystemAccounts::<Test>::put(crate::Schedule::new(Some(accounts)));
		world(|w| {
			w.readings.insert((1, 0), metered(-2_600));
			// One Wh more than everybody drew is missing: the fees do not pay for it.
			w.readings.insert((2, 0), metered(-1_000_000));
		});
		leave(UTILITY, 0);
		leave(GRID_OPERATOR, 0);
		assert_ok!(debit(0, &[0, 1, 2]));
		let owed = |account| Debts::<Test>::get(participant(account)).unwrap_or(0);
		assert_eq!(owed(UTILITY), 0, "the grid operator buys the losses from it");
		// 1_001_500 Wh at 250_000, less 4_000_000 and 2_100 x 10_000 of fees.
		assert_eq!(owed(GRID_OPERATOR), 250_375_000_000 - 25_000_000);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(pot(), 0);
	});
}

#[test]
fn the_levy_feeds_the_fund() {
	run(|| {
		assert_noop!(Settlement::set_levy(signed(AGENT), 5), BadOrigin);
		assert_noop!(Settlement::set_levy(RuntimeOrigin::root(), -1), Error::<Test>::NegativeLevy);
		world(|w| w.first_unopened = 0);
		assert_ok!(Settlement::set_levy(RuntimeOrigin::root(), 1_000));
		assert_eq!(events().last(), Some(&Event::LevySet { from: 0, levy: 1_000 }.into()));
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// 150 Wh of imbalances.
		assert_eq!(fund(), 150_000);
		assert_eq!(amounts(Cause::Levy), [(Party::Fund, 150_000)]);
		// 100 Wh at 261_000, 50 Wh at 69_000.
		assert_eq!(Balances::balance(&HOME), WEALTH - 256_100_000);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_450_000);
	});
}

#[test]
fn a_levy_holds_from_the_first_interval_whose_session_has_not_opened() {
	run(|| {
		trade();
		assert_ok!(Settlement::set_levy(RuntimeOrigin::root(), 1_000));
		assert_eq!(crate::Levies::<Test>::get().0.to_vec(), [(0, 0), (8, 1_000)]);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(fund(), 0);
	});
}

#[test]
fn what_leaves_still_pays_debts_and_only_the_rest_is_returned() {
	run(|| {
		trade();
		assert_ok!(Securities::deposit(signed(HOME), 0, 300_000_000));
		assert_ok!(Securities::give_notice(signed(HOME), 0, Backing::Deposit, 300_000_000));
		leave(HOME, 6_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_noop!(Securities::release(signed(HOME), 0, Backing::Deposit), Unsecured::<Test>::StillSecures);
		for interval in 1..8 {
			world(|w| w.outcomes.insert(interval, outcome(0, 0, 0)));
			assert_ok!(debit(interval, &[]));
			assert_ok!(credit(interval, &[]));
		}
		// What is settled may be corrected.
		assert_noop!(Securities::release(signed(HOME), 0, Backing::Deposit), Unsecured::<Test>::StillSecures);
		world(|w| w.now = FINAL);
		assert_ok!(Securities::release(signed(HOME), 0, Backing::Deposit));
		assert_eq!((Balances::balance(&HOME), held(HOME, HoldReason::Deposit)), (50_000_000, 0));
	});
}
