//! Whose a transaction is, and how much of each may wait for blocks: what a node asks before it keeps one.

use crate::ParticipantId;
use codec::{Codec, Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::traits::Block as BlockT;

/// So many transactions, and bytes of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Room {
	pub transactions: u32,
	/// Of all of them together.
	pub bytes: u64,
}

impl Room {
	pub const fn new(transactions: u32, bytes: u64) -> Self {
		Self { transactions, bytes }
	}

	/// With one more transaction of so many bytes. Saturates.
	#[must_use]
	pub fn with(self, bytes: u64) -> Self {
		Self::new(self.transactions.saturating_add(1), self.bytes.saturating_add(bytes))
	}

	/// With one less.
	#[must_use]
	pub fn without(self, bytes: u64) -> Self {
		Self::new(self.transactions.saturating_sub(1), self.bytes.saturating_sub(bytes))
	}

	/// Whether this is within the other.
	pub fn fits(&self, within: &Self) -> bool {
		self.transactions <= within.transactions && self.bytes <= within.bytes
	}

	/// A part of it, of which one transaction is left at least.
	#[must_use]
	pub fn part(&self, transactions: u32, bytes: u64) -> Self {
		let transactions = self.transactions.checked_div(transactions).unwrap_or_default().max(1);
		Self::new(transactions, self.bytes.checked_div(bytes).unwrap_or_default())
	}
}

/// How much may wait at one node. What waits *behind a gap* is what cannot be taken until others come that are missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Rooms {
	/// Transactions of one account.
	pub account: u32,
	/// Of one participant, its delegates' with its own.
	pub participant: Room,
	/// Of these, behind a gap.
	pub participant_gap: Room,
	/// Remedies of one participant, which are counted apart from all else.
	pub remedies: Room,
	/// Of all members together that one provider admitted.
	pub provider: Room,
	/// Of these, behind a gap.
	pub provider_gap: Room,
}

/// Whose a transaction is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Sender<AccountId> {
	/// Who signed it, if the signature is good.
	pub account: AccountId,
	/// Its number among the account's transactions.
	pub nonce: u32,
	/// The number that the chain takes next of the account.
	pub next: u32,
	/// Whose budget it is charged to.
	pub participant: ParticipantId,
	/// With whose other members that participant shares a budget.
	pub provider: Option<ParticipantId>,
	/// Whether it helps against misuse.
	pub remedy: bool,
	/// How much of each may wait.
	pub rooms: Rooms,
}

sp_api::decl_runtime_apis! {
	/// What a node must know of transactions to share its places among their senders.
	pub trait WaitingApi<AccountId> where AccountId: Codec {
		/// Whose a transaction is. It is not validated for that: signatures are not looked at. `None` of one that nobody signs,
		/// and of one that would be refused for its sender.
		fn sender(transaction: <Block as BlockT>::Extrinsic) -> Option<Sender<AccountId>>;
	}
}
