//! Corrections: what a later version of a reading changes, settled point by point, debits before credits.

use crate::{
	debit_impls::{metered_of, Batch, Settling},
	round::Round,
	Config, Error, Event, Intervals, Lines, Outturn, Pallet, Stage, StatementRoot, Statements, Sums, FIRST_VERSION,
	MAX_CORRECTIONS, POINT_LINES,
};
use busbar_primitives::{
	traits::{Calendar, Certificates, Grid},
	Amount, Cause, Interval, Line, ParticipantId, Party, PointId, PointKind,
};
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_correct(interval: Interval, points: &[PointId]) -> DispatchResult {
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		let progress = Intervals::<T>::get(interval).ok_or(Error::<T>::NotSettled)?;
		ensure!(progress.stage == Stage::Settled, Error::<T>::NotSettled);
		ensure!(T::Calendar::now() < progress.final_from, Error::<T>::Final);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let batch = Self::batch(interval, &terms)?;
		let mut round = Round::<T>::correction(interval, batch.accounts.clone(), progress);
		for point in points {
			Self::correct_point(&batch, &mut round, *point)?;
		}
		let StatementRoot { root, count } = Self::fix_root(interval, &round.progress);
		let corrections = round.progress.corrections;
		Self::deposit_event(Event::Corrected { interval, corrections, root, lines: count });
		round.store();
		Ok(())
	}

	/// Settles the difference between what a point settles on now and what was settled.
	fn correct_point(batch: &Batch<T::AccountId>, round: &mut Round<T>, point: PointId) -> DispatchResult {
		let interval = batch.interval;
		let mut statement = Statements::<T>::get(interval, point).ok_or(Error::<T>::UnknownPoint)?;
		let old = statement.outturn.ok_or(Error::<T>::NothingToCorrect)?;
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let delivery = Self::delivery(batch, point, &details)?;
		// Readings and rulings come no more: who has none is settled on the dearest estimate, once.
		let last = T::Calendar::now() >= batch.rulings_end;
		let settling = Self::settling(batch, point, &details, &delivery, last)?;
		ensure!(!settling.contested, Error::<T>::Contested);
		let Settling { version: reading, metered, outturn: mut new, .. } = settling;
		let estimated = last && reading == 0 && details.kind == PointKind::Metered;
		// Whatever was funded of it.
		let same = Outturn { unfunded: old.unfunded, unfunded_perimeter: old.unfunded_perimeter, ..new } == old;
		let is_new = reading != statement.reading || (estimated && (statement.corrections == 0 || !same));
		ensure!(is_new, Error::<T>::NothingToCorrect);
		ensure!(statement.corrections < MAX_CORRECTIONS, Error::<T>::TooManyCorrections);
		statement.corrections = statement.corrections.saturating_add(1);
		round.keeper = Some(point);
		round.restart(FIRST_VERSION.saturating_add(statement.corrections));

		// A purse of its own.
		let first = core::mem::take(&mut round.progress.purse);
		let funded = Self::fund_correction(round, point, &old, &mut new)?;
		let before = round.progress.sums;
		let after = before.with_outturn(&old, false).and_then(|sums| sums.with_outturn(&new, true));
		let after = after.ok_or(Error::<T>::Overflow)?;
		round.progress.sums = after;
		let parties = |sums: Sums| sums.parties(&batch.outcome, &batch.tariff);
		let changes = parties(after).zip(parties(before)).and_then(|(after, before)| after.since(&before));
		let changes = changes.ok_or(Error::<T>::Overflow)?;
		let change = new.amount().zip(old.amount()).and_then(|(new, old)| new.checked_sub(old));
		let change = change.ok_or(Error::<T>::Overflow)?;

		let wh = new.imbalance.saturating_sub(old.imbalance);
		let price = crate::bill::price_of(wh, change);
		let (version, party, lines) = (round.version, Party::Point(point), &mut statement.lines);
		round.append(lines, Line { version, party, cause: Cause::Correction, wh, price, amount: change })?;
		for (party, amount) in changes.all().into_iter().filter(|(_, amount)| *amount != 0) {
			round.note(lines, party, Cause::Correction, amount)?;
		}
		let before = statement.counted.then(|| metered_of(&old));
		let counted = metered.is_some() && Self::is_counted(point, interval);
		let after = metered.filter(|_| counted);
		T::Certificates::corrected(interval, point, &details, statement.payer, before, after)?;
		statement.reading = reading;
		statement.counted = counted;
		statement.outturn = Some(new);

		let system = Self::system(&batch.accounts, changes, funded)?;
		let first = (first, core::mem::replace(&mut round.progress.system, system));
		Self::settle_difference(round, &mut statement.lines, point, statement.payer, change)?;
		(round.progress.purse, round.progress.system) = first;
		round.progress.corrections = round.progress.corrections.saturating_add(1);
		Statements::<T>::insert(interval, point, statement);
		Ok(())
	}

	/// Collects what is owed, then pays what is due, of one correction.
	fn settle_difference(
		round: &mut Round<T>,
		lines: &mut Lines<POINT_LINES>,
		point: PointId,
		payer: ParticipantId,
		change: Amount,
	) -> DispatchResult {
		let count = |round: &mut Round<T>| round.count_point(payer, change, 0, Default::default());
		if change > 0 {
			count(round)?;
		}
		round.count_others(lines)?;
		if change < 0 {
			count(round)?;
			if round.is_short(payer) {
				round.draw(lines, point, payer, change.unsigned_abs())?;
			}
		}
		round.close_debits(lines)?;
		round.pay_point(lines, point, payer, change.max(0).unsigned_abs())?;
		round.pay_others(lines)
	}
}
