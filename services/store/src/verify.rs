//! Whether bytes are the dataset that the chain knows, and what differs if they are not.

use crate::{
	dataset::{Dataset, DatasetError},
	hash_of,
};
use busbar_client::pallet_metering::Dataset as Attested;
use bytes::Bytes;
use sp_core::H256;

/// What is wrong with `bytes` as the dataset that was attested; empty if nothing is. Everything is recomputed from the
/// bytes.
pub fn differences(decoded: &Result<Dataset, DatasetError>, bytes: &Bytes, attested: &Attested) -> Vec<String> {
	let mut found = Vec::new();
	let mut compare = |what: &str, ours: String, chain: String| {
		if ours != chain {
			found.push(format!("{what}: the data have {ours}, the chain has {chain}"));
		}
	};
	let hash = |hash: H256| format!("{hash:?}");
	compare("content hash", hash(hash_of(bytes)), hash(attested.content));
	compare("length in bytes", bytes.len().to_string(), attested.bytes.to_string());
	match decoded {
		Ok(dataset) => {
			compare("Merkle root", hash(dataset.tree().root()), hash(attested.root));
			compare("number of readings", dataset.rows.len().to_string(), attested.count.to_string());
			compare("version", dataset.version.to_string(), attested.version.to_string());
		},
		Err(error) => found.push(error.to_string()),
	}
	found
}
