//! PostgreSQL, by its address. At this machine only: what crosses a network does so through a tunnel, or TLS of its own.

use super::{id, Database, Head, Logged, Stored};
use crate::error::Error;
use async_trait::async_trait;
use busbar_primitives::ParticipantId;
use sp_core::H256;
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::{config::Host, Client, Config, GenericClient, NoTls, Row};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS records (
	subject BYTEA NOT NULL PRIMARY KEY, number BIGINT NOT NULL, sealed BYTEA NOT NULL, commitment BYTEA NOT NULL,
	writer BYTEA NOT NULL, erasing BOOLEAN NOT NULL
);
CREATE TABLE IF NOT EXISTS log (place BIGINT NOT NULL PRIMARY KEY, subject BYTEA NOT NULL, entry BYTEA NOT NULL);
CREATE INDEX IF NOT EXISTS log_of ON log (subject, place);
SET synchronous_commit = on;
";

/// Held as long as a vault works with the database.
const ALONE: &str = "SELECT pg_try_advisory_lock(7233176911040217)";

/// Records and the log in a database. A connection that broke is made again when it is needed next.
pub struct Postgres {
	config: Config,
	client: Mutex<Option<Client>>,
}

fn is_here(host: &Host) -> bool {
	match host {
		Host::Unix(_) => true,
		Host::Tcp(name) => {
			name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
		},
	}
}

impl Postgres {
	/// Connects, and makes the tables if they are not there.
	///
	/// # Errors
	/// If the database is at another machine, cannot be reached, or another vault works with it.
	pub async fn open(address: &str) -> Result<Self, Error> {
		let config: Config = address.parse()?;
		if config.get_hosts().is_empty() || !config.get_hosts().iter().all(is_here) {
			let advice =
				"records go to a PostgreSQL at this machine only: name its socket's folder or a loopback address, \
				and reach another machine's through a tunnel";
			return Err(Error::Setup(advice.into()));
		}
		let database = Self { config, client: Mutex::new(None) };
		drop(database.client().await?);
		Ok(database)
	}

	async fn connect(&self) -> Result<Client, Error> {
		let (client, connection) = self.config.connect(NoTls).await?;
		tokio::spawn(async move {
			if let Err(error) = connection.await {
				eprintln!("error: the connection to PostgreSQL broke: {error}");
			}
		});
		client.batch_execute(TABLES).await?;
		if !client.query_one(ALONE, &[]).await?.try_get::<_, bool>(0)? {
			return Err(Error::InUse("the PostgreSQL database".into()));
		}
		Ok(client)
	}

	/// The connection, alone.
	async fn client(&self) -> Result<Connected<'_>, Error> {
		let mut client = self.client.lock().await;
		if client.as_ref().is_none_or(Client::is_closed) {
			*client = Some(self.connect().await?);
		}
		Ok(Connected(client))
	}
}

/// A connection that stands.
struct Connected<'a>(MutexGuard<'a, Option<Client>>);

impl Connected<'_> {
	fn get(&mut self) -> Result<&mut Client, Error> {
		self.0.as_mut().ok_or_else(|| Error::Database("the connection is gone".into()))
	}
}

async fn append(client: &impl GenericClient, entry: &Logged) -> Result<(), Error> {
	let insert = "INSERT INTO log (place, subject, entry) VALUES ($1, $2, $3)";
	client.execute(insert, &[&i64::from(entry.index), &&entry.subject.0[..], &entry.bytes]).await?;
	Ok(())
}

fn number(row: &Row, at: usize) -> Result<u32, Error> {
	let number: i64 = row.try_get(at)?;
	u32::try_from(number).map_err(|_| Error::Database("a number is none that was written".into()))
}

fn stored(row: &Row) -> Result<Stored, Error> {
	let commitment: [u8; 32] = row
		.try_get::<_, &[u8]>(3)?
		.try_into()
		.map_err(|_| Error::Database("a commitment has another length".into()))?;
	Ok(Stored {
		subject: id(row.try_get(0)?)?,
		number: number(row, 1)?,
		sealed: row.try_get(2)?,
		commitment: H256(commitment),
		writer: id(row.try_get(4)?)?,
		erasing: row.try_get(5)?,
	})
}

#[async_trait]
impl Database for Postgres {
	async fn record(&self, subject: ParticipantId) -> Result<Option<Stored>, Error> {
		let select = "SELECT subject, number, sealed, commitment, writer, erasing FROM records WHERE subject = $1";
		let row = self.client().await?.get()?.query_opt(select, &[&&subject.0[..]]).await?;
		row.as_ref().map(stored).transpose()
	}

	async fn put(&self, record: Stored, entry: Logged) -> Result<(), Error> {
		let insert = "INSERT INTO records (subject, number, sealed, commitment, writer, erasing)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (subject) DO UPDATE SET number = excluded.number, sealed = excluded.sealed,
				commitment = excluded.commitment, writer = excluded.writer, erasing = excluded.erasing";
		let Stored { subject, number, sealed, commitment, writer, erasing } = record;
		let mut client = self.client().await?;
		let transaction = client.get()?.transaction().await?;
		transaction
			.execute(
				insert,
				&[&&subject.0[..], &i64::from(number), &sealed, &&commitment.0[..], &&writer.0[..], &erasing],
			)
			.await?;
		append(&transaction, &entry).await?;
		Ok(transaction.commit().await?)
	}

	async fn mark(&self, entry: Logged) -> Result<(), Error> {
		let mut client = self.client().await?;
		let transaction = client.get()?.transaction().await?;
		transaction.execute("UPDATE records SET erasing = true WHERE subject = $1", &[&&entry.subject.0[..]]).await?;
		append(&transaction, &entry).await?;
		Ok(transaction.commit().await?)
	}

	async fn remove(&self, subject: ParticipantId) -> Result<(), Error> {
		self.client().await?.get()?.execute("DELETE FROM records WHERE subject = $1", &[&&subject.0[..]]).await?;
		Ok(())
	}

	async fn heads(&self) -> Result<Vec<Head>, Error> {
		let rows = self.client().await?.get()?.query("SELECT subject, number, erasing FROM records", &[]).await?;
		let head =
			|row: &Row| Ok(Head { subject: id(row.try_get(0)?)?, number: number(row, 1)?, erasing: row.try_get(2)? });
		rows.iter().map(head).collect()
	}

	async fn append(&self, entry: Logged) -> Result<(), Error> {
		append(self.client().await?.get()?, &entry).await
	}

	async fn entries(&self, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
		let select = "SELECT entry FROM log WHERE place >= $1 ORDER BY place LIMIT $2";
		let rows = self.client().await?.get()?.query(select, &[&i64::from(from), &i64::from(limit)]).await?;
		rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
	}

	async fn entries_of(&self, subject: ParticipantId, from: u32, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
		let select = "SELECT entry FROM log WHERE subject = $1 AND place >= $2 ORDER BY place LIMIT $3";
		let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
			[&&subject.0[..], &i64::from(from), &i64::from(limit)];
		let rows = self.client().await?.get()?.query(select, &values).await?;
		rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
	}
}
