//! What must hold after every call.

use crate::{Config, Pallet, Proposals};
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
		Ok(())
	}
}
