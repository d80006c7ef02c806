//! Pruning: records of intervals go, in order, once their money has stopped moving and their retention is over.

use crate::{pallet::*, WeightInfo};
use alloc::vec::Vec;
use busbar_primitives::traits::{Calendar, Finality, Prune};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// Prunes what an idle block has room for of the next interval whose retention is over.
	pub(crate) fn prune_next(meter: &mut WeightMeter) {
		let base = T::WeightInfo::prune(0);
		let per_key = T::WeightInfo::prune(1).saturating_sub(base);
		if meter.try_consume(base).is_err() {
			return;
		}
		let next = NextToPrune::<T>::get();
		if next >= NextToOpen::<T>::get() {
			return;
		}
		if let Some(until) = Skipped::<T>::take(next) {
			NextToPrune::<T>::put(until);
			return;
		}
		let room = meter.remaining().checked_div_per_component(&per_key).unwrap_or(u64::MAX);
		let limit = u32::try_from(room).unwrap_or(u32::MAX).min(T::MaxPrunePerBlock::get());
		if limit == 0 {
			return;
		}
		// The record goes first: from then on nobody sees half of an interval.
		if let Some(record) = Intervals::<T>::get(next) {
			let parameters = ParametersValue::<T>::get();
			let kept = parameters.clock_ms().saturating_mul(parameters.retention.into());
			let over = <Self as Calendar>::now() >= record.terms.dispute_end.saturating_add(kept);
			if record.unended > 0 || !over || !T::Finality::is_final(next) {
				return;
			}
			Intervals::<T>::remove(next);
		}
		let own = <Self as Prune>::prune(next, limit);
		let others = T::Prunable::prune(next, limit.saturating_sub(own));
		let removed = own.saturating_add(others);
		meter.consume(per_key.saturating_mul(removed.into()).min(meter.remaining()));
		if removed < limit {
			NextToPrune::<T>::put(next.saturating_add(1));
			Self::deposit_event(Event::Pruned { interval: next });
		}
	}
}

/// Removes as many keys as there is room left for. They are listed before any of them goes.
pub(crate) fn remove<K>(left: &mut u32, keys: impl Iterator<Item = K>, each: impl Fn(K)) {
	let listed: Vec<K> = keys.take(usize::try_from(*left).unwrap_or(usize::MAX)).collect();
	*left = left.saturating_sub(u32::try_from(listed.len()).unwrap_or(u32::MAX));
	listed.into_iter().for_each(each);
}
