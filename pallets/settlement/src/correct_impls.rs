//! Corrections: what a later version of a reading changes, settled point by point, debits before credits.

use crate::{
	debit_impls::Batch, money::others, Config, Error, Event, Intervals, Pallet, Progress, Stage, Statement,
	StatementRoot, Statements, FIRST_VERSION, MAX_CORRECTIONS,
};
use busbar_primitives::{
	traits::{Calendar, Certificates, Grid, Readings},
	Amount, Cause, Interval, Line, Party, PointId,
};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_correct(interval: Interval, points: &[PointId]) -> DispatchResult {
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		let mut progress = Intervals::<T>::get(interval).ok_or(Error::<T>::NotSettled)?;
		ensure!(progress.stage == Stage::Settled, Error::<T>::NotSettled);
		ensure!(T::Calendar::now() < progress.final_from, Error::<T>::Final);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let batch = Self::batch(interval, &terms)?;
		for point in points {
			Self::correct_point(&batch, &mut progress, *point)?;
		}
		let StatementRoot { root, count } = Self::fix_root(interval, &progress);
		Self::deposit_event(Event::Corrected { interval, corrections: progress.corrections, root, lines: count });
		Intervals::<T>::insert(interval, progress);
		Ok(())
	}

	/// Settles the difference between a point's newest reading and the one that was settled.
	fn correct_point(batch: &Batch<T::AccountId>, progress: &mut Progress, point: PointId) -> DispatchResult {
		let interval = batch.interval;
		let mut statement = Statements::<T>::get(interval, point).ok_or(Error::<T>::UnknownPoint)?;
		let old = statement.outturn.ok_or(Error::<T>::NothingToCorrect)?;
		ensure!(!T::Readings::is_contested(point, interval), Error::<T>::Contested);
		let reading = T::Readings::version(point, interval);
		ensure!(reading != statement.reading, Error::<T>::NothingToCorrect);
		ensure!(statement.corrections < MAX_CORRECTIONS, Error::<T>::TooManyCorrections);
		statement.corrections = statement.corrections.saturating_add(1);
		let version = FIRST_VERSION.saturating_add(statement.corrections);

		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let delivery = Self::delivery(interval, point, &details)?;
		// One that counts as none leaves what was settled before.
		let metered = Some(Self::reading(point, interval).ok_or(Error::<T>::NothingToCorrect)?);
		let new = delivery.outturn(&batch.tariff, metered).ok_or(Error::<T>::Overflow)?;
		let parties = |progress: &Progress| progress.sums.parties(&batch.outcome, &batch.tariff.posted);
		let before = parties(progress).ok_or(Error::<T>::Overflow)?;
		let sums = progress.sums.with_outturn(&old, false).and_then(|sums| sums.with_outturn(&new, true));
		progress.sums = sums.ok_or(Error::<T>::Overflow)?;
		let changes = parties(progress).and_then(|after| after.since(&before)).ok_or(Error::<T>::Overflow)?;
		let change = new.amount().zip(old.amount()).and_then(|(new, old)| new.checked_sub(old));
		let change = change.ok_or(Error::<T>::Overflow)?;

		let wh = new.imbalance.saturating_sub(old.imbalance);
		let price = if crate::bill::receipt(new.rate, wh) == change { new.rate } else { 0 };
		let line = Line { version, party: Party::Point(point), cause: Cause::Correction, wh, price, amount: change };
		Self::append(interval, progress, &mut statement.lines, line)?;
		for (party, amount) in others(&changes).into_iter().filter(|(_, amount)| *amount != 0) {
			let line = Line { version, party, cause: Cause::Correction, wh: 0, price: 0, amount };
			Self::append(interval, progress, &mut statement.lines, line)?;
		}
		let before = (statement.reading > 0).then_some(old.drawn);
		T::Certificates::corrected(interval, point, &details, statement.payer, before, metered)?;
		statement.reading = reading;
		statement.outturn = Some(new);

		let settled = core::mem::take(&mut progress.purse);
		Self::settle_difference(batch, version, progress, &mut statement, point, change, &others(&changes))?;
		progress.purse = settled;
		progress.corrections = progress.corrections.saturating_add(1);
		Statements::<T>::insert(interval, point, statement);
		Ok(())
	}

	/// Collects what is owed, then pays what is due, of one correction.
	#[allow(clippy::too_many_arguments)]
	fn settle_difference(
		batch: &Batch<T::AccountId>,
		version: u16,
		progress: &mut Progress,
		statement: &mut Statement,
		point: PointId,
		change: Amount,
		others: &[(Party, Amount); 4],
	) -> Result<(), DispatchError> {
		let (interval, accounts, lines) = (batch.interval, &batch.accounts, &mut statement.lines);
		let payer = statement.payer;
		if change < 0 {
			let debt = change.unsigned_abs();
			let missing = Self::collect_from_point(interval, point, payer, Default::default(), debt)?;
			let party = Party::Point(point);
			Self::book(interval, version, progress, lines, party, Some(payer), debt, missing)?;
		}
		for (party, amount) in others.iter().filter(|(_, amount)| *amount < 0) {
			let debt = amount.unsigned_abs();
			Self::debit_other(interval, version, progress, lines, accounts, *party, debt)?;
		}
		Self::cover(interval, version, progress, lines)?;

		let credits = others.iter().map(|(_, amount)| *amount).chain([change]).filter(|amount| *amount > 0);
		for amount in credits {
			progress.purse.add_due(amount.unsigned_abs()).ok_or(Error::<T>::Overflow)?;
		}
		Self::ensure_open(progress)?;

		if change > 0 {
			let credit = change.unsigned_abs();
			Self::credit_payer(interval, version, progress, lines, accounts, point, payer, credit)?;
		}
		for (party, amount) in others {
			Self::credit_other(interval, version, progress, lines, accounts, *party, *amount)?;
		}
		ensure!(progress.lines_sum == 0 && progress.purse.in_transit().is_zero(), Error::<T>::NotBalanced);
		Ok(())
	}
}
