//! Several products of one interval: their gates, and what later sessions have left to sell.

use crate::{mock::*, Error, Event, Gates, Parameters, WeightInfo};
use busbar_primitives::{
	traits::{Calendar, Flows, OrderCollateral, Positions},
	Contract, Link, Outcome, Phase, Position, Product,
};
use frame_support::{assert_noop, assert_ok, weights::Weight};

/// An early auction from 36 to 24 s before delivery, and a late one from there to 4 s.
fn two() -> Parameters {
	Parameters { products: products(&[auction(36, 24), auction(24, 4)]), ..parameters() }
}

const EARLY: (u32, u8) = (3, 0);
const LATE: (u32, u8) = (3, 1);

fn early_gate() -> u64 {
	start(3) - 24_000
}

fn late_gate() -> u64 {
	start(3) - 4_000
}

/// As many blocks at chain time `now` as it takes to close all gates that have passed. Returns their events.
fn settle(now: u64) -> Vec<Event<Test>> {
	let mut all = Vec::new();
	while { Gates::<Test>::iter_keys().next() }.is_some_and(|key| key.closure() <= now) {
		run_to(now);
		all.extend(events());
	}
	all
}

/// Takes a point's collateral of interval 3 as settlement does.
fn release(point: u32) {
	use busbar_primitives::traits::Collateral;
	let taken = Market::take_collateral(point, 3);
	assert!(!taken.is_empty());
	for (owner, held) in taken {
		assert_ok!(MockCollateral::release(owner, held));
	}
}

#[test]
fn each_session_takes_orders_between_its_own_gates() {
	test(market_of(two()), || {
		assert_eq!(Now::get(), EPOCH);
		assert_ok!(place_in(EARLY, 1, 1, &[buy(100, 10)]));
		assert_noop!(place_in(LATE, 1, 1, &[buy(100, 10)]), Error::<Test>::NotOpenYet);
		assert_noop!(place_in((3, 2), 1, 1, &[buy(100, 10)]), Error::<Test>::UnknownProduct);
		Now::set(&early_gate());
		assert_noop!(place_in(EARLY, 2, 2, &[buy(100, 10)]), Error::<Test>::GateClosed);
		assert_ok!(place_in(LATE, 1, 1, &[buy(100, 10)]));
		Now::set(&late_gate());
		assert_noop!(place_in(LATE, 2, 2, &[buy(100, 10)]), Error::<Test>::GateClosed);
	});
}

#[test]
fn an_interval_is_open_until_its_last_session_has_ended() {
	test(market_of(two()), || {
		let terms = Market::terms(3).unwrap();
		assert_eq!((terms.gate_closure, terms.last_gate_closure), (early_gate(), late_gate()));
		assert!(Market::is_open(3) && Market::takes_limits(3));
		assert!(settle(early_gate())
			.iter()
			.any(|event| matches!(event, Event::Cleared { interval: 3, product: 0, .. })));
		assert_eq!((Market::outcome(3), Market::phase(3)), (None, Some(Phase::Open)));
		// Posted prices are fixed with the first gate, limits with the last.
		assert!(!Market::is_open(3) && Market::takes_limits(3));
		assert!(settle(late_gate())
			.iter()
			.any(|event| matches!(event, Event::Cleared { interval: 3, product: 1, .. })));
		assert_eq!(Market::phase(3), Some(Phase::Cleared));
		assert!(!Market::takes_limits(3));
	});
}

#[test]
fn sessions_are_told_with_their_gates_and_outcomes() {
	test(market_of(two()), || {
		assert_ok!(place_in(EARLY, 1, 1, &[buy(100, 10)]));
		settle(early_gate());
		let sessions = Market::sessions(3);
		assert_eq!(sessions.iter().map(|s| s.gate_closure).collect::<Vec<_>>(), [early_gate(), late_gate()]);
		assert_eq!(sessions.iter().map(|s| s.gate_opening).collect::<Vec<_>>(), [EPOCH, early_gate()]);
		assert_eq!(sessions.iter().map(|s| s.orders).collect::<Vec<_>>(), [1, 0]);
		assert_eq!(sessions.iter().map(|s| s.outcome.is_some()).collect::<Vec<_>>(), [true, false]);
		assert_eq!(Market::sessions(77), []);
	});
}

#[test]
fn gates_close_in_the_order_of_their_closure_and_not_of_their_intervals() {
	test(market_of(two()), || {
		// The early gates of intervals 1 and 2 had passed when the chain began; that of interval 3 lies between late ones.
		let order: Vec<_> = Gates::<Test>::iter_keys().map(|key| key.session()).collect();
		assert_eq!(order, [(1, 1), (3, 0), (2, 1), (3, 1)]);
		let closed = settle(late_gate());
		let order: Vec<_> = closed
			.iter()
			.filter_map(|event| match event {
				Event::Cleared { interval, product, .. } | Event::Failed { interval, product, .. } => {
					Some((*interval, *product))
				},
				_ => None,
			})
			.collect();
		assert_eq!(order, [(1, 1), (3, 0), (2, 1), (4, 0), (3, 1)]);
	});
}

#[test]
fn a_later_session_clears_on_what_earlier_ones_left_and_may_sell_against_them() {
	test(market_of(two()), || {
		// 100 Wh either way.
		set_link(1, Link { import_w: Some(400), export_w: Some(400), fee: 10 });
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 70)]));
		settle(early_gate());
		assert_eq!(Market::sold_flow(3, 1), 70);
		// Of several zones in their order; nothing of one that there is not.
		assert_eq!(Market::sold(3, &[1, 9, 1]), [70, 0, 70]);
		assert_ok!(place_in(LATE, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(LATE, 2, 2, &[buy(300, 500)]));
		settle(late_gate());
		// 30 Wh are left, which the limit makes dear.
		assert_eq!(
			Market::zone_result(3, 1).map(|zone| (zone.flow, zone.price, zone.fees)),
			Some((30, Some(300), 300))
		);
		assert_eq!((Market::sold_flow(3, 1), Market::of(1, 3).bought, Market::of(2, 3).bought), (100, 70, 30));
		let outcome = Market::outcome(3).unwrap();
		assert_eq!((outcome.traded, outcome.fees, outcome.rent), (100, 1_000, 30 * 190));

		// Had the zone sold back instead, both directions would have had room.
	});
	test(market_of(two()), || {
		set_link(1, Link { import_w: Some(400), export_w: Some(400), fee: 10 });
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 70)]));
		settle(early_gate());
		assert_ok!(place_in(LATE, 10, 0, &[buy(400, 1_000)]));
		assert_ok!(place_in(LATE, 2, 2, &[sell(300, 500)]));
		settle(late_gate());
		assert_eq!((Market::zone_result(3, 1).unwrap().flow, Market::sold_flow(3, 1)), (-170, -100));
	});
}

#[test]
fn positions_of_one_point_add_up_over_sessions_and_net() {
	test(market_of(two()), || {
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 300)]));
		settle(early_gate());
		// The contract stands before the interval is through, its collateral stays.
		assert_eq!(Market::contracts(1, 3).len(), 1);
		assert_eq!(Market::take_collateral(1, 3), []);
		assert_ok!(place_in(LATE, 1, 1, &[sell(150, 120)]));
		assert_ok!(place_in(LATE, 2, 2, &[buy(150, 120)]));
		settle(late_gate());
		let contract = |product, bought, sold, price, amount| Contract {
			product,
			position: Position { bought, sold },
			amount,
			lowest: price,
			highest: price,
		};
		assert_eq!(Market::contracts(1, 3), [contract(0, 300, 0, 110, -33_000), contract(1, 0, 120, 150, 18_000)]);
		assert_eq!(Market::of(1, 3), Position { bought: 300, sold: 120 });
		release(1);
		assert_eq!(Held::get(1), Some(0));
	});
}

#[test]
fn the_rating_binds_the_sum_of_what_is_sold_and_what_still_may_be() {
	test(market_of(two()), || {
		// 4 kW are 1_000 Wh of a quarter of an hour; 700 of 900 are bought early.
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 700), buy(50, 200)]));
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 9_000)]));
		Now::set(&early_gate());
		// The gate has closed but the session has not cleared: all of the order may still be accepted.
		assert_noop!(place_in(LATE, 1, 1, &[buy(200, 101)]), Error::<Test>::BeyondRating);
		settle(early_gate());
		assert_noop!(place_in(LATE, 1, 1, &[buy(200, 301)]), Error::<Test>::BeyondRating);
		// The other side has its own rating.
		assert_ok!(place_in(LATE, 1, 1, &[buy(200, 300), sell(300, 1_000)]));
	});
}

#[test]
fn a_failed_session_leaves_the_contracts_of_the_others_alone() {
	test(market_of(two()), || {
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 300)]));
		settle(early_gate());
		assert_ok!(place_in(LATE, 2, 2, &[buy(200, 100)]));
		settle(late_gate() - 1);
		// The chain stands still over the late gate.
		settle(start(3));
		let outcome = Market::outcome(3).unwrap();
		assert_eq!((outcome.cleared, outcome.traded, Market::phase(3)), (true, 300, Some(Phase::Cleared)));
		assert_eq!((Market::of(1, 3).bought, Market::of(2, 3).bought), (300, 0));
		// Of imbalances the price of the session before bounds them.
		assert_eq!(Market::zone_result(3, 1).map(|zone| (zone.price, zone.path_fee)), Some((Some(110), 10)));
		release(2);
	});
}

#[test]
fn an_auction_in_which_nobody_traded_tells_no_price() {
	let result = || Market::zone_result(3, 1).map(|zone| (zone.price, zone.path_fee));
	test(market_of(two()), || {
		assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
		assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 300)]));
		settle(early_gate());
		let told = result();
		assert!(told.is_some_and(|(price, fee)| price.is_some() && fee == 10));
		// One order alone, at the bounds of prices, would move it as far as that.
		assert_ok!(place_in(LATE, 2, 2, &[buy(400, 100)]));
		settle(late_gate());
		assert_eq!((Market::outcome(3).map(|outcome| outcome.traded), result()), (Some(300), told));
		assert_eq!(crate::Intervals::<Test>::get(3).and_then(|record| record.last_traded(3)), Some(EARLY.1));
	});
	// Where nobody traded at all only the fee is told.
	test(market_of(two()), || {
		settle(late_gate());
		assert_eq!(result(), Some((None, 10)));
	});
}

#[test]
fn a_wash_trade_in_a_thin_last_auction_does_not_bound_what_others_pay_for_imbalances() {
	for (washed, price) in [(1, 110), (29, 110), (30, 4_000)] {
		test(market_of(two()), || {
			assert_ok!(place_in(EARLY, 10, 0, &[sell(100, 1_000)]));
			assert_ok!(place_in(EARLY, 1, 1, &[buy(200, 300)]));
			settle(early_gate());
			// A tenth of what was traded before is no wash trade any more: whoever does not deliver that, or does not use it,
			// loses it at its own price.
			assert_ok!(place_in(LATE, 2, 2, &[buy(4_000, washed)]));
			assert_ok!(place_in(LATE, 1, 1, &[sell(4_000, washed)]));
			settle(late_gate());
			assert_eq!(Market::outcome(3).map(|outcome| outcome.traded), Some(300 + washed));
			let told = Market::zone_result(3, 1).and_then(|zone| zone.price);
			assert_eq!(told, Some(price), "{washed} Wh");
		});
	}
}

#[test]
fn a_large_last_auction_counts_whatever_the_others_traded_and_whichever_ended_first() {
	let opened = market_of(two()).execute_with(|| crate::Intervals::<Test>::get(3).unwrap());
	let record = |traded: &[u64]| {
		let mut record = opened.clone();
		traded.iter().enumerate().for_each(|(product, wh)| record.auction_traded(product as u8, *wh));
		record.last_traded(3)
	};
	assert_eq!([record(&[0, 0]), record(&[5, 0]), record(&[0, 5])], [None, Some(0), Some(1)]);
	assert_eq!([record(&[100, 9]), record(&[100, 10]), record(&[9, 100])], [Some(0), Some(1), Some(1)]);
}

#[test]
fn products_of_an_open_interval_stay_when_the_parameters_change() {
	test(market_of(two()), || {
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters()));
		run_to(start(1));
		assert_eq!([3, 4].map(|interval| Market::sessions(interval).len()), [2, 1]);
		let third: [Product; 3] = [auction(36, 24), auction(24, 4), auction(30, 10)];
		assert_ok!(Market::set_parameters(
			RuntimeOrigin::root(),
			Parameters { products: products(&third), ..parameters() }
		));
		for block in 0..60 {
			run_to(start(2) + block * 2_000);
			check();
		}
		assert_eq!(Market::sessions(8).len(), 3);
		assert!(Market::outcome(8).is_some_and(|outcome| outcome.cleared));
	});
}

#[test]
fn an_interval_that_opens_late_has_only_what_is_left_of_its_gates() {
	test(market_of(two()), || {
		// After a halt the early gate of interval 101 has passed.
		run_to(start(100));
		assert_noop!(place_in((101, 0), 1, 1, &[buy(100, 10)]), Error::<Test>::GateClosed);
		assert_ok!(place_in((101, 1), 1, 1, &[buy(100, 10)]));
		settle(start(100) + 1);
		assert_eq!(Market::sessions(101)[0].outcome.map(|outcome| outcome.traded), Some(0));
		run_to(start(101) - LEAD);
		assert!(Market::outcome(101).is_some());
	});
}

#[test]
fn closing_one_session_holds_the_others_up_only_in_their_turn() {
	test(market_of(two()), || {
		let little = <() as WeightInfo>::poll()
			.saturating_add(<() as WeightInfo>::begin(1))
			.saturating_add(<() as WeightInfo>::load_zones(1));
		run_to(start(1) - LEAD - 1);
		// Two gates pass at once: the late one of interval 1 and, twelve seconds on, the early one of interval 3.
		run_with(start(1), little);
		assert!(Market::outcome(1).is_none());
		assert_eq!(Market::sessions(3)[0].outcome, None::<Outcome>);
		run_with(start(1) + 1, Weight::MAX);
		assert!(Market::outcome(1).is_some());
		assert!(Market::sessions(3)[0].outcome.is_some());
	});
}
