//! What the market keeps: records of intervals and sessions, gates, results of zones.

use busbar_primitives::{
	stored, Fee, Interval, Moment, Outcome, ParticipantId, PointId, Price, Product, ProductId, Side, Terms, Wh, ZoneId,
	ZoneResult, MAX_PRODUCTS,
};
use codec::{Decode, Encode, MaxEncodedLen};
use core::cmp::Reverse;
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec, CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;

/// Most energy that all orders of one session may offer on one side, in Wh; flows over all sessions are counted in `i64`.
pub const OFFERED_LIMIT: Wh = Wh::MAX >> 4;
const _: () = assert!((OFFERED_LIMIT as u128) * (MAX_PRODUCTS as u128) < i64::MAX as u128, "flows can be summed");

/// An auction's prices count for imbalances that traded at least this part of what the interval's greatest one traded.
const COUNTING_PART: Wh = 10;

/// A session: an interval and a product of it.
pub type SessionId = (Interval, ProductId);
/// The products of an interval.
pub type Products = PerProduct<Product>;
/// One value for each product of an interval.
pub type PerProduct<V> = BoundedVec<V, ConstU32<MAX_PRODUCTS>>;

/// What the market keeps of one interval.
#[stored]
pub struct Record {
	pub terms: Terms,
	pub products: Products,
	/// Zones of its tree are numbered below this.
	pub zones: u32,
	/// Most price levels of each product's session, so that it clears before delivery.
	pub admitted: PerProduct<u32>,
	/// Sessions that have not ended.
	pub unended: u32,
	/// Sums over the sessions that have.
	pub ended: Outcome,
	/// Energy that was traded in each product's auction, in Wh; 0 of other products.
	pub traded: PerProduct<Wh>,
	/// Whether the council voided it: what its sessions decided does not count.
	pub void: bool,
}

impl Record {
	/// An interval that has just opened.
	pub fn new(terms: Terms, products: Products, zones: u32, admitted: PerProduct<u32>) -> Self {
		let unended = u32::try_from(products.len()).unwrap_or(MAX_PRODUCTS);
		let traded = BoundedVec::truncate_from(alloc::vec![0; products.len()]);
		Self { terms, products, zones, admitted, unended, ended: Outcome::default(), traded, void: false }
	}

	/// How the interval's market ended, over all sessions; `None` before the last of them has. Of a void interval only the
	/// number of its points.
	pub fn outcome(&self) -> Option<Outcome> {
		let counts = if self.void { Outcome { points: self.ended.points, ..Outcome::default() } } else { self.ended };
		(self.unended == 0).then_some(counts)
	}

	/// The numbers of its products.
	pub fn product_ids(&self) -> impl Iterator<Item = ProductId> {
		(0..).take(self.products.len())
	}

	/// An auction traded so much, in Wh.
	pub fn auction_traded(&mut self, product: ProductId, wh: Wh) {
		if let Some(traded) = self.traded.get_mut(usize::from(product)) {
			*traded = wh;
		}
	}

	/// The last auction of `interval`, which is this record's, whose prices bound those of imbalances: of those in which at least
	/// a tenth of the most was traded that one of them traded, the one whose gate closed last. An auction in which nobody traded
	/// tells no price, because what clears there is whatever nothing bounds; and one in which hardly anybody did tells the price of
	/// whoever traded with itself.
	pub fn last_traded(&self, interval: Interval) -> Option<ProductId> {
		let most = self.traded.iter().copied().max().unwrap_or(0);
		let gate = |id: &ProductId| {
			let spec = self.products.get(usize::from(*id));
			(spec.map(|spec| spec.gate_closure(interval, &self.terms)), Reverse(*id))
		};
		let counts = |wh: Wh| wh > 0 && wh.saturating_mul(COUNTING_PART) >= most;
		let counting = self.product_ids().zip(&self.traded).filter(|(_, wh)| counts(**wh));
		counting.map(|(id, _)| id).max_by_key(gate)
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

/// A session with what is kept of it, and its interval.
pub(crate) type Member = (Interval, Record, Session);

/// What the market keeps of one session.
#[stored(Default)]
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
	/// Where its zone prices lie between the least and the greatest supporting ones, in parts of 2^31, if not in the
	/// middle: where the block orders of its span need them.
	pub lean: Option<u32>,
}

/// A price as a storage key whose order is the order of prices: big-endian with the sign bit flipped.
#[stored(Copy, PartialOrd, Ord)]
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

/// A gate as a storage key whose order is that of closing: closure in ms, interval and product, all big-endian.
#[stored(Copy, PartialOrd, Ord)]
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

/// When the standing orders of a participant begin to be cancelled, as a storage key: that moment in big-endian bytes, so that
/// they lie in their order, and whose they are.
pub type RecallKey = ([u8; 8], ParticipantId);

/// How far the orders of a participant are cancelled: all before this session, and in it all at points before this one.
#[stored(Copy, Default)]
pub struct Recall {
	pub session: SessionId,
	pub point: PointId,
}

/// A zone as a session clears it: its link with the capacity that earlier sessions left.
#[stored(Copy)]
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
#[stored(Copy)]
pub struct LoadedLevel {
	pub zone: ZoneId,
	pub price: Price,
	/// Sum of the buy steps, in Wh.
	pub buy: Wh,
	/// Sum of the sell steps, in Wh.
	pub sell: Wh,
}

/// Where the closing of a gate stands that takes more than one block.
#[stored]
pub struct Gate {
	/// The product, and the first interval of its span.
	pub session: SessionId,
	/// The interval that is being loaded: the first of the span that has not been loaded completely.
	pub interval: Interval,
	/// Zones of it are loaded up to this number.
	pub zones: ZoneId,
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
#[stored(Copy)]
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
#[stored(Copy)]
pub enum FailReason {
	/// Delivery had begun before the block that would have cleared it: the chain had stopped, or its blocks were full.
	DeliveryBegan,
	/// The tree has more zones than clearing has room for.
	TooManyZones,
	/// The zones do not form one tree, or clearing refused them.
	Refused,
}

/// A side as the clearing library names it.
pub(crate) fn clearing_side(side: Side) -> busbar_clearing::book::Side {
	match side {
		Side::Buy => busbar_clearing::book::Side::Buy,
		Side::Sell => busbar_clearing::book::Side::Sell,
	}
}

/// A side as the primitives name it.
pub(crate) fn own_side(side: busbar_clearing::book::Side) -> Side {
	match side {
		busbar_clearing::book::Side::Buy => Side::Buy,
		busbar_clearing::book::Side::Sell => Side::Sell,
	}
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
}
