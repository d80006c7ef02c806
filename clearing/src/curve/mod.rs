//! A subtree's net export as a function of price: a non-decreasing step function.
//!
//! Prices are scaled so that one linear objective orders allocations by welfare and then by traded energy: a buy at
//! `p` counts as `4p + 1`, a sell as `4p - 1`, a fee `f` as `4f`. Exchanging one allocation for another decomposes into
//! cycles that change at most two steps each, so the bonus of a cycle is at most 2 and never outweighs a difference in
//! welfare, which is at least 4.
//!
//! The function starts at `base`, with every buy served and nothing sold, and rises by one [`Rise`] after the other:
//! a sell that is accepted or a buy that is given up.

mod forest;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use forest::{Forest, Id, LEAF};

/// One rise of the function. It remembers the side of a level that it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rise {
	/// Scaled price at which it happens, as seen from the zone of the curve.
	price: i64,
	/// How much, in Wh.
	wh: u64,
	/// Order among equal prices; see [`Rise::sell`] and [`Rise::buy`].
	rank: u32,
}

impl Rise {
	/// Accepting the sell side with number `side`: among equal prices, lower numbers rise first and so sell first.
	pub(crate) fn sell(price: i64, wh: u64, side: u32) -> Self {
		Rise { price: price * 4 - 1, wh, rank: side }
	}

	/// Giving up the buy side with number `side`: among equal prices, lower numbers rise last and so buy first.
	pub(crate) fn buy(price: i64, wh: u64, side: u32) -> Self {
		Rise { price: price * 4 + 1, wh, rank: !side }
	}

	/// The number that it was made with. Fees move scaled prices by multiples of four, so the side shows in the price.
	fn side(&self) -> usize {
		let side = if self.price & 3 == 3 { self.rank } else { !self.rank };
		side as usize
	}

	fn key(&self) -> (i64, u32) {
		(self.price, self.rank)
	}
}

/// Why a function cannot pass a link: none of its values lies within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
	/// Even the least net export exceeds the export limit.
	Surplus,
	/// Even the greatest net export falls short of the import limit.
	Shortage,
}

/// A link as a curve passes it: limits in Wh (`None`: unlimited) and fee in nEUR/Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
	pub(crate) import: Option<u64>,
	pub(crate) export: Option<u64>,
	pub(crate) fee: u64,
}

/// What all curves of one clearing share: memory.
#[derive(Default)]
pub(crate) struct Arena {
	forest: Forest,
	scratch: Vec<Rise>,
}

/// Rises in ascending order.
#[derive(Clone, Debug)]
enum Run {
	/// In a row: what is cheapest to sort and to pass as long as much of it is new.
	Row(Vec<Rise>),
	/// In a tree, with their number: what little is new comes in, and passes, in the logarithm of what stands there.
	Tree(Id, usize),
}

impl Default for Run {
	fn default() -> Self {
		Run::Row(Vec::new())
	}
}

impl Run {
	fn len(&self) -> usize {
		match self {
			Run::Row(rises) => rises.len(),
			Run::Tree(_, count) => *count,
		}
	}

	/// All of it, at the end of a row.
	fn append_to(self, row: &mut Vec<Rise>, forest: &mut Forest) {
		match self {
			Run::Row(mut rises) => {
				// The longer one stays where it is; sorting does not mind which comes first.
				if row.len() < rises.len() {
					core::mem::swap(row, &mut rises);
				}
				row.append(&mut rises);
			},
			Run::Tree(run, count) => {
				row.reserve(count);
				forest.drain(run, |rise| row.push(rise));
			},
		}
	}
}

/// Up to so many rises stay in a row in any case.
const ROW: usize = 256;
/// A row is made, of which the new rises are at least such a part. A tree costs a logarithm for each new rise and the
/// memory's latency for each step of it; a row costs a step for each rise, but of memory in order.
const PART: usize = 16;

/// A non-decreasing step function. Without injections it passes through zero.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curve {
	/// Net export below the first rise, in Wh.
	base: i128,
	/// The rises of the largest child.
	run: Run,
	/// Those of the zone itself and of the other children, one ascending run after another.
	new: Vec<Rise>,
}

impl Curve {
	/// Adds a zone's own rise.
	pub(crate) fn push(&mut self, rise: Rise) {
		if rise.wh == 0 {
			return;
		}
		if rise.price & 3 == 1 {
			self.base -= i128::from(rise.wh);
		}
		self.new.push(rise);
	}

	/// Adds energy that is there whatever the price is, in Wh; negative when it is taken.
	pub(crate) fn inject(&mut self, wh: i64) {
		self.base += i128::from(wh);
	}

	/// Adds a child's function, as it has passed its link.
	pub(crate) fn add(&mut self, mut other: Curve, arena: &mut Arena) {
		self.base += other.base;
		if self.run.len() < other.run.len() {
			core::mem::swap(&mut self.run, &mut other.run);
		}
		other.run.append_to(&mut self.new, &mut arena.forest);
	}

	/// The function as the parent sees it through a link: import costs the fee, export earns that much less, and both
	/// are cut at their limits. Rises below the import limit happen whatever the price is: they
	/// are added to `taken` by number. Rises above the export limit never happen.
	///
	/// # Errors
	/// If injections leave no value within the limits.
	pub(crate) fn pass(&mut self, link: Link, taken: &mut [u64], arena: &mut Arena) -> Result<(), Misfit> {
		let (had, new) = (self.run.len(), self.new.len());
		self.run = if had <= ROW || had / PART <= new {
			let mut row = core::mem::take(&mut self.new);
			core::mem::take(&mut self.run).append_to(&mut row, &mut arena.forest);
			// A few ascending runs, which the stable sort merges.
			row.sort_by_key(Rise::key);
			Run::Row(self.pass_row(row, link, taken, &mut arena.scratch)?)
		} else {
			self.pass_tree(link, taken, &mut arena.forest)?
		};
		Ok(())
	}

	/// [`Curve::pass`], rise by rise.
	fn pass_row(
		&mut self,
		mut row: Vec<Rise>,
		Link { import, export, fee }: Link,
		taken: &mut [u64],
		scratch: &mut Vec<Rise>,
	) -> Result<Vec<Rise>, Misfit> {
		let least = import.map_or(i128::MIN, |import| -i128::from(import));
		let most = export.map_or(i128::MAX, i128::from);
		// Within `MAX_FEES`, so it fits.
		let shift = fee as i64 * 4;
		if self.base > most {
			return Err(Misfit::Surplus);
		}
		scratch.clear();
		let mut value = self.base;
		for rise in &row {
			let end = value + i128::from(rise.wh);
			// Most rises lie between the limits, on one side of zero: they move as a whole.
			if value >= least && end <= most && (end <= 0 || value >= 0) {
				let price = if value >= 0 { rise.price + shift } else { rise.price - shift };
				scratch.push(Rise { price, ..*rise });
				value = end;
				continue;
			}
			// The parts of the rise below the import limit, up to zero, and up to the export limit: none exceeds it.
			let forced = (end.min(least) - value.min(least)) as u64;
			if forced > 0 {
				taken[rise.side()] += forced;
			}
			let importing = (end.clamp(least, 0) - value.clamp(least, 0)) as u64;
			if importing > 0 {
				scratch.push(Rise { price: rise.price - shift, wh: importing, rank: rise.rank });
			}
			let exporting = (end.clamp(0, most) - value.clamp(0, most)) as u64;
			if exporting > 0 {
				scratch.push(Rise { price: rise.price + shift, wh: exporting, rank: rise.rank });
			}
			value = end;
			if value >= most {
				break;
			}
		}
		if value < least {
			return Err(Misfit::Shortage);
		}
		self.base = self.base.max(least);
		core::mem::swap(&mut row, scratch);
		Ok(row)
	}

	/// [`Curve::pass`], cut by cut.
	fn pass_tree(
		&mut self,
		Link { import, export, fee }: Link,
		taken: &mut [u64],
		forest: &mut Forest,
	) -> Result<Run, Misfit> {
		self.new.sort_by_key(Rise::key);
		let new = core::mem::take(&mut self.new);
		let (run, mut count) = match core::mem::take(&mut self.run) {
			Run::Tree(run, count) if (forest.leaves(run) as usize) < 8 * count.div_ceil(LEAF) => (Some(run), count),
			// Cuts have left many short leaves.
			Run::Tree(run, _) => {
				let mut row = Vec::new();
				forest.drain(run, |rise| row.push(rise));
				(forest.build(&row), row.len())
			},
			Run::Row(row) => (forest.build(&row), row.len()),
		};
		let Some(mut run) = run.map(|run| forest.insert(run, &new)) else { return Ok(Run::default()) };
		count += new.len();
		// What is not within the limits, as energy of the run.
		if export.is_some_and(|export| self.base > i128::from(export)) {
			return Err(Misfit::Surplus);
		}
		if let Some(import) = import {
			let forced = -i128::from(import) - self.base;
			if forced > 0 {
				let forced = forced.unsigned_abs();
				if forced > forest.wh(run) {
					return Err(Misfit::Shortage);
				}
				let mut gone = 0;
				let left = forest.take(run, forced, |rise| {
					taken[rise.side()] += rise.wh;
					gone += 1;
				});
				self.base = -i128::from(import);
				let Some(left) = left else { return Ok(Run::default()) };
				// The last one may have been cut.
				run = left;
				count = count + 1 - gone;
			}
		}
		if let Some(export) = export {
			let (left, gone) = forest.keep(run, (i128::from(export) - self.base).unsigned_abs());
			let Some(left) = left else { return Ok(Run::default()) };
			run = left;
			count -= gone;
		}
		if fee > 0 {
			// Within `MAX_FEES`, so it fits.
			let importing = u128::try_from(-self.base).unwrap_or(0);
			let (left, cut) = forest.spread(run, importing, fee as i64 * 4);
			run = left;
			count += usize::from(cut);
		}
		Ok(Run::Tree(run, count))
	}
}
