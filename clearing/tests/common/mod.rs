//! Random markets, and their optimum by a general linear programme.
#![allow(dead_code)]

pub mod sessions;
pub mod shapes;

use busbar_clearing::{Clearing, Level, Zone};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Variable};
use proptest::{collection::vec, prelude::*};

/// How markets are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
	pub zones: usize,
	pub levels: usize,
	pub price: i64,
	pub wh: u64,
	pub fee: u64,
}

/// Small enough for a linear programme in floating point to be exact, with few prices, so that ties are everywhere.
pub const SMALL: Scale = Scale { zones: 9, levels: 5, price: 6, wh: 6, fee: 3 };
/// More of everything, still within floating point.
pub const MIDDLE: Scale = Scale { zones: 30, levels: 12, price: 1000, wh: 5000, fee: 60 };
/// At the edge of what the library accepts.
pub const HUGE: Scale = Scale { zones: 9, levels: 5, price: 1 << 40, wh: 1 << 53, fee: 1 << 50 };

fn limit(wh: u64) -> impl Strategy<Value = Option<u64>> {
	prop_oneof![3 => Just(None), 2 => Just(Some(0)), 4 => (0..=wh).prop_map(Some), 2 => (0..=wh * 4).prop_map(Some)]
}

/// Quantity of one side of a level: often none, sometimes far more than all others.
fn side(wh: u64) -> impl Strategy<Value = u64> {
	prop_oneof![4 => Just(0), 8 => 0..=wh, 1 => Just(wh * 20)]
}

fn levels(scale: Scale) -> impl Strategy<Value = Vec<Level>> {
	let level = (-scale.price..=scale.price, side(scale.wh), side(scale.wh));
	let some = vec(level, 0..=scale.levels).prop_map(|mut levels| {
		levels.sort();
		levels.dedup_by_key(|level| level.0);
		levels.into_iter().map(|(price, buy, sell)| Level { price, buy, sell }).collect()
	});
	prop_oneof![1 => Just(Vec::new()), 4 => some]
}

/// Chains, stars and everything between: the shape bounds how far above a parent may stand.
pub fn market(scale: Scale) -> impl Strategy<Value = Vec<Zone>> {
	let fee = prop_oneof![2 => Just(0), 4 => 0..=scale.fee];
	let zone = (any::<prop::sample::Index>(), limit(scale.wh), limit(scale.wh), fee, levels(scale));
	let shape = prop_oneof![Just(1usize), Just(usize::MAX), 1..5usize];
	(vec(zone, 1..=scale.zones), shape, any::<bool>()).prop_map(|(zones, reach, from_root)| {
		let built = zones.into_iter().enumerate().map(|(index, (place, import, export, fee, levels))| {
			let offset = place.index(reach.min(index.max(1)));
			let parent = (index > 0).then(|| if from_root { offset.min(index - 1) } else { index - 1 - offset } as u32);
			Zone { parent, import, export, fee, injection: 0, levels }
		});
		built.collect()
	})
}

/// Markets with energy that comes and goes whatever the price is, often more than can be placed.
pub fn injected(scale: Scale) -> impl Strategy<Value = Vec<Zone>> {
	let most = scale.wh as i64 * 2;
	let injection = prop_oneof![3 => Just(0), 2 => -most..=most];
	(market(scale), vec(injection, scale.zones)).prop_map(|(mut zones, injections)| {
		zones.iter_mut().zip(injections).for_each(|(zone, injection)| zone.injection = injection);
		zones
	})
}

/// A zone without limits and fees; levels are (price, buy, sell).
pub fn zone(parent: Option<u32>, levels: &[(i64, u64, u64)]) -> Zone {
	let levels = levels.iter().map(|&(price, buy, sell)| Level { price, buy, sell }).collect();
	Zone { parent, levels, ..Default::default() }
}

/// What the buyers among the levels pay less what their sellers receive, in nEUR.
pub fn paid_by_levels(zones: &[Zone], clearing: &Clearing) -> i128 {
	let mut paid = 0;
	for (zone, result) in zones.iter().zip(&clearing.zones) {
		for level in &zone.levels {
			let buy = busbar_clearing::fill(true, level.price, level.buy, result, 0);
			let sell = busbar_clearing::fill(false, level.price, level.sell, result, 0);
			paid += i128::from(result.price) * (i128::from(buy) - i128::from(sell));
		}
	}
	paid
}

/// Least and greatest supporting prices by relaxing every bound until nothing moves.
fn supporting_prices(zones: &[Zone], clearing: &Clearing) -> Vec<(i64, i64)> {
	let standing: Vec<i64> = zones
		.iter()
		.flat_map(|zone| &zone.levels)
		.filter(|level| level.buy + level.sell > 0)
		.map(|level| level.price)
		.collect();
	let fees: i64 = zones.iter().skip(1).map(|zone| zone.fee as i64).sum();
	let low = standing.iter().min().unwrap_or(&0) - fees;
	let high = standing.iter().max().unwrap_or(&0) + fees;
	let mut ranges = vec![(low, high); zones.len()];
	loop {
		let before = ranges.clone();
		for (index, zone) in zones.iter().enumerate() {
			let result = &clearing.zones[index];
			for level in &zone.levels {
				let at = level.price == result.price;
				let bought = if at { result.margin_buy } else { level.buy * u64::from(level.price > result.price) };
				let sold = if at { result.margin_sell } else { level.sell * u64::from(level.price < result.price) };
				if bought < level.buy || sold > 0 {
					ranges[index].0 = ranges[index].0.max(level.price);
				}
				if sold < level.sell || bought > 0 {
					ranges[index].1 = ranges[index].1.min(level.price);
				}
			}
			let Some(parent) = zone.parent.map(|parent| parent as usize) else { continue };
			let (fee, flow) = (zone.fee as i64, result.flow);
			let below_import = zone.import.is_none_or(|import| flow < import as i64);
			let below_export = zone.export.is_none_or(|export| -flow < export as i64);
			if below_import {
				// One more Wh in must not pay.
				let most = if flow < 0 { -fee } else { fee };
				ranges[index].1 = ranges[index].1.min(ranges[parent].1 + most);
				ranges[parent].0 = ranges[parent].0.max(ranges[index].0 - most);
			}
			if below_export {
				let least = if flow > 0 { fee } else { -fee };
				ranges[index].0 = ranges[index].0.max(ranges[parent].0 + least);
				ranges[parent].1 = ranges[parent].1.min(ranges[index].1 - least);
			}
		}
		if ranges == before {
			return ranges;
		}
	}
}

/// That every price is the rounded midpoint of what the search finds.
pub fn prices_are_midpoints(zones: &[Zone], clearing: &Clearing) -> Result<(), TestCaseError> {
	for (zone, (low, high)) in supporting_prices(zones, clearing).into_iter().enumerate() {
		prop_assert!(low <= high);
		prop_assert_eq!(clearing.zones[zone].price, (low + high).div_euclid(2), "zone {} in {}..{}", zone, low, high);
	}
	Ok(())
}

/// The market as a linear programme: one variable per side of a level and per direction of a link.
pub struct Programme {
	/// Variable, bound, gain per Wh.
	variables: Vec<(f64, f64)>,
	buys: Vec<usize>,
	/// Per zone, variables with the sign in which they bring energy in.
	balances: Vec<Vec<(usize, f64)>>,
	/// Per zone, what enters it whatever happens.
	injections: Vec<f64>,
}

impl Programme {
	pub fn new(zones: &[Zone]) -> Self {
		let mut programme = Programme {
			variables: Vec::new(),
			buys: Vec::new(),
			balances: vec![Vec::new(); zones.len()],
			injections: zones.iter().map(|zone| zone.injection as f64).collect(),
		};
		for (index, zone) in zones.iter().enumerate() {
			for level in &zone.levels {
				let buy = programme.variable(level.buy as f64, level.price as f64);
				programme.buys.push(buy);
				programme.balances[index].push((buy, -1.0));
				let sell = programme.variable(level.sell as f64, -(level.price as f64));
				programme.balances[index].push((sell, 1.0));
			}
			let Some(parent) = zone.parent else { continue };
			for (limit, sign) in [(zone.import, 1.0), (zone.export, -1.0)] {
				let flow = programme.variable(limit.map_or(f64::INFINITY, |limit| limit as f64), -(zone.fee as f64));
				programme.balances[index].push((flow, sign));
				programme.balances[parent as usize].push((flow, -sign));
			}
		}
		programme
	}

	fn variable(&mut self, most: f64, gain: f64) -> usize {
		self.variables.push((most, gain));
		self.variables.len() - 1
	}

	fn solve(&self, gains: impl Fn(usize) -> f64, least_welfare: Option<f64>) -> Option<f64> {
		let mut problem = Problem::new(OptimizationDirection::Maximize);
		let variables: Vec<Variable> =
			self.variables.iter().enumerate().map(|(at, (most, _))| problem.add_var(gains(at), (0.0, *most))).collect();
		for (balance, injection) in self.balances.iter().zip(&self.injections) {
			let mut sum = LinearExpr::empty();
			balance.iter().for_each(|(at, sign)| sum.add(variables[*at], *sign));
			problem.add_constraint(sum, ComparisonOp::Eq, -injection);
		}
		if let Some(least) = least_welfare {
			let mut sum = LinearExpr::empty();
			variables.iter().zip(&self.variables).for_each(|(variable, (_, gain))| sum.add(*variable, *gain));
			problem.add_constraint(sum, ComparisonOp::Ge, least);
		}
		match problem.solve() {
			Ok(outcome) => Some(outcome.into_solution().unwrap().objective()),
			Err(microlp::Error::Infeasible) => None,
			Err(error) => panic!("{error}"),
		}
	}

	/// Greatest welfare, in nEUR; `None` if injections cannot be placed.
	pub fn feasible_welfare(&self) -> Option<f64> {
		self.solve(|at| self.variables[at].1, None)
	}

	/// Greatest welfare of a market without injections, in nEUR.
	pub fn welfare(&self) -> f64 {
		self.feasible_welfare().unwrap()
	}

	/// Most energy that can be traded at a welfare, in Wh.
	pub fn most_traded(&self, welfare: f64) -> f64 {
		self.solve(|at| if self.buys.contains(&at) { 1.0 } else { 0.0 }, Some(welfare)).unwrap()
	}
}
