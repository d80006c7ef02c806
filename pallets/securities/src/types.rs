//! What the pallet keeps in its storage.

use crate::HoldReason;
use busbar_primitives::{stored, Balance, Interval, ParticipantId};

/// What secures a connection point beyond its orders' collateral.
#[stored(Copy)]
pub enum Backing {
	/// The owner's standing deposit.
	Deposit,
	/// What a retailer or aggregator stands in for.
	Guarantee,
}

impl From<Backing> for HoldReason {
	fn from(backing: Backing) -> Self {
		match backing {
			Backing::Deposit => Self::Deposit,
			Backing::Guarantee => Self::Guarantee,
		}
	}
}

/// Money held for a connection point.
#[stored]
pub struct Security<AccountId> {
	/// Who posted it.
	pub by: ParticipantId,
	/// Where it is held.
	pub account: AccountId,
	/// In nEUR.
	pub amount: Balance,
	/// What of it is to be returned, in nEUR, and the last interval that it secures.
	pub leaving: Option<(Balance, Interval)>,
}
