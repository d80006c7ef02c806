//! The solver: allocation bottom up, flows, prices, money.

use crate::{
	curve::{Arena, Curve, Link, Misfit, Rise},
	price::{self, Range},
	tree,
	types::{Accepted, Lean},
	Clearing, Error, Zone, ZoneResult,
};
use alloc::{vec, vec::Vec};

/// Clears one interval's market exactly.
///
/// The allocation balances every zone with its injection, respects every limit and maximises accepted buys times their
/// limit prices, less accepted sells times theirs, less fees times flows. Among such allocations it trades the most
/// energy. Among those, where steps of one side in several zones are worth the same at the zone where their paths meet, steps of the
/// zone with the lower index go first.
///
/// Prices: the midpoint, rounded down, of the component-wise least and greatest price vectors that support the
/// allocation within a box around all prices. The box reaches from the lowest step price less the sum of all link
/// fees to the highest step price plus that sum (both step prices are taken as 0 where there are no steps). It always
/// contains a supporting vector, and never cuts off an end that levels and links bound.
///
/// # Errors
/// If the market is malformed, or a number leaves its type: see [`Error`].
pub fn clear(zones: &[Zone]) -> Result<Clearing, Error> {
	Solved::new(zones)?.clearing(zones, Lean::MIDDLE)
}

/// Clears as [`clear`] does, but with prices elsewhere between the least and the greatest supporting ones: where the
/// block orders of a session need them. The allocation is the same.
///
/// # Errors
/// As [`clear`].
pub fn clear_leaning(zones: &[Zone], lean: Lean) -> Result<Clearing, Error> {
	Solved::new(zones)?.clearing(zones, lean)
}

/// An allocation, before a price is chosen for every zone.
pub(crate) struct Solved {
	firsts: Vec<usize>,
	accepted: Vec<Accepted>,
	flows: Vec<i64>,
	/// The supporting prices of every zone.
	pub(crate) ranges: Vec<Range>,
}

impl Solved {
	pub(crate) fn new(zones: &[Zone]) -> Result<Self, Error> {
		tree::validate(zones)?;
		let firsts = first_levels(zones);
		let accepted = allocate(zones, &firsts)?;
		let flows = flows(zones, &firsts, &accepted)?;
		let ranges = price::supporting(zones, &firsts, &accepted, &flows);
		Ok(Solved { firsts, accepted, flows, ranges })
	}

	pub(crate) fn clearing(&self, zones: &[Zone], lean: Lean) -> Result<Clearing, Error> {
		let prices: Vec<i64> = self.ranges.iter().map(|range| range.price(lean)).collect();
		results(zones, &self.firsts, &self.accepted, &self.flows, &prices)
	}
}

/// Number of each zone's first level, counting levels over all zones.
fn first_levels(zones: &[Zone]) -> Vec<usize> {
	let mut next = 0;
	zones
		.iter()
		.map(|zone| {
			let first = next;
			next += zone.levels.len();
			first
		})
		.collect()
}

/// Accepted energy of every level.
fn allocate(zones: &[Zone], firsts: &[usize]) -> Result<Vec<Accepted>, Error> {
	let count: usize = zones.iter().map(|zone| zone.levels.len()).sum();
	// Side 2n is the buy side of level n, side 2n + 1 its sell side.
	let mut taken = vec![0u64; 2 * count];
	let mut curves = vec![Curve::default(); zones.len()];
	let mut arena = Arena::default();
	// A parent stands before its children, so backwards every curve is complete when its turn comes.
	for (index, zone) in zones.iter().enumerate().rev() {
		let mut curve = core::mem::take(&mut curves[index]);
		for (number, level) in (firsts[index]..).zip(&zone.levels) {
			// Numbers of sides fit: `validate` has counted the levels.
			let side = 2 * number as u32;
			curve.push(Rise::sell(level.price, level.sell, side + 1));
			curve.push(Rise::buy(level.price, level.buy, side));
		}
		curve.inject(zone.injection);
		// Nothing enters or leaves at the root: what rises below zero happens, the rest does not.
		let link = match zone.parent {
			Some(_) => Link { import: zone.import, export: zone.export, fee: zone.fee },
			None => Link { import: Some(0), export: Some(0), fee: 0 },
		};
		let at = index as u32;
		curve.pass(link, &mut taken, &mut arena).map_err(|misfit| match misfit {
			Misfit::Surplus => Error::Surplus { zone: at },
			Misfit::Shortage => Error::Shortage { zone: at },
		})?;
		if let Some(parent) = zone.parent {
			curves[parent as usize].add(curve, &mut arena);
		}
	}
	let levels = zones.iter().flat_map(|zone| &zone.levels);
	Ok(levels
		.zip(taken.chunks_exact(2))
		.map(|(level, taken)| Accepted { buy: level.buy - taken[0], sell: taken[1] })
		.collect())
}

/// Flow from its parent into every zone, in Wh.
fn flows(zones: &[Zone], firsts: &[usize], accepted: &[Accepted]) -> Result<Vec<i64>, Error> {
	let mut needs = vec![0i128; zones.len()];
	for (index, zone) in zones.iter().enumerate().rev() {
		needs[index] -= i128::from(zone.injection);
		for level in &accepted[firsts[index]..][..zone.levels.len()] {
			needs[index] += i128::from(level.buy) - i128::from(level.sell);
		}
		if let Some(parent) = zone.parent {
			needs[parent as usize] += needs[index];
		}
	}
	let flow = |(zone, need): (u32, &i128)| i64::try_from(*need).map_err(|_| Error::FlowOverflow { zone });
	(0u32..).zip(&needs).map(flow).collect()
}

/// Money, and what of the allocation cannot be read off the prices.
fn results(
	zones: &[Zone],
	firsts: &[usize],
	accepted: &[Accepted],
	flows: &[i64],
	prices: &[i64],
) -> Result<Clearing, Error> {
	let mut clearing = Clearing { zones: Vec::with_capacity(zones.len()), ..Default::default() };
	let mut surplus = 0i128;
	let mut traded = 0u128;
	for (index, zone) in zones.iter().enumerate() {
		let mut result = ZoneResult { price: prices[index], flow: flows[index], ..Default::default() };
		for (level, accepted) in zone.levels.iter().zip(&accepted[firsts[index]..]) {
			if level.price == result.price {
				result.margin_buy = accepted.buy;
				result.margin_sell = accepted.sell;
			}
			let net = i128::from(accepted.buy) - i128::from(accepted.sell);
			let worth = net.checked_mul(i128::from(level.price)).ok_or(Error::TotalOverflow)?;
			surplus = surplus.checked_add(worth).ok_or(Error::TotalOverflow)?;
			traded = traded.checked_add(u128::from(accepted.buy)).ok_or(Error::TotalOverflow)?;
		}
		if let Some(parent) = zone.parent {
			let parent = parent as usize;
			// Sums of fees stay below `MAX_FEES`.
			result.path_fee = clearing.zones[parent].path_fee + zone.fee;
			let flow = u128::from(result.flow.unsigned_abs());
			result.fees = flow * u128::from(zone.fee);
			// Supporting prices differ in the flow's direction, by the fee at least.
			let spread = flow * u128::from(result.price.abs_diff(prices[parent]));
			result.rent = spread - result.fees;
			clearing.fees = clearing.fees.checked_add(result.fees).ok_or(Error::TotalOverflow)?;
			clearing.rent = clearing.rent.checked_add(result.rent).ok_or(Error::TotalOverflow)?;
		}
		clearing.zones.push(result);
	}
	let fees = i128::try_from(clearing.fees).map_err(|_| Error::TotalOverflow)?;
	clearing.welfare = surplus.checked_sub(fees).ok_or(Error::TotalOverflow)?;
	clearing.traded = u64::try_from(traded).map_err(|_| Error::TotalOverflow)?;
	Ok(clearing)
}
