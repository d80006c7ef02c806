//! Who may do what, and where.

use crate::{stored, ZoneId};

/// What a participant may do.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Role {
	/// Distribution system operator: the grid tree, its limits and fees.
	Dso,
	/// Trades and guarantees for others.
	Aggregator,
	/// Consumes and produces behind one connection point.
	Prosumer,
	/// Consumes.
	Consumer,
	/// Produces.
	Generator,
	/// Supplies connection points that do not trade.
	Retailer,
	/// Counterparty of every imbalance.
	BalanceResponsibleParty,
	/// Runs the market's day-to-day business.
	MarketOperator,
	/// Registers meters and attests their readings.
	MeterOperator,
	/// Issues and redeems money, two keys at a time.
	SettlementAgent,
	/// Admits participants.
	MembershipProvider,
	/// Decides disputes and the use of congestion rent.
	Regulator,
	/// Reads everything, changes nothing.
	Auditor,
}

/// Where a role holds.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
	/// In every zone.
	Grid,
	/// In this zone and all zones below it.
	Zone(ZoneId),
}

impl Scope {
	/// The zone of a scope that is not the whole grid.
	pub fn zone(&self) -> Option<ZoneId> {
		match self {
			Self::Grid => None,
			Self::Zone(zone) => Some(*zone),
		}
	}
}

/// What a delegate may do in a participant's name.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Right {
	/// Place, replace and cancel orders.
	Trade,
	/// Move standing deposits.
	Funds,
	/// Exercise the participant's roles.
	Operate,
}
