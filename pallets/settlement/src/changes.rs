//! Runs after the first: what points whose readings changed come to now, less what was settled for them, netted over all
//! of them and settled like a first run, with the accounts, tariffs and balance-responsible party of their interval.

use crate::{
	debit_impls::{metered_of, Batch, Settling},
	round::Round,
	Changed, Config, Error, Event, Outturn, Pallet, Progress, Stage, Statements, SystemLines,
};
use busbar_primitives::{
	traits::{Certificates, Grid, Securities},
	Cause, Interval, Line, Party, PointId, Terms,
};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Takes one point through the debit phase of a run after the first.
	pub(crate) fn debit_changed(batch: &Batch<T::AccountId>, round: &mut Round<T>, point: PointId) -> DispatchResult {
		let (interval, run) = (batch.interval, round.progress.run);
		let mut statement = Statements::<T>::get(interval, point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(statement.run < run, Error::<T>::AlreadySettled);
		ensure!(Changed::<T>::contains_key((interval, run), point), Error::<T>::NotChanged);
		let old = statement.outturn.ok_or(Error::<T>::NotChanged)?;
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let delivery = Self::delivery(batch, point, &details, run)?;
		let is_estimated = || Self::is_estimated(interval, point, &details, &delivery);
		let standing = Self::take_standing(interval, run, point, is_estimated, &batch.terms);
		let settling = Self::settling(batch, point, &details, &delivery, standing, run)?;
		let Settling { version: reading, metered, outturn: mut new, .. } = settling;
		let same = Outturn { unfunded: old.unfunded, unfunded_perimeter: old.unfunded_perimeter, ..new } == old;
		round.keeper = Some(point);

		let funded = Self::fund_change(round, point, &old, &mut new)?;
		let sums = &mut round.progress.sums;
		sums.funded = sums.funded.checked_add(funded).ok_or(Error::<T>::Overflow)?;
		*sums = sums
			.with_outturn(&old, false)
			.and_then(|sums| sums.with_outturn(&new, true))
			.ok_or(Error::<T>::Overflow)?;
		let change = new.amount().zip(old.amount()).and_then(|(new, old)| new.checked_sub(old));
		let change = change.ok_or(Error::<T>::Overflow)?;
		if change != 0 || !same || reading != statement.reading {
			let wh = new.imbalance.saturating_sub(old.imbalance);
			let price = crate::bill::price_of(wh, change);
			let (party, cause) = (Party::Point(point), Cause::Correction);
			round.append(&mut statement.lines, Line { version: run, party, cause, wh, price, amount: change })?;
		}
		let before = statement.counted.then(|| metered_of(&old));
		T::Certificates::corrected(interval, point, &details, statement.payer, before, metered)?;
		statement.run = run;
		statement.amount = change;
		(statement.drawn, statement.credited) = (false, false);
		statement.reading = reading;
		statement.counted = metered.is_some();
		if let Some(wh) = metered {
			let by_owner = statement.payer == details.owner;
			T::Securities::consumed(interval, point, &details, &batch.terms, by_owner, wh);
		}
		statement.outturn = Some(new);
		round.count_point(statement.payer, change, 0, Default::default())?;
		Statements::<T>::insert(interval, point, statement);
		round.progress.debits_done = round.progress.debits_done.saturating_add(1);
		Ok(())
	}

	/// All points of the run are counted: what that changes for the other parties.
	pub(crate) fn settle_changes(batch: &Batch<T::AccountId>, round: &mut Round<T>) -> DispatchResult {
		let sums = round.progress.sums;
		let parties = sums.parties(&batch.outcome, &batch.tariff).ok_or(Error::<T>::Overflow)?;
		let before = core::mem::replace(&mut round.progress.parties, parties);
		let changes = parties.since(&before).ok_or(Error::<T>::Overflow)?;
		round.progress.system = Self::system(&batch.accounts, changes, sums.funded)?;
		round.keeper = None;
		let mut lines = SystemLines::<T>::get(batch.interval);
		for (party, amount) in changes.all().into_iter().filter(|(_, amount)| *amount != 0) {
			round.note(&mut lines, party, Cause::Correction, amount)?;
		}
		round.give_back_undone(&mut lines)?;
		Self::count_others(round, lines)
	}

	/// Leaves out of a run, which the council drops, what it has not counted yet, so that it ends.
	pub(crate) fn drop_run(interval: Interval, terms: &Terms, progress: Progress) -> DispatchResult {
		let progress = match progress.stage {
			Stage::Settled => Self::next_run(interval, terms, progress)?,
			_ => progress,
		};
		ensure!(progress.stage == Stage::Debits, Error::<T>::CreditsBegun);
		let batch = Self::batch(interval, terms)?;
		let (run, done) = (progress.run, progress.debits_done);
		let left_out = progress.to_settle.saturating_sub(done);
		let mut round = Round::<T>::new(interval, batch.accounts.clone(), Progress { to_settle: done, ..progress });
		Self::deposit_event(Event::RunDropped { interval, run, points: left_out });
		if done.is_zero() {
			round.progress.stage = Stage::Settled;
		} else {
			Self::settle_changes(&batch, &mut round)?;
		}
		round.store();
		Ok(())
	}
}
