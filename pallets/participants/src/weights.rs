//! Weights of the calls, counted from the storage that each touches at worst, on ParityDB. The computing time on top is
//! dominated by the acceptance signature, which is checked twice at worst (plain and in the wallets' wrapping).

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weight functions of this pallet. Where a call asks for a role, [`crate::Pallet::ensure_weight`] comes on top.
pub trait WeightInfo {
	fn register() -> Weight;
	/// Registering `n` newcomers with all ordinary roles.
	fn register_many(n: u32) -> Weight;
	fn grant_role() -> Weight;
	fn revoke_role() -> Weight;
	/// Suspending, resuming and removing a participant with `d` rights delegated.
	fn suspend(d: u32) -> Weight;
	fn resume(d: u32) -> Weight;
	fn remove(d: u32) -> Weight;
	fn add_delegate() -> Weight;
	fn remove_delegate() -> Weight;
	fn resign() -> Weight;
	fn grant_data() -> Weight;
	fn revoke_data() -> Weight;
	fn grant_record() -> Weight;
	fn revoke_record() -> Weight;
	fn set_commitment() -> Weight;
	fn publish_access_log() -> Weight;
	/// Finding who pays for a delegate's transaction, at worst the last of its principals, and charging it.
	fn check_member() -> Weight;
	/// The same for a participant's own transaction.
	fn check_own() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;
/// One sr25519 verification, in picoseconds.
const SIGNATURE: u64 = 60 * MICROSECOND;

fn counted(base: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(base, 0).saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Reads: Participants, MemberOf, BlockHash(0), Account. Writes: Participants, MemberOf, Account.
	fn register() -> Weight {
		counted(2 * SIGNATURE + 20 * MICROSECOND, 4, 3)
	}
	// The same of each, and the block's hash once; its roles.
	fn register_many(n: u32) -> Weight {
		let n = u64::from(n);
		counted(n * (2 * SIGNATURE + 35 * MICROSECOND), 1 + 4 * n, 4 * n)
	}
	// Participants, Roles; both.
	fn grant_role() -> Weight {
		counted(15 * MICROSECOND, 2, 2)
	}
	fn revoke_role() -> Weight {
		counted(15 * MICROSECOND, 2, 2)
	}
	// Participants, Roles, and DelegateOf of each delegate; Participants, DelegateOf. The runtime's look at the protected
	// accounts is two reads.
	fn suspend(d: u32) -> Weight {
		let d = u64::from(d);
		counted((20 + 2 * d) * MICROSECOND, 4 + d, 1 + d)
	}
	fn resume(d: u32) -> Weight {
		Self::suspend(d)
	}
	// The same, and for each delegate its account and membership; and the participant's own roles, grants and log.
	fn remove(d: u32) -> Weight {
		let d = u64::from(d);
		counted((20 + 6 * d) * MICROSECOND, 4 + 3 * d, 5 + 3 * d)
	}
	// MemberOf twice, Participants twice, DelegateOf, Account; Participants, DelegateOf, Account.
	fn add_delegate() -> Weight {
		counted(20 * MICROSECOND, 6, 3)
	}
	// MemberOf twice, Participants, DelegateOf, Account; Participants, DelegateOf, Account.
	fn remove_delegate() -> Weight {
		counted(20 * MICROSECOND, 5, 3)
	}
	fn resign() -> Weight {
		counted(20 * MICROSECOND, 5, 3)
	}
	// MemberOf, Participants of both, DataGrants; DataGrants.
	fn grant_data() -> Weight {
		counted(20 * MICROSECOND, 4, 1)
	}
	// MemberOf, Participants, DataGrants; DataGrants.
	fn revoke_data() -> Weight {
		counted(20 * MICROSECOND, 3, 1)
	}
	// MemberOf, Participants of both, RecordGrants; RecordGrants.
	fn grant_record() -> Weight {
		counted(20 * MICROSECOND, 4, 1)
	}
	// MemberOf, Participants, RecordGrants; RecordGrants.
	fn revoke_record() -> Weight {
		counted(20 * MICROSECOND, 3, 1)
	}
	// MemberOf, Participants; Participants.
	fn set_commitment() -> Weight {
		counted(20 * MICROSECOND, 2, 1)
	}
	// MemberOf, Participants, AccessLogs; AccessLogs.
	fn publish_access_log() -> Weight {
		counted(20 * MICROSECOND, 3, 1)
	}
	// MemberOf, DelegateOf, the time, and of each principal its record and its provider's budget; the payer's two.
	fn check_member() -> Weight {
		counted(30 * MICROSECOND, 3 + 2 * u64::from(crate::MAX_PRINCIPALS), 2)
	}
	// MemberOf, the record, the time, its provider's budget; the last two.
	fn check_own() -> Weight {
		counted(20 * MICROSECOND, 4, 2)
	}
}
