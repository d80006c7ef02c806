//! What becomes of offenders.

use crate::*;
use alloc::vec::Vec;
use codec::Encode;
use sp_core::H256;
use sp_staking::offence::{Offence, OffenceError, ReportOffence};

impl<T: Config> Pallet<T> {
	/// What names a report: nothing distinguishes two reports of the same offender, kind and time.
	fn report_hash<O: Offence<(T::AccountId, ())>>(offender: &T::AccountId, slot: &O::Slot) -> H256 {
		H256(sp_io::hashing::blake2_256(&(O::ID, offender, slot).encode()))
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
