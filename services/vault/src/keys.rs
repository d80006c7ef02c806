//! Wrapped keys and salts, apart from the records that they open: a SQLite file of its own, which no backup that is kept for
//! long should hold. What is deleted is overwritten, in the file and in its write-ahead log.

use crate::{database::sqlite, error::Error};
use busbar_primitives::ParticipantId;
use rusqlite::{params, Connection, OptionalExtension};
use std::{
	fs::{File, TryLockError},
	path::Path,
	sync::{Arc, Mutex},
};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS keys (
	subject BLOB NOT NULL, number INTEGER NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (subject, number)
) WITHOUT ROWID";

/// The database of keys.
#[derive(Clone)]
pub struct Keys {
	connection: Arc<Mutex<Connection>>,
	/// That no other vault works with them. After the connection, so that it is closed when another may have the file.
	_alone: Arc<Alone>,
}

/// The lock on the file of keys.
struct Alone(File);

impl Alone {
	fn take(keys: &Path) -> Result<Self, Error> {
		let mut path = keys.as_os_str().to_owned();
		path.push(".lock");
		let refuse = |error: std::io::Error| Error::Setup(format!("{}: {error}", keys.display()));
		let file = File::create(&path).map_err(refuse)?;
		match file.try_lock() {
			Ok(()) => Ok(Self(file)),
			Err(TryLockError::WouldBlock) => Err(Error::InUse(keys.display().to_string())),
			Err(TryLockError::Error(error)) => Err(refuse(error)),
		}
	}
}

impl Drop for Alone {
	/// Closing the file is not enough: a process that is being started at that moment has a copy of it until it runs its own
	/// program, and the lock ends with the last copy.
	fn drop(&mut self) {
		let _ = self.0.unlock();
	}
}

impl Keys {
	/// Opens the file, or makes it.
	///
	/// # Errors
	/// If another process has it, or it cannot be used.
	pub fn open(path: &Path) -> Result<Self, Error> {
		let alone = Alone::take(path)?;
		let connection = sqlite::connect(path)?;
		connection.execute_batch(TABLE)?;
		Ok(Self { connection: Arc::new(Mutex::new(connection)), _alone: Arc::new(alone) })
	}

	async fn run<R: Send + 'static>(
		&self,
		work: impl FnOnce(&mut Connection) -> Result<R, rusqlite::Error> + Send + 'static,
	) -> Result<R, Error> {
		sqlite::run(self.connection.clone(), work).await
	}

	/// Keeps a wrapped key. It is on the disk when this returns.
	///
	/// # Errors
	/// If the database fails.
	pub async fn put(&self, subject: ParticipantId, number: u32, wrapped: Vec<u8>) -> Result<(), Error> {
		let insert = "INSERT OR REPLACE INTO keys (subject, number, wrapped) VALUES (?1, ?2, ?3)";
		self.run(move |keys| keys.execute(insert, params![&subject.0[..], number, wrapped]).map(drop)).await
	}

	/// The wrapped key of a record.
	///
	/// # Errors
	/// If the database fails.
	pub async fn get(&self, subject: ParticipantId, number: u32) -> Result<Option<Vec<u8>>, Error> {
		let select = "SELECT wrapped FROM keys WHERE subject = ?1 AND number = ?2";
		self.run(move |keys| keys.query_row(select, params![&subject.0[..], number], |row| row.get(0)).optional()).await
	}

	/// Destroys a key. Nothing of it is in the file or its log when this returns.
	///
	/// # Errors
	/// If the database fails.
	pub async fn destroy(&self, subject: ParticipantId, number: u32) -> Result<(), Error> {
		let delete = "DELETE FROM keys WHERE subject = ?1 AND number = ?2";
		self.run(move |keys| {
			keys.execute(delete, params![&subject.0[..], number])?;
			sqlite::wipe(keys)
		})
		.await
	}

	/// Whose keys there are, and of which records.
	///
	/// # Errors
	/// If the database fails.
	pub async fn all(&self) -> Result<Vec<(ParticipantId, u32)>, Error> {
		self.run(|keys| {
			let mut select = keys.prepare("SELECT subject, number FROM keys")?;
			let rows = select.query_map([], |row| Ok((ParticipantId(row.get(0)?), row.get(1)?)))?;
			rows.collect()
		})
		.await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_keys_are_free_once_they_are_closed_though_a_starting_process_has_a_copy_of_their_lock() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("keys.db");
		let keys = Keys::open(&path).unwrap();
		let inherited = keys._alone.0.try_clone().unwrap();
		assert!(matches!(Keys::open(&path), Err(Error::InUse(_))));
		drop(keys);
		assert!(Keys::open(&path).is_ok());
		drop(inherited);
	}
}
