//! The log of accesses: who asked for what of whose record, when, why, and whether it was granted. Nothing is taken out of it.
//!
//! Each entry binds the one before by its hash, and all are leaves of one Merkle tree, whose root goes on chain. It names
//! persons by their UUID and accounts only, and outlives their records: it proves to whom they were shown.

use crate::{
	database::{Database, Logged},
	error::Error,
};
use busbar_client::AccountId;
use busbar_merkle::leaf_hash;
use busbar_primitives::{
	records::{Fields, Purpose},
	ParticipantId,
};
use codec::{Decode, DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};

/// Entries that are read at a time.
const PAGE: u32 = 4_096;

/// What somebody asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
	/// To keep a record, instead of another if there was one.
	Put,
	/// To read fields of it.
	Read,
	/// To read who read it.
	Log,
	/// To have everything.
	Export,
	/// To erase it.
	Erase,
}

/// On what ground it was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
	/// It is the person's own record.
	Own,
	/// The person granted it on chain.
	Grant,
	/// The law: it was the regulator, or for the log an auditor.
	Oversight,
	/// The person is not registered yet, and it was the membership provider that admits it.
	Admission,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
pub struct Event {
	/// In ms since the Unix epoch.
	pub at: u64,
	/// Whose record it is about.
	pub subject: ParticipantId,
	/// Who asked.
	pub account: AccountId,
	/// In whose name, as far as that is known.
	pub reader: Option<ParticipantId>,
	pub act: Act,
	pub fields: Fields,
	/// What for, as the reader said.
	pub purpose: Option<Purpose>,
	/// Why it was granted; refused, if there is no ground.
	pub ground: Option<Ground>,
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
pub struct Entry {
	/// Its place, from 0 on.
	pub index: u32,
	/// Hash of the entry before; zero before the first.
	pub previous: H256,
	#[serde(flatten)]
	pub event: Event,
}

impl Entry {
	/// The hash that the next entry binds, and its leaf.
	pub fn hash(&self) -> H256 {
		leaf_hash(&self.encode())
	}
}

/// The end of the log.
#[derive(Default)]
struct End {
	leaves: Vec<H256>,
	/// Perhaps more was written than is known here.
	unsure: bool,
}

/// The log.
pub struct Log {
	database: Arc<dyn Database>,
	end: Mutex<End>,
}

/// The right to write the next entry. Dropped without [`Next::written`], it leaves the log to be read again.
pub struct Next<'a>(MutexGuard<'a, End>);

impl Log {
	/// Reads the log, and checks that each entry binds the one before.
	///
	/// # Errors
	/// [`Error::DamagedLog`].
	pub async fn open(database: Arc<dyn Database>) -> Result<Self, Error> {
		let log = Self { database, end: Mutex::new(End { unsure: true, ..End::default() }) };
		drop(log.end().await?);
		Ok(log)
	}

	/// The end, as it stands in the database.
	async fn end(&self) -> Result<MutexGuard<'_, End>, Error> {
		let mut end = self.end.lock().await;
		while end.unsure {
			let from = u32::try_from(end.leaves.len()).map_err(|_| Error::FullLog)?;
			let page = self.database.entries(from, PAGE).await?;
			for bytes in &page {
				let index = u32::try_from(end.leaves.len()).map_err(|_| Error::FullLog)?;
				let entry = Entry::decode_all(&mut &bytes[..]).map_err(|_| Error::DamagedLog(index))?;
				if entry.index != index || entry.previous != end.leaves.last().copied().unwrap_or_default() {
					return Err(Error::DamagedLog(index));
				}
				end.leaves.push(leaf_hash(bytes));
			}
			end.unsure = page.len() == PAGE as usize;
		}
		Ok(end)
	}

	/// The right to write the next entry, which nobody else has meanwhile.
	///
	/// # Errors
	/// As [`Log::open`].
	pub async fn next(&self) -> Result<Next<'_>, Error> {
		let mut end = self.end().await?;
		end.unsure = true;
		Ok(Next(end))
	}

	/// How many entries there are, and the root over them.
	///
	/// # Errors
	/// As [`Log::open`].
	pub async fn root(&self) -> Result<(u32, H256), Error> {
		let end = self.end().await?;
		Ok((u32::try_from(end.leaves.len()).map_err(|_| Error::FullLog)?, busbar_merkle::root(&end.leaves)))
	}

	/// What proves an entry under the root over the first `count` of them; nothing, if it is none of them.
	///
	/// # Errors
	/// As [`Log::open`].
	pub async fn proof(&self, count: u32, index: u32) -> Result<Option<Vec<H256>>, Error> {
		let end = self.end().await?;
		let leaves = usize::try_from(count).ok().and_then(|count| end.leaves.get(..count));
		Ok(leaves.and_then(|leaves| busbar_merkle::proof(leaves, index)))
	}
}

impl Next<'_> {
	/// The entry that says so.
	///
	/// # Errors
	/// [`Error::FullLog`].
	pub fn entry(&self, event: Event) -> Result<Logged, Error> {
		let index = u32::try_from(self.0.leaves.len()).map_err(|_| Error::FullLog)?;
		let previous = self.0.leaves.last().copied().unwrap_or_default();
		let subject = event.subject;
		Ok(Logged { index, subject, bytes: Entry { index, previous, event }.encode() })
	}

	/// Says that the entry is written, and that nothing else was.
	pub fn written(mut self, entry: &[u8]) {
		self.0.leaves.push(leaf_hash(entry));
		self.0.unsure = false;
	}
}
