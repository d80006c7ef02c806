//! The bill of a period: what the chain says of each of its intervals, and exact sums over it.
//!
//! All is integers: nEUR, Wh, and decimal strings for money and sums in JSON. Nothing is rounded, nothing is left out: an
//! interval that has no settled lines (any more) is named.

use super::{
	calendar::{rfc3339, Calendar, Day, Period},
	totals::Totals,
};
use anyhow::{Context, Result};
use busbar_primitives::{
	decimal, metering::MeterId, Amount, Interval, ParticipantId, PointId, Price, ProductId, Quality, SignedWh, Step, Wh,
};
use serde::Serialize;
use serde_json::Value;
use sp_core::H256;
use std::collections::BTreeMap;

/// Name of the JSON form. The number grows when a field changes its meaning or goes.
pub const SCHEMA: &str = "busbar.bill/1";

/// Where an interval of the period stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
	/// Settled, and nothing moves any more.
	Final,
	/// Settled; until the dispute window ends it can be corrected.
	Settled,
	/// Delivered or not, but not settled: it has no statement yet.
	Unsettled,
	/// Settled and pruned: only its statement root is left on chain.
	Pruned,
	/// It never opened: the chain stood still, or had no grid yet.
	NeverOpened,
	/// It has not opened yet.
	NotOpened,
}

impl State {
	/// Whether its lines are in the bill.
	pub fn is_billed(self) -> bool {
		matches!(self, Self::Final | Self::Settled)
	}
}

/// A line of the statement, with what leads to it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BillLine {
	pub interval: Interval,
	/// Start of the interval, local time with offset.
	pub start: String,
	/// `final` or `settled`.
	pub state: State,
	/// The connection point, if the line is a point's.
	pub point: Option<PointId>,
	/// The line's party, as the chain's JSON writes it.
	pub party: Value,
	/// Leaf index under the statement root.
	pub index: u32,
	/// Version of the settlement.
	pub version: u16,
	/// The line's cause, as the chain's JSON writes it.
	pub cause: String,
	/// Import positive.
	pub wh: SignedWh,
	/// nEUR/Wh; 0 where the line has none.
	pub price: Price,
	/// nEUR; what the participant receives is positive.
	#[serde(with = "decimal")]
	pub amount: Amount,
	/// What was traded, if the line pays a contract.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub contract: Option<Traded>,
	/// Root over all statement lines of the interval.
	pub statement_root: H256,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub proof: Option<Proof>,
}

/// How a line is shown to stand under its statement root.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Proof {
	/// Number of lines under the root.
	pub lines: u32,
	pub leaf: H256,
	/// Hashes from the leaf up.
	pub hashes: Vec<H256>,
}

/// What a point traded in one session of an interval.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Traded {
	pub product: ProductId,
	/// How the product trades, as the chain's JSON writes it.
	pub kind: String,
	/// Wh.
	pub bought: Wh,
	/// Wh.
	pub sold: Wh,
	/// Lowest price of it, nEUR/Wh.
	pub lowest: Price,
	/// Highest price of it, nEUR/Wh.
	pub highest: Price,
	/// The order that stands in the product's auction, if there is one. What it does not explain came from block orders.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub order: Option<Order>,
}

/// An order as it stands, with what was accepted of each step.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Order {
	/// Arrival number in the session: time priority.
	pub arrival: u32,
	pub steps: Vec<Step>,
	/// Wh, step by step.
	pub accepted: Vec<Wh>,
}

/// The reading of a connection point that stands on chain for an interval.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reading {
	pub interval: Interval,
	/// Start of the interval, local time with offset.
	pub start: String,
	pub point: PointId,
	/// Wh.
	pub import: Wh,
	/// Wh.
	pub export: Wh,
	pub quality: Quality,
	/// Version of the reading, from 1.
	pub version: u16,
	pub meter: MeterId,
	/// Who attested it.
	pub operator: ParticipantId,
	/// Version of the operator's dataset that it was proven in; 0 if a dispute brought it.
	pub dataset_version: u16,
	/// The root of that version; `null` where the chain keeps a newer one only.
	pub dataset_root: Option<H256>,
	/// Hash of the dataset's file, likewise.
	pub dataset_content: Option<H256>,
}

/// What the chain says of one interval.
#[derive(Clone, Debug)]
pub struct Found {
	pub interval: Interval,
	pub state: State,
	pub lines: Vec<BillLine>,
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
	/// Connection points in the bill.
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
	pub period: Span,
	pub coverage: Coverage,
	pub totals: Totals,
	pub days: Vec<DayTotal>,
	/// In the order of intervals and leaves.
	pub lines: Vec<BillLine>,
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
			coverage: Coverage { intervals: 0, billed: 0, r#final: 0, complete: true, gaps: Vec::new() },
			totals: Totals::default(),
			days: Vec::with_capacity(days.len()),
			lines: Vec::new(),
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
		Ok(bill)
	}

	fn take(&mut self, calendar: &Calendar, found: Found) -> Result<()> {
		let Found { interval, state, lines, readings, root } = found;
		let coverage = &mut self.coverage;
		coverage.intervals += 1;
		if state.is_billed() {
			coverage.billed += 1;
			coverage.r#final += u32::from(state == State::Final);
			self.lines.extend(lines);
			self.readings.extend(readings);
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

	/// What is missing or may still change, in words; empty if nothing is and nothing can.
	pub fn warnings(&self) -> Vec<String> {
		let mut warnings = Vec::new();
		let Coverage { intervals, billed, r#final, gaps, .. } = &self.coverage;
		if billed < intervals {
			warnings.push(format!(
				"The bill is incomplete: {} of its {intervals} intervals are missing.",
				intervals - billed
			));
		}
		for gap in gaps {
			let why = match gap.state {
				State::Unsettled => "are not settled yet",
				State::Pruned => "are pruned: only their statement roots are left on chain",
				State::NeverOpened => "never opened: the chain stood still, or had no grid yet",
				State::NotOpened => "have not opened yet",
				State::Final | State::Settled => continue,
			};
			let Gap { intervals, first_interval, last_interval, start, .. } = gap;
			warnings
				.push(format!("{intervals} intervals from {start} on ({first_interval} to {last_interval}) {why}."));
		}
		if r#final < billed {
			let open = billed - r#final;
			warnings.push(format!("{open} intervals are settled but not final: a dispute can still correct them."));
		}
		warnings
	}

	/// The reading that a line's interval and point have.
	pub fn reading_of(&self, line: &BillLine) -> Option<&Reading> {
		let key = (line.interval, line.point?);
		let at = self.readings.binary_search_by_key(&key, |reading| (reading.interval, reading.point)).ok()?;
		self.readings.get(at)
	}
}

#[cfg(test)]
#[path = "bill_tests.rs"]
pub mod tests;
