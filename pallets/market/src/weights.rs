//! Weights of the calls and hooks: storage accesses counted in the code, at the database's cost, plus computation.
//!
//! Proof sizes are those of the values read; on a chain without a relay they bound nothing but are kept honest.

use crate::{auction::sums::LAYERS, types::PAGE};
use busbar_primitives::{MAX_PRODUCTS, MAX_SPAN};
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
	/// Opening one interval with as many products as there can be.
	fn open() -> Weight;
	/// Beginning, or going on, to close a gate that `span` intervals share.
	fn begin(span: u32) -> Weight;
	/// Loading `zones` zones, and parking them.
	fn load_zones(zones: u32) -> Weight;
	/// Loading `levels` price levels, and parking them.
	fn load_levels(levels: u32) -> Weight;
	/// Clearing `zones` zones and `levels` price levels that are loaded, and writing the results.
	fn decide(zones: u32, levels: u32) -> Weight;
	/// One step of the search for block orders: clearing one interval of `zones` zones and `levels` price levels.
	fn choose(zones: u32, levels: u32) -> Weight;
	/// Taking up the largest search for block orders, and keeping it for the next block.
	fn search() -> Weight;
	/// Reading and writing as many block orders as a span can have, and ending as many sessions.
	fn block_orders() -> Weight;
	/// Placing a block order over `intervals` intervals.
	fn place_block_order(intervals: u32) -> Weight;
	/// Cancelling a block order.
	fn cancel_block_order() -> Weight;
	/// Submitting an order to a continuous session that makes `trades` trades.
	fn submit(trades: u32) -> Weight;
	/// Withdrawing an order from a continuous session.
	fn withdraw() -> Weight;
	/// One pass over a continuous session.
	fn pass() -> Weight;
	/// Setting the zones of an area.
	fn set_area() -> Weight;
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
	// Reads: time, record, session, point, participant, delegate, order, owner's account, parameters, path fee, levels of the
	// zone (4), the point's retailer; per other product the order, the session, the results, and a queue node per layer. Writes: session, order,
	// participant.
	fn place(count: u32) -> Weight {
		let others = u64::from(MAX_PRODUCTS.saturating_sub(1));
		let reads = others.saturating_mul(u64::from(LAYERS).saturating_add(3)).saturating_add(16);
		weight(120, reads, 3, 16_000).saturating_add(steps(count))
	}

	fn replace(old: u32, new: u32) -> Weight {
		Self::cancel(old).saturating_add(Self::place(new))
	}

	// Reads: time, record, session, point, participant, delegate, order. Writes: session, order, participant.
	fn cancel(count: u32) -> Weight {
		weight(50, 7, 3, 6_000).saturating_add(steps(count))
	}

	// Reads and writes the parameters.
	fn set_parameters() -> Weight {
		weight(20, 1, 1, 1_000)
	}

	// Reads: time, zone count, parameters, two cursors, the first gate, the first recall. Writes: the cursor, a skipped range.
	fn poll() -> Weight {
		weight(20, 7, 2, 3_000)
	}

	// Writes the record, and per product the session and its gate.
	fn open() -> Weight {
		weight(20, 0, u64::from(MAX_PRODUCTS).saturating_mul(2).saturating_add(1), 0)
	}

	// Reads: the first gate, the gate being closed, zone count; per interval the record and the session.
	// Writes: the gate being closed.
	fn begin(span: u32) -> Weight {
		let reads = u64::from(span).saturating_mul(2).saturating_add(6);
		weight(u64::from(span).saturating_mul(10).saturating_add(20), reads, 1, 4_000)
	}

	// Reads: per zone the zone and its publication, and per 32 zones a page of every other session. Writes: a page.
	fn load_zones(zones: u32) -> Weight {
		let zones = u64::from(zones);
		weight(
			zones.saturating_mul(20).saturating_add(20),
			zones.saturating_mul(3).saturating_add(2),
			1,
			zones.saturating_mul(600).saturating_add(1_000),
		)
	}

	// Reads: per level the level. Writes: a page.
	fn load_levels(levels: u32) -> Weight {
		let levels = u64::from(levels);
		weight(
			levels.saturating_mul(10).saturating_add(20),
			levels.saturating_add(1),
			1,
			levels.saturating_mul(150).saturating_add(1_000),
		)
	}

	// Reads: point count and the parked pages, of which there are few. Writes: the record, the session, the gate; per 32
	// zones a page of results.
	fn decide(zones: u32, levels: u32) -> Weight {
		let (zones, levels) = (u64::from(zones), u64::from(levels));
		weight(
			zones.saturating_mul(5).saturating_add(levels.saturating_mul(2)).saturating_add(50),
			20,
			zones.div_ceil(u64::from(PAGE)).saturating_add(24),
			zones.saturating_mul(30).saturating_add(levels.saturating_mul(30)).saturating_add(1_000),
		)
	}

	// The clearing of `decide`, without reading or writing.
	fn choose(zones: u32, levels: u32) -> Weight {
		let (zones, levels) = (u64::from(zones), u64::from(levels));
		weight(zones.saturating_mul(3).saturating_add(levels.saturating_mul(2)).saturating_add(20), 0, 0, 0)
	}

	// Its state is the largest value of the pallet, so that its length and not its key is what it costs.
	fn search() -> Weight {
		weight(600, 1, 1, 120_000)
	}

	// Reads and writes the block orders; writes per interval the record and the session.
	fn block_orders() -> Weight {
		let block_orders = u64::from(crate::auction::types::MAX_BLOCK_ORDERS);
		let writes = u64::from(MAX_SPAN).saturating_mul(2).saturating_add(block_orders);
		weight(1_000, block_orders.saturating_add(1), writes, 60_000)
	}

	// As of `place`, per interval without the participant.
	fn place_block_order(intervals: u32) -> Weight {
		let products = u64::from(MAX_PRODUCTS);
		let reads = products.saturating_mul(u64::from(LAYERS).saturating_add(5)).saturating_add(1);
		let intervals = u64::from(intervals);
		weight(120, 16, 5, 16_000).saturating_add(weight(60, reads, 0, 8_000).saturating_mul(intervals))
	}

	// Reads: record, session, point, participant, block order, counts. Writes: block order, counts, participant.
	fn cancel_block_order() -> Weight {
		weight(80, 10, 5, 16_000)
	}

	// Reads: as of `place`, the book or its zones, and the steps of a call, each the order or the link with what is
	// sold of it; per trade the order, its trader, its neighbours, its queue and price map, and money. Writes: the
	// book, the order, its neighbour, queue and price map, the trader, flows, money; per trade the same.
	fn submit(trades: u32) -> Weight {
		let trade = weight(60, 14, 14, 4_000).saturating_mul(trades.into());
		let steps = u64::from(crate::continuous::CALL_STEPS).saturating_mul(8);
		Self::place(1).saturating_add(weight(400, steps, 80, 100_000)).saturating_add(trade)
	}

	// Reads: record, session, point, participant, book, order, trader, neighbours, queue, price map, money. Writes: the
	// same.
	fn withdraw() -> Weight {
		weight(80, 24, 16, 20_000)
	}

	// As `submit`, with the steps of a pass and all its trades.
	fn pass() -> Weight {
		let trades = weight(120, 28, 28, 8_000).saturating_mul(crate::continuous::FILLS.into());
		weight(1_000, 4_000, 80, 400_000).saturating_add(trades)
	}

	// Reads the zones, writes the area.
	fn set_area() -> Weight {
		weight(200, 200, 1, 40_000)
	}

	// Reads: three cursors, a skipped range, parameters, time; of the next interval and of one that waits the record and what
	// tells finality (3); who waits first, twice, and next; per key the key. Writes: the record, the cursors, who waits, the
	// skipped range; per key the key.
	fn prune(keys: u32) -> Weight {
		let keys = u64::from(keys);
		weight(
			keys.saturating_mul(5).saturating_add(30),
			keys.saturating_add(18),
			keys.saturating_add(6),
			keys.saturating_mul(400).saturating_add(4_000),
		)
	}
}
