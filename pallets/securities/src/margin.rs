//! Money for orders: moved in and out by its owner, held by orders, taken by settlement.
//!
//! Where a participant's margin stands is kept with all else that an order needs of it (`Traders`); here is only the money.

use crate::{Config, Error, Event, HoldReason, Pallet};
use busbar_primitives::{
	traits::{self, OnTrader, Participants, Traders},
	Balance, Margin, ParticipantId, Right,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	fn trader(participant: ParticipantId) -> Result<(T::AccountId, Margin), Error<T>> {
		T::Traders::margin(participant).ok_or(Error::<T>::UnknownParticipant)
	}

	pub(crate) fn do_margin_in(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		T::Participants::ensure_acts_for(who, participant, Right::Funds)?;
		Self::move_in(participant, amount)
	}

	/// Moves money in whoever asks for it: a genesis has no origins.
	pub(crate) fn move_in(participant: ParticipantId, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let (account, margin) = Self::trader(participant)?;
		let own = margin.own.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Order.into(), &account, amount).map_err(|_| Error::<T>::BeyondFreeMoney)?;
		T::Traders::margin_changed(participant, Margin { own, ..margin });
		Self::deposit_event(Event::MarginMovedIn { participant, amount, margin: own });
		Ok(())
	}

	pub(crate) fn do_margin_out(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		Self::ensure_takes_back(who, participant)?;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let (account, margin) = Self::trader(participant)?;
		ensure!(amount <= margin.free(), Error::<T>::BeyondMargin);
		let own = margin.own.saturating_sub(amount);
		T::Currency::release(&HoldReason::Order.into(), &account, amount, Precision::Exact)?;
		T::Traders::margin_changed(participant, Margin { own, ..margin });
		Self::deposit_event(Event::MarginMovedOut { participant, amount, margin: own });
		Ok(())
	}
}

impl<T: Config> traits::Collateral<T::AccountId> for Pallet<T> {
	fn hold(participant: ParticipantId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let (_, margin) = Self::trader(participant)?;
		ensure!(amount <= margin.free(), Error::<T>::MarginTooSmall);
		let held = margin.held.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		T::Traders::margin_changed(participant, Margin { held, ..margin });
		Ok(())
	}

	fn release(participant: ParticipantId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let (_, margin) = Self::trader(participant)?;
		let held = margin.held.checked_sub(amount).ok_or(Error::<T>::CollateralMissing)?;
		T::Traders::margin_changed(participant, Margin { held, ..margin });
		Ok(())
	}

	fn take(participant: ParticipantId, amount: Balance, to: &T::AccountId) -> Result<Balance, DispatchError> {
		let Some((account, margin)) = T::Traders::margin(participant) else { return Ok(0) };
		let taken = margin.free().min(amount);
		if taken.is_zero() {
			return Ok(0);
		}
		Self::pay_from_hold(HoldReason::Order, &account, taken, to)?;
		let own = margin.own.saturating_sub(taken);
		T::Traders::margin_changed(participant, Margin { own, ..margin });
		Self::deposit_event(Event::MarginTaken { participant, amount: taken, margin: own });
		Ok(taken)
	}
}
