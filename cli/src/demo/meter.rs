//! What the meter operator does: a dataset of readings off chain, its root on chain, and proofs.

use super::{data::Kind, forecast::salt};
use anyhow::{Context, Result};
use busbar_merkle as merkle;
use busbar_primitives::{Interval, ParticipantId, PointId, Quality, Wh};
use busbar_runtime::{
	pallet_metering::{self, ProvenReading, Reading},
	Runtime, RuntimeCall,
};

use sp_core::{Get, H256};
use sp_crypto_hashing::blake2_256;

/// All readings of an interval, each with its salt.
pub struct Dataset {
	interval: Interval,
	readings: Vec<([u8; 16], Reading)>,
	leaves: Vec<H256>,
	/// What is kept off chain: the leaves' bytes one after the other.
	bytes: Vec<u8>,
}

impl Dataset {
	/// Readings of what the points truly drew or fed in: by point, what it is, and its energy in Wh.
	pub fn new(seed: u64, quarter: usize, interval: Interval, points: &[(PointId, Kind, Wh)]) -> Self {
		let readings: Vec<_> = points
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
				(salt(seed, *point as usize, quarter), reading)
			})
			.collect();
		let leaf_bytes: Vec<_> =
			readings.iter().map(|(salt, reading)| pallet_metering::leaf_bytes(salt, reading)).collect();
		let leaves = leaf_bytes.iter().map(|bytes| merkle::leaf_hash(bytes)).collect();
		Self { interval, readings, leaves, bytes: leaf_bytes.concat() }
	}

	/// The call that commits to the dataset.
	pub fn attest(&self) -> RuntimeCall {
		RuntimeCall::Metering(pallet_metering::Call::attest {
			interval: self.interval,
			root: merkle::root(&self.leaves),
			count: u32::try_from(self.leaves.len()).unwrap_or(u32::MAX),
			bytes: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
			content: H256(blake2_256(&self.bytes)),
		})
	}

	/// The calls that bring all readings to settlement, with their proofs.
	///
	/// # Errors
	/// None in practice: every index has a proof.
	pub fn prove(&self, operator: ParticipantId) -> Result<Vec<RuntimeCall>> {
		let size = <<Runtime as pallet_metering::Config>::MaxReadings as Get<u32>>::get().max(1) as usize;
		let proven = self
			.readings
			.iter()
			.enumerate()
			.map(|(index, (salt, reading))| {
				let index = u32::try_from(index).context("a dataset has less than 2^32 readings")?;
				let proof = merkle::proof(&self.leaves, index).context("every leaf has a proof; qed")?;
				let proof = proof.try_into().ok().context("a proof is at most 32 hashes; qed")?;
				Ok(ProvenReading { reading: *reading, salt: *salt, index, proof })
			})
			.collect::<Result<Vec<_>>>()?;
		proven
			.chunks(size)
			.map(|readings| {
				let readings = readings.to_vec().try_into().ok().context("chunks are within the bound; qed")?;
				let interval = self.interval;
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
		let dataset = Dataset::new(1, 0, 9, &points);
		let RuntimeCall::Metering(pallet_metering::Call::attest { root, count, bytes, .. }) = dataset.attest() else {
			panic!("not an attestation")
		};
		assert_eq!(bytes as usize, dataset.bytes.len());
		let mut proven = 0;
		for call in dataset.prove(ParticipantId([1; 16])).unwrap() {
			let RuntimeCall::Metering(pallet_metering::Call::prove { readings, .. }) = call else {
				panic!("not a proof")
			};
			for reading in readings {
				let leaf = merkle::leaf_hash(&[&reading.salt[..], &reading.reading.encode()].concat());
				assert!(merkle::verify(root, count, reading.index, leaf, &reading.proof));
				proven += 1;
			}
		}
		assert_eq!(proven, 112);
	}
}
