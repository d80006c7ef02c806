//! Closing a gate over several blocks.

use crate::{mock::*, ClosingGate, Error, Event, FailReason, LoadedPages, WeightInfo};
use busbar_primitives::{
	traits::{Calendar, Positions},
	Link, Outcome, Position,
};
use frame_support::{assert_noop, assert_ok, weights::Weight};

type W = ();

fn base() -> Weight {
	W::poll().saturating_add(W::begin(1))
}

/// Seven zones in a row, forty orders on thirty levels.
fn busy() {
	// Room for them beside the levels that each zone has for itself.
	MaxLevels::set(&128);
	chain_of_zones(7);
	for n in 0..40u64 {
		let point = add_point(100 + n, (n % 7) as u32, 4_000);
		Free::insert(100 + n, MONEY);
		let price = 100 + 10 * (n as i64 % 15);
		let step = if n % 2 == 0 { buy(price, 20 + n) } else { sell(price, 30 + n) };
		assert_ok!(place(100 + n, 1, point, &[step]));
	}
}

/// Runs the blocks between the gate and delivery with `weight` each; returns how many it took to clear.
fn blocks(weight: Weight) -> Option<u64> {
	for block in 0..1_000u64 {
		run_with(start(1) - LEAD + block, weight);
		check();
		if Market::outcome(1).is_some() {
			assert!(ClosingGate::<Test>::get().is_none());
			assert_eq!(LoadedPages::<Test>::iter_keys().count(), 0);
			return Some(block + 1);
		}
	}
	None
}

/// What clearing decided, wherever it could differ.
fn decided() -> (Outcome, Vec<busbar_primitives::api::ZonePrice>, Vec<Position>) {
	let positions = (0..50).map(|point| Market::of(point, 1)).collect();
	(Market::outcome(1).unwrap(), Market::prices(1, 0, 0..256), positions)
}

#[test]
fn a_gate_that_takes_many_blocks_decides_what_one_block_would() {
	let mut whole = None;
	test(market(), || {
		busy();
		assert_eq!(blocks(Weight::MAX), Some(1));
		whole = Some(decided());
	});
	let levels = session_levels();
	let decide = W::decide(7, levels);
	// Just enough to decide at last; so little that zones or levels come one at a time takes a block each.
	for (load, least) in [(decide, 1), (W::load_levels(5).max(W::load_zones(2)), 2)] {
		test(market(), || {
			busy();
			let weight = base().saturating_add(decide.max(load));
			assert!(blocks(weight).unwrap() > least);
			assert_eq!(Some(decided()), whole);
		});
	}
}

fn session_levels() -> u32 {
	let mut levels = 0;
	market().execute_with(|| {
		busy();
		levels = session(1, 0).levels;
	});
	levels
}

#[test]
fn what_a_block_has_no_room_for_waits_and_uses_nothing() {
	test(market(), || {
		busy();
		let now = start(1) - LEAD;
		assert_eq!(run_with(now, Weight::zero()), Weight::zero());
		assert_eq!(run_with(now, W::poll()), W::poll());
		assert_eq!(ClosingGate::<Test>::get(), None);
		// One zone after the other.
		let one = base().saturating_add(W::load_zones(1));
		for zones in 1..=7 {
			assert_eq!(run_with(now, one), one);
			let gate = ClosingGate::<Test>::get().unwrap();
			assert_eq!((gate.zones, gate.pages, gate.levels), (zones, zones, 0));
			check();
		}
		assert_eq!((events(), Market::outcome(1)), (vec![], None));
		let rest = base().saturating_add(W::load_levels(session(1, 0).levels)).saturating_add(W::decide(7, 100));
		run_with(now, rest);
		assert!(Market::outcome(1).unwrap().cleared);
	});
}

#[test]
fn orders_and_limits_of_other_intervals_go_on_meanwhile_and_those_of_the_closing_one_do_not() {
	test(market(), || {
		busy();
		run_with(start(1) - LEAD, base().saturating_add(W::load_zones(3)));
		assert!(ClosingGate::<Test>::get().is_some());
		assert_noop!(place(1, 1, 1, &[buy(100, 1)]), Error::<Test>::GateClosed);
		assert_ok!(place(1, 2, 1, &[buy(100, 1)]));
		assert!(!Market::takes_limits(1) && Market::takes_limits(2));
	});
}

#[test]
fn a_gate_that_is_half_closed_when_delivery_begins_fails_safe() {
	test(market(), || {
		busy();
		let little = base().saturating_add(W::load_zones(7)).saturating_add(W::load_levels(2));
		run_with(start(1) - LEAD, little);
		assert!(ClosingGate::<Test>::get().is_some_and(|gate| gate.levels > 0));
		run_with(start(1), Weight::MAX);
		assert!(events().contains(&Event::Failed { interval: 1, product: 0, reason: FailReason::DeliveryBegan }));
		assert_eq!((ClosingGate::<Test>::get(), LoadedPages::<Test>::iter_keys().count()), (None, 0));
		let (outcome, prices, positions) = decided();
		assert!(!outcome.cleared && positions.iter().all(|position| *position == Position::default()));
		assert_eq!(prices.iter().map(|zone| zone.result.path_fee).collect::<Vec<_>>(), [0, 10, 20, 30, 40, 50, 60]);
		// The next gate is none the worse for it.
		run_to(start(2) - LEAD);
		assert!(Market::outcome(2).unwrap().cleared);
	});
}

#[test]
fn a_gate_that_never_finds_room_fails_safe_when_delivery_begins() {
	test(market(), || {
		busy();
		for block in 0..3 {
			run_with(start(1) - LEAD + block, W::poll());
		}
		assert_eq!(Market::outcome(1), None);
		run_to(start(1));
		assert!(events().contains(&Event::Failed { interval: 1, product: 0, reason: FailReason::DeliveryBegan }));
	});
}

#[test]
fn limits_of_the_first_block_hold_however_long_closing_takes() {
	test(market(), || {
		set_link(1, Link { import_w: Some(400), export_w: None, fee: 10 });
		assert_ok!(place(10, 1, 0, &[sell(100, 1_000)]));
		assert_ok!(place(1, 1, 1, &[buy(200, 300)]));
		run_with(start(1) - LEAD, base().saturating_add(W::load_zones(2)));
		run_to(start(1) - LEAD + 1);
		assert_eq!(Market::zone_result(1, 1).map(|zone| (zone.flow, zone.price)), Some((100, Some(200))));
	});
}
