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

	/// Changes a margin that needs no less money on hold than before.
	fn grow(
		participant: ParticipantId,
		account: &T::AccountId,
		from: Margin,
		to: Margin,
		beyond: Error<T>,
	) -> DispatchResult {
		let more = to.on_hold().saturating_sub(from.on_hold());
		if !more.is_zero() {
			T::Currency::hold(&HoldReason::Order.into(), account, more).map_err(|_| beyond)?;
		}
		T::Traders::margin_changed(participant, to);
		Ok(())
	}

	/// Changes a margin that needs no more money on hold than before.
	fn shrink(participant: ParticipantId, account: &T::AccountId, from: Margin, to: Margin) -> DispatchResult {
		let less = from.on_hold().saturating_sub(to.on_hold());
		if !less.is_zero() {
			T::Currency::release(&HoldReason::Order.into(), account, less, Precision::Exact)?;
		}
		T::Traders::margin_changed(participant, to);
		Ok(())
	}

	pub(crate) fn do_margin_in(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		T::Participants::ensure_acts_for(who, participant, Right::Funds)?;
		Self::move_in(participant, amount)
	}

	/// Moves money in whoever asks for it: a genesis has no origins.
	pub(crate) fn move_in(participant: ParticipantId, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let (account, from) = Self::trader(participant)?;
		let to = Margin { own: from.own.checked_add(amount).ok_or(Error::<T>::Overflow)?, ..from };
		Self::grow(participant, &account, from, to, Error::<T>::BeyondFreeMoney)?;
		Self::deposit_event(Event::MarginMovedIn { participant, amount, margin: to.own });
		Ok(())
	}

	pub(crate) fn do_margin_out(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		T::Participants::ensure_acts_for(who, participant, Right::Funds)?;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let (account, from) = Self::trader(participant)?;
		ensure!(amount <= from.free(), Error::<T>::BeyondMargin);
		let to = Margin { own: from.own.saturating_sub(amount), ..from };
		Self::shrink(participant, &account, from, to)?;
		Self::deposit_event(Event::MarginMovedOut { participant, amount, margin: to.own });
		Ok(())
	}
}

impl<T: Config> traits::Collateral<T::AccountId> for Pallet<T> {
	fn hold(participant: ParticipantId, amount: Balance) -> Result<bool, DispatchError> {
		if amount.is_zero() {
			return Ok(true);
		}
		let (account, from) = Self::trader(participant)?;
		let to = Margin { held: from.held.checked_add(amount).ok_or(Error::<T>::BeyondCollateral)?, ..from };
		Self::grow(participant, &account, from, to, Error::<T>::BeyondCollateral)?;
		Ok(amount <= from.free())
	}

	fn release(participant: ParticipantId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let (account, from) = Self::trader(participant)?;
		let to = Margin { held: from.held.checked_sub(amount).ok_or(Error::<T>::CollateralMissing)?, ..from };
		Self::shrink(participant, &account, from, to).map_err(|_| Error::<T>::CollateralMissing.into())
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
