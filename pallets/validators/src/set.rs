//! The set that the council wants, and its announcement to the sessions.

use crate::*;
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{ensure, traits::Get};
use sp_core::H256;
use sp_staking::SessionIndex;

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
