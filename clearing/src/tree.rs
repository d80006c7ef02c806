//! What both the solver and the checker demand of a market before they look at it.

use crate::{Error, Zone, MAX_FEES, MAX_PRICE};

/// Checks the tree, the order of levels and the ranges that keep later arithmetic within its types. Both
/// [`crate::clear`] and [`crate::check`] begin with this.
///
/// # Errors
/// The first of the market's defects; never [`Error::Surplus`], [`Error::Shortage`], [`Error::FlowOverflow`] or
/// [`Error::TotalOverflow`], which only clearing can find.
pub fn validate(zones: &[Zone]) -> Result<(), Error> {
	let Some((root, others)) = zones.split_first() else { return Err(Error::NoZones) };
	if u32::try_from(zones.len()).is_err() {
		return Err(Error::TooLarge);
	}
	if root.parent.is_some() {
		return Err(Error::RootHasParent);
	}
	let mut fees = 0u64;
	for (zone, z) in (1u32..).zip(others) {
		let Some(parent) = z.parent else { return Err(Error::SecondRoot { zone }) };
		if parent >= zone {
			return Err(Error::ParentNotEarlier { zone, parent });
		}
		fees = fees.checked_add(z.fee).filter(|sum| *sum <= MAX_FEES).ok_or(Error::FeesOutOfRange)?;
	}
	let mut count = 0usize;
	for (zone, z) in (0u32..).zip(zones) {
		let mut previous = None;
		for level in &z.levels {
			let price = level.price;
			if !(-MAX_PRICE..=MAX_PRICE).contains(&price) {
				return Err(Error::PriceOutOfRange { zone, price });
			}
			if previous.is_some_and(|previous| previous >= price) {
				return Err(Error::LevelsNotAscending { zone, price });
			}
			previous = Some(price);
		}
		count = count.saturating_add(z.levels.len());
	}
	// Every level has two sides, each with a 32-bit number.
	if u32::try_from(count).map_or(true, |count| count > u32::MAX / 2) {
		return Err(Error::TooLarge);
	}
	Ok(())
}
