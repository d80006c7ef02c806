//! Seeded markets for measurements: the same numbers on every machine, and nothing that a real grid lacks.
//!
//! A utility stands at the root with a ladder that can serve everyone. Orders of one step each lie anywhere in the
//! tree, half of them to buy, at prices on both sides of the ladder's. A quarter of the link directions have no limit;
//! the others have up to what their subtree's orders could exchange on average. Every link has a fee.

use crate::{
	orders::{Order, Side, Step},
	Zone,
};
use alloc::{vec, vec::Vec};

/// A small generator of repeatable numbers: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
	/// Numbers that follow from a seed.
	pub fn new(seed: u64) -> Self {
		Self(seed)
	}

	/// The next number, anywhere in its type.
	pub fn number(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// The next number below `most`; 0 if `most` is 0.
	pub fn below(&mut self, most: u64) -> u64 {
		self.number().checked_rem(most).unwrap_or(0)
	}
}

/// The shape of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
	/// Every zone has four children.
	Fourfold,
	/// Every zone hangs at the root.
	Star,
	/// Lines of so many zones each hang at the root, as the feeders of a low-voltage grid do.
	Feeders(u32),
	/// Every zone hangs at the one before it.
	Chain,
	/// A line, each zone of which has one more zone beside it.
	Caterpillar,
	/// Every zone hangs at any one before it.
	Random,
}

impl Tree {
	/// A tree of each shape, with feeders of 40 zones.
	pub const ALL: [Self; 6] =
		[Self::Fourfold, Self::Star, Self::Feeders(40), Self::Random, Self::Chain, Self::Caterpillar];

	/// The parent of a zone other than the root.
	fn parent(self, zone: u32) -> u32 {
		let before = zone.saturating_sub(1);
		match self {
			Tree::Fourfold => before / 4,
			Tree::Star => 0,
			Tree::Feeders(length) if before.is_multiple_of(length.max(1)) => 0,
			Tree::Feeders(_) | Tree::Chain => before,
			Tree::Caterpillar => before / 2 * 2,
			Tree::Random => Numbers::new(zone.into()).below(zone.into()) as u32,
		}
	}
}

/// A market of so many zones and orders, its levels not added yet. Both numbers are at least 1.
pub fn market(tree: Tree, zones: u32, orders: u32, seed: u64) -> (Vec<Zone>, Vec<Order>) {
	let (zones, orders) = (zones.max(1), orders.max(1));
	let mut numbers = Numbers::new(seed);
	let mut below = vec![1u64; zones as usize];
	for zone in (1..zones).rev() {
		below[tree.parent(zone) as usize] += below[zone as usize];
	}
	// An order has 2,500 Wh on average, half of them buy, and most of that is served inside the subtree.
	let most = |zone: u32| below[zone as usize] * u64::from(orders / zones + 1) * 1_250;
	let build = |zone: u32| {
		let mut limit = || (numbers.below(4) > 0).then(|| numbers.below(most(zone)));
		let (import, export) = (limit(), limit());
		let parent = (zone > 0).then(|| tree.parent(zone));
		Zone { parent, import, export, fee: numbers.below(5_000), ..Default::default() }
	};
	let grid: Vec<Zone> = (0..zones).map(build).collect();
	let step = |side, price: u64, wh| Step { side, price: price as i64, wh };
	let ladder = vec![step(Side::Buy, 90_000, 1 << 34), step(Side::Sell, 220_000, 1 << 34)];
	let mut book = vec![Order { zone: 0, steps: ladder }];
	for _ in 1..orders {
		let side = if numbers.below(2) == 0 { Side::Buy } else { Side::Sell };
		let steps = vec![step(side, 50_000 + numbers.below(300_000), 1 + numbers.below(5_000))];
		book.push(Order { zone: numbers.below(u64::from(zones)) as u32, steps });
	}
	(grid, book)
}
