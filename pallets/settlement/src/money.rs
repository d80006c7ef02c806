//! Moving money: what is taken from accounts and securities, and what debtors pay back.

use crate::{bill::Parties, Backing, Config, Debts, Error, Event, HoldReason, Pallet, Securities};
use busbar_primitives::{Amount, Balance, Interval, ParticipantId, Party, PointId};
use frame_support::traits::{
	fungible::{Mutate, MutateHold},
	tokens::{Fortitude, Precision, Preservation, Restriction},
	Get,
};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchError, DispatchResult,
};

/// The parties that are not connection points with what each receives, in the order of their lines.
pub(crate) fn others(parties: &Parties) -> [(Party, Amount); 4] {
	[
		(Party::GridOperator, parties.grid),
		(Party::Balancing, parties.balancing),
		(Party::Fund, parties.fund),
		(Party::CongestionRent, parties.rent),
	]
}

impl<T: Config> Pallet<T> {
	/// The mutual fund's account.
	pub fn fund_account() -> T::AccountId {
		T::FundId::get().into_account_truncating()
	}

	/// Moves up to `amount` nEUR of free money to the settlement account and returns how much it was.
	pub(crate) fn take_free(who: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		if amount.is_zero() {
			return Ok(0);
		}
		let taken = Self::free(who).min(amount);
		if !taken.is_zero() {
			T::Currency::transfer(who, &Self::account_id(), taken, Preservation::Expendable)?;
		}
		Ok(taken)
	}

	/// Moves up to `amount` nEUR of what secures a point to the settlement account and returns how much it was. An owner's
	/// deposit does not stand in for its retailer.
	pub(crate) fn take_secured(
		interval: Interval,
		point: PointId,
		payer: ParticipantId,
		backing: Backing,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let Some(mut security) = Securities::<T>::get(point, backing) else { return Ok(0) };
		if backing == Backing::Deposit && security.by != payer {
			return Ok(0);
		}
		let taken = security.amount.min(amount);
		T::Currency::transfer_on_hold(
			&HoldReason::from(backing).into(),
			&security.account,
			&Self::account_id(),
			taken,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		)?;
		security.amount = security.amount.saturating_sub(taken);
		let account = security.account.clone();
		Self::put_security(point, backing, security);
		Self::deposit_event(Event::SecurityDrawn { interval, point, backing, account, amount: taken });
		Ok(taken)
	}

	/// Counts `amount` nEUR that reached the fund against a participant's debt.
	pub(crate) fn recovered(participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let owed = Debts::<T>::get(participant).unwrap_or(0).saturating_sub(amount);
		Debts::<T>::set(participant, (!owed.is_zero()).then_some(owed));
		Self::deposit_event(Event::Recovered { participant, amount, owed });
	}

	/// An amount as a line counts it.
	pub(crate) fn amount(amount: Balance) -> Result<Amount, DispatchError> {
		Amount::try_from(amount).map_err(|_| Error::<T>::Overflow.into())
	}

	pub(crate) fn do_repay(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		let owed = Debts::<T>::get(participant).ok_or(Error::<T>::NoDebt)?;
		let paid = amount.min(owed);
		frame_support::ensure!(!paid.is_zero(), Error::<T>::ZeroAmount);
		frame_support::ensure!(Self::free(who) >= paid, Error::<T>::BeyondFreeMoney);
		T::Currency::transfer(who, &Self::fund_account(), paid, Preservation::Expendable)?;
		Self::recovered(participant, paid);
		Ok(())
	}
}
