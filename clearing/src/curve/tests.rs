//! Runs in trees against runs in rows, and both against the plain curve.

#![allow(clippy::unwrap_used)]

use super::{forest::Forest, plain, Arena, Curve, Link, Misfit, Rise};
use crate::sample::Numbers;

/// A zone: its parent, its link, what is injected, its own rises.
struct Zone {
	parent: usize,
	link: Link,
	injection: i64,
	rises: Vec<Rise>,
}

/// How zones hang together, and how much of them is bounded.
#[derive(Clone, Copy, Debug)]
enum Shape {
	Chain,
	/// A line, each zone of which has a zone beside it that trades.
	Caterpillar,
	Random,
	/// Two long lines that meet at the root.
	Fork,
}

fn zones(shape: Shape, count: usize, each: u64, limited: u64, seed: u64) -> Vec<Zone> {
	let mut numbers = Numbers::new(seed);
	let mut side = 0u32;
	(0..count)
		.map(|zone| {
			let parent = match shape {
				Shape::Chain => zone.saturating_sub(1),
				Shape::Caterpillar => zone.saturating_sub(1) / 2 * 2,
				Shape::Random => numbers.below(zone as u64) as usize,
				Shape::Fork => zone.saturating_sub(2),
			};
			// Alternating zones drag the rises below them over zero and back.
			let buys = zone % 2 == 0;
			let rises = (0..numbers.below(2 * each + 1))
				.map(|_| {
					let (price, wh) = (numbers.below(1_000) as i64, 1 + numbers.below(500));
					side += 2;
					if buys == (numbers.below(5) > 0) {
						Rise::buy(price, wh, side)
					} else {
						Rise::sell(price, wh, side + 1)
					}
				})
				.collect();
			let mut limit = || (numbers.below(100) < limited).then(|| numbers.below(40 * each * 500));
			let (import, export) = (limit(), limit());
			let fee = if numbers.below(4) == 0 { 0 } else { numbers.below(40) };
			let link = if zone == 0 {
				Link { import: Some(0), export: Some(0), fee: 0 }
			} else {
				Link { import, export, fee }
			};
			let injection = if numbers.below(50) == 0 { numbers.below(2_001) as i64 - 1_000 } else { 0 };
			Zone { parent, link, injection, rises }
		})
		.collect()
}

/// What is taken of each side, by curves that may be trees.
fn cleared(zones: &[Zone]) -> Result<Vec<u64>, (usize, Misfit)> {
	let mut arena = Arena::default();
	let mut curves = vec![Curve::default(); zones.len()];
	let mut taken = vec![0; sides(zones)];
	for (number, zone) in zones.iter().enumerate().rev() {
		let mut curve = core::mem::take(&mut curves[number]);
		zone.rises.iter().for_each(|rise| curve.push(*rise));
		curve.inject(zone.injection);
		curve.pass(zone.link, &mut taken, &mut arena).map_err(|misfit| (number, misfit))?;
		if number > 0 {
			curves[zone.parent].add(curve, &mut arena);
		}
	}
	arena.forest.checked();
	Ok(taken)
}

/// The same by the plain ones.
fn plainly(zones: &[Zone]) -> Result<Vec<u64>, (usize, Misfit)> {
	let mut curves = vec![plain::Curve::default(); zones.len()];
	let mut taken = vec![0; sides(zones)];
	let mut scratch = Vec::new();
	for (number, zone) in zones.iter().enumerate().rev() {
		let mut curve = core::mem::take(&mut curves[number]);
		zone.rises.iter().for_each(|rise| curve.push(*rise));
		curve.inject(zone.injection);
		curve.order();
		let Link { import, export, fee } = zone.link;
		curve.pass(import, export, fee, &mut taken, &mut scratch).map_err(|misfit| (number, misfit))?;
		if number > 0 {
			curves[zone.parent].add(curve);
		}
	}
	Ok(taken)
}

fn sides(zones: &[Zone]) -> usize {
	2 * zones.iter().map(|zone| zone.rises.len()).sum::<usize>() + 4
}

#[test]
fn every_tree_takes_what_the_plain_curve_takes() {
	let first = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
	println!("seeds {first} to {}", first + 11);
	for shape in [Shape::Chain, Shape::Caterpillar, Shape::Random, Shape::Fork] {
		for (count, each, limited) in
			[(1_200, 2, 0), (400, 8, 0), (400, 8, 10), (300, 12, 60), (60, 90, 5), (2, 3_000, 0)]
		{
			for seed in first..first + 12 {
				let zones = zones(shape, count, each, limited, seed);
				let (found, expected) = (cleared(&zones), plainly(&zones));
				assert_eq!(found, expected, "{shape:?}, {count} zones, {each} rises each, seed {seed}");
			}
		}
	}
}

/// Rises at ascending prices.
fn row(count: i64, wh: u64) -> Vec<Rise> {
	(0..count).map(|price| Rise::sell(3 * price, wh, price as u32)).collect()
}

fn drained(forest: &mut Forest, run: Option<u32>) -> Vec<(i64, u64)> {
	let mut out = Vec::new();
	if let Some(run) = run {
		forest.drain(run, |rise| out.push((rise.price, rise.wh)));
	}
	out
}

fn plain_row(rises: &[Rise]) -> Vec<(i64, u64)> {
	rises.iter().map(|rise| (rise.price, rise.wh)).collect()
}

#[test]
fn a_run_hands_out_what_was_built_inserted_and_shifted() {
	let mut forest = Forest::default();
	for count in [1, 2, 24, 25, 32, 33, 1_000, 5_000] {
		let rises = row(count, 5);
		let (even, odd): (Vec<Rise>, Vec<Rise>) = rises.iter().partition(|rise| rise.rank % 2 == 0);
		let run = forest.build(&even).unwrap();
		forest.shift(run, 40);
		let shifted: Vec<Rise> = odd.iter().map(|rise| Rise { price: rise.price + 40, ..*rise }).collect();
		let run = forest.insert(run, &shifted);
		assert_eq!(forest.wh(run), 5 * count as u128);
		forest.shift(run, -40);
		assert_eq!(drained(&mut forest, Some(run)), plain_row(&rises));
	}
	forest.checked();
}

#[test]
fn energy_is_taken_kept_and_spread_to_the_wh() {
	let rises = row(500, 7);
	let all = 3_500u128;
	for wh in [0, 1, 6, 7, 8, 1_749, 1_750, 3_493, 3_499, 3_500, 4_000] {
		let mut forest = Forest::default();
		let run = forest.build(&rises).unwrap();
		let mut first = 0u128;
		let left = forest.take(run, wh, |rise| first += u128::from(rise.wh));
		assert_eq!(first, wh.min(all));
		let rest: u128 = drained(&mut forest, left).iter().map(|(_, wh)| u128::from(*wh)).sum();
		assert_eq!(first + rest, all);

		let run = forest.build(&rises).unwrap();
		let (kept, gone) = forest.keep(run, wh);
		let kept = drained(&mut forest, kept);
		assert_eq!(kept.iter().map(|(_, wh)| u128::from(*wh)).sum::<u128>(), wh.min(all));
		assert_eq!(kept.len() + gone, rises.len());

		let run = forest.build(&rises).unwrap();
		let (run, cut) = forest.spread(run, wh, 1_000_000);
		let spread = drained(&mut forest, Some(run));
		assert_eq!(spread.len(), rises.len() + usize::from(cut));
		assert_eq!(cut, wh % 7 != 0 && wh < all);
		let down: u128 = spread.iter().filter(|(price, _)| *price < 0).map(|(_, wh)| u128::from(*wh)).sum();
		assert_eq!(down, wh.min(all));
		forest.checked();
	}
}
