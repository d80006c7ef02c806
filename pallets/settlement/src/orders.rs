//! Who pays for what the grid operator ordered: whoever ordered it, from what is held for that.
//!
//! What it lacks is its debt, and reduces the credits that the order gave: first the member's, then that of the
//! balance-responsible party. So a credit that nobody has funded sets off no debt, and nobody else bears anything of it.

use crate::{
	bill::{Delivery, Outturn},
	debit_impls::Batch,
	round::Round,
	Config, Error, Event, Pallet,
};
use alloc::vec;
use busbar_primitives::{
	traits::{Charges, Debts, Participants, Readings, Reductions, Securities},
	Amount, Balance, Interval, ParticipantId, Party, PointId, SignedWh, ADJUSTED_BY,
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// What a point that was ordered to draw or feed in less would have drawn, in Wh; `None` if no like day says so.
	pub(crate) fn baseline(interval: Interval, point: PointId) -> Option<SignedWh> {
		let baseline = T::Flexibility::placed(interval, point)?.baseline?;
		let metered = ADJUSTED_BY.into_iter().try_fold(0, |sum: SignedWh, back| {
			let metered = T::Readings::of(point, interval.checked_sub(back)?)?;
			sum.checked_add(metered.plausible_net()?)
		});
		Some(baseline.adjusted(metered))
	}

	/// Takes what an order at a point comes to from who gave it.
	pub(crate) fn fund_order(
		batch: &Batch<T::AccountId>,
		round: &mut Round<T>,
		point: PointId,
		delivery: &Delivery,
		outturn: &mut Outturn,
	) -> DispatchResult {
		// In a void interval, too, in which orders take nothing.
		<T::Flexibility as Charges<T::AccountId>>::release_funds(batch.interval, point)?;
		if delivery.ordered.is_none() {
			return Ok(());
		}
		let Some(placed) = T::Flexibility::placed(batch.interval, point) else { return Ok(()) };
		let member = outturn.for_order().ok_or(Error::<T>::Overflow)?;
		let cost = member.checked_add(delivery.perimeter(&batch.tariff.posted)).ok_or(Error::<T>::Overflow)?;
		let account = T::Participants::account(placed.operator);
		let (funded, missing) = Self::take_for_order(round, account.as_ref(), cost.max(0).unsigned_abs())?;
		if let Some(account) = account.filter(|_| !funded.is_zero()) {
			round.drew(point, vec![(account, funded)]);
		}
		outturn.unfunded = missing.min(member.max(0).unsigned_abs());
		outturn.unfunded_perimeter = missing.saturating_sub(outturn.unfunded);
		let sum = &mut round.progress.sums.funded;
		*sum = sum.checked_add(Self::amount(funded)?).ok_or(Error::<T>::Overflow)?;
		Self::owe_for_order(batch.interval, placed.operator, missing);
		Ok(())
	}

	/// Takes what a changed reading adds to the cost of an order from who gave it, and returns how much it was. What that lacks
	/// of the member's credit is owed to it.
	pub(crate) fn fund_change(
		round: &mut Round<T>,
		point: PointId,
		old: &Outturn,
		new: &mut Outturn,
	) -> Result<Amount, DispatchError> {
		let interval = round.interval;
		let Some(placed) = T::Flexibility::placed(interval, point) else { return Ok(0) };
		let credit = new.for_order().ok_or(Error::<T>::Overflow)?;
		let before = old.for_order().and_then(|all| all.checked_sub(Self::amount(old.unfunded).ok()?));
		let more = before.and_then(|before| credit.checked_sub(before)).ok_or(Error::<T>::Overflow)?;
		// What only lowers a debt to the grid operator is no cost of the order.
		let more = more.min(credit).max(0).unsigned_abs();
		let account = T::Participants::account(placed.operator);
		let (funded, missing) = Self::take_for_order(round, account.as_ref(), more)?;
		new.unfunded = missing;
		new.unfunded_perimeter = old.unfunded_perimeter;
		Self::owe_for_order(interval, placed.operator, missing.saturating_sub(old.unfunded));
		let settled = old.unfunded.saturating_sub(missing).min(T::Securities::owed(placed.operator));
		T::Securities::recovered(placed.operator, settled);
		Self::amount(funded)
	}

	/// Takes up to `amount` nEUR of an operator's free money. Returns how much it was, and how much it lacked.
	fn take_for_order(
		round: &mut Round<T>,
		account: Option<&T::AccountId>,
		amount: Balance,
	) -> Result<(Balance, Balance), DispatchError> {
		let taken = account.map_or(Ok(0), |account| Self::take_free(account, amount))?;
		round.collected(taken)?;
		Ok((taken, amount.saturating_sub(taken)))
	}

	/// Books what an operator lacks for its order as its debt.
	fn owe_for_order(interval: Interval, operator: ParticipantId, missing: Balance) {
		if missing.is_zero() {
			return;
		}
		Self::deposit_event(Event::Defaulted { interval, party: Party::GridOperator, amount: missing });
		T::Securities::owe(operator, missing);
	}
}
