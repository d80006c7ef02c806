//! What the meter operator does: a dataset of readings off chain, its root on chain, and proofs.

use super::{data::Kind, forecast::salt};
use anyhow::{Context, Result};
use busbar_merkle::Tree;
use busbar_primitives::{Interval, ParticipantId, PointId, Quality, Wh};
use busbar_runtime::{
	pallet_metering::{self, ProvenReading, Reading},
	Runtime, RuntimeCall,
};
use busbar_store::{
	dataset::{Dataset as Readings, Row},
	hash_of,
};
use bytes::Bytes;
use sp_core::Get;

/// All readings of an interval, each with its salt.
pub struct Dataset {
	readings: Readings,
	tree: Tree,
	/// What is kept off chain.
	bytes: Bytes,
}

impl Dataset {
	/// Readings of what the points truly drew or fed in: by point, what it is, and its energy in Wh.
	///
	/// # Errors
	/// If a point is named twice.
	pub fn new(
		seed: u64,
		quarter: usize,
		interval: Interval,
		operator: ParticipantId,
		points: &[(PointId, Kind, Wh)],
	) -> Result<Self> {
		let mut rows: Vec<_> = points
			.iter()
			.map(|(point, kind, wh)| {
				let (import, export) = match kind {
					Kind::Load => (*wh, 0),
					Kind::Pv => (0, *wh),
				};
				let reading = Reading {
					point: *point,
					interval,
					import,
					export,
					import_varh: 0,
					export_varh: 0,
					quality: Quality::Measured,
				};
				Row { reading, salt: salt(seed, *point as usize, quarter), signature: [0; 64] }
			})
			.collect();
		rows.sort_by_key(|row| row.reading.point);
		let readings = Readings { operator, interval, version: 1, rows };
		let bytes = readings.to_parquet()?.into();
		Ok(Self { tree: readings.tree(), readings, bytes })
	}

	/// What is kept off chain, under its hash.
	pub fn bytes(&self) -> Bytes {
		self.bytes.clone()
	}

	/// The call that commits to the dataset.
	pub fn attest(&self) -> RuntimeCall {
		RuntimeCall::Metering(pallet_metering::Call::attest {
			interval: self.readings.interval,
			root: self.tree.root(),
			count: u32::try_from(self.readings.rows.len()).unwrap_or(u32::MAX),
			bytes: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
			content: hash_of(&self.bytes),
		})
	}

	/// The calls that bring all readings to settlement, with their proofs.
	///
	/// # Errors
	/// None in practice: every index has a proof.
	pub fn prove(&self) -> Result<Vec<RuntimeCall>> {
		let size = <<Runtime as pallet_metering::Config>::MaxReadings as Get<u32>>::get().max(1) as usize;
		let proven = self
			.readings
			.rows
			.iter()
			.enumerate()
			.map(|(index, row)| {
				let index = u32::try_from(index).context("a dataset has less than 2^32 readings")?;
				let proof = self.tree.proof(index).context("every leaf has a proof; qed")?;
				let proof = proof.try_into().ok().context("a proof is at most 32 hashes; qed")?;
				Ok(ProvenReading { reading: row.reading, salt: row.salt, index, proof })
			})
			.collect::<Result<Vec<_>>>()?;
		proven
			.chunks(size)
			.map(|readings| {
				let readings = readings.to_vec().try_into().ok().context("chunks are within the bound; qed")?;
				let (interval, operator) = (self.readings.interval, self.readings.operator);
				Ok(RuntimeCall::Metering(pallet_metering::Call::prove { interval, operator, readings }))
			})
			.collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn every_reading_is_proven_under_the_attested_root() {
		let points: Vec<_> =
			(0..112).map(|point| (point, if point < 103 { Kind::Load } else { Kind::Pv }, 10)).collect();
		let dataset = Dataset::new(1, 0, 9, ParticipantId([1; 16]), &points).unwrap();
		let RuntimeCall::Metering(pallet_metering::Call::attest { root, count, bytes, .. }) = dataset.attest() else {
			panic!("not an attestation")
		};
		assert_eq!(bytes as usize, dataset.bytes.len());
		let mut proven = 0;
		for call in dataset.prove().unwrap() {
			let RuntimeCall::Metering(pallet_metering::Call::prove { readings, .. }) = call else {
				panic!("not a proof")
			};
			for reading in readings {
				let leaf = busbar_merkle::leaf_hash(&[&reading.salt[..], &reading.reading.encode()].concat());
				assert!(busbar_merkle::verify(root, count, reading.index, leaf, &reading.proof));
				proven += 1;
			}
		}
		assert_eq!(proven, 112);
	}
}
