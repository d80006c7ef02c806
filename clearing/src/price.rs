//! Zone prices from a finished allocation.
//!
//! An allocation bounds prices by integers: each level bounds its zone's price, each link bounds the difference of the
//! prices on its two sides. On a tree, the component-wise least vector within all bounds comes from one pass towards
//! the root and one back; so does the greatest. Between the two a [`Lean`] picks the zone prices.

use crate::{
	types::{Accepted, Lean},
	Zone,
};
use alloc::vec::Vec;

/// Least and greatest price, in nEUR/Wh.
#[derive(Clone, Copy)]
pub(crate) struct Range {
	pub(crate) low: i64,
	pub(crate) high: i64,
}

impl Range {
	fn at_least(&mut self, price: i64) {
		self.low = self.low.max(price);
	}

	/// The zone price.
	pub(crate) fn price(self, lean: Lean) -> i64 {
		lean.price(self.low, self.high)
	}

	fn at_most(&mut self, price: i64) {
		self.high = self.high.min(price);
	}
}

/// Bounds on a zone's price less its parent's: `None` where there is none.
pub(crate) fn link(zone: &Zone, flow: i64) -> (Option<i64>, Option<i64>) {
	// Within `MAX_FEES`, so it fits.
	let fee = zone.fee as i64;
	let full_in = flow >= 0 && zone.import == Some(flow.unsigned_abs());
	let full_out = flow <= 0 && zone.export == Some(flow.unsigned_abs());
	let low = if flow > 0 { fee } else { -fee };
	let high = if flow < 0 { -fee } else { fee };
	((!full_out).then_some(low), (!full_in).then_some(high))
}

/// The least and the greatest supporting price of every zone.
pub(crate) fn supporting(zones: &[Zone], firsts: &[usize], accepted: &[Accepted], flows: &[i64]) -> Vec<Range> {
	let box_ = widest(zones);
	let mut ranges: Vec<Range> = zones
		.iter()
		.zip(firsts)
		.map(|(zone, first)| {
			let mut range = box_;
			for (level, accepted) in zone.levels.iter().zip(&accepted[*first..]) {
				// What is accepted is worth its price, what is left is not.
				if accepted.sell > 0 || accepted.buy < level.buy {
					range.at_least(level.price);
				}
				if accepted.buy > 0 || accepted.sell < level.sell {
					range.at_most(level.price);
				}
			}
			range
		})
		.collect();
	for index in (0..zones.len()).rev() {
		let Some(parent) = zones[index].parent else { continue };
		let (low, high) = link(&zones[index], flows[index]);
		let child = ranges[index];
		let parent = &mut ranges[parent as usize];
		if let Some(high) = high {
			parent.at_least(child.low - high);
		}
		if let Some(low) = low {
			parent.at_most(child.high - low);
		}
	}
	for index in 0..zones.len() {
		let Some(parent) = zones[index].parent else { continue };
		let (low, high) = link(&zones[index], flows[index]);
		let parent = ranges[parent as usize];
		let child = &mut ranges[index];
		if let Some(low) = low {
			child.at_least(parent.low + low);
		}
		if let Some(high) = high {
			child.at_most(parent.high + high);
		}
	}
	ranges
}

/// The box that bounds what nothing else bounds; see [`crate::clear`].
pub(crate) fn widest(zones: &[Zone]) -> Range {
	// Within `MAX_FEES`, so it fits.
	let fees = zones.iter().skip(1).map(|zone| zone.fee).sum::<u64>() as i64;
	let levels = zones.iter().flat_map(|zone| &zone.levels);
	let mut prices = levels.filter(|level| level.buy > 0 || level.sell > 0).map(|level| level.price);
	let first = prices.next().unwrap_or(0);
	let mut range = Range { low: first, high: first };
	for price in prices {
		range.low = range.low.min(price);
		range.high = range.high.max(price);
	}
	Range { low: range.low - fees, high: range.high + fees }
}
