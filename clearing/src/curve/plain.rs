//! The solver as it was before there were trees: every rise is moved at every link. Levels times depth, and plain enough to
//! be seen right.

use super::{Misfit, Rise};
use alloc::vec::Vec;

/// A non-decreasing step function. Without injections it passes through zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
	/// Net export below the first rise, in Wh.
	base: i128,
	/// The rises. Ascending in key after [`Curve::order`].
	rises: Vec<Rise>,
}

impl Curve {
	/// Adds a zone's own rise.
	pub(super) fn push(&mut self, rise: Rise) {
		if rise.wh == 0 {
			return;
		}
		if rise.price & 3 == 1 {
			self.base -= i128::from(rise.wh);
		}
		self.rises.push(rise);
	}

	/// Adds energy that is there whatever the price is, in Wh; negative when it is taken.
	pub(super) fn inject(&mut self, wh: i64) {
		self.base += i128::from(wh);
	}

	/// Adds another function. The order is restored by [`Curve::order`], once for all children.
	pub(super) fn add(&mut self, mut other: Curve) {
		if self.rises.len() < other.rises.len() {
			core::mem::swap(&mut self.rises, &mut other.rises);
		}
		self.base += other.base;
		self.rises.append(&mut other.rises);
	}

	/// Brings the rises into ascending order. They come as a few ascending runs, which the stable sort merges.
	pub(super) fn order(&mut self) {
		self.rises.sort_by_key(Rise::key);
	}

	/// The function as the parent sees it through a link: import costs the fee, export earns that much less, and both
	/// are cut at their limits (`None`: unlimited). Rises below the import limit happen whatever the price is: they
	/// are added to `taken` by number. Rises above the export limit never happen.
	///
	/// # Errors
	/// If injections leave no value within the limits.
	pub(super) fn pass(
		&mut self,
		import: Option<u64>,
		export: Option<u64>,
		fee: u64,
		taken: &mut [u64],
		scratch: &mut Vec<Rise>,
	) -> Result<(), Misfit> {
		let least = import.map_or(i128::MIN, |import| -i128::from(import));
		let most = export.map_or(i128::MAX, i128::from);
		// Within `MAX_FEES`, so it fits.
		let shift = fee as i64 * 4;
		if self.base > most {
			return Err(Misfit::Surplus);
		}
		scratch.clear();
		let mut value = self.base;
		for rise in &self.rises {
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
		core::mem::swap(&mut self.rises, scratch);
		Ok(())
	}
}
