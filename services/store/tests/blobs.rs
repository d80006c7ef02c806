//! What is stored comes back as it was, or is named as damaged.
#![allow(clippy::unwrap_used)]

mod common;

use busbar_client::pallet_metering::Dataset as Attested;
use busbar_store::{
	blobs::Blobs,
	dataset::{Dataset, DatasetError},
	error::Error,
	hash_of,
	meta::Class,
	retention::{sweep, Retention},
	verify::differences,
};
use bytes::Bytes;
use common::*;
use futures::TryStreamExt;
use std::path::{Path, PathBuf};

const MAX: u64 = 10_000_000;

fn open(folder: &Path) -> Blobs {
	Blobs::open(folder.to_str().unwrap(), MAX).unwrap()
}

fn flip(path: &PathBuf, byte: usize, bit: u8) {
	let mut bytes = std::fs::read(path).unwrap();
	bytes[byte] ^= 1 << bit;
	std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_dataset_survives_parquet_and_its_root_is_the_chains() {
	let dataset = dataset(9, 1_000);
	let bytes = dataset.to_parquet().unwrap();
	assert_eq!(bytes, dataset.to_parquet().unwrap(), "the same bytes each time");
	assert_eq!(Dataset::from_parquet(Bytes::from(bytes)).unwrap(), dataset);
	let leaves: Vec<_> = dataset.rows.iter().map(|row| row.signed.leaf(&row.salt)).collect();
	assert_eq!(dataset.tree().root(), busbar_merkle::root(&leaves));
}

#[test]
fn the_root_is_what_another_program_computes_from_the_documentation() {
	// By the lines of Python in docs/metering-data.md.
	let expected = "e0bd6d523aefff10719d984284ee9ba644fbeac7369d21c657e9955b71eecfea";
	assert_eq!(hex::encode(dataset(9, 6).tree().root()), expected);
}

#[test]
fn numbers_at_their_bounds_survive_parquet() {
	let mut dataset = dataset(u32::MAX, 3);
	dataset.rows[2].signed.reading.meter = u32::MAX;
	dataset.rows[2].signed.reading.point = u32::MAX;
	dataset.rows[1].signed.reading.import = i64::MAX as u64;
	dataset.rows[1].signed.reading.import_varh = i64::MIN;
	dataset.rows[2].signed.reading.export_varh = i64::MAX;
	assert_eq!(Dataset::from_parquet(Bytes::from(dataset.to_parquet().unwrap())).unwrap(), dataset);
}

#[test]
fn a_dataset_that_is_out_of_order_or_range_is_refused_and_the_row_named() {
	let mut twice = dataset(9, 5);
	twice.rows[3].signed.reading.meter = 1_002;
	assert!(matches!(twice.to_parquet(), Err(DatasetError::Order { row: 3 })));
	let mut foreign = dataset(9, 5);
	foreign.rows[1].signed.reading.interval = 8;
	assert!(matches!(foreign.to_parquet(), Err(DatasetError::Interval { row: 1, found: 8, expected: 9 })));
	let mut large = dataset(9, 5);
	large.rows[4].signed.reading.export = 1 << 63;
	assert!(matches!(large.to_parquet(), Err(DatasetError::Range { row: 4 })));
	let mut unsigned = dataset(9, 5);
	unsigned.rows[2].signed.signature = None;
	assert!(matches!(unsigned.to_parquet(), Err(DatasetError::Signature { row: 2 })));
	let mut blank = dataset(9, 5);
	blank.rows[3].signed.signature = Some(sp_core::ed25519::Signature::from_raw([0; 64]));
	assert!(matches!(blank.to_parquet(), Err(DatasetError::Signature { row: 3 })));
	let mut signed = dataset(9, 6);
	signed.rows[5].signed.signature = signed.rows[1].signed.signature;
	assert!(matches!(signed.to_parquet(), Err(DatasetError::Signature { row: 5 })));
	assert!(matches!(dataset(9, 0).to_parquet(), Err(DatasetError::Count)));
}

#[tokio::test]
async fn an_object_comes_back_and_a_wrong_hash_or_size_stores_nothing() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = Blobs::open(folder.path().to_str().unwrap(), 50_000).unwrap();
	let bytes = Bytes::from(vec![5; 50_000]);
	let meta = put(&blobs, Class::Document, bytes.clone()).await.unwrap();
	assert_eq!(blobs.get(meta.hash).await.unwrap(), bytes);
	let streamed: Vec<Bytes> = blobs.stream(meta.hash).await.unwrap().try_collect().await.unwrap();
	assert_eq!(streamed.concat(), bytes);

	let other = hash_of(b"other");
	let body = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
	assert!(matches!(blobs.put(other, Class::Document, None, body).await, Err(Error::WrongHash { .. })));
	let large = Bytes::from(vec![5; 50_001]);
	assert!(matches!(put(&blobs, Class::Document, large).await, Err(Error::TooLarge(50_000))));
	let nonsense = Bytes::from_static(b"no Parquet");
	assert!(matches!(put(&blobs, Class::Readings, nonsense.clone()).await, Err(Error::Dataset(_))));
	let body = futures::stream::iter([Ok(nonsense.clone()), Err("the line broke")]);
	let broken = blobs.put(hash_of(&nonsense), Class::Document, None, body).await;
	assert!(matches!(broken, Err(Error::Upload(_))));
	assert!(matches!(blobs.get(other).await, Err(Error::NotFound(_))));
	assert_eq!(blobs.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_found_and_its_place_named() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let bytes = Bytes::from(dataset(9, 300).to_parquet().unwrap());
	let hash = put(&blobs, Class::Readings, bytes.clone()).await.unwrap().hash;
	let name = hex::encode(hash);
	blobs.check(hash).await.unwrap();
	for kind in ["blobs", "chunks", "leaves", "meta"] {
		let path = folder.path().join(kind).join(&name);
		let length = std::fs::metadata(&path).unwrap().len() as usize;
		for byte in (0..length).step_by(if kind == "blobs" { 61 } else { 17 }).chain([length - 1]) {
			let bit = (byte % 8) as u8;
			flip(&path, byte, bit);
			match blobs.check(hash).await.unwrap_err() {
				Error::Damaged { damage, .. } => {
					assert_eq!(kind, "blobs");
					assert!(damage.bytes.iter().any(|range| range.contains(&byte)), "{byte}: {damage}");
					assert!(damage.bytes.iter().all(|range| range.len() <= 4_096), "{damage}");
					assert!(!damage.places.is_empty(), "{byte}: {damage}");
				},
				Error::DamagedRecord(_, what) => assert_eq!(what, kind),
				other => panic!("{kind} {byte}: {other}"),
			}
			if kind == "blobs" {
				let stream = blobs.stream(hash).await.unwrap();
				let streamed: Result<Vec<Bytes>, _> = stream.try_collect().await;
				assert!(matches!(streamed, Err(Error::Damaged { .. })), "{byte} was served");
			}
			flip(&path, byte, bit);
		}
	}
	blobs.check(hash).await.unwrap();
}

#[tokio::test]
async fn a_changed_salt_names_its_row_and_point() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let dataset = dataset(9, 300);
	let bytes = Bytes::from(dataset.to_parquet().unwrap());
	let hash = put(&blobs, Class::Readings, bytes.clone()).await.unwrap().hash;
	let salt = dataset.rows[123].salt;
	let at = bytes.windows(16).position(|window| window == salt).unwrap();
	flip(&folder.path().join("blobs").join(hex::encode(hash)), at, 0);
	let Err(Error::Damaged { damage, .. }) = blobs.get(hash).await else { panic!("not found") };
	assert_eq!(damage.rows, [(123, 123)]);
	assert!(damage.places.iter().any(|place| place.contains("column salt")), "{damage}");
	// The same upload mends it.
	put(&blobs, Class::Readings, bytes).await.unwrap();
	blobs.check(hash).await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_cut_or_longer_are_damaged() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let bytes = Bytes::from(vec![1; 8_192]);
	let hash = put(&blobs, Class::Document, bytes.clone()).await.unwrap().hash;
	let path = folder.path().join("blobs").join(hex::encode(hash));
	for length in [0, 4_096, 8_191, 9_000] {
		std::fs::write(&path, vec![1; length]).unwrap();
		let Err(Error::Damaged { damage, .. }) = blobs.get(hash).await else { panic!("not found") };
		assert_eq!(damage.length, Some((length, 8_192)));
		let streamed: Result<Vec<Bytes>, _> = blobs.stream(hash).await.unwrap().try_collect().await;
		assert!(matches!(streamed, Err(Error::Damaged { .. })), "{length} bytes were served");
	}
}

#[tokio::test]
async fn a_sweep_deletes_by_class_and_a_dry_run_deletes_nothing() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let readings = put(&blobs, Class::Readings, dataset(9, 20).to_parquet().unwrap().into()).await.unwrap();
	let document = put(&blobs, Class::Document, Bytes::from_static(b"protocol")).await.unwrap();
	let retention = Retention { readings: Some(1), documents: None };
	let day = 24 * 3_600 * 1_000;
	assert!(!retention.is_over(&readings, readings.stored_at + day));
	assert!(retention.is_over(&readings, readings.stored_at + day + 1));
	assert!(!retention.is_over(&document, u64::MAX));

	tokio::time::sleep(std::time::Duration::from_millis(5)).await;
	let now = Retention { readings: Some(0), documents: None };
	assert_eq!(sweep(&blobs, now, true).await.unwrap().over.len(), 1);
	blobs.check(readings.hash).await.unwrap();
	let swept = sweep(&blobs, now, false).await.unwrap();
	assert_eq!((swept.over[0].hash, swept.kept), (readings.hash, 1));
	assert!(matches!(blobs.get(readings.hash).await, Err(Error::NotFound(_))));
	assert!(!folder.path().join("leaves").join(hex::encode(readings.hash)).exists());
	blobs.check(document.hash).await.unwrap();
}

#[test]
fn what_differs_from_the_attestation_is_named() {
	let dataset = dataset(9, 40);
	let bytes = Bytes::from(dataset.to_parquet().unwrap());
	let attested = Attested {
		root: dataset.tree().root(),
		count: 40,
		bytes: bytes.len() as u32,
		content: hash_of(&bytes),
		version: 1,
		at: 0,
	};
	let compare = |bytes: &Bytes, attested: &Attested| {
		differences(&Dataset::from_parquet(bytes.clone()), bytes, attested).join("; ")
	};
	assert_eq!(compare(&bytes, &attested), "");
	let mut other = dataset.clone();
	other.rows[7].signed.reading.import += 1;
	let found = compare(&other.to_parquet().unwrap().into(), &attested);
	assert!(found.contains("content hash") && found.contains("Merkle root") && !found.contains("number"), "{found}");
	other.rows.pop();
	other.version = 2;
	let found = compare(&other.to_parquet().unwrap().into(), &attested);
	for what in ["number of readings: the data have 39, the chain has 40", "version", "length in bytes"] {
		assert!(found.contains(what), "{found}");
	}
	let found = compare(&Bytes::from_static(b"nonsense"), &attested);
	assert!(found.contains("not a Parquet file"), "{found}");
}
