//! A table of numbers and texts, as Parquet.

use anyhow::{ensure, Context, Result};
use bytes::Bytes;
use parquet::{
	data_type::{ByteArray, ByteArrayType, Int64Type},
	file::{
		properties::WriterProperties,
		reader::{FileReader, SerializedFileReader},
		writer::SerializedFileWriter,
	},
	record::Field,
	schema::parser::parse_message_type,
};
use std::sync::Arc;

/// Most rows of a group.
const GROUP: usize = 65_536;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
	/// A number.
	Number(i64),
	/// A text; also money, in decimal nEUR, which may have more than 64 bits.
	Text(String),
	/// Nothing.
	None,
}

macro_rules! numbers {
	($($number:ty),*) => { $(
		impl From<$number> for Cell {
			/// A number; what has more than 63 bits stands as a text.
			fn from(value: $number) -> Self {
				i64::try_from(value).map_or_else(|_| Self::Text(value.to_string()), Self::Number)
			}
		}
	)* };
}

numbers!(u8, u16, u32, u64, usize, i32);

impl From<i64> for Cell {
	fn from(value: i64) -> Self {
		Self::Number(value)
	}
}

/// A text.
pub fn text(value: impl ToString) -> Cell {
	Cell::Text(value.to_string())
}

/// A number, or nothing.
pub fn maybe<T: Into<Cell>>(value: Option<T>) -> Cell {
	value.map_or(Cell::None, Into::into)
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	/// [`Cell::Number`]s.
	Numbers,
	/// [`Cell::Text`]s.
	Texts,
}

/// Columns with their names, and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
	/// Names, and what they hold.
	pub columns: Vec<(&'static str, Kind)>,
	/// Rows, each with a cell for each column.
	pub rows: Vec<Vec<Cell>>,
}

impl Table {
	/// Without rows.
	pub fn new(columns: &[(&'static str, Kind)]) -> Self {
		Self { columns: columns.to_vec(), rows: Vec::new() }
	}

	/// As a Parquet file.
	///
	/// # Errors
	/// If a cell does not fit its column, which is a defect, or Parquet fails.
	pub fn to_parquet(&self) -> Result<Vec<u8>> {
		let fields = self.columns.iter().map(|(name, kind)| match kind {
			Kind::Numbers => format!("OPTIONAL INT64 {name};"),
			Kind::Texts => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
		});
		let schema = Arc::new(parse_message_type(&format!("message table {{ {} }}", fields.collect::<String>()))?);
		let properties = Arc::new(WriterProperties::builder().set_created_by("busbar".into()).build());
		let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
		for rows in self.rows.chunks(GROUP) {
			let mut group = writer.next_row_group()?;
			for (at, (name, kind)) in self.columns.iter().enumerate() {
				let cells = || rows.iter().map(|row| row.get(at).unwrap_or(&Cell::None));
				let levels: Vec<i16> = cells().map(|cell| i16::from(*cell != Cell::None)).collect();
				let mut column = group.next_column()?.context("a column is missing")?;
				let written = match kind {
					Kind::Numbers => {
						let number = |cell: &Cell| if let Cell::Number(number) = cell { Some(*number) } else { None };
						let values: Vec<i64> = cells().filter_map(number).collect();
						column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
						values.len()
					},
					Kind::Texts => {
						let text = |cell: &Cell| match cell {
							Cell::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
							_ => None,
						};
						let values: Vec<ByteArray> = cells().filter_map(text).collect();
						column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
						values.len()
					},
				};
				let held = levels.iter().filter(|level| **level == 1).count();
				ensure!(written == held, "a cell of {name} is of another kind than its column");
				column.close()?;
			}
			group.close()?;
		}
		Ok(writer.into_inner()?)
	}

	/// Reads a Parquet file with these columns.
	///
	/// # Errors
	/// If it is none, or has other columns.
	pub fn from_parquet(columns: &[(&'static str, Kind)], bytes: Vec<u8>) -> Result<Self> {
		let mut table = Self::new(columns);
		let reader = SerializedFileReader::new(Bytes::from(bytes))?;
		for row in reader.get_row_iter(None)? {
			let row = row?;
			let mut cells = Vec::new();
			let names: Vec<&String> = row.get_column_iter().map(|(name, _)| name).collect();
			ensure!(names.iter().eq(columns.iter().map(|(name, _)| name)), "its columns are {names:?}");
			for (name, field) in row.get_column_iter() {
				cells.push(match field {
					Field::Null => Cell::None,
					Field::Long(number) => Cell::Number(*number),
					Field::Str(text) => Cell::Text(text.clone()),
					_ => anyhow::bail!("the column {name} is of another kind"),
				});
			}
			table.rows.push(cells);
		}
		Ok(table)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const COLUMNS: [(&str, Kind); 3] = [("interval", Kind::Numbers), ("amount", Kind::Texts), ("limit", Kind::Numbers)];

	fn table() -> Table {
		let mut table = Table::new(&COLUMNS);
		table.rows.push(vec![5u32.into(), text(-170_141_183_460_469_231_731_687_303_715_884_105_728i128), Cell::None]);
		table.rows.push(vec![6u32.into(), text(0), maybe(Some(7u64))]);
		table
	}

	#[test]
	fn a_table_reads_back_as_it_was_written_and_the_same_rows_give_the_same_bytes() {
		let table = table();
		let bytes = table.to_parquet().unwrap();
		assert_eq!(bytes, table.to_parquet().unwrap());
		assert_eq!(Table::from_parquet(&COLUMNS, bytes).unwrap(), table);
		let empty = Table::new(&COLUMNS);
		assert_eq!(Table::from_parquet(&COLUMNS, empty.to_parquet().unwrap()).unwrap(), empty);
	}

	#[test]
	fn a_file_with_other_columns_or_none_at_all_is_refused() {
		let bytes = table().to_parquet().unwrap();
		assert!(Table::from_parquet(&COLUMNS[..2], bytes.clone()).is_err());
		assert!(Table::from_parquet(&COLUMNS, bytes[..40].to_vec()).is_err());
		let mut wrong = table();
		wrong.rows[0][0] = text("five");
		assert!(wrong.to_parquet().is_err());
	}
}
