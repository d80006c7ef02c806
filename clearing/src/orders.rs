//! From orders to levels, and from a result to the fills of orders.

use crate::{Clearing, Error, Level, Violation, Zone, ZoneResult};
use alloc::{collections::BTreeMap, vec::Vec};

/// Which way energy goes, seen from who orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
	Buy,
	Sell,
}

/// One step of an order's curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
	pub side: Side,
	/// Limit price, in nEUR/Wh.
	pub price: i64,
	/// Quantity, in Wh.
	pub wh: u64,
}

/// An order at one zone. Orders are listed in the order of their arrival, which is their time priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
	/// Index of the zone.
	pub zone: u32,
	/// Steps, in their time priority among each other.
	pub steps: Vec<Step>,
}

/// Adds orders to the levels of their zones.
///
/// # Errors
/// If an order names an unknown zone or would trade with itself, or a level leaves 64 bits. The zones are then
/// partly changed.
pub fn add(zones: &mut [Zone], orders: &[Order]) -> Result<(), Error> {
	// Steps by zone, counted first and then put in place, so that only short runs are sorted.
	let mut starts = alloc::vec![0usize; zones.len()];
	for (number, order) in (0u32..).zip(orders) {
		let start = starts.get_mut(order.zone as usize);
		let start = start.ok_or(Error::UnknownZone { order: number, zone: order.zone })?;
		if crosses_itself(&order.steps) {
			return Err(Error::SelfCrossing { order: number });
		}
		*start += order.steps.len();
	}
	let mut total = 0usize;
	for start in &mut starts {
		total += core::mem::replace(start, total);
	}
	let mut all = alloc::vec![(0i64, Side::Buy, 0u64); total];
	for order in orders {
		let next = &mut starts[order.zone as usize];
		for step in &order.steps {
			all[*next] = (step.price, step.side, step.wh);
			*next += 1;
		}
	}
	// Each start has moved to the end of its zone's run.
	let mut from = 0;
	for ((number, zone), to) in (0u32..).zip(zones).zip(starts) {
		let steps = &mut all[from..to];
		from = to;
		if !steps.is_empty() {
			steps.sort_unstable_by_key(|(price, ..)| *price);
			add_sorted(number, zone, steps)?;
		}
	}
	Ok(())
}

/// Adds steps in the order of their prices to a zone's levels.
fn add_sorted(number: u32, zone: &mut Zone, steps: &[(i64, Side, u64)]) -> Result<(), Error> {
	let prices = steps.chunk_by(|a, b| a.0 == b.0).count();
	let standing = core::mem::replace(&mut zone.levels, Vec::with_capacity(prices));
	let mut standing = standing.into_iter().peekable();
	for steps in steps.chunk_by(|a, b| a.0 == b.0) {
		let price = steps.first().map_or(0, |(price, ..)| *price);
		while let Some(level) = standing.next_if(|level| level.price < price) {
			zone.levels.push(level);
		}
		let standing = standing.next_if(|level| level.price == price);
		let mut level = standing.unwrap_or(Level { price, buy: 0, sell: 0 });
		for (_, side, wh) in steps {
			let sum = match side {
				Side::Buy => &mut level.buy,
				Side::Sell => &mut level.sell,
			};
			*sum = sum.checked_add(*wh).ok_or(Error::LevelOverflow { zone: number, price })?;
		}
		zone.levels.push(level);
	}
	zone.levels.extend(standing);
	Ok(())
}

/// Whether a buy step is priced at or above a sell step of the same order.
pub fn crosses_itself(steps: &[Step]) -> bool {
	let prices = |side| steps.iter().filter(move |step| step.side == side).map(|step| step.price);
	match (prices(Side::Buy).max(), prices(Side::Sell).min()) {
		(Some(buy), Some(sell)) => buy >= sell,
		_ => false,
	}
}

/// Energy accepted of one step, in Wh: all of it if its price is better than the zone's, nothing if it is worse, and
/// at the zone price what earlier steps leave of the margin.
///
/// `ahead` is the energy of earlier steps of the same zone, side and price, in Wh.
pub fn fill(side_is_buy: bool, price: i64, wh: u64, zone: &ZoneResult, ahead: u64) -> u64 {
	if price == zone.price {
		let margin = if side_is_buy { zone.margin_buy } else { zone.margin_sell };
		return wh.min(margin.saturating_sub(ahead));
	}
	if side_is_buy == (price > zone.price) {
		wh
	} else {
		0
	}
}

/// Accepted energy of every step of every order, in Wh. Orders at unknown zones get nothing.
pub fn fills(orders: &[Order], clearing: &Clearing) -> Vec<Vec<u64>> {
	let mut margins: BTreeMap<(u32, Side), u64> = BTreeMap::new();
	let mut of_step = |zone: u32, step: &Step| {
		let Some(result) = clearing.zones.get(zone as usize) else { return 0 };
		// Only steps at the zone price compete, so one sum per zone and side is enough.
		if step.price != result.price {
			return fill(step.side == Side::Buy, step.price, step.wh, result, 0);
		}
		let ahead = margins.entry((zone, step.side)).or_default();
		let accepted = fill(step.side == Side::Buy, step.price, step.wh, result, *ahead);
		*ahead = ahead.saturating_add(step.wh);
		accepted
	};
	orders.iter().map(|order| order.steps.iter().map(|step| of_step(order.zone, step)).collect()).collect()
}

/// Proves that every step is accepted as its price and its time priority demand. Together with [`crate::check`] of the
/// market that the orders make up, this proves a result right down to the last order.
///
/// # Errors
/// The first violation, in the order of the orders.
pub fn check_fills(orders: &[Order], clearing: &Clearing, accepted: &[Vec<u64>]) -> Result<(), Violation> {
	let expected = fills(orders, clearing);
	if expected.len() != accepted.len() {
		return Err(Violation::FillCount { order: expected.len().min(accepted.len()) as u32 });
	}
	for ((order, expected), accepted) in (0u32..).zip(&expected).zip(accepted) {
		if expected.len() != accepted.len() {
			return Err(Violation::FillCount { order });
		}
		for ((step, expected), accepted) in (0u32..).zip(expected).zip(accepted) {
			if expected != accepted {
				return Err(Violation::Fill { order, step, expected: *expected });
			}
		}
	}
	Ok(())
}
