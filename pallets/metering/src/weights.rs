//! Weights of the calls, counted from their storage accesses, hashes and signatures.
//! Reference times are estimates, rounded up, until benchmarks on the reference machine replace them.

use busbar_primitives::metering::{ESTIMATE_DAYS, LIKE_KEYS, LIKE_PROOF};
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
	fn register_meter() -> Weight;
	/// A batch of `meters`.
	fn register_meters(meters: u32) -> Weight;
	fn retire_meter() -> Weight;
	fn name_attester() -> Weight;
	fn post_bond() -> Weight;
	fn withdraw_bond() -> Weight;
	fn attest() -> Weight;
	/// A batch of `readings`, without the hashes of their proofs and the days that estimates follow.
	fn prove(readings: u32) -> Weight;
	/// The `hashes` of a batch's proofs.
	fn hash(hashes: u32) -> Weight;
	/// The days that `readings` estimated ones follow.
	fn estimate(readings: u32) -> Weight;
	/// A dispute, without the hashes of the attested reading's proof.
	fn dispute() -> Weight;
	fn rule() -> Weight;
	fn close_dispute() -> Weight;
	fn announce_holding() -> Weight;
	fn withdraw_holding() -> Weight;
	fn set_store() -> Weight;
	fn admit_operator() -> Weight;
	fn cancel_meter() -> Weight;
	fn challenge() -> Weight;
	/// A batch of `points`.
	fn report_missing(points: u32) -> Weight;
}

/// Reference time of a call without its storage accesses, in ps.
const BASE: u64 = 15_000_000;
/// Reference time of decoding a reading and hashing its leaf and root, in ps.
const READING: u64 = 10_000_000;
/// Reference time of verifying an Ed25519 signature by the host, in ps.
const SIGNATURE: u64 = 80_000_000;
/// Reference time of one hash of a proof, in ps: blake2-256 of 65 bytes in the Wasm runtime.
const HASH: u64 = 2_000_000;
/// Reference time of moving or releasing what is held, in ps.
const MONEY: u64 = 40_000_000;
/// Keys that a role check reads besides the tree: account, delegation, and state and roles of one or two participants.
const ROLE_READS: u64 = 6;
/// Most links between a zone and the root, which a role's scope may make walk.
const DEPTH: u64 = 64;
/// Keys that a penalty reads and writes: operator, point, owner or who balances, the accuser and who it is named by, and two
/// accounts with their holds.
const PENALTY: (u64, u64) = (12, 5);

fn costs(db: RuntimeDbWeight, time: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(BASE.saturating_add(time), 0).saturating_add(db.reads_writes(reads, writes))
}

fn register_meter(db: RuntimeDbWeight) -> Weight {
	// The point, the role with its walk up the tree and the grid operator's, the named attester, who is admitted, three meters
	// and where they are, two intervals' terms, the clock, the next number.
	costs(db, 0, 2 * (ROLE_READS + DEPTH) + 14, 6)
}

fn register_meters(db: RuntimeDbWeight, meters: u32) -> Weight {
	register_meter(db).saturating_mul(u64::from(meters))
}

fn retire_meter(db: RuntimeDbWeight) -> Weight {
	costs(db, 0, ROLE_READS + 4, 1)
}

fn name_attester(db: RuntimeDbWeight) -> Weight {
	costs(db, 0, ROLE_READS + 5, 3)
}

fn post_bond(db: RuntimeDbWeight) -> Weight {
	costs(db, MONEY, ROLE_READS + 5, 3)
}

fn withdraw_bond(db: RuntimeDbWeight) -> Weight {
	costs(db, MONEY, 5, 3)
}

fn attest(db: RuntimeDbWeight) -> Weight {
	// The role, or who was named; the interval's terms, the clock, the dataset, its earlier roots, the operator.
	costs(db, 0, ROLE_READS + 8, 3)
}

fn prove(db: RuntimeDbWeight, readings: u32) -> Weight {
	// The interval's terms, the clock, the dataset, the genesis hash, the operator's days. For each reading: the point, the meter, the named
	// attester, both meters' readings, the other meter, the dispute; the reading and a dispute are written. Beside it is what they
	// replace.
	let reading = Weight::from_parts(READING.saturating_add(SIGNATURE), 0).saturating_add(db.reads_writes(7, 2));
	costs(db, 0, 5, 1).saturating_add(reading.saturating_mul(u64::from(readings)))
}

fn hash(hashes: u32) -> Weight {
	Weight::from_parts(HASH, 0).saturating_mul(u64::from(hashes))
}

fn estimate(db: RuntimeDbWeight, readings: u32) -> Weight {
	db.reads(u64::from(ESTIMATE_DAYS).saturating_add(1)).saturating_mul(u64::from(readings))
}

fn dispute(db: RuntimeDbWeight) -> Weight {
	// Who is affected: the owner, the second attester and two roles with their walks. Then what a proof reads and writes,
	// two signatures, and a bond or a penalty. Beside it is what is replaced.
	let time = 2 * (READING + SIGNATURE) + MONEY;
	costs(db, time, 4 * ROLE_READS + 2 * DEPTH + 12 + PENALTY.0, 3 + PENALTY.1)
}

fn rule(db: RuntimeDbWeight) -> Weight {
	// The point, the role, the dispute, the clock, the reading, what it replaces, the terms; a penalty and the bond. Beside it like
	// days are read.
	costs(db, 2 * MONEY, ROLE_READS + DEPTH + 6 + 2 * PENALTY.0, 3 + 2 * PENALTY.1)
}

fn close_dispute(db: RuntimeDbWeight) -> Weight {
	// The dispute, the clock, the reading's version, the account with its holds.
	costs(db, MONEY, 5, 3)
}

fn announce_holding(db: RuntimeDbWeight) -> Weight {
	// Three roles, the dataset, its holders.
	costs(db, 0, 3 * ROLE_READS + 2, 1)
}

fn withdraw_holding(db: RuntimeDbWeight) -> Weight {
	// Three roles, the dataset's holders.
	costs(db, 0, 3 * ROLE_READS + 1, 1)
}

fn set_store(db: RuntimeDbWeight) -> Weight {
	// Three roles; the address.
	costs(db, 0, 3 * ROLE_READS, 1)
}

fn admit_operator(db: RuntimeDbWeight) -> Weight {
	// The point, its meter and where it is, two participants acted for, the grid operator's role, who is admitted.
	costs(db, 0, 3 * ROLE_READS + DEPTH + 4, 1)
}

fn cancel_meter(db: RuntimeDbWeight) -> Weight {
	// The point, two meters and where they are, three participants acted for, the grid operator's role, the clock, the terms.
	costs(db, 0, 4 * ROLE_READS + DEPTH + 6, 3)
}

fn challenge(db: RuntimeDbWeight) -> Weight {
	// The terms, the clock, the point, three roles with their walks, the reading, what was replaced, the dispute; a bond.
	costs(db, MONEY, 3 * (ROLE_READS + DEPTH) + 9, 3)
}

fn report_missing(db: RuntimeDbWeight, points: u32) -> Weight {
	// The terms and the clock. For each point: itself, its meters and where they are, its reading, whether it was reported,
	// the operator's days; a charge, which costs what a penalty does. Beside it like days are read.
	let point = Weight::from_parts(MONEY, 0).saturating_add(db.reads_writes(8 + PENALTY.0, 2 + PENALTY.1));
	costs(db, 0, 2, 0).saturating_add(point.saturating_mul(u64::from(points)))
}

/// What it costs to read the like readings of so many intervals: what a call is measured with has not to have so many.
pub fn like(db: RuntimeDbWeight, intervals: u32) -> Weight {
	let keys = LIKE_KEYS.saturating_mul(intervals.into());
	db.reads(keys).saturating_add(Weight::from_parts(0, keys.saturating_mul(LIKE_PROOF)))
}

/// What it costs to remember what so many readings replace: what a call is measured with has not to replace any.
pub fn replaced(db: RuntimeDbWeight, readings: u32) -> Weight {
	let reading = db.reads_writes(1, 1).saturating_add(Weight::from_parts(0, LIKE_PROOF));
	reading.saturating_mul(readings.into())
}

/// Weights at the runtime's database prices.
pub struct SubstrateWeight<T>(PhantomData<T>);

macro_rules! weights {
	($db:expr) => {
		fn register_meter() -> Weight {
			register_meter($db)
		}
		fn register_meters(meters: u32) -> Weight {
			register_meters($db, meters)
		}
		fn retire_meter() -> Weight {
			retire_meter($db)
		}
		fn name_attester() -> Weight {
			name_attester($db)
		}
		fn post_bond() -> Weight {
			post_bond($db)
		}
		fn withdraw_bond() -> Weight {
			withdraw_bond($db)
		}
		fn attest() -> Weight {
			attest($db)
		}
		fn prove(readings: u32) -> Weight {
			prove($db, readings)
		}
		fn hash(hashes: u32) -> Weight {
			hash(hashes)
		}
		fn estimate(readings: u32) -> Weight {
			estimate($db, readings)
		}
		fn dispute() -> Weight {
			dispute($db)
		}
		fn rule() -> Weight {
			rule($db)
		}
		fn close_dispute() -> Weight {
			close_dispute($db)
		}
		fn announce_holding() -> Weight {
			announce_holding($db)
		}
		fn withdraw_holding() -> Weight {
			withdraw_holding($db)
		}
		fn set_store() -> Weight {
			set_store($db)
		}
		fn admit_operator() -> Weight {
			admit_operator($db)
		}
		fn cancel_meter() -> Weight {
			cancel_meter($db)
		}
		fn challenge() -> Weight {
			challenge($db)
		}
		fn report_missing(points: u32) -> Weight {
			report_missing($db, points)
		}
	};
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	weights!(T::DbWeight::get());
}

/// Weights at ParityDB's prices.
impl WeightInfo for () {
	weights!(ParityDbWeight::get());
}
