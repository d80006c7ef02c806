//! What attesters put up, and what a wrong attestation costs them.

use crate::{
	Accuser, Attesters, Config, Error, Event, Harmed, HoldReason, Operator, Operators, Pallet, FULL_REPUTATION,
	LEAST_REPUTATION,
};
use busbar_primitives::{
	traits::{Calendar, Counterparties, Grid, Participants},
	Balance, Interval, Moment, ParticipantId, PointId, Right,
};
use frame_support::{
	ensure,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// What an operator of this reputation must have posted before it attests, in nEUR.
	pub fn required_bond(reputation: u16) -> Balance {
		busbar_primitives::metering::required_bond(T::OperatorBond::get(), reputation)
	}

	pub(crate) fn do_post_bond(who: T::AccountId, amount: Balance) -> DispatchResult {
		let operator = Self::attesting(&who)?;
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let mut record = Operators::<T>::get(operator).unwrap_or_else(|| Operator {
			account: who.clone(),
			bond: 0,
			locked_until: 0,
			attested: 0,
			faults: 0,
			reputation: FULL_REPUTATION,
		});
		if record.bond == 0 {
			record.account = who.clone();
		}
		ensure!(record.account == who, Error::<T>::OtherAccount);
		T::Currency::hold(&HoldReason::OperatorBond.into(), &who, amount)?;
		record.bond = record.bond.saturating_add(amount);
		let bond = record.bond;
		Operators::<T>::insert(operator, record);
		Self::deposit_event(Event::BondChanged { operator, bond });
		Ok(())
	}

	pub(crate) fn do_withdraw_bond(who: T::AccountId, operator: ParticipantId, amount: Balance) -> DispatchResult {
		let mut record = Operators::<T>::get(operator).ok_or(Error::<T>::NoBond)?;
		ensure!(record.account == who, Error::<T>::OtherAccount);
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		// Of who is suspended it stays where penalties are paid from: no debt waits for it.
		T::Participants::ensure_active(operator)?;
		let left = record.bond.checked_sub(amount).ok_or(Error::<T>::BondTooSmall)?;
		let free = T::Calendar::now() >= record.locked_until || left >= Self::required_bond(record.reputation);
		ensure!(free, Error::<T>::BondLocked);
		T::Currency::release(&HoldReason::OperatorBond.into(), &who, amount, Precision::Exact)?;
		record.bond = left;
		Operators::<T>::insert(operator, record);
		Self::deposit_event(Event::BondChanged { operator, bond: left });
		Ok(())
	}

	/// Ties the bond of an operator that attests until `until`. A new interval gives back some reputation.
	pub(crate) fn tie_bond(operator: ParticipantId, until: Moment, new_interval: bool) -> DispatchResult {
		let mut record = Operators::<T>::get(operator).ok_or(Error::<T>::NoBond)?;
		ensure!(record.bond >= Self::required_bond(record.reputation), Error::<T>::BondTooSmall);
		record.locked_until = record.locked_until.max(until);
		if new_interval {
			record.attested = record.attested.saturating_add(1);
			record.reputation = record.reputation.saturating_add(1).min(FULL_REPUTATION);
		}
		Operators::<T>::insert(operator, record);
		Ok(())
	}

	/// Takes reputation and up to the penalty from an operator that attested wrongly. The money goes to who would have lost by
	/// it, but neither to who accused the operator and its own, nor back to the operator: then it is the mutual fund's.
	pub(crate) fn penalise(
		operator: ParticipantId,
		interval: Interval,
		point: PointId,
		harmed: Harmed,
		accuser: Accuser<T::AccountId>,
	) -> DispatchResult {
		let Some(mut record) = Operators::<T>::get(operator) else { return Ok(()) };
		record.faults = record.faults.saturating_add(1);
		record.reputation = record.reputation.saturating_sub(record.reputation / 4).max(LEAST_REPUTATION);
		let to = Self::payee(&record.account, interval, point, harmed, &accuser);
		let amount = record.bond.min(T::Penalty::get());
		let paid = Self::pay_from_hold(HoldReason::OperatorBond, &record.account, &to, amount)?;
		record.bond = record.bond.saturating_sub(paid);
		let reputation = record.reputation;
		Operators::<T>::insert(operator, record);
		Self::deposit_event(Event::Penalised { operator, point, paid, to, reputation });
		Ok(())
	}

	/// The account of who is harmed. The mutual fund's, if that is the accuser's or `payer` itself, or nobody's.
	pub(crate) fn payee(
		payer: &T::AccountId,
		interval: Interval,
		point: PointId,
		harmed: Harmed,
		accuser: &Accuser<T::AccountId>,
	) -> T::AccountId {
		let account = match harmed {
			Harmed::Owner => T::Grid::point(point).and_then(|point| T::Participants::account(point.owner)),
			Harmed::Balancing => T::Counterparties::balancing(interval),
		};
		let is_accusers = |account: &T::AccountId| {
			let Some(own) = T::Participants::participant(account) else { return false };
			let named = |participant| harmed == Harmed::Owner && Attesters::<T>::get(point) == Some(participant);
			match accuser {
				Accuser::Nobody => false,
				// Who is named is the owner's choice.
				Accuser::Attester(attester) => harmed == Harmed::Owner || own == *attester,
				Accuser::Account(who) => {
					T::Participants::ensure_acts_for(who, own, Right::Operate).is_ok()
						|| T::Participants::participant(who).is_some_and(named)
				},
			}
		};
		account.filter(|account| account != payer && !is_accusers(account)).unwrap_or_else(T::Counterparties::fund)
	}

	/// Moves exactly `amount` nEUR of what is held to another account's free money, or releases it where both are one.
	pub(crate) fn pay_from_hold(
		reason: HoldReason,
		from: &T::AccountId,
		to: &T::AccountId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		if amount == 0 {
			return Ok(0);
		}
		let reason = reason.into();
		if from == to {
			return T::Currency::release(&reason, from, amount, Precision::Exact);
		}
		let (exact, free, force) = (Precision::Exact, Restriction::Free, Fortitude::Force);
		T::Currency::transfer_on_hold(&reason, from, to, amount, exact, free, force)
	}
}
