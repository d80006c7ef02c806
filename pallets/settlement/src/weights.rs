//! Weights of the calls, counted from the storage that each touches and a time per step for what it computes.
//!
//! Keys per connection point. Debit: the point, its reading, the order with its collateral, the keys that derive its fill
//! (at most 32: five steps, each a level and a path in its tree), the zone's result, statement, order of the grid operator
//! with who gave it, its record, what is held of its account, and four readings before; retailer, the payer's debts and credits, its record, and two accounts with their holds. Draw: the statement, the payer's debts and
//! credits, deposit and guarantee with their accounts, the debt to the fund and the debtor's record. Credit: the statement,
//! the payer's debts and credits, its debt to the fund, its record, its account, the fund's, and its certificates of eight
//! classes.

use busbar_primitives::metering::LIKE_KEYS;
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// Weights of this pallet's calls; `n` is the number of connection points.
pub trait WeightInfo {
	fn set_accounts() -> Weight;
	fn set_ladder() -> Weight;
	fn post_prices() -> Weight;
	fn debit(n: u32) -> Weight;
	fn credit(n: u32) -> Weight;
	/// Debits of a run after the first.
	fn debit_changed(n: u32) -> Weight;
	fn set_levy() -> Weight;
	fn draw(n: u32) -> Weight;
	fn set_tolerance() -> Weight;
	fn set_sharing() -> Weight;
	fn void() -> Weight;
	/// Looking for a void interval whose debits are to be taken back, and taking back those of `n` points.
	fn unwind(n: u32) -> Weight;
	/// Looking for what stands in for `n` readings that did not come.
	fn like(n: u32) -> Weight;
	/// Paying `n` parties what came back of their losses.
	fn recover(n: u32) -> Weight;
	/// Allotting what a debtor has repaid of one default.
	fn allot() -> Weight;
}

const PICOSECONDS_PER_MICROSECOND: u64 = 1_000_000;

/// A call that computes for `micros` and touches `reads` and `writes` keys; about 100 bytes of proof per key.
fn cost(db: frame_support::weights::RuntimeDbWeight, micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(PICOSECONDS_PER_MICROSECOND), reads.saturating_mul(100))
		.saturating_add(db.reads_writes(reads, writes))
}

macro_rules! weights {
	($db:expr) => {
		fn set_accounts() -> Weight {
			cost($db, 10, 1, 1)
		}
		fn set_ladder() -> Weight {
			cost($db, 12, 3, 1)
		}
		fn post_prices() -> Weight {
			cost($db, 15, 6, 1)
		}
		fn debit(n: u32) -> Weight {
			cost($db, 90, 42, 15).saturating_add(cost($db, 240, 70, 23).saturating_mul(n.into()))
		}
		fn credit(n: u32) -> Weight {
			cost($db, 100, 57, 27).saturating_add(cost($db, 240, 28, 20).saturating_mul(n.into()))
		}
		fn debit_changed(n: u32) -> Weight {
			cost($db, 90, 43, 15).saturating_add(cost($db, 470, 81, 29).saturating_mul(n.into()))
		}
		fn set_levy() -> Weight {
			cost($db, 12, 3, 1)
		}
		fn draw(n: u32) -> Weight {
			cost($db, 90, 41, 12).saturating_add(cost($db, 250, 16, 13).saturating_mul(n.into()))
		}
		fn set_tolerance() -> Weight {
			cost($db, 12, 3, 1)
		}
		fn set_sharing() -> Weight {
			cost($db, 12, 3, 1)
		}
		fn void() -> Weight {
			cost($db, 30, 6, 4)
		}
		fn unwind(n: u32) -> Weight {
			// As a debit without its reading, and a draw.
			cost($db, 100, 21, 15).saturating_add(cost($db, 200, 58, 23).saturating_mul(n.into()))
		}
		fn like(n: u32) -> Weight {
			cost($db, 20, LIKE_KEYS + 1, 0).saturating_mul(n.into())
		}
		fn recover(n: u32) -> Weight {
			cost($db, 30, 4, 1).saturating_add(cost($db, 150, 10, 7).saturating_mul(n.into()))
		}
		fn allot() -> Weight {
			cost($db, 300, 24, 16)
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
