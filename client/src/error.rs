//! What can go wrong between a program and a chain, each with what to do about it.

use crate::item::Item;
use sp_core::H256;
use sp_runtime::AccountId32;
use std::fmt;

/// The result of this library's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// What the caller gave is no address, no key, or the like.
	#[error("{0}")]
	Input(String),
	/// No address answers.
	#[error("cannot reach a node at {address}; is it running, and is its RPC port the one in --url? ({reason})")]
	Unreachable {
		/// The address, or all of them.
		address: String,
		/// What each of them did.
		reason: String,
	},
	/// The connection broke, and did not come back in time.
	#[error("{method} at {address} failed: {reason}")]
	Lost {
		/// The address that was spoken to last.
		address: String,
		/// The JSON-RPC method.
		method: String,
		/// What broke.
		reason: String,
	},
	/// The node answered that it will not.
	#[error("{address} refused {method}: {message} {data}")]
	Refused {
		/// The node's address.
		address: String,
		/// The JSON-RPC method.
		method: String,
		/// JSON-RPC's code of the error.
		code: i32,
		/// The node's words.
		message: String,
		/// Further words, or nothing.
		data: String,
	},
	/// The node answered something that is no answer to the question.
	#[error("{address} answered {method} with something else than expected: {reason}")]
	Answer {
		/// The node's address.
		address: String,
		/// The JSON-RPC method.
		method: String,
		/// What is strange about it.
		reason: String,
	},
	/// Another chain than the one that was meant.
	#[error("the chain at {address} is `{found}`, not `{expected}`; choose a Busbar node with --url")]
	OtherChain {
		/// The node's address.
		address: String,
		/// The name of its runtime.
		found: String,
		/// The name that was expected.
		expected: &'static str,
	},
	/// The node's metadata cannot be read.
	#[error("the chain's metadata cannot be read: {0}; update this program")]
	Metadata(String),
	/// The chain has what this program uses in another shape.
	#[error("{}", list(.0))]
	Unfit(Vec<Unfit>),
	/// A value is not of its type, although the metadata says so.
	#[error("{item} cannot be read: {reason}; if the chain was upgraded, update this program")]
	Value {
		/// What was read.
		item: String,
		/// Why not.
		reason: String,
	},
	/// A block that the node does not know, or no longer.
	#[error("{address} does not know the block {block}")]
	UnknownBlock {
		/// The node's address.
		address: String,
		/// Hash or number.
		block: String,
	},
	/// The node did not take a transaction.
	#[error("the node refused the transaction of {account}{advice}: {reason}")]
	NotTaken {
		/// Who signed it.
		account: AccountId32,
		/// What to do about it, after a colon; may be empty.
		advice: &'static str,
		/// The node's words.
		#[source]
		reason: Box<Error>,
	},
	/// A transaction was in no block while it was valid.
	#[error("the transaction {0} was in no block before its mortality ended; submit it again")]
	NotIncluded(H256),
	/// A transaction stands in a block, but its call failed.
	#[error("the transaction failed: {0}")]
	Failed(#[from] crate::explain::CallError),
	/// Nothing new from the chain for too long.
	#[error("no new block from {address} for {seconds} s, or the connection was lost")]
	Stalled {
		/// The node's address.
		address: String,
		/// How long.
		seconds: u64,
	},
	/// A sum that the chain's types cannot hold.
	#[error("{0}")]
	Overflow(&'static str),
}

impl Error {
	/// Whether the caller's own input was wrong.
	pub fn is_input(&self) -> bool {
		matches!(self, Self::Input(_))
	}
}

/// A part of the chain that is not what this program was built for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfit {
	/// Which.
	pub item: Item,
	/// What differs.
	pub difference: String,
	/// The version of the chain's runtime.
	pub spec_version: u32,
}

impl fmt::Display for Unfit {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "the chain's {} is not the one that this program knows: {}", self.item, self.difference)
	}
}

fn list(unfit: &[Unfit]) -> String {
	let all: Vec<String> = unfit.iter().map(Unfit::to_string).collect();
	let version = unfit.first().map_or(0, |unfit| unfit.spec_version);
	format!("{}; update this program for version {version} of the chain", all.join("; "))
}
