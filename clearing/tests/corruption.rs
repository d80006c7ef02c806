//! No corrupted result passes the checker.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{
	check, check_fills, clear,
	orders::{self, Order, Side, Step},
	Clearing, Error, Violation, Zone, ZoneResult,
};
use common::{market, zone, HUGE, SMALL};
use proptest::prelude::*;

type Corruption = fn(&mut Clearing, usize);

/// Every number of a result, one off.
const OFF_BY_ONE: &[(&str, Corruption)] = &[
	("price up", |c, z| c.zones[z].price += 1),
	("price down", |c, z| c.zones[z].price -= 1),
	("more flow", |c, z| c.zones[z].flow += 1),
	("less flow", |c, z| c.zones[z].flow -= 1),
	("more bought at the margin", |c, z| c.zones[z].margin_buy += 1),
	("less bought at the margin", |c, z| c.zones[z].margin_buy = c.zones[z].margin_buy.wrapping_sub(1)),
	("more sold at the margin", |c, z| c.zones[z].margin_sell += 1),
	("less sold at the margin", |c, z| c.zones[z].margin_sell = c.zones[z].margin_sell.wrapping_sub(1)),
	("more of both at the margin", |c, z| {
		c.zones[z].margin_buy += 1;
		c.zones[z].margin_sell += 1;
		c.traded += 1;
	}),
	("path fee", |c, z| c.zones[z].path_fee += 1),
	("fees of a link", |c, z| c.zones[z].fees += 1),
	("rent of a link", |c, z| c.zones[z].rent += 1),
	("fees moved into rent", |c, z| {
		c.zones[z].fees = c.zones[z].fees.wrapping_sub(1);
		c.zones[z].rent += 1;
	}),
	("welfare up", |c, _| c.welfare += 1),
	("welfare down", |c, _| c.welfare -= 1),
	("traded up", |c, _| c.traded += 1),
	("traded down", |c, _| c.traded = c.traded.wrapping_sub(1)),
	("fees", |c, _| c.fees += 1),
	("rent", |c, _| c.rent += 1),
	("zone missing", |c, _| {
		c.zones.pop();
	}),
	("zone added", |c, _| c.zones.push(ZoneResult::default())),
	("fees and their sum", |c, z| {
		c.zones[z].fees += 1;
		c.fees += 1;
		c.welfare -= 1;
	}),
	("rent and its sum", |c, z| {
		c.zones[z].rent += 1;
		c.rent += 1;
	}),
	("every price up", |c, _| c.zones.iter_mut().for_each(|zone| zone.price += 1)),
	("every price down", |c, _| c.zones.iter_mut().for_each(|zone| zone.price -= 1)),
	("price and flow signs", |c, z| {
		c.zones[z].flow = -c.zones[z].flow - 1;
		c.zones[z].price = -c.zones[z].price - 1;
	}),
];

/// Derives all money from prices, flows and margins, so that only what matters is left to be wrong.
fn consistent(zones: &[Zone], results: &[(i64, i64, u64, u64)]) -> Clearing {
	let mut clearing = Clearing::default();
	for (zone, &(price, flow, margin_buy, margin_sell)) in zones.iter().zip(results) {
		let mut result = ZoneResult { price, flow, margin_buy, margin_sell, ..Default::default() };
		if let Some(parent) = zone.parent {
			let parent = &clearing.zones[parent as usize];
			result.path_fee = parent.path_fee + zone.fee;
			result.fees = u128::from(flow.unsigned_abs()) * u128::from(zone.fee);
			result.rent = ((i128::from(flow) * i128::from(price - parent.price)) as u128).wrapping_sub(result.fees);
			clearing.fees += result.fees;
			clearing.rent = clearing.rent.wrapping_add(result.rent);
		}
		for level in &zone.levels {
			let buy = busbar_clearing::fill(true, level.price, level.buy, &result, 0);
			let sell = busbar_clearing::fill(false, level.price, level.sell, &result, 0);
			clearing.welfare += i128::from(level.price) * (i128::from(buy) - i128::from(sell));
			clearing.traded += buy;
		}
		clearing.zones.push(result);
	}
	clearing.welfare -= clearing.fees as i128;
	clearing
}

/// Flips one bit of one number of a result; `false` if there is no such bit.
fn flip(clearing: &mut Clearing, place: usize, field: usize, bit: u32) -> bool {
	let zone = &mut clearing.zones[place];
	let widths = [64, 64, 64, 64, 64, 128, 128, 128, 64, 128, 128];
	match field {
		_ if bit >= widths[field] => return false,
		0 => zone.price ^= 1 << bit,
		1 => zone.flow ^= 1 << bit,
		2 => zone.margin_buy ^= 1 << bit,
		3 => zone.margin_sell ^= 1 << bit,
		4 => zone.path_fee ^= 1 << bit,
		5 => zone.fees ^= 1 << bit,
		6 => zone.rent ^= 1 << bit,
		7 => clearing.welfare ^= 1 << bit,
		8 => clearing.traded ^= 1 << bit,
		9 => clearing.fees ^= 1 << bit,
		_ => clearing.rent ^= 1 << bit,
	}
	true
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

	#[test]
	fn every_flipped_bit_is_caught(
		zones in prop_oneof![market(SMALL), market(HUGE)],
		place in any::<prop::sample::Index>(),
	) {
		let right = clear(&zones).unwrap();
		let place = place.index(zones.len());
		for (field, bit) in (0..11).flat_map(|field| (0..128).map(move |bit| (field, bit))) {
			let mut wrong = right.clone();
			if flip(&mut wrong, place, field, bit) {
				prop_assert!(check(&zones, &wrong).is_err(), "bit {} of field {} at zone {} passes", bit, field, place);
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

	#[test]
	fn every_number_that_is_off_is_caught(
		zones in prop_oneof![market(SMALL), market(HUGE)],
		place in any::<prop::sample::Index>(),
	) {
		let right = clear(&zones).unwrap();
		let place = place.index(zones.len());
		for (name, corrupt) in OFF_BY_ONE {
			let mut wrong = right.clone();
			corrupt(&mut wrong, place);
			prop_assert!(check(&zones, &wrong).is_err(), "{} at zone {} passes", name, place);
		}
	}

	#[test]
	fn only_one_set_of_prices_passes(zones in market(SMALL), shifts in prop::collection::vec(-2..=2i64, 9)) {
		let right = clear(&zones).unwrap();
		let results: Vec<_> = right
			.zones
			.iter()
			.zip(&shifts)
			.map(|(zone, shift)| (zone.price + shift, zone.flow, zone.margin_buy, zone.margin_sell))
			.collect();
		let other = consistent(&zones, &results);
		prop_assert_eq!(check(&zones, &other).is_ok(), other == right);
	}

	#[test]
	fn a_limit_or_fee_that_the_result_ignores_is_caught(
		zones in market(SMALL),
		place in any::<prop::sample::Index>(),
	) {
		let right = clear(&zones).unwrap();
		let place = place.index(zones.len());
		let flow = right.zones[place].flow;
		prop_assume!(flow != 0);
		let mut other = zones.clone();
		let limit = if flow > 0 { &mut other[place].import } else { &mut other[place].export };
		*limit = Some(flow.unsigned_abs() - 1);
		prop_assert_eq!(check(&other, &right), Err(Violation::Limit { zone: place as u32 }));
		let mut other = zones;
		other[place].fee += 1;
		prop_assert!(check(&other, &right).is_err());
	}
}

#[test]
fn the_helper_that_derives_money_agrees_with_the_solver() {
	let mut zones = vec![zone(None, &[(10, 0, 50)]), zone(Some(0), &[(30, 20, 0)])];
	zones[1].fee = 4;
	zones[1].import = Some(12);
	let right = clear(&zones).unwrap();
	let results: Vec<_> =
		right.zones.iter().map(|zone| (zone.price, zone.flow, zone.margin_buy, zone.margin_sell)).collect();
	assert_eq!(consistent(&zones, &results), right);
	assert_eq!((right.fees, right.rent, right.welfare), (48, 12 * 16, 12 * 16));
}

#[test]
fn an_optimum_that_trades_less_is_caught() {
	let zones = [zone(None, &[(5, 10, 10)])];
	assert_eq!(clear(&zones).unwrap().traded, 10);
	let idle = consistent(&zones, &[(5, 0, 0, 0)]);
	assert_eq!(check(&zones, &idle), Err(Violation::NotMostTraded { zone: 0 }));
	let half = consistent(&zones, &[(5, 0, 5, 5)]);
	assert_eq!(check(&zones, &half), Err(Violation::NotMostTraded { zone: 0 }));
}

#[test]
fn an_optimum_over_a_fee_that_trades_less_is_caught() {
	// The trade gains nothing after the fee; it is still to be made.
	let mut zones = [zone(None, &[(5, 0, 10)]), zone(Some(0), &[(8, 10, 0)])];
	zones[1].fee = 3;
	assert_eq!(clear(&zones).unwrap().traded, 10);
	let idle = consistent(&zones, &[(5, 0, 0, 0), (8, 0, 0, 0)]);
	assert_eq!(idle.welfare, clear(&zones).unwrap().welfare);
	assert!(matches!(check(&zones, &idle), Err(Violation::NotMostTraded { .. })));
}

#[test]
fn a_balanced_allocation_that_is_not_optimal_is_caught() {
	// The feeder's sale at 1 could serve the root's buy at 9, but stays at home.
	let zones = [zone(None, &[(7, 0, 10), (9, 10, 0)]), zone(Some(0), &[(1, 0, 10)])];
	assert_eq!(clear(&zones).unwrap().welfare, 80);
	let apart = consistent(&zones, &[(7, 0, 0, 10), (1, 0, 0, 0)]);
	assert_eq!(check(&zones, &apart), Err(Violation::LinkPrice { zone: 1 }));
}

#[test]
fn prices_that_support_but_are_not_the_midpoint_are_caught() {
	let zones = [zone(None, &[(2, 0, 5), (9, 5, 0)])];
	assert_eq!(clear(&zones).unwrap().zones[0].price, 5);
	for price in [3, 4, 6, 8] {
		let other = consistent(&zones, &[(price, 0, 0, 0)]);
		assert_eq!(check(&zones, &other), Err(Violation::Price { zone: 0, expected: 5 }));
	}
}

#[test]
fn fills_that_break_price_time_priority_are_caught() {
	let step = |side, price, wh| Step { side, price, wh };
	let order = |steps: &[Step]| Order { zone: 0, steps: steps.to_vec() };
	let book = [
		order(&[step(Side::Sell, 4, 10)]),
		order(&[step(Side::Sell, 4, 10)]),
		order(&[step(Side::Buy, 9, 3), step(Side::Buy, 7, 9), step(Side::Sell, 11, 4)]),
		order(&[]),
	];
	let mut zones = [Zone::default()];
	orders::add(&mut zones, &book).unwrap();
	let clearing = clear(&zones).unwrap();
	let right = orders::fills(&book, &clearing);
	assert_eq!(right, [vec![10], vec![2], vec![3, 9, 0], vec![]]);
	check_fills(&book, &clearing, &right).unwrap();

	let wrong: [(&[&[u64]], Violation); 6] = [
		(&[&[6], &[6], &[3, 9, 0], &[]], Violation::Fill { order: 0, step: 0, expected: 10 }),
		(&[&[10], &[1], &[3, 9, 0], &[]], Violation::Fill { order: 1, step: 0, expected: 2 }),
		(&[&[10], &[2], &[4, 8, 0], &[]], Violation::Fill { order: 2, step: 0, expected: 3 }),
		(&[&[10], &[2], &[3, 9, 1], &[]], Violation::Fill { order: 2, step: 2, expected: 0 }),
		(&[&[10], &[2], &[3, 9], &[]], Violation::FillCount { order: 2 }),
		(&[&[10], &[2], &[3, 9, 0]], Violation::FillCount { order: 3 }),
	];
	for (accepted, violation) in wrong {
		let accepted: Vec<Vec<u64>> = accepted.iter().map(|fills| fills.to_vec()).collect();
		assert_eq!(check_fills(&book, &clearing, &accepted), Err(violation));
	}
}

/// The number of a kind of violation. A new kind does not compile until it is counted here and produced below.
fn kind(violation: &Violation) -> usize {
	match violation {
		Violation::Market(_) => 0,
		Violation::ZoneCount { .. } => 1,
		Violation::Margin { .. } => 2,
		Violation::Balance { .. } => 3,
		Violation::Limit { .. } => 4,
		Violation::LinkPrice { .. } => 5,
		Violation::NotMostTraded { .. } => 6,
		Violation::Price { .. } => 7,
		Violation::Money { .. } => 8,
		Violation::Totals => 9,
		Violation::FillCount { .. } => 10,
		Violation::Fill { .. } => 11,
	}
}

#[test]
fn every_kind_of_violation_is_named_where_it_is() {
	// The root sells up to 50 Wh at 10 to a zone that buys 20 at 30, over a link of 12 Wh with a fee of 4.
	let mut zones = vec![zone(None, &[(10, 0, 50)]), zone(Some(0), &[(30, 20, 0)])];
	zones[1].fee = 4;
	zones[1].import = Some(12);
	let right = clear(&zones).unwrap();
	check(&zones, &right).unwrap();
	let idle = [zone(None, &[(5, 10, 10)])];
	let apart = [zone(None, &[(2, 0, 5), (9, 5, 0)])];
	let but = |corrupt: fn(&mut Clearing)| {
		let mut wrong = right.clone();
		corrupt(&mut wrong);
		check(&zones, &wrong).unwrap_err()
	};
	let book = [Order { zone: 0, steps: vec![Step { side: Side::Sell, price: 10, wh: 50 }] }];
	let found = [
		check(&[], &right).unwrap_err(),
		but(|c| c.zones.truncate(1)),
		but(|c| c.zones[1].margin_buy = 21),
		but(|c| c.zones[1].margin_buy = 11),
		but(|c| {
			c.zones[0].margin_sell += 1;
			c.zones[1].flow += 1;
			c.zones[1].margin_buy += 1;
		}),
		check(&zones, &consistent(&zones, &[(10, 0, 0, 11), (30, 11, 11, 0)])).unwrap_err(),
		check(&idle, &consistent(&idle, &[(5, 0, 0, 0)])).unwrap_err(),
		check(&apart, &consistent(&apart, &[(6, 0, 0, 0)])).unwrap_err(),
		but(|c| c.zones[1].path_fee = 5),
		but(|c| c.welfare += 1),
		check_fills(&book, &right, &[]).unwrap_err(),
		check_fills(&book, &right, &[vec![11]]).unwrap_err(),
	];
	let expected = [
		Violation::Market(Error::NoZones),
		Violation::ZoneCount { expected: 2, found: 1 },
		Violation::Margin { zone: 1 },
		Violation::Balance { zone: 1 },
		Violation::Limit { zone: 1 },
		Violation::LinkPrice { zone: 1 },
		Violation::NotMostTraded { zone: 0 },
		Violation::Price { zone: 0, expected: 5 },
		Violation::Money { zone: 1 },
		Violation::Totals,
		Violation::FillCount { order: 0 },
		Violation::Fill { order: 0, step: 0, expected: 12 },
	];
	assert_eq!(found, expected);
	for (number, violation) in found.iter().enumerate() {
		assert_eq!(kind(violation), number);
		assert!(!violation.to_string().is_empty());
	}
}
