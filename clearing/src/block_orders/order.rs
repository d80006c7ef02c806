//! Block orders, what makes them valid, and how they take part in an interval.

use crate::{orders::Side, Error, Zone, MAX_PRICE};
use alloc::{string::String, vec, vec::Vec};

/// A block order. Block orders are listed in the order of their arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOrder {
	/// Index of the zone, in every interval.
	pub zone: u32,
	pub side: Side,
	/// Limit price of the sum, in nEUR/Wh.
	pub price: i64,
	/// Number of its first interval in the session.
	pub first: u32,
	/// Energy in each of its consecutive intervals, in Wh; not all zero.
	pub wh: Vec<u64>,
}

impl BlockOrder {
	/// Energy in an interval of the session, in Wh.
	pub fn energy(&self, interval: u32) -> u64 {
		let at = interval.checked_sub(self.first).and_then(|at| self.wh.get(at as usize));
		at.copied().unwrap_or(0)
	}

	/// What the block order injects into its zone in an interval, in Wh. Fits once the block order is valid.
	pub(super) fn injection(&self, interval: u32) -> i128 {
		let wh = i128::from(self.energy(interval));
		if self.side == Side::Sell {
			wh
		} else {
			-wh
		}
	}

	/// Energy over all intervals, in Wh.
	pub(super) fn total(&self) -> u128 {
		self.wh.iter().map(|wh| u128::from(*wh)).sum()
	}

	/// What the block order adds to welfare by itself, in nEUR: limit price times energy, negative for a sell at a
	/// positive price.
	pub(super) fn worth(&self) -> i128 {
		let worth = self.total() as i128 * i128::from(self.price);
		if self.side == Side::Buy {
			worth
		} else {
			-worth
		}
	}

	/// Money for all of the block order at the zone prices of its intervals, in nEUR: what a sell receives and a buy
	/// pays. `price` is asked for intervals in which the block order has energy.
	pub fn amount(&self, mut price: impl FnMut(u32) -> i64) -> i128 {
		let energies = (self.first..).zip(&self.wh).filter(|(_, wh)| **wh > 0);
		energies.map(|(interval, wh)| i128::from(price(interval)) * i128::from(*wh)).sum()
	}

	/// How far an amount lies on the right side of the limit, in nEUR; negative when the block order is out of the
	/// money.
	pub(super) fn gain(&self, amount: i128) -> i128 {
		if self.side == Side::Buy {
			self.worth() - amount
		} else {
			self.worth() + amount
		}
	}
}

/// Why block orders cannot be cleared. Block orders and intervals are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOrderError {
	/// A block order has no interval, or one beyond the session.
	Outside { block_order: u32 },
	/// A block order has no energy in any interval.
	NoEnergy { block_order: u32 },
	/// A price further from zero than [`MAX_PRICE`].
	PriceOutOfRange { block_order: u32 },
	/// The energy of one block order over its intervals, or of all block orders up to this one in one interval, exceeds
	/// 63 bits.
	EnergyOutOfRange { block_order: u32 },
	/// A block order names a zone that an interval does not have.
	UnknownZone { block_order: u32, interval: u32 },
	/// More block orders or intervals than 32 bits can count.
	TooLarge,
	/// Money over all intervals beyond 128 bits of nEUR.
	TotalOverflow,
	/// An interval cannot be cleared, whatever block orders are accepted.
	Interval { interval: u32, error: Error },
}

impl BlockOrderError {
	/// What is wrong, in one line.
	pub fn reason(&self) -> String {
		use alloc::format;
		match self {
			BlockOrderError::Outside { block_order } => {
				format!("block order {block_order}: it has intervals that are none of the session's")
			},
			BlockOrderError::NoEnergy { block_order } => format!("block order {block_order}: it has no energy"),
			BlockOrderError::PriceOutOfRange { block_order } => {
				format!("block order {block_order}: its price lies further from zero than {MAX_PRICE}")
			},
			BlockOrderError::EnergyOutOfRange { block_order } => {
				format!("block order {block_order}: energies add up to more than 63 bits")
			},
			BlockOrderError::UnknownZone { block_order, interval } => {
				format!("block order {block_order}: interval {interval} has no such zone")
			},
			BlockOrderError::TooLarge => "more block orders or intervals than 32 bits can count".into(),
			BlockOrderError::TotalOverflow => "money exceeds 128 bits".into(),
			BlockOrderError::Interval { interval, error } => format!("interval {interval}: {error}"),
		}
	}
}

impl core::fmt::Display for BlockOrderError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(&self.reason())
	}
}

impl core::error::Error for BlockOrderError {}

/// Checks block orders against a session of `intervals` intervals, and the ranges that keep later arithmetic within its
/// types.
///
/// # Errors
/// The first defect, in the order of the block orders.
pub fn validate_block_orders(block_orders: &[BlockOrder], intervals: u32) -> Result<(), BlockOrderError> {
	if u32::try_from(block_orders.len()).is_err() {
		return Err(BlockOrderError::TooLarge);
	}
	let most = i64::MAX as u128;
	let mut sums = vec![0u128; intervals as usize];
	for (block_order, b) in (0u32..).zip(block_orders) {
		let end = u32::try_from(b.wh.len()).ok().and_then(|length| b.first.checked_add(length));
		if b.wh.is_empty() || end.is_none_or(|end| end > intervals) {
			return Err(BlockOrderError::Outside { block_order });
		}
		if b.total() == 0 {
			return Err(BlockOrderError::NoEnergy { block_order });
		}
		if !(-MAX_PRICE..=MAX_PRICE).contains(&b.price) {
			return Err(BlockOrderError::PriceOutOfRange { block_order });
		}
		// Bounds of one block order and of one interval: no sum of a subset can exceed them.
		let mut fits = b.total() <= most;
		for (sum, wh) in sums[b.first as usize..].iter_mut().zip(&b.wh) {
			*sum += u128::from(*wh);
			fits &= *sum <= most;
		}
		if !fits {
			return Err(BlockOrderError::EnergyOutOfRange { block_order });
		}
	}
	Ok(())
}

/// Sets the injection of every zone of one interval to what the accepted block orders bring. The block orders must be
/// valid.
///
/// # Errors
/// If an accepted block order names a zone that is not there.
pub fn inject(
	zones: &mut [Zone],
	block_orders: &[BlockOrder],
	accepted: &[bool],
	interval: u32,
) -> Result<(), BlockOrderError> {
	zones.iter_mut().for_each(|zone| zone.injection = 0);
	for (number, (block_order, accepted)) in (0u32..).zip(block_orders.iter().zip(accepted)) {
		if block_order.energy(interval) == 0 {
			continue;
		}
		let unknown = BlockOrderError::UnknownZone { block_order: number, interval };
		let zone = zones.get_mut(block_order.zone as usize).ok_or(unknown)?;
		if *accepted {
			let sum = i128::from(zone.injection) + block_order.injection(interval);
			zone.injection =
				i64::try_from(sum).map_err(|_| BlockOrderError::EnergyOutOfRange { block_order: number })?;
		}
	}
	Ok(())
}
