//! Who acts for whom.

use crate::*;
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use sp_runtime::traits::Zero;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_add_delegate(who: &T::AccountId, delegate: T::AccountId, right: Right) -> DispatchResult {
		let participant = Self::active_member(who)?;
		ensure!(delegate != *who, Error::<T>::OwnAccount);
		if let Some(own) = MemberOf::<T>::get(&delegate) {
			Self::ensure_active(&own)?;
		}
		let mut record = Self::get(&participant)?;
		let grant = (delegate.clone(), right);
		ensure!(!record.delegates.contains(&grant), Error::<T>::AlreadyDelegate);
		let room = record.delegates.len() < T::MaxDelegates::get() as usize;
		ensure!(room && record.delegates.try_push(grant).is_ok(), Error::<T>::TooManyDelegates);
		Participants::<T>::insert(participant, record);
		DelegateOf::<T>::try_mutate(&delegate, |entry| {
			let is_new = entry.is_none();
			let delegation = entry.get_or_insert_with(Delegation::default);
			if !delegation.principals.contains(&participant) {
				// An account with a participant of its own pays for itself, whoever delegates to it.
				let listed = delegation.principals.try_push(participant).is_ok();
				ensure!(listed || MemberOf::<T>::contains_key(&delegate), Error::<T>::TooManyPrincipals);
			}
			if right == Right::Operate {
				ensure!(delegation.operates_for.is_none(), Error::<T>::OperatesAlready);
				delegation.operates_for = Some(participant);
			}
			delegation.grants = delegation.grants.saturating_add(1);
			delegation.active = delegation.active.saturating_add(1);
			if is_new {
				frame_system::Pallet::<T>::inc_providers(&delegate);
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::DelegateAdded { participant, delegate, right });
		Ok(())
	}

	pub(crate) fn do_remove_delegate(
		participant: ParticipantId,
		delegate: T::AccountId,
		right: Right,
	) -> DispatchResult {
		let mut record = Participants::<T>::get(participant).ok_or(Error::<T>::NotDelegate)?;
		let index = record
			.delegates
			.iter()
			.position(|(account, held)| *account == delegate && *held == right)
			.ok_or(Error::<T>::NotDelegate)?;
		record.delegates.remove(index);
		let last = !record.delegates.iter().any(|(account, _)| *account == delegate);
		// A resigning delegate's participant may be suspended, and then does not count.
		let is_active = record.status == Status::Active;
		Participants::<T>::insert(participant, record);
		Self::drop_grant(participant, &delegate, right, is_active, last);
		Self::deposit_event(Event::DelegateRemoved { participant, delegate, right });
		Ok(())
	}

	/// Takes one right off an account's sum, and with the last one what the account no longer needs. `last`: the participant
	/// delegates nothing else to it.
	pub(crate) fn drop_grant(
		participant: ParticipantId,
		delegate: &T::AccountId,
		right: Right,
		was_active: bool,
		last: bool,
	) {
		DelegateOf::<T>::mutate_exists(delegate, |entry| {
			let Some(delegation) = entry else { return };
			delegation.grants = delegation.grants.saturating_sub(1);
			if was_active {
				delegation.active = delegation.active.saturating_sub(1);
			}
			if right == Right::Operate {
				delegation.operates_for = None;
			}
			if last {
				delegation.principals.retain(|principal| *principal != participant);
			}
			if delegation.grants > 0 {
				return;
			}
			// An account that never sent a transaction has no nonce to lose. If something else depends on the reference,
			// it stays.
			if frame_system::Pallet::<T>::account_nonce(delegate).is_zero()
				&& frame_system::Pallet::<T>::dec_providers(delegate).is_ok()
			{
				*entry = None;
			}
		});
	}

	pub(crate) fn for_each_delegation(participant: &ParticipantId, change: impl Fn(&mut Delegation)) {
		let delegates = Participants::<T>::get(participant).map(|record| record.delegates).unwrap_or_default();
		for (delegate, _) in delegates {
			DelegateOf::<T>::mutate_extant(&delegate, &change);
		}
	}
}
