//! The end of a file, where its columns are described.

use super::thrift::{Cursor, LIST, STRUCT};
use crate::columns::DatasetError;
use parquet::{
	errors::ParquetError,
	file::{
		metadata::{ParquetMetaData, ParquetMetaDataReader},
		reader::ChunkReader,
	},
};

/// Bytes after the description: its length and `PAR1`.
const TAIL: u64 = 8;
/// Bytes that any description may have.
const ALWAYS: u64 = 64 * 1024;
/// Beyond that, a description may have this share of the file.
const SHARE: u64 = 16;
/// Most columns, groups of columns among them, that are looked at; a dataset has ten.
const MOST_COLUMNS: usize = 256;

/// Reads the description of a file's columns.
///
/// # Errors
/// If it is none, or greater than the file's length warrants: it takes memory of some twenty times its length.
pub fn read(input: &impl ChunkReader) -> Result<ParquetMetaData, DatasetError> {
	let refusal = |what: &str| DatasetError::Parquet(ParquetError::General(what.into()));
	let length = input.len();
	let end = length.checked_sub(TAIL).ok_or_else(|| refusal("it is shorter than the end of one"))?;
	let tail = input.get_bytes(end, TAIL as usize)?;
	let (size, magic) = tail.split_at_checked(4).ok_or(DatasetError::Unreadable)?;
	if magic != b"PAR1" {
		return Err(refusal("it does not end as one"));
	}
	let size = u64::from(u32::from_le_bytes(size.try_into().map_err(|_| DatasetError::Unreadable)?));
	let start = end.checked_sub(size).ok_or_else(|| refusal("its description is longer than the file"))?;
	let most = ALWAYS.saturating_add(length / SHARE);
	if size > most {
		return Err(DatasetError::Description { size, most });
	}
	let bytes = input.get_bytes(start, usize::try_from(size).map_err(|_| DatasetError::Unreadable)?)?;
	check(&bytes).map_err(refusal)?;
	// The crate's parser is not hardened against everything. What it was given is dropped with it.
	let parse = std::panic::AssertUnwindSafe(|| ParquetMetaDataReader::decode_metadata(&bytes));
	Ok(std::panic::catch_unwind(parse).unwrap_or(Err(ParquetError::General("it is damaged".into())))?)
}

/// Walks over the whole, so that every list has the elements for which the parser takes memory.
fn check(bytes: &[u8]) -> Result<(), &'static str> {
	Cursor::new(bytes).fields(0, |cursor, number, kind| {
		// The second field is the list of columns.
		if (number, kind) != (2, LIST) {
			return Ok(false);
		}
		let (kind, size) = cursor.list()?;
		if kind != STRUCT || size > MOST_COLUMNS {
			return Err("it has far more columns than a dataset");
		}
		for _ in 0..size {
			cursor.skip(kind, 1, false)?;
		}
		Ok(true)
	})
}
