//! What must hold after every call.

use crate::{Activations, Charges, Config, HoldReason, Offers, Pallet};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use busbar_primitives::Balance;
use codec::Encode;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants over the whole state.
	///
	/// # Errors
	/// Says which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut accounts = BTreeMap::<Vec<u8>, (T::AccountId, Balance)>::new();
		for (account, amount) in Charges::<T>::iter_values() {
			ensure!(amount > 0, "an empty charge is kept");
			let entry = accounts.entry(account.encode()).or_insert((account, 0));
			entry.1 = entry.1.saturating_add(amount);
		}
		let reason = HoldReason::Charge.into();
		let differs = |(account, sum): &(T::AccountId, Balance)| T::Currency::balance_on_hold(&reason, account) != *sum;
		ensure!(!accounts.values().any(differs), "charges differ from what is held for them");
		let both = |(interval, point)| Offers::<T>::contains_key(interval, point);
		ensure!(!Activations::<T>::iter_keys().any(both), "a point has an offer beside the order that took it up");
		Ok(())
	}
}
