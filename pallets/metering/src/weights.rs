//! Weights of the calls, counted from their storage accesses and hashes.
//! Reference times are estimates, rounded up, until benchmarks on the reference machine replace them.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
	fn register_meter() -> Weight;
	fn attest() -> Weight;
	/// A batch of `readings`, without the hashes of their proofs.
	fn prove(readings: u32) -> Weight;
	/// The `hashes` of a batch's proofs.
	fn hash(hashes: u32) -> Weight;
}

/// Reference time of a call without its storage accesses, in ps.
const BASE: u64 = 15_000_000;
/// Reference time of decoding a reading and hashing its leaf and root, in ps.
const READING: u64 = 8_000_000;
/// Reference time of one hash of a proof, in ps: blake2-256 of 65 bytes in the Wasm runtime.
const HASH: u64 = 2_000_000;
/// Keys that a role check reads besides the tree: account, delegation, and state and roles of one or two participants.
const ROLE_READS: u64 = 6;
/// Most links between a zone and the root, which a role's scope may make walk.
const DEPTH: u64 = 64;

fn register_meter(db: RuntimeDbWeight) -> Weight {
	// The point, the role with its walk up the tree, the meter, the clock.
	Weight::from_parts(BASE, 0).saturating_add(db.reads_writes(ROLE_READS.saturating_add(DEPTH).saturating_add(3), 1))
}

fn attest(db: RuntimeDbWeight) -> Weight {
	// The role, the interval's terms, the clock, the dataset.
	Weight::from_parts(BASE, 0).saturating_add(db.reads_writes(ROLE_READS.saturating_add(3), 1))
}

fn prove(db: RuntimeDbWeight, readings: u32) -> Weight {
	// The interval's terms, the clock, the dataset; for each reading the point, the meter and the reading itself.
	let reading = Weight::from_parts(READING, 0).saturating_add(db.reads_writes(3, 1));
	Weight::from_parts(BASE, 0).saturating_add(db.reads(3)).saturating_add(reading.saturating_mul(u64::from(readings)))
}

fn hash(hashes: u32) -> Weight {
	Weight::from_parts(HASH, 0).saturating_mul(u64::from(hashes))
}

/// Weights at the runtime's database prices.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_meter() -> Weight {
		register_meter(T::DbWeight::get())
	}
	fn attest() -> Weight {
		attest(T::DbWeight::get())
	}
	fn prove(readings: u32) -> Weight {
		prove(T::DbWeight::get(), readings)
	}
	fn hash(hashes: u32) -> Weight {
		hash(hashes)
	}
}

/// Weights at ParityDB's prices.
impl WeightInfo for () {
	fn register_meter() -> Weight {
		register_meter(ParityDbWeight::get())
	}
	fn attest() -> Weight {
		attest(ParityDbWeight::get())
	}
	fn prove(readings: u32) -> Weight {
		prove(ParityDbWeight::get(), readings)
	}
	fn hash(hashes: u32) -> Weight {
		hash(hashes)
	}
}
