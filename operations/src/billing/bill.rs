//! The bill of a period: what the chain says of each of its intervals, and exact sums over it.
//!
//! All is integers: nEUR, Wh, and decimal strings for money and sums in JSON. Nothing is rounded, nothing is left out: an
//! interval that has no settled lines (any more) is named.

pub use super::records::{BillLine, Order, PointStatement, Proof, Reading, State, Traded};

use super::{
	calendar::{rfc3339, Calendar, Day, Period},
	totals::{PointTotal, Totals},
};
use anyhow::{Context, Result};
use busbar_primitives::{decimal, Interval, ParticipantId, PointId};
use serde::Serialize;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the JSON form. The number grows when a field changes its meaning or goes.
pub const SCHEMA: &str = "busbar.bill/2";

/// What the chain says of one interval.
#[derive(Clone, Debug)]
pub struct Found {
	pub interval: Interval,
	pub state: State,
	/// In the order of points.
	pub statements: Vec<PointStatement>,
	/// Those that the bill's participant pays or is paid, in the order of leaves.
	pub lines: Vec<BillLine>,
	/// In the order of points.
	pub readings: Vec<Reading>,
	/// Of a pruned interval, which keeps nothing else.
	pub root: Option<H256>,
}

/// Whose bill it is and what it was read from.
#[derive(Clone, Debug, Serialize)]
pub struct Heading {
	/// Hash of block 0: which chain.
	pub genesis: H256,
	/// The finalised block that all was read at.
	pub block: u32,
	pub block_hash: H256,
	/// Chain time of that block, UTC.
	pub at: String,
	pub account: String,
	pub participant: ParticipantId,
	/// Its own connection points in the bill.
	pub points: Vec<PointId>,
}

/// The period in the words of the calendar.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
	/// As it was asked for.
	pub text: String,
	pub timezone: String,
	/// First day.
	pub from: String,
	/// Last day.
	pub to: String,
	/// Start of the first day, local time with offset.
	pub start: String,
	/// End of the last day, local time with offset.
	pub end: String,
	/// What an interval stands for, in s.
	pub interval_s: u32,
	pub first_interval: Interval,
	/// The first interval after the period.
	pub until_interval: Interval,
}

/// Consecutive intervals that are not in the bill, for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
	pub state: State,
	pub first_interval: Interval,
	pub last_interval: Interval,
	pub intervals: u32,
	/// Start of the first, local time with offset.
	pub start: String,
}

/// Consecutive intervals in which a retailer answers for a connection point of the bill's participant: the readings are
/// in the bill, the money is in the retailer's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ServedSpan {
	pub point: PointId,
	pub retailer: ParticipantId,
	pub first_interval: Interval,
	pub last_interval: Interval,
	pub intervals: u32,
	/// Start of the first, local time with offset.
	pub start: String,
	/// Metered in these intervals, in Wh.
	#[serde(with = "decimal")]
	pub import: i128,
	/// Metered in these intervals, in Wh.
	#[serde(with = "decimal")]
	pub export: i128,
}

/// How much of the period the bill covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
	pub intervals: u32,
	pub billed: u32,
	/// Of these, how many nothing can change any more.
	pub r#final: u32,
	/// Whether every interval is billed.
	pub complete: bool,
	pub gaps: Vec<Gap>,
	/// In the order of their first intervals.
	pub served: Vec<ServedSpan>,
}

/// One day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DayTotal {
	pub date: String,
	pub first_interval: Interval,
	pub intervals: u32,
	pub billed: u32,
	#[serde(flatten)]
	pub totals: Totals,
}

/// A bill.
#[derive(Clone, Debug, Serialize)]
pub struct Bill {
	pub schema: &'static str,
	#[serde(flatten)]
	pub heading: Heading,
	/// Other connection points in the bill: those that the participant answers for as their retailer.
	pub served_points: Vec<PointId>,
	pub period: Span,
	pub coverage: Coverage,
	pub totals: Totals,
	pub days: Vec<DayTotal>,
	/// In the order of points.
	pub point_totals: Vec<PointTotal>,
	/// What the participant pays and is paid, in the order of intervals and leaves.
	pub lines: Vec<BillLine>,
	/// In the order of intervals and points.
	pub statements: Vec<PointStatement>,
	/// In the order of intervals and points.
	pub readings: Vec<Reading>,
	/// Statement roots of pruned intervals, against which lines that somebody kept can still be proven.
	pub pruned_roots: Vec<PrunedRoot>,
}

/// What is left of a pruned interval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PrunedRoot {
	pub interval: Interval,
	pub statement_root: H256,
}

impl Bill {
	/// Puts together what was found, interval by interval, and sums it.
	///
	/// # Errors
	/// If an interval of the period was not looked at, or a sum exceeds its type.
	pub fn new(
		heading: Heading,
		calendar: &Calendar,
		period: &Period,
		days: &[Day],
		mut found: BTreeMap<Interval, Found>,
	) -> Result<Self> {
		let first_interval = days.first().map_or(0, |day| day.intervals.start);
		let until_interval = days.last().map_or(first_interval, |day| day.intervals.end);
		let span = Span {
			text: period.text.clone(),
			timezone: calendar.name().into(),
			from: period.from.to_string(),
			to: period.to.to_string(),
			start: rfc3339(&calendar.midnight(period.from)?),
			end: rfc3339(&calendar.midnight(period.to.tomorrow()?)?),
			interval_s: calendar.interval_s(),
			first_interval,
			until_interval,
		};
		let mut bill = Self {
			schema: SCHEMA,
			heading,
			period: span,
			served_points: Vec::new(),
			coverage: Coverage {
				intervals: 0,
				billed: 0,
				r#final: 0,
				complete: true,
				gaps: Vec::new(),
				served: Vec::new(),
			},
			totals: Totals::default(),
			days: Vec::with_capacity(days.len()),
			point_totals: Vec::new(),
			lines: Vec::new(),
			statements: Vec::new(),
			readings: Vec::new(),
			pruned_roots: Vec::new(),
		};
		for day in days {
			let (lines, readings) = (bill.lines.len(), bill.readings.len());
			let mut billed = 0u32;
			for interval in day.intervals.clone() {
				let own = found.remove(&interval).with_context(|| format!("interval {interval} was not looked at"))?;
				billed += u32::from(own.state.is_billed());
				bill.take(calendar, own)?;
			}
			bill.days.push(DayTotal {
				date: day.date.to_string(),
				first_interval: day.intervals.start,
				intervals: u32::try_from(day.intervals.len()).context("too many intervals")?,
				billed,
				totals: Totals::of(&bill.lines[lines..], &bill.readings[readings..])?,
			});
		}
		bill.totals = Totals::of(&bill.lines, &bill.readings)?;
		bill.coverage.complete = bill.coverage.billed == bill.coverage.intervals;
		let own: BTreeSet<_> = bill.heading.points.iter().copied().collect();
		let served = bill.statements.iter().map(|statement| statement.point).filter(|point| !own.contains(point));
		bill.served_points = served.collect::<BTreeSet<_>>().into_iter().collect();
		bill.point_totals = PointTotal::of(&bill.points(), &bill.lines, &bill.readings)?;
		Ok(bill)
	}

	fn take(&mut self, calendar: &Calendar, found: Found) -> Result<()> {
		let Found { interval, state, statements, lines, readings, root } = found;
		let coverage = &mut self.coverage;
		coverage.intervals += 1;
		if state.is_billed() {
			coverage.billed += 1;
			coverage.r#final += u32::from(state == State::Final);
			self.lines.extend(lines);
			self.readings.extend(readings);
			statements.iter().for_each(|statement| self.cover(statement));
			self.statements.extend(statements);
			return Ok(());
		}
		self.pruned_roots.extend(root.map(|statement_root| PrunedRoot { interval, statement_root }));
		match coverage.gaps.last_mut() {
			Some(gap) if gap.state == state && interval.checked_sub(1) == Some(gap.last_interval) => {
				gap.last_interval = interval;
				gap.intervals += 1;
			},
			_ => coverage.gaps.push(Gap {
				state,
				first_interval: interval,
				last_interval: interval,
				intervals: 1,
				start: calendar.start_text(interval)?,
			}),
		}
		Ok(())
	}

	/// Notes it if a retailer answers for the point.
	fn cover(&mut self, statement: &PointStatement) {
		let PointStatement { interval, point, .. } = *statement;
		let retailer = statement.basis.payer;
		if self.pays(statement) {
			return;
		}
		let reading = self.reading_of(interval, point);
		let (import, export) = reading.map_or((0, 0), |reading| (reading.import.into(), reading.export.into()));
		let last = self.coverage.served.iter_mut().rev().find(|span| span.point == point);
		match last {
			Some(span) if span.retailer == retailer && interval.checked_sub(1) == Some(span.last_interval) => {
				span.last_interval = interval;
				span.intervals += 1;
				// 2^32 readings of 2^64 Wh do not exceed 128 bits.
				span.import += import;
				span.export += export;
			},
			_ => self.coverage.served.push(ServedSpan {
				point,
				retailer,
				first_interval: interval,
				last_interval: interval,
				intervals: 1,
				start: statement.start.clone(),
				import,
				export,
			}),
		}
	}

	/// Whether the bill's participant pays and is paid.
	pub fn pays(&self, statement: &PointStatement) -> bool {
		statement.basis.payer == self.heading.participant
	}

	/// All connection points in the bill.
	pub fn points(&self) -> Vec<PointId> {
		let points: BTreeSet<_> = self.heading.points.iter().chain(&self.served_points).copied().collect();
		points.into_iter().collect()
	}

	/// The reading that an interval and point have.
	pub fn reading_of(&self, interval: Interval, point: PointId) -> Option<&Reading> {
		let key = (interval, point);
		let at = self.readings.binary_search_by_key(&key, |reading| (reading.interval, reading.point)).ok()?;
		self.readings.get(at)
	}

	/// What settlement says of an interval and point.
	pub fn statement_of(&self, interval: Interval, point: PointId) -> Option<&PointStatement> {
		let key = (interval, point);
		let at = self.statements.binary_search_by_key(&key, |found| (found.interval, found.point)).ok()?;
		self.statements.get(at)
	}
}

#[cfg(test)]
#[path = "bill_tests.rs"]
pub mod tests;
