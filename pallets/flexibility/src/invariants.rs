//! What must hold after every call.

use crate::{Activations, Charges, Config, Funds, HoldReason, Offers, Orders, Pallet};
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
		Self::check_held(HoldReason::Charge, Charges::<T>::iter_values())?;
		Self::check_held(HoldReason::Order, Funds::<T>::iter_values())?;
		let known = |(interval, point)| Orders::<T>::contains_key(interval, point);
		ensure!(Activations::<T>::iter_keys().all(known), "an order that nobody gave");
		ensure!(
			Funds::<T>::iter_keys().all(|(interval, point)| Activations::<T>::contains_key(interval, point)),
			"money is held for an order that there is not"
		);
		let both = |(interval, point)| Offers::<T>::contains_key(interval, point);
		ensure!(!Activations::<T>::iter_keys().any(both), "a point has an offer beside the order that took it up");
		Ok(())
	}

	/// Compares what is held for a reason with the entries that say so.
	fn check_held(
		reason: HoldReason,
		entries: impl Iterator<Item = (T::AccountId, Balance)>,
	) -> Result<(), TryRuntimeError> {
		let mut accounts = BTreeMap::<Vec<u8>, (T::AccountId, Balance)>::new();
		for (account, amount) in entries {
			ensure!(amount > 0, "an empty entry of held money is kept");
			let entry = accounts.entry(account.encode()).or_insert((account, 0));
			entry.1 = entry.1.saturating_add(amount);
		}
		let reason = reason.into();
		let differs = |(account, sum): &(T::AccountId, Balance)| T::Currency::balance_on_hold(&reason, account) != *sum;
		ensure!(!accounts.values().any(differs), "charges or orders differ from what is held for them");
		Ok(())
	}
}
