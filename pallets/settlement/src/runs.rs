//! The runs of an interval's settlement, what each of them settles, and the order in which they are due.
//!
//! A run settles what stood when it became due. The first takes all points, a later one those that are noted for it in
//! [`Changed`]: of a point that is through the first run, or that this run is late with, each change is noted for the first
//! run that is not due yet, and of a run that is due and has not settled the point yet, what stood before is kept. So
//! neither who calls nor when has a say in what a run settles.
//!
//! Runs that are due go on in one order: by due time, interval and number. One that is later than
//! [`run_patience`](busbar_primitives::Terms::run_patience) is not waited for any more.

use crate::{
	Change, Changed, Config, Error, Intervals, NextRuns, Pallet, Progress, Roots, Stage, Statements, Waiting,
	FIRST_RUN, LAST_RUN, LATER_RUNS,
};
use busbar_primitives::{
	metering::Standing,
	traits::{Calendar, Finality, Grid, OnReading, Positions, Readings},
	Interval, Moment, PointId, Terms,
};
use core::cmp::Ordering;
use frame_support::{
	ensure,
	traits::Get,
	weights::{Weight, WeightMeter},
};
use sp_runtime::{DispatchError, DispatchResult};

/// Most intervals that are looked at, of each kind of run, to find the first that is not done.
const LOOKS: u32 = 8;
/// Keys that each look reads: the terms, how far the interval is, what waits for later runs, and how its market ended.
const KEYS: u64 = 4;
/// How much of a proof each of them takes, in bytes.
const PROOF: u64 = 4_096;

/// How many points wait for each run after the first.
pub type Counts = [u32; LATER_RUNS as usize];

/// For each run the first interval that it is not done of, and at last the first that is not final.
pub type Firsts = [Interval; LAST_RUN as usize + 1];

fn count_of(counts: &mut Counts, run: u16) -> Option<&mut u32> {
	counts.get_mut(usize::from(run.checked_sub(FIRST_RUN)?.checked_sub(1)?))
}

impl<T: Config> OnReading for Pallet<T> {
	fn changing(point: PointId, interval: Interval) {
		let Some(terms) = T::Calendar::terms(interval) else { return };
		let now = T::Calendar::now();
		match Statements::<T>::get(interval, point) {
			Some(statement) if statement.outturn.is_none() => return,
			// As long as no credit is paid the interval may be voided, and settles anew what stood then.
			Some(_) if now >= terms.run_due(FIRST_RUN) && !Roots::<T>::contains_key(interval) => {
				Self::fix(interval, FIRST_RUN, point, &terms);
			},
			Some(_) => {},
			// The first run settles what will stand when it takes the point, or when it is due.
			None if now < terms.run_due(FIRST_RUN) => return,
			None if T::Grid::point(point).is_some_and(|details| details.is_in_force(interval)) => {
				Self::fix(interval, FIRST_RUN, point, &terms);
			},
			None => return,
		}
		for run in FIRST_RUN.saturating_add(1)..=LAST_RUN {
			if now < terms.run_due(run) {
				Self::note_change(interval, run, point);
				break;
			}
			if Changed::<T>::contains_key((interval, run), point) {
				Self::fix(interval, run, point, &terms);
			}
		}
	}
}

impl<T: Config> Finality for Pallet<T> {
	/// A statement root without a running account belongs to an interval that is already pruned.
	fn is_final(interval: Interval) -> bool {
		let over = |progress: &Progress| {
			let done = progress.stage == Stage::Settled && T::Calendar::now() >= progress.final_from;
			done && Waiting::<T>::get(interval) == Counts::default()
		};
		Roots::<T>::contains_key(interval) && Intervals::<T>::get(interval).as_ref().is_none_or(over)
	}

	fn first_not_final() -> Interval {
		let [.., mut first] = NextRuns::<T>::get();
		Self::look_for_open(&mut first);
		first
	}
}

impl<T: Config> Pallet<T> {
	/// Keeps what stands now as what a run settles that is due.
	fn fix(interval: Interval, run: u16, point: PointId, terms: &Terms) {
		Changed::<T>::mutate((interval, run), point, |change| {
			let change = change.get_or_insert_with(Change::default);
			let stands = || T::Readings::standing(point, interval, terms.run_due(run));
			change.fixed = change.fixed.or_else(|| Some(stands()));
		});
	}

	/// Notes that a run has a point to settle.
	fn note_change(interval: Interval, run: u16, point: PointId) {
		if Changed::<T>::contains_key((interval, run), point) {
			return;
		}
		Changed::<T>::insert((interval, run), point, Change::default());
		Waiting::<T>::mutate(interval, |counts| {
			if let Some(count) = count_of(counts, run) {
				*count = count.saturating_add(1);
			}
		});
	}

	/// What stands of a point's reading in a run, which is settled with it now. Notes the point for those runs that it changes
	/// for by itself: an open dispute ends, and who is silent and `is_estimated` is settled on the last estimate in the last run.
	pub(crate) fn take_standing(
		interval: Interval,
		run: u16,
		point: PointId,
		is_estimated: impl FnOnce() -> bool,
		terms: &Terms,
	) -> Standing {
		// Of the first run it is kept: if the interval is voided, it settles that once more.
		let change = match run {
			FIRST_RUN => Changed::<T>::get((interval, run), point),
			_ => Changed::<T>::take((interval, run), point),
		};
		let fixed = change.and_then(|change| change.fixed);
		let at = T::Calendar::now().min(terms.run_due(run));
		let standing = fixed.unwrap_or_else(|| T::Readings::standing(point, interval, at));
		let again = match standing {
			Standing::Reading { .. } => None,
			Standing::Contested(_) => Some(run.saturating_add(1)),
			Standing::Silent { .. } => is_estimated().then_some(LAST_RUN),
		};
		if let Some(again) = again.filter(|again| *again > run && *again <= LAST_RUN) {
			Self::note_change(interval, again, point);
		}
		standing
	}

	/// Begins the next run of an interval whose last one is done, unless another is due before it.
	pub(crate) fn next_run(interval: Interval, terms: &Terms, progress: Progress) -> Result<Progress, DispatchError> {
		ensure!(!Self::is_final(interval), Error::<T>::Final);
		let mut waiting = Waiting::<T>::get(interval);
		for run in progress.run.saturating_add(1)..=LAST_RUN {
			let count = count_of(&mut waiting, run).map(core::mem::take).unwrap_or(0);
			if count > 0 {
				ensure!(T::Calendar::now() >= terms.run_due(run), Error::<T>::RunNotDue);
				// Before it does not wait any more.
				Self::ensure_turn(interval, run, terms)?;
				Waiting::<T>::insert(interval, waiting);
				return Ok(progress.later(run, count));
			}
		}
		Err(Error::<T>::AlreadySettled.into())
	}

	/// That no other run is due before this one. A first run that is not due yet, because its readings came early, is in no
	/// order: it goes on whenever it can.
	pub(crate) fn ensure_turn(interval: Interval, run: u16, terms: &Terms) -> DispatchResult {
		let own = (terms.run_due(run), interval, run);
		if T::Calendar::now() < terms.run_due(run) {
			return Ok(());
		}
		let mut firsts = NextRuns::<T>::get();
		for (kind, first) in (FIRST_RUN..=LAST_RUN).zip(&mut firsts) {
			if let Some((other, terms)) = Self::look_for_due(kind, first) {
				ensure!((terms.run_due(kind), other, kind) >= own, Error::<T>::EarlierRunDue);
			}
		}
		NextRuns::<T>::put(firsts);
		Ok(())
	}

	/// The first interval from `first` on, which goes along, of which a run is due and not done.
	fn look_for_due(run: u16, first: &mut Interval) -> Option<(Interval, Terms)> {
		*first = T::Calendar::first_kept().max(*first);
		let now = T::Calendar::now();
		let end = T::Calendar::first_unopened().min(first.saturating_add(LOOKS));
		let mut whole = true;
		for interval in *first..end {
			if let Some(terms) = T::Calendar::terms(interval) {
				if now < terms.run_due(run) {
					return None;
				}
				match Self::is_through(interval, run, &terms, now) {
					// As long as its market has not ended there is nothing to do for it.
					Some(false) if T::Positions::outcome(interval).is_some() => return Some((interval, terms)),
					Some(true) => {},
					_ => whole = false,
				}
			}
			if whole {
				*first = interval.saturating_add(1);
			}
		}
		None
	}

	/// Whether a run that is due is done, or has nothing to do, or is not waited for any more. `None` as long as one before it
	/// is not done, which is waited for itself.
	fn is_through(interval: Interval, run: u16, terms: &Terms, now: Moment) -> Option<bool> {
		if now >= terms.run_due(run).saturating_add(terms.run_patience()) {
			return Some(true);
		}
		let Some(progress) = Intervals::<T>::get(interval) else {
			return if Roots::<T>::contains_key(interval) { Some(true) } else { (run == FIRST_RUN).then_some(false) };
		};
		let mut waiting = Waiting::<T>::get(interval);
		let mut waits = |run| count_of(&mut waiting, run).is_some_and(|count| *count > 0);
		match (progress.run.cmp(&run), progress.stage == Stage::Settled) {
			(Ordering::Greater, _) => Some(true),
			(Ordering::Equal, is_done) => Some(is_done),
			(Ordering::Less, true) if !(progress.run.saturating_add(1)..run).any(&mut waits) => Some(!waits(run)),
			(Ordering::Less, _) => None,
		}
	}

	/// Moves `first` to the first interval that is not final, as far as it looks.
	fn look_for_open(first: &mut Interval) {
		*first = T::Calendar::first_kept().max(*first);
		let end = T::Calendar::first_unopened().min(first.saturating_add(LOOKS));
		let is_over = |interval: &Interval| T::Calendar::terms(*interval).is_none() || Self::is_final(*interval);
		*first = (*first..end).find(|interval| !is_over(interval)).unwrap_or(end.max(*first));
	}

	/// Goes along with what is done, so that a call need not look far.
	pub(crate) fn look_ahead(meter: &mut WeightMeter) {
		let kinds = u64::from(LAST_RUN).saturating_add(1);
		let reads = u64::from(LOOKS).saturating_mul(KEYS).saturating_mul(kinds).saturating_add(1);
		let proof = Weight::from_parts(0, reads.saturating_mul(PROOF));
		if meter.try_consume(T::DbWeight::get().reads_writes(reads, 1).saturating_add(proof)).is_err() {
			return;
		}
		let mut firsts = NextRuns::<T>::get();
		let before = firsts;
		let [runs @ .., open] = &mut firsts;
		for (kind, first) in (FIRST_RUN..=LAST_RUN).zip(runs) {
			Self::look_for_due(kind, first);
		}
		Self::look_for_open(open);
		if firsts != before {
			NextRuns::<T>::put(firsts);
		}
	}
}
