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
	let mut sides: Vec<(u32, i64, Side, u64)> = Vec::new();
	for (number, order) in (0u32..).zip(orders) {
		if order.zone as usize >= zones.len() {
			return Err(Error::UnknownZone { order: number, zone: order.zone });
		}
		if crosses_itself(&order.steps) {
			return Err(Error::SelfCrossing { order: number });
		}
		sides.extend(order.steps.iter().map(|step| (order.zone, step.price, step.side, step.wh)));
	}
	// Levels that stand already join as steps, so that one sorted run rebuilds each zone.
	let mut touched = alloc::vec![false; zones.len()];
	sides.iter().for_each(|(zone, ..)| touched[*zone as usize] = true);
	for ((number, zone), _) in (0u32..).zip(zones.iter_mut()).zip(&touched).filter(|(_, touched)| **touched) {
		for level in zone.levels.drain(..) {
			sides.push((number, level.price, Side::Buy, level.buy));
			sides.push((number, level.price, Side::Sell, level.sell));
		}
	}
	sides.sort_unstable();
	for (number, price, side, wh) in sides {
		let levels = &mut zones[number as usize].levels;
		if levels.last().is_none_or(|level| level.price != price) {
			levels.push(Level { price, buy: 0, sell: 0 });
		}
		let Some(level) = levels.last_mut() else { continue };
		let sum = match side {
			Side::Buy => &mut level.buy,
			Side::Sell => &mut level.sell,
		};
		*sum = sum.checked_add(wh).ok_or(Error::LevelOverflow { zone: number, price })?;
	}
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
