//! Random sessions with block orders, and their exact optimum by enumeration and by a mixed-integer programme.

use super::{market, Scale};
use busbar_clearing::{block_orders::inject, clear, orders::Side, supporting_prices, BlockOrder, Lean, Level, Zone};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
use proptest::{collection::vec, prelude::*};

pub type Session = (Vec<Vec<Zone>>, Vec<BlockOrder>);

fn block_orders(
	zones: u32,
	intervals: u32,
	count: std::ops::RangeInclusive<usize>,
	prices: std::ops::RangeInclusive<i64>,
	wh: std::ops::RangeInclusive<u64>,
) -> impl Strategy<Value = Vec<BlockOrder>> {
	let block_order = (0..zones, any::<bool>(), prices, 0..intervals, vec(wh, intervals as usize), 1..=intervals);
	let block_order = block_order.prop_map(move |(zone, buys, price, first, mut wh, length)| {
		wh.truncate(length.min(intervals - first) as usize);
		if wh.iter().all(|wh| *wh == 0) {
			wh[0] = 1;
		}
		BlockOrder { zone, side: if buys { Side::Buy } else { Side::Sell }, price, first, wh }
	});
	vec(block_order, count)
}

/// Sessions of the harshest kind: few prices, limits and ties everywhere, and block orders as large as whole markets.
pub fn session(scale: Scale, most_intervals: usize, most_block_orders: usize) -> impl Strategy<Value = Session> {
	vec(market(scale), 1..=most_intervals).prop_flat_map(move |intervals| {
		let zones = intervals.iter().map(Vec::len).min().unwrap_or(1) as u32;
		let prices = -scale.price..=scale.price;
		let block_orders = block_orders(zones, intervals.len() as u32, 0..=most_block_orders, prices, 0..=scale.wh);
		(Just(intervals), block_orders)
	})
}

/// Sessions that look like a feeder's: four quarter hours, a utility's ladder at the root, a tree of zones below it
/// with loads and plants, links that sometimes bind, and block orders of a few per cent up to a third of an interval's
/// trade.
pub fn feeder_session(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Session> {
	let ladder = vec((90..=300i64, 200..=2_000u64), 3..=8);
	let loads = vec((150..=400i64, 50..=600u64), 2..=6);
	let plants = vec((0..=160i64, 0..=500u64), 0..=4);
	let zone = (any::<prop::sample::Index>(), prop::option::weighted(0.3, 200..=1_500u64), 0..=20u64, loads, plants);
	let tree = vec(zone, 3..=5);
	let interval = (ladder, 60..=90i64, vec(0.5..1.5f64, 10));
	(tree, vec(interval, 4)).prop_flat_map(move |(tree, intervals)| {
		let built = intervals.iter().map(|(ladder, buys_at, scales)| {
			let mut root: Vec<(i64, u64, u64)> = ladder.iter().map(|(price, wh)| (*price, 0, *wh)).collect();
			root.push((*buys_at, 10_000, 0));
			root.push((320, 0, 10_000));
			let mut zones = vec![Zone { levels: levels(root), ..Default::default() }];
			for (index, (place, limit, fee, loads, plants)) in tree.iter().enumerate() {
				let scaled = |wh: u64, at: usize| (wh as f64 * scales[(index + at) % scales.len()]) as u64;
				let mut steps: Vec<(i64, u64, u64)> = Vec::new();
				steps.extend(loads.iter().enumerate().map(|(at, (price, wh))| (*price, scaled(*wh, at), 0)));
				steps.extend(plants.iter().enumerate().map(|(at, (price, wh))| (*price, 0, scaled(*wh, at + 5))));
				let parent = Some(place.index(index + 1) as u32);
				let levels = levels(steps);
				zones.push(Zone { parent, import: *limit, export: *limit, fee: *fee, injection: 0, levels });
			}
			zones
		});
		let built: Vec<Vec<Zone>> = built.collect();
		let block_orders = block_orders(built[0].len() as u32, 4, count.clone(), 60..=330, 50..=1_000);
		(Just(built), block_orders)
	})
}

fn levels(mut steps: Vec<(i64, u64, u64)>) -> Vec<Level> {
	steps.sort_unstable();
	let mut levels: Vec<Level> = Vec::new();
	for (price, buy, sell) in steps {
		match levels.last_mut() {
			Some(level) if level.price == price => {
				level.buy += buy;
				level.sell += sell;
			},
			_ => levels.push(Level { price, buy, sell }),
		}
	}
	levels
}

/// What choosing exactly these block orders comes to.
pub struct Choice {
	pub accepted: Vec<bool>,
	pub welfare: i128,
	/// Some lean keeps every accepted block order in the money.
	pub consistent: bool,
}

/// Every choice of block orders that every interval can place.
pub fn choices((intervals, block_orders): &Session) -> Vec<Choice> {
	let mut choices = Vec::new();
	for subset in 0..1u32 << block_orders.len() {
		let accepted: Vec<bool> = (0..block_orders.len()).map(|at| subset >> at & 1 == 1).collect();
		let cleared: Option<Vec<_>> = (0u32..)
			.zip(intervals)
			.map(|(interval, zones)| {
				let mut zones = zones.clone();
				inject(&mut zones, block_orders, &accepted, interval).unwrap();
				let clearing = clear(&zones).ok()?;
				Some((supporting_prices(&zones, &clearing).unwrap(), clearing.welfare))
			})
			.collect();
		let Some(cleared) = cleared else { continue };
		let mut welfare: i128 = cleared.iter().map(|(_, welfare)| *welfare).sum();
		// The leans that suit all of each side: sellers from the first on, buyers up to the second.
		let (mut from, mut until) = (0, Lean::WHOLE);
		let mut consistent = true;
		for (block_order, _) in block_orders.iter().zip(&accepted).filter(|(_, accepted)| **accepted) {
			let wh = |at: usize| i128::from(block_order.wh[at]);
			let limit: i128 = (0..block_order.wh.len()).map(|at| wh(at) * i128::from(block_order.price)).sum();
			let amount = |lean: u32| -> i128 {
				let price = |at: usize| {
					let (low, high) = cleared[block_order.first as usize + at].0[block_order.zone as usize];
					i128::from(Lean::new(lean).unwrap().price(low, high))
				};
				(0..block_order.wh.len()).map(|at| wh(at) * price(at)).sum()
			};
			if block_order.side == Side::Buy {
				welfare += limit;
				consistent &= amount(0) <= limit;
				until = until.min(last(|lean| amount(lean) <= limit));
			} else {
				welfare -= limit;
				consistent &= amount(Lean::WHOLE) >= limit;
				if amount(0) < limit {
					from = from.max(last(|lean| amount(lean) < limit) + 1);
				}
			}
		}
		consistent &= from <= until || accepted.iter().all(|accepted| !accepted);
		choices.push(Choice { accepted, welfare, consistent });
	}
	choices
}

/// The last lean of those that hold, which come first; 0 even if none does.
fn last(holds: impl Fn(u32) -> bool) -> u32 {
	let (mut at, mut step) = (0u32, 1 << 31);
	while step > 0 {
		if at + step <= Lean::WHOLE && holds(at + step) {
			at += step;
		}
		step /= 2;
	}
	at
}

/// The greatest welfare over all choices of block orders, as one mixed-integer programme.
pub fn mixed_integer_welfare((intervals, block_orders): &Session) -> f64 {
	let mut problem = Problem::new(OptimizationDirection::Maximize);
	let chosen: Vec<_> = block_orders
		.iter()
		.map(|block_order| {
			let worth = block_order.wh.iter().sum::<u64>() as f64 * block_order.price as f64;
			problem.add_binary_var(if block_order.side == Side::Buy { worth } else { -worth })
		})
		.collect();
	for (interval, zones) in (0u32..).zip(intervals) {
		let mut balances = vec![LinearExpr::empty(); zones.len()];
		for (index, zone) in zones.iter().enumerate() {
			for level in &zone.levels {
				balances[index].add(problem.add_var(level.price as f64, (0.0, level.buy as f64)), -1.0);
				balances[index].add(problem.add_var(-(level.price as f64), (0.0, level.sell as f64)), 1.0);
			}
			let Some(parent) = zone.parent else { continue };
			for (limit, sign) in [(zone.import, 1.0), (zone.export, -1.0)] {
				let most = limit.map_or(1e6, |limit| limit as f64);
				let flow = problem.add_var(-(zone.fee as f64), (0.0, most));
				balances[index].add(flow, sign);
				balances[parent as usize].add(flow, -sign);
			}
		}
		for (block_order, chosen) in block_orders.iter().zip(&chosen) {
			let wh = block_order.energy(interval) as f64;
			balances[block_order.zone as usize].add(*chosen, if block_order.side == Side::Buy { -wh } else { wh });
		}
		for balance in balances {
			problem.add_constraint(balance, ComparisonOp::Eq, 0.0);
		}
	}
	problem.solve().unwrap().into_solution().unwrap().objective()
}
