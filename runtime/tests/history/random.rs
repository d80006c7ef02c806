//! Random numbers that a seed repeats.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

impl Random {
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// From 0 to `bound` - 1.
	pub fn below(&mut self, bound: u32) -> u32 {
		(self.next() % u64::from(bound)) as u32
	}

	/// Once in `times`.
	pub fn once_in(&mut self, times: u32) -> bool {
		self.below(times) == 0
	}

	pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
		&all[self.below(all.len() as u32) as usize]
	}
}
