//! The market of one interval and its result, as numbers only.
//!
//! Energy is in Wh, prices and fees in nEUR/Wh, money in nEUR.

use alloc::{format, string::String, vec::Vec};

/// Greatest magnitude of a step's price, in nEUR/Wh.
pub const MAX_PRICE: i64 = 1 << 40;

/// Greatest sum of the fees of all links, in nEUR/Wh. Every price that clearing can name lies within
/// `MAX_PRICE + MAX_FEES` of zero, so that prices times four, and sums of two of them, fit into 64 bits.
pub const MAX_FEES: u64 = 1 << 60;

/// How far zone prices lean from the least price that supports the allocation towards the greatest one, in parts of
/// [`Lean::WHOLE`]: the k of a k-double auction (Chatterjee and Samuelson 1983). The same for all zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lean(u32);

impl Lean {
	/// Parts of the whole way from the least to the greatest supporting price.
	pub const WHOLE: u32 = 1 << 31;
	/// The least supporting prices, which buyers like best.
	pub const LEAST: Self = Lean(0);
	/// Half of the way: what holds unless block orders need another.
	pub const MIDDLE: Self = Lean(Self::WHOLE / 2);
	/// The greatest supporting prices, which sellers like best.
	pub const GREATEST: Self = Lean(Self::WHOLE);

	/// So many parts of the whole. `None` beyond it.
	pub fn new(parts: u32) -> Option<Self> {
		(parts <= Self::WHOLE).then_some(Lean(parts))
	}

	/// Parts of [`Lean::WHOLE`].
	pub fn parts(self) -> u32 {
		self.0
	}

	/// One part nearer to the middle; `None` at it.
	pub fn nearer(self) -> Option<Self> {
		match self.cmp(&Self::MIDDLE) {
			core::cmp::Ordering::Less => self.0.checked_add(1),
			core::cmp::Ordering::Equal => None,
			core::cmp::Ordering::Greater => self.0.checked_sub(1),
		}
		.and_then(Self::new)
	}

	/// The price so far from the least to the greatest, rounded down. If two vectors meet integer bounds on differences,
	/// so does every one between them, and so do its components rounded down.
	pub fn price(self, low: i64, high: i64) -> i64 {
		let way = (i128::from(high) - i128::from(low)) * i128::from(self.0);
		// Between the two, so it fits.
		(i128::from(low) + way.div_euclid(i128::from(Self::WHOLE))) as i64
	}
}

impl Default for Lean {
	fn default() -> Self {
		Lean::MIDDLE
	}
}

/// What stands at one price of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
	/// Limit price, in nEUR/Wh, within `MAX_PRICE` of zero.
	pub price: i64,
	/// Sum of the buy steps at this price, in Wh.
	pub buy: u64,
	/// Sum of the sell steps at this price, in Wh.
	pub sell: u64,
}

/// A zone with the link to its parent and the sum of its orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
	/// Index of an earlier zone; `None` exactly for zone 0, the root.
	pub parent: Option<u32>,
	/// Most energy from the parent into the zone, in Wh; `None`: unlimited. Without meaning at the root.
	pub import: Option<u64>,
	/// Most energy from the zone to its parent, in Wh; `None`: unlimited. Without meaning at the root.
	pub export: Option<u64>,
	/// Fee of flow either way, in nEUR/Wh. Without meaning at the root.
	pub fee: u64,
	/// Energy that enters the zone whatever the price is, in Wh; negative when it leaves. It has no price of its own,
	/// so it bounds no zone price: this is how accepted block orders take part.
	pub injection: i64,
	/// Price levels in strictly ascending order of prices.
	pub levels: Vec<Level>,
}

/// Energy accepted at one level, in Wh.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accepted {
	pub(crate) buy: u64,
	pub(crate) sell: u64,
}

/// What clearing decided for one zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneResult {
	/// The zone price, in nEUR/Wh.
	pub price: i64,
	/// Flow from the parent into the zone, in Wh; negative when the zone exports, 0 at the root.
	pub flow: i64,
	/// Energy accepted of the buy level whose price is the zone price, in Wh.
	pub margin_buy: u64,
	/// Energy accepted of the sell level whose price is the zone price, in Wh.
	pub margin_sell: u64,
	/// Sum of the fees on the path to the root, in nEUR/Wh.
	pub path_fee: u64,
	/// Grid fees of the link to the parent, in nEUR: its fee times the magnitude of its flow.
	pub fees: u128,
	/// Congestion rent of the link to the parent, in nEUR: flow times price difference, less the fees.
	pub rent: u128,
}

/// The result of clearing one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
	/// One result per zone, in the order of the zones.
	pub zones: Vec<ZoneResult>,
	/// Gains from trade of the levels net of fees, in nEUR.
	pub welfare: i128,
	/// Accepted buys of the levels, in Wh; they equal accepted sells plus the sum of all injections.
	pub traded: u64,
	/// Grid fees over all links, in nEUR.
	pub fees: u128,
	/// Congestion rent over all links, in nEUR.
	pub rent: u128,
}

/// What an error or a violation is about. Zones and orders are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// The market as a whole.
	Market,
	Zone(u32),
	Order(u32),
	Step {
		order: u32,
		step: u32,
	},
}

impl core::fmt::Display for Place {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Place::Market => write!(f, "market"),
			Place::Zone(zone) => write!(f, "zone {zone}"),
			Place::Order(order) => write!(f, "order {order}"),
			Place::Step { order, step } => write!(f, "order {order}, step {step}"),
		}
	}
}

/// Why a market cannot be cleared. Zones are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// There are no zones, so there is no root.
	NoZones,
	/// More zones or levels than 32 bits can count.
	TooLarge,
	/// Zone 0 names a parent.
	RootHasParent,
	/// A zone other than zone 0 names no parent.
	SecondRoot { zone: u32 },
	/// A zone's parent does not stand before it.
	ParentNotEarlier { zone: u32, parent: u32 },
	/// A zone's levels are not in strictly ascending order of prices.
	LevelsNotAscending { zone: u32, price: i64 },
	/// A price further from zero than `MAX_PRICE`.
	PriceOutOfRange { zone: u32, price: i64 },
	/// The fees of all links add up to more than `MAX_FEES`.
	FeesOutOfRange,
	/// The steps of one side at one price add up to more than 64 bits of Wh.
	LevelOverflow { zone: u32, price: i64 },
	/// More energy is injected at and below a zone than can be bought there or leave it.
	Surplus { zone: u32 },
	/// More energy is drawn by negative injections at and below a zone than can be sold there or enter it.
	Shortage { zone: u32 },
	/// A flow beyond the range of a signed 64-bit number of Wh.
	FlowOverflow { zone: u32 },
	/// Traded energy beyond 64 bits of Wh, or money beyond 128 bits of nEUR.
	TotalOverflow,
	/// An order names a zone that does not exist.
	UnknownZone { order: u32, zone: u32 },
	/// An order would trade with itself: it buys at or above a price at which it sells.
	SelfCrossing { order: u32 },
}

impl Error {
	/// Where it is wrong.
	pub fn place(&self) -> Place {
		match *self {
			Error::NoZones | Error::TooLarge | Error::FeesOutOfRange | Error::TotalOverflow => Place::Market,
			Error::RootHasParent => Place::Zone(0),
			Error::SecondRoot { zone }
			| Error::ParentNotEarlier { zone, .. }
			| Error::LevelsNotAscending { zone, .. }
			| Error::PriceOutOfRange { zone, .. }
			| Error::LevelOverflow { zone, .. }
			| Error::Surplus { zone }
			| Error::Shortage { zone }
			| Error::FlowOverflow { zone } => Place::Zone(zone),
			Error::UnknownZone { order, .. } | Error::SelfCrossing { order } => Place::Order(order),
		}
	}

	/// What is wrong there.
	pub fn reason(&self) -> String {
		match self {
			Error::NoZones => "there are no zones".into(),
			Error::TooLarge => "more zones or price levels than 32 bits can count".into(),
			Error::RootHasParent => "it is the root and cannot have a parent".into(),
			Error::SecondRoot { .. } => "it has no parent, but there is a root already".into(),
			Error::ParentNotEarlier { parent, .. } => format!("its parent {parent} does not stand before it"),
			Error::LevelsNotAscending { price, .. } => {
				format!("the level at price {price} does not stand above the one before it")
			},
			Error::PriceOutOfRange { price, .. } => format!("price {price} lies further from zero than {MAX_PRICE}"),
			Error::FeesOutOfRange => format!("the fees of all links add up to more than {MAX_FEES}"),
			Error::LevelOverflow { price, .. } => format!("the steps at price {price} add up to more than 64 bits"),
			Error::Surplus { .. } => "more is injected at and below it than can be bought there or leave it".into(),
			Error::Shortage { .. } => "more is drawn at and below it than can be sold there or enter it".into(),
			Error::FlowOverflow { .. } => "its flow exceeds 63 bits".into(),
			Error::TotalOverflow => "traded energy exceeds 64 bits, or money 128 bits".into(),
			Error::UnknownZone { zone, .. } => format!("there is no zone {zone}"),
			Error::SelfCrossing { .. } => {
				"it would trade with itself: it buys at or above a price at which it sells".into()
			},
		}
	}
}

impl core::fmt::Display for Error {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "{}: {}", self.place(), self.reason())
	}
}

impl core::error::Error for Error {}

/// What is wrong with a result. Zones are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
	/// The market itself cannot be cleared.
	Market(Error),
	/// The result has another number of zones than the market.
	ZoneCount { expected: u32, found: u32 },
	/// A margin exceeds what stands at the zone price.
	Margin { zone: u32 },
	/// Flow into a zone differs from its accepted buys less its accepted sells and its children's flows.
	Balance { zone: u32 },
	/// Flow beyond the link's limit.
	Limit { zone: u32 },
	/// The prices on both sides of a link do not support its flow.
	LinkPrice { zone: u32 },
	/// The allocation is optimal, but another optimal one trades more energy; noticed at this zone.
	NotMostTraded { zone: u32 },
	/// The price supports the allocation, but lies elsewhere among the supporting prices: not at their midpoint, or not
	/// where the block orders' lean puts it.
	Price { zone: u32, expected: i64 },
	/// A zone's path fee, fees or rent do not follow from its flow and price.
	Money { zone: u32 },
	/// Welfare, traded energy, fees or rent of the whole market do not follow from the zones.
	Totals,
	/// A number of accepted energies other than the order's steps, or a list of another length than the orders.
	FillCount { order: u32 },
	/// A step is accepted to another amount than its price and time priority give it.
	Fill { order: u32, step: u32, expected: u64 },
}

impl Violation {
	/// Where it is wrong.
	pub fn place(&self) -> Place {
		match *self {
			Violation::Market(error) => error.place(),
			Violation::ZoneCount { .. } | Violation::Totals => Place::Market,
			Violation::Margin { zone }
			| Violation::Balance { zone }
			| Violation::Limit { zone }
			| Violation::LinkPrice { zone }
			| Violation::NotMostTraded { zone }
			| Violation::Price { zone, .. }
			| Violation::Money { zone } => Place::Zone(zone),
			Violation::FillCount { order } => Place::Order(order),
			Violation::Fill { order, step, .. } => Place::Step { order, step },
		}
	}

	/// What is wrong there.
	pub fn reason(&self) -> String {
		match self {
			Violation::Market(error) => error.reason(),
			Violation::ZoneCount { expected, found } => format!("{found} zone results for {expected} zones"),
			Violation::Margin { .. } => "more is accepted at the zone price than stands there".into(),
			Violation::Balance { .. } => "flow and accepted energy do not balance".into(),
			Violation::Limit { .. } => "flow exceeds the limit of the link".into(),
			Violation::LinkPrice { .. } => "its price and its parent's do not support the flow between them".into(),
			Violation::NotMostTraded { .. } => "another allocation of equal welfare trades more energy".into(),
			Violation::Price { expected, .. } => format!("of the supporting prices the zone price is {expected}"),
			Violation::Money { .. } => "path fee, fees or rent do not follow from the flow and the prices".into(),
			Violation::Totals => "welfare, traded energy, fees or rent do not follow from the zones".into(),
			Violation::FillCount { .. } => "not one accepted energy per step".into(),
			Violation::Fill { expected, .. } => format!("price-time priority accepts {expected} Wh"),
		}
	}
}

impl core::fmt::Display for Violation {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "{}: {}", self.place(), self.reason())
	}
}

impl core::error::Error for Violation {}
