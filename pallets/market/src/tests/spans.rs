//! Intervals that share one gate, and block orders over them.

use crate::{
	auction::BlockOrder, mock::*, BlockOrders, ClosingGate, Error, Event, FailReason, Parameters, Searching, WeightInfo,
};
use busbar_primitives::{
	traits::{Calendar, Collateral, OrderCollateral, Positions},
	Link, PointId, Position, Price, Product, ProductKind, Side, Wh,
};
use frame_support::{assert_noop, assert_ok, weights::Weight, BoundedVec};
use proptest::prelude::*;
use sp_runtime::{DispatchError, DispatchResult};
use Side::{Buy, Sell};

/// A day-ahead auction of four intervals at once, 10 s before the first of them, and one of single intervals.
fn spans() -> Parameters {
	let joint = Product { kind: ProductKind::Auction, opens_s: 120, closes_s: 10, span: 4 };
	Parameters { products: products(&[joint, auction(36, 4)]), horizon: 9, ..parameters() }
}

/// The span of the tests: intervals 8 to 11, whose gate is ahead.
pub(super) const FIRST: u32 = 8;
fn span() -> std::ops::Range<u32> {
	FIRST..12
}

fn gate() -> u64 {
	start(FIRST) - 10_000
}

pub(super) fn span_market() -> sp_io::TestExternalities {
	let mut ext = market_of(spans());
	ext.execute_with(|| {
		MaxZones::set(&16);
		for _ in 0..4 {
			run_to(start(4));
		}
	});
	ext
}

pub(super) fn block_order(n: u64, side: Side, price: Price, wh: &[Wh]) -> DispatchResult {
	block_from(FIRST, n, side, price, wh)
}

pub(super) fn block_from(interval: u32, n: u64, side: Side, price: Price, wh: &[Wh]) -> DispatchResult {
	let wh = BoundedVec::truncate_from(wh.to_vec());
	let placed = Market::place_block_order(RuntimeOrigin::signed(n), interval, 0, point(n), side, price, wh);
	placed.map(|_| ()).map_err(|refused| refused.error)
}

pub(super) fn point(n: u64) -> PointId {
	if n == 10 {
		0
	} else {
		n as u32
	}
}

pub(super) fn clear() {
	while session(FIRST, 0).outcome.is_none() {
		run_to(gate().max(Now::get() + 1));
	}
}

pub(super) fn standing(id: u32) -> Option<BlockOrder<u64>> {
	BlockOrders::<Test>::get((11, 0, id))
}

pub(super) fn accepted(id: u32) -> bool {
	standing(id).unwrap().accepted == Some(true)
}

#[test]
fn intervals_of_a_span_share_one_gate_and_clear_in_one_block_order() {
	test(span_market(), || {
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
			assert_ok!(place(1, interval, 1, &[buy(200, u64::from(interval))]));
		}
		run_to(gate() - 1);
		assert!(span().all(|interval| session(interval, 0).outcome.is_none()));
		run_to(gate());
		let traded: Vec<_> = span().map(|interval| session(interval, 0).outcome.unwrap().traded).collect();
		assert_eq!(traded, [8, 9, 10, 11]);
		assert_noop!(place(2, 11, 2, &[buy(200, 1)]), Error::<Test>::GateClosed);
		// The next span and the single intervals have gates of their own.
		assert_ok!(place(2, 12, 2, &[buy(200, 1)]));
	});
}

#[test]
fn a_block_order_is_accepted_in_all_its_intervals_at_their_prices_or_not_at_all() {
	test(span_market(), || {
		for interval in span() {
			// The utility sells at 100 and, in interval 10, at 400.
			let price = if interval == 10 { 400 } else { 100 };
			assert_ok!(place(10, interval, 0, &[sell(price, 1_000)]));
		}
		// On average 110 + (400 - 100) / 3 = 210 with the link's fee of 10.
		assert_ok!(block_from(9, 1, Buy, 210, &[50, 50, 50]));
		assert_ok!(block_from(9, 2, Buy, 200, &[50, 50, 50]));
		clear();
		assert_eq!((accepted(0), accepted(1)), (true, false));
		let amounts: Vec<_> = (9..12).map(|interval| Market::contracts(1, interval)[0].amount).collect();
		assert_eq!(amounts, [-50 * 110, -50 * 410, -50 * 110]);
		assert_eq!(span().map(|interval| Market::of(1, interval).bought).collect::<Vec<_>>(), [0, 50, 50, 50]);
		assert!(span().all(|interval| Market::of(2, interval) == Position::default()));
		let outcome = session(10, 0).outcome.unwrap();
		assert_eq!((outcome.traded, outcome.fees), (50, 500));
	});
}

#[test]
fn a_block_order_that_would_gain_but_cannot_be_placed_is_rejected_and_told() {
	test(span_market(), || {
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000), buy(90, 1_000)]));
		}
		// 30 Wh of the link do not carry 40.
		set_link(1, Link { import_w: Some(120), export_w: Some(120), fee: 0 });
		assert_ok!(block_order(1, Buy, 500, &[40, 40]));
		assert_ok!(block_order(2, Buy, 500, &[20, 20]));
		clear();
		assert_eq!((accepted(0), accepted(1)), (false, true));
		assert!(events().contains(&Event::BlockOrderDecided {
			interval: FIRST,
			product: 0,
			id: 0,
			accepted: false,
			rejected_in_the_money: true
		}));
	});
}

#[test]
fn the_decision_on_a_block_order_is_told_before_the_clearings_with_it() {
	test(span_market(), || {
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
		}
		assert_ok!(block_order(1, Buy, 500, &[40, 40]));
		clear();
		let told = events();
		let decided =
			told.iter().position(|event| matches!(event, Event::BlockOrderDecided { accepted: true, .. })).unwrap();
		let cleared = told.iter().position(|event| matches!(event, Event::Cleared { product: 0, .. })).unwrap();
		assert!(decided < cleared, "{told:?}");
	});
}

#[test]
fn every_session_of_a_span_tells_its_length() {
	test(market_of(spans()), || {
		run_to(start(4));
		let spans: Vec<_> = events()
			.iter()
			.filter_map(|event| match event {
				Event::SessionOpened { interval: FIRST, product, span, .. } => Some((*product, *span)),
				_ => None,
			})
			.collect();
		assert_eq!(spans, [(0, 4), (1, 1)]);
	});
}

#[test]
fn a_block_order_holds_what_each_interval_can_cost_and_settlement_takes_it_back_one_by_one() {
	test(span_market(), || {
		assert_ok!(block_order(1, Buy, 100, &[50, 0, 50]));
		// Per Wh the cap less the worst price of a surplus: 5_000 + 1_000.
		assert_eq!(Held::get(1), Some(100 * 6_000));
		assert_ok!(Market::cancel_block_order(RuntimeOrigin::signed(1), 9, 0, 0));
		assert_eq!((Held::get(1), standing(0)), (Some(0), None));
		assert_ok!(block_order(1, Sell, 100, &[50, 0, 50]));
		assert_eq!(Held::get(1), Some(100 * 6_000));
		clear();
		for interval in span() {
			while Market::outcome(interval).is_none() {
				run_to(start(interval).max(Now::get() + 1));
			}
			for (owner, held) in Market::take_collateral(1, interval) {
				assert_eq!(held, 50 * 6_000);
				assert_ok!(MockCollateral::release(owner, held));
			}
		}
		assert_eq!(Held::get(1), Some(0));
	});
}

#[test]
fn the_rating_binds_block_orders_and_orders_of_every_interval_together() {
	test(span_market(), || {
		// 4 kW are 1_000 Wh.
		assert_ok!(place(1, 9, 1, &[buy(100, 600)]));
		assert_noop!(block_order(1, Buy, 100, &[1_000, 401]), Error::<Test>::BeyondRating);
		assert_ok!(block_order(1, Buy, 100, &[1_000, 400]));
		assert_noop!(place(1, 8, 1, &[buy(100, 1)]), Error::<Test>::BeyondRating);
		Now::set(&(start(9) - 36_000));
		assert_noop!(place_in((9, 1), 1, 1, &[buy(100, 1)]), Error::<Test>::BeyondRating);
		assert_ok!(place_in((9, 1), 1, 1, &[sell(100, 1_000)]));
	});
}

#[test]
fn every_reason_to_refuse_a_block_order_changes_nothing() {
	test(span_market(), || {
		let single = |wh: &[Wh]| {
			let wh = BoundedVec::truncate_from(wh.to_vec());
			Market::place_block_order(RuntimeOrigin::signed(1), 8, 1, 1, Buy, 100, wh)
		};
		Now::set(&(start(8) - 36_000));
		assert_noop!(single(&[1]), Error::<Test>::NoBlockOrders);
		assert_noop!(block_order(1, Buy, 100, &[]), Error::<Test>::BeyondSpan);
		assert_noop!(block_from(9, 1, Buy, 100, &[1; 4]), Error::<Test>::BeyondSpan);
		assert_noop!(block_order(1, Buy, 100, &[0, 0]), Error::<Test>::ZeroQuantity);
		assert_noop!(block_order(1, Buy, 101, &[1]), Error::<Test>::PriceOffTick);
		assert_noop!(block_order(1, Buy, 5_010, &[1]), Error::<Test>::PriceOutOfBounds);
		assert_noop!(block_order(2, Buy, 100, &[1, u64::MAX]), Error::<Test>::Overflow);
		change_point(1, |point| point.until = Some(10));
		assert_noop!(block_order(1, Buy, 100, &[1; 3]), Error::<Test>::PointNotInForce);
		assert_ok!(block_order(1, Buy, 100, &[1; 2]));
		assert_noop!(Market::cancel_block_order(RuntimeOrigin::signed(2), 8, 0, 0), refused::NOT_DELEGATE);
		assert_noop!(Market::cancel_block_order(RuntimeOrigin::signed(1), 8, 0, 7), Error::<Test>::NoOrder);
		for _ in 1..4 {
			assert_ok!(block_order(1, Buy, 100, &[1]));
		}
		assert_noop!(block_order(1, Buy, 100, &[1]), Error::<Test>::TooManyOrders);
		for n in 0..28u64 {
			assert_ok!(block_order(2 + n / 4, Buy, 100, &[1]));
		}
		assert_noop!(block_order(9, Buy, 100, &[1]), Error::<Test>::TooManyBlockOrders);
		Free::insert(10, 0);
		assert_noop!(place(10, 8, 0, &[buy(100, 1)]), DispatchError::Other(NO_FUNDS));
		Now::set(&gate());
		assert_noop!(block_order(9, Buy, 100, &[1]), Error::<Test>::GateClosed);
		assert_noop!(Market::cancel_block_order(RuntimeOrigin::signed(1), 8, 0, 0), Error::<Test>::GateClosed);
	});
}

/// Its gate decides about all of them, and what each interval can cost is held from the beginning on.
#[test]
fn a_block_order_waits_until_the_last_interval_of_its_span_is_open() {
	test(span_market(), || {
		// Of the span from 12 to 15 two intervals are open, and it is of one of these alone.
		assert_noop!(block_from(12, 1, Buy, 100, &[1]), Error::<Test>::NotOpenYet);
		run_to(start(6));
		assert_ok!(block_from(12, 1, Buy, 100, &[1]));
	});
}

#[test]
fn a_span_whose_delivery_has_begun_fails_as_a_whole() {
	test(span_market(), || {
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
		}
		assert_ok!(block_order(1, Buy, 500, &[10; 4]));
		while session(FIRST, 0).outcome.is_none() {
			run_to(start(FIRST).max(Now::get() + 1));
		}
		assert!(span().all(|interval| session(interval, 0).outcome.is_some_and(|outcome| !outcome.cleared)));
		assert!(!accepted(0));
		assert_eq!(Market::of(1, 9), Position::default());
	});
}

#[test]
fn products_of_a_running_span_stay_until_it_ends() {
	test(span_market(), || {
		assert_eq!(Market::first_unopened(), 14);
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters()));
		for _ in 0..10 {
			run_to(start(13).max(Now::get() + 1));
			check();
		}
		let spans: Vec<_> = (13..17).map(|interval| Market::sessions(interval)[0].product.span).collect();
		assert_eq!(spans, [4, 4, 4, 1]);
	});
}

/// Room for the block orders of a gate, and `steps` steps of the choice among them.
fn room(steps: u64) -> Weight {
	let levels = span().map(|interval| session(interval, 0).levels).max().unwrap();
	<() as WeightInfo>::poll()
		.saturating_add(<() as WeightInfo>::begin(4))
		.saturating_add(<() as WeightInfo>::block_orders())
		.saturating_add(<() as WeightInfo>::search())
		.saturating_add(<() as WeightInfo>::decide(8, 4 * levels))
		.saturating_add(<() as WeightInfo>::choose(2, levels).saturating_mul(steps))
}

/// Blocks of so much room until the span is decided.
fn blocks(weight: Weight) -> u64 {
	let mut now = gate();
	while session(FIRST, 0).outcome.is_none() {
		run_with(now, weight);
		check();
		now += 1;
	}
	assert_eq!((Searching::<Test>::get(), ClosingGate::<Test>::get()), (None, None));
	now - gate()
}

#[test]
fn two_bad_block_orders_of_one_wh_do_not_keep_the_honest_ones_out_however_little_a_block_has_room_for() {
	let decided = |steps: u64, bad: bool| {
		let mut decided = Vec::new();
		test(span_market(), || {
			for interval in span() {
				assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
			}
			if bad {
				// Nobody pays so much, and nobody sells so cheaply.
				assert_ok!(block_order(8, Sell, 2_000, &[1; 4]));
				assert_ok!(block_order(9, Buy, 10, &[1; 4]));
			}
			for n in 1..8 {
				assert_ok!(block_order(n, Buy, 500, &[20; 4]));
			}
			let took = blocks(room(steps));
			let honest = if bad { 2..9 } else { 0..7 };
			decided = honest.map(accepted).collect();
			assert!(steps > 4 || took > 1, "{took} blocks");
		});
		decided
	};
	for steps in [1, 3, 1_000] {
		assert_eq!(decided(steps, true), [true; 7], "{steps} steps a block");
		assert_eq!(decided(steps, true), decided(steps, false));
	}
}

#[test]
fn a_choice_over_many_blocks_is_the_one_of_a_single_block() {
	let decided = |steps: u64| {
		let mut decided = Vec::new();
		test(span_market(), || {
			set_link(1, Link { import_w: Some(400), export_w: Some(400), fee: 0 });
			for interval in span() {
				assert_ok!(place(10, interval, 0, &[sell(100, 40), sell(300, 50)]));
			}
			for n in 1..9 {
				assert_ok!(block_order(n, Buy, 150 + 30 * n as i64, &[20 + n; 4]));
			}
			blocks(room(steps));
			decided = (0..8).map(accepted).collect();
		});
		decided
	};
	let whole = decided(1_000);
	assert!(whole.contains(&true) && whole.contains(&false), "{whole:?}");
	assert!([1, 2, 7].iter().all(|steps| decided(*steps) == whole));
}

#[test]
fn the_choice_ends_with_what_it_has_when_half_of_the_time_to_delivery_is_over() {
	test(span_market(), || {
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
		}
		assert_ok!(block_order(8, Sell, 2_000, &[1; 4]));
		for n in 1..8 {
			assert_ok!(block_order(n, Buy, 500, &[20; 4]));
		}
		// Without a first choice, none is accepted, but the steps clear.
		for block in 0..4 {
			run_with(gate() + block, room(1));
		}
		assert!(Searching::<Test>::get().is_some());
		run_with(gate() + 5_000, room(1));
		assert!(span().all(|interval| session(interval, 0).outcome.unwrap().cleared));
		assert!((0..8).all(|id| !accepted(id)));
		assert_eq!(Searching::<Test>::get(), None);
	});
}

#[test]
fn prices_lean_to_where_a_plant_that_fills_its_connection_is_in_the_money() {
	test(span_market(), || {
		set_link(1, Link { import_w: Some(40), export_w: Some(40), fee: 0 });
		for interval in span() {
			assert_ok!(place(10, interval, 0, &[buy(500, 1_000)]));
			assert_ok!(place(3, interval, 3, &[buy(10, 5)]));
		}
		// 10 Wh in an interval are all that the link carries, so that any price from 10 to 500 supports them.
		assert_ok!(block_order(1, Sell, 300, &[10; 4]));
		clear();
		assert!(accepted(0));
		let told = events().into_iter().find_map(|event| match event {
			Event::PricesLean { interval: FIRST, product: 0, lean } => Some(lean),
			_ => None,
		});
		assert!(told.is_some_and(|lean| lean > 1 << 30));
		for interval in span() {
			assert_eq!(Market::zone_result(interval, 1).and_then(|zone| zone.price), Some(300));
			assert_eq!(session(interval, 0).lean, told);
		}
	});
}

#[test]
fn a_span_that_is_too_large_to_fail_in_one_block_fails_interval_by_interval_and_blocks_no_gate_behind_it() {
	test(span_market(), || {
		assert_ok!(block_order(1, Buy, 500, &[20; 4]));
		// More zones than a span may have, as older parameters and a grown tree can leave behind.
		chain_of_zones(5);
		let one = <() as WeightInfo>::load_zones(5).saturating_add(<() as WeightInfo>::decide(5, 0));
		let room = <() as WeightInfo>::poll()
			.saturating_add(<() as WeightInfo>::begin(4))
			.saturating_add(<() as WeightInfo>::block_orders())
			.saturating_add(one);
		// What is due before has been done.
		(1..9).rev().for_each(|ms| run_to(gate() - ms));
		let mut told = Vec::new();
		for (block, interval) in span().enumerate() {
			assert!(session(interval, 0).outcome.is_none());
			run_with(gate() + block as u64, room);
			check();
			told.extend(events());
			assert!(!session(interval, 0).outcome.unwrap().cleared);
		}
		let failed = span().map(|interval| Event::Failed { interval, product: 0, reason: FailReason::TooManyZones });
		let ended: Vec<_> = told.iter().filter(|event| matches!(event, Event::Failed { .. })).cloned().collect();
		assert_eq!(ended, failed.collect::<Vec<_>>());
		assert!(!accepted(0));
		let decided = |event: &&Event<Test>| matches!(event, Event::BlockOrderDecided { accepted: false, .. });
		assert_eq!(told.iter().filter(decided).count(), 1);
		// The gate behind it closes and clears.
		let behind = start(FIRST) - 4_000;
		run_to(behind.max(Now::get() + 1));
		assert!(session(FIRST, 1).outcome.unwrap().cleared);
	});
}

#[test]
fn a_span_of_more_zones_than_clearing_has_room_for_fails_safe() {
	test(span_market(), || {
		MaxZones::set(&7);
		clear();
		assert!(!session(FIRST, 0).outcome.unwrap().cleared);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn random_spans_keep_every_invariant_however_many_block_orders_they_take(
		orders in prop::collection::vec((1u64..=10, 0u32..4, any::<bool>(), -5i64..5, 1u64..80), 4..40),
		block_orders in prop::collection::vec(
			(1u64..=10, 0u32..4, any::<bool>(), -5i64..5, prop::collection::vec(0u64..60, 1..4)), 0..12),
		limit in 0u64..300,
		room in 10u32..80,
	) {
		span_market().execute_with(|| {
			set_link(1, Link { import_w: Some(limit), export_w: Some(limit), fee: 10 });
			for (n, at, buys, price, wh) in &orders {
				let step = if *buys { buy(price * TICK, *wh) } else { sell(price * TICK, *wh) };
				let _ = place(*n, FIRST + at, point(*n), &[step]);
			}
			for (n, at, buys, price, wh) in &block_orders {
				let side = if *buys { Buy } else { Sell };
				let _ = block_from(FIRST + at, *n, side, price * TICK, wh);
			}
			check();
			let weight = <() as WeightInfo>::poll()
				.saturating_add(<() as WeightInfo>::begin(4))
				.saturating_add(<() as WeightInfo>::block_orders())
				.saturating_add(<() as WeightInfo>::search())
				.saturating_add(<() as WeightInfo>::decide(8, 200))
				.saturating_add(<() as WeightInfo>::choose(2, 50).saturating_mul(room.into()));
			let mut now = gate();
			while session(FIRST, 0).outcome.is_none() {
				run_with(now, weight);
				check();
				now += 1;
				assert!(now < start(FIRST));
			}
			assert!(ClosingGate::<Test>::get().is_none());
			for interval in span() {
				let outcome = session(interval, 0).outcome.unwrap();
				assert!(outcome.cleared);
				let positions: Vec<_> = (0..10).map(|point| Market::of(point, interval)).collect();
				let sum = |of: fn(&Position) -> Wh| positions.iter().map(of).sum::<Wh>();
				assert_eq!((sum(|p| p.bought), sum(|p| p.sold)), (outcome.traded, outcome.traded));
				let amounts: i128 =
					(0..10).flat_map(|point| Market::contracts(point, interval)).map(|contract| contract.amount).sum();
				assert_eq!(amounts + (outcome.fees + outcome.rent) as i128, 0);
			}
		});
	}
}
