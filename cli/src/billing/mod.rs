//! Bills of a period: `busbar statement --period`.
//!
//! [`calendar`] says which intervals a period has, [`collect`] reads them, [`bill`] puts them together and sums, and each
//! form has a module of its own. `docs/billing.md` describes the forms.

pub mod basis;
pub mod bill;
pub mod calendar;
mod collect;
mod espi;
mod html;
mod notes;
pub mod payer;
mod records;
mod sheet;
mod text;
mod totals;

use crate::{commands::View, failure::Failure, Global};
use anyhow::{Context, Result};
use bill::Bill;
use calendar::{Calendar, Period};
use clap::ValueEnum;
pub use payer::Who;
use std::{
	io::Write,
	path::{Path, PathBuf},
};

/// A bill's form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
	/// Sums by day and cause, for a terminal
	Table,
	/// Everything, exactly
	Json,
	/// One row per statement line
	Csv,
	/// A page to read and print
	Html,
	/// Green Button: an Atom feed in the NAESB REQ.21 ESPI schema
	Espi,
}

/// What somebody asked for.
pub struct Request {
	pub who: Who,
	pub period: Period,
	pub timezone: String,
	pub format: Format,
	pub proof: bool,
	pub out: Option<PathBuf>,
}

/// Reads a period's statements and writes the bill.
///
/// # Errors
/// If the period or the participant does not exist, the node fails or lies, or the output cannot be written. A bill that
/// lacks intervals is no error: it says so, and so does standard error.
pub async fn run(request: Request, global: &Global) -> Result<()> {
	let view = View::open(global).await?;
	let calendar = Calendar::new(&view.clock, &request.timezone)?;
	let days = calendar.days(&request.period)?;
	let (source, heading) = collect::Source::find(&view, &calendar, &request.who, request.proof).await?;
	let found = source.read(days.iter().flat_map(|day| day.intervals.clone())).await?;
	let bill = Bill::new(heading, &calendar, &request.period, &days, found)?;
	let text = match request.format {
		Format::Table => text::table(&bill),
		Format::Json => serde_json::to_string_pretty(&bill).context("the bill cannot be written as JSON")? + "\n",
		Format::Csv => sheet::csv(&bill, &calendar)?,
		Format::Html => html::page(&bill)?,
		Format::Espi => espi::feed(&bill, &calendar)?,
	};
	write(&text, request.out.as_deref())?;
	// The table and the page say it themselves.
	if request.format != Format::Table || request.out.is_some() {
		bill.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
	}
	Ok(())
}

fn write(text: &str, out: Option<&Path>) -> Result<(), Failure> {
	match out {
		Some(path) => {
			std::fs::write(path, text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
		},
		None => {
			std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::failed(format!("stdout: {error}")))
		},
	}
}

/// Energy in kWh, exactly, from Wh.
fn kwh(wh: i128) -> String {
	let sign = if wh < 0 { "-" } else { "" };
	format!("{sign}{}.{:03}", wh.unsigned_abs() / 1_000, wh.unsigned_abs() % 1_000)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn energy_is_written_exactly() {
		assert_eq!(kwh(0), "0.000");
		assert_eq!(kwh(12_345), "12.345");
		assert_eq!(kwh(-5), "-0.005");
	}
}
