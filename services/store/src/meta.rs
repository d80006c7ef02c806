//! What is known about an object.

use crate::error::Error;
use busbar_primitives::{Interval, ParticipantId};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// What an object is; each class has its own retention.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
	/// A dataset, whose format and root are checked.
	Readings,
	/// Anything else, for example the protocol of a meter's test.
	Document,
}

/// What a dataset says about itself, and its root as this store computed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Summary {
	pub operator: ParticipantId,
	pub interval: Interval,
	pub version: u16,
	pub count: u32,
	pub root: H256,
}

/// What is known about an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meta {
	pub hash: H256,
	pub class: Class,
	pub bytes: u64,
	/// When it was stored, in ms since the Unix epoch.
	pub stored_at: u64,
	/// Who brought it: the account's SS58 address, or nobody if the store asks no one.
	pub by: Option<String>,
	/// For [`Class::Readings`].
	pub dataset: Option<Summary>,
	/// Whose room it takes; nobody's if the store asks no one.
	#[serde(default)]
	pub owner: Option<ParticipantId>,
	/// A dataset that was not attested when it was last asked for; it goes if it is not in time.
	#[serde(default)]
	pub pending: bool,
}

/// Who brings an object, as far as the store asked.
#[derive(Clone, Debug)]
pub struct Writer {
	/// The account's SS58 address.
	pub account: String,
	/// The meter operators in whose name it may store datasets.
	pub operates: Vec<ParticipantId>,
}

/// A hash from 64 hexadecimal digits, with or without `0x`.
///
/// # Errors
/// [`Error::BadHash`].
pub fn parse_hash(text: &str) -> Result<H256, Error> {
	let mut hash = [0; 32];
	hex::decode_to_slice(text.trim_start_matches("0x"), &mut hash).map_err(|_| Error::BadHash(text.into()))?;
	Ok(H256(hash))
}
