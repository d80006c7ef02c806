//! A record of fields, the commitment to it, and proofs of single fields.
//!
//! The commitment is the Merkle root over a leaf for each field that there can be, in the order of [`Field::ALL`]:
//!
//! ```text
//! salt(field) = H("busbar:record-salt" || salt || number of the field, one byte)
//! leaf(field) = H(0x00 || SCALE("busbar:record", number of the field, salt(field), the value or nothing))
//! ```
//!
//! so that a field is proven without telling anything of the others, not even whether they are there; and so that without the
//! salt, 256 random bits, nobody finds a record by trying values. `H` is blake2-256, and the tree that of `busbar-merkle`.

use crate::error::Error;
use busbar_merkle::{leaf_hash, Tree};
use busbar_primitives::records::{Field, Fields};
use codec::Encode;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// Most bytes of a field.
pub const LONGEST_FIELD: usize = 4_096;

/// What is kept of a person: texts by field. Its memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(pub BTreeMap<Field, String>);

impl Drop for Record {
	fn drop(&mut self) {
		self.0.values_mut().for_each(Zeroize::zeroize);
	}
}

impl std::fmt::Debug for Record {
	/// Which fields there are, and not what they say.
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_list().entries(self.0.keys()).finish()
	}
}

/// A field with what proves it under the commitment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosed {
	pub field: Field,
	/// Nothing, if the record has no such field.
	pub value: Option<String>,
	/// The leaf's secret.
	pub salt: H256,
	/// Hashes from the leaf to the top.
	pub path: Vec<H256>,
}

impl std::fmt::Debug for Disclosed {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Disclosed({:?})", self.field)
	}
}

fn field_salt(salt: &[u8; 32], field: Field) -> H256 {
	let preimage = Zeroizing::new([&b"busbar:record-salt"[..], salt, &[field as u8]].concat());
	H256(blake2_256(&preimage))
}

fn leaf(field: Field, salt: &H256, value: Option<&str>) -> H256 {
	leaf_hash(&Zeroizing::new((b"busbar:record", field as u8, salt, value).encode()))
}

impl Record {
	/// A record as it comes in.
	///
	/// # Errors
	/// If it has no field, or one that is too long.
	pub fn parse(json: &[u8]) -> Result<Self, Error> {
		let record: Self = serde_json::from_slice(json).map_err(|error| Error::NoRecord(error.to_string()))?;
		if record.0.is_empty() {
			return Err(Error::NoField);
		}
		match record.0.iter().find(|(_, value)| value.len() > LONGEST_FIELD) {
			Some((field, _)) => Err(Error::LongField(LONGEST_FIELD, *field)),
			None => Ok(record),
		}
	}

	/// Its bytes as they are sealed.
	///
	/// # Errors
	/// None that a map of texts has.
	pub fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
		serde_json::to_vec(self).map(Zeroizing::new).map_err(|error| Error::NoRecord(error.to_string()))
	}

	fn tree(&self, salt: &[u8; 32]) -> Tree {
		let value = |field: &Field| self.0.get(field).map(String::as_str);
		let leaves = Field::ALL.iter().map(|field| leaf(*field, &field_salt(salt, *field), value(field)));
		Tree::new(leaves.collect())
	}

	/// What stands on chain for it.
	pub fn commitment(&self, salt: &[u8; 32]) -> H256 {
		self.tree(salt).root()
	}

	/// These fields with their proofs.
	pub fn disclose(&self, salt: &[u8; 32], fields: Fields) -> Vec<Disclosed> {
		let tree = self.tree(salt);
		let disclosed = |field: Field| Disclosed {
			field,
			value: self.0.get(&field).cloned(),
			salt: field_salt(salt, field),
			path: tree.proof(u32::from(field as u8)).unwrap_or_default(),
		};
		fields.list().into_iter().map(disclosed).collect()
	}
}

impl Disclosed {
	/// Whether the field is so in the record that is committed to.
	pub fn is_under(&self, commitment: H256) -> bool {
		let leaf = leaf(self.field, &self.salt, self.value.as_deref());
		let count = u32::try_from(Field::ALL.len()).unwrap_or(u32::MAX);
		busbar_merkle::verify(commitment, count, u32::from(self.field as u8), leaf, &self.path)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn record() -> Record {
		let fields = [(Field::Name, "Ada Lovelace"), (Field::Bank, "DE02120300000000202051")];
		Record(fields.map(|(field, value)| (field, value.into())).into())
	}

	#[test]
	fn every_field_is_proven_alone_and_as_no_other() {
		let (record, salt) = (record(), [7; 32]);
		let commitment = record.commitment(&salt);
		let all = record.disclose(&salt, Fields::ALL);
		assert_eq!(all.len(), 8);
		for disclosed in all {
			assert!(disclosed.is_under(commitment), "{disclosed:?}");
			assert!(!Disclosed { value: Some("another".into()), ..disclosed.clone() }.is_under(commitment));
			let other = if disclosed.field == Field::Name { Field::Bank } else { Field::Name };
			assert!(!Disclosed { field: other, ..disclosed.clone() }.is_under(commitment));
			assert!(!disclosed.is_under(record.commitment(&[8; 32])));
		}
	}

	#[test]
	fn a_field_that_is_not_there_is_proven_absent_and_a_field_that_is_there_is_not() {
		let (record, salt) = (record(), [7; 32]);
		let commitment = record.commitment(&salt);
		let site = record.disclose(&salt, Fields::of([Field::Site])).remove(0);
		assert_eq!(site.value, None);
		assert!(site.is_under(commitment));
		let name = record.disclose(&salt, Fields::of([Field::Name])).remove(0);
		assert!(!Disclosed { value: None, ..name }.is_under(commitment));
	}

	#[test]
	fn a_record_without_a_field_with_an_unknown_one_or_a_long_one_is_refused() {
		assert!(matches!(Record::parse(b"{}"), Err(Error::NoField)));
		assert!(matches!(Record::parse(br#"{"shoe_size":"44"}"#), Err(Error::NoRecord(_))));
		let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(LONGEST_FIELD + 1));
		assert!(matches!(Record::parse(long.as_bytes()), Err(Error::LongField(_, Field::Name))));
		assert_eq!(Record::parse(&record().bytes().expect("a map")).expect("a record"), record());
	}

	#[test]
	fn what_is_printed_of_a_record_says_nothing_of_the_person() {
		let text = format!("{:?} {:?}", record(), record().disclose(&[7; 32], Fields::ALL));
		assert!(!text.contains("Ada") && !text.contains("DE02"), "{text}");
	}
}
