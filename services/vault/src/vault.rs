//! Putting, opening and erasing records, so that a process may end at any moment.
//!
//! | what is done, in this order | what a start finds if it ended there, and does |
//! |---|---|
//! | put: the new key is written | a key without a record: destroys it |
//! | put: the record and its entry of the log are written, in one transaction | the key of the record before: destroys it |
//! | put: the key of the record before is destroyed | nothing |
//! | erasing: the record is marked, and the entry written, in one transaction | a marked record: goes on |
//! | erasing: the key is destroyed | a marked record: goes on |
//! | erasing: the record is deleted | nothing |

use crate::{
	database::{Database, Stored},
	error::Error,
	keys::Keys,
	log::{Event, Log},
	record::Record,
	seal::{Master, RecordKey},
};
use busbar_primitives::ParticipantId;
use sp_core::H256;
use std::{collections::BTreeMap, sync::Arc};

/// Records, their keys and the log.
pub struct Vault {
	database: Arc<dyn Database>,
	keys: Keys,
	master: Master,
	pub log: Log,
}

/// What is told of a record that was put.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
	/// Counts from 1 with each that replaces another.
	pub number: u32,
	/// What stands, or should stand, on chain.
	pub commitment: H256,
}

/// A record that was opened.
pub struct Opened {
	pub record: Record,
	pub receipt: Receipt,
	pub key: RecordKey,
}

/// What a start mended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mended {
	/// Keys of no record, which are destroyed.
	pub keys: usize,
	/// Erasures that are finished.
	pub erased: usize,
}

impl Vault {
	/// Opens what lies there, and mends what an earlier process left.
	///
	/// # Errors
	/// [`Error::KeysMissing`] if records have no keys, [`Error::WrongMaster`], [`Error::DamagedLog`].
	pub async fn open(database: Arc<dyn Database>, keys: Keys, master: Master) -> Result<(Self, Mended), Error> {
		let log = Log::open(database.clone()).await?;
		let vault = Self { database, keys, master, log };
		let mended = vault.mend().await?;
		Ok((vault, mended))
	}

	async fn mend(&self) -> Result<Mended, Error> {
		let mut mended = Mended::default();
		let heads = self.database.heads().await?;
		for head in heads.iter().filter(|head| head.erasing) {
			self.destroy(head.subject, head.number).await?;
			mended.erased = mended.erased.saturating_add(1);
		}
		let mut standing: BTreeMap<_, _> =
			heads.iter().filter(|head| !head.erasing).map(|head| (head.subject, head.number)).collect();
		let mut first = None;
		for (subject, number) in self.keys.all().await? {
			if standing.get(&subject) == Some(&number) {
				standing.remove(&subject);
				first = first.or(Some((subject, number)));
			} else if heads.iter().all(|head| head.subject != subject || head.number != number) {
				self.keys.destroy(subject, number).await?;
				mended.keys = mended.keys.saturating_add(1);
			}
		}
		if let Some(subject) = standing.keys().next() {
			return Err(Error::KeysMissing(standing.len(), *subject));
		}
		if let Some((subject, number)) = first {
			self.key(subject, number).await?;
		}
		Ok(mended)
	}

	async fn key(&self, subject: ParticipantId, number: u32) -> Result<RecordKey, Error> {
		let wrapped = self.keys.get(subject, number).await?.ok_or(Error::Damaged(subject))?;
		self.master.unwrap(subject, number, &wrapped)
	}

	async fn destroy(&self, subject: ParticipantId, number: u32) -> Result<(), Error> {
		self.keys.destroy(subject, number).await?;
		self.database.remove(subject).await
	}

	/// Opens every record, and says how many there are.
	///
	/// # Errors
	/// As [`Vault::open_record`], for the first that does not open.
	pub async fn check(&self) -> Result<usize, Error> {
		let heads = self.database.heads().await?;
		for head in &heads {
			self.open_record(head.subject).await?;
		}
		Ok(heads.len())
	}

	/// Who put somebody's record here, if there is one.
	///
	/// # Errors
	/// If the database fails.
	pub async fn writer(&self, subject: ParticipantId) -> Result<Option<ParticipantId>, Error> {
		Ok(self.database.record(subject).await?.map(|stored| stored.writer))
	}

	/// Keeps a record instead of whatever the person had, whose key and salt are destroyed.
	///
	/// # Errors
	/// [`Error::Erasing`]; if a database fails, in which case the record before may stand or not.
	pub async fn put(&self, record: &Record, writer: ParticipantId, event: Event) -> Result<Receipt, Error> {
		let subject = event.subject;
		let next = self.log.next().await?;
		let before = self.database.record(subject).await?;
		if before.as_ref().is_some_and(|before| before.erasing) {
			return Err(Error::Erasing(subject));
		}
		let number = before.as_ref().map_or(0, |before| before.number).checked_add(1).ok_or(Error::FullLog)?;
		let key = RecordKey::random();
		let commitment = record.commitment(&key.salt);
		let sealed = key.seal(subject, number, &record.bytes()?)?;
		self.keys.put(subject, number, self.master.wrap(subject, number, &key)?).await?;
		let entry = next.entry(event)?;
		let stored = Stored { subject, number, sealed, commitment, writer, erasing: false };
		self.database.put(stored, entry.clone()).await?;
		next.written(&entry.bytes);
		if let Some(before) = before {
			self.keys.destroy(subject, before.number).await?;
		}
		Ok(Receipt { number, commitment })
	}

	/// Opens somebody's record, or says that there is none.
	///
	/// # Errors
	/// [`Error::Damaged`], or if a database fails.
	pub async fn open_record(&self, subject: ParticipantId) -> Result<Option<Opened>, Error> {
		let Some(stored) = self.database.record(subject).await?.filter(|stored| !stored.erasing) else {
			return Ok(None);
		};
		let Stored { number, commitment, sealed, .. } = stored;
		let key = self.key(subject, number).await?;
		let record = Record::parse(&key.open(subject, number, &sealed)?)?;
		if record.commitment(&key.salt) != commitment {
			return Err(Error::Damaged(subject));
		}
		Ok(Some(Opened { record, receipt: Receipt { number, commitment }, key }))
	}

	/// Keeps an entry of the log.
	///
	/// # Errors
	/// If the database fails.
	pub async fn note(&self, event: Event) -> Result<(), Error> {
		let next = self.log.next().await?;
		let entry = next.entry(event)?;
		self.database.append(entry.clone()).await?;
		next.written(&entry.bytes);
		Ok(())
	}

	/// Destroys somebody's key and salt, and deletes the record.
	///
	/// # Errors
	/// [`Error::NotFound`]; if a database fails, in which case the next start goes on.
	pub async fn erase(&self, event: Event) -> Result<(), Error> {
		let subject = event.subject;
		let next = self.log.next().await?;
		let stored = self.database.record(subject).await?.ok_or(Error::NotFound(subject))?;
		let entry = next.entry(event)?;
		self.database.mark(entry.clone()).await?;
		next.written(&entry.bytes);
		self.destroy(subject, stored.number).await
	}

	/// Entries about one person from a place on, at most so many.
	///
	/// # Errors
	/// If the database fails.
	pub async fn entries_of(&self, subject: ParticipantId, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
		self.database.entries_of(subject, from, limit).await
	}

	/// The public key to which what comes to the vault is sealed, and what opens it.
	pub fn receiver(&self) -> crate::seal::Receiver {
		self.master.receiver()
	}
}
