//! A bill as CSV (RFC 4180): one row per statement line, and one per interval that is missing.

use super::{
	bill::{Bill, BillLine, Gap},
	calendar::Calendar,
	totals::{json, word},
};
use anyhow::{Context, Result};
use busbar_primitives::Quality;

/// Columns, in their order. A row of a missing interval has the first three only.
pub const COLUMNS: [&str; 32] = [
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
];

/// The bill, with a header row.
///
/// # Errors
/// If an interval's time is out of range, which would be a defect.
pub fn csv(bill: &Bill, calendar: &Calendar) -> Result<String> {
	let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
	writer.write_record(COLUMNS)?;
	let mut gaps = bill.coverage.gaps.iter().peekable();
	for line in &bill.lines {
		while let Some(gap) = gaps.next_if(|gap| gap.first_interval < line.interval) {
			missing(&mut writer, gap, calendar)?;
		}
		writer.write_record(row(bill, line)?)?;
	}
	for gap in gaps {
		missing(&mut writer, gap, calendar)?;
	}
	let bytes = writer.into_inner().context("the bill cannot be written as CSV")?;
	String::from_utf8(bytes).context("CSV of texts is text; qed")
}

fn missing(writer: &mut csv::Writer<Vec<u8>>, gap: &Gap, calendar: &Calendar) -> Result<()> {
	let state = word(&json(&gap.state)?);
	for interval in gap.first_interval..=gap.last_interval {
		let mut row = vec![String::new(); COLUMNS.len()];
		row.splice(0..3, [interval.to_string(), calendar.start_text(interval)?, state.clone()]);
		writer.write_record(row)?;
	}
	Ok(())
}

fn row(bill: &Bill, line: &BillLine) -> Result<Vec<String>> {
	fn text(value: Option<impl ToString>) -> String {
		value.map_or(String::new(), |value| value.to_string())
	}
	let hash = |hash: sp_core::H256| format!("{hash:?}");
	let contract = line.contract.as_ref();
	let reading = bill.reading_of(line);
	let proof = line.proof.as_ref();
	let quality = |quality: Quality| -> Result<String> { Ok(word(&json(&quality)?)) };
	Ok(vec![
		line.interval.to_string(),
		line.start.clone(),
		word(&json(&line.state)?),
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
		text(reading.map(|reading| reading.import)),
		text(reading.map(|reading| reading.export)),
		reading.map(|reading| quality(reading.quality)).transpose()?.unwrap_or_default(),
		text(reading.map(|reading| reading.version)),
		text(reading.map(|reading| reading.meter)),
		text(reading.map(|reading| reading.operator)),
		text(reading.map(|reading| reading.dataset_version)),
		text(reading.and_then(|reading| reading.dataset_root).map(hash)),
		text(reading.and_then(|reading| reading.dataset_content).map(hash)),
		hash(line.statement_root),
		text(proof.map(|proof| proof.lines)),
		text(proof.map(|proof| hash(proof.leaf))),
		text(proof.map(|proof| proof.hashes.iter().copied().map(hash).collect::<Vec<_>>().join(" "))),
		hash(bill.heading.genesis),
	])
}

#[cfg(test)]
mod tests {
	use super::{
		super::bill::{tests::sample, tests::sample_with, State},
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
	fn a_missing_interval_is_a_row_without_an_amount() {
		let (bill, calendar) = sample_with("2026-03-29", |at| if at < 2 { State::Pruned } else { State::Final });
		let (_, rows) = read(&csv(&bill, &calendar).unwrap());
		let missing: Vec<_> = rows.iter().filter(|row| row[column("state")] == "pruned").collect();
		assert_eq!(missing.len(), 2);
		assert!(missing.iter().all(|row| row[column("amount_neur")].is_empty()));
		assert_eq!(rows[0][column("start")], "2026-03-29T00:00:00+01:00", "rows stand in the order of time");
	}
}
