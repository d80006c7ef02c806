//! What is wrong with a grid, and where.

use std::fmt;

/// What is wrong with an input, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
	/// The file.
	pub file: String,
	/// The row, counted from 1 after the header; `None` if it is the file as a whole.
	pub row: Option<usize>,
	/// The column, by its name in the header.
	pub column: Option<String>,
	/// What is wrong, with the bound that is broken and what to write instead.
	pub what: String,
}

impl Fault {
	/// Something is wrong with a file as a whole.
	pub(super) fn file(file: &str, what: impl Into<String>) -> Self {
		Self { file: file.into(), row: None, column: None, what: what.into() }
	}

	/// Something is wrong with a row.
	pub(super) fn row(file: &str, row: usize, what: impl Into<String>) -> Self {
		Self { row: Some(row), ..Self::file(file, what) }
	}

	/// Something is wrong with a cell.
	pub(super) fn cell(file: &str, row: usize, column: &str, what: impl Into<String>) -> Self {
		Self { column: Some(column.into()), ..Self::row(file, row, what) }
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.file)?;
		if let Some(row) = self.row {
			write!(f, ", row {row}")?;
		}
		if let Some(column) = &self.column {
			write!(f, ", column {column}")?;
		}
		write!(f, ": {}", self.what)
	}
}

impl std::error::Error for Fault {}
