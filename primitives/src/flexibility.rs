//! Words of reductions: what members offer to leave, and what the grid operator orders left.

use crate::{stored, ParticipantId, Price, SignedWh, Wh};

/// Like days of a baseline, at most.
pub const BASELINE_DAYS: u32 = 10;

/// How many intervals before an order's those lie that its baseline is adjusted by: four, which end four before it.
pub const ADJUSTED_BY: [u32; 4] = [8, 7, 6, 5];

/// A baseline is adjusted by at most a fifth of it.
const MOST_ADJUSTED: i128 = 5;

/// Which contracted energy the grid operator takes over.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
	/// The member draws less than it bought.
	Load,
	/// The member feeds in less than it sold.
	Generation,
}

/// Flexibility that a member offers, or that the grid operator orders, at one point in one interval.
#[stored(Copy)]
pub struct Flexibility {
	pub reduction: Reduction,
	/// Most that is ordered, in Wh.
	pub wh: Wh,
	/// What the member receives for what it delivers, in nEUR/Wh; not below 0.
	pub price: Price,
	/// What the member pays for what it does not deliver, in nEUR/Wh; not below 0.
	pub penalty: Price,
}

/// What a point would have drawn, as like days before the order say it.
#[stored(Copy)]
pub struct Baseline {
	/// Mean of what it metered in the same interval of the day, import less export, rounded towards zero, in Wh.
	pub mean: SignedWh,
	/// Sum of such means for the intervals of [`ADJUSTED_BY`], in Wh; 0 if one of them has none.
	pub before: SignedWh,
}

impl Baseline {
	/// The mean, in proportion to what was metered in the intervals of [`ADJUSTED_BY`] on the day itself, but by no more than
	/// a fifth; as it is where that is not known. Rounded towards zero.
	pub fn adjusted(&self, metered: Option<SignedWh>) -> SignedWh {
		let mean = i128::from(self.mean);
		let scaled = metered.and_then(|metered| mean.checked_mul(metered.into())?.checked_div(self.before.into()));
		let room = mean.saturating_abs() / MOST_ADJUSTED;
		let least = mean.saturating_sub(room);
		let adjusted = scaled.unwrap_or(mean).clamp(least, mean.saturating_add(room));
		SignedWh::try_from(adjusted).unwrap_or(self.mean)
	}
}

/// Who ordered a reduction, and what its delivery is counted by.
#[stored(Copy)]
pub struct Placed {
	/// Who ordered it, and pays.
	pub operator: ParticipantId,
	/// `None` of a point without a like day: then its position alone counts.
	pub baseline: Option<Baseline>,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_baseline_is_adjusted_in_proportion_and_by_a_fifth_at_most() {
		let baseline = Baseline { mean: 1_000, before: 4_000 };
		for (metered, adjusted) in
			[(4_000, 1_000), (4_400, 1_100), (4_800, 1_200), (9_000, 1_200), (3_500, 875), (0, 800), (-4_000, 800)]
		{
			assert_eq!(baseline.adjusted(Some(metered)), adjusted, "{metered}");
		}
		assert_eq!(baseline.adjusted(None), 1_000);
		// What feeds in.
		let plant = Baseline { mean: -1_000, before: -4_000 };
		for (metered, adjusted) in [(-4_400, -1_100), (-9_000, -1_200), (-3_500, -875), (1, -800)] {
			assert_eq!(plant.adjusted(Some(metered)), adjusted, "{metered}");
		}
		// Where nothing is known of the intervals before, or they came to nothing.
		assert_eq!(Baseline { before: 0, ..baseline }.adjusted(Some(5_000)), 1_000);
		for extreme in [i64::MIN, i64::MAX] {
			let baseline = Baseline { mean: extreme, before: extreme };
			assert_eq!(baseline.adjusted(Some(extreme)), extreme);
			assert_eq!(baseline.adjusted(None), extreme);
		}
	}
}
