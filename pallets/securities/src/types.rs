//! What the pallet keeps in its storage.

use crate::HoldReason;
use busbar_primitives::{Balance, Interval, ParticipantId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What secures a connection point beyond its orders' collateral.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
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
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
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
