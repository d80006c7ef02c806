//! Pruning: records of intervals go once their money has stopped moving and their retention is over.
//!
//! Intervals are looked at in their order, each once when its retention is over. One whose money still moves then is set
//! aside, and those behind it go without it. Of those set aside one is looked at in each idle block, in turn, so that work
//! does not grow with their number.

use crate::{pallet::*, types::Record, WeightInfo};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Finality, Prune},
	Interval,
};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};

/// Proof size of looking whether an interval has a record, in bytes.
const PROOF: u64 = 256;

impl<T: Config> Pallet<T> {
	/// Prunes what an idle block has room for of an interval whose retention is over.
	pub(crate) fn prune_next(meter: &mut WeightMeter) {
		let base = T::WeightInfo::prune(0);
		let per_key = T::WeightInfo::prune(1).saturating_sub(base);
		if meter.try_consume(base).is_err() {
			return;
		}
		let Some(interval) = Pruning::<T>::get().or_else(|| Self::begin_to_prune(meter)) else { return };
		let room = meter.remaining().checked_div_per_component(&per_key).unwrap_or(u64::MAX);
		let limit = u32::try_from(room).unwrap_or(u32::MAX).min(T::MaxPrunePerBlock::get());
		if limit == 0 {
			return;
		}
		let own = <Self as Prune>::prune(interval, limit);
		let others = T::Prunable::prune(interval, limit.saturating_sub(own));
		let removed = own.saturating_add(others);
		meter.consume(per_key.saturating_mul(removed.into()).min(meter.remaining()));
		if removed < limit {
			Pruning::<T>::kill();
			Self::note_next();
			Self::deposit_event(Event::Pruned { interval });
		}
	}

	/// The next interval that may go, if any. Its record goes at once: from then on nobody sees half of it.
	pub(crate) fn begin_to_prune(meter: &mut WeightMeter) -> Option<Interval> {
		let interval = Self::next_over(meter).or_else(|| Self::next_waiting(meter))?;
		Intervals::<T>::remove(interval);
		Pruning::<T>::put(interval);
		Some(interval)
	}

	/// The next interval of which nothing has been looked at, if its retention is over and its money has stopped moving. One
	/// whose money has not is set aside.
	fn next_over(meter: &mut WeightMeter) -> Option<Interval> {
		let next = NextToLook::<T>::get();
		if next >= NextToOpen::<T>::get() {
			return None;
		}
		if let Some(until) = Skipped::<T>::take(next) {
			NextToLook::<T>::put(until);
			Self::note_next();
			return None;
		}
		let is_over = match Intervals::<T>::get(next) {
			Some(record) => {
				let parameters = ParametersValue::<T>::get();
				let kept = parameters.clock_ms().saturating_mul(parameters.retention.into());
				if <Self as Calendar>::now() < record.terms.dispute_end.saturating_add(kept) {
					return None;
				}
				Self::may_go(next, &record, meter)?
			},
			None => true,
		};
		NextToLook::<T>::put(next.saturating_add(1));
		if is_over {
			return Some(next);
		}
		Waiting::<T>::insert(next.to_be_bytes(), ());
		None
	}

	/// The next of the intervals that were set aside, if its money has stopped moving since.
	fn next_waiting(meter: &mut WeightMeter) -> Option<Interval> {
		let behind = LastWaiting::<T>::get()
			.and_then(|last| Waiting::<T>::iter_keys_from(Waiting::<T>::hashed_key_for(last)).next());
		let key = behind.or_else(|| Waiting::<T>::iter_keys().next())?;
		let interval = Interval::from_be_bytes(key);
		let is_over = match Intervals::<T>::get(interval) {
			Some(record) => Self::may_go(interval, &record, meter)?,
			None => true,
		};
		LastWaiting::<T>::put(key);
		is_over.then(|| Waiting::<T>::remove(key))?;
		Some(interval)
	}

	/// Whether an interval's money has stopped moving, and that of all before it in the spans that it ends or goes on with:
	/// these share block orders, which go with the last of them. `None` if there is no room to find out.
	fn may_go(interval: Interval, record: &Record, meter: &mut WeightMeter) -> Option<bool> {
		if record.unended > 0 || !T::Finality::is_final(interval) {
			return Some(false);
		}
		if Waiting::<T>::iter_keys().next().is_none() {
			return Some(true);
		}
		let first = record.products.iter().map(|spec| spec.first(interval)).min().unwrap_or(interval);
		let before = u64::from(interval.saturating_sub(first));
		let looks = T::DbWeight::get().reads(before);
		meter.try_consume(looks.saturating_add(Weight::from_parts(0, before.saturating_mul(PROOF)))).ok()?;
		Some(!(first..interval).any(Intervals::<T>::contains_key))
	}

	/// Notes the first interval whose records are not all pruned.
	fn note_next() {
		let waiting = Waiting::<T>::iter_keys().next().map(Interval::from_be_bytes);
		let next = NextToLook::<T>::get();
		NextToPrune::<T>::put(waiting.map_or(next, |waiting| waiting.min(next)));
	}
}

/// Removes as many keys as there is room left for. They are listed before any of them goes.
pub(crate) fn remove<K>(left: &mut u32, keys: impl Iterator<Item = K>, each: impl Fn(K)) {
	let listed: Vec<K> = keys.take(usize::try_from(*left).unwrap_or(usize::MAX)).collect();
	*left = left.saturating_sub(u32::try_from(listed.len()).unwrap_or(u32::MAX));
	listed.into_iter().for_each(each);
}
