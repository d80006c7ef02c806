//! Why every zone has the price that it has.
//!
//! A zone's price is the midpoint of the least and the greatest price that support the allocation. Each of the two ends
//! is set by one step somewhere in the tree and reaches the zone over links. From where, is what this module finds.

use crate::{
	check::{self, accepted},
	orders::Side,
	price::{link, widest, Range},
	Clearing, Violation, Zone, ZoneResult,
};
use alloc::{vec, vec::Vec};

/// The step that sets one end of a zone's supporting prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
	/// The zone in which the step stands.
	pub zone: u32,
	/// The step's side.
	pub side: Side,
	/// Its limit price, in nEUR/Wh.
	pub price: i64,
	/// Whether some of it is accepted; if not, some of it is left.
	pub accepted: bool,
}

/// One end of the prices that support the allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
	/// The supporting price, in nEUR/Wh.
	pub price: i64,
	/// The neighbouring zone over which it arrives; `None` if it arises in the zone itself.
	pub via: Option<u32>,
	/// What sets it; `None` if no step does, and the box of [`crate::clear`] ends it.
	pub origin: Option<Origin>,
}

/// Why a zone has its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
	/// Steps of the zone itself at its price are accepted in part, or on one side only: no other price separates them.
	OwnMargin {
		/// Wh accepted of the buy and the sell side of the level at the price.
		accepted: (u64, u64),
		/// Wh standing on both sides.
		standing: (u64, u64),
	},
	/// The link to a neighbour carries flow inside its limits, so that both prices differ by exactly its fee.
	Link {
		/// The zone whose price this one follows.
		neighbour: u32,
		/// The zone below the link: the link is the one to its parent.
		link: u32,
	},
	/// The midpoint, rounded down, of these two.
	Midpoint { low: Bound, high: Bound },
}

/// A limit that the flow reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
	/// The import limit, in Wh.
	Import(u64),
	/// The export limit, in Wh.
	Export(u64),
}

/// A zone's price and link, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
	/// Why the zone has its price.
	pub cause: Cause,
	/// The limit of the link to the parent that holds the flow back, if one does.
	pub full: Option<Full>,
}

/// Explains a result, zone by zone.
///
/// # Errors
/// The first violation, if the result is not right.
pub fn explain(zones: &[Zone], clearing: &Clearing) -> Result<Vec<Explanation>, Violation> {
	check::check(zones, clearing)?;
	let ends = ends(zones, clearing);
	let explanation = |((index, (low, high)), (zone, result)): ((u32, (Bound, Bound)), (&Zone, &ZoneResult))| {
		let cause = own_margin(zone, result, &low, &high)
			.or_else(|| followed(zones, clearing, index, &low, &high))
			.unwrap_or(Cause::Midpoint { low, high });
		Explanation { cause, full: full(zone, result) }
	};
	Ok((0u32..).zip(ends).zip(zones.iter().zip(&clearing.zones)).map(explanation).collect())
}

/// Both ends set by the zone's own level at its price.
fn own_margin(zone: &Zone, result: &ZoneResult, low: &Bound, high: &Bound) -> Option<Cause> {
	let own = |bound: &Bound| bound.via.is_none() && bound.origin.is_some() && bound.price == result.price;
	if !own(low) || !own(high) {
		return None;
	}
	let at = zone.levels.binary_search_by_key(&result.price, |level| level.price).ok()?;
	let level = &zone.levels[at];
	Some(Cause::OwnMargin { accepted: (result.margin_buy, result.margin_sell), standing: (level.buy, level.sell) })
}

/// Both ends arrive over one link, whose flow ties the two prices together.
fn followed(zones: &[Zone], clearing: &Clearing, index: u32, low: &Bound, high: &Bound) -> Option<Cause> {
	let neighbour = low.via?;
	if high.via? != neighbour {
		return None;
	}
	// The later of the two zones is the child.
	let below = index.max(neighbour);
	let (least, most) = link(&zones[below as usize], clearing.zones[below as usize].flow);
	(least? == most?).then_some(Cause::Link { neighbour, link: below })
}

/// The limit that holds the flow back.
fn full(zone: &Zone, result: &ZoneResult) -> Option<Full> {
	zone.parent?;
	let wh = result.flow.unsigned_abs();
	if result.flow > 0 {
		zone.import.filter(|import| *import == wh).map(Full::Import)
	} else if result.flow < 0 {
		zone.export.filter(|export| *export == wh).map(Full::Export)
	} else {
		None
	}
}

/// Least and greatest supporting price of every zone, each with the step that sets it. One pass towards the root and
/// one back, in which a bound replaces another only if it is strictly tighter: so no bound arrives by way of itself.
fn ends(zones: &[Zone], clearing: &Clearing) -> Vec<(Bound, Bound)> {
	let Range { low, high } = widest(zones);
	let end = |price| Bound { price, via: None, origin: None };
	let open = (end(low), end(high));
	let mut ends = vec![open; zones.len()];
	for index in (0..zones.len()).rev() {
		own(&mut ends[index], index as u32, &zones[index], &clearing.zones[index]);
		let Some(parent) = zones[index].parent else { continue };
		let (low, high) = link(&zones[index], clearing.zones[index].flow);
		let from = ends[index];
		arrive(&mut ends[parent as usize], from, index as u32, high.map(|high| -high), low.map(|low| -low));
	}
	for index in 0..zones.len() {
		let Some(parent) = zones[index].parent else { continue };
		let (low, high) = link(&zones[index], clearing.zones[index].flow);
		let from = ends[parent as usize];
		arrive(&mut ends[index], from, parent, low, high);
	}
	ends
}

/// Tightens both ends by the zone's own steps: what is accepted is worth its price, what is left is not.
fn own(ends: &mut (Bound, Bound), index: u32, zone: &Zone, result: &ZoneResult) {
	for level in &zone.levels {
		let (buy, sell) = accepted(level, result);
		let bound = |side, accepted| {
			let origin = Origin { zone: index, side, price: level.price, accepted };
			Bound { price: level.price, via: None, origin: Some(origin) }
		};
		let low =
			if sell > 0 { Some(bound(Side::Sell, true)) } else { (buy < level.buy).then(|| bound(Side::Buy, false)) };
		let high =
			if buy > 0 { Some(bound(Side::Buy, true)) } else { (sell < level.sell).then(|| bound(Side::Sell, false)) };
		tighten(ends, low, high);
	}
}

/// Tightens both ends by a neighbour's, moved by what the link allows between them.
fn arrive(ends: &mut (Bound, Bound), from: (Bound, Bound), via: u32, low: Option<i64>, high: Option<i64>) {
	let moved = |bound: Bound, by: i64| Bound { price: bound.price + by, via: Some(via), ..bound };
	let low = low.map(|by| moved(from.0, by));
	let high = high.map(|by| moved(from.1, by));
	tighten(ends, low, high);
}

/// Replaces ends by strictly tighter ones; a step also replaces the box at the same price.
fn tighten(ends: &mut (Bound, Bound), low: Option<Bound>, high: Option<Bound>) {
	let names = |old: &Bound, new: &Bound| old.price == new.price && old.origin.is_none() && new.origin.is_some();
	if let Some(low) = low.filter(|low| low.price > ends.0.price || names(&ends.0, low)) {
		ends.0 = low;
	}
	if let Some(high) = high.filter(|high| high.price < ends.1.price || names(&ends.1, high)) {
		ends.1 = high;
	}
}
