//! What participants owe to the mutual fund after defaults, and pay back.

use crate::{Config, Debts, Error, Event, Pallet};
use busbar_primitives::{traits::OnTrader, Balance, ParticipantId};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Get,
	},
};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// The mutual fund's account.
	pub fn fund_account() -> T::AccountId {
		T::FundId::get().into_account_truncating()
	}

	/// Counts `amount` nEUR more that a participant owes.
	pub(crate) fn add_debt(participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let before = Debts::<T>::get(participant);
		let owed = before.unwrap_or(0).saturating_add(amount);
		Debts::<T>::insert(participant, owed);
		if before.is_none() {
			T::Traders::debt_changed(participant, true);
		}
		Self::deposit_event(Event::Owed { participant, amount, owed });
	}

	/// Counts `amount` nEUR that reached the fund against a participant's debt.
	pub(crate) fn reduce_debt(participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let owed = Debts::<T>::get(participant).unwrap_or(0).saturating_sub(amount);
		if owed.is_zero() {
			Debts::<T>::remove(participant);
			T::Traders::debt_changed(participant, false);
		} else {
			Debts::<T>::insert(participant, owed);
		}
		Self::deposit_event(Event::Recovered { participant, amount, owed });
	}

	pub(crate) fn do_repay(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		let owed = Debts::<T>::get(participant).ok_or(Error::<T>::NoDebt)?;
		let paid = amount.min(owed);
		ensure!(!paid.is_zero(), Error::<T>::ZeroAmount);
		let free = T::Currency::reducible_balance(who, Preservation::Expendable, Fortitude::Polite);
		ensure!(free >= paid, Error::<T>::BeyondFreeMoney);
		T::Currency::transfer(who, &Self::fund_account(), paid, Preservation::Expendable)?;
		Self::reduce_debt(participant, paid);
		Ok(())
	}
}
