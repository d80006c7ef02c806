//! The phases after the debits: securities of points whose payers are short, payment of credits, and the statement root.

use crate::{
	round::Round, Config, Error, Event, Pallet, Progress, Roots, Stage, Statement, StatementRoot, Statements,
	SystemLines, FIRST_RUN,
};
use busbar_primitives::{traits::Certificates, Interval, PointId};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_draw(interval: Interval, points: &[PointId]) -> DispatchResult {
		let mut round = Self::continued(interval, Stage::Draws)?;
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		for point in points {
			let mut statement = Self::debited(&round, *point)?;
			let payer = statement.payer;
			let stands = statement.run == round.progress.run
				&& statement.amount < 0
				&& !statement.drawn
				&& round.is_short(payer);
			ensure!(stands, Error::<T>::NothingToDraw);
			round.keeper = Some(*point);
			round.draw(&mut statement.lines, *point, payer, statement.amount.unsigned_abs())?;
			statement.drawn = true;
			Statements::<T>::insert(interval, point, statement);
		}
		let left = round.progress.purse.to_draw;
		Self::deposit_event(Event::Drawn { interval, left });
		if left.is_zero() {
			Self::close_debits(&mut round, SystemLines::<T>::get(interval))?;
		}
		round.store();
		Ok(())
	}

	pub(crate) fn do_credit(interval: Interval, points: &[PointId]) -> DispatchResult {
		let mut round = Self::continued(interval, Stage::Credits)?;
		ensure!(!points.is_empty() || round.progress.to_settle.is_zero(), Error::<T>::EmptyBatch);
		for point in points {
			Self::credit_point(&mut round, *point)?;
		}
		let Progress { run, credits_done: done, to_settle: points, .. } = round.progress;
		Self::deposit_event(Event::Credited { interval, run, done, points });
		if done == points {
			Self::close_credits(&mut round)?;
		}
		round.store();
		Ok(())
	}

	/// The statement of a point that is through the debit phase of some run.
	fn debited(round: &Round<T>, point: PointId) -> Result<Statement, DispatchError> {
		ensure!(point < round.progress.points, Error::<T>::UnknownPoint);
		Statements::<T>::get(round.interval, point).ok_or(Error::<T>::DebitsNotDone.into())
	}

	/// Takes one point through the credit phase.
	fn credit_point(round: &mut Round<T>, point: PointId) -> DispatchResult {
		let mut statement = Self::debited(round, point)?;
		ensure!(statement.run == round.progress.run, Error::<T>::NotChanged);
		ensure!(!statement.credited, Error::<T>::AlreadySettled);
		if statement.outturn.is_some() {
			let credit = statement.amount.max(0).unsigned_abs();
			round.keeper = Some(point);
			round.pay_point(&mut statement.lines, point, statement.payer, credit)?;
			if statement.run == FIRST_RUN {
				T::Certificates::paid(round.interval, point, statement.payer)?;
			}
		}
		statement.credited = true;
		Statements::<T>::insert(round.interval, point, statement);
		round.progress.credits_done = round.progress.credits_done.saturating_add(1);
		Ok(())
	}

	/// Pays the parties that are not connection points and fixes the statement root.
	fn close_credits(round: &mut Round<T>) -> DispatchResult {
		let interval = round.interval;
		let mut lines = SystemLines::<T>::get(interval);
		round.keeper = None;
		round.pay_others(&mut lines)?;
		let run = round.progress.run;
		if run == FIRST_RUN {
			T::Certificates::closed(interval, round.accounts.balancing)?;
		}
		round.progress.stage = Stage::Settled;
		SystemLines::<T>::insert(interval, lines);
		let StatementRoot { root, count } = Self::fix_root(interval, &round.progress);
		Self::deposit_event(Event::Settled { interval, run, root, lines: count });
		Ok(())
	}

	/// The root over all lines so far, from now on the interval's.
	pub(crate) fn fix_root(interval: Interval, progress: &Progress) -> StatementRoot {
		let root = StatementRoot { root: progress.frontier.root(), count: progress.frontier.count() };
		Roots::<T>::insert(interval, root);
		root
	}
}
