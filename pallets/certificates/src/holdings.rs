//! What participants hold, retire and owe.

use crate::{Config, Error, Event, Holdings, Owed, Pallet, Retirements, Supplies};
use busbar_primitives::{
	certificates::Class,
	traits::{Calendar, Participants},
	ParticipantId, Wh,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_transfer(holder: ParticipantId, class: Class, to: ParticipantId, wh: Wh) -> DispatchResult {
		ensure!(T::Participants::account(to).is_some(), Error::<T>::UnknownParticipant);
		Self::take(class, holder, wh)?;
		Self::give(class, to, wh)?;
		Self::deposit_event(Event::Transferred { class, from: holder, to, wh });
		Ok(())
	}

	pub(crate) fn do_retire(holder: ParticipantId, class: Class, wh: Wh) -> DispatchResult {
		Self::take(class, holder, wh)?;
		Self::count_retired(class, holder, wh)?;
		Self::deposit_event(Event::Retired { class, participant: holder, wh });
		Ok(())
	}

	/// Adds to what a participant holds. What it owes is paid first.
	pub(crate) fn give(class: Class, to: ParticipantId, wh: Wh) -> DispatchResult {
		let owed = Owed::<T>::get(class, to).unwrap_or(0);
		let paid = owed.min(wh);
		if paid > 0 {
			let left = owed.saturating_sub(paid);
			Owed::<T>::set(class, to, (left > 0).then_some(left));
			Self::issue(class, i128::from(paid).saturating_neg())?;
		}
		let rest = wh.saturating_sub(paid);
		if rest > 0 {
			Holdings::<T>::try_mutate(class, to, |held| {
				*held = Some(held.unwrap_or(0).checked_add(rest).ok_or(Error::<T>::Overflow)?);
				Ok::<_, DispatchError>(())
			})?;
		}
		Ok(())
	}

	/// Takes from what a participant holds.
	pub(crate) fn take(class: Class, from: ParticipantId, wh: Wh) -> DispatchResult {
		ensure!(wh > 0, Error::<T>::ZeroAmount);
		let held = Holdings::<T>::get(class, from).unwrap_or(0);
		let left = held.checked_sub(wh).ok_or(Error::<T>::BeyondHoldings)?;
		Holdings::<T>::set(class, from, (left > 0).then_some(left));
		Ok(())
	}

	pub(crate) fn count_retired(class: Class, participant: ParticipantId, wh: Wh) -> DispatchResult {
		if wh == 0 {
			return Ok(());
		}
		let sum = |sum: Wh| sum.checked_add(wh).ok_or(Error::<T>::Overflow);
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		supply.retired = sum(supply.retired)?;
		Supplies::<T>::insert(class, supply);
		let retired = sum(Retirements::<T>::get(class, participant).unwrap_or(0))?;
		Retirements::<T>::insert(class, participant, retired);
		Ok(())
	}

	/// Counts what is issued, or withdrawn if negative.
	pub(crate) fn issue(class: Class, wh: i128) -> DispatchResult {
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		let issued = i128::from(supply.issued).checked_add(wh).ok_or(Error::<T>::Overflow)?;
		supply.issued = Wh::try_from(issued).map_err(|_| Error::<T>::Overflow)?;
		Supplies::<T>::insert(class, supply);
		Ok(())
	}

	pub(crate) fn do_forget(class: Class, participant: ParticipantId) -> DispatchResult {
		let period = T::Calendar::first_unopened().checked_div(T::Period::get()).unwrap_or(0);
		ensure!(class.period.saturating_add(T::Lifetime::get()) < period, Error::<T>::StillCounts);
		let held = Holdings::<T>::take(class, participant);
		let retired = Retirements::<T>::take(class, participant);
		let owed = Owed::<T>::take(class, participant);
		ensure!(held.is_some() || retired.is_some() || owed.is_some(), Error::<T>::NothingHeld);
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		let (held, retired) = (held.unwrap_or(0), retired.unwrap_or(0));
		// What is owed was issued and is somebody else's: it stays counted.
		supply.issued = supply.issued.saturating_sub(held).saturating_sub(retired);
		supply.retired = supply.retired.saturating_sub(retired);
		Supplies::<T>::set(class, (supply.issued > 0).then_some(supply));
		Self::deposit_event(Event::Forgotten { class, participant });
		Ok(())
	}
}
