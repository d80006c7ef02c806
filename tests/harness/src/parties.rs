//! Who takes part in a world.

use busbar_primitives::{Balance, ParticipantId, Role, Scope};
use busbar_runtime::AccountId;

/// In nEUR.
pub const EUR: Balance = 1_000_000_000;

/// The parties that a market needs, by the number that names them.
pub const DSO: u8 = 1;
pub const METER_OPERATOR: u8 = 2;
pub const UTILITY: u8 = 3;
pub const REGULATOR: u8 = 4;
pub const RETAILER: u8 = 5;
pub const AGGREGATOR: u8 = 6;

/// What an officer owns at the beginning: more than it can ever owe.
const OFFICERS_MONEY: Balance = 1_000_000 * EUR;

/// The participant with this name.
pub fn id(name: u8) -> ParticipantId {
	ParticipantId([name; 16])
}

/// Its account.
pub fn account(name: u8) -> AccountId {
	AccountId::new([name; 32])
}

/// A participant with one account, its roles and its money in nEUR, half of which is margin.
#[derive(Clone, Debug)]
pub struct Party {
	pub id: ParticipantId,
	pub account: AccountId,
	pub roles: Vec<(Role, Scope)>,
	pub money: Balance,
}

impl Party {
	/// One that has a role in the whole grid.
	pub fn officer(name: u8, role: Role) -> Self {
		Self { id: id(name), account: account(name), roles: vec![(role, Scope::Grid)], money: OFFICERS_MONEY }
	}

	/// The four without which nothing trades: grid operator, meter operator, utility, regulator. The utility trades at the
	/// coupling, too.
	pub fn officers() -> Vec<Self> {
		let roles = [
			(DSO, Role::Dso),
			(METER_OPERATOR, Role::MeterOperator),
			(UTILITY, Role::BalanceResponsibleParty),
			(REGULATOR, Role::Regulator),
		];
		let mut officers: Vec<_> = roles.into_iter().map(|(name, role)| Self::officer(name, role)).collect();
		officers[2].roles.push((Role::WholesaleTrader, Scope::Grid));
		officers
	}

	/// The same one, whose account is that of its own key, so that it signs transactions.
	pub fn with_key(self) -> Self {
		Self { account: crate::chain::account(self.id.0[0]), ..self }
	}

	/// One that trades at its own connection points.
	pub fn member(id: ParticipantId, account: AccountId, money: Balance) -> Self {
		Self { id, account, roles: vec![(Role::Prosumer, Scope::Grid)], money }
	}
}
