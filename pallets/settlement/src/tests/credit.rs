use super::*;
use crate::{mock::*, Error, Event, Intervals};
use busbar_primitives::{Amount, Balance, Cause, Party, Phase};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
	},
};
use sp_runtime::DispatchError::BadOrigin;

/// Amounts of an interval's lines of one cause, with their parties.
fn amounts(cause: Cause) -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == cause).map(|line| (line.party, line.amount)).collect()
}

#[test]
fn everybody_is_paid_and_the_interval_is_settled() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[2, 0]));
		assert_eq!(Balances::balance(&UTILITY), WEALTH + 88_000_000);
		assert_eq!(Balances::balance(&GRID), 0, "the other parties are paid with the last point");
		assert_eq!(Settlement::phase(0), Some(Phase::Credits));
		try_state();
		assert_ok!(credit(0, &[1]));
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
		assert_eq!(Balances::balance(&HOME), WEALTH - 256_000_000);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Balances::balance(&UTILITY), WEALTH + 88_000_000 + 21_000_000);
		assert_eq!(Balances::balance(&GRID), 5_500_000);
		assert_eq!(Balances::balance(&RENT), 0);
		assert_eq!(pot(), 0);
		let root = Settlement::root(0).unwrap();
		assert_eq!(root.count, 8);
		assert_eq!(
			events()[5..],
			[
				Event::Credited { interval: 0, run: 1, done: 2, points: 3 },
				Event::Credited { interval: 0, run: 1, done: 3, points: 3 },
				Event::Settled { interval: 0, run: 1, root: root.root, lines: 8 },
			]
			.map(RuntimeEvent::from)
		);
	});
}

#[test]
fn congestion_rent_goes_to_its_account() {
	run(|| {
		trade();
		// The link is full: the zone's price lies 5_000 above root price and fee, for 400 Wh.
		world(|w| {
			w.results.insert((0, 1), result(Some(235_000), 400, 10_000, 4_000_000, 2_000_000));
			w.outcomes.insert(0, outcome(3, 4_000_000, 2_000_000));
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&RENT), 2_000_000);
		assert_eq!(amounts(Cause::Rent), [(Party::CongestionRent, 2_000_000)]);
	});
}

#[test]
fn credits_wait_for_all_debits() {
	run(|| {
		trade();
		assert_noop!(credit(0, &[1]), Error::<Test>::DebitsNotDone);
		assert_ok!(debit(0, &[0, 1]));
		assert_noop!(credit(0, &[1]), Error::<Test>::DebitsNotDone);
		assert_noop!(Settlement::credit(RuntimeOrigin::none(), 0, Default::default()), BadOrigin);
	});
}

#[test]
fn each_point_is_credited_once() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_noop!(credit(0, &[]), Error::<Test>::EmptyBatch);
		assert_noop!(credit(0, &[1, 3]), Error::<Test>::UnknownPoint);
		assert_noop!(credit(0, &[1, 1]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[1, 0]));
		assert_noop!(credit(0, &[2, 1]), Error::<Test>::AlreadySettled);
		// A point without a credit is done as well.
		assert_noop!(credit(0, &[0]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[2]));
		for batch in [&[1][..], &[]] {
			assert_noop!(credit(0, batch), Error::<Test>::AlreadySettled);
			assert_noop!(debit(0, batch), Error::<Test>::AlreadySettled);
		}
	});
}

#[test]
fn after_a_default_every_credit_of_a_kind_is_scaled_by_the_same_factor() {
	run(|| {
		trade();
		leave(HOME, 100_000_001);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// Contracts have what it paid first, of 230; of its imbalance of 26 there is nothing.
		let paid = |credit: Balance| credit * 100_000_001 / 230_000_000;
		let (plant, coupling, grid) = (paid(138_000_000), paid(88_000_000), paid(4_000_000));
		assert_eq!(Balances::balance(&HOME), 0);
		assert_eq!(Balances::balance(&PLANT), WEALTH + plant);
		assert_eq!(Balances::balance(&UTILITY), WEALTH + coupling);
		assert_eq!(Balances::balance(&GRID), grid);
		let dust = 100_000_001 - plant - coupling - grid;
		assert!(dust > 0 && dust < 4);
		assert_eq!(Balances::balance(&RENT), dust, "remainders of the rounding");
		assert_eq!(amounts(Cause::Default), [(Party::Point(0), 155_999_999)]);
		let loss = |paid: Balance, credit: Amount| paid as Amount - credit;
		assert_eq!(
			amounts(Cause::LossShare),
			[
				(Party::Point(1), loss(plant, 141_500_000)),
				(Party::GridOperator, loss(grid, 5_500_000)),
				(Party::Balancing, loss(coupling, 88_000_000 + 21_000_000)),
				(Party::CongestionRent, dust as Amount),
			]
		);
		assert_eq!(pot(), 0);
		assert_eq!(Settlement::lines_sum(0), 0);
	});
}

#[test]
fn when_nothing_could_be_collected_nothing_is_paid() {
	run(|| {
		trade();
		leave(HOME, 0);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&PLANT), WEALTH);
		assert_eq!(Balances::balance(&UTILITY), WEALTH);
		assert_eq!(Settlement::lines_sum(0), 0);
	});
}

#[test]
fn a_default_of_the_balancing_party_is_shared_as_well() {
	run(|| {
		trade();
		world(|w| w.readings.insert((1, 0), metered(-2_600)));
		leave(UTILITY, 10_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		// It buys 2000 Wh at 70_000 and sells 100 at 260_000, less 2100 x 10_000 fees: 135_000_000, of which the 88_000_000
		// that it sold at the coupling pay a part.
		assert_eq!(amounts(Cause::Default), [(Party::Balancing, 37_000_000)]);
		let progress = Intervals::<Test>::get(0).unwrap();
		assert_eq!(progress.purse.due - progress.purse.available(), 37_000_000);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(pot(), 0);
	});
}

#[test]
fn a_credit_whose_owner_has_no_account_goes_to_the_rent_account() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		world(|w| w.gone.insert(PLANT));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&PLANT), WEALTH);
		assert_eq!(Balances::balance(&RENT), 141_500_000);
		assert!(
			events().contains(&Event::Unclaimed { interval: 0, party: Party::Point(1), amount: 141_500_000 }.into())
		);
	});
}

#[test]
fn a_debt_whose_owner_has_no_account_is_a_default() {
	run(|| {
		trade();
		world(|w| w.gone.insert(HOME));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_eq!(amounts(Cause::Default), [(Party::Point(0), 256_000_000)]);
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn a_balancing_party_without_an_account_holds_up_nothing() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		world(|w| w.gone.insert(UTILITY));
		// Another one balances the intervals whose debits close from now on.
		assert_ok!(Settlement::set_accounts(RuntimeOrigin::root(), GRID, RENT, participant(SHOP)));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&SHOP), WEALTH);
		assert_eq!(Balances::balance(&RENT), 88_000_000 + 21_000_000);
		let unclaimed = Event::Unclaimed { interval: 0, party: Party::Balancing, amount: 21_000_000 };
		assert!(events().contains(&unclaimed.into()));
	});
}

#[test]
fn intervals_settle_beside_each_other() {
	run(|| {
		trade();
		world(|w| {
			w.outcomes.insert(1, outcome(3, 0, 0));
			for (point, net) in [(0, 10), (1, -30)] {
				w.readings.insert((point, 1), metered(net));
			}
		});
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(debit(1, &[2, 1, 0]));
		assert_ok!(debit(0, &[2]));
		assert_eq!(pot(), 256_000_000 + 2_500_000);
		try_state();
		assert_ok!(credit(1, &[1, 0, 2]));
		assert_eq!(pot(), 256_000_000);
		assert_ok!(credit(0, &[1, 0, 2]));
		assert_eq!(pot(), 0);
	});
}

#[test]
fn money_sent_to_the_settlement_account_is_not_paid_out() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(Balances::transfer_allow_death(signed(SHOP), Settlement::account_id(), 9));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(pot(), 9);
		assert_eq!(Balances::balance(&RENT), 0);
		try_state();
		assert_ok!(<Balances as Mutate<AccountId>>::transfer(
			&Settlement::account_id(),
			&SINK,
			9,
			Preservation::Expendable
		));
	});
}
