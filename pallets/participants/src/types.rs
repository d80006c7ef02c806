//! What is stored about participants and those who act for them.

use busbar_primitives::{Interval, ParticipantId, Right, Role};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

/// Who took a decision, so that the lower authority cannot undo the higher one's.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Authority {
	/// A participant with the role membership provider.
	Provider,
	/// The pallet's admin origin.
	Council,
}

/// Whether a participant may act.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	Active,
	/// Kept out of the pool, by the named authority, until it is resumed.
	Suspended(Authority),
	/// Gone for good. The record stays so that neither the identifier nor the account can come back as another.
	Removed,
}

/// A legal or natural person, as far as the chain knows it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Participant<AccountId, BlockNumber> {
	/// The account that it signs with and is paid on.
	pub account: AccountId,
	/// Salted hash of its record off chain; zero for members from genesis without one.
	pub commitment: H256,
	pub status: Status,
	/// The block that it was registered in.
	pub joined: BlockNumber,
}

/// What was delegated to an account, over all participants.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Delegation {
	/// Rights granted to the account that stand.
	pub grants: u32,
	/// Those of them whose participant is active. The account is admitted while there is one.
	pub active: u32,
	/// The one participant whose roles the account exercises.
	pub operates_for: Option<ParticipantId>,
}

/// How many transactions an account had included in the last block that had any.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Activity<BlockNumber> {
	pub block: BlockNumber,
	pub transactions: u32,
}

/// A delegate and its right.
pub type Grant<AccountId> = (AccountId, Right);

/// Which of a participant's data a grant opens. The data lie off chain, in a meter-data store, which asks the chain.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Data {
	/// The readings of the participant's connection points.
	Readings,
	/// All readings in the datasets that the participant, a meter operator, attested.
	Datasets,
}

/// A grant of access to data of some intervals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DataGrant {
	/// Who may read.
	pub grantee: ParticipantId,
	pub data: Data,
	/// First interval whose data are open.
	pub from: Interval,
	/// First interval whose data are not open any more.
	pub until: Interval,
}

impl DataGrant {
	/// Whether the grant opens `data` of `interval` to `reader`.
	pub fn opens(&self, reader: ParticipantId, data: Data, interval: Interval) -> bool {
		self.grantee == reader && self.data == data && self.from <= interval && interval < self.until
	}
}

/// Whether a membership provider may grant the role without the council.
pub const fn is_ordinary(role: Role) -> bool {
	matches!(role, Role::Prosumer | Role::Consumer | Role::Generator)
}
