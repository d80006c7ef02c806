use super::*;
use crate::{mock::*, Error, Event, Intervals, Nets, Sharing, Sharings};
use busbar_primitives::{Amount, Balance, Cause, Party, Phase, PointKind};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::{DispatchError::BadOrigin, Permill};

const EVERYBODY: [AccountId; 7] = [HOME, PLANT, SHOP, UTILITY, GRID, RENT, OTHER_AGENT];

fn money() -> Vec<Balance> {
	EVERYBODY.iter().map(Balances::total_balance).collect()
}

fn amounts(cause: Cause) -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == cause).map(|line| (line.party, line.amount)).collect()
}

/// All orders of the numbers below `count`.
fn orders(count: u32) -> Vec<Vec<u32>> {
	if count == 0 {
		return vec![vec![]];
	}
	let shorter = orders(count - 1);
	let insert = |order: &Vec<u32>, at: usize| {
		let mut order = order.clone();
		order.insert(at, count - 1);
		order
	};
	shorter.iter().flat_map(|order| (0..=order.len()).map(move |at| insert(order, at))).collect()
}

/// Debits the points one by one in an order, then draws on securities in the same order, then credits in the reverse one.
fn settle(order: &[u32]) {
	for point in order {
		assert_ok!(debit(0, &[*point]));
		try_state();
	}
	for point in order {
		if Settlement::to_draw(0, 0, u32::MAX).contains(point) {
			assert_ok!(draw(0, &[*point]));
			try_state();
		}
	}
	for point in order.iter().rev() {
		assert_ok!(credit(0, &[*point]));
		try_state();
	}
	assert_eq!(Settlement::phase(0), Some(Phase::Settled));
	assert_eq!(Nets::<Test>::iter().count(), 0);
}

/// [`trade`] with the plant in the home's hands: it owes 256_000_000 at one point and earns 141_500_000 at the other.
fn prosumer() {
	trade();
	world(|w| w.points[1].owner = participant(HOME));
}

#[test]
fn a_participant_pays_only_what_its_points_together_owe() {
	for order in orders(3) {
		run(|| {
			prosumer();
			leave(HOME, 114_500_000);
			settle(&order);
			assert_eq!(Balances::balance(&HOME), 0);
			assert_eq!(amounts(Cause::Default), [], "{order:?}");
			let set_off = Event::SetOff { interval: 0, participant: participant(HOME), amount: 141_500_000 };
			assert!(events().contains(&set_off.into()));
		});
	}
}

#[test]
fn what_was_taken_before_a_credit_was_known_is_returned() {
	run(|| {
		prosumer();
		assert_ok!(debit(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 256_000_000);
		assert_ok!(debit(0, &[1, 2]));
		let purse = Intervals::<Test>::get(0).unwrap().purse;
		assert_eq!((purse.collected, purse.surplus, purse.available()), (256_000_000, 141_500_000, 114_500_000));
		assert_ok!(credit(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 114_500_000, "with its first point");
		assert_ok!(credit(0, &[1, 2]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 114_500_000);
	});
	run(|| {
		prosumer();
		assert_ok!(debit(0, &[1, 0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 114_500_000, "nothing more is taken after the credit");
	});
}

/// [`prosumer`] with a shop (point 3) that draws 1000 Wh without an order and owes 260_000_000, of which it has 60_000_000.
fn with_a_defaulter() {
	prosumer();
	world(|w| {
		w.points.push(point(SHOP, 1, PointKind::Metered));
		w.readings.insert((3, 0), metered(1_000));
		w.outcomes.insert(0, outcome(4, 4_000_000, 0));
	});
	leave(SHOP, 60_000_000);
}

#[test]
fn what_is_set_off_bears_no_loss_of_others_whatever_the_order() {
	let mut ends = orders(4).into_iter().map(|order| {
		let mut end = None;
		run(|| {
			with_a_defaulter();
			settle(&order);
			assert_eq!(Balances::balance(&HOME), WEALTH - 114_500_000, "{order:?}");
			assert_eq!(amounts(Cause::Default), [(Party::Point(3), 200_000_000)]);
			end = Some(money());
		});
		end.unwrap()
	});
	let first = ends.next().unwrap();
	for other in ends {
		for (one, other) in first.iter().zip(other) {
			assert!(one.abs_diff(other) <= 4, "only remainders of the rounding differ");
		}
	}
}

/// The home has a second point (3) that owes 260_000_000 beside the 256_000_000 of its first, and 100_000_000 of its own.
fn two_debts() {
	trade();
	world(|w| {
		w.points.push(point(HOME, 1, PointKind::Metered));
		w.readings.insert((3, 0), metered(1_000));
		w.outcomes.insert(0, outcome(4, 4_000_000, 0));
	});
}

#[test]
fn each_point_bears_its_share_of_what_is_short_whatever_the_order() {
	for order in orders(4) {
		run(|| {
			two_debts();
			assert_ok!(Securities::deposit(signed(HOME), 0, 300_000_000));
			assert_ok!(Securities::guarantee(signed(OTHER_AGENT), 3, 300_000_000));
			leave(HOME, 100_000_000);
			settle(&order);
			// 416_000_000 are short: 256 / 516 of it at the first point, 260 / 516 at the second.
			let drawn = [held(HOME, HoldReason::Deposit), held(OTHER_AGENT, HoldReason::Guarantee)]
				.map(|held| 300_000_000 - held);
			assert_eq!(drawn, [256, 260].map(|part| (416_000_000 * part as Balance).div_ceil(516)), "{order:?}");
			// Both are rounded up: 1 nEUR comes back.
			assert_eq!(Balances::balance(&HOME), 1);
			assert_eq!(amounts(Cause::Default), []);
		});
	}
}

#[test]
fn a_deposit_secures_its_own_point_only() {
	run(|| {
		two_debts();
		assert_ok!(Securities::deposit(signed(HOME), 0, 500_000_000));
		leave(HOME, 100_000_000);
		settle(&[0, 1, 2, 3]);
		let missing = 416_000_000 - (416_000_000u128 * 256).div_ceil(516) as Amount;
		assert_eq!(amounts(Cause::Default), [(Party::Point(3), missing)]);
	});
}

#[test]
fn only_what_is_short_is_drawn_on_once_and_before_credits() {
	run(|| {
		trade();
		leave(HOME, 0);
		assert_noop!(draw(0, &[0]), Error::<Test>::DebitsNotDone);
		assert_ok!(debit(0, &[0, 1]));
		assert_noop!(draw(0, &[0]), Error::<Test>::DebitsNotDone);
		assert_ok!(debit(0, &[2]));
		assert_eq!(Settlement::phase(0), Some(Phase::Draws));
		assert_noop!(debit(0, &[2]), Error::<Test>::AlreadySettled);
		assert_noop!(credit(0, &[1]), Error::<Test>::DebitsNotDone);
		assert_noop!(draw(0, &[]), Error::<Test>::EmptyBatch);
		assert_noop!(draw(0, &[3]), Error::<Test>::UnknownPoint);
		assert_noop!(draw(0, &[1]), Error::<Test>::NothingToDraw);
		assert_noop!(draw(0, &[0, 0]), Error::<Test>::NothingToDraw);
		assert_noop!(Settlement::draw(RuntimeOrigin::none(), 0, Default::default()), BadOrigin);
		assert_ok!(draw(0, &[0]));
		assert_noop!(draw(0, &[0]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_noop!(draw(0, &[0]), Error::<Test>::AlreadySettled);
	});
	run(|| {
		two_debts();
		leave(HOME, 0);
		assert_ok!(debit(0, &[0, 1, 2, 3]));
		assert_ok!(draw(0, &[0]));
		assert_noop!(draw(0, &[0]), Error::<Test>::NothingToDraw);
		assert_eq!(events().last(), Some(&Event::Drawn { interval: 0, left: 1 }.into()));
	});
}

#[test]
fn collateral_released_where_a_retailer_answers_pays_its_owners_other_debts() {
	for order in orders(4) {
		run(|| {
			world(|w| w.first_unopened = 0);
			two_debts();
			assert_ok!(Supply::choose(signed(HOME), 3, Some(participant(SHOP))));
			assert_ok!(Supply::serve(signed(SHOP), 3));
			assert_ok!(hold_collateral(3, 0, HOME, 300_000_000));
			leave(HOME, 0);
			settle(&order);
			assert_eq!(Balances::total_balance(&HOME), 44_000_000, "{order:?}");
			assert_eq!(Balances::total_balance(&SHOP), WEALTH - 260_000_000);
			assert_eq!(amounts(Cause::Default), []);
		});
	}
}

#[test]
fn a_grid_operator_that_is_a_participant_is_netted_too() {
	run(|| {
		trade();
		// It owns the plant, and buys 100 Wh of losses: 25_000_000 against 5_500_000 of fees and 141_500_000 of sales.
		let accounts = crate::Accounts { grid: GRID_OPERATOR, rent: RENT, balancing: participant(UTILITY) };
		crate::SystemAccounts::<Test>::put(crate::Schedule::new(Some(accounts)));
		world(|w| {
			w.points[1].owner = participant(GRID_OPERATOR);
			w.readings.insert((2, 0), metered(-550));
		});
		leave(GRID_OPERATOR, 0);
		settle(&[2, 0, 1]);
		assert_eq!(Balances::balance(&GRID_OPERATOR), 141_500_000 + 5_500_000 - 25_000_000);
		assert_eq!(amounts(Cause::Default), []);
	});
}

#[test]
fn a_correction_nets_the_balancing_partys_own_point() {
	run(|| {
		trade();
		world(|w| w.points[0].owner = participant(UTILITY));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// 100 Wh more at 260_000, which it pays to itself but for 1_000_000 of fees.
		leave(UTILITY, 1_000_000);
		revise(0, 0, 1_200);
		assert_ok!(correct(0, &[0]));
		assert_eq!(amounts(Cause::Default), []);
		assert_eq!(Balances::balance(&UTILITY), 0);
	});
}

const HALF_AND_FIFTH: Sharing = Sharing { fund: Permill::from_percent(50), rent: Permill::from_percent(20) };

#[test]
fn a_surplus_is_shared_as_the_council_sets_and_a_loss_is_not() {
	run(|| {
		assert_noop!(Settlement::set_sharing(signed(AGENT), HALF_AND_FIFTH), BadOrigin);
		let more = Sharing { fund: Permill::from_parts(800_001), ..HALF_AND_FIFTH };
		assert_noop!(Settlement::set_sharing(RuntimeOrigin::root(), more), Error::<Test>::SharesTooGreat);
		world(|w| w.first_unopened = 0);
		assert_ok!(Settlement::set_sharing(RuntimeOrigin::root(), HALF_AND_FIFTH));
		assert_eq!(events().last(), Some(&Event::SharingSet { from: 0, sharing: HALF_AND_FIFTH }.into()));
		trade();
		settle(&[0, 1, 2]);
		// Of 21_000_000.
		let shared = [(Party::Balancing, -14_700_000), (Party::Fund, 10_500_000), (Party::CongestionRent, 4_200_000)];
		assert_eq!(amounts(Cause::Surplus), shared);
		assert_eq!((fund(), Balances::balance(&RENT)), (10_500_000, 4_200_000));
		assert_eq!(Balances::balance(&UTILITY), WEALTH + 88_000_000 + 6_300_000);
		// The home took what it bought: the surplus of 21_000_000 was a loss of 4_000_000.
		revise(0, 0, 1_000);
		assert_ok!(correct(0, &[0]));
		assert_eq!((fund(), Balances::balance(&RENT)), (0, 0));
		assert_eq!(Balances::balance(&UTILITY), WEALTH + 88_000_000 - 4_000_000);
		try_state();
	});
}

#[test]
fn the_tolerance_band_shows_as_a_line_and_corrections_settle_its_difference() {
	run(|| {
		let band = Permill::from_percent(5);
		assert_noop!(Settlement::set_tolerance(signed(AGENT), band), BadOrigin);
		world(|w| w.first_unopened = 0);
		assert_ok!(Settlement::set_tolerance(RuntimeOrigin::root(), band));
		assert_eq!(events().last(), Some(&Event::ToleranceSet { from: 0, tolerance: band }.into()));
		trade();
		settle(&[0, 1, 2]);
		// Of the 100 Wh that the home is short, 50 at the 230_000 that it bought at; of the plant's 50, 30.
		assert_eq!(amounts(Cause::Tolerance), [(Party::Point(0), -11_500_000), (Party::Point(1), 6_900_000)]);
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 11_500_000 - 13_000_000);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 138_000_000 + 6_900_000 + 1_400_000);
		// 20 Wh short: all of it is tolerated.
		revise(0, 0, 1_020);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 4_600_000);
		try_state();
	});
}

#[test]
fn sharing_holds_from_the_first_interval_whose_session_has_not_opened() {
	run(|| {
		trade();
		assert_ok!(Settlement::set_sharing(RuntimeOrigin::root(), HALF_AND_FIFTH));
		assert_eq!(Sharings::<Test>::get().0.to_vec(), [(0, Sharing::default()), (8, HALF_AND_FIFTH)]);
		settle(&[0, 1, 2]);
		assert_eq!(amounts(Cause::Surplus), []);
	});
}
