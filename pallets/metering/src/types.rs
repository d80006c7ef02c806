//! Meters, readings and the datasets that a meter operator commits to.
//!
//! Building a dataset takes only what is here: a [`Reading`] and a secret salt for each meter, [`leaf`] over both, and
//! the tree of `busbar-merkle` over the leaves.

use alloc::vec::Vec;
use busbar_merkle::{leaf_hash, MAX_PROOF};
use busbar_primitives::{Interval, Metered, Moment, ParticipantId, PointId, Quality, Wh};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Most hashes in a Merkle proof.
pub type MaxProof = ConstU32<MAX_PROOF>;

/// Secret of a leaf, 128 bits: readings are easy to guess.
pub type Salt = [u8; 16];

/// What a meter counted in one interval.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Reading {
	pub point: PointId,
	pub interval: Interval,
	/// Active energy drawn, in Wh; at most 2^63 - 1.
	pub import: Wh,
	/// Active energy fed in, in Wh; at most 2^63 - 1.
	pub export: Wh,
	/// Reactive energy while drawing, in varh.
	pub import_varh: i64,
	/// Reactive energy while feeding in, in varh.
	pub export_varh: i64,
	pub quality: Quality,
}

impl Reading {
	/// The active energy. Its net fits the type of energy with a direction if [`Self::is_in_range`].
	pub fn metered(&self) -> Metered {
		Metered { import: self.import, export: self.export, quality: self.quality }
	}

	/// Whether both directions fit the type of energy with a direction, and so does their difference.
	pub fn is_in_range(&self) -> bool {
		i64::try_from(self.import).is_ok() && i64::try_from(self.export).is_ok()
	}
}

/// Content of a reading's leaf: the salt, then the SCALE encoding of the reading.
pub fn leaf_bytes(salt: &Salt, reading: &Reading) -> Vec<u8> {
	(salt, reading).encode()
}

/// Hash of a reading's leaf.
pub fn leaf(salt: &Salt, reading: &Reading) -> H256 {
	leaf_hash(&leaf_bytes(salt, reading))
}

/// A reading with what shows that its operator attested it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ProvenReading {
	pub reading: Reading,
	pub salt: Salt,
	/// Leaf index under the dataset's root.
	pub index: u32,
	/// Hashes that lead from the leaf to the root.
	pub proof: BoundedVec<H256, MaxProof>,
}

/// The meter of a connection point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Meter {
	/// Who reads it.
	pub operator: ParticipantId,
	/// The device's Ed25519 public key.
	pub device: [u8; 32],
	/// Chain time of its registration, in ms.
	pub since: Moment,
}

/// What an operator attested for one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Dataset {
	/// Merkle root over all readings.
	pub root: H256,
	/// Number of readings.
	pub count: u32,
	/// Length of the dataset as it is stored off chain, in bytes.
	pub bytes: u32,
	/// Hash of the dataset as it is stored off chain.
	pub content: H256,
	/// Version of the dataset, from 1.
	pub version: u16,
	/// Chain time of the attestation, in ms.
	pub at: Moment,
}

/// A reading that was proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Proven {
	/// Whose dataset it stands in.
	pub operator: ParticipantId,
	pub metered: Metered,
	/// Reactive energy while drawing, in varh.
	pub import_varh: i64,
	/// Reactive energy while feeding in, in varh.
	pub export_varh: i64,
}
