//! What the market keeps: parameters, records of intervals, orders, price levels.

use busbar_primitives::{
	Balance, Interval, Moment, Outcome, PostedBounds, Price, Product, Side, Step, Terms, Wh, ZoneId,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Greatest magnitude of any price parameter, in nEUR/Wh: a million euros per kWh, far from where sums would overflow.
pub const PRICE_LIMIT: Price = 1_000_000_000_000;
const _: () = assert!(PRICE_LIMIT <= busbar_clearing::MAX_PRICE, "every order price can be cleared");
/// Most intervals that may be open at a time.
pub const HORIZON_LIMIT: u32 = 4_096;
/// Most energy that all orders of one interval may offer on one side, in Wh; clearing counts flows in `i64`.
pub const OFFERED_LIMIT: Wh = Wh::MAX >> 2;

/// The market's parameters. A change applies to intervals that have not opened yet.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
	/// How long an interval lasts in chain time, in s; a multiple of the slot. Fixed at genesis.
	pub interval_clock_s: u32,
	/// Length that turns power into energy, in s. Fixed at genesis.
	pub interval_s: u32,
	/// Start of interval 0, chain time in ms. Fixed at genesis.
	pub epoch: Moment,
	/// Sessions open this many intervals ahead of the one in delivery.
	pub horizon: u32,
	/// From gate closure to the start of delivery, in s; at least one slot, so that clearing comes before delivery.
	pub gate_lead_s: u32,
	/// From the end of delivery to the last reading, in s.
	pub attestation_window_s: u32,
	/// From the last reading to the end of disputes, in s.
	pub dispute_window_s: u32,
	/// Smallest price step, in nEUR/Wh.
	pub tick: u32,
	/// Lowest order price, in nEUR/Wh; on the tick.
	pub price_floor: Price,
	/// Highest order price, in nEUR/Wh; on the tick.
	pub price_cap: Price,
	/// Bounds of the posted imbalance prices, in nEUR/Wh.
	pub posted: PostedBounds,
	/// Intervals of chain time that records outlive the end of their dispute window.
	pub retention: u32,
}

impl Default for Parameters {
	/// A market of quarter hours: gates close five minutes ahead, prices in ticks of 0.01 ct/kWh up to 4 EUR/kWh, records
	/// kept for about a month.
	fn default() -> Self {
		Self {
			interval_clock_s: 900,
			interval_s: 900,
			epoch: 0,
			horizon: 8,
			gate_lead_s: 300,
			attestation_window_s: 3_600,
			dispute_window_s: 86_400,
			tick: 100,
			price_floor: -500_000,
			price_cap: 4_000_000,
			posted: PostedBounds { short_max: 4_000_000, long_min: -500_000 },
			retention: 2_976,
		}
	}
}

/// What is wrong with [`Parameters`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterError {
	/// The interval clock is zero or no multiple of the slot, or `interval_s` is zero.
	Clock,
	/// The horizon is zero, beyond [`HORIZON_LIMIT`], or so short that a gate closes before its session opens.
	Horizon,
	/// The gate lead is shorter than a slot: delivery would begin before the block that clears.
	GateLead,
	/// The tick is zero.
	Tick,
	/// A price bound is off the tick, beyond [`PRICE_LIMIT`], or the floor lies above the cap.
	PriceBounds,
	/// A posted bound is beyond [`PRICE_LIMIT`], or `long_min` lies above `short_max`.
	PostedBounds,
}

impl Parameters {
	/// Whether the parameters make sense together on a chain with slots of `slot_ms`.
	pub fn validate(&self, slot_ms: Moment) -> Result<(), ParameterError> {
		let clock = self.clock_ms();
		if clock == 0 || self.interval_s == 0 || clock.checked_rem(slot_ms) != Some(0) {
			return Err(ParameterError::Clock);
		}
		let lead = Moment::from(self.gate_lead_s).saturating_mul(1_000);
		if self.horizon == 0 || self.horizon > HORIZON_LIMIT || lead >= clock.saturating_mul(self.horizon.into()) {
			return Err(ParameterError::Horizon);
		}
		if lead < slot_ms {
			return Err(ParameterError::GateLead);
		}
		if self.tick == 0 {
			return Err(ParameterError::Tick);
		}
		let prices = -PRICE_LIMIT..=PRICE_LIMIT;
		for bound in [self.price_floor, self.price_cap] {
			if !prices.contains(&bound) || !on_tick(bound, self.tick) {
				return Err(ParameterError::PriceBounds);
			}
		}
		if self.price_floor > self.price_cap {
			return Err(ParameterError::PriceBounds);
		}
		let PostedBounds { short_max, long_min } = self.posted;
		if !prices.contains(&short_max) || !prices.contains(&long_min) || long_min > short_max {
			return Err(ParameterError::PostedBounds);
		}
		Ok(())
	}

	/// How long an interval lasts in chain time, in ms.
	pub fn clock_ms(&self) -> Moment {
		Moment::from(self.interval_clock_s).saturating_mul(1_000)
	}

	/// The interval in delivery at chain time `now`; 0 before the epoch.
	pub fn interval_at(&self, now: Moment) -> Interval {
		let passed = now.saturating_sub(self.epoch).checked_div(self.clock_ms()).unwrap_or(0);
		Interval::try_from(passed).unwrap_or(Interval::MAX)
	}

	/// The first interval whose gate, under these parameters, is still open at chain time `now`.
	pub fn first_open_at(&self, now: Moment) -> Interval {
		let ahead = now.saturating_add(Moment::from(self.gate_lead_s).saturating_mul(1_000));
		if ahead < self.epoch {
			return 0;
		}
		self.interval_at(ahead).saturating_add(1)
	}

	/// What is fixed for an interval that opens under these parameters.
	pub fn terms(&self, interval: Interval) -> Terms {
		let seconds = |s: u32| Moment::from(s).saturating_mul(1_000);
		let start = self.epoch.saturating_add(self.clock_ms().saturating_mul(interval.into()));
		let end = start.saturating_add(self.clock_ms());
		let attestation_end = end.saturating_add(seconds(self.attestation_window_s));
		Terms {
			delivery_start: start,
			delivery_end: end,
			gate_closure: start.saturating_sub(seconds(self.gate_lead_s)),
			attestation_end,
			dispute_end: attestation_end.saturating_add(seconds(self.dispute_window_s)),
			tick: self.tick,
			price_floor: self.price_floor,
			price_cap: self.price_cap,
			posted: self.posted,
		}
	}
}

/// Whether a price is a multiple of the tick.
pub fn on_tick(price: Price, tick: u32) -> bool {
	price.checked_rem(Price::from(tick)) == Some(0)
}

/// What the market keeps of one interval.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record {
	pub terms: Terms,
	/// Arrival number of the next order.
	pub arrivals: u32,
	/// Orders that stand.
	pub orders: u32,
	/// Price levels that hold energy, over all zones.
	pub levels: u32,
	/// Energy of all buy steps, in Wh.
	pub offered_buy: Wh,
	/// Energy of all sell steps, in Wh.
	pub offered_sell: Wh,
	/// How it ended; `None` while the gate is open or clearing waits for room in a block.
	pub outcome: Option<Outcome>,
}

impl Record {
	/// An interval that has just opened.
	pub fn new(terms: Terms) -> Self {
		Self { terms, arrivals: 0, orders: 0, levels: 0, offered_buy: 0, offered_sell: 0, outcome: None }
	}
}

/// One step of an order, with its place in the queue of its level and side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct QueuedStep {
	pub step: Step,
	/// Arrival number within the side of the price level: earlier ones are filled first.
	pub arrival: u32,
}

/// An order that stands.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(MaxSteps))]
pub struct Order<AccountId, MaxSteps>
where
	AccountId: Clone + PartialEq + Eq + core::fmt::Debug,
	MaxSteps: Get<u32>,
{
	/// The account of the connection point's owner, whose money is held.
	pub account: AccountId,
	pub zone: ZoneId,
	pub product: Product,
	/// Arrival number in the interval, over all zones.
	pub arrival: u32,
	pub steps: BoundedVec<QueuedStep, MaxSteps>,
	/// Collateral held, in nEUR; 0 once settlement has taken it.
	pub held: Balance,
}

/// A price as a storage key whose order is the order of prices: big-endian with the sign bit flipped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PriceKey([u8; 8]);

impl From<Price> for PriceKey {
	fn from(price: Price) -> Self {
		Self(((price as u64) ^ (1 << 63)).to_be_bytes())
	}
}

impl From<PriceKey> for Price {
	fn from(key: PriceKey) -> Self {
		(u64::from_be_bytes(key.0) ^ (1 << 63)) as Price
	}
}

/// Energy that stands at one price of one zone, and the queues' next arrival numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Level {
	/// Sum of the buy steps, in Wh.
	pub buy: Wh,
	/// Sum of the sell steps, in Wh.
	pub sell: Wh,
	/// Arrival number of the next buy step.
	pub buy_arrivals: u32,
	/// Arrival number of the next sell step.
	pub sell_arrivals: u32,
}

impl Level {
	/// Energy of one side, in Wh, and the next arrival number there.
	pub fn side(&self, side: Side) -> (Wh, u32) {
		match side {
			Side::Buy => (self.buy, self.buy_arrivals),
			Side::Sell => (self.sell, self.sell_arrivals),
		}
	}

	/// Both, to change.
	pub fn side_mut(&mut self, side: Side) -> (&mut Wh, &mut u32) {
		match side {
			Side::Buy => (&mut self.buy, &mut self.buy_arrivals),
			Side::Sell => (&mut self.sell, &mut self.sell_arrivals),
		}
	}

	/// Whether no step stands here.
	pub fn is_empty(&self) -> bool {
		self.buy == 0 && self.sell == 0
	}
}

/// Why an interval failed safe.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum FailReason {
	/// Delivery had begun before the block that would have cleared it: the chain had stopped, or its blocks were full.
	DeliveryBegan,
	/// The tree has more zones than clearing has room for.
	TooManyZones,
	/// The zones do not form one tree, or clearing refused them.
	Refused,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn price_keys_sort_as_prices_do_and_read_back() {
		let prices = [Price::MIN, -500_001, -500_000, -1, 0, 1, 255, 256, 4_000_000, Price::MAX];
		for pair in prices.windows(2) {
			assert!(PriceKey::from(pair[0]).encode() < PriceKey::from(pair[1]).encode());
		}
		for price in prices {
			assert_eq!(Price::from(PriceKey::from(price)), price);
		}
	}

	#[test]
	fn the_first_open_interval_is_the_first_whose_gate_lies_ahead() {
		let p = Parameters { epoch: 10_000, interval_clock_s: 12, gate_lead_s: 4, ..Default::default() };
		for now in (0..200_000).step_by(500) {
			let first = p.first_open_at(now);
			assert!(p.terms(first).gate_closure > now, "at {now}");
			assert!(first == 0 || p.terms(first - 1).gate_closure <= now, "at {now}");
		}
	}
}
