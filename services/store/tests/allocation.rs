//! What a dataset's decoder may take of memory, whatever a file claims: counted by the allocator of this program.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/forge.rs"]
mod forge;

use busbar_store::dataset::{Dataset, DatasetError};
use bytes::Bytes;
use common::dataset;
use forge::{columns, file, page, varint, with_footer, Chunk, DELTA, DICTIONARY};
use proptest::prelude::*;
use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

/// Counts, for each thread, the bytes that it holds and the most that it has held; refuses a GiB at a time.
struct Counting;

thread_local! {
	static HELD: Cell<isize> = const { Cell::new(0) };
	static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
	// A thread that ends may free when its counters are gone.
	let _ = HELD.try_with(|held| {
		held.set(held.get() + bytes);
		let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
	});
}

// SAFETY: passes everything on to the system's allocator, and counts.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		if layout.size() > 1 << 30 {
			return std::ptr::null_mut();
		}
		count(layout.size() as isize);
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
		count(-(layout.size() as isize));
		unsafe { System.dealloc(at, layout) }
	}
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Decodes, and returns the most bytes that were held meanwhile.
fn taken(bytes: &Bytes) -> (Result<Dataset, DatasetError>, u64) {
	let before = HELD.get();
	MOST.set(before);
	let decoded = Dataset::from_parquet(bytes.clone());
	(decoded, (MOST.get() - before) as u64)
}

/// Six times the file and 2 MiB.
fn bound(bytes: &Bytes) -> u64 {
	6 * bytes.len() as u64 + (2 << 20)
}

fn refused(what: &str, bytes: Bytes) -> String {
	let (decoded, taken) = taken(&bytes);
	assert!(taken <= bound(&bytes), "{what}: {taken} bytes for a file of {}", bytes.len());
	decoded.err().unwrap_or_else(|| panic!("{what} was taken")).to_string()
}

fn with(column: usize, chunk: impl Into<Chunk>) -> Bytes {
	let mut all = columns(10);
	all[column] = chunk.into();
	file(&[(10, all)])
}

#[test]
fn the_bound_is_what_the_store_counts_with() {
	for length in [0, 1_000, 100_000_000] {
		assert_eq!(busbar_store::dataset::memory(length), 6 * length + (2 << 20));
	}
}

#[test]
fn a_good_file_takes_less_than_four_times_its_length() {
	assert_eq!(Dataset::from_parquet(file(&[(10, columns(10)), (0, columns(0))])).unwrap().rows.len(), 10);
	let bytes = Bytes::from(dataset(9, 70_000).to_parquet().unwrap());
	let (decoded, taken) = taken(&bytes);
	assert_eq!(decoded.unwrap().rows.len(), 70_000);
	assert!(taken < 4 * bytes.len() as u64, "{taken} bytes for a file of {}", bytes.len());
}

#[test]
fn a_page_that_claims_two_thousand_million_values_takes_no_memory_for_them() {
	let index = [&[32u8][..], &[20], &[0; 4]].concat();
	let claimed = page(true, i32::MAX, 0, &[], &[0; 4]);
	let refusal = refused("a dictionary", with(0, [claimed, page(false, 10, DICTIONARY, &[], &index)].concat()));
	assert!(refusal.contains("column `meter` cannot be decoded: a dictionary claims more"), "{refusal}");
	for (column, encoding) in [(0, 0), (3, 0), (8, 0), (9, 0), (0, 9), (3, DELTA), (8, 9)] {
		refused("a page", with(column, page(false, i32::MAX, encoding, &[], &[0; 1_000])));
		refused("a page below zero", with(column, page(false, -1, encoding, &[], &[0; 1_000])));
	}
	// As many miniblocks, each of as many values, as numbers can say.
	let blocks = [varint(u64::MAX - 7), varint(1 << 31), varint(10), varint(0), varint(0)].concat();
	refused("miniblocks", with(3, page(false, 10, DELTA, &[], &blocks)));
	let blocks = [varint(1 << 62), varint(1), varint(10), varint(0), varint(0), vec![64]].concat();
	refused("a miniblock", with(3, page(false, 10, DELTA, &[], &blocks)));
}

#[test]
fn a_header_with_a_thousand_million_bytes_of_statistics_takes_no_memory_for_them() {
	// Field 5 after 2, a structure, whose first field is bytes: of which there are none.
	for length in [1u64 << 30, 1 << 40, u64::MAX] {
		let statistics = [vec![0x3c, 0x18], varint(length)].concat();
		refused("statistics", with(0, page(false, 10, 0, &statistics, &[0; 40])));
	}
}

#[test]
fn a_group_that_claims_more_rows_than_its_bytes_hold_is_refused() {
	for rows in [11i64, 1_000, i32::MAX.into(), i64::MAX, -1] {
		refused("rows", file(&[(rows, columns(10))]));
	}
	// Sizes below zero do not make room for sizes beyond the file.
	let mut sizes = columns(10);
	sizes[0].claimed = Some(i64::from(i32::MAX) * 80);
	sizes[1].claimed = Some(-i64::from(i32::MAX) * 80);
	refused("sizes that cancel out", file(&[(i32::MAX.into(), sizes)]));
	for (claimed, at) in [(Some(i64::MAX - 10_000), None), (None, Some(i64::MAX)), (None, Some(-1)), (Some(-1), None)] {
		let mut places = columns(10);
		places[9] = Chunk { claimed, at, ..places[9].clone() };
		refused("places", file(&[(10, places)]));
	}
}

#[test]
fn a_group_that_is_claimed_many_times_is_not_read_many_times() {
	let honest = columns(100);
	let start = 4i64;
	let mut again = Vec::new();
	let mut at = start;
	for chunk in &honest {
		again.push(Chunk { bytes: Vec::new(), claimed: Some(chunk.bytes.len() as i64), at: Some(at) });
		at += chunk.bytes.len() as i64;
	}
	let groups: Vec<_> = std::iter::once((100, honest)).chain((0..50).map(|_| (100, again.clone()))).collect();
	assert!(refused("the same group", file(&groups)).contains("more bytes than the file has"));
}

#[test]
fn more_rows_than_any_grid_has_meters_are_refused_before_they_are_read() {
	let mut chunks = vec![Chunk::default(); 10];
	chunks[9] = vec![0; 84 << 20].into();
	assert!(refused("rows", file(&[((1 << 20) + 1, chunks)])).contains("at most 1048576"));
}

#[test]
fn a_footer_that_claims_what_it_does_not_have_is_refused() {
	// Version 1, then a list of 2^27 columns, or of row groups.
	let columns = [vec![0x15, 2, 0x19, 0xfc], varint(1 << 27)].concat();
	refused("columns", with_footer(&vec![0; 1 << 20], &[columns.clone(), vec![0; 60_000]].concat()));
	refused("columns without bytes", with_footer(&[], &columns));
	refused("many empty columns", with_footer(&vec![0; 16 << 20], &[columns, vec![0; 1 << 20]].concat()));
	let nested = vec![0x1c; 60_000];
	refused("nesting", with_footer(&[], &nested));
	assert!(refused("a long footer", with_footer(&[], &vec![0; 100_000])).contains("100000 bytes"));
	refused("nothing", Bytes::new());
	refused("a length beyond the file", Bytes::from_static(b"PAR1\xff\xff\xff\x7fPAR1"));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(3_000))]

	/// Damage anywhere, above all where sizes and counts stand: before each page and in the footer.
	#[test]
	fn a_damaged_file_is_read_or_refused_within_the_bound(
		rows in 1u32..40,
		by_hand: bool,
		changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..3), 1..8),
	) {
		let mut bytes = if by_hand {
			file(&[(rows.into(), columns(rows))]).to_vec()
		} else {
			dataset(9, rows).to_parquet().unwrap()
		};
		for (place, value, kind) in changes {
			let footer = bytes.len().saturating_sub(900);
			let at = match kind {
				0 => place.index(bytes.len()),
				_ => footer + place.index(bytes.len() - footer),
			};
			match value {
				0..=15 => { bytes.remove(at); },
				16..=31 => { bytes.splice(at..at, [0xff; 4]); },
				_ => bytes[at] = value,
			}
			if bytes.len() < 12 { break }
			// The length of the footer stays what it is, mostly, so that more than the end is tried.
		}
		let bytes = Bytes::from(bytes);
		let (_, taken) = taken(&bytes);
		prop_assert!(taken <= bound(&bytes), "{} bytes for a file of {}", taken, bytes.len());
	}
}
