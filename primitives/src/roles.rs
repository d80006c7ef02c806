//! Who may do what, and where.

use crate::{stored, Moment, ParticipantId, PointKind, ZoneId};

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
	/// Trades where the grid is coupled to the wholesale market.
	WholesaleTrader,
}

impl Role {
	/// All of them, in their order.
	pub const ALL: [Self; 14] = [
		Self::Dso,
		Self::Aggregator,
		Self::Prosumer,
		Self::Consumer,
		Self::Generator,
		Self::Retailer,
		Self::BalanceResponsibleParty,
		Self::MarketOperator,
		Self::MeterOperator,
		Self::SettlementAgent,
		Self::MembershipProvider,
		Self::Regulator,
		Self::Auditor,
		Self::WholesaleTrader,
	];

	/// With which of these the owner of a connection point of this kind trades there.
	pub const fn trading(kind: PointKind) -> &'static [Self] {
		match kind {
			PointKind::Metered => &[Self::Prosumer, Self::Consumer, Self::Generator, Self::Aggregator, Self::Retailer],
			PointKind::Coupling => &[Self::WholesaleTrader],
		}
	}
}

impl Role {
	/// Whether it trades at some kind of connection point.
	pub fn trades(self) -> bool {
		[PointKind::Metered, PointKind::Coupling].into_iter().any(|kind| Self::trading(kind).contains(&self))
	}
}

/// From when on and until when something holds, in chain time (ms). Its end needs no transaction: whoever uses it looks at
/// the time.
#[stored(Copy, PartialOrd, Ord, serde)]
pub struct Validity {
	/// The first moment at which it holds.
	pub from: Moment,
	/// The first moment at which it does not hold any more.
	pub until: Moment,
}

impl Validity {
	/// From the beginning on, without an end.
	pub const ALWAYS: Self = Self { from: 0, until: Moment::MAX };

	pub const fn holds_at(&self, now: Moment) -> bool {
		self.from <= now && now < self.until
	}

	/// Whether it will never hold again.
	pub const fn is_over_at(&self, now: Moment) -> bool {
		self.until <= now
	}
}

/// A role that somebody was given: where, how long, and by whom.
#[stored(Copy, PartialOrd, Ord)]
pub struct RoleGrant {
	pub role: Role,
	pub scope: Scope,
	pub validity: Validity,
	/// The membership provider that gave it; nobody if the council or the genesis did.
	pub issuer: Option<ParticipantId>,
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
