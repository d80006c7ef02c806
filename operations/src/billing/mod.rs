//! Bills of a period.
//!
//! [`calendar`] says which intervals a period has, `collect` reads them, [`bill`] puts them together and sums, and each
//! form has a module of its own. `docs/billing.md` describes the forms.

// The fields of a bill are its JSON form.
#![allow(missing_docs, reason = "docs/billing.md describes the forms of a bill field by field")]

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

use crate::view::View;
use anyhow::{Context, Result};
use bill::Bill;
use calendar::{Calendar, Period};
pub use payer::Who;
use std::path::PathBuf;
pub use text::Draw;

/// A bill's form.
#[derive(Clone, Copy, Debug)]
pub enum Format {
	/// Sums by day and cause, for a terminal, with tables as this draws them.
	Table(Draw),
	/// Everything, exactly.
	Json,
	/// One row per statement line.
	Csv,
	/// A page to read and print.
	Html,
	/// Green Button: an Atom feed in the NAESB REQ.21 ESPI schema.
	Espi,
}

/// What somebody asked for.
pub struct Request {
	pub who: Who,
	pub period: Period,
	/// IANA name of the time zone whose days are billed.
	pub timezone: String,
	/// Folder of the zones' rules; `None` for those that are built in.
	pub tzdata: Option<PathBuf>,
	/// Whether to prove each line under its statement root.
	pub proof: bool,
}

/// Reads a period's statements. Gives the bill and its calendar.
///
/// # Errors
/// If the period or the participant does not exist, or the node fails or lies. A bill that lacks intervals is no error: it
/// says so.
pub async fn read(view: &View, request: &Request) -> Result<(Bill, Calendar)> {
	let calendar = Calendar::new(&view.clock, &request.timezone, request.tzdata.as_deref())?;
	let days = calendar.days(&request.period)?;
	let (source, heading) = collect::Source::find(view, &calendar, &request.who, request.proof).await?;
	let found = source.read(days.iter().flat_map(|day| day.intervals.clone())).await?;
	let bill = Bill::new(heading, &calendar, &request.period, &days, found)?;
	Ok((bill, calendar))
}

/// A bill in one of its forms.
///
/// # Errors
/// If an amount has no place in the form.
pub fn written(bill: &Bill, calendar: &Calendar, format: Format) -> Result<String> {
	Ok(match format {
		Format::Table(draw) => text::table(bill, draw),
		Format::Json => serde_json::to_string_pretty(bill).context("the bill cannot be written as JSON")? + "\n",
		Format::Csv => sheet::csv(bill, calendar)?,
		Format::Html => html::page(bill)?,
		Format::Espi => espi::feed(bill, calendar)?,
	})
}
