//! Where sealed records and the log of accesses lie. Nothing in it opens without the keys, which are kept elsewhere.

mod postgres;
pub(crate) mod sqlite;

use crate::error::Error;
use async_trait::async_trait;
use busbar_primitives::ParticipantId;
use sp_core::H256;
use std::{path::Path, sync::Arc};

pub use postgres::Postgres;
pub use sqlite::Sqlite;

/// A sealed record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
	/// Whose it is.
	pub subject: ParticipantId,
	/// Counts from 1 with each that replaces another.
	pub number: u32,
	/// What opens with its key.
	pub sealed: Vec<u8>,
	/// To it.
	pub commitment: H256,
	/// Who put it here.
	pub writer: ParticipantId,
	/// Its key is being destroyed.
	pub erasing: bool,
}

/// Which record somebody has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
	pub subject: ParticipantId,
	pub number: u32,
	pub erasing: bool,
}

/// An entry of the log as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logged {
	/// Its place, from 0 on.
	pub index: u32,
	/// Whose record it is about.
	pub subject: ParticipantId,
	/// SCALE encoding of [`crate::log::Entry`].
	pub bytes: Vec<u8>,
}

/// A database. What a function has done is on the disk when it returns; each does all of its work or nothing.
#[async_trait]
pub trait Database: Send + Sync {
	/// Somebody's record.
	async fn record(&self, subject: ParticipantId) -> Result<Option<Stored>, Error>;

	/// Keeps a record instead of whatever the person had, and an entry of the log.
	async fn put(&self, record: Stored, entry: Logged) -> Result<(), Error>;

	/// Marks a record for erasure, and keeps an entry of the log.
	async fn mark(&self, entry: Logged) -> Result<(), Error>;

	/// Deletes somebody's record.
	async fn remove(&self, subject: ParticipantId) -> Result<(), Error>;

	/// Who has a record.
	async fn heads(&self) -> Result<Vec<Head>, Error>;

	/// Keeps an entry of the log. Its place must be free.
	async fn append(&self, entry: Logged) -> Result<(), Error>;

	/// Entries of the log from one on, in their order, at most so many.
	async fn entries(&self, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error>;

	/// Entries about one person from a place on, in their order, at most so many.
	async fn entries_of(&self, subject: ParticipantId, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error>;
}

/// A database by its address: `postgres://...`, or a SQLite file.
///
/// # Errors
/// If it cannot be opened.
pub async fn open(address: &str) -> Result<Arc<dyn Database>, Error> {
	if address.starts_with("postgres://") || address.starts_with("postgresql://") {
		Ok(Arc::new(Postgres::open(address).await?))
	} else {
		Ok(Arc::new(Sqlite::open(Path::new(address))?))
	}
}

pub(crate) fn id(bytes: &[u8]) -> Result<ParticipantId, Error> {
	bytes.try_into().map(ParticipantId).map_err(|_| Error::Database("an identifier has another length".into()))
}
