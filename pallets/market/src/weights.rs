//! Weights of the calls and hooks: storage accesses counted in the code, at the database's cost, plus computation.
//!
//! Proof sizes are those of the values read; on a chain without a relay they bound nothing but are kept honest.

use crate::sums::LAYERS;
use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weights that the market needs.
pub trait WeightInfo {
	/// Placing an order of `steps` steps.
	fn place(steps: u32) -> Weight;
	/// Replacing an order of `old` steps by one of `new` steps.
	fn replace(old: u32, new: u32) -> Weight;
	/// Cancelling an order of `steps` steps.
	fn cancel(steps: u32) -> Weight;
	fn set_parameters() -> Weight;
	/// What every block does: time, cursors, parameters.
	fn poll() -> Weight;
	/// Opening one session.
	fn open() -> Weight;
	/// Closing an interval of `zones` zones and `levels` price levels.
	fn close(zones: u32, levels: u32) -> Weight;
	/// Looking for something to prune, and pruning `keys` keys.
	fn prune(keys: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn weight(compute_us: u64, reads: u64, writes: u64, proof: u64) -> Weight {
	let database = ParityDbWeight::get();
	Weight::from_parts(compute_us.saturating_mul(MICROSECOND), proof)
		.saturating_add(database.reads(reads))
		.saturating_add(database.writes(writes))
}

/// One step in or out of the book: its level and one node per layer of the queue.
fn steps(count: u32) -> Weight {
	let keys = u64::from(LAYERS).saturating_add(1);
	let count = u64::from(count);
	weight(
		count.saturating_mul(20),
		count.saturating_mul(keys),
		count.saturating_mul(keys),
		count.saturating_mul(1_500),
	)
}

impl WeightInfo for () {
	// Reads: time, record, point, participant, delegate, order, owner's account, parameters, path fee, balance, holds.
	// Writes: record, order, balance, holds.
	fn place(count: u32) -> Weight {
		weight(60, 11, 4, 6_000).saturating_add(steps(count))
	}

	fn replace(old: u32, new: u32) -> Weight {
		Self::cancel(old).saturating_add(Self::place(new))
	}

	// Reads: time, record, point, participant, delegate, order, balance, holds. Writes: record, order, balance, holds.
	fn cancel(count: u32) -> Weight {
		weight(50, 8, 4, 6_000).saturating_add(steps(count))
	}

	// Reads and writes the parameters.
	fn set_parameters() -> Weight {
		weight(20, 1, 1, 1_000)
	}

	// Reads: time, zone count, parameters, three cursors, a skipped range, a record. Writes: two cursors, a skipped range.
	fn poll() -> Weight {
		weight(20, 8, 3, 3_000)
	}

	// Writes the record.
	fn open() -> Weight {
		weight(10, 0, 1, 0)
	}

	// Reads: zone count, point count, record, skipped range; per zone the zone, its publication and the end of its
	// levels; per level the level. Writes: the record; per zone the result. Computation: `busbar_clearing::clear` of
	// 16,384 levels in 1,024 zones took 4 ms natively in a tree 37 deep and 13 ms in one chain of zones, which is below
	// 1 us per level; ten times that is declared, for Wasm, decoding and walking the keys.
	fn close(zones: u32, levels: u32) -> Weight {
		let (zones, levels) = (u64::from(zones), u64::from(levels));
		weight(
			zones.saturating_mul(20).saturating_add(levels.saturating_mul(10)).saturating_add(50),
			zones.saturating_mul(3).saturating_add(levels).saturating_add(4),
			zones.saturating_add(1),
			zones.saturating_mul(600).saturating_add(levels.saturating_mul(150)).saturating_add(1_000),
		)
	}

	// Reads: two cursors, a skipped range, the record, parameters, time, and what tells finality (3); per key the key.
	// Writes: the record, the cursor or the skipped range; per key the key.
	fn prune(keys: u32) -> Weight {
		let keys = u64::from(keys);
		weight(
			keys.saturating_mul(5).saturating_add(30),
			keys.saturating_add(9),
			keys.saturating_add(2),
			keys.saturating_mul(400).saturating_add(4_000),
		)
	}
}
