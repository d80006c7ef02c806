//! A bill as CSV (RFC 4180): one row per statement line, one per interval and point without lines in the bill, and one per
//! interval that is missing.

use super::{
	bill::{Bill, BillLine, PointStatement},
	calendar::Calendar,
	totals::{json, word},
};
use anyhow::{Context, Result};
use busbar_primitives::{Interval, PointId};
use serde::Serialize;
use std::collections::BTreeSet;

/// Columns, in their order. A row of a missing interval has the first three only.
pub const COLUMNS: [&str; 35] = [
	"interval",
	"start",
	"state",
	"point",
	"party",
	"index",
	"version",
	"cause",
	"wh",
	"price_neur_per_wh",
	"amount_neur",
	"product",
	"product_kind",
	"bought_wh",
	"sold_wh",
	"lowest_price_neur_per_wh",
	"highest_price_neur_per_wh",
	"order_arrival",
	"import_wh",
	"export_wh",
	"quality",
	"reading_version",
	"meter",
	"operator",
	"dataset_version",
	"dataset_root",
	"dataset_content",
	"statement_root",
	"statement_lines",
	"leaf",
	"proof",
	"genesis",
	"payer",
	"settled_reading_version",
	"newer_reading",
];

/// A row, and what it is sorted by: its interval, then its leaf; rows without a leaf follow in the order of points.
type Row = ((Interval, Option<u32>), Vec<String>);

/// The bill, with a header row.
///
/// # Errors
/// If an interval's time is out of range, which would be a defect.
pub fn csv(bill: &Bill, calendar: &Calendar) -> Result<String> {
	let mut rows: Vec<Row> = Vec::new();
	let mut with_lines: BTreeSet<(Interval, PointId)> = BTreeSet::new();
	for line in &bill.lines {
		with_lines.extend(line.point.map(|point| (line.interval, point)));
		rows.push(((line.interval, Some(line.index)), of_line(bill, line)?));
	}
	for statement in &bill.statements {
		if !with_lines.contains(&(statement.interval, statement.point)) {
			rows.push(((statement.interval, None), without_lines(bill, statement)?));
		}
	}
	for gap in &bill.coverage.gaps {
		let state = name(&gap.state)?;
		for interval in gap.first_interval..=gap.last_interval {
			let row = row([(0, vec![interval.to_string(), calendar.start_text(interval)?, state.clone()])]);
			rows.push(((interval, None), row));
		}
	}
	rows.sort_by_key(|((interval, leaf), _)| (*interval, leaf.is_none(), *leaf));
	let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
	writer.write_record(COLUMNS)?;
	for (_, row) in rows {
		writer.write_record(row)?;
	}
	let bytes = writer.into_inner().context("the bill cannot be written as CSV")?;
	String::from_utf8(bytes).context("CSV of texts is text; qed")
}

/// A row of cells that stand from certain columns on; the others are empty.
fn row<const PARTS: usize>(parts: [(usize, Vec<String>); PARTS]) -> Vec<String> {
	let mut row = vec![String::new(); COLUMNS.len()];
	for (from, cells) in parts {
		for (place, cell) in row.iter_mut().skip(from).zip(cells) {
			*place = cell;
		}
	}
	row
}

/// First columns of the reading, of the proof, and of what settlement says.
const READING: usize = 18;
const ROOT: usize = 27;
const GENESIS: usize = 31;

fn of_line(bill: &Bill, line: &BillLine) -> Result<Vec<String>> {
	let contract = line.contract.as_ref();
	let proof = line.proof.as_ref();
	let own = vec![
		line.interval.to_string(),
		line.start.clone(),
		name(&line.state)?,
		text(line.point),
		word(&line.party),
		line.index.to_string(),
		line.version.to_string(),
		line.cause.clone(),
		line.wh.to_string(),
		line.price.to_string(),
		line.amount.to_string(),
		text(contract.map(|contract| contract.product)),
		text(contract.map(|contract| &contract.kind)),
		text(contract.map(|contract| contract.bought)),
		text(contract.map(|contract| contract.sold)),
		text(contract.map(|contract| contract.lowest)),
		text(contract.map(|contract| contract.highest)),
		text(contract.and_then(|contract| contract.order.as_ref()).map(|order| order.arrival)),
	];
	let proof = vec![
		hash(line.statement_root),
		text(proof.map(|proof| proof.lines)),
		text(proof.map(|proof| hash(proof.leaf))),
		text(proof.map(|proof| proof.hashes.iter().copied().map(hash).collect::<Vec<_>>().join(" "))),
	];
	let statement = line.point.and_then(|point| bill.statement_of(line.interval, point));
	let reading = line.point.map(|point| reading(bill, line.interval, point)).transpose()?.unwrap_or_default();
	Ok(row([(0, own), (READING, reading), (ROOT, proof), (GENESIS, basis(bill, statement)?)]))
}

/// An interval and point that has nothing to pay, or whose money is its retailer's.
fn without_lines(bill: &Bill, statement: &PointStatement) -> Result<Vec<String>> {
	let PointStatement { interval, start, state, point, .. } = statement;
	let own = vec![interval.to_string(), start.clone(), name(state)?, point.to_string()];
	let reading = reading(bill, *interval, *point)?;
	Ok(row([(0, own), (READING, reading), (GENESIS, basis(bill, Some(statement))?)]))
}

fn reading(bill: &Bill, interval: Interval, point: PointId) -> Result<Vec<String>> {
	let Some(reading) = bill.reading_of(interval, point) else { return Ok(Vec::new()) };
	Ok(vec![
		reading.import.to_string(),
		reading.export.to_string(),
		name(&reading.quality)?,
		reading.version.to_string(),
		reading.meter.to_string(),
		reading.operator.to_string(),
		reading.dataset_version.to_string(),
		text(reading.dataset_root.map(hash)),
		text(reading.dataset_content.map(hash)),
	])
}

fn basis(bill: &Bill, statement: Option<&PointStatement>) -> Result<Vec<String>> {
	let basis = statement.map(|statement| statement.basis);
	let newer = basis.and_then(|basis| basis.newer);
	Ok(vec![
		hash(bill.heading.genesis),
		text(basis.map(|basis| basis.payer)),
		text(basis.map(|basis| basis.reading)),
		text(newer.map(|newer| name(&newer)).transpose()?),
	])
}

fn text(value: Option<impl ToString>) -> String {
	value.map_or(String::new(), |value| value.to_string())
}

fn name(value: &impl Serialize) -> Result<String> {
	Ok(word(&json(value)?))
}

fn hash(hash: sp_core::H256) -> String {
	format!("{hash:?}")
}

#[cfg(test)]
mod tests {
	use super::{
		super::{
			basis::Newer,
			bill::{tests::*, State},
		},
		*,
	};

	fn read(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
		let mut reader = csv::Reader::from_reader(text.as_bytes());
		let header = reader.headers().unwrap().iter().map(String::from).collect();
		(header, reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect())
	}

	fn column(name: &str) -> usize {
		COLUMNS.iter().position(|column| *column == name).unwrap()
	}

	#[test]
	fn every_line_is_a_row_and_the_rows_sum_to_the_bill() {
		let (bill, calendar) = sample("2026-03-29");
		let text = csv(&bill, &calendar).unwrap();
		assert!(text.ends_with("\r\n"), "RFC 4180 ends rows with CRLF");
		let (header, rows) = read(&text);
		assert_eq!(header, COLUMNS);
		assert_eq!(rows.len(), bill.lines.len());
		let amount: i128 = rows.iter().map(|row| row[column("amount_neur")].parse::<i128>().unwrap()).sum();
		assert_eq!(amount, bill.totals.amount);
	}

	#[test]
	fn a_row_names_the_reading_and_the_contract_behind_the_line() {
		let (bill, calendar) = sample("2026-03-29");
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		let contract = rows.iter().find(|row| row[column("cause")] == "contract").unwrap();
		assert_eq!(contract[column("product_kind")], "auction");
		assert_eq!(contract[column("party")], "point:3");
		assert_eq!(contract[column("quality")], "measured");
		assert_eq!(contract[column("dataset_root")], format!("{:?}", bill.readings[0].dataset_root.unwrap()));
		let imbalance = rows.iter().find(|row| row[column("cause")] == "imbalance").unwrap();
		assert_eq!(imbalance[column("product")], "");
	}

	#[test]
	fn cells_stand_under_their_names() {
		assert_eq!((COLUMNS[READING], COLUMNS[ROOT], COLUMNS[GENESIS]), ("import_wh", "statement_root", "genesis"));
		let (bill, calendar) = sample("2026-03-29");
		let row = &read(&csv(&bill, &calendar).unwrap()).1[0];
		assert_eq!((row[column("import_wh")].as_str(), row[column("meter")].as_str()), ("10", "9"));
		assert_eq!(row[column("statement_root")], format!("{:?}", bill.lines[0].statement_root));
		assert_eq!(row[column("payer")], MEMBER.to_string());
		assert_eq!(row[column("settled_reading_version")], "1");
		assert_eq!(row[column("newer_reading")], "");
	}

	#[test]
	fn an_interval_that_a_retailer_answers_for_is_a_row_with_its_reading_and_without_money() {
		let (bill, calendar) = sample_with_retailer();
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		assert_eq!(rows.len(), 4);
		let served: Vec<_> = rows.iter().filter(|row| row[column("payer")] == RETAILER.to_string()).collect();
		let cells = |name: &str| -> Vec<_> { served.iter().map(|row| row[column(name)].as_str()).collect() };
		assert_eq!(cells("import_wh"), ["300", "500"]);
		assert_eq!((cells("amount_neur"), cells("party")), (vec!["", ""], vec!["", ""]));
		assert_eq!((cells("point"), cells("state")), (vec!["3", "3"], vec!["final", "final"]));
		assert_eq!(rows[3][column("interval")], (bill.period.first_interval + 3).to_string(), "in the order of time");
	}

	#[test]
	fn a_retailers_rows_name_the_point() {
		let (bill, calendar) = sample_of_retailer();
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		assert_eq!(rows.len(), 2);
		assert!(rows.iter().all(|row| row[column("point")] == "3" && row[column("payer")] == RETAILER.to_string()));
	}

	#[test]
	fn a_row_says_which_reading_was_settled_and_that_a_newer_one_stands() {
		let (bill, calendar) = sample_with_newer_reading(Newer::Unsettled);
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		assert_eq!(rows[0][column("reading_version")], "2");
		assert_eq!(rows[0][column("settled_reading_version")], "1");
		assert_eq!(rows[0][column("newer_reading")], "unsettled");
	}

	#[test]
	fn a_missing_interval_is_a_row_without_an_amount() {
		let (bill, calendar) = sample_with("2026-03-29", |at| if at < 2 { State::Pruned } else { State::Final });
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		let missing: Vec<_> = rows.iter().filter(|row| row[column("state")] == "pruned").collect();
		assert_eq!(missing.len(), 2);
		assert!(missing.iter().all(|row| row[column("amount_neur")].is_empty()));
		assert_eq!(rows[0][column("start")], "2026-03-29T00:00:00+01:00", "rows stand in the order of time");
	}
}
