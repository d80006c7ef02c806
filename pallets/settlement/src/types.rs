//! What the pallet keeps in its storage.

use busbar_merkle::Frontier;
use busbar_primitives::{
	Amount, Balance, Line, Moment, ParticipantId, PointId, PostedBounds, Price, SignedWh, MAX_PRODUCTS,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, traits::Get, BoundedVec, CloneNoBound, DebugNoBound, PartialEqNoBound};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Version of every settlement line: corrections of a settled interval do not exist yet.
pub const VERSION: u16 = 1;

/// Energy in Wh beyond which a reading is taken for none: no connection point moves 281 TWh in an interval, and sums of
/// payments below it stay far from the bounds of their types.
pub const MAX_PLAUSIBLE_WH: u64 = 1 << 48;

/// Most lines of one connection point: a contract per product, imbalance, default and loss share.
pub const POINT_LINES: u32 = MAX_PRODUCTS + 3;

/// Most lines of the parties that are not connection points: fees for contracts and for imbalances, rent, the balancing
/// party's residual and its default, and three loss shares.
pub const SYSTEM_LINES: u32 = 8;

/// Most changes of the default prices that are remembered.
pub const MAX_LADDERS: u32 = 16;

/// Which way an issue changes the issuance.
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
#[serde(rename_all = "snake_case")]
pub enum Issue {
	/// New money, against money received outside the chain.
	Mint,
	/// Money taken out, because it was paid out outside the chain.
	Burn,
}

/// An issue that waits for its second key.
#[derive(
	CloneNoBound, PartialEqNoBound, DebugNoBound, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxPayments))]
pub struct Proposal<AccountId: Clone + PartialEq + core::fmt::Debug, MaxPayments: Get<u32>> {
	pub kind: Issue,
	/// Whose key came first; the second must be another participant's.
	pub proposer: ParticipantId,
	/// Accounts and amounts in nEUR.
	pub payments: BoundedVec<(AccountId, Balance), MaxPayments>,
}

/// Prices at which the balance-responsible party settles imbalances, in nEUR/Wh, before path fees.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct PostedPrices {
	/// What a short party pays for energy it lacks.
	pub short: Price,
	/// What a long party receives for energy it has left.
	pub long: Price,
}

impl PostedPrices {
	/// Whether the prices lie within `bounds` and leave no gain in being short and long at once.
	pub fn lie_within(&self, bounds: &PostedBounds) -> bool {
		self.short <= bounds.short_max && self.long >= bounds.long_min && self.long <= self.short
	}

	/// The prices, moved into `bounds` where they lie outside.
	pub fn clamped(&self, bounds: &PostedBounds) -> Self {
		Self { short: self.short.min(bounds.short_max), long: self.long.max(bounds.long_min) }
	}
}

/// Who is paid and debited beside the connection points.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
pub struct Accounts<AccountId> {
	/// Receives grid fees.
	pub grid: AccountId,
	/// Receives congestion rent, rounding remainders of loss shares, and credits whose owner has no account.
	pub rent: AccountId,
	/// The balance-responsible party, counterparty of every imbalance.
	pub balancing: ParticipantId,
}

/// A standing deposit that secures a connection point.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Deposit<AccountId> {
	/// Where it is held.
	pub account: AccountId,
	/// In nEUR.
	pub amount: Balance,
}

/// How far the settlement of an interval is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
	/// Debits are being collected.
	Debits,
	/// All debits are in; credits are being paid.
	Credits,
	/// Every line is paid and the statement root stands.
	Settled,
}

/// Credits of the parties that are not connection points, in nEUR, before any loss share.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SystemCredits {
	pub grid: Balance,
	pub rent: Balance,
	pub balancing: Balance,
}

/// The running account of an interval's settlement.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Progress {
	pub stage: Stage,
	/// Connection points to settle: all numbered below this.
	pub points: PointId,
	/// Of these, how many are through the debit phase.
	pub debits_done: u32,
	/// Of these, how many are through the credit phase.
	pub credits_done: u32,
	/// The statement lines so far.
	pub frontier: Frontier,
	/// Sum of all lines so far, in nEUR.
	pub lines_sum: Amount,
	/// Sum of the connection points' contract lines, in nEUR.
	pub contract: Amount,
	/// Sum of the connection points' imbalance lines, in nEUR.
	pub imbalance: Amount,
	/// Sum of the connection points' imbalances, in Wh.
	pub imbalance_wh: SignedWh,
	/// Sum of the imbalances' sizes, in Wh: what path fees are due on.
	pub deviation_wh: SignedWh,
	/// Grid fees for the imbalances' paths, in nEUR.
	pub path_fees: Balance,
	/// Credits due, in nEUR.
	pub due: Balance,
	/// Debits collected, in nEUR.
	pub collected: Balance,
	/// Credits paid, in nEUR.
	pub paid: Balance,
	/// Known once the debits are done.
	pub system: SystemCredits,
	/// From this chain time on a settled interval is final.
	pub dispute_end: Moment,
}

impl Progress {
	/// A settlement of `points` connection points that has not begun.
	pub fn new(points: PointId, dispute_end: Moment) -> Self {
		Self {
			stage: Stage::Debits,
			points,
			debits_done: 0,
			credits_done: 0,
			frontier: Frontier::default(),
			lines_sum: 0,
			contract: 0,
			imbalance: 0,
			imbalance_wh: 0,
			deviation_wh: 0,
			path_fees: 0,
			due: 0,
			collected: 0,
			paid: 0,
			system: SystemCredits::default(),
			dispute_end,
		}
	}

	/// What of the interval's money is in the settlement account, in nEUR.
	pub fn in_transit(&self) -> Balance {
		self.collected.saturating_sub(self.paid)
	}
}

/// Statement lines with their leaf indices.
pub type Lines<const MAX: u32> = BoundedVec<(u32, Line), ConstU32<MAX>>;

/// What settlement decided for one connection point in one interval. Exists once the point is through the debit phase.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Statement {
	/// What the point receives before any loss share, in nEUR.
	pub credit: Balance,
	/// Whether the point is through the credit phase.
	pub credited: bool,
	pub lines: Lines<POINT_LINES>,
}

/// What outlives an interval's records.
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
pub struct StatementRoot {
	/// Root over all statement lines, in the order of their indices.
	pub root: H256,
	/// Number of lines.
	pub count: u32,
}
