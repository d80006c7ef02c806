//! What goes over the HTTP interface, as both ends write and read it.

use crate::{
	chain::Subject,
	log::Entry,
	record::{Disclosed, Record},
	vault::Receipt,
};
use busbar_primitives::{
	records::{Fields, Purpose, RecordGrant},
	Interval, ParticipantId,
};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The vault's public key, in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PublicKey {
	pub key: String,
}

/// Fields of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reading {
	pub subject: ParticipantId,
	pub record: Receipt,
	pub fields: Vec<Disclosed>,
}

/// An entry of the log with what proves it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proven {
	pub entry: Entry,
	/// Hashes from the leaf to the top, under the root of the same answer.
	pub path: Vec<H256>,
}

/// Who read somebody's record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Accesses {
	/// Entries of the whole log.
	pub count: u32,
	/// Root over them.
	pub root: H256,
	/// Those about this person.
	pub entries: Vec<Proven>,
	/// Where the next page begins; nothing behind the last one.
	pub next: Option<u32>,
}

/// The end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Root {
	pub count: u32,
	pub root: H256,
}

/// A grant, as an export tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Granted {
	pub grantee: ParticipantId,
	pub purpose: Purpose,
	pub fields: Fields,
	pub from: Interval,
	pub until: Interval,
}

impl From<RecordGrant> for Granted {
	fn from(RecordGrant { grantee, purpose, fields, from, until }: RecordGrant) -> Self {
		Self { grantee, purpose, fields, from, until }
	}
}

/// Everything about one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Export {
	/// Of this form.
	pub version: u32,
	pub subject: ParticipantId,
	/// The record, and what it is told to be; nothing, if none is kept.
	pub record: Option<(Record, Receipt)>,
	/// Every field with its proof.
	pub proofs: Vec<Disclosed>,
	/// What the chain knows of the person.
	pub on_chain: Option<Subject>,
	/// To whom the person opens what.
	pub grants: Vec<Granted>,
	/// Who asked for what, from the beginning.
	pub accesses: Vec<Entry>,
}
