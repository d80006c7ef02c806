//! Opening, closing, halts, and room in blocks.

use crate::{mock::*, ClosingGate, Error, Event, FailReason, Intervals, NextToOpen, Skipped, WeightInfo};
use busbar_primitives::{
	traits::{Calendar, OrderCollateral, Positions},
	Interval, Link, Phase, Position, ProductKind, ZoneView,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::Hooks,
	weights::{Weight, WeightMeter},
};

fn open() -> Vec<Interval> {
	let mut open: Vec<_> = Intervals::<Test>::iter().filter(|(_, r)| r.unended > 0).map(|(n, _)| n).collect();
	open.sort_unstable();
	open
}

fn opened(interval: Interval) -> Event<Test> {
	let start = start(interval);
	Event::SessionOpened {
		interval,
		product: 0,
		kind: ProductKind::Auction,
		span: 1,
		gate_opening: start - 36_000,
		gate_closure: start - LEAD,
		delivery_start: start,
	}
}

fn failed(interval: Interval, reason: FailReason) -> bool {
	events().contains(&Event::Failed { interval, product: 0, reason })
}

#[test]
fn no_session_opens_before_there_is_a_root_zone() {
	test(bare(), || {
		run_to(EPOCH);
		run_to(start(7));
		assert_eq!((open(), NextToOpen::<Test>::get()), (vec![], 0));
		chain_of_zones(1);
		run_to(start(7));
		assert_eq!(open(), [8, 9, 10]);
		assert_eq!(events()[0], Event::IntervalsSkipped { from: 0, until: 8 });
	});
}

#[test]
fn sessions_open_up_to_the_horizon_with_the_terms_of_that_moment() {
	test(market(), || {
		assert_eq!(open(), [1, 2, 3]);
		assert_eq!(events(), [Event::IntervalsSkipped { from: 0, until: 1 }, opened(1), opened(2), opened(3),]);
		let terms = Market::terms(2).unwrap();
		assert_eq!((terms.delivery_start, terms.delivery_end), (start(2), start(3)));
		assert_eq!((terms.attestation_end, terms.dispute_end), (start(4), start(5)));
		assert_eq!((terms.tick, terms.price_floor, terms.price_cap), (10, -1_000, 5_000));
		assert_eq!(Market::first_unopened(), 4);

		let changed = crate::Parameters { tick: 5, products: products(&[auction(36, 6)]), ..parameters() };
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), changed.clone()));
		run_to(start(1) - LEAD);
		run_to(start(1));
		assert_eq!(Market::terms(2), Some(terms));
		assert_eq!(Market::terms(4).map(|t| (t.tick, t.gate_closure)), Some((5, start(4) - 6_000)));
	});
}

#[test]
fn no_session_opens_before_its_horizon_is_reached() {
	test(market(), || {
		run_to(start(1) - 1);
		assert_eq!(Market::first_unopened(), 4);
		run_to(start(1));
		assert_eq!(Market::first_unopened(), 5);
	});
}

#[test]
fn a_block_opens_no_more_sessions_than_its_bound() {
	test(market(), || {
		let further = crate::Parameters { horizon: 10, ..parameters() };
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), further));
		for first_unopened in [8, 11, 11] {
			run_to(EPOCH);
			assert_eq!(Market::first_unopened(), first_unopened);
		}
	});
}

#[test]
fn the_clock_tells_the_interval_in_delivery_and_the_next_gate() {
	test(market(), || {
		let clock = Market::clock();
		assert_eq!((clock.now, clock.epoch, clock.interval_clock_s, clock.interval_s), (EPOCH, EPOCH, 12, 900));
		assert_eq!((clock.current, clock.next_gate, clock.first_unopened), (0, Some(1), 4));
		run_to(start(1) - LEAD);
		assert_eq!((Market::clock().current, Market::clock().next_gate), (0, Some(2)));
		Now::set(&start(9));
		assert_eq!((Market::clock().current, Market::clock().next_gate), (9, None));
	});
}

#[test]
fn an_interval_closes_in_the_first_block_at_its_gate_and_not_before() {
	test(market(), || {
		assert_ok!(place(1, 1, 1, &[buy(100, 10)]));
		assert_ok!(place(2, 1, 2, &[sell(50, 10)]));
		run_to(start(1) - LEAD - 1);
		assert!(Market::is_open(1) && Market::outcome(1).is_none());
		assert_eq!((Market::phase(1), Market::phase(0), Market::phase(4)), (Some(Phase::Open), None, None));
		Now::set(&(start(1) - LEAD));
		assert_eq!(Market::phase(1), Some(Phase::Closed));
		run_to(start(1) - LEAD);
		assert!(!Market::is_open(1) && Market::is_open(2));
		let outcome = Market::outcome(1).unwrap();
		assert_eq!((outcome.cleared, outcome.traded, outcome.points), (true, 10, 10));
		assert_eq!(Market::phase(1), Some(Phase::Cleared));
		assert_eq!(events(), [Event::Cleared { interval: 1, product: 0, outcome }]);
		// Its records do not change again.
		run_to(start(1) - LEAD + 1);
		assert_eq!((events(), Market::outcome(1)), (vec![], Some(outcome)));
	});
}

#[test]
fn an_interval_without_orders_clears_too() {
	test(market(), || {
		run_to(start(1) - LEAD);
		let outcome = Market::outcome(1).unwrap();
		assert!(outcome.cleared);
		assert_eq!((outcome.traded, outcome.welfare), (0, 0));
		assert_eq!(Market::prices(1, 0, 0..256).len(), 2);
	});
}

#[test]
fn a_chain_that_stood_still_fails_what_has_begun_and_opens_what_lies_ahead() {
	test(market(), || {
		for interval in 1..=3 {
			assert_ok!(place(1, interval, 1, &[buy(100, 10)]));
			assert_ok!(place(2, interval, 2, &[sell(50, 10)]));
		}
		let now = start(100_000) + 1;
		run_to(now);
		assert_eq!(open(), [3, 100_001, 100_002, 100_003]);
		assert!(events().contains(&Event::IntervalsSkipped { from: 4, until: 100_001 }));
		assert!(failed(1, FailReason::DeliveryBegan) && failed(2, FailReason::DeliveryBegan));
		check();
		run_to(now + 2_000);
		assert!(failed(3, FailReason::DeliveryBegan));
		run_to(start(100_001) - LEAD);
		assert!(Market::outcome(100_001).unwrap().cleared);
		assert_eq!(Skipped::<Test>::iter().count(), 2);

		assert_eq!((Market::of(1, 1), Market::phase(1)), (Position::default(), Some(Phase::Failed)));
		assert_noop!(place(3, 3, 3, &[buy(100, 1)]), Error::<Test>::GateClosed);
		let prices = Market::prices(1, 0, 0..256);
		assert_eq!(
			prices.iter().map(|p| (p.result.price, p.result.path_fee)).collect::<Vec<_>>(),
			[(None, 0), (None, 10)]
		);
	});
}

#[test]
fn collateral_of_a_failed_interval_can_be_taken_back() {
	test(market(), || {
		assert_ok!(place(1, 1, 1, &[buy(100, 10)]));
		let held = Held::get(1).unwrap();
		run_to(start(1));
		assert_eq!(Market::take_collateral(1, 1), [(busbar_mocks::id(1), held)]);
		use busbar_primitives::traits::Collateral;
		assert_ok!(MockCollateral::release(busbar_mocks::id(1), held));
		assert_eq!(Free::get(1), Some(MONEY));
	});
}

#[test]
fn a_chain_can_stand_still_again_and_again() {
	test(market(), || {
		for halt in 1..20u32 {
			run_to(start(halt * 50));
			check();
		}
		for block in 0..60 {
			run_to(start(950) + block * 2_000);
		}
		assert!(Market::outcome(955).unwrap().cleared);
	});
}

#[test]
fn no_more_intervals_close_in_a_block_than_its_bound() {
	test(market(), || {
		// The gates of three intervals have passed, and two close per block.
		for closed in [2, 3] {
			run_to(start(3) - LEAD);
			assert_eq!((1..=3).filter(|interval| Market::outcome(*interval).is_some()).count(), closed);
		}
		assert!(!Market::outcome(1).unwrap().cleared && !Market::outcome(2).unwrap().cleared);
		assert!(Market::outcome(3).unwrap().cleared);
	});
}

#[test]
fn hooks_stay_within_their_share_of_the_block() {
	test(market(), || {
		use frame_support::traits::Get;
		let block = <<Test as frame_system::Config>::BlockWeights as Get<frame_system::limits::BlockWeights>>::get();
		let share = ClearingShare::get() * block.max_block;
		for minute in 0..30 {
			let used = run_with(EPOCH + minute * 60_000, Weight::MAX);
			assert!(used.all_lte(share) && used.all_gte(<() as WeightInfo>::poll()));
		}
	});
}

#[test]
fn what_the_hooks_use_is_on_the_meter_they_were_given() {
	test(market(), || {
		let before = Weight::from_parts(77, 7);
		let mut meter = WeightMeter::new();
		meter.consume(before);
		Market::on_poll(2, &mut meter);
		assert_eq!(meter.consumed(), before.saturating_add(<() as WeightInfo>::poll()));
	});
}

#[test]
fn a_tree_beyond_the_bound_fails_safe() {
	test(market(), || {
		chain_of_zones(9);
		run_to(start(1) - LEAD);
		assert!(failed(1, FailReason::TooManyZones));
	});
}

#[test]
fn a_zone_that_is_added_while_a_gate_closes_does_not_fail_its_session() {
	test(market(), || {
		assert_ok!(place(10, 1, 0, &[sell(50, 10)]));
		assert_ok!(place(1, 1, 1, &[buy(100, 10)]));
		let poll = <() as WeightInfo>::poll().saturating_add(<() as WeightInfo>::begin(1));
		run_with(start(1) - LEAD, poll.saturating_add(<() as WeightInfo>::load_zones(1)));
		assert!(ClosingGate::<Test>::exists());
		// It is part of later trees alone, whose intervals have not opened.
		MockGrid::on_zone_count(|| 3);
		run_to(start(1) - LEAD + 1);
		assert!(Market::outcome(1).unwrap().cleared);
		assert_eq!(Market::of(1, 1).bought, 10);
	});
}

#[test]
fn zones_that_form_no_tree_fail_safe() {
	for parent in [None, Some(7)] {
		test(market(), || {
			let mut tree = Tree::get();
			tree[1].parent = parent;
			Tree::set(&tree);
			run_to(start(1) - LEAD);
			assert!(failed(1, FailReason::Refused));
			assert_eq!(Market::prices(1, 0, 0..256).len(), 2);
		});
	}
}

#[test]
fn zone_numbers_need_not_be_consecutive() {
	test(market(), || {
		let link = Link { import_w: None, export_w: None, fee: 7 };
		set_tree(vec![
			ZoneView { id: 0, parent: None, link: Link::default() },
			ZoneView { id: 1, parent: Some(0), link },
			ZoneView { id: 5, parent: Some(1), link },
		]);
		let point = add_point(9, 5, 4_000);
		assert_ok!(place(9, 1, point, &[buy(100, 10)]));
		assert_ok!(place(10, 1, 0, &[sell(50, 10)]));
		run_to(start(1) - LEAD);
		let result = Market::zone_result(1, 5).unwrap();
		assert_eq!((result.flow, result.path_fee), (10, 14));
		assert_eq!(Market::of(point, 1), Position { bought: 10, sold: 0 });
	});
}

#[test]
fn the_declared_bounds_fit_their_share_of_a_block() {
	market().execute_with(Market::integrity_test);
}

#[test]
#[should_panic = "does not fit ClearingShare"]
fn bounds_that_do_not_fit_their_share_of_a_block_are_refused() {
	market().execute_with(|| {
		MaxLevels::set(&10_000_000);
		Market::integrity_test();
	});
}
