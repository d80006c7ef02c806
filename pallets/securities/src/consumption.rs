//! What is kept of a connection point: its greatest consumption, and what secures it.

use crate::Backing;
use busbar_primitives::{energy, stored, Balance, Point, Wh};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};

/// Days of which a point's consumption counts, up to the last one of which a reading counts.
pub const COUNTED_DAYS: u32 = 30;
/// On at least so many of them a reading counts of a point that is not new.
pub const KNOWN_DAYS: u32 = 15;
/// Of a point that is new, at least this part of its rating counts as consumption.
const NEW_SHARE: Wh = 4;

/// What a point consumed in an interval at most, and what secures it.
#[stored(Default)]
pub struct Consumption {
	/// Days, counted from interval 0, with the greatest consumption in one of their intervals, in Wh: ascending, and of them only
	/// those that no later day comes up to, so that the consumption falls from each to the next and the first is the greatest.
	/// The last is the newest of which a reading counts.
	pub peaks: BoundedVec<(u32, Wh), ConstU32<COUNTED_DAYS>>,
	/// On which days readings count: bit *n* stands for the day *n* days before the newest.
	pub seen: u32,
	/// What the owner deposited and gave no notice of, in nEUR.
	pub deposit: Balance,
	/// What a guarantor stands in with and gave no notice of, in nEUR.
	pub guarantee: Balance,
	/// Whether another than the owner answered for the point in the newest interval, so that the deposit does not stand in.
	pub served: bool,
	/// Whether it was told that what secures the point is used up nearly, which it still is.
	pub warned: bool,
}

impl Consumption {
	/// Counts what was drawn in an interval of a day, in Wh. Of days that are too old nothing is counted. Returns whether the day
	/// is the newest.
	pub fn count(&mut self, day: u32, wh: Wh) -> bool {
		let newest = self.peaks.last().map_or(day, |(day, _)| *day);
		let Some(age) = newest.checked_sub(day) else {
			let later = day.saturating_sub(newest);
			self.seen = self.seen.checked_shl(later).unwrap_or(0) & ((1 << COUNTED_DAYS) - 1);
			self.peaks.retain(|(known, _)| known.saturating_add(COUNTED_DAYS) > day);
			self.peak(day, wh);
			self.seen |= 1;
			return true;
		};
		if age < COUNTED_DAYS {
			self.seen |= 1 << age;
			self.peak(day, wh);
		}
		age == 0
	}

	fn peak(&mut self, day: u32, wh: Wh) {
		if self.peaks.iter().any(|(known, peak)| *known >= day && *peak >= wh) {
			return;
		}
		self.peaks.retain(|(known, peak)| *known > day || *peak > wh);
		let at = self.peaks.iter().take_while(|(known, _)| *known < day).count();
		// There is room: each day stands there once, and there are no more of them.
		let _ = self.peaks.try_insert(at, (day, wh));
	}

	/// The greatest consumption of an interval that was counted, in Wh.
	pub fn greatest(&self) -> Wh {
		self.peaks.first().map_or(0, |(_, wh)| *wh)
	}

	/// On how many days readings count.
	pub fn days(&self) -> u32 {
		self.seen.count_ones()
	}

	/// The consumption of an interval that must be secured, in Wh.
	pub fn expected(&self, details: &Point, interval_s: u32) -> Wh {
		let new = if self.days() < KNOWN_DAYS { energy(details.import_w, interval_s).div_ceil(NEW_SHARE) } else { 0 };
		self.greatest().max(new)
	}

	/// What secures the point, in nEUR.
	pub fn posted(&self) -> Balance {
		let own = if self.served { 0 } else { self.deposit };
		own.saturating_add(self.guarantee)
	}

	pub(crate) fn backing_mut(&mut self, backing: Backing) -> &mut Balance {
		match backing {
			Backing::Deposit => &mut self.deposit,
			Backing::Guarantee => &mut self.guarantee,
		}
	}

	/// Whether nothing is known of the point, so that nothing is kept of it.
	pub(crate) fn is_empty(&self) -> bool {
		*self == Self::default()
	}

	/// One that is as long as it can be, of a point that is secured whatever it consumes.
	#[cfg(feature = "runtime-benchmarks")]
	pub fn longest() -> Self {
		let peaks = (0..COUNTED_DAYS).map(|day| (day, Wh::from(COUNTED_DAYS.saturating_sub(day))));
		Self {
			peaks: BoundedVec::truncate_from(peaks.collect()),
			seen: (1 << COUNTED_DAYS) - 1,
			guarantee: Balance::MAX / 2,
			..Self::default()
		}
	}
}

/// Whether so much is used of what secures a point, both in nEUR, that it is told: more than 80 %.
pub(crate) fn is_low(used: Balance, posted: Balance) -> bool {
	used.saturating_mul(10) > posted.saturating_mul(8)
}

/// The least that must secure a point, in nEUR, so that less than 90 % of it is used and orders are taken that buy more.
pub(crate) fn least(used: Balance) -> Balance {
	if used == 0 {
		return 0;
	}
	(used / 9).saturating_mul(10).saturating_add((used % 9).saturating_mul(10) / 9).saturating_add(1)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::collections::BTreeMap;

	#[test]
	fn so_much_is_the_least_that_less_than_nine_tenths_of_it_are_used() {
		for used in (0..2_000).chain([9_000_000_000, 9_000_000_001]) {
			let least = least(used);
			assert!(used == 0 || used * 10 < least * 9, "{used}");
			assert!(least == 0 || used * 10 >= (least - 1) * 9, "{used}");
		}
		assert!(least(Balance::MAX) > 0);
	}

	proptest! {
		#[test]
		fn in_any_order_of_readings_the_greatest_of_thirty_days_counts(
			days in prop::collection::vec((0u32..80, 0u64..50), 1..120),
		) {
			let mut record = Consumption::default();
			let mut model = BTreeMap::<u32, Wh>::new();
			for (day, wh) in days {
				let newest = model.keys().next_back().copied();
				prop_assert_eq!(record.count(day, wh), newest.is_none_or(|newest| day >= newest));
				let newest = newest.unwrap_or(0).max(day);
				// What is too old when it comes is not counted, and what has become so is forgotten.
				if newest - day < COUNTED_DAYS {
					let peak = model.entry(day).or_default();
					*peak = wh.max(*peak);
				}
				model.retain(|day, _| newest - day < COUNTED_DAYS);
				prop_assert_eq!(record.greatest(), model.values().copied().max().unwrap_or(0));
				prop_assert_eq!(record.days() as usize, model.len());
				prop_assert!(record.peaks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
				prop_assert_eq!(record.peaks.last().map(|(day, _)| *day), Some(newest));
			}
		}
	}
}
