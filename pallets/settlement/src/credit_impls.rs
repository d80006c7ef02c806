//! The credit phase: payment of credits, loss shares after defaults, and the statement root.

use crate::{
	money::others, Accounts, Config, Error, Event, Intervals, Pallet, Progress, Roots, Stage, StatementRoot,
	Statements, SystemAccounts, SystemLines, FIRST_VERSION,
};
use busbar_primitives::{traits::Certificates, Interval, Party, PointId};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

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
		let (payer, credit) = (statement.payer, statement.credit);
		let lines = &mut statement.lines;
		Self::credit_payer(interval, FIRST_VERSION, progress, lines, accounts, point, payer, credit)?;
		T::Certificates::paid(interval, point, payer)?;
		statement.credited = true;
		Statements::<T>::insert(interval, point, statement);
		progress.credits_done = progress.credits_done.saturating_add(1);
		Ok(())
	}

	/// Pays the parties that are not connection points and fixes the statement root. The rent account takes what is left,
	/// which is its share and the remainders of the rounding.
	fn close_credits(interval: Interval, progress: &mut Progress, accounts: &Accounts<T::AccountId>) -> DispatchResult {
		let mut lines = SystemLines::<T>::get(interval);
		let system = progress.system;
		for (party, amount) in others(&system) {
			Self::credit_other(interval, FIRST_VERSION, progress, &mut lines, accounts, party, amount)?;
		}
		ensure!(progress.lines_sum == 0 && progress.purse.in_transit().is_zero(), Error::<T>::NotBalanced);
		T::Certificates::closed(interval, accounts.balancing)?;
		progress.stage = Stage::Settled;
		SystemLines::<T>::insert(interval, lines);
		let StatementRoot { root, count } = Self::fix_root(interval, progress);
		Self::deposit_event(Event::Settled { interval, root, lines: count });
		Ok(())
	}

	/// Pays a party that is not a connection point what it receives in this round, if anything, and the rent account, which
	/// comes last, what is left.
	pub(crate) fn credit_other<const MAX: u32>(
		interval: Interval,
		version: u16,
		progress: &mut Progress,
		lines: &mut crate::Lines<MAX>,
		accounts: &Accounts<T::AccountId>,
		party: Party,
		amount: busbar_primitives::Amount,
	) -> Result<(), DispatchError> {
		let credit = amount.max(0).unsigned_abs();
		let paid = match party {
			Party::CongestionRent => progress.purse.in_transit(),
			_ => Self::share(&progress.purse, credit)?,
		};
		match party {
			Party::Balancing if !paid.is_zero() => {
				// The close waits for an account, so that nothing is unclaimed here.
				Self::account_of(accounts, party)?;
				Self::pay_participant(progress, accounts, accounts.balancing, paid)?;
			},
			_ if !paid.is_zero() => Self::pay(progress, &Self::account_of(accounts, party)?, paid)?,
			_ => {},
		}
		if let Some(line) = Self::loss(version, party, credit, paid)? {
			Self::append(interval, progress, lines, line)?;
		}
		Ok(())
	}

	/// The root over all lines so far, from now on the interval's.
	pub(crate) fn fix_root(interval: Interval, progress: &Progress) -> StatementRoot {
		let root = StatementRoot { root: progress.frontier.root(), count: progress.frontier.count() };
		Roots::<T>::insert(interval, root);
		root
	}
}
