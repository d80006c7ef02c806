//! Weights of the calls, counted from the storage that each touches and a time per step for what it computes.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// Weights of this pallet's calls; `n` is the number of connection points.
pub trait WeightInfo {
	fn deposit() -> Weight;
	fn deposit_many(n: u32) -> Weight;
	fn guarantee() -> Weight;
	fn guarantee_many(n: u32) -> Weight;
	fn give_notice() -> Weight;
	fn release() -> Weight;
	fn repay() -> Weight;
	fn margin_in() -> Weight;
	fn margin_out() -> Weight;
	fn deposit_balancing() -> Weight;
	fn give_notice_balancing() -> Weight;
	fn release_balancing() -> Weight;
	fn choose_guarantor() -> Weight;
}

const PICOSECONDS_PER_MICROSECOND: u64 = 1_000_000;

/// A call that computes for `micros` and touches `reads` and `writes` keys; about 100 bytes of proof per key.
fn cost(db: frame_support::weights::RuntimeDbWeight, micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(PICOSECONDS_PER_MICROSECOND), reads.saturating_mul(100))
		.saturating_add(db.reads_writes(reads, writes))
}

macro_rules! weights {
	($db:expr) => {
		fn deposit() -> Weight {
			cost($db, 60, 11, 4)
		}
		fn deposit_many(n: u32) -> Weight {
			cost($db, 60, 11, 4).saturating_mul(n.into())
		}
		fn guarantee() -> Weight {
			cost($db, 110, 17, 6)
		}
		fn guarantee_many(n: u32) -> Weight {
			cost($db, 110, 17, 6).saturating_mul(n.into())
		}
		fn give_notice() -> Weight {
			cost($db, 60, 11, 4)
		}
		fn release() -> Weight {
			cost($db, 60, 51, 4)
		}
		fn repay() -> Weight {
			cost($db, 200, 25, 12)
		}
		fn margin_in() -> Weight {
			cost($db, 45, 6, 3)
		}
		fn margin_out() -> Weight {
			cost($db, 45, 6, 3)
		}
		fn deposit_balancing() -> Weight {
			cost($db, 40, 8, 3)
		}
		fn give_notice_balancing() -> Weight {
			cost($db, 35, 6, 3)
		}
		fn release_balancing() -> Weight {
			cost($db, 45, 48, 3)
		}
		fn choose_guarantor() -> Weight {
			cost($db, 20, 8, 1)
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
