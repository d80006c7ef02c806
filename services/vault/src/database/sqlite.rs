//! SQLite: the default. Writes are synchronous, and what is deleted is overwritten, in the file and in its write-ahead log.

use super::{Database, Head, Logged, Stored};
use crate::error::Error;
use async_trait::async_trait;
use busbar_primitives::ParticipantId;
use rusqlite::{params, Connection, OptionalExtension, Row, TransactionBehavior};
use sp_core::H256;
use std::{
	path::Path,
	sync::{Arc, Mutex, PoisonError},
};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS records (
	subject BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL, sealed BLOB NOT NULL, commitment BLOB NOT NULL,
	writer BLOB NOT NULL, erasing INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (place INTEGER NOT NULL PRIMARY KEY, subject BLOB NOT NULL, entry BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS log_of ON log (subject, place);
";

/// Opens a file so that what is written is on the disk and what is deleted is gone.
pub(crate) fn connect(path: &Path) -> Result<Connection, Error> {
	let connection = Connection::open(path)?;
	connection.execute_batch(
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
		PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF;",
	)?;
	wipe(&connection)?;
	Ok(connection)
}

/// Moves all of the write-ahead log into the file, and empties it: it holds what pages were before something was deleted.
pub(crate) fn wipe(connection: &Connection) -> Result<(), rusqlite::Error> {
	let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
	if busy == 0 {
		return Ok(());
	}
	let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
	Err(rusqlite::Error::SqliteFailure(busy, Some("another process reads the file; its log cannot be emptied".into())))
}

/// Works with a connection on a thread that may wait.
pub(crate) async fn run<R: Send + 'static>(
	connection: Arc<Mutex<Connection>>,
	work: impl FnOnce(&mut Connection) -> Result<R, rusqlite::Error> + Send + 'static,
) -> Result<R, Error> {
	let done = tokio::task::spawn_blocking(move || {
		let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
		work(&mut connection)
	});
	Ok(done.await.map_err(|error| Error::Database(error.to_string()))??)
}

/// Records and the log in a file.
pub struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
	/// Opens a file, or makes it.
	///
	/// # Errors
	/// If it cannot be used.
	pub fn open(path: &Path) -> Result<Self, Error> {
		let connection = connect(path)?;
		connection.execute_batch(TABLES)?;
		Ok(Self(Arc::new(Mutex::new(connection))))
	}

	async fn run<R: Send + 'static>(
		&self,
		work: impl FnOnce(&mut Connection) -> Result<R, rusqlite::Error> + Send + 'static,
	) -> Result<R, Error> {
		run(self.0.clone(), work).await
	}

	/// Does work in one transaction.
	async fn transact(
		&self,
		work: impl FnOnce(&Connection) -> Result<(), rusqlite::Error> + Send + 'static,
	) -> Result<(), Error> {
		self.run(move |connection| {
			let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
			work(&transaction)?;
			transaction.commit()
		})
		.await
	}

	async fn bytes(
		&self,
		select: &'static str,
		values: (Option<ParticipantId>, u32, u32),
	) -> Result<Vec<Vec<u8>>, Error> {
		self.run(move |connection| {
			let mut select = connection.prepare(select)?;
			let (subject, from, limit) = values;
			let mut rows = match subject {
				Some(subject) => select.query(params![from, limit, &subject.0[..]])?,
				None => select.query(params![from, limit])?,
			};
			let mut all = Vec::new();
			while let Some(row) = rows.next()? {
				all.push(row.get(0)?);
			}
			Ok(all)
		})
		.await
	}
}

fn append(connection: &Connection, entry: &Logged) -> Result<(), rusqlite::Error> {
	let insert = "INSERT INTO log (place, subject, entry) VALUES (?1, ?2, ?3)";
	connection.execute(insert, params![entry.index, &entry.subject.0[..], entry.bytes]).map(drop)
}

fn stored(row: &Row<'_>) -> Result<Stored, rusqlite::Error> {
	Ok(Stored {
		subject: ParticipantId(row.get(0)?),
		number: row.get(1)?,
		sealed: row.get(2)?,
		commitment: H256(row.get(3)?),
		writer: ParticipantId(row.get(4)?),
		erasing: row.get(5)?,
	})
}

#[async_trait]
impl Database for Sqlite {
	async fn record(&self, subject: ParticipantId) -> Result<Option<Stored>, Error> {
		let select = "SELECT subject, number, sealed, commitment, writer, erasing FROM records WHERE subject = ?1";
		self.run(move |records| records.query_row(select, params![&subject.0[..]], stored).optional()).await
	}

	async fn put(&self, record: Stored, entry: Logged) -> Result<(), Error> {
		let insert = "INSERT OR REPLACE INTO records (subject, number, sealed, commitment, writer, erasing)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
		self.transact(move |records| {
			let Stored { subject, number, sealed, commitment, writer, erasing } = record;
			let values = params![&subject.0[..], number, sealed, &commitment.0[..], &writer.0[..], erasing];
			records.execute(insert, values)?;
			append(records, &entry)
		})
		.await
	}

	async fn mark(&self, entry: Logged) -> Result<(), Error> {
		self.transact(move |records| {
			records.execute("UPDATE records SET erasing = 1 WHERE subject = ?1", params![&entry.subject.0[..]])?;
			append(records, &entry)
		})
		.await
	}

	async fn remove(&self, subject: ParticipantId) -> Result<(), Error> {
		self.run(move |records| {
			records.execute("DELETE FROM records WHERE subject = ?1", params![&subject.0[..]])?;
			wipe(records)
		})
		.await
	}

	async fn heads(&self) -> Result<Vec<Head>, Error> {
		self.run(|records| {
			let mut select = records.prepare("SELECT subject, number, erasing FROM records")?;
			let head = |row: &Row<'_>| {
				Ok(Head { subject: ParticipantId(row.get(0)?), number: row.get(1)?, erasing: row.get(2)? })
			};
			let heads = select.query_map([], head)?;
			heads.collect()
		})
		.await
	}

	async fn append(&self, entry: Logged) -> Result<(), Error> {
		self.run(move |log| append(log, &entry)).await
	}

	async fn entries(&self, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
		let select = "SELECT entry FROM log WHERE place >= ?1 ORDER BY place LIMIT ?2";
		self.bytes(select, (None, from, limit)).await
	}

	async fn entries_of(&self, subject: ParticipantId, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
		let select = "SELECT entry FROM log WHERE subject = ?3 AND place >= ?1 ORDER BY place LIMIT ?2";
		self.bytes(select, (Some(subject), from, limit)).await
	}
}
