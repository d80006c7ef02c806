//! Datasets, as a meter operator brings them: Parquet.
//!
//! Holds: decoding takes no more memory than it says; what is taken is written and read again as it was.

use super::Target;
use crate::memory;
use busbar_primitives::{
	metering::{Reading, SignedReading},
	ParticipantId, Quality,
};
use busbar_store::dataset::{memory as bound, Dataset, Row};
use bytes::Bytes;
use sp_core::ed25519;

pub const TARGET: Target = Target {
	name: "dataset",
	run,
	seeds: || vec![bytes(3), bytes(70)],
	words: &[
		b"PAR1",
		b"busbar.operator",
		b"busbar.interval",
		b"busbar.version",
		&[0x15, 0],
		&[0x19],
		&[0x1c],
		&[0x2c, 0x15],
		&[0x4c, 0x15],
	],
	longest: 1 << 16,
};

/// A good dataset.
pub fn dataset(rows: u32) -> Dataset {
	let row = |meter| {
		let quality = if meter % 3 == 0 { Quality::Estimated } else { Quality::Measured };
		let reading = Reading {
			meter,
			point: meter,
			interval: 9,
			import: u64::from(meter) * 1_000,
			export: 1,
			import_varh: -5,
			export_varh: 6,
			quality,
		};
		let signature = (quality != Quality::Estimated).then(|| ed25519::Signature::from_raw([7; 64]));
		Row { signed: SignedReading { reading, signature }, salt: [meter as u8; 16] }
	};
	Dataset { operator: ParticipantId([7; 16]), interval: 9, version: 1, rows: (0..rows).map(row).collect() }
}

pub fn bytes(rows: u32) -> Vec<u8> {
	dataset(rows).to_parquet().expect("a good dataset; qed")
}

fn run(input: &[u8]) -> bool {
	let bytes = Bytes::copy_from_slice(input);
	let (decoded, taken) = memory::taken(|| Dataset::from_parquet(bytes));
	let most = bound(input.len() as u64);
	assert!(taken <= most, "{taken} bytes of memory for a file of {}", input.len());
	decoded.is_ok_and(|dataset| {
		let written = dataset.to_parquet().expect("what was taken can be written");
		let again = Dataset::from_parquet(Bytes::from(written)).expect("what was written can be read");
		assert!(again == dataset, "a dataset did not come back as it was");
		true
	})
}
