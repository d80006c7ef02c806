//! The meter-data store: datasets by the hash of their bytes, proofs of single readings, and nothing on trust.
//!
//! - [`dataset`] is the format: readings as Parquet, and the Merkle tree over them whose root stands on chain;
//! - [`blobs`] keeps bytes under their hash, in a local folder or in S3, and checks them whenever they are read; [`meta`]
//!   is what it knows about them;
//! - [`damage`] names what differs in bytes that do not have their hash;
//! - [`chain`] and [`access`] decide, by what the chain says, who may read what;
//! - [`ledger`] says how much of the disk is whose, [`pending`] what becomes of datasets that wait to be attested, [`recovery`]
//!   removes what a killed process leaves behind;
//! - [`busbar_service`] has what all services do alike: [`connections`], members, turns, the node;
//! - [`service`] is what the service works with;
//! - [`server`] and [`client`] are the two ends of the HTTP interface, [`answers`] what goes over it; [`replicate`] is a store as another's client.
//!
//! Invariants: an object under a hash has had that hash when it was written, and has it whenever it is served; a dataset
//! that is served decodes, and its leaves are those under its root.

pub mod access;
pub mod answers;
pub mod bench;
pub mod blobs;
pub mod chain;
pub mod client;
mod columnar;
pub mod columns;
pub mod damage;
pub mod dataset;
pub mod error;
pub mod incoming;
pub mod ledger;
pub mod meta;
mod outgoing;
pub mod pending;
pub mod recovery;
pub mod replicate;
pub mod retention;
pub mod server;
pub mod service;
pub mod verify;

pub use busbar_service::connections;

/// Blake2-256 of `bytes`: the name of an object.
pub fn hash_of(bytes: &[u8]) -> sp_core::H256 {
	let mut hasher = hasher();
	hasher.update(bytes);
	finish(&hasher)
}

/// A hasher for bytes that come in pieces.
pub(crate) fn hasher() -> blake2b_simd::State {
	blake2b_simd::Params::new().hash_length(32).to_state()
}

pub(crate) fn finish(hasher: &blake2b_simd::State) -> sp_core::H256 {
	sp_core::H256::from_slice(hasher.finalize().as_bytes())
}

pub(crate) use busbar_client::requests::now_ms;

#[cfg(test)]
mod tests {
	#[test]
	fn a_name_is_the_blake2_256_that_the_chain_computes() {
		assert_eq!(super::hash_of(b"busbar").0, sp_crypto_hashing::blake2_256(b"busbar"));
	}
}
