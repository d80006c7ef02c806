//! What an auction keeps: orders, price levels, block orders.

use crate::{products::places::Places, types::OFFERED_LIMIT};
use busbar_primitives::{
	stored, Amount, Balance, Interval, PointId, Position, Price, Side, Step, Wh, ZoneId, MAX_SPAN,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;

/// One step of an order, with its place in the queue of its level and side.
#[stored(Copy)]
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

impl<AccountId, MaxSteps> Order<AccountId, MaxSteps>
where
	AccountId: Clone + PartialEq + Eq + core::fmt::Debug,
	MaxSteps: Get<u32>,
{
	/// What it would buy, in Wh. Saturates at the type's bound.
	pub fn bought(&self) -> Wh {
		let buys = self.steps.iter().filter(|queued| queued.step.side == Side::Buy);
		buys.fold(0, |sum: Wh, queued| sum.saturating_add(queued.step.wh))
	}
}

/// Energy that stands at one price of one zone, and the queues' next arrival numbers.
#[stored(Copy, Default)]
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

/// Most block orders that stand in a span: what the search is meant for.
pub const MAX_BLOCK_ORDERS: u32 = 32;
/// Most block orders that a connection point may have standing in a span.
pub const MAX_POINT_BLOCK_ORDERS: u32 = 4;
/// Most energy of a block order in one interval, in Wh, so that those of all block orders can be summed.
pub(super) const BLOCK_ORDER_LIMIT: Wh = OFFERED_LIMIT / (MAX_BLOCK_ORDERS as Wh * MAX_SPAN as Wh);

/// Energy of a block order in each of its intervals, in Wh.
pub type Energies = BoundedVec<Wh, ConstU32<MAX_SPAN>>;

/// A block order.
#[stored]
pub struct BlockOrder<AccountId> {
	/// Whose money is held.
	pub account: AccountId,
	pub point: PointId,
	pub zone: ZoneId,
	pub side: Side,
	/// Limit price of the sum, in nEUR/Wh.
	pub price: Price,
	/// Its first interval.
	pub first: Interval,
	pub wh: Energies,
	/// Collateral held for each interval, in nEUR; 0 once settlement has taken it.
	pub held: BoundedVec<Balance, ConstU32<MAX_SPAN>>,
	/// Whether it was accepted; `None` before the span has cleared.
	pub accepted: Option<bool>,
}

impl<AccountId> BlockOrder<AccountId> {
	/// Energy in an interval, in Wh.
	pub fn energy(&self, interval: Interval) -> Wh {
		let at = interval.checked_sub(self.first).and_then(|at| self.wh.get(at as usize));
		at.copied().unwrap_or(0)
	}

	/// The same with its direction.
	pub(super) fn position(&self, interval: Interval) -> Position {
		let mut position = Position::default();
		*position.side_mut(self.side) = self.energy(interval);
		position
	}

	/// What the block order adds to welfare in an interval at its limit, in nEUR.
	pub(crate) fn worth(&self, interval: Interval) -> Amount {
		let worth = busbar_primitives::payment(self.price, self.energy(interval));
		if self.side == Side::Buy {
			worth
		} else {
			worth.saturating_neg()
		}
	}
}

/// The places of a span's block orders.
#[stored(Default)]
pub struct SpanPlaces {
	/// Number of the next block order.
	pub next: u32,
	/// Block orders that stand, or stood when the gate closed.
	pub taken: Places<u32, ConstU32<MAX_BLOCK_ORDERS>>,
}
