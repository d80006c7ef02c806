//! What must hold after every call.

use crate::{Config, Pallet, PendingOf, Proposals};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::Inspect, Get},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants over the whole state.
	///
	/// # Errors
	/// Says which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(Self::issued() == T::Currency::total_issuance(), "issuance changed other than by an issue");
		ensure!(Proposals::<T>::count() <= T::MaxPending::get(), "too many issues wait");
		let mut pending = BTreeMap::<_, u32>::new();
		for proposal in Proposals::<T>::iter_values() {
			let count = pending.entry(proposal.proposer).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(pending == PendingOf::<T>::iter().collect(), "an agent's issues are not counted right");
		ensure!(pending.values().all(|count| *count <= T::MaxPendingOf::get()), "too many issues of an agent wait");
		Ok(())
	}
}
