//! What a continuous session keeps: its book, standing orders, and what points have traded.

use crate::{orders::add, products::places::Places};
use busbar_clearing::book::{Head, MAX_WAITING, MAX_ZONES};
use busbar_primitives::{stored, Amount, Balance, Fee, ParticipantId, PointId, Position, Price, Side, Wh, ZoneId};
use frame_support::{traits::ConstU32, BoundedVec};

/// Most orders that a connection point may have standing in a session.
pub const MAX_OPEN: u32 = 8;
/// Reads of the book that one call may make.
pub const CALL_STEPS: u32 = 192;
/// Trades that one call or pass may make.
pub const FILLS: u32 = busbar_clearing::book::MAX_WHOLE_FILLS;

/// Zones of an area: a part of the grid's tree, its top first.
pub type Area = BoundedVec<ZoneId, ConstU32<{ MAX_ZONES as u32 }>>;

/// A zone of a session, its parent's place among them, and the fee of the link between the two in nEUR/Wh.
#[stored(Copy)]
pub struct BookZone {
	pub zone: ZoneId,
	pub parent: Option<u8>,
	pub fee: Fee,
	/// First orders of the queues of buyers and of sellers: price and number.
	pub heads: [Option<(Price, u64)>; 2],
}

/// What the market keeps of a continuous session.
#[stored(Default)]
pub struct Book {
	pub zones: BoundedVec<BookZone, ConstU32<{ MAX_ZONES as u32 }>>,
	/// All-or-nothing orders that wait, or waited when the gate closed.
	pub waiting: Places<u64, ConstU32<{ MAX_WAITING as u32 }>>,
	/// Number of the next order.
	pub next: u64,
	/// Traded energy, in Wh.
	pub traded: Wh,
	/// Fees of all trades, in nEUR.
	pub fees: Balance,
	/// Gains from trade net of fees, in nEUR.
	pub welfare: Amount,
}

impl Book {
	pub(super) fn head(&self, zone: u32, side: Side) -> Option<Head> {
		let (price, id) = self.zones.get(zone as usize)?.heads[index(side)]?;
		Some(Head { price, id })
	}
}

/// Where a side's head stands.
pub(super) fn index(side: Side) -> usize {
	match side {
		Side::Buy => 0,
		Side::Sell => 1,
	}
}

/// Why a standing order ended, or did not come to stand.
#[stored(Copy)]
pub enum EndReason {
	/// Nothing is left of it.
	Filled,
	/// Its owner took it back, or replaced it.
	Withdrawn,
	/// What did not trade at once is cancelled, as its time in force says.
	NotFilled,
	/// It would have traded with its owner's own order.
	SelfTrade,
	/// It waited, and a better one took its place.
	Evicted,
}

/// An order that stands in a continuous session.
#[stored]
pub struct LimitOrder<AccountId> {
	/// Whose money is held.
	pub account: AccountId,
	pub owner: ParticipantId,
	pub point: PointId,
	/// Place of its zone in the session's book.
	pub zone: u8,
	pub side: Side,
	/// Limit price, in nEUR/Wh.
	pub price: Price,
	/// What is left of it, in Wh.
	pub wh: Wh,
	/// Whether it waits to trade as a whole.
	pub whole: bool,
	/// Collateral held, in nEUR; 0 once settlement has taken it.
	pub held: Balance,
	/// The order before it in its queue.
	pub before: Option<u64>,
	/// The order behind it in its queue.
	pub behind: Option<u64>,
}

/// What a connection point has traded in a continuous session, and what it has standing.
#[stored]
pub struct Trader<AccountId> {
	/// Whose money is held.
	pub account: AccountId,
	pub position: Position,
	/// What it receives for its trades in nEUR, fees included; negative when it pays.
	pub amount: Amount,
	/// The lowest price it traded at, in nEUR/Wh, fees included.
	pub lowest: Price,
	/// The highest.
	pub highest: Price,
	/// Collateral held for its trades, in nEUR; 0 once settlement has taken it.
	pub held: Balance,
	/// Its standing orders.
	pub open: BoundedVec<u64, ConstU32<MAX_OPEN>>,
	/// Their energy by side.
	pub standing: Position,
}

impl<AccountId> Trader<AccountId> {
	/// A point that has neither traded nor ordered.
	pub fn new(account: AccountId) -> Self {
		Self {
			account,
			position: Position::default(),
			amount: 0,
			lowest: Price::MAX,
			highest: Price::MIN,
			held: 0,
			open: BoundedVec::new(),
			standing: Position::default(),
		}
	}

	/// What it has traded and may still trade.
	pub(super) fn committed(&self) -> Position {
		let mut sum = self.position;
		add(&mut sum, self.standing);
		sum
	}
}
