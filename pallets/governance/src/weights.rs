//! Weights of the calls, counted from the storage that each touches at worst, on ParityDB.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weight functions of this pallet. Seats and pauses are some dozens at most, so that their number does not show.
pub trait WeightInfo {
	fn announce_upgrade() -> Weight;
	fn veto_upgrade() -> Weight;
	fn enact_upgrade() -> Weight;
	fn authorize_upgrade() -> Weight;
	fn set_committee() -> Weight;
	fn act() -> Weight;
	fn resume() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn counted(base: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(base, 0).saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Announced, UpgradeDelay; Announced.
	fn announce_upgrade() -> Weight {
		counted(20 * MICROSECOND, 2, 1)
	}
	// Announced; Announced.
	fn veto_upgrade() -> Weight {
		counted(20 * MICROSECOND, 1, 1)
	}
	// Announced; Announced, AuthorizedUpgrade.
	fn enact_upgrade() -> Weight {
		counted(20 * MICROSECOND, 1, 2)
	}
	// AuthorizedUpgrade.
	fn authorize_upgrade() -> Weight {
		counted(10 * MICROSECOND, 0, 1)
	}
	// Committee, Words.
	fn set_committee() -> Weight {
		counted(20 * MICROSECOND, 0, 2)
	}
	// Committee, Pauses, Words; Words, Pauses.
	fn act() -> Weight {
		counted(30 * MICROSECOND, 3, 2)
	}
	// Pauses; Pauses.
	fn resume() -> Weight {
		counted(20 * MICROSECOND, 1, 1)
	}
}
