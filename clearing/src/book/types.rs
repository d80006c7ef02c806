//! Orders, trades, and how the book is read.

use crate::orders::Side;
use alloc::vec::Vec;

/// Most all-or-nothing orders that wait in a session.
pub const MAX_WAITING: usize = 16;
/// Most resting orders that fill an all-or-nothing order together.
pub const MAX_WHOLE_FILLS: u32 = 16;

impl Side {
	/// The side that it trades with.
	pub fn opposite(self) -> Side {
		match self {
			Side::Buy => Side::Sell,
			Side::Sell => Side::Buy,
		}
	}
}

/// How long an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
	/// What does not trade at once rests until the gate closes or it is cancelled.
	GoodTillGate,
	/// What does not trade at once, within the budget, is cancelled.
	ImmediateOrCancel,
	/// Trades as a whole at once, within the budget, or not at all.
	FillOrKill,
	/// Trades as a whole, now or later, or not at all.
	AllOrNothing,
}

/// An order, or what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<Owner> {
	/// Arrival number, unique in the session: lower ones are older.
	pub id: u64,
	/// Who must not trade with itself.
	pub owner: Owner,
	/// Index of the zone in the session's tree.
	pub zone: u32,
	pub side: Side,
	/// Limit price in nEUR/Wh, within `MAX_PRICE` of zero; for an aggressor it includes the fees that it bears.
	pub price: i64,
	/// Quantity that is left, in Wh.
	pub wh: u64,
}

/// The first order of a queue, as far as its place tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
	pub price: i64,
	pub id: u64,
}

/// Capacity that is left on a link, in Wh; `None`: unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
	/// From the parent into the zone.
	pub import: Option<u64>,
	/// From the zone to its parent.
	pub export: Option<u64>,
}

/// A trade between a resting order and an aggressor, both as they stood before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade<Owner> {
	pub resting: Order<Owner>,
	pub aggressor: Order<Owner>,
	/// Quantity, in Wh.
	pub wh: u64,
	/// Fees of the path in nEUR/Wh, which the aggressor bears beside the resting order's price.
	pub fee: u64,
}

impl<Owner> Trade<Owner> {
	/// The seller's order and the buyer's.
	pub fn sell_and_buy(&self) -> (&Order<Owner>, &Order<Owner>) {
		match self.aggressor.side {
			Side::Buy => (&self.resting, &self.aggressor),
			Side::Sell => (&self.aggressor, &self.resting),
		}
	}

	/// What the buyer pays and the seller receives per Wh, fees included, in nEUR. They differ by the fee.
	pub fn prices(&self) -> (i64, i64) {
		let (price, fee) = (self.resting.price, self.fee as i64);
		match self.aggressor.side {
			Side::Buy => (price + fee, price),
			Side::Sell => (price, price - fee),
		}
	}
}

/// Work that a call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
	/// Calls of [`Source::order`], [`Source::next`] and [`Source::room`].
	pub steps: u32,
	/// Trades and cancelled orders.
	pub fills: u32,
}

/// What a session's book is read from. Zones are named by their index in the session's [`Tree`](super::Tree).
pub trait Source {
	type Owner: Clone + PartialEq;

	/// Where the queue of a zone and side starts; `None` if it is empty. Costs no step: keep the heads together.
	fn head(&mut self, zone: u32, side: Side) -> Option<Head>;

	/// The order at the head of a queue.
	fn order(&mut self, zone: u32, side: Side, head: Head) -> Option<Order<Self::Owner>>;

	/// The order behind another one in its queue.
	fn next(&mut self, order: &Order<Self::Owner>) -> Option<Order<Self::Owner>>;

	/// Capacity left on the link above a zone other than the root.
	fn room(&mut self, zone: u32) -> Room;

	/// The waiting all-or-nothing orders, in the order of arrival. Costs no step: keep them together.
	fn waiting(&mut self) -> Vec<Order<Self::Owner>>;
}
