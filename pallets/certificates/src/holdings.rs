//! What participants hold, retire and owe.

use crate::{Config, Debtors, Error, Event, Holdings, Owed, Pallet, Retirements, Supplies};
use busbar_primitives::{
	certificates::Class,
	traits::{Calendar, Participants},
	ParticipantId, Wh,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_transfer(holder: ParticipantId, class: Class, to: ParticipantId, wh: Wh) -> DispatchResult {
		ensure!(Self::counts(class), Error::<T>::Expired);
		ensure!(T::Participants::account(to).is_some(), Error::<T>::UnknownParticipant);
		Self::pay_from_holdings(class, holder)?;
		Self::take(class, holder, wh)?;
		Self::give(class, to, wh)?;
		Self::deposit_event(Event::Transferred { class, from: holder, to, wh });
		Ok(())
	}

	pub(crate) fn do_retire(holder: ParticipantId, class: Class, wh: Wh) -> DispatchResult {
		ensure!(Self::counts(class), Error::<T>::Expired);
		Self::pay_from_holdings(class, holder)?;
		Self::take(class, holder, wh)?;
		Self::count_retired(class, holder, wh)?;
		Self::deposit_event(Event::Retired { class, participant: holder, wh });
		Ok(())
	}

	/// Whether certificates of a class still count: what opens next lies at most a lifetime after their period.
	fn counts(class: Class) -> bool {
		let period = T::Calendar::first_unopened().checked_div(T::Period::get()).unwrap_or(0);
		class.period.saturating_add(T::Lifetime::get()) >= period
	}

	/// Adds to what a participant holds. What it owes is paid first.
	pub(crate) fn give(class: Class, to: ParticipantId, wh: Wh) -> DispatchResult {
		let rest = wh.saturating_sub(Self::pay(class, to, wh)?);
		if rest > 0 {
			Holdings::<T>::try_mutate(class, to, |held| {
				*held = Some(held.unwrap_or(0).checked_add(rest).ok_or(Error::<T>::Overflow)?);
				Ok::<_, DispatchError>(())
			})?;
		}
		Ok(())
	}

	/// Withdraws what was issued too much from what a participant holds; what is not there any more it owes.
	pub(crate) fn withdraw(class: Class, from: ParticipantId, wh: Wh) -> DispatchResult {
		let there = wh.min(Holdings::<T>::get(class, from).unwrap_or(0));
		if there > 0 {
			Self::take(class, from, there)?;
			Self::issue(class, i128::from(there).saturating_neg())?;
		}
		let missing = wh.saturating_sub(there);
		if missing == 0 {
			return Ok(());
		}
		// What it owes already of the source and zone, it owes under the period in which it began to.
		let plant = (class.source, class.zone);
		let period = Debtors::<T>::get(plant, from).unwrap_or(class.period);
		Debtors::<T>::insert(plant, from, period);
		Owed::<T>::try_mutate(Class { period, ..class }, from, |owed| {
			*owed = Some(owed.unwrap_or(0).checked_add(missing).ok_or(Error::<T>::Overflow)?);
			Ok(())
		})
	}

	/// Lets up to `wh` certificates of a class pay what a participant owes of its source and zone, of whatever period, so
	/// that they are not its own any more. Returns how many.
	fn pay(class: Class, participant: ParticipantId, wh: Wh) -> Result<Wh, DispatchError> {
		let plant = (class.source, class.zone);
		let Some(period) = Debtors::<T>::get(plant, participant).filter(|_| wh > 0) else { return Ok(0) };
		let began = Class { period, ..class };
		let owed = Owed::<T>::get(began, participant).unwrap_or(0);
		let paid = owed.min(wh);
		let left = owed.saturating_sub(paid);
		Owed::<T>::set(began, participant, (left > 0).then_some(left));
		if left == 0 {
			Debtors::<T>::remove(plant, participant);
		}
		Self::issue(class, i128::from(paid).saturating_neg())?;
		Self::deposit_event(Event::Repaid { class, participant, wh: paid });
		Ok(paid)
	}

	/// Lets what a participant holds of a class pay what it owes of its source and zone, before any of it changes hands.
	fn pay_from_holdings(class: Class, participant: ParticipantId) -> DispatchResult {
		if !Debtors::<T>::contains_key((class.source, class.zone), participant) {
			return Ok(());
		}
		let held = Holdings::<T>::get(class, participant).unwrap_or(0);
		let left = held.saturating_sub(Self::pay(class, participant, held)?);
		Holdings::<T>::set(class, participant, (left > 0).then_some(left));
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
		Supplies::<T>::set(class, (supply.issued > 0).then_some(supply));
		Ok(())
	}

	pub(crate) fn do_forget(class: Class, participant: ParticipantId) -> DispatchResult {
		ensure!(!Self::counts(class), Error::<T>::StillCounts);
		let held = Holdings::<T>::take(class, participant);
		let retired = Retirements::<T>::take(class, participant);
		ensure!(held.is_some() || retired.is_some(), Error::<T>::NothingHeld);
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		let (held, retired) = (held.unwrap_or(0), retired.unwrap_or(0));
		supply.issued = supply.issued.saturating_sub(held).saturating_sub(retired);
		supply.retired = supply.retired.saturating_sub(retired);
		Supplies::<T>::set(class, (supply.issued > 0).then_some(supply));
		Self::deposit_event(Event::Forgotten { class, participant });
		Ok(())
	}
}
