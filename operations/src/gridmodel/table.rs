//! CSV files whose every cell knows its place.

use super::Fault;
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// A CSV file with a header.
pub struct Table {
	file: String,
	columns: Vec<String>,
	rows: Vec<Vec<String>>,
}

/// A row of a file.
#[derive(Clone, Copy)]
pub struct Row<'a> {
	table: &'a Table,
	/// Counted from 1 after the header.
	pub number: usize,
	cells: &'a [String],
}

impl Table {
	/// Reads a file's text.
	///
	/// # Errors
	/// If it is no CSV, a row has too few or too many cells, or two columns have one name.
	pub fn parse(file: &str, text: &str) -> Result<Self, Fault> {
		let text = text.trim_start_matches('\u{feff}');
		let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
		let header = reader.headers().map_err(|error| Fault::file(file, error.to_string()))?;
		let columns: Vec<String> = header.iter().map(str::to_owned).collect();
		let mut seen = BTreeMap::new();
		for (place, name) in columns.iter().enumerate() {
			if let Some(before) = seen.insert(name, place) {
				let what = format!("the columns {} and {} are both called {name}", before + 1, place + 1);
				return Err(Fault::file(file, what));
			}
		}
		let mut rows = Vec::new();
		for (index, record) in reader.records().enumerate() {
			let record = record.map_err(|error| Fault::row(file, index + 1, error.to_string()))?;
			if record.len() != columns.len() {
				let what = format!("it has {} cells, the header has {}", record.len(), columns.len());
				return Err(Fault::row(file, index + 1, what));
			}
			rows.push(record.iter().map(str::to_owned).collect());
		}
		Ok(Self { file: file.into(), columns, rows })
	}

	/// The names of the columns.
	pub fn columns(&self) -> &[String] {
		&self.columns
	}

	/// The rows.
	pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
		self.rows.iter().enumerate().map(|(index, cells)| Row { table: self, number: index + 1, cells })
	}

	/// The place of a column.
	///
	/// # Errors
	/// If there is none of this name.
	pub fn column(&self, name: &str) -> Result<usize, Fault> {
		let place = self.columns.iter().position(|column| column == name);
		place.ok_or_else(|| Fault::file(&self.file, format!("there is no column {name}")))
	}
}

impl Row<'_> {
	/// Something is wrong with the cell in a column.
	pub fn fault(&self, column: &str, what: impl Into<String>) -> Fault {
		Fault::cell(&self.table.file, self.number, column, what)
	}

	/// The text in a column.
	///
	/// # Errors
	/// If there is no such column, or nothing stands in it.
	pub fn text(&self, column: &str) -> Result<&str, Fault> {
		let place = self.table.column(column)?;
		let text = self.at(place);
		if text.is_empty() {
			return Err(self.fault(column, "nothing stands here"));
		}
		Ok(text)
	}

	/// The text at a column's place.
	pub fn at(&self, place: usize) -> &str {
		self.cells.get(place).map_or("", String::as_str)
	}

	/// The text in a column that may be missing or empty.
	fn optional(&self, column: &str) -> Option<&str> {
		let place = self.table.columns.iter().position(|name| name == column)?;
		Some(self.at(place)).filter(|text| !text.is_empty())
	}

	/// A whole number that is not negative.
	///
	/// # Errors
	/// If something else stands there; `what` says what it should have been.
	pub fn natural<T: FromStr>(&self, column: &str, what: &str) -> Result<T, Fault> {
		let text = self.text(column)?;
		text.parse().map_err(|_| self.fault(column, format!("`{text}` is no {what}")))
	}

	/// A positive number of at most `most`.
	///
	/// # Errors
	/// If something else stands there: not a number, infinite, zero, negative, or beyond the bound.
	pub fn positive(&self, column: &str, most: f64, unit: &str) -> Result<f64, Fault> {
		let text = self.text(column)?;
		self.bounded(column, text, most, unit)
	}

	/// Like [`Row::positive`], and `default` if there is no such column or nothing in it.
	///
	/// # Errors
	/// As there.
	pub fn positive_or(&self, column: &str, default: f64, most: f64, unit: &str) -> Result<f64, Fault> {
		self.optional(column).map_or(Ok(default), |text| self.bounded(column, text, most, unit))
	}

	fn bounded(&self, column: &str, text: &str, most: f64, unit: &str) -> Result<f64, Fault> {
		match text.parse::<f64>() {
			Ok(value) if value > 0.0 && value <= most => Ok(value),
			Ok(value) if value > most && value.is_finite() => Err(self.fault(column, beyond(text, most, unit))),
			_ => Err(self.fault(column, format!("`{text}` is no positive number of {unit}"))),
		}
	}

	/// Whether a flag is set; set if there is no such column or nothing in it.
	///
	/// # Errors
	/// If neither a yes nor a no stands there.
	pub fn flag(&self, column: &str) -> Result<bool, Fault> {
		let text = self.optional(column).unwrap_or("true");
		match text.to_ascii_lowercase().as_str() {
			"true" | "1" | "1.0" => Ok(true),
			"false" | "0" | "0.0" => Ok(false),
			_ => Err(self.fault(column, format!("`{text}` is neither true nor false"))),
		}
	}

	/// How many equal ones stand side by side; one if there is no such column or nothing in it.
	///
	/// # Errors
	/// If no whole number from 1 to 100 stands there.
	pub fn parallel(&self) -> Result<u32, Fault> {
		const MOST: u32 = 100;
		let Some(text) = self.optional("parallel") else { return Ok(1) };
		let whole = text.strip_suffix(".0").unwrap_or(text);
		let count = whole.parse().ok().filter(|count| (1..=MOST).contains(count));
		count.ok_or_else(|| self.fault("parallel", format!("`{text}` is no whole number from 1 to {MOST}")))
	}
}

fn beyond(text: &str, most: impl Display, unit: &str) -> String {
	format!("{text} {unit} are more than there is: at most {most}; is it in another unit?")
}
