//! The answers to `pallet-session` and to whoever asks who is in the set.

use crate::*;
use alloc::vec::Vec;
use frame_support::traits::{Contains, Get};
use pallet_session::{historical, SessionManager};
use sp_staking::SessionIndex;

/// Whether an account is in the set that the council wants.
impl<T: Config> Contains<T::AccountId> for Pallet<T> {
	fn contains(account: &T::AccountId) -> bool {
		Validators::<T>::get().contains(account)
	}
}

impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<T::AccountId>> {
		Self::announce(index)
	}

	fn start_session(index: SessionIndex) {
		if let Some(oldest) = index.checked_sub(T::HistoryDepth::get()) {
			T::Sessions::prune_up_to(oldest);
		}
	}

	fn end_session(_: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		let validators = <Self as SessionManager<_>>::new_session(index)?;
		Some(validators.into_iter().map(|validator| (validator, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as SessionManager<_>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Self as SessionManager<_>>::end_session(index);
	}
}
