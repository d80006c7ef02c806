//! The traits that other pallets use.

use crate::{Activations, Config, Offers, Pallet};
use busbar_primitives::{
	traits::{self, Finality},
	Balance, Flexibility, Interval, PointId,
};
use sp_runtime::DispatchError;

impl<T: Config> traits::Reductions for Pallet<T> {
	fn ordered(interval: Interval, point: PointId) -> Option<Flexibility> {
		Activations::<T>::get(interval, point)
	}
}

impl<T: Config> traits::Charges<T::AccountId> for Pallet<T> {
	fn release(interval: Interval, point: PointId) -> Result<Option<(T::AccountId, Balance)>, DispatchError> {
		Self::release_charge(interval, point)
	}
}

impl<T: Config> traits::Prune for Pallet<T> {
	/// Removes nothing of an interval that is not final.
	fn prune(interval: Interval, limit: u32) -> u32 {
		if !T::Finality::is_final(interval) {
			return 0;
		}
		let mut removed: u32 = 0;
		for kept in [Offers::<T>::drain_prefix(interval), Activations::<T>::drain_prefix(interval)] {
			let left = usize::try_from(limit.saturating_sub(removed)).unwrap_or(usize::MAX);
			removed = removed.saturating_add(u32::try_from(kept.take(left).count()).unwrap_or(u32::MAX));
		}
		removed
	}
}
