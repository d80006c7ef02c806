//! What there is to do for an interval.

use anyhow::Result;
use busbar_client::{
	constants,
	pallet_metering::{self, Proven, Worth},
	pallet_settlement::{self, Stage, Statement},
	storage, Chain, RuntimeCall,
};
use busbar_primitives::{
	api::{Clock, Status},
	metering::Duty,
	Interval, Moment, Phase, Point, PointId, PointKind, Quality, Terms, FIRST_RUN, LAST_RUN,
};
use serde::Serialize;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// A call of a keeper.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
	/// Collect debits.
	Debit,
	/// Draw on what secures those who are short.
	Draw,
	/// Pay credits.
	Credit,
	/// Collect the debits of a run after the first: what newer readings change.
	Correct,
	/// Close disputes whose deadline is over without a ruling, one point at a time.
	Close,
	/// Report readings that did not come in time.
	Report,
}

impl Kind {
	/// The call for some points of an interval.
	pub(super) fn call(self, interval: Interval, points: &[PointId]) -> RuntimeCall {
		use pallet_settlement::Call;
		let points = points.to_vec();
		match self {
			Self::Debit | Self::Correct => Call::debit { interval, points }.into(),
			Self::Draw => Call::draw { interval, points }.into(),
			Self::Credit => Call::credit { interval, points }.into(),
			Self::Close => {
				let point = points.first().copied().unwrap_or_default();
				pallet_metering::Call::close_dispute { interval, point }.into()
			},
			Self::Report => pallet_metering::Call::report_missing { interval, points }.into(),
		}
	}

	/// What was done with the points, in words.
	pub fn done(self) -> &'static str {
		match self {
			Self::Debit => "debited",
			Self::Draw => "drawn on",
			Self::Credit => "credited",
			Self::Correct => "corrected",
			Self::Close => "freed of a dispute that nobody ruled on",
			Self::Report => "reported missing",
		}
	}
}

/// Points that one transaction takes.
pub(super) struct Batch {
	pub kind: Kind,
	pub points: Vec<PointId>,
}

pub(super) enum Work {
	Call(Batch),
	/// A call, from this chain time on: until then another run may be due before, and a call in vain spends a budget.
	Turn(Moment),
	/// Nothing now, unless readings come.
	Later(Later),
	/// The interval is final.
	Over,
}

/// When there will be something to do, in chain time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Later {
	/// When there surely is: the market's terms say so, whenever one asks.
	pub until: Moment,
	/// When to look again, because readings may come before.
	pub again: Moment,
	/// Points that wait for their readings.
	pub waiting: usize,
}

impl Later {
	/// Readings may come at any time before `until`.
	fn unless_read(clock: &Clock, until: Moment, waiting: usize) -> Self {
		let soon = clock.now.saturating_add(look_again(clock));
		Self { until, again: soon.min(until.max(clock.now.saturating_add(1))), waiting }
	}

	/// Nothing can come before `until`; after that the market is still at work.
	fn after(clock: &Clock, until: Moment) -> Self {
		Self { until, again: until.max(clock.now.saturating_add(look_again(clock))), waiting: 0 }
	}
}

/// How long to wait, in ms of chain time, before looking for readings again: a tenth of an interval.
pub(super) fn look_again(clock: &Clock) -> Moment {
	Moment::from(clock.interval_clock_s).saturating_mul(100)
}

/// When a run that is due surely is in turn: whatever is due before it is done then or not waited for any more. `None` if that
/// is now. One that is not due, because readings came early, is in no order.
fn turn(clock: &Clock, terms: &Terms, run: u16) -> Option<Moment> {
	let due = terms.run_due(run);
	let from = due.saturating_add(terms.run_patience());
	(due..from).contains(&clock.now).then_some(from)
}

/// What there is to do for an interval at a block.
pub(super) async fn next(chain: &Chain, at: H256, clock: &Clock, status: &Status) -> Result<Work> {
	let (interval, terms) = (status.interval, &status.terms);
	let Some(outcome) = status.outcome.as_ref().filter(|_| clock.now >= terms.delivery_end) else {
		return Ok(Work::Later(Later::after(clock, terms.delivery_end)));
	};
	if status.phase == Phase::Final {
		return Ok(Work::Over);
	}
	let disputes = chain.all_disputes(at, interval).await?;
	// The standing reading prevails, and its point can be settled or corrected.
	if let Some((point, _)) = disputes.iter().find(|(_, dispute)| dispute.deadline <= clock.now) {
		return Ok(Work::Call(Batch { kind: Kind::Close, points: vec![*point] }));
	}
	let (kind, points, waiting) = match status.phase {
		Phase::Settled => return later_runs(chain, at, clock, status).await,
		Phase::Draws => (Kind::Draw, chain.points_to_draw(at, interval).await?, 0),
		Phase::Credits => (Kind::Credit, uncredited(chain, at, interval, FIRST_RUN).await?, 0),
		_ => {
			let open = undebited(chain, at, interval, outcome.points).await?;
			let ready = if clock.now >= terms.run_due(FIRST_RUN) {
				open.clone()
			} else {
				read(chain, at, interval, &open).await?
			};
			let waiting = open.len().saturating_sub(ready.len());
			(Kind::Debit, ready, waiting)
		},
	};
	// An interval without points is settled by empty batches.
	if points.is_empty() && outcome.points > 0 {
		// Sooner if a reading comes, at the latest when estimates stand in.
		return Ok(Work::Later(Later::unless_read(clock, terms.run_due(FIRST_RUN), waiting)));
	}
	if let Some(from) = turn(clock, terms, FIRST_RUN) {
		return Ok(Work::Turn(from));
	}
	Ok(Work::Call(Batch { kind, points: batch(chain, points)? }))
}

/// What there is to do for an interval whose first run is done: the run under way, the next that is due, and readings to report
/// that did not come.
async fn later_runs(chain: &Chain, at: H256, clock: &Clock, status: &Status) -> Result<Work> {
	let (interval, terms) = (status.interval, &status.terms);
	let Some(progress) = chain.progress(at, interval).await? else { return Ok(Work::Over) };
	let run = progress.run;
	let (kind, under_way, points) = match progress.stage {
		Stage::Debits => (Kind::Correct, run, chain.changed(at, interval, run).await?),
		Stage::Draws => (Kind::Draw, run, chain.points_to_draw(at, interval).await?),
		Stage::Credits => (Kind::Credit, run, uncredited(chain, at, interval, run).await?),
		_ => match chain.next_run(at, interval, run).await? {
			Some(next) if clock.now >= terms.run_due(next) => {
				(Kind::Correct, next, chain.changed(at, interval, next).await?)
			},
			next => {
				if clock.now >= terms.dispute_end {
					let missing = missing(chain, at, interval).await?;
					if !missing.is_empty() {
						return Ok(Work::Call(Batch { kind: Kind::Report, points: batch(chain, missing)? }));
					}
				}
				let until = match next {
					Some(next) => terms.run_due(next),
					// A reading may come that one of them has to settle.
					None => (FIRST_RUN..=LAST_RUN)
						.map(|run| terms.run_due(run))
						.find(|due| clock.now < *due)
						.unwrap_or(terms.final_from()),
				};
				return Ok(Work::Later(Later::unless_read(clock, until, 0)));
			},
		},
	};
	if let Some(from) = turn(clock, terms, under_way) {
		return Ok(Work::Turn(from));
	}
	Ok(Work::Call(Batch { kind, points: batch(chain, points)? }))
}

/// As many points as one transaction takes.
fn batch(chain: &Chain, mut points: Vec<PointId>) -> Result<Vec<PointId>> {
	points.truncate(chain.constant(&constants::settlement::MAX_POINTS)? as usize);
	Ok(points)
}

/// Statements of an interval's points that are through the debit phase.
async fn statements(chain: &Chain, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Statement>> {
	Ok(chain.all_statements(at, interval).await?)
}

async fn undebited(chain: &Chain, at: H256, interval: Interval, points: PointId) -> Result<Vec<PointId>> {
	let statements = statements(chain, at, interval).await?;
	Ok((0..points).filter(|point| !statements.contains_key(point)).collect())
}

async fn uncredited(chain: &Chain, at: H256, interval: Interval, run: u16) -> Result<Vec<PointId>> {
	let statements = statements(chain, at, interval).await?.into_iter();
	let open = statements.filter(|(_, statement)| statement.run == run && !statement.credited);
	Ok(open.map(|(point, _)| point).collect())
}

/// The meters of points, by point: where there is one, and what it may count.
async fn metered(chain: &Chain, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Point>> {
	let points = chain.points(at).await?.into_iter();
	let points = points.filter(|view| view.point.kind == PointKind::Metered && view.point.is_in_force(interval));
	Ok(points.map(|view| (view.id, view.point)).collect())
}

/// Whether a point settles on a reading that stands, rather than on the chain's estimate.
fn settles(proven: &Proven) -> bool {
	proven.quality != Quality::Estimated && proven.worth == Worth::Sound
}

/// Points with a meter whose readings did not come in time, which nobody reported yet.
async fn missing(chain: &Chain, at: H256, interval: Interval) -> Result<Vec<PointId>> {
	let readings = chain.all_readings(at, interval).await?;
	let reported = chain.entries_of(at, &storage::metering::REPORTED, (interval,)).await?;
	let reported: BTreeSet<PointId> = reported.into_iter().map(|((_, point), ())| point).collect();
	let mut missing = Vec::new();
	for point in metered(chain, at, interval).await?.into_keys() {
		let in_time = readings.get(&point).is_some_and(|proven| settles(proven) && !proven.late);
		if in_time || reported.contains(&point) {
			continue;
		}
		let Some(fitted) = chain.fitted(at, point, Duty::Main).await? else { continue };
		let counts = async |meter| -> Result<bool> {
			let meter = chain.read(at, &storage::metering::METERS, (meter,)).await?;
			Ok(meter.is_some_and(|meter| meter.counts(interval)))
		};
		let before = match fitted.before {
			Some(before) => counts(before).await?,
			None => false,
		};
		if before || counts(fitted.meter).await? {
			missing.push(point);
		}
	}
	Ok(missing)
}

/// Of some points those that need not be waited for: whose reading stands or whose operator says that there is none, without a
/// meter, or not in force. A dispute holds up none.
async fn read(chain: &Chain, at: H256, interval: Interval, points: &[PointId]) -> Result<Vec<PointId>> {
	let readings = chain.all_readings(at, interval).await?;
	let metered = metered(chain, at, interval).await?;
	let ready = |point: &&PointId| {
		let stands = |proven: &Proven| proven.quality == Quality::Estimated || settles(proven);
		!metered.contains_key(*point) || readings.get(*point).is_some_and(stands)
	};
	Ok(points.iter().filter(ready).copied().collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn clock(now: Moment) -> Clock {
		let (epoch, current, first_unopened) = (0, 0, 0);
		Clock { now, epoch, interval_s: 900, interval_clock_s: 6, current, next_gate: None, first_unopened }
	}

	#[test]
	fn the_deadline_is_the_same_whenever_one_asks_and_when_to_look_again_is_not() {
		let asked = |now| Later::unless_read(&clock(now), 120_000, 3);
		for now in [10_000, 10_100, 60_000, 119_999] {
			assert_eq!((asked(now).until, asked(now).waiting), (120_000, 3), "at {now} ms");
		}
		// A tenth of an interval later, but not beyond the deadline.
		assert_eq!((asked(10_000).again, asked(10_100).again), (10_600, 10_700));
		assert_eq!((asked(119_900).again, asked(119_999).again), (120_000, 120_000));
		assert_eq!((asked(120_000).until, asked(120_000).again), (120_000, 120_001));
	}

	#[test]
	fn before_delivery_ends_there_is_nothing_to_look_for() {
		let asked = |now| Later::after(&clock(now), 6_000);
		assert_eq!((asked(0).until, asked(0).again), (6_000, 6_000));
		assert_eq!((asked(5_900).until, asked(5_900).again), (6_000, 6_500));
		// The gate's work goes on over blocks: the deadline is past, and stays what it was.
		assert_eq!((asked(7_000).until, asked(7_000).again), (6_000, 7_600));
	}
}
