//! Weights of the calls, counted from the storage that each touches at worst, on ParityDB.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weight functions of this pallet. A set is some dozens of accounts at most, so that its size does not show.
pub trait WeightInfo {
	fn add() -> Weight;
	fn remove() -> Weight;
	fn register_peer() -> Weight;
	fn remove_peer() -> Weight;
	fn evict_peers() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn counted(base: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(base, 0).saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Validators, session keys, session index; Validators, AdmittedAt.
	fn add() -> Weight {
		counted(20 * MICROSECOND, 3, 2)
	}
	// Validators; Validators, AdmittedAt.
	fn remove() -> Weight {
		counted(20 * MICROSECOND, 1, 2)
	}
	// Who the signer is and acts for, Peers and their number, Validators and whose each of 64 is; Peers and their number.
	fn register_peer() -> Weight {
		counted(40 * MICROSECOND, 72, 2)
	}
	// Who the signer is and acts for, Peers and their number; the last two.
	fn remove_peer() -> Weight {
		counted(20 * MICROSECOND, 6, 2)
	}
	// Peers and their number; the same.
	fn evict_peers() -> Weight {
		counted(20 * MICROSECOND, 3, 2)
	}
}
