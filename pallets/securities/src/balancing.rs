//! What the balance-responsible party stands in with: imbalances that others do not pay, after its own credit of the interval.

use crate::{Balancing, BalancingSecurity, Config, Error, Event, HoldReason, Pallet};
use busbar_primitives::{
	traits::{Calendar, Finality, Participants},
	Balance, Interval, ParticipantId, Role,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Precision, Preservation},
	},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

const SECONDS_OF_A_DAY: u32 = 86_400;

impl<T: Config> Pallet<T> {
	/// The day of an interval, counted from interval 0.
	fn day(interval: Interval) -> u32 {
		let of_a_day = SECONDS_OF_A_DAY.checked_div(T::Calendar::interval_s()).unwrap_or(1).max(1);
		interval.checked_div(of_a_day).unwrap_or(0)
	}

	pub(crate) fn do_deposit_balancing(who: &T::AccountId, amount: Balance) -> DispatchResult {
		let participant = T::Participants::ensure_anywhere(who, Role::BalanceResponsibleParty)?;
		Self::post_balancing(participant, amount)
	}

	/// Posts whoever asks for it: a genesis has no origins.
	pub(crate) fn post_balancing(participant: ParticipantId, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut security = match Balancing::<T>::get(participant) {
			Some(security) => security,
			None => {
				let account = T::Participants::account(participant).ok_or(Error::<T>::UnknownParticipant)?;
				BalancingSecurity { account, amount: 0, leaving: None, earned: Default::default() }
			},
		};
		T::Currency::hold(&HoldReason::Balancing.into(), &security.account, amount)
			.map_err(|_| Error::<T>::BeyondDeposit)?;
		security.amount = security.amount.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		let total = security.amount;
		Balancing::<T>::insert(participant, security);
		Self::deposit_event(Event::BalancingDeposited { participant, amount, total });
		Ok(())
	}

	fn own_balancing(
		who: &T::AccountId,
		participant: ParticipantId,
	) -> Result<BalancingSecurity<T::AccountId>, DispatchError> {
		Self::ensure_takes_back(who, participant)?;
		let security = Balancing::<T>::get(participant).filter(|security| !security.amount.is_zero());
		security.ok_or(Error::<T>::NoSecurity.into())
	}

	pub(crate) fn do_give_notice_balancing(
		who: &T::AccountId,
		participant: ParticipantId,
		amount: Balance,
	) -> DispatchResult {
		let mut security = Self::own_balancing(who, participant)?;
		let leaving = Self::leaving(participant, security.amount, amount, security.leaving)?;
		security.leaving = Some(leaving);
		Balancing::<T>::insert(participant, security);
		let (amount, last) = leaving;
		Self::deposit_event(Event::BalancingNoticeGiven { participant, amount, last });
		Ok(())
	}

	pub(crate) fn do_release_balancing(who: &T::AccountId, participant: ParticipantId) -> DispatchResult {
		let mut security = Self::own_balancing(who, participant)?;
		let (amount, last) = security.leaving.take().ok_or(Error::<T>::NoNotice)?;
		ensure!(last < T::Settlement::first_not_final(), Error::<T>::StillSecures);
		let amount = amount.min(security.amount);
		let total = security.amount.saturating_sub(amount);
		let today = Self::day(T::Calendar::first_unopened());
		ensure!(total >= security.least(today), Error::<T>::BelowLeast);
		T::Currency::release(&HoldReason::Balancing.into(), &security.account, amount, Precision::Exact)?;
		security.amount = total;
		Balancing::<T>::insert(participant, security);
		Self::deposit_event(Event::BalancingReleased { participant, amount, total });
		Ok(())
	}

	/// What balance-responsible parties must have posted, in nEUR.
	pub fn least_of_balancing(participant: ParticipantId) -> Balance {
		let today = Self::day(T::Calendar::first_unopened());
		Balancing::<T>::get(participant).map_or(0, |security| security.least(today))
	}

	pub(crate) fn draw_on_balancing(
		interval: Interval,
		participant: ParticipantId,
		amount: Balance,
		to: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let Some(mut security) = Balancing::<T>::get(participant) else { return Ok(0) };
		let amount = amount.min(security.amount);
		if amount.is_zero() {
			return Ok(0);
		}
		Self::pay_from_hold(HoldReason::Balancing, &security.account, amount, to)?;
		security.amount = security.amount.saturating_sub(amount);
		Balancing::<T>::insert(participant, security);
		Self::deposit_event(Event::BalancingDrawn { interval, participant, amount });
		Ok(amount)
	}

	/// Puts money from an account back on hold, as far as the party ever posted some.
	pub(crate) fn give_back_to_balancing(
		participant: ParticipantId,
		amount: Balance,
		from: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let security = Balancing::<T>::get(participant).filter(|_| T::Participants::account(participant).is_some());
		let Some(security) = security.filter(|_| !amount.is_zero()) else { return Ok(0) };
		T::Currency::transfer(from, &security.account, amount, Preservation::Expendable)?;
		Self::post_balancing(participant, amount)?;
		Ok(amount)
	}

	/// Counts what a party earned with an interval's imbalances, and warns when that comes to ask for more than it has posted.
	pub(crate) fn count_earned(interval: Interval, participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let security = Balancing::<T>::get(participant).or_else(|| {
			let account = T::Participants::account(participant)?;
			Some(BalancingSecurity { account, amount: 0, leaving: None, earned: Default::default() })
		});
		let Some(mut security) = security else { return };
		let day = Self::day(interval);
		let before = security.least(day);
		security.earn(day, amount);
		let (total, least) = (security.amount, security.least(day));
		Balancing::<T>::insert(participant, security);
		if before <= total && total < least {
			Self::deposit_event(Event::BalancingTooSmall { participant, total, least });
		}
	}
}
