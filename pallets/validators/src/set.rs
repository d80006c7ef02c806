//! The set that the council wants, and its announcement to the sessions.

use crate::*;
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{ensure, traits::Get, weights::Weight};
use sp_core::H256;
use sp_staking::SessionIndex;

type OwnerOf<T> = <<T as Config>::Owners as Owners<<T as frame_system::Config>::AccountId>>::Owner;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_remove(validator: T::AccountId) -> Result<(), Error<T>> {
		Validators::<T>::try_mutate(|validators| {
			let index = validators.iter().position(|v| *v == validator).ok_or(Error::<T>::NotValidator)?;
			ensure!(validators.len() > T::MinValidators::get() as usize, Error::<T>::TooFewValidators);
			validators.remove(index);
			Ok::<_, Error<T>>(())
		})?;
		AdmittedAt::<T>::remove(&validator);
		Self::deposit_event(Event::Removed { validator });
		Ok(())
	}

	/// What it costs at most to know whose all validators are: two keys of each.
	pub fn owners_weight() -> Weight {
		T::DbWeight::get().reads(u64::from(T::MaxValidators::get()).saturating_mul(2))
	}

	/// Whether all validators of one owner together are more than half of the set.
	fn has_majority(owner: &OwnerOf<T>, validators: &[T::AccountId]) -> bool {
		let own = validators.iter().filter(|validator| T::Owners::owner(validator).as_ref() == Some(owner)).count();
		own.saturating_mul(2) > validators.len()
	}

	/// That the newest of the validators gives its owner no majority of them.
	pub(crate) fn ensure_none_dominates(validators: &[T::AccountId]) -> Result<(), Error<T>> {
		let owner = validators.last().and_then(T::Owners::owner);
		let dominates = owner.is_some_and(|owner| Self::has_majority(&owner, validators));
		// Whoever is alone dominates nobody.
		ensure!(validators.len() < 2 || !dominates, Error::<T>::MajorityOfOne);
		Ok(())
	}

	/// That without one of the validators nobody has a majority who has none with it.
	pub(crate) fn ensure_none_comes_to_dominate(leaves: &T::AccountId) -> Result<(), Error<T>> {
		let before = Validators::<T>::get();
		let after: Vec<_> = before.iter().filter(|validator| *validator != leaves).cloned().collect();
		for owner in after.iter().filter_map(T::Owners::owner) {
			let comes = Self::has_majority(&owner, &after) && !Self::has_majority(&owner, &before);
			ensure!(!comes, Error::<T>::MajorityOfOne);
		}
		Ok(())
	}

	/// The validators that have keys, if they or their keys differ from what was announced last.
	pub(crate) fn announce(session: SessionIndex) -> Option<Vec<T::AccountId>> {
		let (validators, keys): (Vec<_>, Vec<_>) = Validators::<T>::get()
			.into_iter()
			.filter_map(|validator| {
				let keys = T::Sessions::keys(&validator)?;
				Some((validator, keys))
			})
			.unzip();
		let hash = H256(sp_io::hashing::blake2_256(&(&validators, keys).encode()));
		// An empty set would stop the chain for good: the old one stays.
		if validators.is_empty() || Announced::<T>::get() == hash {
			return None;
		}
		Announced::<T>::put(hash);
		Self::deposit_event(Event::SetAnnounced { session, validators: validators.len() as u32 });
		Some(validators)
	}
}
