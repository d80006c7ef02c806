//! Runs: what each of them settles, when, and in which order.

use super::*;
use crate::{mock::*, Changed, Event, NextRuns};
use busbar_primitives::{
	traits::{Finality, Prune},
	Amount, Balance, Cause, Moment, Party, PointKind, StatementProof, Terms,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect, traits::Hooks};
use proptest::prelude::*;

const EVERYBODY: [AccountId; 7] = [HOME, PLANT, SHOP, UTILITY, GRID, RENT, OTHER_AGENT];

fn money() -> Vec<Balance> {
	let fund = Securities::fund_account();
	EVERYBODY.iter().chain([&fund]).map(Balances::total_balance).collect()
}

fn settled() {
	trade();
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

fn at(now: Moment) {
	world(|w| w.now = now);
}

fn amounts(cause: Cause) -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == cause).map(|line| (line.party, line.amount)).collect()
}

/// The review's example: one owner of two points without free money, one of which is corrected down, the other up. As netting
/// rounds of their own, their order moved 26,000,000 nEUR.
#[test]
fn corrections_of_one_owner_in_either_order_move_the_same_money() {
	let end = |order: [PointId; 2]| {
		let mut end = None;
		run(|| {
			trade();
			world(|w| {
				w.points.push(point(HOME, 1, PointKind::Metered));
				w.readings.insert((3, 0), metered(500));
				w.outcomes.insert(0, outcome(4, 4_000_000, 0));
			});
			assert_ok!(debit(0, &[0, 1, 2, 3]));
			assert_ok!(credit(0, &[0, 1, 2, 3]));
			leave(HOME, 0);
			let before = money();
			for point in order {
				// 100 Wh more at 260,000, and as much less.
				revise(point, 0, if point == 0 { 1_200 } else { 400 });
			}
			at(DISPUTE_END);
			for point in order {
				assert_ok!(debit(0, &[point]));
			}
			assert_ok!(finish_run(0));
			assert_eq!(amounts(Cause::Default), []);
			assert_eq!(money(), before, "what one point owes the other is due");
			end = Some(Settlement::root(0));
		});
		end.unwrap()
	};
	assert!(end([0, 3]).is_some() && end([3, 0]).is_some());
}

#[test]
fn a_run_settles_what_stood_when_it_became_due_and_later_readings_wait_for_the_next() {
	run(|| {
		settled();
		revise(0, 0, 1_040);
		at(ATTESTATION_END);
		// A ruling, before anybody came to settle: 1,000 Wh are right.
		revise(0, 0, 1_000);
		revise(1, 0, -600);
		assert_noop!(debit(0, &[1]), Error::<Test>::NotChanged);
		assert_ok!(debit(0, &[0]));
		assert_ok!(finish_run(0));
		let own = |point| Settlement::statement(point, 0).last().map(|line| (line.line.version, line.line.wh));
		assert_eq!((own(0), own(1)), (Some((2, -60)), Some((1, -50))));
		assert_noop!(debit(0, &[0, 1]), Error::<Test>::RunNotDue);
		at(DISPUTE_END);
		assert_ok!(debit(0, &[1, 0]));
		assert_ok!(finish_run(0));
		assert_eq!((own(0), own(1)), (Some((3, -40)), Some((3, 50))));
		assert_eq!(Changed::<Test>::iter().count(), 0);
		at(FINAL);
		assert!(Settlement::is_final(0));
	});
}

#[test]
fn a_first_run_that_is_late_settles_what_stood_when_it_was_due() {
	run(|| {
		trade();
		world(|w| w.readings.remove(&(1, 0)));
		assert_ok!(debit(0, &[2]));
		at(ATTESTATION_END);
		revise(0, 0, 1_000);
		revise(0, 0, 900);
		read(1, 0, -650);
		assert_ok!(debit(0, &[0, 1]));
		// The home's first reading, and no reading of the plant.
		let own = |point| Settlement::statement(point, 0).last().map(|line| (line.line.cause, line.line.wh));
		assert_eq!(own(0), Some((Cause::Imbalance, 100)));
		assert_eq!(own(1), Some((Cause::EstimatedImbalance, 0)));
		assert_ok!(finish_run(0));
		assert_ok!(correct(0, &[0, 1]));
		assert_eq!(own(0), Some((Cause::Correction, -200)));
		assert_eq!(own(1), Some((Cause::Correction, -50)));
		// As if all had come in time.
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
	});
}

#[test]
fn a_dispute_that_ends_by_itself_is_settled_in_the_next_run() {
	run(|| {
		trade();
		world(|w| {
			w.contested.insert((1, 0));
			w.claims.insert((1, 0), 0);
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(finish_run(0));
		assert_eq!(Waiting::<Test>::get(0), [1, 0, 0]);
		at(DISPUTE_END);
		// It is open still: nothing changes, without a line.
		let lines = Settlement::root(0).map(|root| root.count);
		assert_ok!(correct(0, &[1]));
		assert_eq!(Settlement::root(0).map(|root| root.count), lines);
		assert_eq!(Waiting::<Test>::get(0), [0, 1, 0]);
		world(|w| w.contested.clear());
		assert_ok!(correct(0, &[1]));
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
	});
}

/// Two intervals like that of [`trade`], the second a clock later, whose home has 60 Wh more to pay in a second run.
fn two_intervals() {
	trade();
	world(|w| {
		let late = Terms { first_run: DISPUTE_END, attestation_end: DISPUTE_END, dispute_end: RULINGS_END, ..terms() };
		w.terms.insert(1, late);
		for (key, value) in
			[(0, result(Some(220_000), 0, 0, 0, 0)), (1, result(Some(230_000), 400, 10_000, 4_000_000, 0))]
		{
			w.results.insert((1, key), value);
		}
		w.outcomes.insert(1, outcome(3, 4_000_000, 0));
		for (point, net) in [(0, 1_000), (1, -600), (2, -400)] {
			w.positions.insert((point, 1), position(net));
			w.readings.insert((point, 1), metered(net));
		}
	});
}

#[test]
fn runs_that_are_due_go_on_in_the_order_of_due_time_interval_and_number() {
	run(|| {
		two_intervals();
		// Before any is due each goes on as soon as it is read.
		assert_ok!(debit(1, &[0]));
		at(ATTESTATION_END);
		assert_ok!(debit(0, &[0]));
		// What is not due is in no order.
		assert_ok!(debit(1, &[1, 2]));
		assert_ok!(debit(0, &[1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		revise(0, 0, 1_040);
		// The third run of interval 0 and the first of interval 1 are due at the same time.
		at(DISPUTE_END);
		assert_noop!(credit(1, &[0, 1, 2]), Error::<Test>::EarlierRunDue);
		assert_ok!(debit(0, &[0]));
		assert_noop!(credit(1, &[0, 1, 2]), Error::<Test>::EarlierRunDue);
		assert_ok!(credit(0, &[0]));
		assert_ok!(credit(1, &[0, 1, 2]));
		Settlement::on_idle(1, frame_support::weights::Weight::MAX);
		// Of both intervals the first two runs are done or not waited for any more, and so are those of all that have no market.
		assert_eq!(NextRuns::<Test>::get(), [8, 8, 1, 0, 0]);
	});
}

#[test]
fn a_run_that_nobody_settles_holds_up_the_others_for_a_bounded_time() {
	run(|| {
		two_intervals();
		// Both are due by then.
		world(|w| w.terms.insert(1, Terms { first_run: ATTESTATION_END + 1, ..w.terms[&1] }));
		let late = ATTESTATION_END + terms().run_patience();
		at(late - 1);
		assert_noop!(debit(1, &[0]), Error::<Test>::EarlierRunDue);
		at(late);
		assert_ok!(debit(1, &[0, 1, 2]));
		assert_ok!(credit(1, &[0, 1, 2]));
		// It may still be settled.
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		at(FINAL + 1_000);
		assert!(Settlement::is_final(0) && Settlement::is_final(1));
		assert_eq!(Settlement::first_not_final(), 2);
	});
}

#[test]
fn what_lies_before_the_first_interval_that_is_not_final_is_final_or_never_was() {
	run(|| {
		two_intervals();
		world(|w| w.terms.remove(&3));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_ok!(debit(1, &[0, 1, 2]));
		assert_ok!(credit(1, &[0, 1, 2]));
		revise(0, 1, 1_001);
		at(FINAL - 1);
		assert_eq!(Settlement::first_not_final(), 0);
		at(FINAL + 10_000);
		assert_eq!(Settlement::first_not_final(), 1, "a run waits");
		assert_ok!(correct(1, &[0]));
		assert_eq!(Settlement::first_not_final(), 2);
		Settlement::on_idle(1, frame_support::weights::Weight::MAX);
		assert_eq!(NextRuns::<Test>::get().last(), Some(&2));
		while Prunable::prune(0, 5) > 0 {}
		world(|w| w.first_kept = 1);
		assert_eq!(Settlement::first_not_final(), 2);
	});
}

#[test]
fn the_council_drops_what_of_a_run_is_not_counted_yet() {
	run(|| {
		settled();
		let void = || Settlement::void(RuntimeOrigin::root(), 0);
		assert_noop!(void(), Error::<Test>::AlreadySettled);
		revise(0, 0, 1_040);
		revise(1, 0, -600);
		assert_noop!(void(), Error::<Test>::RunNotDue);
		at(DISPUTE_END);
		assert_ok!(debit(0, &[0]));
		assert_ok!(void());
		assert_eq!(Settlement::progress(0).map(|progress| progress.stage), Some(Stage::Credits));
		assert!(events().contains(&Event::RunDropped { interval: 0, run: 2, points: 1 }.into()));
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		assert_noop!(void(), Error::<Test>::CreditsBegun);
		assert_ok!(finish_run(0));
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 10_400_000);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		// Another that has not begun at all.
		revise(1, 0, -500);
		at(RULINGS_END);
		assert_ok!(void());
		at(FINAL);
		assert!(Settlement::is_final(0));
		while Prunable::prune(0, 2) > 0 {}
		assert_eq!(Changed::<Test>::iter().count() + Waiting::<Test>::iter().count(), 0);
	});
}

#[test]
fn lines_are_proven_under_the_last_root_while_a_run_adds_to_them() {
	run(|| {
		settled();
		let root = Settlement::root(0).unwrap();
		revise(0, 0, 1_040);
		at(DISPUTE_END);
		assert_ok!(debit(0, &[0]));
		for index in 0..root.count {
			let StatementProof::Proven(proof) = Settlement::statement_proof(0, index) else { panic!("line {index}") };
			assert!(proof.holds() && proof.root == root.root);
		}
		assert_eq!(Settlement::statement_proof(0, root.count), StatementProof::Unknown);
		assert_ok!(credit(0, &[0]));
		let StatementProof::Proven(proof) = Settlement::statement_proof(0, root.count) else { panic!("no proof") };
		assert!(proof.holds() && proof.root != root.root);
	});
}

#[test]
fn a_run_charges_whoever_was_responsible_in_its_interval() {
	run(|| {
		world(|w| w.first_unopened = 1);
		settled();
		assert_ok!(Settlement::set_accounts(RuntimeOrigin::root(), RENT, GRID, participant(SHOP)));
		let before = [UTILITY, SHOP, GRID].map(|account| Balances::balance(&account));
		revise(0, 0, 1_040);
		assert_ok!(correct(0, &[0]));
		let after = [UTILITY, SHOP, GRID].map(|account| Balances::balance(&account));
		assert_eq!(after, [before[0] - 15_000_000, before[1], before[2] - 600_000]);
	});
}

/// A point that is revised, and when: before the third run is due, or after it.
type Revision = (PointId, i64, bool);

/// A reading of an earlier day that is replaced while a run is under way: whose, what all like ones say then, and in which run.
type Relike = (PointId, i64, u16);

/// How an interval's calls come: the order of its points in each run, the size of batches, and before which batch of a run
/// readings of earlier days are replaced.
#[derive(Clone, Debug)]
struct Calls {
	orders: [Vec<PointId>; 3],
	size: usize,
	relikes_before: usize,
}

/// Settles the interval of [`trade`], with a shop (point 3) and a second point of the home (4), and what readings change later.
/// Of the `silent` nothing is read before.
fn history(
	revisions: &[Revision],
	relikes: &[Relike],
	silent: &[PointId],
	calls: &Calls,
	wealth: [Balance; 2],
) -> Vec<Balance> {
	let mut end = None;
	let Calls { orders, size, relikes_before } = calls;
	run(|| {
		trade();
		world(|w| {
			w.points.push(point(SHOP, 1, PointKind::Metered));
			w.points.push(point(HOME, 1, PointKind::Metered));
			w.readings.insert((3, 0), metered(300));
			w.outcomes.insert(0, outcome(5, 4_000_000, 0));
			silent.iter().for_each(|point| {
				w.readings.remove(&(*point, 0));
			});
			w.now = ATTESTATION_END;
		});
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		let settle = |run: u16, order: &[PointId]| {
			let due = |point: &PointId| run == 1 || Changed::<Test>::contains_key((0, run), point);
			let points: Vec<_> = order.iter().copied().filter(due).collect();
			let relike_all = || {
				// Time goes on between calls.
				world(|w| w.now += 1);
				for (point, wh, _) in relikes.iter().filter(|(.., of)| *of == run) {
					relike(*point, 0, vec![*wh, wh / 2, wh / 3, wh / 4]);
				}
				world(|w| w.now += 1);
			};
			let batches: Vec<_> = points.chunks(*size).collect();
			for (number, batch) in batches.iter().enumerate() {
				if number == *relikes_before {
					relike_all();
				}
				assert_ok!(debit(0, batch));
				try_state();
			}
			if *relikes_before >= batches.len() {
				relike_all();
			}
			if Settlement::progress(0).is_some_and(|progress| progress.stage == Stage::Draws) {
				let due = Settlement::to_draw(0, 0, u32::MAX);
				for point in order.iter().filter(|point| due.contains(point)) {
					assert_ok!(draw(0, &[*point]));
				}
			}
			for batch in points.chunks(*size) {
				assert_ok!(credit(0, batch));
				try_state();
			}
			let progress = Settlement::progress(0).unwrap();
			assert_eq!((progress.stage, progress.lines_sum, progress.purse.in_transit()), (Stage::Settled, 0, 0));
			for batch in points.chunks(*size) {
				assert!(debit(0, batch).is_err() && credit(0, batch).is_err(), "once in a run");
			}
		};
		let revise_all = |late: bool| {
			for (point, net, _) in revisions.iter().filter(|(.., after)| *after == late) {
				revise(*point, 0, *net);
			}
		};
		settle(1, &orders[0]);
		leave(HOME, wealth[0]);
		leave(SHOP, wealth[1]);
		revise_all(false);
		at(DISPUTE_END);
		revise_all(true);
		settle(3, &orders[1]);
		at(RULINGS_END);
		settle(4, &orders[2]);
		at(FINAL);
		assert!(Settlement::is_final(0));
		end = Some(money());
	});
	end.unwrap()
}

fn order() -> impl Strategy<Value = Vec<PointId>> {
	Just((0..5).collect::<Vec<PointId>>()).prop_shuffle()
}

fn calls() -> impl Strategy<Value = Calls> {
	([order(), order(), order()], 1..6usize, 0..6usize).prop_map(|(orders, size, relikes_before)| Calls {
		orders,
		size,
		relikes_before,
	})
}

/// Revisions in two orders in which those of one point stay in theirs, so that the same readings stand.
fn revisions() -> impl Strategy<Value = [Vec<Revision>; 2]> {
	let one = (0..5u32, -2_000..2_000i64, any::<bool>());
	prop::collection::vec(one, 0..8).prop_flat_map(|all| {
		let order: Vec<_> = (0..5u32).collect();
		(Just(all), Just(order).prop_shuffle()).prop_map(|(all, order)| {
			let mut other = all.clone();
			other.sort_by_key(|(point, ..)| order.iter().position(|one| one == point));
			[all, other]
		})
	})
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn any_order_of_revisions_calls_and_batches_leaves_the_same_balances(
		[one, other] in revisions(),
		relikes in prop::collection::vec((prop::sample::select(vec![0, 1, 3, 4]), -2_000..2_000i64, 1..5u16), 0..6),
		silent in prop::sample::subsequence(vec![0, 1, 3, 4], 0..4),
		first in calls(),
		second in calls(),
		wealth in [prop_oneof![Just(0), 0..300_000_000u128], prop_oneof![Just(0), 0..300_000_000u128]],
	) {
		let balances = history(&one, &relikes, &silent, &first, wealth);
		prop_assert_eq!(balances, history(&other, &relikes, &silent, &second, wealth));
	}
}

/// The interval of [`trade`], whose first run is due in the middle of the attestation window. `silent` has no reading.
fn with_an_early_run(silent: PointId) {
	trade();
	world(|w| {
		w.now = DELIVERY_END;
		w.terms.insert(0, Terms { first_run: EARLY, ..terms() });
		w.readings.remove(&(silent, 0));
	});
}

const EARLY: Moment = (DELIVERY_END + ATTESTATION_END) / 2;

#[test]
fn one_silent_meter_holds_up_nobody_elses_money_beyond_the_first_run() {
	run(|| {
		with_an_early_run(0);
		assert_ok!(debit(0, &[1, 2]));
		at(EARLY - 1);
		assert_noop!(debit(0, &[0]), Error::<Test>::NotAttestedYet);
		at(EARLY);
		// What like days say.
		world(|w| w.like.insert((0, 0), vec![1_100; 4]));
		assert_ok!(debit(0, &[0]));
		assert_ok!(finish_run(0));
		// Long before the attestation window is over the plant has all that it earned.
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		let own = Settlement::statement(0, 0).last().map(|line| (line.line.cause, line.line.wh));
		assert_eq!(own, Some((Cause::EstimatedImbalance, 100)));
		// The reading comes in time: the second run settles what differs.
		assert_eq!(Waiting::<Test>::get(0), [0, 0, 1]);
		read(0, 0, 1_040);
		assert_eq!(Waiting::<Test>::get(0), [1, 0, 1]);
		assert_noop!(debit(0, &[0]), Error::<Test>::RunNotDue);
		at(ATTESTATION_END);
		assert_ok!(debit(0, &[0]));
		assert_ok!(finish_run(0));
		let own = Settlement::statement(0, 0).last().map(|line| (line.line.cause, line.line.version, line.line.wh));
		assert_eq!(own, Some((Cause::Correction, 2, -60)));
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		try_state();
	});
}

#[test]
fn a_seller_that_is_silent_is_paid_for_no_more_than_its_estimate() {
	run(|| {
		with_an_early_run(1);
		at(EARLY);
		// It sold 600 Wh, and on like days it fed in nothing.
		world(|w| w.like.insert((1, 0), vec![0; 4]));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(finish_run(0));
		let paid: Amount = Settlement::statement(1, 0).iter().map(|line| line.line.amount).sum();
		assert!(paid < 0, "it keeps nothing of what it sold: {paid}");
		try_state();
	});
}
