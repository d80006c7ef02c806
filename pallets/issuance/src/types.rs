//! What the pallet keeps in its storage.

use busbar_primitives::{stored, Balance, ParticipantId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::Get, BoundedVec, CloneNoBound, DebugNoBound, PartialEqNoBound};
use scale_info::TypeInfo;

/// Which way an issue changes the issuance.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Issue {
	/// New money, against money received outside the chain.
	Mint,
	/// Money taken out, because it was paid out outside the chain.
	Burn,
}

/// Minted less burned, with the genesis issuance, in nEUR.
#[cfg(not(feature = "upgrade-test"))]
pub type IssuedSoFar = Balance;
#[cfg(feature = "upgrade-test")]
pub use crate::migrations::v2::IssuedSoFar;

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
