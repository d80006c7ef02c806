//! The invariants of what is stored.

use crate::*;
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// What must hold between the stored items.
	///
	/// 1. No validator stands in the set twice.
	/// 2. The session of admission is stored for the validators of the set and for nobody else.
	/// 3. No report is remembered twice.
	/// 4. Nobody stands among the owners of nodes without one, or with one twice.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		let distinct: BTreeSet<_> = validators.iter().collect();
		ensure!(distinct.len() == validators.len(), TryRuntimeError::Other("a validator stands in the set twice"));
		let admitted: BTreeSet<_> = AdmittedAt::<T>::iter_keys().collect();
		ensure!(
			admitted.iter().collect::<BTreeSet<_>>() == distinct,
			TryRuntimeError::Other("sessions of admission and the set differ")
		);
		let reports = Reports::<T>::get();
		ensure!(
			reports.iter().collect::<BTreeSet<_>>().len() == reports.len(),
			TryRuntimeError::Other("a report is remembered twice")
		);
		for (_, peers) in Peers::<T>::iter() {
			let distinct: BTreeSet<_> = peers.iter().collect();
			ensure!(
				!peers.is_empty() && distinct.len() == peers.len(),
				TryRuntimeError::Other("an owner of nodes has none, or one twice")
			);
		}
		Ok(())
	}
}
