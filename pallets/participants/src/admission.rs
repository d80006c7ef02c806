//! Whose transactions are let in, and how many of them.

use crate::*;
use frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// Whether the account's transactions are let in: an active participant's own account, or, of those without a
	/// participant, one that an active participant delegates to.
	pub fn is_admitted(account: &T::AccountId) -> bool {
		match MemberOf::<T>::get(account) {
			Some(participant) => Self::is_active(participant),
			None => DelegateOf::<T>::get(account).is_some_and(|delegation| delegation.active > 0),
		}
	}

	/// Counts a transaction of the account in this block. `false` if it has had its share.
	pub(crate) fn count_transaction(account: &T::AccountId) -> bool {
		let block = frame_system::Pallet::<T>::block_number();
		let before = match LastActivity::<T>::get(account) {
			Some(activity) if activity.block == block => activity.transactions,
			_ => 0,
		};
		if before >= T::MaxPerBlock::get() {
			return false;
		}
		LastActivity::<T>::insert(account, Activity { block, transactions: before.saturating_add(1) });
		true
	}
}
