//! What the store answers about a dataset, as both ends of the HTTP interface write and read it.

use crate::{
	ledger::Key,
	meta::{parse_hash, Meta, Summary},
};
use busbar_primitives::{metering::SignedReading, Interval, ParticipantId};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// A reading with what proves it under its dataset's root.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proof {
	pub signed: SignedReading,
	/// The leaf's secret, in hexadecimal.
	pub salt: String,
	/// Number of the leaf.
	pub index: u32,
	/// Hashes from the leaf to the top.
	pub path: Vec<H256>,
}

/// The answer to a request for proofs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proofs {
	pub dataset: Summary,
	pub proofs: Vec<Proof>,
}

/// A page of the list of datasets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Page {
	pub datasets: Vec<Meta>,
	/// Where the next page begins: to be asked for as `after`. Nothing behind the last one.
	pub next: Option<String>,
}

impl Page {
	/// A place in the list as text.
	pub(crate) fn name((interval, operator, version, hash): Key) -> String {
		format!("{interval}-{}-{version}-{}", hex::encode(operator.0), hex::encode(hash))
	}

	/// The place that a text names.
	pub(crate) fn place(text: &str) -> Option<Key> {
		let mut parts = text.split('-');
		let (interval, operator, version, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
		let mut id = [0; 16];
		hex::decode_to_slice(operator, &mut id).ok()?;
		let key = (interval.parse().ok()?, ParticipantId(id), version.parse().ok()?, parse_hash(hash).ok()?);
		parts.next().is_none().then_some(key)
	}
}

/// Sums over all readings of a dataset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Aggregate {
	pub interval: Interval,
	pub points: usize,
	/// In Wh, as decimal digits.
	pub import: String,
	pub export: String,
	/// In varh, as decimal digits.
	pub import_varh: String,
	pub export_varh: String,
}
