//! Ties, ends that nothing bounds, deep and wide trees, and every error.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{
	check, clear, fill,
	orders::{self, Order, Side, Step},
	sample::{self, Tree},
	Clearing, Error, Level, Violation, Zone, MAX_FEES, MAX_PRICE,
};
use common::zone;

fn cleared(zones: &[Zone]) -> Clearing {
	let clearing = clear(zones).unwrap();
	check(zones, &clearing).unwrap();
	clearing
}

#[test]
fn between_zones_an_equal_sale_goes_to_the_lower_index() {
	let mut zones = vec![zone(None, &[(9, 15, 0)])];
	zones.extend([(); 3].map(|()| zone(Some(0), &[(4, 0, 10)])));
	let clearing = cleared(&zones);
	assert_eq!(clearing.zones.iter().map(|zone| zone.flow).collect::<Vec<_>>(), [0, -10, -5, 0]);
}

#[test]
fn between_zones_an_equal_purchase_goes_to_the_lower_index() {
	let mut zones = vec![zone(None, &[(4, 0, 15)])];
	zones.extend([(); 3].map(|()| zone(Some(0), &[(9, 10, 0)])));
	let clearing = cleared(&zones);
	assert_eq!(clearing.zones.iter().map(|zone| zone.flow).collect::<Vec<_>>(), [0, 10, 5, 0]);
}

#[test]
fn ties_are_decided_where_the_paths_meet() {
	// Zone 3 lies below zone 1, zone 2 beside it; after the fee all three offers are worth 6 at the root.
	let mut zones = vec![
		zone(None, &[(8, 7, 0)]),
		zone(Some(0), &[(6, 0, 3)]),
		zone(Some(0), &[(5, 0, 3)]),
		zone(Some(1), &[(6, 0, 3)]),
	];
	zones[2].fee = 1;
	let clearing = cleared(&zones);
	assert_eq!(clearing.zones.iter().map(|zone| zone.flow).collect::<Vec<_>>(), [0, -4, -3, -1]);
	assert_eq!(clearing.zones[1].margin_sell, 3);
}

#[test]
fn a_market_without_orders_has_price_zero() {
	let mut zones = vec![zone(None, &[]), zone(Some(0), &[]), zone(Some(1), &[])];
	zones[1].fee = 7;
	zones[2].fee = 3;
	assert!(cleared(&zones).zones.iter().all(|zone| zone.price == 0 && zone.flow == 0));
}

#[test]
fn a_cut_off_zone_without_orders_takes_the_midpoint_of_the_box() {
	let mut zones = vec![zone(None, &[(10, 0, 5), (40, 5, 0)]), zone(Some(0), &[])];
	zones[1] = Zone { import: Some(0), export: Some(0), fee: 6, ..zones[1].clone() };
	let clearing = cleared(&zones);
	// The box is 4..46.
	assert_eq!(clearing.zones[1].price, 25);
	assert_eq!(clearing.zones[0].price, 25);
}

#[test]
fn an_end_that_nothing_bounds_is_the_box() {
	// A lone offer: at most 10 supports that it stays; the box reaches down to 10 as well.
	assert_eq!(cleared(&[zone(None, &[(10, 0, 5)])]).zones[0].price, 10);
	let mut zones = vec![zone(None, &[(10, 0, 5)]), zone(Some(0), &[])];
	zones[1].fee = 3;
	// The root lies in 7..10; the feeder within the fee of it, and of the box 7..13.
	let clearing = cleared(&zones);
	assert_eq!((clearing.zones[0].price, clearing.zones[1].price), (8, 10));
}

#[test]
fn the_midpoint_is_rounded_down_below_zero_too() {
	assert_eq!(cleared(&[zone(None, &[(-8, 0, 5), (-3, 5, 0)])]).zones[0].price, -6);
}

#[test]
fn levels_without_energy_change_nothing() {
	let plain = [zone(None, &[(2, 0, 5), (9, 5, 0)])];
	let padded = [zone(None, &[(-100, 0, 0), (2, 0, 5), (5, 0, 0), (9, 5, 0), (1000, 0, 0)])];
	assert_eq!(cleared(&plain), cleared(&padded));
}

#[test]
fn limits_and_fee_of_the_root_have_no_effect() {
	let plain = [zone(None, &[(2, 0, 5), (9, 5, 0)])];
	let mut odd = plain.clone();
	odd[0] = Zone { import: Some(1), export: Some(2), fee: u64::MAX, ..odd[0].clone() };
	assert_eq!(cleared(&plain), cleared(&odd));
}

#[test]
fn a_chain_of_100_000_zones_clears() {
	let depth = 100_000u32;
	let mut zones = vec![zone(None, &[(1, 0, 1000)])];
	zones.extend((1..depth).map(|index| Zone { fee: 1, ..zone(Some(index - 1), &[]) }));
	zones[depth as usize - 1].levels.push(Level { price: 200_000, buy: 600, sell: 0 });
	let clearing = cleared(&zones);
	assert_eq!(clearing.traded, 600);
	assert_eq!(clearing.zones[depth as usize - 1].price, 1 + i64::from(depth) - 1);
	assert_eq!(clearing.fees, 600 * u128::from(depth - 1));
}

#[test]
fn a_star_of_100_000_zones_clears() {
	let mut zones = vec![zone(None, &[(50, 0, 1_000_000)])];
	zones.extend((1..100_000i64).map(|index| zone(Some(0), &[(index % 100, 1, 0)])));
	assert_eq!(cleared(&zones).traded, 50_000);
}

#[test]
fn energy_of_2_to_the_63_and_prices_of_2_to_the_40_are_exact() {
	let wh = 1u64 << 63;
	let clearing = cleared(&[zone(None, &[(-MAX_PRICE, 0, wh), (MAX_PRICE, wh, 0)])]);
	assert_eq!((clearing.traded, clearing.welfare), (wh, i128::from(wh) * (1 << 41)));
	// As a flow, one less than that is the most.
	let mut zones = vec![zone(None, &[(-MAX_PRICE, 0, wh - 1)]), zone(Some(0), &[(MAX_PRICE, wh - 1, 0)])];
	assert_eq!(cleared(&zones).zones[1].flow, i64::MAX);
	zones[0].levels[0].sell = wh;
	zones[1].levels[0].buy = wh;
	assert_eq!(clear(&zones), Err(Error::FlowOverflow { zone: 1 }));
	zones[1].import = Some(5);
	assert_eq!(cleared(&zones).traded, 5);
}

#[test]
fn malformed_trees_are_refused() {
	let (root, child) = (zone(None, &[]), zone(Some(0), &[]));
	assert_eq!(clear(&[]), Err(Error::NoZones));
	assert_eq!(clear(std::slice::from_ref(&child)), Err(Error::RootHasParent));
	assert_eq!(clear(&[root.clone(), child.clone(), root.clone()]), Err(Error::SecondRoot { zone: 2 }));
	for parent in [1, 2, 7] {
		let zones = [root.clone(), zone(Some(parent), &[]), child.clone()];
		assert_eq!(clear(&zones), Err(Error::ParentNotEarlier { zone: 1, parent }));
		let violation = Violation::Market(Error::ParentNotEarlier { zone: 1, parent });
		assert_eq!(check(&zones, &Clearing::default()), Err(violation));
	}
}

#[test]
fn malformed_levels_are_refused() {
	let unsorted = [zone(None, &[(3, 1, 0), (2, 0, 1)])];
	assert_eq!(clear(&unsorted), Err(Error::LevelsNotAscending { zone: 0, price: 2 }));
	let twice = [zone(None, &[(3, 1, 0), (3, 0, 1)])];
	assert_eq!(clear(&twice), Err(Error::LevelsNotAscending { zone: 0, price: 3 }));
	for price in [MAX_PRICE + 1, -MAX_PRICE - 1, i64::MAX, i64::MIN] {
		let far = [zone(None, &[(price, 1, 0)])];
		assert_eq!(clear(&far), Err(Error::PriceOutOfRange { zone: 0, price }));
	}
}

#[test]
fn fees_that_add_up_too_high_are_refused() {
	let mut zones = vec![zone(None, &[(1, 0, 9)]), zone(Some(0), &[]), zone(Some(1), &[(2, 9, 0)])];
	zones[1].fee = MAX_FEES - 1;
	zones[2].fee = 1;
	assert_eq!(cleared(&zones).traded, 0);
	zones[2].fee = 2;
	assert_eq!(clear(&zones), Err(Error::FeesOutOfRange));
	zones[2].fee = u64::MAX;
	assert_eq!(clear(&zones), Err(Error::FeesOutOfRange));
}

#[test]
fn totals_beyond_their_types_are_refused() {
	let full = |parent| zone(parent, &[(1, u64::MAX, u64::MAX)]);
	assert_eq!(cleared(&[full(None)]).traded, u64::MAX);
	assert_eq!(clear(&[full(None), full(Some(0))]), Err(Error::TotalOverflow));
}

#[test]
fn orders_add_up_to_levels() {
	let step = |side, price, wh| Step { side, price, wh };
	let mut zones = [zone(None, &[(5, 1, 2)]), zone(Some(0), &[])];
	let book = [
		Order { zone: 0, steps: vec![step(Side::Buy, 5, 10), step(Side::Sell, 6, 3)] },
		Order { zone: 0, steps: vec![step(Side::Buy, 4, 7), step(Side::Buy, 5, 1)] },
	];
	orders::add(&mut zones, &book).unwrap();
	assert_eq!(zones, [zone(None, &[(4, 7, 0), (5, 12, 2), (6, 0, 3)]), zone(Some(0), &[])]);
}

#[test]
fn orders_that_come_in_two_parts_add_up_to_what_they_do_at_once() {
	let (grid, book) = sample::market(Tree::Feeders(3), 12, 600, 5);
	let (mut parts, mut whole) = (grid.clone(), grid);
	orders::add(&mut whole, &book).unwrap();
	orders::add(&mut parts, &book[..77]).unwrap();
	orders::add(&mut parts, &book[77..]).unwrap();
	assert_eq!(parts, whole);
	assert!(whole.iter().all(|zone| zone.levels.windows(2).all(|pair| pair[0].price < pair[1].price)));
	let offered = |side| {
		book.iter().flat_map(|order| &order.steps).filter(|step| step.side == side).map(|step| step.wh).sum::<u64>()
	};
	let sum = |of: fn(&Level) -> u64| whole.iter().flat_map(|zone| &zone.levels).map(of).sum::<u64>();
	assert_eq!((sum(|level| level.buy), sum(|level| level.sell)), (offered(Side::Buy), offered(Side::Sell)));
}

#[test]
fn malformed_orders_are_refused() {
	let order = |zone, steps: &[(Side, i64, u64)]| Order {
		zone,
		steps: steps.iter().map(|&(side, price, wh)| Step { side, price, wh }).collect(),
	};
	let fine = order(0, &[(Side::Buy, 3, 1), (Side::Sell, 4, 1)]);
	let add = |orders: &[Order]| orders::add(&mut [Zone::default()], orders);
	assert_eq!(add(std::slice::from_ref(&fine)), Ok(()));
	assert_eq!(add(&[fine.clone(), order(1, &[])]), Err(Error::UnknownZone { order: 1, zone: 1 }));
	let crossing = order(0, &[(Side::Sell, 4, 1), (Side::Buy, 4, 1)]);
	assert_eq!(add(&[fine.clone(), crossing]), Err(Error::SelfCrossing { order: 1 }));
	let most = order(0, &[(Side::Buy, 3, u64::MAX)]);
	assert_eq!(add(&[fine, most]), Err(Error::LevelOverflow { zone: 0, price: 3 }));
}

#[test]
fn a_fill_is_what_price_and_time_leave() {
	let clearing = cleared(&[zone(None, &[(4, 0, 20), (9, 12, 0)])]);
	let result = &clearing.zones[0];
	assert_eq!((result.price, result.margin_sell), (4, 12));
	let sell = |price, wh, ahead| fill(false, price, wh, result, ahead);
	assert_eq!((sell(3, 7, 0), sell(5, 7, 0)), (7, 0));
	assert_eq!((sell(4, 7, 0), sell(4, 7, 7), sell(4, 7, 14)), (7, 5, 0));
	assert_eq!((fill(true, 9, 12, result, 5), fill(true, 3, 12, result, 0), fill(true, 4, 1, result, 0)), (12, 0, 0));
}

#[test]
fn an_injection_clears_like_an_offer_at_any_price_but_bounds_no_price() {
	// 10 Wh injected meet a buyer of 15 at 9 whose rest an offer at 4 serves: only the two steps bound the price.
	let mut zones = vec![zone(None, &[(4, 0, 20), (9, 15, 0)])];
	zones[0].injection = 10;
	let clearing = cleared(&zones);
	assert_eq!((clearing.zones[0].price, clearing.zones[0].margin_sell, clearing.traded), (4, 5, 15));
	assert_eq!(clearing.welfare, 9 * 15 - 4 * 5);

	// Exactly what the buyer wants: the offer bounds the price above, the fully served buyer as well.
	zones[0].injection = 15;
	assert_eq!(cleared(&zones).zones[0].price, 4);
	zones[0].levels.remove(0);
	assert_eq!(cleared(&zones).zones[0].price, 9);
}

#[test]
fn an_injection_that_nothing_can_place_is_refused_where_it_is_stuck() {
	let mut zones = vec![zone(None, &[(9, 15, 3)]), zone(Some(0), &[(5, 2, 0)])];
	zones[1].export = Some(6);
	zones[1].import = Some(4);
	zones[1].injection = 8;
	cleared(&zones);
	zones[1].injection = 9;
	assert_eq!(clear(&zones), Err(Error::Surplus { zone: 1 }));
	let nothing = Clearing { zones: vec![Default::default(); 2], ..Default::default() };
	assert_eq!(check(&zones, &nothing), Err(Violation::Balance { zone: 0 }));
	zones[1].injection = -3;
	cleared(&zones);
	zones[1].injection = -4;
	assert_eq!(clear(&zones), Err(Error::Shortage { zone: 0 }));
	zones[1].injection = -5;
	assert_eq!(clear(&zones), Err(Error::Shortage { zone: 1 }));
	zones[1].injection = 0;
	zones[0].injection = 18;
	assert_eq!(clear(&zones), Err(Error::Surplus { zone: 0 }));
	assert_eq!(
		Error::Surplus { zone: 0 }.to_string(),
		"zone 0: more is injected at and below it than can be bought there or leave it"
	);
	assert_eq!(
		Error::Shortage { zone: 1 }.to_string(),
		"zone 1: more is drawn at and below it than can be sold there or enter it"
	);
}
