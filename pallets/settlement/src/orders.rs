//! Who pays for what the grid operator ordered: whoever ordered it, from what is held for that.
//!
//! What it lacks is its debt, and reduces the credits that the order gave: first the member's, then that of the
//! balance-responsible party. So a credit that nobody has funded sets off no debt, and nobody else bears anything of it. What it
//! repays goes to these two, in reverse order.

use crate::{
	bill::{Delivery, Outturn},
	debit_impls::Batch,
	round::Round,
	Config, Error, Event, OrderDebt, OrderDebts, Pallet,
};
use alloc::vec;
use busbar_primitives::{
	traits::{Charges, Participants, Readings, Reductions},
	Amount, Balance, Interval, Moment, Party, PointId, SignedWh, ADJUSTED_BY,
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// What a point that was ordered to draw or feed in less would have drawn, in Wh, by what stood at chain time `at`; `None` if
	/// no like day says so.
	pub(crate) fn baseline(interval: Interval, point: PointId, at: Moment) -> Option<SignedWh> {
		let baseline = T::Flexibility::placed(interval, point)?.baseline?;
		let metered = ADJUSTED_BY.into_iter().try_fold(0, |sum: SignedWh, back| {
			sum.checked_add(T::Readings::stood(point, interval.checked_sub(back)?, at)?)
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
		let (member, perimeter) = (outturn.unfunded, outturn.unfunded_perimeter);
		let debt = OrderDebt { operator: placed.operator, member, perimeter };
		Self::owe_for_order(batch.interval, point, debt);
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
		// What who ordered it has repaid meanwhile the member has already.
		let operator = placed.operator;
		let debt = OrderDebts::<T>::get(interval, point).unwrap_or(OrderDebt { operator, member: 0, perimeter: 0 });
		let repaid = old.unfunded.saturating_sub(debt.member);
		let (funded, missing) = Self::take_for_order(round, account.as_ref(), more.saturating_sub(repaid))?;
		new.unfunded = repaid.saturating_add(missing);
		new.unfunded_perimeter = old.unfunded_perimeter;
		let settled = debt.member.saturating_sub(missing);
		if !settled.is_zero() {
			Self::put_order_debt(interval, point, OrderDebt { member: missing, ..debt });
			round.forgive(operator, settled)?;
		}
		let member = missing.saturating_sub(debt.member);
		Self::owe_for_order(interval, point, OrderDebt { operator, member, perimeter: 0 });
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
	fn owe_for_order(interval: Interval, point: PointId, debt: OrderDebt) {
		let amount = debt.sum();
		if amount.is_zero() {
			return;
		}
		Self::deposit_event(Event::Defaulted { interval, party: Party::GridOperator, amount });
		Self::book_order(interval, point, debt);
	}
}
