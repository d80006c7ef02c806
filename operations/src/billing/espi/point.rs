//! What a feed says of one connection point.

use super::{cost::Costs, Flow};
use crate::{
	billing::bill::{Bill, BillLine, Reading},
	Failure,
};
use anyhow::Result;
use busbar_primitives::{Amount, Interval, PointId};
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::Range,
};

/// Most that the schema's 48-bit integers hold.
const INT48_MAX: Amount = (1 << 47) - 1;

/// A connection point's share of the bill.
pub struct Point<'a> {
	pub id: PointId,
	pub readings: Vec<&'a Reading>,
	pub costs: Costs,
	/// Cost of intervals without a reading, in units of 10^-5 EUR.
	pub unread: Amount,
	/// Metered import of the period, in Wh.
	pub import: Amount,
	/// Intervals whose cost is another's: a retailer answers for the point.
	others: BTreeSet<Interval>,
}

/// What of a bill is one point's.
#[derive(Default)]
struct Share<'a> {
	lines: Vec<&'a BillLine>,
	readings: Vec<&'a Reading>,
	others: BTreeSet<Interval>,
}

impl<'a> Point<'a> {
	/// The shares of all points, ascending.
	///
	/// # Errors
	/// If a number is beyond the schema's 48 bits, or a sum exceeds its type.
	pub fn all(bill: &'a Bill) -> Result<Vec<Self>> {
		let mut shares: BTreeMap<PointId, Share> = bill.points().into_iter().map(|id| (id, Share::default())).collect();
		for line in &bill.lines {
			if let Some(share) = line.point.and_then(|id| shares.get_mut(&id)) {
				share.lines.push(line);
			}
		}
		for reading in &bill.readings {
			if let Some(share) = shares.get_mut(&reading.point) {
				share.readings.push(reading);
			}
		}
		for statement in bill.statements.iter().filter(|statement| !bill.pays(statement)) {
			if let Some(share) = shares.get_mut(&statement.point) {
				share.others.insert(statement.interval);
			}
		}
		shares.into_iter().map(|(id, share)| Self::new(id, share)).collect()
	}

	fn new(id: PointId, Share { lines, readings, others }: Share<'a>) -> Result<Self> {
		let costs = Costs::of(&lines)?;
		let read: Amount = readings.iter().map(|reading| costs.at(reading.interval)).sum();
		let import = readings.iter().map(|reading| Amount::from(reading.import)).sum();
		let point = Self { id, unread: costs.total - read, readings, costs, import, others };
		let energy = point.readings.iter().flat_map(|reading| [reading.import, reading.export]).map(Amount::from);
		let numbers = energy.chain(point.costs.intervals.values().copied());
		let summary = [point.costs.total, point.unread, point.import];
		if numbers.chain(summary).any(|number| number.abs() > INT48_MAX) {
			let message = format!(
				"a number of point {id} is beyond the 48 bits that Green Button data allow; use --format json or a shorter period"
			);
			return Err(Failure::failed(message).into());
		}
		Ok(point)
	}

	/// What an interval's reading in a direction costs: all of it stands with the direction that prevailed.
	pub fn cost(&self, reading: &Reading, flow: Flow) -> Option<Amount> {
		let is_own = !self.others.contains(&reading.interval);
		(is_own && Flow::of(reading) == flow).then(|| self.costs.at(reading.interval))
	}

	/// The readings of some intervals.
	pub fn readings_of(&self, day: &Range<Interval>) -> &[&'a Reading] {
		let place = |interval| self.readings.partition_point(|reading| reading.interval < interval);
		self.readings.get(place(day.start)..place(day.end)).unwrap_or_default()
	}
}
