//! What a bill lists: lines, readings, and what settlement says of each connection point in each interval.

use super::basis::Basis;
use busbar_primitives::{
	decimal, metering::MeterId, Amount, Interval, ParticipantId, PointId, Price, ProductId, Quality, SignedWh, Step, Wh,
};
use serde::Serialize;
use serde_json::Value;
use sp_core::H256;

/// Where an interval of the period stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
	/// Settled, and nothing moves any more.
	Final,
	/// Settled; until the dispute window ends it can be corrected.
	Settled,
	/// Delivered or not, but not settled: it has no statement yet.
	Unsettled,
	/// Settled and pruned: only its statement root is left on chain.
	Pruned,
	/// It never opened: the chain stood still, or had no grid yet.
	NeverOpened,
	/// It has not opened yet.
	NotOpened,
}

impl State {
	/// Whether its lines are in the bill.
	pub fn is_billed(self) -> bool {
		matches!(self, Self::Final | Self::Settled)
	}
}

/// A line of the statement, with what leads to it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BillLine {
	pub interval: Interval,
	/// Start of the interval, local time with offset.
	pub start: String,
	/// `final` or `settled`.
	pub state: State,
	/// The connection point, if the line is a point's.
	pub point: Option<PointId>,
	/// The line's party, as the chain's JSON writes it.
	pub party: Value,
	/// Leaf index under the statement root.
	pub index: u32,
	/// Version of the settlement.
	pub version: u16,
	/// The line's cause, as the chain's JSON writes it.
	pub cause: String,
	/// Import positive.
	pub wh: SignedWh,
	/// nEUR/Wh; 0 where the line has none.
	pub price: Price,
	/// nEUR; what the participant receives is positive.
	#[serde(with = "decimal")]
	pub amount: Amount,
	/// What was traded, if the line pays a contract.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub contract: Option<Traded>,
	/// Root over all statement lines of the interval.
	pub statement_root: H256,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub proof: Option<Proof>,
}

/// How a line is shown to stand under its statement root.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Proof {
	/// Number of lines under the root.
	pub lines: u32,
	pub leaf: H256,
	/// Hashes from the leaf up.
	pub hashes: Vec<H256>,
}

/// What a point traded in one session of an interval.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Traded {
	pub product: ProductId,
	/// How the product trades, as the chain's JSON writes it.
	pub kind: String,
	/// Wh.
	pub bought: Wh,
	/// Wh.
	pub sold: Wh,
	/// Lowest price of it, nEUR/Wh.
	pub lowest: Price,
	/// Highest price of it, nEUR/Wh.
	pub highest: Price,
	/// The order that stands in the product's auction, if there is one. What it does not explain came from block orders.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub order: Option<Order>,
}

/// An order as it stands, with what was accepted of each step.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Order {
	/// Arrival number in the session: time priority.
	pub arrival: u32,
	pub steps: Vec<Step>,
	/// Wh, step by step.
	pub accepted: Vec<Wh>,
}

/// The reading of a connection point that stands on chain for an interval.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reading {
	pub interval: Interval,
	/// Start of the interval, local time with offset.
	pub start: String,
	pub point: PointId,
	/// Wh.
	pub import: Wh,
	/// Wh.
	pub export: Wh,
	pub quality: Quality,
	/// Version of the reading, from 1.
	pub version: u16,
	pub meter: MeterId,
	/// Who attested it.
	pub operator: ParticipantId,
	/// Version of the operator's dataset that it was proven in; 0 if a dispute brought it.
	pub dataset_version: u16,
	/// The root of that version; `null` where the chain keeps a newer one only.
	pub dataset_root: Option<H256>,
	/// Hash of the dataset's file, likewise.
	pub dataset_content: Option<H256>,
}

/// What settlement says of a connection point in an interval, apart from its lines.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PointStatement {
	pub interval: Interval,
	/// Start of the interval, local time with offset.
	pub start: String,
	/// `final` or `settled`.
	pub state: State,
	pub point: PointId,
	#[serde(flatten)]
	pub basis: Basis,
}
