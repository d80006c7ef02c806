//! A day's quarter hours, placed by their labels.

use super::{table::Table, DataPoint, Fault, Start, MOST_POWER};
use busbar_primitives::{Wh, SECONDS_PER_HOUR};
use std::collections::{BTreeMap, BTreeSet};

/// Length of a row, in minutes.
const QUARTER: u16 = 15;
/// Most quarter hours: a week with a clock change.
const MOST_ROWS: usize = 7 * 96 + 4;
/// Clocks change before this time, in minutes since midnight.
const NIGHT: u16 = 4 * 60;

/// What points use and feed in, quarter hour by quarter hour.
pub struct Profile {
	/// When each quarter hour begins.
	pub starts: Vec<Start>,
	/// Energy of each quarter hour and point, in Wh.
	pub rows: Vec<Vec<Wh>>,
}

struct Labelled {
	/// Where it stands in the file.
	row: usize,
	interval: u32,
	start: Start,
	wh: Vec<Wh>,
}

impl Profile {
	/// Reads a profile. `others` are names of points that are out of service: their columns are skipped.
	///
	/// # Errors
	/// If a number is no energy or more than any point has, a point lacks its column or a column its point, or the rows'
	/// labels do not make whole days.
	pub fn parse(file: &str, text: &str, points: &[DataPoint], others: &BTreeSet<String>) -> Result<Self, Fault> {
		let table = Table::parse(file, text)?;
		let columns = columns(file, &table, points, others)?;
		let mut rows = Vec::new();
		for row in table.rows() {
			let start = row.text("start")?;
			rows.push(Labelled {
				row: row.number,
				interval: row.natural("interval", "number of a quarter hour")?,
				start: start.parse().map_err(|what: String| row.fault("start", what))?,
				wh: columns
					.iter()
					.zip(points)
					.map(|(place, point)| {
						let wh: Wh = row.natural(&table.columns()[*place], "energy in Wh (a whole number)")?;
						let power = wh.saturating_mul(SECONDS_PER_HOUR / 900);
						if power > MOST_POWER {
							let what = format!(
								"{wh} Wh in a quarter hour are {power} W at bus {}; a point has at most {MOST_POWER} W",
								point.bus
							);
							return Err(row.fault(&point.point, what));
						}
						Ok(wh)
					})
					.collect::<Result<_, _>>()?,
			});
		}
		let rows = placed(file, rows)?;
		Ok(Self {
			starts: rows.iter().map(|row| row.start).collect(),
			rows: rows.into_iter().map(|row| row.wh).collect(),
		})
	}
}

/// The place of each point's column.
fn columns(file: &str, table: &Table, points: &[DataPoint], others: &BTreeSet<String>) -> Result<Vec<usize>, Fault> {
	let missing = |point: &DataPoint| Fault::file(file, format!("there is no column for the point {}", point.point));
	let columns =
		points.iter().map(|point| table.column(&point.point).map_err(|_| missing(point))).collect::<Result<_, _>>()?;
	let known: BTreeSet<&str> = points.iter().map(|point| point.point.as_str()).collect();
	let is_known = |name: &str| ["interval", "start"].contains(&name) || known.contains(name) || others.contains(name);
	match table.columns().iter().find(|name| !is_known(name)) {
		Some(name) => Err(Fault::file(file, format!("the column {name} names no point of points.csv"))),
		None => Ok(columns),
	}
}

/// Rows in the order of time.
fn placed(file: &str, mut rows: Vec<Labelled>) -> Result<Vec<Labelled>, Fault> {
	let mut seen = BTreeMap::new();
	let twice = rows.iter().find_map(|row| Some((seen.insert(row.interval, row.row)?, row.row, row.interval)));
	match twice {
		None => rows.sort_by_key(|row| row.interval),
		// The numbers of an hour may stand twice where clocks are put back; which is the earlier one only the file's order says.
		Some(_) if repeats_an_hour(&rows) => {},
		Some((before, row, interval)) => {
			return Err(Fault::cell(file, row, "interval", format!("{interval} stands in row {before} already")))
		},
	}
	let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
		return Err(Fault::file(file, "there are no quarter hours"));
	};
	let mut changes = 0;
	for (row, next) in rows.iter().zip(&rows[1..]) {
		changes += usize::from(follows(file, row, next)?);
		if changes > 1 {
			return Err(Fault::cell(file, next.row, "start", "the clocks change a second time"));
		}
	}
	if last.start.later(QUARTER) != first.start {
		let what = format!(
			"the quarter hours go from {} to {}: no row for interval {} ({}); they must make whole days of 96, or with a clock \
			 change 92 or 100",
			first.start,
			last.start,
			last.interval.saturating_add(1),
			last.start.later(QUARTER)
		);
		return Err(Fault::row(file, last.row, what));
	}
	if rows.len() > MOST_ROWS {
		return Err(Fault::file(file, format!("there are {} quarter hours, at most {MOST_ROWS} are read", rows.len())));
	}
	Ok(rows)
}

/// Whether numbers ascend one by one but for one step back by an hour.
fn repeats_an_hour(rows: &[Labelled]) -> bool {
	let mut back = 0;
	for (row, next) in rows.iter().zip(&rows[1..]) {
		if next.interval.checked_add(3) == Some(row.interval) {
			back += 1;
		} else if row.interval.checked_add(1) != Some(next.interval) {
			return false;
		}
	}
	back == 1
}

/// Whether clocks change between two rows that follow each other.
fn follows(file: &str, row: &Labelled, next: &Labelled) -> Result<bool, Fault> {
	let numbers = i64::from(next.interval) - i64::from(row.interval);
	let expected = row.start.later(QUARTER);
	let in_the_night = |start: Start| start.since_midnight() < NIGHT;
	match (numbers, row.start.until(next.start)) {
		(1, QUARTER) => Ok(false),
		// Clocks are put forward: the skipped hour's numbers may be skipped too.
		(1 | 5, 75) if in_the_night(expected) => Ok(true),
		// Clocks are put back.
		(1 | -3, 1_395) if in_the_night(next.start) => Ok(true),
		(2.., _) => {
			let what = format!(
				"no row for interval {} ({expected}): {} ({}) in row {} is followed by {} ({})",
				row.interval.saturating_add(1),
				row.interval,
				row.start,
				row.row,
				next.interval,
				next.start
			);
			Err(Fault::cell(file, next.row, "interval", what))
		},
		_ => {
			let what = format!("{} does not follow {} in row {} by a quarter hour", next.start, row.start, row.row);
			Err(Fault::cell(file, next.row, "start", what))
		},
	}
}
