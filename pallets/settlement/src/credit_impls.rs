//! The credit phase: payment of credits, loss shares after defaults, and the statement root.

use crate::{
	Accounts, Config, Error, Event, InTransit, Intervals, Pallet, Progress, Roots, Stage, StatementRoot, Statements,
	SystemAccounts, SystemLines, VERSION,
};
use busbar_primitives::{
	traits::{Grid, Participants},
	Amount, Balance, Cause, Interval, Line, Party, PointId,
};
use frame_support::{
	ensure,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding, traits::Zero, DispatchError, DispatchResult, Rounding,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_credit(interval: Interval, points: &[PointId]) -> DispatchResult {
		ensure!(!Roots::<T>::contains_key(interval), Error::<T>::AlreadySettled);
		let mut progress = Intervals::<T>::get(interval).ok_or(Error::<T>::DebitsNotDone)?;
		ensure!(progress.stage == Stage::Credits, Error::<T>::DebitsNotDone);
		ensure!(!points.is_empty() || progress.points.is_zero(), Error::<T>::EmptyBatch);
		let accounts = SystemAccounts::<T>::get().ok_or(Error::<T>::AccountsNotSet)?;
		for point in points {
			Self::credit_point(interval, &mut progress, &accounts, *point)?;
		}
		Self::deposit_event(Event::Credited { interval, done: progress.credits_done, points: progress.points });
		if progress.credits_done == progress.points {
			Self::close_credits(interval, &mut progress, &accounts)?;
		}
		Intervals::<T>::insert(interval, progress);
		Ok(())
	}

	/// Takes one point through the credit phase.
	fn credit_point(
		interval: Interval,
		progress: &mut Progress,
		accounts: &Accounts<T::AccountId>,
		point: PointId,
	) -> DispatchResult {
		ensure!(point < progress.points, Error::<T>::UnknownPoint);
		let mut statement = Statements::<T>::get(interval, point).ok_or(Error::<T>::DebitsNotDone)?;
		ensure!(!statement.credited, Error::<T>::AlreadySettled);
		let share = Self::share(progress, statement.credit)?;
		if let Some(line) = Self::loss(Party::Point(point), statement.credit, share)? {
			Self::append(interval, progress, &mut statement.lines, line)?;
		}
		if !share.is_zero() {
			let owner = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.owner;
			match T::Participants::account(owner) {
				Some(account) => Self::pay(progress, &account, share)?,
				None => {
					Self::pay(progress, &accounts.rent, share)?;
					Self::deposit_event(Event::Unclaimed { interval, point, amount: share });
				},
			}
		}
		statement.credited = true;
		Statements::<T>::insert(interval, point, statement);
		progress.credits_done = progress.credits_done.saturating_add(1);
		Ok(())
	}

	/// What is paid of a credit: all of it, or after defaults its share of what was collected, rounded down.
	fn share(progress: &Progress, credit: Balance) -> Result<Balance, DispatchError> {
		if progress.collected == progress.due {
			return Ok(credit);
		}
		multiply_by_rational_with_rounding(credit, progress.collected, progress.due, Rounding::Down)
			.ok_or(Error::<T>::Overflow.into())
	}

	/// The line that brings a credit to what is paid of it, if they differ.
	fn loss(party: Party, credit: Balance, paid: Balance) -> Result<Option<Line>, DispatchError> {
		let signed = |amount: Balance| Amount::try_from(amount).map_err(|_| Error::<T>::Overflow);
		let amount = signed(paid)?.checked_sub(signed(credit)?).ok_or(Error::<T>::Overflow)?;
		let line = Line { version: VERSION, party, cause: Cause::LossShare, wh: 0, price: 0, amount };
		Ok((amount != 0).then_some(line))
	}

	/// Pays `amount` nEUR out of the settlement account.
	fn pay(progress: &mut Progress, to: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer(&Self::account_id(), to, amount, Preservation::Expendable)?;
		progress.paid = progress.paid.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		InTransit::<T>::mutate(|transit| *transit = transit.saturating_sub(amount));
		Ok(())
	}

	/// Pays the parties that are not connection points and fixes the statement root. The rent account takes what is left,
	/// which is its share and the remainders of the rounding.
	fn close_credits(interval: Interval, progress: &mut Progress, accounts: &Accounts<T::AccountId>) -> DispatchResult {
		let credits = progress.system;
		let grid = Self::share(progress, credits.grid)?;
		Self::pay(progress, &accounts.grid, grid)?;
		let balancing = Self::share(progress, credits.balancing)?;
		if !balancing.is_zero() {
			let account = T::Participants::account(accounts.balancing).ok_or(Error::<T>::AccountsNotSet)?;
			Self::pay(progress, &account, balancing)?;
		}
		let rest = progress.in_transit();
		Self::pay(progress, &accounts.rent, rest)?;

		let mut lines = SystemLines::<T>::get(interval);
		for (party, credit, paid) in [
			(Party::GridOperator, credits.grid, grid),
			(Party::Balancing, credits.balancing, balancing),
			(Party::CongestionRent, credits.rent, rest),
		] {
			if let Some(line) = Self::loss(party, credit, paid)? {
				Self::append(interval, progress, &mut lines, line)?;
			}
		}
		ensure!(progress.lines_sum == 0 && progress.in_transit().is_zero(), Error::<T>::NotBalanced);

		let (root, count) = (progress.frontier.root(), progress.frontier.count());
		progress.stage = Stage::Settled;
		SystemLines::<T>::insert(interval, lines);
		Roots::<T>::insert(interval, StatementRoot { root, count });
		Self::deposit_event(Event::Settled { interval, root, lines: count });
		Ok(())
	}
}
