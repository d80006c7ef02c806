//! The traits that other pallets use.

use crate::{Activations, Config, Offers, Orders, Pallet};
use busbar_primitives::{
	traits::{self, Finality},
	Balance, Flexibility, Interval, Placed, PointId,
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> traits::Reductions for Pallet<T> {
	fn ordered(interval: Interval, point: PointId) -> Option<Flexibility> {
		Activations::<T>::get(interval, point)
	}

	fn placed(interval: Interval, point: PointId) -> Option<Placed> {
		Orders::<T>::get(interval, point)
	}
}

impl<T: Config> traits::Charges<T::AccountId> for Pallet<T> {
	fn release(interval: Interval, point: PointId) -> Result<Option<(T::AccountId, Balance)>, DispatchError> {
		Self::release_charge(interval, point)
	}

	fn release_funds(interval: Interval, point: PointId) -> DispatchResult {
		Self::do_release_funds(interval, point)
	}
}

impl<T: Config> traits::Prune for Pallet<T> {
	/// Removes nothing of an interval that is not final.
	fn prune(interval: Interval, limit: u32) -> u32 {
		if !T::Finality::is_final(interval) {
			return 0;
		}
		let mut removed: u32 = 0;
		let left = |removed: u32| usize::try_from(limit.saturating_sub(removed)).unwrap_or(usize::MAX);
		let count = |kept: usize| u32::try_from(kept).unwrap_or(u32::MAX);
		removed = removed.saturating_add(count(Offers::<T>::drain_prefix(interval).take(left(removed)).count()));
		removed = removed.saturating_add(count(Activations::<T>::drain_prefix(interval).take(left(removed)).count()));
		removed.saturating_add(count(Orders::<T>::drain_prefix(interval).take(left(removed)).count()))
	}
}
