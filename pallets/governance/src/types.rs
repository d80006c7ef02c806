//! What may be paused, and what a committee does.

use busbar_primitives::{Interval, ParticipantId, ProductId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Kinds of transactions that may be paused. Nothing of them has a deadline that a pause could make somebody miss: metering,
/// settlement, disputes, repayments, cancelling orders and governance never stop.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Class {
	/// New and greater orders, on every product.
	#[codec(index = 0)]
	Orders,
	/// Money from one account to another.
	#[codec(index = 1)]
	Payments,
	/// Deposits, margins and bonds that leave.
	#[codec(index = 2)]
	Withdrawals,
	/// New money, and money that leaves the chain.
	#[codec(index = 3)]
	Issuance,
	/// New members, grants and delegates.
	#[codec(index = 4)]
	Membership,
	/// New zones, points and meters.
	#[codec(index = 5)]
	Grid,
	/// Certificates that change hands.
	#[codec(index = 6)]
	Certificates,
}

/// What is paused.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Subject {
	/// All transactions of a kind.
	#[codec(index = 0)]
	Class(Class),
	/// New orders on a product.
	#[codec(index = 1)]
	Product(ProductId),
	/// New orders in one session.
	#[codec(index = 2)]
	Session { interval: Interval, product: ProductId },
	/// New orders of one member.
	#[codec(index = 3)]
	Member(ParticipantId),
}

impl Subject {
	/// Whether pausing the one stops something that pausing the other stops.
	pub fn overlaps(&self, other: &Self) -> bool {
		use Subject::{Class as Of, Product, Session};
		match (*self, *other) {
			(Of(one), Of(other)) => one == other,
			(Of(class), _) | (_, Of(class)) => class == Class::Orders,
			(Product(one), Session { product, .. }) | (Session { product, .. }, Product(one)) => one == product,
			(one, other) => one == other,
		}
	}
}

/// A pause, and the time after it in which what it stopped cannot be paused again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Pause<BlockNumber> {
	pub subject: Subject,
	/// First block in which it is paused.
	pub from: BlockNumber,
	/// First block in which it is not.
	pub until: BlockNumber,
	/// First block in which it, or what overlaps it, may be paused again.
	pub again: BlockNumber,
}

/// What a committee decides by more than half of its seats.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Action<Hash> {
	/// Stop it for so many blocks.
	#[codec(index = 0)]
	Pause { subject: Subject, blocks: u32 },
	/// Let it go on.
	#[codec(index = 1)]
	Resume { subject: Subject },
	/// Refuse the upgrade that is announced.
	#[codec(index = 2)]
	Veto { code_hash: Hash },
}

/// One seat's word.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Word<AccountId, BlockNumber, Hash> {
	pub seat: AccountId,
	pub action: Action<Hash>,
	/// The block in which it was given.
	pub at: BlockNumber,
}

/// An upgrade that is announced.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Upgrade<BlockNumber, Hash> {
	/// Blake2-256 of the code.
	pub code_hash: Hash,
	/// First block in which it may be enacted.
	pub from: BlockNumber,
}
