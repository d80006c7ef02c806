//! What meters and their operator do: signed readings, a dataset of them off chain, its root on chain, and proofs.

use super::in_order;
use anyhow::{Context, Result};
use busbar_client::{
	constants,
	pallet_metering::{self, ProvenReading},
	sign::Signer,
	submit::Submitter,
	RuntimeCall,
};
use busbar_merkle::Tree;
use busbar_primitives::{
	metering::{MeterId, Reading, SignedReading},
	Interval, ParticipantId, PointId, Quality, Wh,
};
use busbar_store::{
	client::Client,
	dataset::{Dataset as Readings, Row},
	hash_of,
	meta::Class,
};
use bytes::Bytes;
use sp_core::{ed25519, Pair, H256};

/// What a meter counted.
pub struct Counted {
	/// The meter.
	pub meter: MeterId,
	/// What the meter signs with.
	pub device: ed25519::Pair,
	/// Where it stands.
	pub point: PointId,
	/// Drawn, in Wh.
	pub import: Wh,
	/// Fed in, in Wh.
	pub export: Wh,
	/// The secret salt of the reading's leaf.
	pub salt: [u8; 16],
}

impl Counted {
	/// The reading, signed by its device for the chain with this genesis hash.
	fn sign(&self, interval: Interval, genesis: &H256) -> SignedReading {
		let (import, export) = (self.import, self.export);
		let reading = Reading {
			meter: self.meter,
			point: self.point,
			interval,
			import,
			export,
			import_varh: 0,
			export_varh: 0,
			quality: Quality::Measured,
		};
		SignedReading { reading, signature: Some(self.device.sign(&reading.signing_payload(genesis))) }
	}
}

/// All readings of an interval, each with its salt.
pub struct Dataset {
	readings: Readings,
	tree: Tree,
	/// What is kept off chain.
	bytes: Bytes,
}

impl Dataset {
	/// Signed readings of what the meters counted.
	///
	/// # Errors
	/// If a meter is named twice.
	pub fn new(
		interval: Interval,
		operator: ParticipantId,
		genesis: H256,
		counted: impl Iterator<Item = Counted>,
	) -> Result<Self> {
		let mut rows: Vec<_> =
			counted.map(|counted| Row { signed: counted.sign(interval, &genesis), salt: counted.salt }).collect();
		rows.sort_by_key(|row| row.signed.reading.meter);
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

	/// The calls that bring all readings to settlement, with their proofs, so many in each.
	///
	/// # Errors
	/// None in practice: every index has a proof.
	pub fn prove(&self, size: usize) -> Result<Vec<RuntimeCall>> {
		let proven = self
			.readings
			.rows
			.iter()
			.enumerate()
			.map(|(index, row)| {
				let index = u32::try_from(index).context("a dataset has less than 2^32 readings")?;
				let proof = self.tree.proof(index).context("every leaf has a proof; qed")?;
				Ok(ProvenReading { signed: row.signed, salt: row.salt, index, proof })
			})
			.collect::<Result<Vec<_>>>()?;
		proven
			.chunks(size.max(1))
			.map(|readings| {
				let readings = readings.to_vec();
				let (interval, operator) = (self.readings.interval, self.readings.operator);
				Ok(RuntimeCall::Metering(pallet_metering::Call::prove { interval, operator, readings }))
			})
			.collect()
	}
}

/// Attests a dataset and proves its readings, as its operator, and waits until all stand in a block. Where there is a store it
/// gets the dataset first, so that whoever reads the chain finds it there. Returns the number of transactions.
///
/// # Errors
/// If the store or the node fails, or a transaction fails again and again.
pub async fn attest(
	submitter: &Submitter,
	operator: &Signer,
	store: Option<&Client>,
	dataset: &Dataset,
) -> Result<u64> {
	if let Some(store) = store {
		store.put(Class::Readings, dataset.bytes()).await?;
	}
	let size = submitter.chain().constant(&constants::metering::MAX_READINGS)? as usize;
	let mut calls = vec![dataset.attest()];
	calls.extend(dataset.prove(size)?);
	in_order(submitter, operator, calls).await
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_reading_is_signed_and_proven_under_the_attested_root() {
		let genesis = H256::repeat_byte(4);
		let device = |meter: u32| ed25519::Pair::from_seed(&[meter as u8; 32]);
		let counted = (0..112).rev().map(|meter| Counted {
			meter,
			device: device(meter),
			point: 200 - meter,
			import: if meter < 103 { 10 } else { 0 },
			export: if meter < 103 { 0 } else { 10 },
			salt: [meter as u8; 16],
		});
		let dataset = Dataset::new(9, ParticipantId([1; 16]), genesis, counted).unwrap();
		let RuntimeCall::Metering(pallet_metering::Call::attest { root, count, bytes, .. }) = dataset.attest() else {
			panic!("not an attestation")
		};
		assert_eq!(bytes as usize, dataset.bytes.len());
		let mut proven = 0;
		for call in dataset.prove(64).unwrap() {
			let RuntimeCall::Metering(pallet_metering::Call::prove { readings, .. }) = call else {
				panic!("not a proof")
			};
			for ProvenReading { signed, salt, index, proof } in readings {
				assert!(busbar_merkle::verify(root, count, index, signed.leaf(&salt), &proof));
				let reading = signed.reading;
				assert_eq!((reading.meter, reading.point), (index, 200 - index));
				assert!(signed.is_authentic(&genesis, &device(index).public().0));
				assert!(!signed.is_authentic(&genesis, &device(index + 1).public().0));
				proven += 1;
			}
		}
		assert_eq!(proven, 112);
	}
}
