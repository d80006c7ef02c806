//! What differs in bytes that do not have the hash they should have.
//!
//! An object is cut into chunks of [`CHUNK`] bytes whose hashes are kept beside it. A damaged chunk names the byte range;
//! the Parquet footer tells which column of which rows lies there; and the kept leaf hashes name the rows that changed, if
//! the file still decodes.

use crate::{
	columnar::footer,
	dataset::{Dataset, COLUMNS},
	hash_of,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{fmt, ops::Range};

/// Bytes of a chunk.
pub const CHUNK: usize = 4_096;

/// Hashes of an object's chunks.
pub fn chunk_hashes(bytes: &[u8]) -> Vec<H256> {
	bytes.chunks(CHUNK).map(hash_of).collect()
}

/// Hashes chunks of bytes that come in pieces of any size.
pub(crate) struct Chunker {
	hasher: blake2b_simd::State,
	/// Bytes of the chunk so far.
	filled: usize,
	hashes: Vec<H256>,
}

impl Default for Chunker {
	fn default() -> Self {
		Self { hasher: crate::hasher(), filled: 0, hashes: Vec::new() }
	}
}

impl Chunker {
	pub(crate) fn update(&mut self, mut piece: &[u8]) {
		while !piece.is_empty() {
			let (part, rest) = piece.split_at(piece.len().min(CHUNK.saturating_sub(self.filled)));
			self.hasher.update(part);
			self.filled = self.filled.saturating_add(part.len());
			if self.filled == CHUNK {
				self.close();
			}
			piece = rest;
		}
	}

	fn close(&mut self) {
		self.hashes.push(crate::finish(&self.hasher));
		self.hasher = crate::hasher();
		self.filled = 0;
	}

	/// The hashes; those that [`chunk_hashes`] gives for the whole.
	pub(crate) fn finish(mut self) -> Vec<H256> {
		if self.filled > 0 {
			self.close();
		}
		self.hashes
	}
}

/// What is damaged.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Damage {
	/// Byte ranges that differ, to the chunk.
	pub bytes: Vec<Range<usize>>,
	/// What lies there, as far as the file's footer tells.
	pub places: Vec<String>,
	/// Rows, counted from 0, that changed, with the connection point that each now names.
	pub rows: Vec<(usize, u32)>,
	/// Length and expected length, if they differ.
	pub length: Option<(usize, usize)>,
}

impl fmt::Display for Damage {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let mut parts = Vec::new();
		if let Some((found, expected)) = self.length {
			parts.push(format!("{found} bytes instead of {expected}"));
		}
		parts.extend(self.bytes.iter().map(|range| format!("bytes {} to {} differ", range.start, range.end)));
		parts.extend(self.places.iter().cloned());
		const SHOWN: usize = 8;
		for (row, point) in self.rows.iter().take(SHOWN) {
			parts.push(format!("row {row} (point {point}) changed"));
		}
		if self.rows.len() > SHOWN {
			parts.push(format!("and {} further rows", self.rows.len().saturating_sub(SHOWN)));
		}
		f.write_str(&parts.join("; "))
	}
}

/// Compares an object with the hashes of its chunks and, of a dataset, with the leaves it had.
pub fn locate(bytes: &Bytes, length: usize, chunks: &[H256], leaves: &[H256]) -> Damage {
	let mut damage = Damage::default();
	if bytes.len() != length {
		damage.length = Some((bytes.len(), length));
	}
	for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
		if chunks.get(index) != Some(&hash_of(chunk)) {
			let start = index.saturating_mul(CHUNK);
			let end = start.saturating_add(chunk.len());
			match damage.bytes.last_mut().filter(|range| range.end == start) {
				Some(range) => range.end = end,
				None => damage.bytes.push(start..end),
			}
		}
	}
	if !leaves.is_empty() {
		damage.places = places(bytes, &damage.bytes);
		if let Ok(dataset) = Dataset::decode(bytes.clone()) {
			let rows = dataset.rows.iter().enumerate();
			let changed = rows.filter(|(index, row)| leaves.get(*index) != Some(&row.leaf()));
			damage.rows = changed.map(|(index, row)| (index, row.signed.reading.point)).collect();
		}
	}
	damage
}

/// The columns that overlap the ranges.
fn places(bytes: &Bytes, ranges: &[Range<usize>]) -> Vec<String> {
	let Ok(metadata) = footer::read(bytes) else {
		return vec!["the Parquet footer cannot be read".into()];
	};
	let (mut places, mut first, mut end_of_data) = (Vec::new(), 0i64, 4usize);
	for group in metadata.row_groups() {
		let last = first.saturating_add(group.num_rows());
		for (index, column) in group.columns().iter().enumerate() {
			let start = usize::try_from(column.data_page_offset()).unwrap_or(usize::MAX);
			let end = start.saturating_add(usize::try_from(column.compressed_size()).unwrap_or(usize::MAX));
			end_of_data = end_of_data.max(end);
			if ranges.iter().any(|range| range.start < end && start < range.end) {
				let name = COLUMNS.get(index).copied().unwrap_or("?");
				places.push(format!("column {name}, rows {first} to {last}, overlaps"));
			}
		}
		first = last;
	}
	if ranges.iter().any(|range| range.end > end_of_data) {
		places.push("the Parquet footer overlaps".into());
	}
	places
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn chunks_are_the_same_however_the_bytes_come() {
		let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|at| (at % 251) as u8).collect();
		for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, bytes.len()] {
			for size in [1, 7, CHUNK - 1, CHUNK, CHUNK + 1, bytes.len()] {
				let mut chunker = Chunker::default();
				bytes[..length].chunks(size).for_each(|piece| chunker.update(piece));
				assert_eq!(chunker.finish(), chunk_hashes(&bytes[..length]), "{length} bytes in pieces of {size}");
			}
		}
	}
}
