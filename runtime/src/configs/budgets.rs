//! What participants may take of blocks: the figures that `docs/budgets.md` states (a test compares them).
//!
//! A block of 2 s has 1 s of computation, of which ordinary transactions get 750 ms, and 5 MiB, of which they get 3.75 MiB.

use frame_support::parameter_types;
use pallet_participants::{Allowance, Allowances, Load};

/// 1 ms of computation, in ps.
const MS: u64 = 1_000_000_000;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

parameter_types! {
	pub const Budgets: Allowances = Allowances {
		// An order of one step takes 1.5 ms, one of sixteen 7 ms; a batch of 128 debits, the heaviest due work, 267 ms.
		member: Allowance {
			per_block: Load::new(5 * MS, 256 * KIB, 8 * KIB),
			most: Load::new(280 * MS, 4 * MIB, 256 * KIB),
		},
		professional: Allowance {
			per_block: Load::new(50 * MS, MIB, 64 * KIB),
			most: Load::new(500 * MS, 16 * MIB, MIB),
		},
		// Batches of 256 zones or points take 280 ms.
		operator: Allowance {
			per_block: Load::new(400 * MS, 8 * MIB, 256 * KIB),
			most: Load::new(2_000 * MS, 64 * MIB, 4 * MIB),
		},
		// Closing a motion takes 150 ms and more before it is dispatched, an upgrade's code up to 2 MiB.
		governing: Allowance {
			per_block: Load::new(50 * MS, 4 * MIB, 256 * KIB),
			most: Load::new(500 * MS, 64 * MIB, 4 * MIB),
		},
		// Two thirds of what a block has for ordinary transactions.
		provider: Allowance {
			per_block: Load::new(500 * MS, 32 * MIB, MIB),
			most: Load::new(1_000 * MS, 64 * MIB, 2 * MIB),
		},
	};
}
