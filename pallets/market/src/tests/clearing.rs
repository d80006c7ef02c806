//! What clearing decides, as seen through the pallet.

use crate::{mock::*, Orders};
use busbar_primitives::{
	api::BookLevel,
	traits::{OrderCollateral, Positions},
	Interval, Link, Phase, Position, Step,
};
use frame_support::assert_ok;

const N: Interval = 1;

fn clear() {
	run_to(start(N) - LEAD);
	let outcome = Market::outcome(N).unwrap();
	assert!(outcome.cleared);
}

fn bought(point: u32) -> u64 {
	Market::of(point, N).bought
}

fn sold(point: u32) -> u64 {
	Market::of(point, N).sold
}

fn placed(orders: &[(u64, &[Step])]) {
	for (n, curve) in orders {
		assert_ok!(place(*n, N, if *n == 10 { 0 } else { *n as u32 }, curve));
	}
}

#[test]
fn a_uniform_price_lies_midway_between_the_last_buy_and_the_last_sell() {
	test(market(), || {
		// Seed 002 of the published cases, in tens: 20 Wh at welfare 550.
		set_link(1, Link { import_w: Some(0), export_w: Some(0), fee: 0 });
		placed(&[
			(1, &[sell(200, 5)]),
			(2, &[sell(300, 20)]),
			(3, &[sell(450, 5)]),
			(4, &[sell(550, 10)]),
			(5, &[buy(500, 10)]),
			(6, &[buy(600, 10)]),
		]);
		clear();
		let outcome = Market::outcome(N).unwrap();
		assert_eq!((outcome.traded, outcome.welfare, outcome.fees, outcome.rent), (20, 5_500, 0, 0));
		assert_eq!(Market::zone_result(N, 1).unwrap().price, Some(300));
		assert_eq!([1, 2, 3, 4].map(sold), [5, 15, 0, 0]);
		assert_eq!([5, 6].map(bought), [10, 10]);
	});
}

#[test]
fn reads_tell_book_prices_and_positions() {
	test(market(), || {
		placed(&[(10, &[sell(100, 1_000)]), (1, &[buy(200, 300)])]);
		assert_eq!(Market::phase(N), Some(Phase::Open));
		assert_eq!(Market::book(N, 0, 0, None, u32::MAX), [BookLevel { price: 100, buy: 0, sell: 1_000 }]);
		assert_eq!(Market::prices(N, 0, 0..256), []);
		clear();
		assert_eq!(Market::phase(N), Some(Phase::Cleared));
		assert_eq!(Market::prices(N, 0, 0..256)[0].result.price, Some(100));
		assert_eq!(Market::of(1, N), Position { bought: 300, sold: 0 });
	});
}

#[test]
fn energy_from_the_root_pays_the_links_fee() {
	test(market(), || {
		placed(&[(10, &[sell(100, 1_000)]), (1, &[buy(200, 300)]), (2, &[buy(100, 300)])]);
		clear();
		let (root, below) = (Market::zone_result(N, 0).unwrap(), Market::zone_result(N, 1).unwrap());
		assert_eq!((root.price, below.price), (Some(100), Some(110)));
		assert_eq!((root.flow, below.flow, below.path_fee, below.fees, below.rent), (0, 300, 10, 3_000, 0));
		assert_eq!((bought(1), bought(2), sold(0)), (300, 0, 300));
		let outcome = Market::outcome(N).unwrap();
		assert_eq!((outcome.fees, outcome.rent, outcome.welfare), (3_000, 0, 300 * 90));
	});
}

#[test]
fn a_full_link_earns_rent_and_its_limit_holds() {
	test(market(), || {
		// 400 W for a quarter of an hour are 100 Wh.
		set_link(1, Link { import_w: Some(400), export_w: None, fee: 10 });
		placed(&[(10, &[sell(100, 1_000)]), (1, &[buy(200, 300)])]);
		clear();
		let below = Market::zone_result(N, 1).unwrap();
		assert_eq!((below.price, below.flow, below.fees, below.rent), (Some(200), 100, 1_000, 100 * 90));
		assert_eq!((bought(1), sold(0)), (100, 100));
	});
}

#[test]
fn at_the_zone_price_earlier_orders_are_filled_first() {
	test(market(), || {
		placed(&[(3, &[buy(100, 40)]), (1, &[buy(100, 40)]), (2, &[buy(100, 40)]), (4, &[buy(110, 10)])]);
		placed(&[(5, &[sell(100, 70)])]);
		clear();
		assert_eq!([3, 1, 2, 4].map(bought), [40, 20, 0, 10]);
		assert_eq!(sold(5), 70);
	});
}

#[test]
fn replacing_an_order_gives_its_place_in_time_away() {
	test(market(), || {
		placed(&[(1, &[buy(100, 40)]), (2, &[buy(100, 40)]), (3, &[sell(100, 50)])]);
		assert_ok!(Market::replace(RuntimeOrigin::signed(1), N, 0, 1, steps(&[buy(100, 40)])));
		clear();
		assert_eq!([1, 2].map(bought), [10, 40]);
	});
}

#[test]
fn cancelling_an_earlier_order_moves_the_others_up() {
	test(market(), || {
		placed(&[(1, &[buy(100, 40)]), (2, &[buy(100, 40)]), (3, &[sell(100, 50)])]);
		assert_ok!(Market::cancel(RuntimeOrigin::signed(1), N, 0, 1));
		clear();
		assert_eq!([1, 2].map(bought), [0, 40]);
		assert_eq!(sold(3), 40);
	});
}

#[test]
fn steps_of_one_order_at_one_price_queue_behind_each_other() {
	test(market(), || {
		placed(&[(1, &[buy(100, 10), buy(100, 20), buy(90, 5)]), (2, &[sell(100, 15)])]);
		clear();
		assert_eq!(Market::orders(N, 0, 1, 1)[0].accepted, [10, 5, 0]);
		assert_eq!(bought(1), 15);
	});
}

#[test]
fn a_queue_of_hundreds_is_filled_in_order() {
	test(market(), || {
		let points: Vec<_> = (0..150).map(|n| add_point(100 + n, 1, 4_000)).collect();
		for (n, point) in points.iter().enumerate() {
			Free::insert(100 + n as u64, MONEY);
			assert_ok!(place(100 + n as u64, N, *point, &[sell(100, 7)]));
		}
		assert_ok!(place(1, N, 1, &[buy(100, 500)]));
		clear();
		// 71 of 7 Wh, then 3 Wh, then none.
		for (n, point) in points.iter().enumerate() {
			assert_eq!(sold(*point), [7, 3, 0][(n >= 71) as usize + (n >= 72) as usize], "order {n}");
		}
	});
}

#[test]
fn the_utilitys_ladder_at_the_root_serves_what_the_zone_lacks_and_takes_what_it_has_left() {
	test(market(), || {
		placed(&[(10, &[sell(2_200, 1_000), buy(900, 1_000)]), (1, &[buy(4_000, 300)]), (2, &[sell(0, 500)])]);
		clear();
		assert_eq!(Market::zone_result(N, 1).map(|r| (r.price, r.flow)), Some((Some(890), -200)));
		assert_eq!(Market::of(0, N), Position { bought: 200, sold: 0 });
	});
}

#[test]
fn an_order_behind_a_link_limit_of_zero_stands_and_trades_on_its_own_side_of_the_link_alone() {
	// Too little power for a single Wh of an interval is a limit of zero, too.
	for import_w in [0, 3] {
		test(market(), || {
			set_link(1, Link { import_w: Some(import_w), export_w: None, fee: 10 });
			// The root would sell at 100, and the zone would buy 200 Wh more at 2,000.
			placed(&[(10, &[sell(100, 1_000)]), (1, &[buy(2_000, 300)]), (2, &[sell(1_500, 100)])]);
			let held = Held::get(1).unwrap();
			clear();
			assert_eq!([bought(1), sold(2), sold(0)], [100, 100, 0]);
			let [root, zone] = [0, 1].map(|zone| Market::zone_result(N, zone).unwrap());
			// The price behind the link is that of who would buy more there; the fee does not bound how far it rises.
			assert_eq!((zone.price, zone.flow, zone.fees, zone.rent), (Some(2_000), 0, 0, 0));
			assert!(root.price.is_some_and(|price| price + 10 < 2_000));
			// What is not bought stays secured until it is settled.
			assert_eq!(Held::get(1), Some(held));
		});
	}
	test(market(), || {
		set_link(1, Link { import_w: None, export_w: Some(0), fee: 10 });
		placed(&[(10, &[buy(2_000, 1_000)]), (1, &[buy(1_500, 100)]), (2, &[sell(100, 300)])]);
		clear();
		assert_eq!([bought(0), bought(1), sold(2)], [0, 100, 100]);
		let zone = Market::zone_result(N, 1).unwrap();
		assert_eq!((zone.price, zone.flow), (Some(100), 0));
	});
}

#[test]
fn a_point_without_an_order_has_no_position() {
	test(market(), || {
		placed(&[(1, &[buy(100, 40)]), (3, &[sell(100, 50)])]);
		assert_eq!(
			(Market::of(1, N), Market::outcome(N), Market::zone_result(N, 1)),
			(Position::default(), None, None)
		);
		clear();
		assert_eq!(Market::of(7, N), Position::default());
		assert_eq!(Market::of(77, N), Position::default());
		assert_eq!(Market::of(1, N + 1), Position::default());
		assert_eq!(Market::of(1, 900), Position::default());
	});
}

#[test]
fn collateral_is_taken_once_and_only_after_the_gate() {
	let mut ext = market();
	ext.execute_with(|| {
		placed(&[(1, &[buy(100, 40)])]);
		let held = Held::get(1).unwrap();
		assert_eq!(Market::take_collateral(1, N), []);
		Now::set(&(start(N) - LEAD));
		assert_eq!(Market::take_collateral(1, N), []);
		clear();
		assert_eq!(Market::take_collateral(1, N), [(busbar_mocks::id(1), held)]);
		assert_eq!(Market::take_collateral(1, N), []);
		assert_eq!(Market::take_collateral(7, N), []);
		assert_eq!(Orders::<Test>::get((N, 0, 1)).unwrap().held, 0);
		assert!(Market::do_try_state().is_ok());
	});
}

#[test]
fn a_tampered_result_does_not_pass_the_checks() {
	let tampered = |change: fn(&mut busbar_primitives::ZoneResult)| {
		let mut ext = market();
		ext.execute_with(|| {
			placed(&[(10, &[sell(100, 1_000)]), (1, &[buy(200, 300)]), (2, &[buy(110, 300)])]);
			clear();
			assert!(Market::do_try_state().is_ok());
			change_result((N, 0), 1, change);
			assert!(Market::do_try_state().is_err());
		});
	};
	tampered(|result| result.price = Some(120));
	tampered(|result| result.price = None);
	tampered(|result| result.flow += 1);
	tampered(|result| result.margin_buy -= 1);
	tampered(|result| result.fees += 1);
}
