//! What stands in for losses while a coupling has no reading: the mean share that they had in like intervals.

use crate::{Config, MeanLosses, Pallet, Sums};
use busbar_primitives::{stored, traits::Calendar, Interval};

/// Intervals that a mean remembers: ten days of an hour of four.
const REMEMBERED: u32 = 40;

/// Intervals of the same hour of the day are like each other: their class is the hour, from 0.
const HOURS: u64 = 24;
/// The class of all intervals: for hours of which none is known.
const ANY: u32 = 24;

/// The mean share of losses in what connection points drew, over intervals all of whose couplings had a reading.
#[stored(Copy, Default)]
pub struct MeanLoss {
	/// In parts per million.
	pub ppm: u32,
	/// How many it counts, at most 40: then each further one takes the place of one at the mean.
	pub intervals: u32,
}

impl MeanLoss {
	/// Counts one more interval; the mean is rounded down.
	fn count(&mut self, ppm: u32) {
		let before = u64::from(self.intervals.min(REMEMBERED.saturating_sub(1)));
		let after = before.saturating_add(1);
		let sum = u64::from(self.ppm).saturating_mul(before).saturating_add(ppm.into());
		let mean = sum.checked_div(after).unwrap_or(0);
		*self =
			Self { ppm: u32::try_from(mean).unwrap_or(u32::MAX), intervals: u32::try_from(after).unwrap_or(u32::MAX) };
	}
}

/// The hour of the day of an interval of `seconds`, counted from interval 0.
fn hour(interval: Interval, seconds: u32) -> u32 {
	let hours = u64::from(interval).saturating_mul(seconds.into()) / 3_600;
	u32::try_from(hours % HOURS).unwrap_or(0)
}

impl<T: Config> Pallet<T> {
	/// The debits of an interval are counted: remembers its losses, if all couplings were read, or says what stands in for
	/// them. That stays, so that a reading that comes later changes nothing but itself.
	pub(crate) fn know_losses(interval: Interval, sums: &mut Sums) {
		let classes = [hour(interval, T::Calendar::interval_s()), ANY];
		match sums.loss_share() {
			Some(ppm) => classes.into_iter().for_each(|class| MeanLosses::<T>::mutate(class, |mean| mean.count(ppm))),
			None => {
				let known = classes.into_iter().map(MeanLosses::<T>::get).find(|mean| mean.intervals > 0);
				sums.loss_ppm = known.map_or(0, |mean| mean.ppm);
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_interval_is_like_those_of_the_same_hour_of_the_day() {
		assert_eq!([0, 3, 4, 95, 96, 100].map(|interval| hour(interval, 900)), [0, 0, 1, 23, 0, 1]);
		assert_eq!(hour(u32::MAX, u32::MAX), 18);
	}

	#[test]
	fn a_mean_counts_each_interval_and_forgets_the_oldest_by_and_by() {
		let mut mean = MeanLoss::default();
		mean.count(25_000);
		mean.count(45_000);
		assert_eq!(mean, MeanLoss { ppm: 35_000, intervals: 2 });
		mean.count(20_000);
		// 90,000 / 3.
		assert_eq!(mean, MeanLoss { ppm: 30_000, intervals: 3 });
		(0..500).for_each(|_| mean.count(70_000));
		// Within what rounding down leaves: 39 parts of 40 stay.
		assert!(mean.intervals == 40 && (69_950..=70_000).contains(&mean.ppm), "{mean:?}");
	}
}
