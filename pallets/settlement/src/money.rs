//! Moving money: what debtors pay, in which order; what stands in for them; what creditors get.

use crate::{
	bill::Parties, Accounts, Backing, Config, Debts, Error, Event, HoldReason, InTransit, Lines, Pallet, Progress,
	Purse, Securities,
};
use alloc::vec::Vec;
use busbar_primitives::{traits::Participants, Amount, Balance, Cause, Interval, Line, ParticipantId, Party, PointId};
use codec::Encode;
use frame_support::traits::{
	fungible::{Mutate, MutateHold},
	tokens::{Fortitude, Precision, Preservation, Restriction},
	Get,
};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding,
	traits::{AccountIdConversion, Zero},
	DispatchError, DispatchResult, Rounding,
};

/// A party whose account is not a point owner's, with what it receives.
pub(crate) type Others = [(Party, Amount); 4];

/// The parties that are not connection points, in the order of their lines.
pub(crate) fn others(parties: &Parties) -> Others {
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

	/// Appends a line to the statement tree and to `lines`.
	pub(crate) fn append<const MAX: u32>(
		interval: Interval,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		line: Line,
	) -> DispatchResult {
		let leaf = busbar_merkle::leaf_hash(&(interval, progress.frontier.count(), line).encode());
		let index = progress.frontier.append(leaf).map_err(|_| Error::<T>::Overflow)?;
		progress.lines_sum = progress.lines_sum.checked_add(line.amount).ok_or(Error::<T>::Overflow)?;
		lines.try_push((index, line)).map_err(|_| Error::<T>::Overflow.into())
	}

	/// The account of a party that is not a connection point.
	pub(crate) fn account_of(accounts: &Accounts<T::AccountId>, party: Party) -> Result<T::AccountId, Error<T>> {
		match party {
			Party::GridOperator => Ok(accounts.grid.clone()),
			Party::CongestionRent => Ok(accounts.rent.clone()),
			Party::Fund => Ok(Self::fund_account()),
			Party::Balancing | Party::Point(_) => {
				T::Participants::account(accounts.balancing).ok_or(Error::<T>::AccountsNotSet)
			},
		}
	}

	/// Takes a point's debt from the collateral released for its orders, the payer's free money, and what secures the
	/// point, in this order. Returns what is missing, in nEUR.
	pub(crate) fn collect_from_point(
		interval: Interval,
		point: PointId,
		payer: ParticipantId,
		collateral: Vec<(T::AccountId, Balance)>,
		debt: Balance,
	) -> Result<Balance, DispatchError> {
		let mut missing = debt;
		for (account, released) in collateral {
			missing = missing.saturating_sub(Self::take_free(&account, missing.min(released))?);
		}
		if let Some(account) = T::Participants::account(payer) {
			missing = missing.saturating_sub(Self::take_free(&account, missing)?);
		}
		for backing in [Backing::Deposit, Backing::Guarantee] {
			if !missing.is_zero() {
				missing = missing.saturating_sub(Self::draw(interval, point, payer, backing, missing)?);
			}
		}
		Ok(missing)
	}

	/// Moves up to `amount` nEUR of free money to the settlement account and returns how much it was.
	pub(crate) fn take_free(who: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		let taken = Self::free(who).min(amount);
		if !taken.is_zero() {
			T::Currency::transfer(who, &Self::account_id(), taken, Preservation::Expendable)?;
		}
		Ok(taken)
	}

	/// Moves up to `amount` nEUR of what secures a point to the settlement account and returns how much it was. An owner's
	/// deposit does not stand in for its retailer.
	fn draw(
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

	/// Books a debt of which `missing` nEUR could not be collected. The debtor owes that to the mutual fund and trades no
	/// more until it has paid.
	#[allow(clippy::too_many_arguments)]
	pub(crate) fn book<const MAX: u32>(
		interval: Interval,
		version: u16,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		party: Party,
		debtor: Option<ParticipantId>,
		debt: Balance,
		missing: Balance,
	) -> DispatchResult {
		Self::collected(&mut progress.purse, debt.saturating_sub(missing))?;
		if missing.is_zero() {
			return Ok(());
		}
		progress.purse.missing = progress.purse.missing.checked_add(missing).ok_or(Error::<T>::Overflow)?;
		let line = Line { version, party, cause: Cause::Default, wh: 0, price: 0, amount: Self::amount(missing)? };
		Self::append(interval, progress, lines, line)?;
		Self::deposit_event(Event::Defaulted { interval, party, amount: missing });
		if let Some(debtor) = debtor {
			let owed = Debts::<T>::mutate(debtor, |debt| {
				let owed = debt.unwrap_or(0).saturating_add(missing);
				*debt = Some(owed);
				owed
			});
			Self::deposit_event(Event::Owed { participant: debtor, amount: missing, owed });
		}
		Ok(())
	}

	/// Takes the debt of a party that is not a connection point from its account, and books it.
	pub(crate) fn debit_other<const MAX: u32>(
		interval: Interval,
		version: u16,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		accounts: &Accounts<T::AccountId>,
		party: Party,
		debt: Balance,
	) -> DispatchResult {
		let account = Self::account_of(accounts, party)?;
		let missing = debt.saturating_sub(Self::take_free(&account, debt)?);
		let debtor = match party {
			Party::Balancing => Some(accounts.balancing),
			Party::GridOperator => T::Participants::participant(&account),
			_ => None,
		};
		Self::book(interval, version, progress, lines, party, debtor, debt, missing)
	}

	/// Lets the mutual fund stand in for what is missing in this round, as far as its money goes.
	pub(crate) fn cover<const MAX: u32>(
		interval: Interval,
		version: u16,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
	) -> DispatchResult {
		let covered = Self::take_free(&Self::fund_account(), progress.purse.missing)?;
		if covered.is_zero() {
			return Ok(());
		}
		Self::collected(&mut progress.purse, covered)?;
		let amount = Self::amount(covered)?.saturating_neg();
		let line = Line { version, party: Party::Fund, cause: Cause::Cover, wh: 0, price: 0, amount };
		Self::append(interval, progress, lines, line)?;
		Self::deposit_event(Event::Covered { interval, amount: covered });
		Ok(())
	}

	fn collected(purse: &mut Purse, amount: Balance) -> DispatchResult {
		purse.collected = purse.collected.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		InTransit::<T>::mutate(|transit| *transit = transit.saturating_add(amount));
		Ok(())
	}

	/// What is paid of a credit: all of it, or after defaults its share of what was collected, rounded down.
	pub(crate) fn share(purse: &Purse, credit: Balance) -> Result<Balance, DispatchError> {
		if purse.collected == purse.due {
			return Ok(credit);
		}
		multiply_by_rational_with_rounding(credit, purse.collected, purse.due, Rounding::Down)
			.ok_or(Error::<T>::Overflow.into())
	}

	/// The line that brings a credit to what is paid of it, if they differ.
	pub(crate) fn loss(
		version: u16,
		party: Party,
		credit: Balance,
		paid: Balance,
	) -> Result<Option<Line>, DispatchError> {
		let amount = Self::amount(paid)?.checked_sub(Self::amount(credit)?).ok_or(Error::<T>::Overflow)?;
		let line = Line { version, party, cause: Cause::LossShare, wh: 0, price: 0, amount };
		Ok((amount != 0).then_some(line))
	}

	/// Pays `amount` nEUR out of the settlement account.
	pub(crate) fn pay(progress: &mut Progress, to: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer(&Self::account_id(), to, amount, Preservation::Expendable)?;
		progress.purse.paid = progress.purse.paid.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		InTransit::<T>::mutate(|transit| *transit = transit.saturating_sub(amount));
		Ok(())
	}

	/// Pays a participant: first what it owes to the mutual fund, in its name, then its account. Without an account the
	/// money goes to the rent account; returns how much that was.
	pub(crate) fn pay_participant(
		progress: &mut Progress,
		accounts: &Accounts<T::AccountId>,
		participant: ParticipantId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		if amount.is_zero() {
			return Ok(0);
		}
		let kept = Debts::<T>::get(participant).unwrap_or(0).min(amount);
		Self::pay(progress, &Self::fund_account(), kept)?;
		Self::recovered(participant, kept);
		let rest = amount.saturating_sub(kept);
		match T::Participants::account(participant) {
			Some(account) => Self::pay(progress, &account, rest).map(|()| 0),
			None => Self::pay(progress, &accounts.rent, rest).map(|()| rest),
		}
	}

	/// Pays a point's credit, or after defaults its share, to who receives for it.
	#[allow(clippy::too_many_arguments)]
	pub(crate) fn credit_payer<const MAX: u32>(
		interval: Interval,
		version: u16,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		accounts: &Accounts<T::AccountId>,
		point: PointId,
		payer: ParticipantId,
		credit: Balance,
	) -> DispatchResult {
		let share = Self::share(&progress.purse, credit)?;
		if let Some(line) = Self::loss(version, Party::Point(point), credit, share)? {
			Self::append(interval, progress, lines, line)?;
		}
		let unclaimed = Self::pay_participant(progress, accounts, payer, share)?;
		if !unclaimed.is_zero() {
			Self::deposit_event(Event::Unclaimed { interval, point, amount: unclaimed });
		}
		Ok(())
	}

	/// That what defaults left open is all that a round's credits and collected debits differ by.
	pub(crate) fn ensure_open(progress: &Progress) -> DispatchResult {
		let Purse { due, collected, .. } = progress.purse;
		let open = Self::amount(due)?.checked_sub(Self::amount(collected)?);
		frame_support::ensure!(open == Some(progress.lines_sum), Error::<T>::NotBalanced);
		Ok(())
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
