//! What the market keeps: parameters, records of intervals, orders, price levels.

use busbar_primitives::{
	Balance, Fee, Interval, Moment, Outcome, PostedBounds, Price, Product, ProductId, ProductKind, Side, Step, Terms,
	Wh, ZoneId, ZoneResult, MAX_PRODUCTS, MAX_SPAN,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec, CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Greatest magnitude of any price parameter, in nEUR/Wh: a million euros per kWh, far from where sums would overflow.
pub const PRICE_LIMIT: Price = 1_000_000_000_000;
const _: () = assert!(PRICE_LIMIT <= busbar_clearing::MAX_PRICE, "every order price can be cleared");
/// Most intervals that may be open at a time.
pub const HORIZON_LIMIT: u32 = 4_096;
/// Most energy that all orders of one session may offer on one side, in Wh; flows over all sessions are counted in `i64`.
pub const OFFERED_LIMIT: Wh = Wh::MAX >> 4;
const _: () = assert!((OFFERED_LIMIT as u128) * (MAX_PRODUCTS as u128) < i64::MAX as u128, "flows can be summed");

/// A session: an interval and a product of it.
pub type SessionId = (Interval, ProductId);
/// The products of an interval.
pub type Products = BoundedVec<Product, ConstU32<MAX_PRODUCTS>>;

/// The market's parameters. A change applies to intervals that have not opened yet.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
	/// How long an interval lasts in chain time, in s; a multiple of the slot. Fixed at genesis.
	pub interval_clock_s: u32,
	/// Length that turns power into energy, in s. Fixed at genesis.
	pub interval_s: u32,
	/// Start of interval 0, chain time in ms. Fixed at genesis.
	pub epoch: Moment,
	/// Intervals open, with the terms of that moment, this many intervals ahead of the one in delivery.
	pub horizon: u32,
	/// What is traded of each interval. A gate closes at least one slot before delivery, so that clearing comes before it.
	pub products: Products,
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
	/// A market of quarter hours: a day-ahead auction from 48 to 12 hours before delivery, an intraday auction from there to
	/// five minutes ahead, prices in ticks of 0.01 ct/kWh up to 4 EUR/kWh, records kept for about a month.
	fn default() -> Self {
		Self {
			interval_clock_s: 900,
			interval_s: 900,
			epoch: 0,
			horizon: 192,
			products: BoundedVec::truncate_from(alloc::vec![
				Product { kind: ProductKind::Auction, opens_s: 172_800, closes_s: 43_200, span: 1 },
				Product { kind: ProductKind::Auction, opens_s: 43_200, closes_s: 300, span: 1 },
			]),
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
	/// There is no auction, or a gate closes before it opens, or less than a slot before delivery, so that delivery would
	/// begin before the block that clears, or a span is zero or too long, or longer than 1 for continuous trading.
	Products,
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
		let lead = |product: &Product| Moment::from(product.closes_s).saturating_mul(1_000);
		let reach = clock.saturating_mul(self.horizon.into());
		// All intervals of a span are open before their gate closes.
		let behind = |product: &Product| clock.saturating_mul(product.span.saturating_sub(1).into());
		let out_of_reach = self.products.iter().any(|product| lead(product).saturating_add(behind(product)) >= reach);
		if self.horizon == 0 || self.horizon > HORIZON_LIMIT || out_of_reach {
			return Err(ParameterError::Horizon);
		}
		let closes = |product: &Product| {
			let span = if product.kind == ProductKind::Auction { 1..=MAX_SPAN } else { 1..=1 };
			product.opens_s > product.closes_s && lead(product) >= slot_ms && span.contains(&product.span)
		};
		// Auctions tell the path fees that imbalances pay.
		let auction = |product: &Product| product.kind == ProductKind::Auction;
		if !self.products.iter().any(auction) || !self.products.iter().all(closes) {
			return Err(ParameterError::Products);
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

	/// The first interval of which, under these parameters, a gate is still open at chain time `now`.
	pub fn first_open_at(&self, now: Moment) -> Interval {
		let lead = self.products.iter().map(|product| product.closes_s).min().unwrap_or(0);
		let ahead = now.saturating_add(Moment::from(lead).saturating_mul(1_000));
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
		let terms = Terms {
			delivery_start: start,
			delivery_end: end,
			gate_closure: start,
			last_gate_closure: start,
			attestation_end,
			dispute_end: attestation_end.saturating_add(seconds(self.dispute_window_s)),
			tick: self.tick,
			price_floor: self.price_floor,
			price_cap: self.price_cap,
			posted: self.posted,
		};
		let gates = || self.products.iter().map(|product| product.gate_closure(interval, &terms));
		let (first, last) = (gates().min().unwrap_or(start), gates().max().unwrap_or(start));
		Terms { gate_closure: first, last_gate_closure: last, ..terms }
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
	pub products: Products,
	/// Sessions that have not ended.
	pub unended: u32,
	/// Sums over the sessions that have.
	pub ended: Outcome,
}

impl Record {
	/// An interval that has just opened.
	pub fn new(terms: Terms, products: Products) -> Self {
		let unended = u32::try_from(products.len()).unwrap_or(MAX_PRODUCTS);
		Self { terms, products, unended, ended: Outcome::default() }
	}

	/// How the interval's market ended, over all sessions; `None` before the last of them has.
	pub fn outcome(&self) -> Option<Outcome> {
		(self.unended == 0).then_some(self.ended)
	}

	/// The numbers of its products.
	pub fn product_ids(&self) -> impl Iterator<Item = ProductId> {
		(0..).take(self.products.len())
	}

	/// A session of this interval has ended. Sums saturate at the types' bounds, which [`OFFERED_LIMIT`] keeps far away.
	pub fn end_session(&mut self, outcome: &Outcome) {
		let sum = &mut self.ended;
		self.unended = self.unended.saturating_sub(1);
		sum.cleared |= outcome.cleared;
		sum.points = outcome.points;
		sum.traded = sum.traded.saturating_add(outcome.traded);
		sum.fees = sum.fees.saturating_add(outcome.fees);
		sum.rent = sum.rent.saturating_add(outcome.rent);
		sum.welfare = sum.welfare.saturating_add(outcome.welfare);
	}
}

/// What the market keeps of one session.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Session {
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
	/// How it ended; `None` while the gate is open or the session clears.
	pub outcome: Option<Outcome>,
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
	/// Arrival number in the session, over all zones.
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

/// A gate as a storage key whose order is that of closing: closure in ms, interval and product, all big-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GateKey([u8; 13]);

impl GateKey {
	/// The key of a session's gate that closes at `closure`, chain time in ms.
	pub fn new(closure: Moment, (interval, product): SessionId) -> Self {
		let mut key = [0; 13];
		key[..8].copy_from_slice(&closure.to_be_bytes());
		key[8..12].copy_from_slice(&interval.to_be_bytes());
		key[12] = product;
		Self(key)
	}

	/// When the gate closes, chain time in ms.
	pub fn closure(&self) -> Moment {
		self.0.first_chunk().map_or(0, |bytes| Moment::from_be_bytes(*bytes))
	}

	/// Whose gate it is.
	pub fn session(&self) -> SessionId {
		let [.., a, b, c, d, product] = self.0;
		(Interval::from_be_bytes([a, b, c, d]), product)
	}
}

/// A zone as a session clears it: its link with the capacity that earlier sessions left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct LoadedZone {
	pub id: ZoneId,
	pub parent: Option<ZoneId>,
	/// Most energy from the parent into the zone, in Wh; `None` is unlimited.
	pub import: Option<Wh>,
	/// Most energy from the zone to its parent, in Wh; `None` is unlimited.
	pub export: Option<Wh>,
	/// Grid fee, in nEUR/Wh.
	pub fee: Fee,
}

/// A price level as a session clears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct LoadedLevel {
	pub zone: ZoneId,
	pub price: Price,
	/// Sum of the buy steps, in Wh.
	pub buy: Wh,
	/// Sum of the sell steps, in Wh.
	pub sell: Wh,
}

/// Where the closing of a gate stands that takes more than one block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Gate {
	/// The product, and the first interval of its span.
	pub session: SessionId,
	/// The interval that is being loaded: the first of the span that has not been loaded completely.
	pub interval: Interval,
	/// Zones of it are loaded up to this number.
	pub zones: ZoneId,
	/// Zones of the session's tree are numbered below this.
	pub zone_count: u32,
	/// Price levels of it that are loaded.
	pub levels: u32,
	/// The last of them.
	pub last: Option<(ZoneId, PriceKey)>,
	/// Pages that hold what earlier blocks loaded, of all intervals.
	pub pages: u32,
}

/// What one block loaded of an interval whose gate takes more than one.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, DefaultNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxZones, MaxLevels))]
pub struct LoadedPage<MaxZones: Get<u32>, MaxLevels: Get<u32>> {
	pub interval: Interval,
	pub zones: BoundedVec<LoadedZone, MaxZones>,
	pub levels: BoundedVec<LoadedLevel, MaxLevels>,
}

/// Zones of one page of results: results are kept, and read, this many at a time.
pub const PAGE: u32 = 32;

/// What a session decided for a zone, and within which limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClearedZone {
	/// Most energy that could flow from the parent into the zone, in Wh, after earlier sessions; `None`: unlimited.
	pub import: Option<Wh>,
	/// Most energy that could flow from the zone to its parent, in Wh, after earlier sessions; `None`: unlimited.
	pub export: Option<Wh>,
	/// Grid fee of the link to the parent, in nEUR/Wh.
	pub fee: Fee,
	pub result: ZoneResult,
}

impl ClearedZone {
	/// The result as the clearing library knows it; `None` if the session failed safe.
	pub fn cleared(&self) -> Option<busbar_clearing::ZoneResult> {
		let ZoneResult { price, flow, margin_buy, margin_sell, path_fee, fees, rent } = self.result;
		let path_fee = path_fee.into();
		Some(busbar_clearing::ZoneResult { price: price?, flow, margin_buy, margin_sell, path_fee, fees, rent })
	}
}

/// Results of zones `page * PAGE` and following; `None` for numbers that were no zones of the session's tree.
pub type ResultPage = BoundedVec<Option<ClearedZone>, ConstU32<PAGE>>;

/// Why a session failed safe.
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
	fn gate_keys_sort_by_closure_and_read_back() {
		let gates = [(0, (9, 3)), (255, (0, 0)), (256, (0, 0)), (256, (1, 0)), (256, (1, 1)), (Moment::MAX, (0, 0))];
		let keys = gates.map(|(closure, session)| GateKey::new(closure, session));
		assert!(keys.windows(2).all(|pair| pair[0].encode() < pair[1].encode()));
		assert_eq!(keys.map(|key| (key.closure(), key.session())), gates);
	}

	#[test]
	fn the_first_open_interval_is_the_first_of_which_a_gate_lies_ahead() {
		let product = |closes_s| Product { kind: ProductKind::Auction, opens_s: 30, closes_s, span: 1 };
		let products = BoundedVec::truncate_from(vec![product(4), product(20)]);
		let p = Parameters { epoch: 10_000, interval_clock_s: 12, products, ..Default::default() };
		for now in (0..200_000).step_by(500) {
			let first = p.first_open_at(now);
			assert!(p.terms(first).last_gate_closure > now, "at {now}");
			assert!(first == 0 || p.terms(first - 1).last_gate_closure <= now, "at {now}");
		}
	}
}
