//! A continuous session as events tell it: what stands, and what was traded.

use super::findings::Findings;
use busbar_client::pallet_market::{Book, LimitOrder, Trader};
use busbar_primitives::{
	payment, Amount, Balance, Fee, PointId, Position, Price, Side, SignedWh, Wh, ZoneId, ZoneView,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A continuous session in which an order has arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Trading {
	/// Parent and fee of each zone's link, fixed when the first order arrived.
	#[serde(skip)]
	links: BTreeMap<ZoneId, (Option<ZoneId>, Fee)>,
	/// Number of the next order.
	#[serde(skip)]
	next: u64,
	/// Orders that stand, by number.
	pub standing: BTreeMap<u64, Standing>,
	pub trades: Vec<Trade>,
	pub traders: BTreeMap<PointId, Traded>,
	/// Flow of the trades over the link above each zone, in Wh.
	pub flows: BTreeMap<ZoneId, SignedWh>,
	/// Traded energy in Wh, fees of the paths in nEUR, gains from trade net of fees in nEUR.
	pub traded: Wh,
	#[serde(with = "busbar_primitives::decimal")]
	pub fees: Balance,
	#[serde(with = "busbar_primitives::decimal")]
	pub welfare: Amount,
}

/// An order that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
	pub point: PointId,
	pub zone: ZoneId,
	pub side: Side,
	/// Limit price, in nEUR/Wh.
	pub price: Price,
	/// What is left of it, in Wh.
	pub wh: Wh,
	/// Whether it trades as a whole or not at all.
	pub whole: bool,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trade {
	pub resting: u64,
	pub aggressor: u64,
	pub seller: PointId,
	pub buyer: PointId,
	pub wh: Wh,
	/// The resting order's price, in nEUR/Wh.
	pub price: Price,
	/// Fees of the path, which the aggressor bears, in nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	pub fees: Balance,
}

/// What a point has traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traded {
	pub position: Position,
	/// What it receives, fees included, in nEUR; negative when it pays.
	#[serde(with = "busbar_primitives::decimal")]
	pub amount: Amount,
}

/// What state tells of a continuous session.
pub struct TradingState {
	pub book: Option<Book>,
	pub standing: Vec<(u64, LimitOrder<busbar_client::AccountId>)>,
	pub traders: Vec<(PointId, Trader<busbar_client::AccountId>)>,
}

impl Trading {
	/// A session whose first order arrives while the interval's tree is this.
	pub fn new(tree: &[ZoneView]) -> Self {
		Self {
			links: tree.iter().map(|zone| (zone.id, (zone.parent, zone.link.fee))).collect(),
			next: 0,
			standing: BTreeMap::new(),
			trades: Vec::new(),
			traders: BTreeMap::new(),
			flows: BTreeMap::new(),
			traded: 0,
			fees: 0,
			welfare: 0,
		}
	}

	/// An order arrives.
	///
	/// # Errors
	/// If its number is not the next one.
	pub fn submit(&mut self, id: u64, order: Standing) -> Result<(), String> {
		if id != self.next {
			return Err(format!("order {id} arrives where {} is next", self.next));
		}
		self.next = id.saturating_add(1);
		self.standing.insert(id, order);
		Ok(())
	}

	/// Two orders trade.
	///
	/// # Errors
	/// If they do not stand so, or the trade is not at the resting order's price, beyond the aggressor's limit, or pays other
	/// fees than its path's.
	pub fn trade(&mut self, trade: Trade) -> Result<(), String> {
		let wrong = |what: &str| format!("the trade of orders {} and {}: {what}", trade.resting, trade.aggressor);
		let find =
			|id: u64| self.standing.get(&id).copied().ok_or_else(|| wrong(&format!("order {id} does not stand")));
		let (resting, aggressor) = (find(trade.resting)?, find(trade.aggressor)?);
		let (sell, buy) = if resting.side == Side::Sell { (resting, aggressor) } else { (aggressor, resting) };
		if (sell.side, buy.side) != (Side::Sell, Side::Buy) || (sell.point, buy.point) != (trade.seller, trade.buyer) {
			return Err(wrong("its sides are not those of the orders"));
		}
		if trade.wh == 0 || [resting, aggressor].iter().any(|order| order.wh < trade.wh) {
			return Err(wrong("more is traded than stands"));
		}
		let older = trade.resting < trade.aggressor || aggressor.whole;
		if trade.price != resting.price || !older {
			return Err(wrong("its price is not that of the older order"));
		}
		let path = self.path(sell.zone, buy.zone);
		let fee: Balance =
			path.iter().map(|(zone, _)| Balance::from(self.links.get(zone).map_or(0, |link| link.1))).sum();
		if fee.checked_mul(trade.wh.into()) != Some(trade.fees) {
			return Err(wrong("its fees are not those of the path"));
		}
		let fee = Price::try_from(fee).unwrap_or(Price::MAX);
		let (paid, received) = match aggressor.side {
			Side::Buy => (trade.price.saturating_add(fee), trade.price),
			Side::Sell => (trade.price, trade.price.saturating_sub(fee)),
		};
		if paid > buy.price || received < sell.price {
			return Err(wrong("it is beyond the aggressor's limit"));
		}

		for id in [trade.resting, trade.aggressor] {
			if let Some(order) = self.standing.get_mut(&id) {
				order.wh -= trade.wh;
				if order.wh == 0 {
					self.standing.remove(&id);
				}
			}
		}
		for (zone, export) in path {
			let wh = SignedWh::try_from(trade.wh).unwrap_or(SignedWh::MAX);
			let flow = self.flows.entry(zone).or_default();
			*flow = flow.saturating_add(if export { wh.saturating_neg() } else { wh });
		}
		let Traded { position, amount } = self.traders.entry(trade.buyer).or_default();
		position.bought = position.bought.saturating_add(trade.wh);
		*amount = amount.saturating_sub(payment(paid, trade.wh));
		let Traded { position, amount } = self.traders.entry(trade.seller).or_default();
		position.sold = position.sold.saturating_add(trade.wh);
		*amount = amount.saturating_add(payment(received, trade.wh));
		self.traded = self.traded.saturating_add(trade.wh);
		self.fees = self.fees.saturating_add(trade.fees);
		let gain = payment(buy.price.saturating_sub(sell.price), trade.wh).saturating_sub_unsigned(trade.fees);
		self.welfare = self.welfare.saturating_add(gain);
		self.trades.push(trade);
		Ok(())
	}

	/// The quantity of an order falls.
	///
	/// # Errors
	/// If it does not stand with more.
	pub fn reduce(&mut self, id: u64, wh: Wh) -> Result<(), String> {
		let order = self.standing.get_mut(&id).filter(|order| order.wh >= wh && wh > 0);
		order.ok_or_else(|| format!("order {id} is reduced to {wh} Wh, of which it has less"))?.wh = wh;
		Ok(())
	}

	/// An order does not stand any more.
	///
	/// # Errors
	/// If not `left` of it was left.
	pub fn end(&mut self, id: u64, left: Wh) -> Result<(), String> {
		let was = self.standing.remove(&id).map_or(0, |order| order.wh);
		if was != left || id >= self.next {
			return Err(format!("order {id} ends with {left} Wh, by the events before with {was}"));
		}
		Ok(())
	}

	/// The links between two zones, each named by the zone below it, and whether energy passes it upwards.
	fn path(&self, mut seller: ZoneId, mut buyer: ZoneId) -> Vec<(ZoneId, bool)> {
		let above = |zone: ZoneId| self.links.get(&zone).and_then(|link| link.0);
		let mut path = Vec::new();
		// A parent's number is lower than its children's.
		while seller != buyer {
			let export = seller > buyer;
			let at = if export { &mut seller } else { &mut buyer };
			path.push((*at, export));
			let Some(parent) = above(*at).filter(|parent| parent < at) else { return path };
			*at = parent;
		}
		path
	}

	/// What the session differs in.
	pub fn differs(&self, state: &TradingState, findings: &mut Findings) {
		let theirs = state.book.as_ref().map(|book| (book.next, book.traded, book.fees, book.welfare));
		findings.same("its sums", &theirs, &Some((self.next, self.traded, self.fees, self.welfare)));
		let zone = |at: u8| state.book.as_ref().and_then(|book| book.zones.get(usize::from(at))).map(|zone| zone.zone);
		let order = |(id, order): &(u64, LimitOrder<_>)| {
			let LimitOrder { point, side, price, wh, whole, .. } = *order;
			(*id, Standing { point, zone: zone(order.zone).unwrap_or(ZoneId::MAX), side, price, wh, whole })
		};
		findings.same("its standing orders", &state.standing.iter().map(order).collect(), &self.standing);
		let traded = state.traders.iter().filter(|(_, trader)| trader.position != Position::default());
		let traded = traded
			.map(|(point, Trader { position, amount, .. })| (*point, Traded { position: *position, amount: *amount }));
		findings.same("its trades", &traded.collect(), &self.traders);
	}
}
