//! Words of metering and settlement: readings, statement lines, phases.

use crate::{stored, Amount, Balance, Interval, PointId, Price, SignedWh, Wh};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Energy in Wh beyond which a reading is taken for none: no connection point moves 281 TWh in an interval, and sums of
/// payments below it stay far from the bounds of their types.
pub const MAX_PLAUSIBLE_WH: Wh = 1 << 48;

/// The run that first settles an interval.
pub const FIRST_RUN: u16 = 1;

/// The last run of an interval's settlement, counted from 1. [`Terms::run_due`](crate::Terms::run_due) says when each is due.
pub const LAST_RUN: u16 = 4;

/// Most retailers of a connection point that are remembered.
pub const MAX_RETAILERS: u32 = 4;

/// A participant's money for its orders, which hold of it and of nothing else.
///
/// It is on hold in the participant's account, whatever of it orders hold. So an order changes nothing but this value.
#[stored(Copy, Default)]
pub struct Margin {
	/// Moved in and not out again, in nEUR; on hold in the account.
	pub own: Balance,
	/// Held by its orders, in nEUR: no more than that.
	pub held: Balance,
}

impl Margin {
	/// What new orders may hold, and what may be moved out, in nEUR.
	pub fn free(&self) -> Balance {
		self.own.saturating_sub(self.held)
	}
}

/// How a reading came to be.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
	Measured,
	Estimated,
	Corrected,
}

/// What a meter counted in one interval.
#[stored(Copy, serde)]
pub struct Metered {
	pub import: Wh,
	pub export: Wh,
	pub quality: Quality,
}

impl Metered {
	/// Import minus export. `None` beyond the type's range.
	pub fn net(&self) -> Option<SignedWh> {
		SignedWh::try_from(self.import).ok()?.checked_sub(SignedWh::try_from(self.export).ok()?)
	}

	/// Import minus export; `None` if one of them is beyond [`MAX_PLAUSIBLE_WH`], so that the reading counts as none.
	pub fn plausible_net(&self) -> Option<SignedWh> {
		(self.import.max(self.export) <= MAX_PLAUSIBLE_WH).then(|| self.net()).flatten()
	}
}

/// Who a statement line pays or debits.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Party {
	/// The owner of a connection point.
	Point(PointId),
	/// The account that receives grid fees.
	GridOperator,
	/// The account that receives congestion rent; the regulator decides its use.
	CongestionRent,
	/// The balance-responsible party, as counterparty of every imbalance.
	Balancing,
	/// The mutual fund, fed by a levy, that stands in for defaults.
	Fund,
}

/// Why a statement line stands.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
	/// Accepted energy at the zone price.
	Contract,
	/// Metered energy minus position.
	Imbalance,
	/// The same, on an estimate because no reading came in time.
	EstimatedImbalance,
	/// Fees for contracted flow and for the path of imbalances.
	GridFee,
	/// Price differences over full links.
	Rent,
	/// The share of the interval's credits that a default left unpaid.
	LossShare,
	/// What a debtor could not pay.
	Default,
	/// What the mutual fund paid in a defaulter's place.
	Cover,
	/// The mutual fund's share of every imbalance.
	Levy,
	/// Contracted energy that the grid operator took over: the value of what a member bought and was not let use, and what
	/// the balance-responsible party is owed for the energy that is missing or left.
	Curtailment,
	/// Energy that a member delivered on the grid operator's order, at the stated price.
	Flexibility,
	/// Energy that was ordered and not delivered, at the agreed charge.
	NonDelivery,
	/// What the root meter supplied and no point drew: the grid operator's to buy.
	Losses,
	/// What a run after the first changes, because readings changed.
	Correction,
	/// The part of an imbalance within the tolerance band, at the price that the point traded at.
	Tolerance,
	/// What the balance-responsible party gives of its surplus to those who share it.
	Surplus,
}

/// One line of a statement: a leaf under the interval's statement root.
#[stored(Copy, serde)]
pub struct Line {
	/// The run of the interval's settlement that the line is of, from 1.
	pub version: u16,
	pub party: Party,
	pub cause: Cause,
	/// Energy, in Wh: position or imbalance, import positive; 0 where the line has none.
	pub wh: SignedWh,
	/// Price per Wh, in nEUR/Wh; 0 where the line has none.
	pub price: Price,
	/// Money, in nEUR; what the party receives is positive.
	#[serde(with = "crate::decimal")]
	pub amount: Amount,
}

impl Line {
	/// The line's leaf, as number `index` under an interval's statement root.
	pub fn leaf(&self, interval: Interval, index: u32) -> H256 {
		busbar_merkle::leaf_hash(&(interval, index, self).encode())
	}
}

/// A statement line with the hashes that lead from it to its interval's statement root. Whoever keeps it proves the line by
/// the root alone, which outlives everything else that the chain keeps of the interval.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct LineProof {
	pub interval: Interval,
	/// Leaf index under the root.
	pub index: u32,
	pub line: Line,
	/// From the leaf upwards.
	pub path: Vec<H256>,
	/// Number of lines under the root.
	pub count: u32,
	/// The interval's statement root.
	pub root: H256,
}

impl LineProof {
	/// Whether the line stands at its index under the root. That the root is the interval's the chain's storage says.
	pub fn holds(&self) -> bool {
		let leaf = self.line.leaf(self.interval, self.index);
		busbar_merkle::verify(self.root, self.count, self.index, leaf, &self.path)
	}
}

/// What the chain says of a statement line.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementProof {
	/// The line, proven.
	Proven(LineProof),
	/// The interval is not settled yet: it has no root.
	NotSettled,
	/// The interval has not opened, or has no line of this index.
	Unknown,
	/// The line is pruned, as everything of the interval but its root; who keeps a [`LineProof`] proves it still.
	Pruned,
}

/// Where an interval stands.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
	/// Orders are accepted.
	Open,
	/// The gate is closed; clearing has not run yet.
	Closed,
	/// Cleared: prices and positions stand.
	Cleared,
	/// Failed safe: no positions.
	Failed,
	/// Debits are being collected.
	Debits,
	/// What secures the connection points of participants who are short is drawn on.
	Draws,
	/// All debits are in; credits are being paid.
	Credits,
	/// Every line of the first run is paid and the statement root stands; later runs may be under way.
	Settled,
	/// All runs are done; nothing moves any more.
	Final,
}
