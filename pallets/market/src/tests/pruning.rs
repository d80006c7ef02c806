//! Records go when nothing moves any more and their retention is over.

use super::spans::{block_order, clear, span_market, FIRST};
use crate::{
	mock::*, BlockOrders, Event, Intervals, Levels, NextToPrune, Orders, Queues, Results, Sessions, Skipped, Waiting,
	WeightInfo,
};
use busbar_primitives::{
	traits::{Calendar, OrderCollateral, Positions, Prune},
	Interval, Side,
};
use frame_support::{assert_ok, weights::Weight};

/// The first moment at which interval 1 may go: end of its disputes and two intervals more.
const OVER: u64 = EPOCH + CLOCK * (4 + 2);

/// Interval 1 with three orders cleared, its collateral released, and five records elsewhere; time stands before `OVER`.
fn old() {
	for n in 1..4u64 {
		assert_ok!(place(n, 1, n as u32, &[buy(100, n), sell(200, n)]));
	}
	for interval in 1..8 {
		run_to(start(interval) - LEAD);
		run_to(start(interval) - LEAD);
		if interval == 1 {
			(1..4).for_each(release);
		}
	}
	(0..5).for_each(|n| Elsewhere::insert(1, n, n));
	Now::set(&(OVER - 1));
	idle(Weight::MAX);
}

fn release(point: u32) {
	release_of(point, 1);
}

fn release_of(point: u32, interval: Interval) {
	use busbar_primitives::traits::Collateral;
	for (owner, held) in Market::take_collateral(point, interval) {
		assert_ok!(MockCollateral::release(owner, held));
	}
}

fn keys() -> usize {
	Orders::<Test>::iter_prefix((1,)).count()
		+ Levels::<Test>::iter_prefix((1,)).count()
		+ Queues::<Test>::iter_prefix((1,)).count()
		+ Results::<Test>::iter_prefix((1,)).count()
		+ Sessions::<Test>::iter_prefix(1).count()
		+ Elsewhere::iter_prefix(1).count()
}

#[test]
fn an_interval_goes_whole_once_it_is_final_and_its_retention_is_over() {
	test(market(), || {
		old();
		// The range that never opened goes first.
		assert_eq!((NextToPrune::<Test>::get(), Skipped::<Test>::iter().count()), (1, 0));
		FinalBelow::set(&2);
		idle(Weight::MAX);
		assert!(Market::terms(1).is_some(), "the retention is not over");
		Now::set(&OVER);
		FinalBelow::set(&1);
		idle(Weight::MAX);
		assert!(Market::terms(1).is_some(), "it is not final");
		assert_eq!(keys(), 3 + 2 + 2 * 4 + 1 + 1 + 5);

		FinalBelow::set(&2);
		idle(Weight::MAX);
		assert_eq!((Market::terms(1), Market::outcome(1), keys()), (None, None, 0));
		assert_eq!(events(), [Event::Pruned { interval: 1 }]);
		assert_eq!(NextToPrune::<Test>::get(), 2);
		idle(Weight::MAX);
		assert!(Market::terms(2).is_some());
	});
}

#[test]
fn pruning_continues_over_blocks_and_nobody_sees_half_an_interval() {
	test(market(), || {
		old();
		Now::set(&OVER);
		FinalBelow::set(&2);
		MaxPrune::set(&4);
		let mut left = keys();
		while left > 0 {
			idle(Weight::MAX);
			assert_eq!(keys(), left.saturating_sub(4));
			assert!(Intervals::<Test>::get(1).is_none());
			left = keys();
			check();
		}
		idle(Weight::MAX);
		assert_eq!(NextToPrune::<Test>::get(), 2);
	});
}

#[test]
fn pruning_uses_no_more_than_what_is_left_of_a_block() {
	test(market(), || {
		old();
		Now::set(&OVER);
		FinalBelow::set(&2);
		let all = keys();
		for (weight, pruned) in [(<() as WeightInfo>::prune(0), 0), (<() as WeightInfo>::prune(3), 3)] {
			assert!(idle(weight).all_lte(weight));
			assert_eq!(keys(), all - pruned);
		}
		assert_eq!(idle(Weight::zero()), Weight::zero());
	});
}

#[test]
fn intervals_that_are_not_closed_are_never_pruned() {
	test(market(), || {
		FinalBelow::set(&u32::MAX);
		idle(Weight::MAX);
		idle(Weight::MAX);
		// Only the range that never opened went.
		assert_eq!(NextToPrune::<Test>::get(), 1);
		assert_eq!(Intervals::<Test>::iter().count(), 3);
	});
}

#[test]
fn pruning_removes_no_more_keys_than_it_is_told() {
	let mut ext = market();
	ext.execute_with(|| {
		old();
		let own = keys() as u32 - 5;
		assert_eq!(<Market as Prune>::prune(1, 0), 0);
		assert_eq!(<Market as Prune>::prune(1, 2), 2);
		assert_eq!(<Market as Prune>::prune(1, 1_000), own - 2);
		assert_eq!(<Market as Prune>::prune(1, 1_000), 0);
	});
}

#[test]
fn a_chain_in_service_keeps_a_bounded_number_of_records() {
	test(market(), || {
		FinalBelow::set(&u32::MAX);
		for block in 0..400u64 {
			run_to(EPOCH + block * 2_000);
			idle(Weight::MAX);
			assert!(Intervals::<Test>::iter().count() <= 12);
		}
		check();
		assert_eq!(Results::<Test>::iter_keys().count(), Intervals::<Test>::iter().count() - 3);
	});
}

/// Time passes until the retention of all intervals below `until` is over, while everything but what is stuck is settled.
fn pass_to(until: Interval) {
	FinalBelow::set(&u32::MAX);
	for interval in 8..until + 8 {
		run_to(start(interval) - LEAD);
		run_to(start(interval) - LEAD);
	}
	Now::set(&(start(until) + CLOCK * (2 + 2)));
}

fn kept() -> Vec<Interval> {
	let mut kept: Vec<_> = Intervals::<Test>::iter_keys().collect();
	kept.sort_unstable();
	kept
}

#[test]
fn an_interval_that_is_not_settled_delays_the_pruning_of_no_other() {
	test(market(), || {
		old();
		Stuck::set(&vec![1]);
		pass_to(5);
		let before = keys();
		for _ in 0..8 {
			idle(Weight::MAX);
			check();
		}
		assert_eq!((kept()[..2].to_vec(), keys()), (vec![1, 5], before), "2 to 4 are gone, 1 is whole");
		assert_eq!(NextToPrune::<Test>::get(), 1, "who looks for what is not settled finds it");
		Stuck::set(&vec![]);
		idle(Weight::MAX);
		assert_eq!((kept()[0], keys(), NextToPrune::<Test>::get()), (5, 0, 5));
		assert_eq!(Waiting::<Test>::iter().count(), 0);
	});
}

#[test]
fn intervals_that_wait_are_looked_at_in_turn_one_in_each_idle_block() {
	test(market(), || {
		old();
		Stuck::set(&vec![1, 2, 3, 4]);
		pass_to(5);
		for _ in 0..8 {
			idle(Weight::MAX);
		}
		assert_eq!(kept()[..5], [1, 2, 3, 4, 5]);
		for settled in [3, 1, 4, 2] {
			Stuck::set(&Stuck::get().into_iter().filter(|interval| *interval != settled).collect());
			let blocks = (1..=4).find(|_| {
				idle(Weight::MAX);
				check();
				!kept().contains(&settled)
			});
			assert!(blocks.is_some(), "interval {settled} is looked at within as many blocks as there are");
		}
		assert_eq!(NextToPrune::<Test>::get(), 5);
	});
}

#[test]
fn intervals_of_a_span_wait_for_the_first_of_them_that_is_not_settled_because_block_orders_stand_with_the_last() {
	test(span_market(), || {
		let span = FIRST..FIRST + 4;
		for interval in span.clone() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
		}
		assert_ok!(block_order(1, Side::Buy, 200, &[5, 6, 7, 8]));
		clear();
		for interval in FIRST..30 {
			run_to(start(interval));
			run_to(start(interval));
		}
		(0..2).for_each(|point| release_of(point, FIRST));
		FinalBelow::set(&u32::MAX);
		Stuck::set(&vec![FIRST + 1]);
		(0..40).for_each(|_| {
			idle(Weight::MAX);
			check();
		});
		assert_eq!(kept()[..3], [FIRST + 1, FIRST + 2, FIRST + 3], "the first is gone, and those behind wait");
		assert_eq!(Market::of(1, FIRST + 1).bought, 6, "its position is what it was");
		for interval in span {
			(0..2).for_each(|point| release_of(point, interval));
		}
		Stuck::set(&vec![]);
		(0..10).for_each(|_| {
			idle(Weight::MAX);
			check();
		});
		assert!(kept()[0] >= FIRST + 4);
		assert_eq!(BlockOrders::<Test>::iter().count(), 0);
	});
}
