//! What columns a dataset has, and which of a file's differ from them, in words.
//!
//! Names, order and types of the columns are compared, and whether they may be empty. What writers choose without changing
//! a reading is not: the name of the root message, field numbers, whether an integer type is written in the old or the new
//! way, encodings, statistics and other metadata.

use busbar_primitives::Interval;
use parquet::{
	basic::{Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as Physical},
	errors::ParquetError,
	file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData},
	schema::types::Type,
};

/// Columns, in their order in the file.
pub const COLUMNS: [&str; 10] =
	["meter", "point", "interval", "import", "export", "import_varh", "export_varh", "quality", "salt", "signature"];

const UINT32: &str = "unsigned 32-bit integer";
const UINT64: &str = "unsigned 64-bit integer";
const INT64: &str = "signed 64-bit integer";

/// What [`describe`] says of each column as it must be.
const TYPES: [&str; 10] =
	[UINT32, UINT32, UINT32, UINT64, UINT64, INT64, INT64, "signed 32-bit integer", "16 bytes", "64 bytes"];

/// Those whose values are stored one by one, so that the bytes of a row bound the number of rows.
const PLAIN: [usize; 2] = [8, 9];

/// Fewest bytes of a row: its salt and its signature.
const ROW: usize = 16 + 64;

/// Bytes of a value of each column.
pub(crate) const WIDTHS: [usize; 10] = [4, 4, 4, 8, 8, 8, 8, 4, 16, 64];

/// Most readings of a dataset: ten times the meters of a large distribution grid.
pub const MOST_ROWS: usize = 1 << 20;

/// Why bytes are no dataset.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
	#[error("not a Parquet file that can be read: {0}")]
	Parquet(#[from] ParquetError),
	#[error("the Parquet file makes its reader fail; it is damaged")]
	Unreadable,
	#[error("the description of the columns has {size} bytes; a file of this length may have one of {most}")]
	Description { size: u64, most: u64 },
	#[error("column `{column}` cannot be decoded: {what}; the file is damaged")]
	Column { column: &'static str, what: &'static str },
	#[error("column `{0}` is missing; the columns are {COLUMNS:?}")]
	Missing(&'static str),
	#[error("column `{0}` is one too many; the columns are {COLUMNS:?}, each once")]
	Extra(String),
	#[error("column `{found}` stands where `{expected}` must; the order is {COLUMNS:?}")]
	Misplaced { found: String, expected: &'static str },
	#[error("column `{column}` is {found}; it must be {expected}")]
	Type { column: &'static str, found: String, expected: &'static str },
	#[error(
		"column `{column}` is compressed ({codec}); the store takes uncompressed files only: with pyarrow, write it with \
		 compression=\"none\""
	)]
	Compressed { column: &'static str, codec: &'static str },
	#[error(
		"column `{column}` is encoded as {encoding}; salts and signatures are stored plain: with pyarrow, write the file with \
		 use_dictionary=False"
	)]
	Encoded { column: &'static str, encoding: String },
	#[error("a row group of {size} bytes cannot hold the {rows} rows that it claims; the file is damaged")]
	Rows { rows: i64, size: i64 },
	#[error("the row groups claim more bytes than the file has; it is damaged")]
	Overlap,
	#[error("the file's metadata lacks a valid {0}")]
	Metadata(&'static str),
	#[error("row {row}: the reading is of interval {found}, the dataset of {expected}")]
	Interval { row: usize, found: Interval, expected: Interval },
	#[error("row {row}: meters must ascend, each once")]
	Order { row: usize },
	#[error("row {row}: quality {found} is not known")]
	Quality { row: usize, found: i32 },
	#[error("row {row}: an estimate is unsigned, and every other reading is signed by its device")]
	Signature { row: usize },
	#[error("row {row}: energy is beyond 2^63 - 1 Wh")]
	Range { row: usize },
	#[error("a dataset has at least one reading and at most {MOST_ROWS}")]
	Count,
}

/// Checks the columns of a file, before any of its rows is read.
///
/// # Errors
/// The first difference, naming the column; [`DatasetError::Overlap`] if the row groups claim more than the `length` bytes
/// of the file, so that one group cannot be read many times.
pub fn check(file: &ParquetMetaData, length: u64) -> Result<(), DatasetError> {
	let schema = file.file_metadata().schema();
	let fields = schema.get_fields();
	let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
	if let Some(missing) = COLUMNS.iter().find(|column| !names.contains(column)) {
		return Err(DatasetError::Missing(missing));
	}
	let is_extra = |(at, name): &(usize, &&str)| !COLUMNS.contains(name) || names[..*at].contains(name);
	if let Some((_, extra)) = names.iter().enumerate().find(is_extra) {
		return Err(DatasetError::Extra((*extra).into()));
	}
	for (field, (expected, kind)) in fields.iter().zip(COLUMNS.iter().zip(TYPES)) {
		if field.name() != *expected {
			return Err(DatasetError::Misplaced { found: field.name().into(), expected });
		}
		let found = describe(field);
		if found != kind {
			return Err(DatasetError::Type { column: expected, found, expected: kind });
		}
	}
	file.row_groups().iter().try_for_each(check_chunks)?;
	// Each by itself: a size below zero would make room for another's.
	let chunks = file.row_groups().iter().flat_map(RowGroupMetaData::columns);
	let sizes = chunks.map(|chunk| u64::try_from(chunk.compressed_size()).unwrap_or(u64::MAX));
	if sizes.fold(0, u64::saturating_add) > length {
		return Err(DatasetError::Overlap);
	}
	Ok(())
}

/// The number of rows of all groups together.
///
/// # Errors
/// As [`rows`], and [`DatasetError::Count`] if they are more than [`MOST_ROWS`].
pub fn all_rows(file: &ParquetMetaData) -> Result<usize, DatasetError> {
	let mut all = 0usize;
	for group in file.row_groups() {
		all = all.saturating_add(rows(group)?);
	}
	(all <= MOST_ROWS).then_some(all).ok_or(DatasetError::Count)
}

/// Where a column of a group begins in the file, and how many bytes it has.
///
/// # Errors
/// [`DatasetError::Overlap`] if it does not lie in the `length` bytes of the file.
pub fn place(chunk: &ColumnChunkMetaData, length: u64) -> Result<(u64, usize), DatasetError> {
	let data = chunk.data_page_offset();
	// Some writers put zero where there is no dictionary.
	let first = chunk.dictionary_page_offset().filter(|offset| (1..data).contains(offset)).unwrap_or(data);
	let (start, size) = (u64::try_from(first), u64::try_from(chunk.compressed_size()));
	let (Ok(start), Ok(size)) = (start, size) else { return Err(DatasetError::Overlap) };
	if start.checked_add(size).is_none_or(|end| end > length) {
		return Err(DatasetError::Overlap);
	}
	Ok((start, usize::try_from(size).map_err(|_| DatasetError::Overlap)?))
}

/// The number of rows of a group, if its bytes can hold them.
///
/// # Errors
/// [`DatasetError::Rows`] if they cannot: a forged count is refused before memory is taken for it.
pub fn rows(group: &RowGroupMetaData) -> Result<usize, DatasetError> {
	// Their sizes are not below zero, as `check` has seen; their sum may be beyond all numbers.
	let sizes = group.columns().iter().map(ColumnChunkMetaData::compressed_size);
	let (rows, size) = (group.num_rows(), sizes.fold(0, i64::saturating_add));
	let refusal = DatasetError::Rows { rows, size };
	match (usize::try_from(rows), usize::try_from(size)) {
		(Ok(rows), Ok(size)) if rows <= size / ROW => Ok(rows),
		_ => Err(refusal),
	}
}

/// How the values of a group's columns are stored.
fn check_chunks(group: &RowGroupMetaData) -> Result<(), DatasetError> {
	for (at, (chunk, column)) in group.columns().iter().zip(COLUMNS).enumerate() {
		if chunk.compression() != Compression::UNCOMPRESSED {
			return Err(DatasetError::Compressed { column, codec: codec(chunk.compression()) });
		}
		let is_plain = |encoding: &Encoding| {
			// Levels, which required columns do not have, are what run lengths and packed bits are declared for.
			#[allow(deprecated, reason = "old writers declare it")]
			let levels = matches!(encoding, Encoding::RLE | Encoding::BIT_PACKED);
			levels || matches!(encoding, Encoding::PLAIN | Encoding::BYTE_STREAM_SPLIT)
		};
		if let Some(encoding) = chunk.encodings().find(|encoding| PLAIN.contains(&at) && !is_plain(encoding)) {
			return Err(DatasetError::Encoded { column, encoding: encoding.to_string() });
		}
	}
	Ok(())
}

/// A codec without its level.
fn codec(compression: Compression) -> &'static str {
	match compression {
		Compression::UNCOMPRESSED => "none",
		Compression::SNAPPY => "Snappy",
		Compression::GZIP(_) => "gzip",
		Compression::LZO => "LZO",
		Compression::BROTLI(_) => "Brotli",
		Compression::LZ4 | Compression::LZ4_RAW => "LZ4",
		Compression::ZSTD(_) => "Zstandard",
	}
}

/// A column's type in words. The words of a required column of plain integers or bytes are those of [`TYPES`].
fn describe(field: &Type) -> String {
	let info = field.get_basic_info();
	let repetition = match info.has_repetition().then(|| info.repetition()) {
		Some(Repetition::OPTIONAL) => "nullable ",
		Some(Repetition::REPEATED) => "repeated ",
		Some(Repetition::REQUIRED) | None => "",
	};
	let Type::PrimitiveType { physical_type, type_length, .. } = field else {
		return format!("{repetition}group of columns");
	};
	let bits = match physical_type {
		Physical::INT32 => 32,
		Physical::INT64 => 64,
		Physical::FIXED_LEN_BYTE_ARRAY => 0,
		other => return format!("{repetition}{}", other.to_string().to_lowercase()),
	};
	// The old annotation is filled in from the new one where both can say it.
	let annotation = match (info.converted_type(), info.logical_type_ref()) {
		(ConvertedType::NONE, None) => None,
		(ConvertedType::NONE, Some(logical)) => Some(format!("{logical:?}")),
		(converted, _) => Some(converted.to_string()),
	};
	let plain = match (info.converted_type(), bits) {
		(ConvertedType::UINT_32, 32) | (ConvertedType::UINT_64, 64) => Some(format!("unsigned {bits}-bit integer")),
		(ConvertedType::INT_32, 32) | (ConvertedType::INT_64, 64) => Some(format!("signed {bits}-bit integer")),
		(ConvertedType::NONE, _) if !matches!(info.logical_type_ref(), None | Some(LogicalType::Unknown)) => None,
		(ConvertedType::NONE, 0) => Some(format!("{type_length} bytes")),
		(ConvertedType::NONE, _) => Some(format!("signed {bits}-bit integer")),
		_ => None,
	};
	let text = plain.unwrap_or_else(|| {
		let bytes = if bits == 0 { *type_length } else { bits / 8 };
		format!("{} in {bytes} bytes", annotation.unwrap_or_default())
	});
	format!("{repetition}{text}")
}
