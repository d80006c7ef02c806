//! The set for each session, and what becomes of offenders.

use crate::*;
use alloc::{collections::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{Contains, Get},
};
use pallet_session::{historical, SessionManager};
use sp_core::H256;
use sp_runtime::TryRuntimeError;
use sp_staking::{
	offence::{Offence, OffenceError, ReportOffence},
	SessionIndex,
};

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
	fn announce(session: SessionIndex) -> Option<Vec<T::AccountId>> {
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

	/// What names a report: nothing distinguishes two reports of the same offender, kind and time.
	fn report_hash<O: Offence<(T::AccountId, ())>>(offender: &T::AccountId, slot: &O::Slot) -> H256 {
		H256(sp_io::hashing::blake2_256(&(O::ID, offender, slot).encode()))
	}

	/// What must hold between the stored items.
	///
	/// 1. No validator stands in the set twice.
	/// 2. The session of admission is stored for the validators of the set and for nobody else.
	/// 3. No report is remembered twice.
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
		Ok(())
	}
}

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

impl<T: Config, Reporter, O: Offence<(T::AccountId, ())>> ReportOffence<Reporter, (T::AccountId, ()), O> for Pallet<T> {
	fn report_offence(_: Vec<Reporter>, offence: O) -> Result<(), OffenceError> {
		let offenders = offence.offenders();
		let slot = offence.slot();
		let session = offence.session_index();
		if <Self as ReportOffence<Reporter, _, O>>::is_known_offence(&offenders, &slot) {
			return Err(OffenceError::DuplicateReport);
		}
		for (validator, ()) in offenders {
			let hash = Self::report_hash::<O>(&validator, &slot);
			let is_new = Reports::<T>::mutate(|reports| {
				let is_new = !reports.contains(&hash);
				if is_new {
					if reports.is_full() {
						reports.remove(0);
					}
					// There is room: `MaxReports` is not zero.
					let _ = reports.try_push(hash);
				}
				is_new
			});
			if is_new {
				let removed = session >= AdmittedAt::<T>::get(&validator) && Self::do_remove(validator.clone()).is_ok();
				Self::deposit_event(Event::Offence { validator, kind: O::ID, session, removed });
			}
		}
		Ok(())
	}

	fn is_known_offence(offenders: &[(T::AccountId, ())], slot: &O::Slot) -> bool {
		let reports = Reports::<T>::get();
		offenders.iter().all(|(validator, ())| reports.contains(&Self::report_hash::<O>(validator, slot)))
	}
}
