//! Weights of the calls, counted from the storage that each touches and a time per step for what it computes.

use busbar_primitives::metering::{LIKE_KEYS, LIKE_PROOF};
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of this pallet's calls.
pub trait WeightInfo {
	fn offer() -> Weight;
	fn order_reduction() -> Weight;
}

const PICOSECONDS_PER_MICROSECOND: u64 = 1_000_000;

/// A call that computes for `micros` and touches `reads` and `writes` keys; about 100 bytes of proof per key.
fn cost(db: RuntimeDbWeight, micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(PICOSECONDS_PER_MICROSECOND), reads.saturating_mul(100))
		.saturating_add(db.reads_writes(reads, writes))
}

/// What it costs to read the like readings of so many intervals: what a call is measured with has not to have so many.
pub fn like(db: RuntimeDbWeight, intervals: u32) -> Weight {
	let keys = LIKE_KEYS.saturating_mul(intervals.into());
	db.reads(keys).saturating_add(Weight::from_parts(0, keys.saturating_mul(LIKE_PROOF)))
}

macro_rules! weights {
	($db:expr) => {
		fn offer() -> Weight {
			// With a walk to the root for what is published.
			cost($db, 700, 141, 4)
		}
		fn order_reduction() -> Weight {
			// With a walk to the root; beside it like days are read.
			cost($db, 700, 88, 9)
		}
	};
}

/// Weights with the database costs of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	weights!(T::DbWeight::get());
}

/// Weights with the database costs of ParityDB.
impl WeightInfo for () {
	weights!(ParityDbWeight::get());
}
