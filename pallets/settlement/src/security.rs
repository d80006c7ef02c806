//! Standing deposits and guarantees: posted, given notice of, and returned once nothing needs them any more.

use crate::{Backing, Config, Error, Event, HoldReason, Pallet, Roots, Securities, Security};
use busbar_primitives::{
	traits::{Calendar, Grid, Participants},
	Balance, ParticipantId, PointId, Right, Role,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::{traits::Zero, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_deposit(who: &T::AccountId, point: PointId, amount: Balance) -> DispatchResult {
		let owner = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.owner;
		T::Participants::ensure_acts_for(who, owner, Right::Funds)?;
		Self::post(owner, point, Backing::Deposit, amount)
	}

	pub(crate) fn do_guarantee(who: &T::AccountId, point: PointId, amount: Balance) -> DispatchResult {
		let zone = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.zone;
		let guarantor = T::Participants::ensure(who, Role::Retailer, Some(zone))
			.or_else(|_| T::Participants::ensure(who, Role::Aggregator, Some(zone)))?;
		Self::post(guarantor, point, Backing::Guarantee, amount)
	}

	fn post(by: ParticipantId, point: PointId, backing: Backing, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut security = match Securities::<T>::get(point, backing) {
			Some(security) => security,
			None => {
				let account = T::Participants::account(by).ok_or(Error::<T>::UnknownParticipant)?;
				Security { by, account, amount: 0, leaving: None }
			},
		};
		ensure!(security.by == by, Error::<T>::OtherSecurity);
		T::Currency::hold(&HoldReason::from(backing).into(), &security.account, amount)
			.map_err(|_| Error::<T>::BeyondDeposit)?;
		security.amount = security.amount.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		let (account, total) = (security.account.clone(), security.amount);
		Securities::<T>::insert(point, backing, security);
		Self::deposit_event(Event::Deposited { point, backing, account, amount, total });
		Ok(())
	}

	/// The security of a point that `who` may take back.
	fn own_security(
		who: &T::AccountId,
		point: PointId,
		backing: Backing,
	) -> Result<Security<T::AccountId>, sp_runtime::DispatchError> {
		let security = Securities::<T>::get(point, backing).ok_or(Error::<T>::NoSecurity)?;
		T::Participants::ensure_acts_for(who, security.by, Right::Funds)?;
		Ok(security)
	}

	/// Notice: what leaves secures every interval that is open by now, so that nobody consumes and takes it back.
	pub(crate) fn do_withdraw(who: &T::AccountId, point: PointId, backing: Backing, amount: Balance) -> DispatchResult {
		let mut security = Self::own_security(who, point, backing)?;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		ensure!(amount <= security.amount, Error::<T>::DepositTooSmall);
		let last = T::Calendar::first_unopened().saturating_sub(1);
		security.leaving = Some((amount, last));
		Securities::<T>::insert(point, backing, security);
		Self::deposit_event(Event::NoticeGiven { point, backing, amount, last });
		Ok(())
	}

	pub(crate) fn do_release(who: &T::AccountId, point: PointId, backing: Backing) -> DispatchResult {
		let mut security = Self::own_security(who, point, backing)?;
		let (amount, last) = security.leaving.take().ok_or(Error::<T>::NoNotice)?;
		// Pruned intervals are settled: their root stays.
		ensure!(Roots::<T>::contains_key(last), Error::<T>::StillSecures);
		let amount = amount.min(security.amount);
		T::Currency::release(&HoldReason::from(backing).into(), &security.account, amount, Precision::Exact)?;
		security.amount = security.amount.saturating_sub(amount);
		let (account, total) = (security.account.clone(), security.amount);
		Self::put_security(point, backing, security);
		Self::deposit_event(Event::Withdrawn { point, backing, account, amount, total });
		Ok(())
	}

	/// Stores a security, or removes it if nothing is left.
	pub(crate) fn put_security(point: PointId, backing: Backing, security: Security<T::AccountId>) {
		if security.amount.is_zero() {
			Securities::<T>::remove(point, backing);
		} else {
			Securities::<T>::insert(point, backing, security);
		}
	}
}
