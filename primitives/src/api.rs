//! Runtime APIs: what the chain tells about itself.

use crate::{
	Amount, Balance, Contract, Fee, Interval, Line, Metered, Moment, Outcome, ParticipantId, Phase, Point, PointId,
	Position, Price, Product, ProductId, StatementProof, Step, Terms, Wh, ZoneId, ZoneResult, ZoneView,
};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Most connection points or book levels of one answer.
pub const MAX_PAGE: u32 = 1_000;
/// Most zones of one answer.
pub const MAX_ZONES: u32 = 256;
/// Most connection points that one answer looks for orders at: what was accepted of each step is derived from its queue.
pub const MAX_ORDERS: u32 = 128;
/// Most connection points of an account that one answer is about.
pub const MAX_ACCOUNT_POINTS: u32 = 64;
/// Most statement lines of one answer. Those of at most three chunks of leaves are read for them.
pub const MAX_LINES: u32 = 512;

/// Chain time and the intervals around it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Clock {
	/// Chain time of the block, in ms.
	pub now: Moment,
	/// Start of interval 0, chain time in ms.
	pub epoch: Moment,
	/// How long an interval lasts in chain time, in s.
	pub interval_clock_s: u32,
	/// Length that turns power into energy, in s.
	pub interval_s: u32,
	/// The interval in delivery.
	pub current: Interval,
	/// The first interval whose gate is still open, if any is.
	pub next_gate: Option<Interval>,
	/// The first interval whose session has not opened yet.
	pub first_unopened: Interval,
}

/// Where an interval stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Status {
	pub interval: Interval,
	pub phase: Phase,
	pub terms: Terms,
	/// Zones of its tree are numbered below this.
	pub zones: u32,
	/// Over all sessions, once they have ended.
	pub outcome: Option<Outcome>,
	/// In the order of the products.
	pub sessions: Vec<SessionView>,
	/// Number of orders that stand, over all sessions.
	pub orders: u32,
	/// The run of its settlement that is under way or was done last, from 1; 0 before any.
	pub run: u16,
	/// Connection points whose debit phase in that run is done.
	pub debits_done: u32,
	/// Connection points whose credit phase in that run is done.
	pub credits_done: u32,
	/// Root over all statement lines, once settled.
	pub statement_root: Option<H256>,
}

/// A session of an interval.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct SessionView {
	pub product: Product,
	/// Orders are accepted from this chain time on, in ms.
	pub gate_opening: Moment,
	/// Orders are accepted strictly before this chain time, in ms.
	pub gate_closure: Moment,
	/// Number of orders that stand.
	pub orders: u32,
	/// Price levels that hold energy, over all zones.
	pub levels: u32,
	/// How it ended; `None` before that.
	pub outcome: Option<Outcome>,
}

/// Energy that stands at one price of one zone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct BookLevel {
	pub price: Price,
	/// Buy steps at this price, in Wh.
	pub buy: Wh,
	/// Sell steps at this price, in Wh.
	pub sell: Wh,
}

/// A zone's result in a session, and the capacity of the link to its parent that earlier sessions had left.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ZonePrice {
	pub zone: ZoneId,
	/// Most energy that could flow from the parent into the zone, in Wh; `None`: unlimited.
	pub import: Option<Wh>,
	/// Most energy that could flow from the zone to its parent, in Wh; `None`: unlimited.
	pub export: Option<Wh>,
	/// Grid fee of the link, in nEUR/Wh.
	pub fee: Fee,
	pub result: ZoneResult,
}

/// An order as it stands in the book.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct OrderView {
	pub point: PointId,
	pub zone: ZoneId,
	/// Arrival number in the interval, over all zones: time priority.
	pub arrival: u32,
	pub steps: Vec<Step>,
	/// Accepted energy of each step, in Wh; empty before clearing.
	pub accepted: Vec<Wh>,
	/// Collateral still held for it, in nEUR.
	#[serde(with = "crate::decimal")]
	pub held: Balance,
}

/// A connection point with its number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct PointView {
	pub id: PointId,
	pub point: Point,
}

/// What a connection point holds in an interval.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct PositionView {
	pub point: PointId,
	pub zone: ZoneId,
	pub price: Option<Price>,
	pub position: Position,
	pub metered: Option<Metered>,
}

/// What secures a connection point, and what of that is used.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct SecurityView {
	pub point: PointId,
	/// What its owner deposited and gave no notice of, in nEUR.
	#[serde(with = "crate::decimal")]
	pub deposit: Balance,
	/// What a guarantor stands in with and gave no notice of, in nEUR.
	#[serde(with = "crate::decimal")]
	pub guarantee: Balance,
	/// Whether the deposit counts: not while another than the owner answers for the point.
	pub by_owner: bool,
	/// The greatest consumption of an interval that counts, in Wh.
	pub greatest: Wh,
	/// On how many of the last thirty days of which a reading counts there is one. With few, a quarter of the rating counts at least.
	pub days: u32,
	/// How many intervals' consumption can be unsettled at once.
	pub intervals: u32,
	/// What a Wh of it costs at most, in nEUR/Wh.
	pub price: Price,
	/// What can be unsettled at worst, in nEUR: consumption x intervals x price.
	#[serde(with = "crate::decimal")]
	pub used: Balance,
	/// With at least this much, in nEUR, orders are taken that buy more.
	#[serde(with = "crate::decimal")]
	pub least: Balance,
	/// What may leave so that they still are, in nEUR.
	#[serde(with = "crate::decimal")]
	pub free: Balance,
	/// Whether they are.
	pub suffices: bool,
}

/// A statement line with its place under the interval's statement root.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct StatementLine {
	/// Leaf index under the statement root.
	pub index: u32,
	pub line: Line,
}

/// A participant as the chain knows it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ParticipantView<AccountId> {
	pub id: ParticipantId,
	pub account: AccountId,
	pub active: bool,
	pub roles: Vec<(crate::Role, crate::Scope)>,
	pub points: Vec<PointId>,
}

/// What must balance and can be read off the state, for end-to-end tests: money, of an interval and of the whole.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Conservation {
	#[serde(with = "crate::decimal")]
	pub total_issuance: Balance,
	/// Minted minus burned since genesis, plus the genesis issuance.
	#[serde(with = "crate::decimal")]
	pub issued: Balance,
	/// Money in the settlement's own account, in nEUR; zero while no interval is between debits and credits.
	#[serde(with = "crate::decimal")]
	pub in_transit: Balance,
	/// Sum of all statement lines of the interval, in nEUR, as it is kept with the lines; zero once it is settled.
	#[serde(with = "crate::decimal")]
	pub lines_sum: Amount,
}

sp_api::decl_runtime_apis! {
	/// The energy market, read only. What one answer reads is bounded here, whoever asks by whichever way: where there may be
	/// more, it comes in pages. A `limit` beyond the greatest counts as the greatest, and of 0 there is nothing.
	pub trait EnergyApi<AccountId> where AccountId: Codec {
		/// Chain time and the intervals around it. Looks at no more intervals than are open, 1,024 at most.
		fn clock() -> Clock;
		/// Where an interval stands; `None` if it has not opened or is pruned.
		fn status(interval: Interval) -> Option<Status>;
		/// The tree of an interval with the link terms in force, in ascending order of zones: those of the `limit` zones numbered
		/// `from` and following, at most [`MAX_ZONES`], with two keys for each. A page may be empty: there is nothing more where
		/// there are no more zones, whose numbers are below [`Status::zones`].
		fn zones(interval: Interval, from: ZoneId, limit: u32) -> Vec<ZoneView>;
		/// Depth of a session's book in a zone, in ascending order of prices: the lowest `limit` levels, at most [`MAX_PAGE`], of
		/// all or of those at the price `from` and above.
		fn book(interval: Interval, product: ProductId, zone: ZoneId, from: Option<Price>, limit: u32) -> Vec<BookLevel>;
		/// A session's results of the `limit` zones numbered `from` and following, at most [`MAX_ZONES`], of which a key holds 32;
		/// empty before it has ended, and where there are no more zones, as of `zones`.
		fn prices(interval: Interval, product: ProductId, from: ZoneId, limit: u32) -> Vec<ZonePrice>;
		/// The orders of a session at the `limit` points numbered `from` and following, at most [`MAX_ORDERS`]. A page may be
		/// empty: there is nothing more where there are no more points.
		fn orders(interval: Interval, product: ProductId, from: PointId, limit: u32) -> Vec<OrderView>;
		/// Up to `limit` connection points numbered `from` and following, at most [`MAX_PAGE`].
		fn points(from: PointId, limit: u32) -> Vec<PointView>;
		/// The participant that an account belongs to, with at most 1,024 of its points.
		fn participant(account: AccountId) -> Option<ParticipantView<AccountId>>;
		/// Positions at the first `limit` of an account's points that are numbered `from` or above, at most
		/// [`MAX_ACCOUNT_POINTS`].
		fn positions(account: AccountId, interval: Interval, from: PointId, limit: u32) -> Vec<PositionView>;
		/// What a connection point bought and sold, session by session, in the order of its contract lines.
		fn contracts(point: PointId, interval: Interval) -> Vec<Contract>;
		/// Statement lines at the first `limit` of an account's points that are numbered `from` or above, at most
		/// [`MAX_ACCOUNT_POINTS`].
		fn statement(account: AccountId, interval: Interval, from: PointId, limit: u32) -> Vec<StatementLine>;
		/// Up to `limit` statement lines of an interval from leaf `from` on, in the order of the leaves, at most [`MAX_LINES`].
		fn lines(interval: Interval, from: u32, limit: u32) -> Vec<StatementLine>;
		/// One statement line with its proof under the interval's statement root. Reads at most the lines of 256 leaves, and one
		/// hash for each 256 of the others.
		fn statement_proof(interval: Interval, index: u32) -> StatementProof;
		/// Those of the `limit` points numbered `from` and following, at most [`MAX_PAGE`], that `draw` must still name, of an
		/// interval in its draw phase. A page may be empty: there is nothing more where there are no more points.
		fn to_draw(interval: Interval, from: PointId, limit: u32) -> Vec<PointId>;
		/// What must balance, of an interval and of the whole.
		fn conservation(interval: Interval) -> Conservation;
		/// What secures the first `limit` of an account's points that are numbered `from` or above, at most
		/// [`MAX_ACCOUNT_POINTS`], and what of that is used, by the terms of the last interval that opened. Couplings need no security:
		/// there is none of them.
		fn securities(account: AccountId, from: PointId, limit: u32) -> Vec<SecurityView>;
		/// What secures a connection point, likewise; `None` of a coupling, and of a point that there is not.
		fn security(point: PointId) -> Option<SecurityView>;
	}
}
