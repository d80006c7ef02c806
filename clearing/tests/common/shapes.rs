//! Markets that have a named shape by construction, each from a seed.

use busbar_clearing::{sample::Numbers, Level, Zone};

/// What a market is made to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
	/// One zone below the other.
	Deep,
	/// All zones below the root.
	Wide,
	/// Any parents.
	Mixed,
	/// Limits of zero on half of all link directions.
	ZeroLimits,
	/// No limit anywhere.
	Unlimited,
	/// All prices below zero.
	NegativePrices,
	/// A ladder at the root that could serve everyone many times over.
	HugeRootLadder,
	/// Two prices and few quantities, fees of the difference or none.
	TiesEverywhere,
	/// Most zones without a level, some levels without energy.
	EmptyZones,
	/// The root alone.
	SingleZone,
	/// Every buy above every sell and all fees.
	EverythingCrossed,
	/// Every buy below every sell.
	NothingCrossed,
}

impl Shape {
	pub const ALL: [Shape; 12] = [
		Shape::Deep,
		Shape::Wide,
		Shape::Mixed,
		Shape::ZeroLimits,
		Shape::Unlimited,
		Shape::NegativePrices,
		Shape::HugeRootLadder,
		Shape::TiesEverywhere,
		Shape::EmptyZones,
		Shape::SingleZone,
		Shape::EverythingCrossed,
		Shape::NothingCrossed,
	];

	/// A market of this shape: 2 to 25 zones, up to 6 levels each.
	pub fn market(self, seed: u64) -> Vec<Zone> {
		let mut numbers = Numbers::new(seed ^ ((self as u64) << 56));
		let zones = if self == Shape::SingleZone { 1 } else { 2 + numbers.below(24) as u32 };
		(0..zones).map(|zone| self.zone(zone, &mut numbers)).collect()
	}

	fn zone(self, index: u32, numbers: &mut Numbers) -> Zone {
		let parent = (index > 0).then(|| match self {
			Shape::Deep => index - 1,
			Shape::Wide => 0,
			_ => numbers.below(u64::from(index)) as u32,
		});
		let fee = match self {
			Shape::TiesEverywhere => numbers.below(2) * 10,
			_ if numbers.below(3) == 0 => 0,
			_ => numbers.below(20),
		};
		let (import, export) = (self.limit(numbers), self.limit(numbers));
		Zone { parent, import, export, fee, levels: self.levels(index, numbers), ..Default::default() }
	}

	fn limit(self, numbers: &mut Numbers) -> Option<u64> {
		match (self, numbers.below(4)) {
			(Shape::Unlimited, _) | (_, 0) => None,
			(Shape::ZeroLimits, 1 | 2) => Some(0),
			(Shape::TiesEverywhere, _) => Some(numbers.below(4) * 5),
			_ => Some(numbers.below(1_500)),
		}
	}

	fn levels(self, index: u32, numbers: &mut Numbers) -> Vec<Level> {
		let mut levels = Vec::new();
		// First, because of several levels at one price the first one stays.
		if self == Shape::HugeRootLadder && index == 0 {
			levels.push(Level { price: -150, buy: 1_000_000, sell: 0 });
			levels.push(Level { price: 150, buy: 0, sell: 1_000_000 });
		}
		levels.extend((0..self.count(numbers)).map(|_| self.level(numbers)));
		levels.sort_by_key(|level| level.price);
		levels.dedup_by_key(|level| level.price);
		levels
	}

	fn count(self, numbers: &mut Numbers) -> u64 {
		match self {
			Shape::EmptyZones if numbers.below(4) > 0 => 0,
			_ => 1 + numbers.below(6),
		}
	}

	fn level(self, numbers: &mut Numbers) -> Level {
		let wh = match self {
			Shape::TiesEverywhere => 5 * numbers.below(3),
			Shape::EmptyZones => numbers.below(3) * numbers.below(500),
			_ => numbers.below(1_000),
		};
		let buys = numbers.below(2) == 0;
		let (buy, sell) = if buys { (wh, 0) } else { (0, wh) };
		let spread = numbers.below(401) as i64;
		let price = match self {
			Shape::NegativePrices => -1 - spread,
			Shape::TiesEverywhere => 10 * (spread % 2),
			// 25 links with fees below 20 take less than 1,000 from the gap.
			Shape::EverythingCrossed => spread + if buys { 1_000 } else { 0 },
			Shape::NothingCrossed => spread + if buys { 0 } else { 401 },
			_ => spread - 200,
		};
		// At a tie both sides may stand at one price.
		let both = self == Shape::TiesEverywhere && numbers.below(3) == 0;
		Level { price, buy: if both { wh } else { buy }, sell: if both { wh } else { sell } }
	}
}
