//! Weights of the calls, counted from the storage that each touches, on ParityDB.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weight functions of this pallet's calls. What settlement calls is part of settlement's own weights.
pub trait WeightInfo {
	fn certify() -> Weight;
	fn transfer() -> Weight;
	fn retire() -> Weight;
	fn forget() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn counted(base: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(base, 0).saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Point, participant, roles, scope's walk, calendar, source; source, counter.
	fn certify() -> Weight {
		counted(40 * MICROSECOND, 40, 2)
	}
	// Participant, delegate, receiver, two holdings, debt, supply; two holdings, debt, supply.
	fn transfer() -> Weight {
		counted(40 * MICROSECOND, 8, 4)
	}
	// Participant, delegate, holding, supply, retirement; holding, supply, retirement.
	fn retire() -> Weight {
		counted(30 * MICROSECOND, 6, 3)
	}
	// Calendar, holding, retirement, debt, supply; the last four.
	fn forget() -> Weight {
		counted(30 * MICROSECOND, 6, 4)
	}
}
