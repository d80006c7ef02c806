//! The traits that other pallets use.

use crate::{
	Changed, Chunks, Config, Drawings, Intervals, Keepers, Pallet, Posted, Roots, Statements, SystemAccounts,
	SystemLines, Voids, Waiting, FIRST_RUN, LAST_RUN,
};
use busbar_primitives::{
	traits::{Balancing, Counterparties, Debts, Finality, Participants, Prune, Settled},
	Interval, ParticipantId,
};

impl<T: Config> Counterparties<T::AccountId> for Pallet<T> {
	fn balancing(interval: Interval) -> Option<T::AccountId> {
		Self::accounts(interval).ok().and_then(|accounts| T::Participants::account(accounts.balancing))
	}

	fn fund() -> T::AccountId {
		<T::Securities as Debts<T::AccountId>>::fund()
	}
}

impl<T: Config> Settled for Pallet<T> {
	/// A pruned interval is settled: its root stays.
	fn is_settled(interval: Interval) -> bool {
		Roots::<T>::contains_key(interval)
	}
}

impl<T: Config> Balancing for Pallet<T> {
	fn party() -> Option<ParticipantId> {
		SystemAccounts::<T>::get().at(Interval::MAX).map(|accounts| accounts.balancing)
	}
}

impl<T: Config> Prune for Pallet<T> {
	/// Removes nothing of an interval that is not final. The statement root stays.
	fn prune(interval: Interval, limit: u32) -> u32 {
		if !Self::is_final(interval) {
			return 0;
		}
		// As long as it is known whose points are.
		let mut removed = Self::prune_losses(interval, limit);
		let most = usize::try_from(limit.saturating_sub(removed)).unwrap_or(usize::MAX);
		let statements = Statements::<T>::drain_prefix(interval).take(most).count();
		removed = removed.saturating_add(u32::try_from(statements).unwrap_or(u32::MAX));
		if removed < limit && Posted::<T>::take(interval).is_some() {
			removed = removed.saturating_add(1);
		}
		if removed < limit && SystemLines::<T>::contains_key(interval) {
			SystemLines::<T>::remove(interval);
			removed = removed.saturating_add(1);
		}
		if removed < limit && Voids::<T>::take(interval).is_some() {
			removed = removed.saturating_add(1);
		}
		let left = |removed: u32| usize::try_from(limit.saturating_sub(removed)).unwrap_or(usize::MAX);
		if removed < limit && Waiting::<T>::contains_key(interval) {
			Waiting::<T>::remove(interval);
			removed = removed.saturating_add(1);
		}
		// Of runs that the council dropped.
		for run in FIRST_RUN..=LAST_RUN {
			let changed = Changed::<T>::drain_prefix((interval, run)).take(left(removed)).count();
			removed = removed.saturating_add(u32::try_from(changed).unwrap_or(u32::MAX));
		}
		let keepers = Keepers::<T>::drain_prefix(interval).take(left(removed)).count();
		removed = removed.saturating_add(u32::try_from(keepers).unwrap_or(u32::MAX));
		let drawings = Drawings::<T>::drain_prefix(interval).take(left(removed)).count();
		removed = removed.saturating_add(u32::try_from(drawings).unwrap_or(u32::MAX));
		let chunks = Chunks::<T>::drain_prefix(interval).take(left(removed)).count();
		removed = removed.saturating_add(u32::try_from(chunks).unwrap_or(u32::MAX));
		if removed < limit && Intervals::<T>::take(interval).is_some() {
			removed = removed.saturating_add(1);
		}
		removed
	}
}
