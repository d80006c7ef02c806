//! Why the chain refuses a transaction before it executes, beyond the reasons that every Substrate chain has.
//!
//! The one table: what a pallet refuses with, what a node answers, and the page `docs/refusals.md` (a test compares them). Three,
//! 11 to 13, are the node's own: the chain says how much may wait (`crate::waiting`), and each node counts what waits there.

use core::fmt;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// A reason of this chain's own. Its number is the code in `InvalidTransaction::Custom`, and stays its for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Refusal {
	/// The transaction would stay valid for ever.
	Immortal = 1,
	/// Nobody may send the call.
	NotListed = 2,
	/// The call is for another role.
	NotYours = 3,
	/// The council has no such motion to vote on or to close.
	NoSuchMotion = 4,
	/// It is more than a budget ever holds.
	BeyondBudget = 5,
	/// Its sender's participant has not enough left.
	BudgetSpent = 6,
	/// What one provider's members share is used up.
	ProviderSpent = 7,
	/// Too many of the account's transactions wait.
	TooFarAhead = 8,
	/// More of the account's waits than its budget pays for.
	TooMuchWaits = 9,
	/// It pays somebody whom the chain does not know.
	UnknownPayee = 10,
	/// As much of its account or participant waits at the node as may.
	NoPlace = 11,
	/// As much of its provider's members waits at the node as may.
	NoPlaceOfProvider = 12,
	/// As much waits at the node for what must come before it as may.
	NoPlaceBehindGaps = 13,
	/// The emergency committee has paused it.
	Paused = 14,
}

impl Refusal {
	/// Every reason, by code.
	pub const ALL: [Self; 14] = [
		Self::Immortal,
		Self::NotListed,
		Self::NotYours,
		Self::NoSuchMotion,
		Self::BeyondBudget,
		Self::BudgetSpent,
		Self::ProviderSpent,
		Self::TooFarAhead,
		Self::TooMuchWaits,
		Self::UnknownPayee,
		Self::NoPlace,
		Self::NoPlaceOfProvider,
		Self::NoPlaceBehindGaps,
		Self::Paused,
	];

	/// The reason of a code, if it is one of this chain's.
	pub fn of(code: u8) -> Option<Self> {
		Self::ALL.into_iter().find(|refusal| refusal.code() == code)
	}

	/// The code in `InvalidTransaction::Custom`.
	pub const fn code(self) -> u8 {
		self as u8
	}

	/// What is wrong, in a sentence.
	pub const fn sentence(self) -> &'static str {
		match self {
			Self::Immortal => {
				"The transaction never expires, and this chain takes only those that do, so that nothing signed long ago is \
				 executed by surprise"
			},
			Self::NotListed => {
				"Nobody may send this call: it is not in the chain's table of calls, or only block authors or a motion of the council make it"
			},
			Self::NotYours => {
				"The call, or one that it carries, is for participants with another role, or for the council"
			},
			Self::NoSuchMotion => {
				"The council has no such motion, or it can not be closed yet, or the call's bounds are greater than those of any motion"
			},
			Self::BeyondBudget => {
				"The transaction is heavier or longer than the sender's participant may ever send"
			},
			Self::BudgetSpent => {
				"The budget of the sender's participant, which its delegates share, is spent for now"
			},
			Self::ProviderSpent => {
				"The members that the sender's membership provider admitted have taken all that they may together for now"
			},
			Self::TooFarAhead => {
				"Too many transactions of this account wait already: the nonce is too far ahead of the chain's"
			},
			Self::TooMuchWaits => {
				"What waits of this account is as much as its participant's budget pays for"
			},
			Self::UnknownPayee => {
				"Money moves between participants, and to accounts that the rules name, only"
			},
			Self::NoPlace => {
				"As many transactions, or bytes of them, wait at this node as may, of this account or of its participant with its delegates"
			},
			Self::NoPlaceOfProvider => {
				"As many transactions, or bytes of them, wait at this node as may, of all members that the sender's membership provider admitted"
			},
			Self::NoPlaceBehindGaps => {
				"As many transactions, or bytes of them, wait at this node as may for others that are missing and come before them"
			},
			Self::Paused => {
				"The emergency committee has paused calls of this kind, or new orders on this product, in this session or of this member"
			},
		}
	}

	/// Whether the same call may be taken later, when blocks have passed and nothing else has changed.
	pub const fn passes(self) -> bool {
		matches!(
			self,
			Self::BudgetSpent
				| Self::ProviderSpent
				| Self::TooFarAhead
				| Self::TooMuchWaits
				| Self::NoPlace
				| Self::NoPlaceOfProvider
				| Self::NoPlaceBehindGaps
		)
	}

	/// What to do about it, in a sentence.
	pub const fn remedy(self) -> &'static str {
		match self {
			Self::Immortal => {
				"Sign it with a mortal era, from 4 to 2,048 blocks: in Python (substrate-interface) pass era={'period': 64}; \
				 polkadot.js, polkadot-api and subxt do so unless they are told otherwise"
			},
			Self::NotListed => {
				"docs/budgets.md has the table; what only a motion makes, a council member proposes"
			},
			Self::NotYours => {
				"Let one of those send it, or have the role granted; docs/budgets.md says whose call it is"
			},
			Self::NoSuchMotion => {
				"Read the council's motions again, and close what is decided or out of time with at most the bound that the metadata names"
			},
			Self::BeyondBudget => {
				"Split it"
			},
			Self::BudgetSpent => {
				"Wait some blocks and sign again: a part comes back with each"
			},
			Self::ProviderSpent => {
				"Wait a block and sign again"
			},
			Self::TooFarAhead => {
				"Wait until some are in a block, then sign again"
			},
			Self::TooMuchWaits => {
				"Wait until some are in a block, then sign again"
			},
			Self::UnknownPayee => {
				"Let a membership provider register the payee first, and pay to its account"
			},
			Self::NoPlace => {
				"Wait until some are in a block, then send it again"
			},
			Self::NoPlaceOfProvider => {
				"Send it again in a block or two, or to another node"
			},
			Self::NoPlaceBehindGaps => {
				"Send those that come before it first, then send it again"
			},
			Self::Paused => {
				"Wait until the pause is over, which `governance.pauses` tells, and sign again; cancelling, metering and settlement go on"
			},
		}
	}
}

impl From<Refusal> for InvalidTransaction {
	fn from(refusal: Refusal) -> Self {
		Self::Custom(refusal.code())
	}
}

impl From<Refusal> for TransactionValidityError {
	fn from(refusal: Refusal) -> Self {
		Self::Invalid(refusal.into())
	}
}

/// The code as clients know it, the sentence, the remedy.
impl fmt::Display for Refusal {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Custom error: {}. {}. {}.", self.code(), self.sentence(), self.remedy())
	}
}
