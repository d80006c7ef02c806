//! Standing deposits and guarantees: posted, given notice of, drawn on, and returned once all that they secure is final.

use crate::{Backing, Config, Error, Event, Guarantors, HoldReason, Pallet, Secured, Security};
use busbar_primitives::{
	traits::{Calendar, Finality, Grid, Participants},
	Balance, Interval, ParticipantId, PointId, Right, Role,
};
use frame_support::{
	ensure,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

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
		let chosen = Guarantors::<T>::get(point);
		ensure!(chosen.is_none_or(|chosen| chosen == guarantor), Error::<T>::OtherGuarantor);
		let other = Secured::<T>::get(point, Backing::Guarantee).filter(|security| security.by != guarantor);
		if let Some(other) = other.filter(|other| chosen.is_some() && amount >= other.amount) {
			Self::replace(point, other)?;
		}
		Self::post(guarantor, point, Backing::Guarantee, amount)
	}

	/// Gives a guarantor its money back in whose place another secures all that it did, with at least as much.
	fn replace(point: PointId, other: Security<T::AccountId>) -> DispatchResult {
		let (account, amount) = (other.account.clone(), other.amount);
		T::Currency::release(&HoldReason::Guarantee.into(), &account, amount, Precision::Exact)?;
		Self::put_security(point, Backing::Guarantee, Security { amount: 0, leaving: None, ..other });
		Self::deposit_event(Event::Released { point, backing: Backing::Guarantee, account, amount, total: 0 });
		Ok(())
	}

	pub(crate) fn do_choose_guarantor(
		who: &T::AccountId,
		point: PointId,
		guarantor: Option<ParticipantId>,
	) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		T::Participants::ensure_acts_for(who, details.owner, Right::Funds)?;
		if let Some(guarantor) = guarantor {
			T::Participants::ensure_active(guarantor)?;
		}
		Guarantors::<T>::set(point, guarantor);
		Self::deposit_event(Event::GuarantorChosen { point, guarantor });
		Ok(())
	}

	/// Posts a deposit whoever asks for it: a genesis has no origins.
	pub(crate) fn post_for_owner(point: PointId, amount: Balance) -> DispatchResult {
		let owner = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.owner;
		Self::post(owner, point, Backing::Deposit, amount)
	}

	pub(crate) fn post(by: ParticipantId, point: PointId, backing: Backing, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut security = match Secured::<T>::get(point, backing) {
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
		Self::put_security(point, backing, security);
		Self::deposit_event(Event::Deposited { point, backing, account, amount, total });
		Ok(())
	}

	/// The security of a point that `who` may take back.
	fn own_security(
		who: &T::AccountId,
		point: PointId,
		backing: Backing,
	) -> Result<Security<T::AccountId>, DispatchError> {
		let security = Secured::<T>::get(point, backing).ok_or(Error::<T>::NoSecurity)?;
		Self::ensure_takes_back(who, security.by)?;
		Ok(security)
	}

	/// That `who` may ask for money of a participant to go back to its account. Of one that was removed anybody may, since
	/// nobody acts for it any more: it can go nowhere else. One that is suspended does so itself, to pay what it owes: from its
	/// account the money goes nowhere else either, as long as it is.
	pub(crate) fn ensure_takes_back(who: &T::AccountId, participant: ParticipantId) -> DispatchResult {
		if T::Participants::is_removed(participant) {
			return Ok(());
		}
		T::Participants::ensure_settles_for(who, participant, Right::Funds)
	}

	/// What leaves by a notice of `amount` of `all`, and the last interval that it secures. Of a participant that was removed all
	/// does, and no further notice puts it off.
	pub(crate) fn leaving(
		participant: ParticipantId,
		all: Balance,
		amount: Balance,
		before: Option<(Balance, Interval)>,
	) -> Result<(Balance, Interval), DispatchError> {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		ensure!(amount <= all, Error::<T>::DepositTooSmall);
		let last = T::Calendar::first_unopened().saturating_sub(1);
		if !T::Participants::is_removed(participant) {
			return Ok((amount, last));
		}
		Ok(before.filter(|(leaves, _)| *leaves >= all).unwrap_or((all, last)))
	}

	/// What leaves secures every interval that is open by now, so that nobody consumes and takes it back.
	pub(crate) fn do_give_notice(
		who: &T::AccountId,
		point: PointId,
		backing: Backing,
		amount: Balance,
	) -> DispatchResult {
		let mut security = Self::own_security(who, point, backing)?;
		let (amount, last) = Self::leaving(security.by, security.amount, amount, security.leaving)?;
		security.leaving = Some((amount, last));
		Self::put_security(point, backing, security);
		Self::tell_if_low(point);
		Self::deposit_event(Event::NoticeGiven { point, backing, amount, last });
		Ok(())
	}

	pub(crate) fn do_release(who: &T::AccountId, point: PointId, backing: Backing) -> DispatchResult {
		let mut security = Self::own_security(who, point, backing)?;
		let (amount, last) = security.leaving.take().ok_or(Error::<T>::NoNotice)?;
		ensure!(last < T::Settlement::first_not_final(), Error::<T>::StillSecures);
		let amount = amount.min(security.amount);
		T::Currency::release(&HoldReason::from(backing).into(), &security.account, amount, Precision::Exact)?;
		security.amount = security.amount.saturating_sub(amount);
		let (account, total) = (security.account.clone(), security.amount);
		Self::put_security(point, backing, security);
		Self::deposit_event(Event::Released { point, backing, account, amount, total });
		Ok(())
	}

	/// Moves money that is on hold to another account, where it is free.
	pub(crate) fn pay_from_hold(
		reason: HoldReason,
		from: &T::AccountId,
		amount: Balance,
		to: &T::AccountId,
	) -> DispatchResult {
		let (exact, free, force) = (Precision::Exact, Restriction::Free, Fortitude::Force);
		T::Currency::transfer_on_hold(&reason.into(), from, to, amount, exact, free, force)?;
		Ok(())
	}

	/// Moves up to `amount` nEUR of one security of a point to an account and returns whose and how much it was, if there is
	/// one. An owner's deposit does not stand in for its retailer.
	pub(crate) fn draw_on(
		interval: Interval,
		point: PointId,
		payer: ParticipantId,
		backing: Backing,
		amount: Balance,
		to: &T::AccountId,
	) -> Result<Option<(T::AccountId, Balance)>, DispatchError> {
		let Some(mut security) = Secured::<T>::get(point, backing) else { return Ok(None) };
		if backing == Backing::Deposit && security.by != payer {
			return Ok(None);
		}
		let taken = security.amount.min(amount);
		Self::pay_from_hold(HoldReason::from(backing), &security.account, taken, to)?;
		security.amount = security.amount.saturating_sub(taken);
		let (account, by) = (security.account.clone(), security.by);
		Self::put_security(point, backing, security);
		Self::tell_if_low(point);
		let drawn = (account.clone(), taken);
		Self::deposit_event(Event::SecurityDrawn { interval, point, backing, account, amount: taken });
		if backing == Backing::Guarantee {
			Self::add_claim(payer, by, taken);
		}
		Ok(Some(drawn))
	}

	/// Stores a security, or removes it if nothing is left, and notes what of it secures what comes.
	fn put_security(point: PointId, backing: Backing, security: Security<T::AccountId>) {
		Self::cover(point, backing, security.staying());
		if security.amount.is_zero() {
			Secured::<T>::remove(point, backing);
		} else {
			Secured::<T>::insert(point, backing, security);
		}
	}
}
