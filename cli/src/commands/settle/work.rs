//! What there is to do for an interval.

use crate::billing::basis::Newer;
use anyhow::Result;
use busbar_client::{
	constants,
	pallet_metering::Proven,
	pallet_settlement::{self, Statement},
	Chain,
};
use busbar_primitives::{
	api::{Clock, Status},
	Interval, Moment, Phase, PointId, PointKind,
};
use serde::Serialize;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// A call of a keeper.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
	Debit,
	Draw,
	Credit,
	Correct,
}

impl Kind {
	pub fn call(self, interval: Interval, points: Vec<PointId>) -> pallet_settlement::Call {
		match self {
			Self::Debit => pallet_settlement::Call::debit { interval, points },
			Self::Draw => pallet_settlement::Call::draw { interval, points },
			Self::Credit => pallet_settlement::Call::credit { interval, points },
			Self::Correct => pallet_settlement::Call::correct { interval, points },
		}
	}

	/// What was done with the points, in words.
	pub fn done(self) -> &'static str {
		match self {
			Self::Debit => "debited",
			Self::Draw => "drawn on",
			Self::Credit => "credited",
			Self::Correct => "corrected",
		}
	}
}

/// Points that one transaction takes.
pub struct Batch {
	pub kind: Kind,
	pub points: Vec<PointId>,
}

pub enum Work {
	Call(Batch),
	/// Nothing before this chain time, unless readings come; so many points wait for theirs.
	Later {
		until: Moment,
		waiting: usize,
	},
	/// The interval is final.
	Over,
}

/// How long to wait, in ms of chain time, before looking for readings again: a tenth of an interval.
pub fn look_again(clock: &Clock) -> Moment {
	Moment::from(clock.interval_clock_s).saturating_mul(100)
}

/// What there is to do for an interval at a block.
pub async fn next(chain: &Chain, at: H256, clock: &Clock, status: &Status) -> Result<Work> {
	let (interval, terms) = (status.interval, &status.terms);
	let again = clock.now.saturating_add(look_again(clock));
	let Some(outcome) = status.outcome.as_ref().filter(|_| clock.now >= terms.delivery_end) else {
		return Ok(Work::Later { until: terms.delivery_end.max(again), waiting: 0 });
	};
	let (kind, points, waiting) = match status.phase {
		Phase::Final => return Ok(Work::Over),
		Phase::Settled => (Kind::Correct, newer(chain, at, interval).await?, 0),
		Phase::Draws => (Kind::Draw, chain.points_to_draw(at, interval).await?, 0),
		Phase::Credits => (Kind::Credit, uncredited(chain, at, interval).await?, 0),
		_ => {
			let open = undebited(chain, at, interval, outcome.points).await?;
			let ready = if clock.now >= terms.attestation_end {
				open.clone()
			} else {
				read(chain, at, interval, &open).await?
			};
			let waiting = open.len().saturating_sub(ready.len());
			(Kind::Debit, ready, waiting)
		},
	};
	// An interval without points is settled by empty batches.
	if points.is_empty() && (kind == Kind::Correct || outcome.points > 0) {
		// Sooner if a reading comes, at the latest when estimates may stand in.
		let until = if waiting > 0 { terms.attestation_end } else { terms.final_from() };
		return Ok(Work::Later { until: again.min(until.max(clock.now.saturating_add(1))), waiting });
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

async fn uncredited(chain: &Chain, at: H256, interval: Interval) -> Result<Vec<PointId>> {
	let statements = statements(chain, at, interval).await?;
	Ok(statements.into_iter().filter(|(_, statement)| !statement.credited).map(|(point, _)| point).collect())
}

/// Readings that stand, and points whose reading the regulator must still rule on.
async fn readings(
	chain: &Chain,
	at: H256,
	interval: Interval,
) -> Result<(BTreeMap<PointId, Proven>, BTreeSet<PointId>)> {
	let readings = chain.all_readings(at, interval).await?;
	let disputes = chain.all_disputes(at, interval).await?;
	let plausible = |proven: &Proven| proven.metered().plausible_net().is_some();
	let readings = readings.into_iter().filter(|(_, proven)| plausible(proven)).collect();
	Ok((readings, disputes.into_keys().collect()))
}

/// Of some points those that need no estimate: with a reading that nobody disputes, without a meter, or not in force.
async fn read(chain: &Chain, at: H256, interval: Interval, points: &[PointId]) -> Result<Vec<PointId>> {
	let (readings, disputed) = readings(chain, at, interval).await?;
	let metered: BTreeSet<PointId> = chain
		.points(at)
		.await?
		.into_iter()
		.filter(|view| view.point.kind == PointKind::Metered && view.point.is_in_force(interval))
		.map(|view| view.id)
		.collect();
	let ready =
		|point: &&PointId| !metered.contains(point) || (readings.contains_key(point) && !disputed.contains(point));
	Ok(points.iter().filter(ready).copied().collect())
}

/// Points whose newest reading is not the one that was settled, and that nobody disputes.
async fn newer(chain: &Chain, at: H256, interval: Interval) -> Result<Vec<PointId>> {
	let (readings, disputed) = readings(chain, at, interval).await?;
	let newer = |(point, statement): &(PointId, Statement)| {
		let newer =
			readings.get(point).and_then(|proven| Newer::of(proven, statement, false, disputed.contains(point)));
		statement.outturn.is_some() && newer == Some(Newer::Unsettled)
	};
	Ok(statements(chain, at, interval).await?.into_iter().filter(newer).map(|(point, _)| point).collect())
}
