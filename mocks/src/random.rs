//! Random numbers that a seed repeats.

use busbar_clearing::sample::Numbers;

/// [`Numbers`], and what tests choose by them.
#[derive(Clone, Debug)]
pub struct Random(Numbers);

impl Random {
	/// Numbers that follow from a seed.
	pub fn new(seed: u64) -> Self {
		Self(Numbers::new(seed))
	}

	/// The next number, anywhere in its type.
	pub fn number(&mut self) -> u64 {
		self.0.number()
	}

	/// From 0 to `bound` - 1.
	///
	/// # Panics
	/// If `bound` is 0.
	#[track_caller]
	pub fn below(&mut self, bound: u32) -> u32 {
		assert!(bound > 0, "a choice of nothing");
		(self.number() % u64::from(bound)) as u32
	}

	/// From -`size` to `size`.
	pub fn within(&mut self, size: i64) -> i64 {
		(self.number() % (2 * size as u64 + 1)) as i64 - size
	}

	/// Once in `times`.
	pub fn once_in(&mut self, times: u32) -> bool {
		self.below(times) == 0
	}

	/// Any of them.
	///
	/// # Panics
	/// If there are none.
	#[track_caller]
	pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
		&all[self.below(all.len() as u32) as usize]
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_are_those_of_the_reference_implementation() {
		// What other implementations give for this seed.
		let mut random = Random::new(1_234_567);
		let first: Vec<_> = (0..5).map(|_| random.number()).collect();
		assert_eq!(
			first,
			[
				6_457_827_717_110_365_317,
				3_203_168_211_198_807_973,
				9_817_491_932_198_370_423,
				4_593_380_528_125_082_431,
				16_408_922_859_458_223_821
			]
		);
	}

	#[test]
	fn bounded_numbers_stay_within_their_bounds_and_reach_them() {
		let mut random = Random::new(1);
		let below: std::collections::BTreeSet<_> = (0..200).map(|_| random.below(4)).collect();
		assert!(below.into_iter().eq(0..4));
		let within: std::collections::BTreeSet<_> = (0..200).map(|_| random.within(2)).collect();
		assert!(within.into_iter().eq(-2..=2));
	}
}
