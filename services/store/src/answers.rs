//! What the store answers about a dataset, as both ends of the HTTP interface write and read it.

use crate::meta::Summary;
use busbar_primitives::{metering::SignedReading, Interval};
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
