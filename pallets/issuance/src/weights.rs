//! Weights of the calls, counted from the storage that each touches and a time per step for what it computes.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// Weights of this pallet's calls; `n` is the number of payments.
pub trait WeightInfo {
	fn propose(n: u32) -> Weight;
	fn approve(n: u32) -> Weight;
	fn cancel() -> Weight;
	fn set_ceiling() -> Weight;
}

const PICOSECONDS_PER_MICROSECOND: u64 = 1_000_000;

/// A call that computes for `micros` and touches `reads` and `writes` keys; about 100 bytes of proof per key.
fn cost(db: frame_support::weights::RuntimeDbWeight, micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(PICOSECONDS_PER_MICROSECOND), reads.saturating_mul(100))
		.saturating_add(db.reads_writes(reads, writes))
}

macro_rules! weights {
	($db:expr) => {
		fn propose(n: u32) -> Weight {
			cost($db, 15, 5, 4).saturating_add(cost($db, 3, 1, 0).saturating_mul(n.into()))
		}
		fn approve(n: u32) -> Weight {
			cost($db, 15, 7, 4).saturating_add(cost($db, 20, 2, 2).saturating_mul(n.into()))
		}
		fn cancel() -> Weight {
			cost($db, 15, 5, 3)
		}
		fn set_ceiling() -> Weight {
			cost($db, 8, 0, 1)
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
