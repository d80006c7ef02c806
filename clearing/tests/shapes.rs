//! Every shape of market, by construction, against the linear programme and the checker.
//!
//! A failure prints the shape and the seed. `SEED=N` starts elsewhere, `CASES=N` says how many the long run takes:
//! `CASES=10000 cargo test --release -p busbar-clearing --test shapes -- --ignored --nocapture`

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{check, clear, explain, supporting_prices, Zone};
use common::{prices_are_midpoints, shapes::Shape, Programme};

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
	std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Compares one market, and says what of the shape's promise it kept.
fn compare(shape: Shape, seed: u64) {
	let zones = shape.market(seed);
	let name = format!("{shape:?}, seed {seed}");
	let clearing = clear(&zones).unwrap_or_else(|error| panic!("{name}: {error}"));
	check(&zones, &clearing).unwrap_or_else(|violation| panic!("{name}: {violation}"));
	explain(&zones, &clearing).unwrap();
	for ((low, high), zone) in supporting_prices(&zones, &clearing).unwrap().into_iter().zip(&clearing.zones) {
		assert_eq!(zone.price, (low + high).div_euclid(2), "{name}");
	}
	prices_are_midpoints(&zones, &clearing).unwrap_or_else(|error| panic!("{name}: {error}"));
	let programme = Programme::new(&zones);
	let (welfare, found) = (clearing.welfare as f64, programme.welfare());
	assert!((found - welfare).abs() <= 1e-9 * welfare.abs() + 1e-3, "{name}: welfare {welfare}, programme {found}");
	if shape == Shape::TiesEverywhere {
		let most = programme.most_traded(welfare - 1e-6);
		assert!((most - clearing.traded as f64).abs() < 1e-2, "{name}: traded {}, programme {most}", clearing.traded);
	}
	promise(shape, &zones, clearing.traded, &name);
}

/// That the market is what its shape says.
fn promise(shape: Shape, zones: &[Zone], traded: u64, name: &str) {
	let links = || zones.iter().skip(1);
	let limits = || links().flat_map(|zone| [zone.import, zone.export]);
	let levels = || zones.iter().flat_map(|zone| &zone.levels);
	let lowest_buy = levels().filter(|level| level.buy > 0).map(|level| level.price).min();
	let highest_sell = levels().filter(|level| level.sell > 0).map(|level| level.price).max();
	let kept = match shape {
		Shape::Deep => (1u32..).zip(links()).all(|(zone, link)| link.parent == Some(zone - 1)),
		Shape::Wide => links().all(|link| link.parent == Some(0)),
		Shape::Unlimited => limits().all(|limit| limit.is_none()),
		Shape::NegativePrices => levels().all(|level| level.price < 0),
		Shape::HugeRootLadder => {
			let all: u64 = zones.iter().skip(1).flat_map(|zone| &zone.levels).map(|level| level.buy + level.sell).sum();
			zones[0].levels.iter().any(|level| level.sell > all) && zones[0].levels.iter().any(|level| level.buy > all)
		},
		Shape::TiesEverywhere => levels().all(|level| level.price == 0 || level.price == 10),
		Shape::SingleZone => zones.len() == 1,
		Shape::EverythingCrossed => match (lowest_buy, highest_sell) {
			(Some(buy), Some(sell)) => buy - links().map(|zone| zone.fee as i64).sum::<i64>() > sell,
			_ => true,
		},
		Shape::NothingCrossed => {
			traded == 0
				&& lowest_buy.zip(highest_sell).is_none_or(|_| {
					let highest_buy = levels().filter(|level| level.buy > 0).map(|level| level.price).max();
					let lowest_sell = levels().filter(|level| level.sell > 0).map(|level| level.price).min();
					highest_buy < lowest_sell
				})
		},
		// These hold for most seeds; a test below counts them.
		Shape::Mixed | Shape::ZeroLimits | Shape::EmptyZones => true,
	};
	assert!(kept, "{name}: not of its shape");
}

#[test]
fn every_shape_reaches_the_optimum() {
	let first = setting("SEED", 1);
	println!("seeds {first} to {} of each of {} shapes", first + 29, Shape::ALL.len());
	for shape in Shape::ALL {
		(first..first + 30).for_each(|seed| compare(shape, seed));
	}
}

#[test]
#[ignore = "long: 10,000 cases against the linear programme"]
fn ten_thousand_markets_of_every_shape_reach_the_optimum() {
	let (first, cases) = (setting("SEED", 1_000), setting("CASES", 10_000));
	let each = cases.div_ceil(Shape::ALL.len() as u64);
	println!("seeds {first} to {} of each of {} shapes: {} cases", first + each - 1, Shape::ALL.len(), each * 12);
	for shape in Shape::ALL {
		(first..first + each).for_each(|seed| compare(shape, seed));
	}
}

#[test]
fn what_shapes_promise_only_for_most_seeds_occurs_in_many() {
	let count = |shape: Shape, has: fn(&[Zone]) -> bool| (1..=30).filter(|seed| has(&shape.market(*seed))).count();
	let zero = |zones: &[Zone]| zones.iter().skip(1).any(|zone| zone.import == Some(0) || zone.export == Some(0));
	let empty = |zones: &[Zone]| zones.iter().any(|zone| zone.levels.is_empty());
	let trades = |zones: &[Zone]| clear(zones).unwrap().traded > 0;
	let congested = |zones: &[Zone]| clear(zones).unwrap().rent > 0;
	assert!(count(Shape::ZeroLimits, zero) >= 25);
	assert!(count(Shape::EmptyZones, empty) >= 25);
	assert!(count(Shape::EverythingCrossed, trades) >= 20);
	for shape in [Shape::Deep, Shape::Wide, Shape::Mixed, Shape::NegativePrices, Shape::HugeRootLadder] {
		assert!(count(shape, trades) >= 20, "{shape:?}");
		assert!(count(shape, congested) >= 5, "{shape:?}");
	}
}

#[test]
fn a_seed_gives_the_same_market_again() {
	for shape in Shape::ALL {
		assert_eq!(shape.market(7), shape.market(7));
		assert_ne!(shape.market(7), shape.market(8));
	}
}
