//! What operators attest of an interval, and when.

use crate::{Config, Dataset, Datasets, Earlier, EarlierRoot, Error, Event, Pallet};
use busbar_primitives::{traits::Calendar, Interval, Terms};
use frame_support::{ensure, traits::Get};
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_attest(
		who: T::AccountId,
		interval: Interval,
		root: H256,
		count: u32,
		bytes: u32,
		content: H256,
	) -> DispatchResult {
		// A dataset spans zones; that the operator may read each meter was checked when the meter was registered.
		let operator = Self::attesting(&who)?;
		let terms = Self::ensure_window(interval)?;
		let before = Datasets::<T>::get(interval, operator);
		let version = before.map_or(0, |dataset| dataset.version);
		ensure!(version < T::MaxVersions::get(), Error::<T>::TooManyVersions);
		let version = version.saturating_add(1);
		Self::tie_bond(operator, terms.rulings_end(), before.is_none())?;
		if let Some(Dataset { root, count, .. }) = before {
			// A forged leaf stays one after it was attested again.
			Earlier::<T>::try_mutate(interval, operator, |earlier| {
				earlier.try_push(EarlierRoot { root, count }).map_err(|_| Error::<T>::TooManyVersions)
			})?;
		}
		let dataset = Dataset { root, count, bytes, content, version, at: T::Calendar::now() };
		Datasets::<T>::insert(interval, operator, dataset);
		Self::deposit_event(Event::Attested { interval, operator, version, root, count, bytes, content });
		Ok(())
	}

	/// That the interval is delivered and can still be disputed.
	pub(crate) fn ensure_window(interval: Interval) -> Result<Terms, DispatchError> {
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let now = T::Calendar::now();
		ensure!(now >= terms.delivery_end, Error::<T>::NotDelivered);
		ensure!(now < terms.dispute_end, Error::<T>::WindowClosed);
		Ok(terms)
	}
}
