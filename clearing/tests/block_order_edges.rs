//! Block orders by hand, every error, and no corrupted joint result that passes the checker.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{
	block_orders::Search, check_block_orders, clear_block_orders, clear_leaning, orders::Side, BlockOrder,
	BlockOrderError, BlockOrderViolation, Error, Joint, Lean, Violation, Zone, MAX_PRICE,
};
use common::zone;
use std::cmp::Ordering;

fn block_order(side: Side, price: i64, first: u32, wh: &[u64]) -> BlockOrder {
	BlockOrder { zone: 0, side, price, first, wh: wh.to_vec() }
}

fn cleared(intervals: &[Vec<Zone>], block_orders: &[BlockOrder]) -> Joint {
	let joint = clear_block_orders(&mut intervals.to_vec(), block_orders).unwrap();
	check_block_orders(intervals, block_orders, &joint).unwrap();
	joint
}

/// Two intervals with prices 20 and 60, whatever a small block order does.
fn cheap_and_dear() -> Vec<Vec<Zone>> {
	[20, 60].map(|price| vec![zone(None, &[(price, 100, 100)])]).to_vec()
}

#[test]
fn the_limit_holds_for_the_sum_and_not_for_each_interval() {
	let joint = cleared(
		&cheap_and_dear(),
		&[
			block_order(Side::Sell, 40, 0, &[10, 10]),
			block_order(Side::Sell, 41, 0, &[10, 10]),
			block_order(Side::Buy, 40, 0, &[10, 10]),
			block_order(Side::Buy, 39, 0, &[10, 10]),
			// 5 Wh at 20 and 15 Wh at 60 are 50 on average.
			block_order(Side::Sell, 50, 0, &[5, 15]),
			block_order(Side::Buy, 20, 0, &[7]),
			block_order(Side::Buy, 59, 1, &[7]),
		],
	);
	assert_eq!(joint.accepted, [true, false, true, false, true, true, false]);
	assert_eq!(joint.amounts, [800, 0, 800, 0, 1_000, 140, 0]);
	assert!(joint.rejected_in_the_money.is_empty());
	let prices: Vec<i64> = joint.intervals.iter().map(|interval| interval.zones[0].price).collect();
	assert_eq!(prices, [20, 60]);
}

#[test]
fn a_block_order_may_pause_within_its_intervals() {
	let mut intervals = cheap_and_dear();
	intervals.insert(1, vec![zone(None, &[])]);
	let joint = cleared(&intervals, &[block_order(Side::Buy, 40, 0, &[10, 0, 10])]);
	assert_eq!(joint.accepted, [true]);
	// Without the pause the middle interval would have to serve the block order, and cannot.
	let joint = cleared(&intervals, &[block_order(Side::Buy, 40, 0, &[10, 1, 10])]);
	assert_eq!(joint.accepted, [false]);
}

#[test]
fn a_block_order_that_would_spoil_its_own_price_is_rejected_in_the_money() {
	// 15 Wh need the buyer at 40 as well, who lowers the price below the block order's 60. Without it the price is 100.
	let joint = cleared(&[vec![zone(None, &[(40, 10, 0), (100, 10, 0)])]], &[block_order(Side::Sell, 60, 0, &[15])]);
	assert_eq!((joint.accepted, joint.rejected_in_the_money, joint.amounts), (vec![false], vec![0], vec![0]));
}

#[test]
fn of_equal_block_orders_the_earlier_one_is_accepted() {
	let market = [vec![zone(None, &[(100, 10, 0)])]];
	let joint = cleared(&market, &[block_order(Side::Sell, 60, 0, &[8]), block_order(Side::Sell, 60, 0, &[8])]);
	assert_eq!(joint.accepted, [true, false]);
	// Both fit, but only one of them at a price that both can bear.
	let market = [vec![zone(None, &[(40, 10, 0), (100, 10, 0)])]];
	let joint = cleared(&market, &[block_order(Side::Sell, 60, 0, &[8]), block_order(Side::Sell, 60, 0, &[8])]);
	assert_eq!((joint.accepted, joint.rejected_in_the_money), (vec![true, false], vec![1]));
}

#[test]
fn of_block_orders_that_a_link_cannot_carry_the_dearer_one_goes() {
	let mut zones = vec![zone(None, &[(100, 100, 0)]), zone(Some(0), &[]), zone(Some(1), &[])];
	zones[1].export = Some(12);
	let at = |zone, price| BlockOrder { zone, ..block_order(Side::Sell, price, 0, &[8]) };
	let joint = cleared(&[zones], &[at(0, 90), at(1, 50), at(2, 51)]);
	assert_eq!(joint.accepted, [true, true, false]);
}

#[test]
fn a_better_block_order_that_was_dropped_in_the_descent_is_put_in_again() {
	// All four are stuck at first; one large dear one leaving makes room for what left before it.
	let market = [vec![zone(None, &[(100, 20, 0)])]];
	let block_orders = [
		block_order(Side::Sell, 70, 0, &[25]),
		block_order(Side::Sell, 80, 0, &[9]),
		block_order(Side::Sell, 81, 0, &[9]),
	];
	let joint = cleared(&market, &block_orders);
	assert_eq!(joint.accepted, [false, true, true]);
	assert_eq!(joint.welfare, 18 * 100 - 9 * 80 - 9 * 81);
}

#[test]
fn block_orders_that_could_only_trade_with_each_other_name_no_price_and_are_rejected() {
	let joint =
		cleared(&[vec![zone(None, &[])]], &[block_order(Side::Sell, 20, 0, &[5]), block_order(Side::Buy, 30, 0, &[5])]);
	assert_eq!((joint.accepted, joint.rejected_in_the_money), (vec![false, false], vec![1]));
}

/// A plant behind a link that it fills, and a market above it whose price is 50.
fn plant_behind_its_connection() -> Vec<Vec<Zone>> {
	let mut zones = vec![zone(None, &[(0, 0, 20), (50, 100, 0)]), zone(Some(0), &[])];
	(zones[1].import, zones[1].export) = (Some(10), Some(10));
	vec![zones; 4]
}

#[test]
fn a_plant_that_fills_its_connection_is_accepted_at_the_price_that_it_needs() {
	let sells = |price| BlockOrder { zone: 1, ..block_order(Side::Sell, price, 0, &[10; 4]) };
	for (limit, price, accepted) in [(20, 25, true), (25, 25, true), (30, 30, true), (50, 50, true), (51, 25, false)] {
		let joint = cleared(&plant_behind_its_connection(), &[sells(limit)]);
		assert_eq!(joint.accepted, [accepted], "{limit}");
		assert_eq!(joint.lean == Lean::MIDDLE, price == 25, "{limit}");
		if accepted {
			assert!(joint.intervals.iter().all(|interval| interval.zones[1].price == price), "{limit}");
			assert_eq!(joint.amounts, [40 * i128::from(price)], "{limit}");
		}
	}
	// Of two sellers in different zones the one that needs more decides.
	let joint = cleared(
		&plant_behind_its_connection(),
		&[BlockOrder { wh: vec![4; 4], ..sells(45) }, BlockOrder { wh: vec![6; 4], ..sells(40) }],
	);
	assert_eq!((joint.accepted, joint.amounts), (vec![true, true], vec![16 * 45, 24 * 45]));
}

#[test]
fn a_load_that_fills_its_connection_is_accepted_at_the_price_that_it_bears() {
	let mut zones = vec![zone(None, &[(20, 0, 100), (60, 20, 0)]), zone(Some(0), &[(90, 1, 0)])];
	(zones[1].import, zones[1].export) = (Some(11), Some(10));
	let buys = BlockOrder { zone: 1, ..block_order(Side::Buy, 30, 0, &[10; 2]) };
	let joint = cleared(&vec![zones; 2], &[buys]);
	assert_eq!((joint.accepted, joint.amounts), (vec![true], vec![20 * 30]));
}

#[test]
fn where_sellers_and_buyers_need_opposite_prices_one_of_them_goes() {
	// Below a market at 50, a plant that fills its connection needs 40 of 0 to 50, and a load that fills its own bears 60 of
	// 50 to 90: four fifths of the way, and a quarter.
	let mut zones = vec![zone(None, &[(0, 0, 5), (50, 100, 100)]), zone(Some(0), &[]), zone(Some(0), &[(90, 1, 0)])];
	(zones[1].import, zones[1].export) = (Some(10), Some(10));
	(zones[2].import, zones[2].export) = (Some(11), Some(11));
	let market = [zones];
	let sells = BlockOrder { zone: 1, ..block_order(Side::Sell, 40, 0, &[10]) };
	let buys = BlockOrder { zone: 2, ..block_order(Side::Buy, 60, 0, &[10]) };
	let lean = |block_orders: &[BlockOrder]| {
		let joint = cleared(&market, block_orders);
		(joint.accepted, joint.lean.cmp(&Lean::MIDDLE))
	};
	assert_eq!(lean(std::slice::from_ref(&sells)), (vec![true], Ordering::Greater));
	assert_eq!(lean(std::slice::from_ref(&buys)), (vec![true], Ordering::Less));
	// The one that loses more per Wh at the middle.
	assert_eq!(lean(&[sells, buys]), (vec![false, true], Ordering::Less));
}

#[test]
fn bad_block_orders_do_not_keep_good_ones_from_an_early_choice() {
	// 30 honest ones over a day, and two of 1 Wh at prices that no market pays.
	let market: Vec<Vec<Zone>> = (0..96).map(|_| vec![zone(None, &[(20, 0, 2_000), (60, 1_000, 0)])]).collect();
	let mut block_orders: Vec<BlockOrder> = (0..30).map(|_| block_order(Side::Buy, 40, 0, &[10; 96])).collect();
	block_orders.insert(0, block_order(Side::Sell, 100, 0, &[1; 96]));
	block_orders.push(block_order(Side::Sell, 110, 0, &[1; 96]));
	let honest: Vec<bool> = block_orders.iter().map(|block_order| block_order.side == Side::Buy).collect();
	let mut search = Search::new(&block_orders, 96).unwrap();
	for _ in 0..2 * 96 {
		let interval = search.next_interval().unwrap();
		search.step(&block_orders, &mut market[interval as usize].clone()).unwrap();
	}
	assert_eq!(search.accepted(), honest);
	assert_eq!(cleared(&market, &block_orders).accepted, honest);
}

#[test]
fn malformed_block_orders_are_refused() {
	let refused = |block_orders: &[BlockOrder]| clear_block_orders(&mut cheap_and_dear(), block_orders).unwrap_err();
	let fine = block_order(Side::Buy, 40, 0, &[1]);
	let most = i64::MAX as u64;
	for (wrong, error) in [
		(block_order(Side::Buy, 40, 0, &[]), BlockOrderError::Outside { block_order: 1 }),
		(block_order(Side::Buy, 40, 0, &[1, 1, 1]), BlockOrderError::Outside { block_order: 1 }),
		(block_order(Side::Buy, 40, u32::MAX, &[1]), BlockOrderError::Outside { block_order: 1 }),
		(block_order(Side::Buy, 40, 0, &[0, 0]), BlockOrderError::NoEnergy { block_order: 1 }),
		(block_order(Side::Buy, MAX_PRICE + 1, 0, &[1]), BlockOrderError::PriceOutOfRange { block_order: 1 }),
		(block_order(Side::Sell, -MAX_PRICE - 1, 0, &[1]), BlockOrderError::PriceOutOfRange { block_order: 1 }),
		(block_order(Side::Sell, 0, 0, &[most, 1]), BlockOrderError::EnergyOutOfRange { block_order: 1 }),
		// With the first block order's 1 Wh in the same interval.
		(block_order(Side::Sell, 0, 0, &[most]), BlockOrderError::EnergyOutOfRange { block_order: 1 }),
		(BlockOrder { zone: 1, ..fine.clone() }, BlockOrderError::UnknownZone { block_order: 1, interval: 0 }),
	] {
		assert_eq!(refused(&[fine.clone(), wrong]), error);
		assert!(error.to_string().starts_with("block order 1: "), "{error}");
	}
	let mut broken = cheap_and_dear();
	broken[1][0].parent = Some(0);
	let error = BlockOrderError::Interval { interval: 1, error: Error::RootHasParent };
	assert_eq!(clear_block_orders(&mut broken, &[fine]), Err(error));
	assert_eq!(clear_block_orders(&mut broken, &[]), Err(error));
	assert_eq!(error.to_string(), "interval 1: zone 0: it is the root and cannot have a parent");
}

#[test]
fn a_corrupted_joint_result_is_caught() {
	let market = [vec![zone(None, &[(40, 10, 0), (100, 10, 0)])], vec![zone(None, &[(60, 9, 9)])]];
	let block_orders = [
		block_order(Side::Sell, 60, 0, &[8, 1]),
		block_order(Side::Sell, 60, 0, &[8]),
		block_order(Side::Sell, 70, 1, &[2]),
	];
	let right = cleared(&market, &block_orders);
	assert_eq!((&right.accepted, &right.rejected_in_the_money), (&vec![true, false, false], &vec![1]));
	let caught = |change: fn(&mut Joint)| {
		let mut joint = right.clone();
		change(&mut joint);
		check_block_orders(&market, &block_orders, &joint).unwrap_err()
	};
	let unbalanced = Violation::Balance { zone: 0 };
	assert_eq!(caught(|j| j.intervals.truncate(1)), BlockOrderViolation::IntervalCount);
	for lean in [Lean::LEAST, Lean::GREATEST] {
		let mut joint = right.clone();
		joint.lean = lean;
		assert_ne!(check_block_orders(&market, &block_orders, &joint), Ok(()));
	}
	assert_eq!(caught(|j| j.accepted.truncate(2)), BlockOrderViolation::BlockOrderCount);
	assert_eq!(caught(|j| j.amounts.push(0)), BlockOrderViolation::BlockOrderCount);
	assert_eq!(caught(|j| j.accepted[0] = false), BlockOrderViolation::Interval { interval: 0, violation: unbalanced });
	assert_eq!(caught(|j| j.accepted[2] = true), BlockOrderViolation::Interval { interval: 1, violation: unbalanced });
	assert_eq!(caught(|j| j.amounts[0] += 1), BlockOrderViolation::Amount { block_order: 0 });
	assert_eq!(caught(|j| j.amounts[1] = 480), BlockOrderViolation::Amount { block_order: 1 });
	assert_eq!(caught(|j| j.rejected_in_the_money.clear()), BlockOrderViolation::RejectedInTheMoney { block_order: 1 });
	assert_eq!(caught(|j| j.rejected_in_the_money.push(2)), BlockOrderViolation::RejectedInTheMoney { block_order: 2 });
	assert_eq!(caught(|j| j.rejected_in_the_money.push(9)), BlockOrderViolation::RejectedInTheMoney { block_order: 9 });
	assert_eq!(caught(|j| j.welfare += 1), BlockOrderViolation::Welfare);
	assert!(matches!(
		caught(|j| j.intervals[1].zones[0].price -= 1),
		BlockOrderViolation::Interval { interval: 1, .. }
	));
	assert!(matches!(
		check_block_orders(&market, &[block_order(Side::Buy, 0, 2, &[1])], &right),
		Err(BlockOrderViolation::BlockOrders(BlockOrderError::Outside { block_order: 0 }))
	));

	// Everything right but the lean: the prices suit the block order better than they need to.
	let market = plant_behind_its_connection();
	let block_orders = [BlockOrder { zone: 1, ..block_order(Side::Sell, 30, 0, &[10; 4]) }];
	let mut joint = cleared(&market, &block_orders);
	let lean = Lean::new(joint.lean.parts() + Lean::WHOLE / 50).unwrap();
	joint.lean = lean;
	for (interval, zones) in joint.intervals.iter_mut().zip(&market) {
		let mut zones = zones.clone();
		zones[1].injection = 10;
		*interval = clear_leaning(&zones, lean).unwrap();
	}
	joint.amounts = vec![40 * 31];
	assert_eq!(check_block_orders(&market, &block_orders, &joint), Err(BlockOrderViolation::Lean));

	// Everything right but the choice: the block order's own price is too low for it.
	let market = [vec![zone(None, &[(40, 10, 0), (100, 10, 0)])]];
	let block_orders = [block_order(Side::Sell, 60, 0, &[15])];
	let mut zones = market[0].clone();
	zones[0].injection = 15;
	let clearing = busbar_clearing::clear(&zones).unwrap();
	let welfare = clearing.welfare - 15 * 60;
	let joint = Joint {
		intervals: vec![clearing],
		lean: Lean::MIDDLE,
		accepted: vec![true],
		amounts: vec![15 * 40],
		rejected_in_the_money: vec![],
		welfare,
	};
	let violation = check_block_orders(&market, &block_orders, &joint).unwrap_err();
	assert_eq!(violation, BlockOrderViolation::OutOfTheMoney { block_order: 0 });
	assert_eq!(violation.to_string(), "block order 0: accepted out of the money");
}
