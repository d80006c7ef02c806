//! Many readings, stored, rooted and proven in one run, with the time of each step.

use crate::{
	blobs::Blobs,
	dataset::{Dataset, Row},
	hash_of,
	meta::Class,
};
use anyhow::{ensure, Context, Result};
use busbar_client::pallet_metering::Dataset as Attested;
use busbar_primitives::{
	metering::{Reading, SignedReading},
	ParticipantId, Quality,
};
use bytes::Bytes;
use codec::Encode;
use rand::{rngs::StdRng, Rng, RngExt, SeedableRng};
use serde::Serialize;
use sp_core::{ed25519, H256};
use std::time::Instant;

/// What a run measured, in seconds and bytes.
#[derive(Debug, Default, Serialize)]
pub struct Report {
	pub datasets: u32,
	pub readings: u64,
	/// Writing Parquet.
	pub encode_s: f64,
	/// Hashing, decoding, rooting and writing to the backend.
	pub ingest_s: f64,
	/// Reading back with every check, decoding, and building the trees again.
	pub root_s: f64,
	/// Making and verifying a proof for every reading.
	pub prove_s: f64,
	pub total_s: f64,
	/// Bytes of the Parquet files.
	pub dataset_bytes: u64,
	/// Bytes of all proofs.
	pub proof_bytes: u64,
	/// Bytes of the record that the chain keeps for each dataset, without its key.
	pub on_chain_bytes_per_dataset: u64,
}

fn dataset(interval: u32, meters: u32, random: &mut StdRng) -> Dataset {
	let rows = (0..meters).map(|point| {
		let reading = Reading {
			meter: point,
			point,
			interval,
			import: random.random_range(0..4_000),
			export: random.random_range(0..2_000),
			import_varh: random.random_range(-500..500),
			export_varh: random.random_range(-500..500),
			quality: Quality::Measured,
		};
		let (mut salt, mut signature) = ([0; 16], [0; 64]);
		random.fill_bytes(&mut salt);
		// Random bytes of a signature's length: this measures the store, not the meters' keys.
		random.fill_bytes(&mut signature);
		Row { signed: SignedReading { reading, signature: Some(ed25519::Signature::from_raw(signature)) }, salt }
	});
	Dataset { operator: ParticipantId([7; 16]), interval, version: 1, rows: rows.collect() }
}

/// Stores, roots and proves `intervals` datasets of `meters` readings each.
///
/// # Errors
/// If anything that was stored does not come back, or a proof does not lead to its root.
pub async fn run(blobs: &Blobs, meters: u32, intervals: u32, seed: u64) -> Result<Report> {
	let mut random = StdRng::seed_from_u64(seed);
	// All its fields are of fixed length.
	let attested = Attested { root: H256::zero(), count: 0, bytes: 0, content: H256::zero(), version: 1, at: 0 };
	let on_chain_bytes_per_dataset = attested.encoded_size() as u64;
	let mut report = Report { datasets: intervals, on_chain_bytes_per_dataset, ..Default::default() };
	for interval in 0..intervals {
		let original = dataset(interval, meters, &mut random);
		let start = Instant::now();
		let bytes = Bytes::from(original.to_parquet()?);
		report.encode_s += start.elapsed().as_secs_f64();
		report.dataset_bytes = report.dataset_bytes.saturating_add(bytes.len() as u64);

		let start = Instant::now();
		let hash = hash_of(&bytes);
		let body = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
		let meta = blobs.put(hash, Class::Readings, None, body).await?;
		report.ingest_s += start.elapsed().as_secs_f64();

		let start = Instant::now();
		let (dataset, tree) = blobs.dataset(hash).await?;
		report.root_s += start.elapsed().as_secs_f64();
		let summary = meta.dataset.context("a dataset has a summary")?;
		ensure!(dataset == original && tree.root() == summary.root, "a dataset did not come back as it was");

		let start = Instant::now();
		for (index, row) in dataset.rows.iter().enumerate() {
			let index = u32::try_from(index)?;
			let proof = tree.proof(index).context("every row has a proof")?;
			let holds = busbar_merkle::verify(summary.root, summary.count, index, row.leaf(), &proof);
			ensure!(holds, "row {index} is not proven");
			report.proof_bytes = report.proof_bytes.saturating_add((proof.len() as u64).saturating_mul(32));
		}
		report.prove_s += start.elapsed().as_secs_f64();
		report.readings = report.readings.saturating_add(u64::from(summary.count));
	}
	report.total_s = report.encode_s + report.ingest_s + report.root_s + report.prove_s;
	Ok(report)
}
