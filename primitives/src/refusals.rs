//! Why the chain refuses a transaction before it executes, beyond the reasons that every Substrate chain has.
//!
//! The one table: what a pallet refuses with, what a node answers, and the page `docs/refusals.md` (a test compares them).

use core::fmt;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// A reason of this chain's own. Its number is the code in `InvalidTransaction::Custom`, and stays its for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Refusal {
	/// The transaction would stay valid for ever.
	Immortal = 1,
}

impl Refusal {
	/// Every reason, by code.
	pub const ALL: [Self; 1] = [Self::Immortal];

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
		}
	}

	/// What to do about it, in a sentence.
	pub const fn remedy(self) -> &'static str {
		match self {
			Self::Immortal => {
				"Sign it with a mortal era, from 4 to 2,048 blocks: in Python (substrate-interface) pass era={'period': 64}; \
				 polkadot.js, polkadot-api and subxt do so unless they are told otherwise"
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
