//! Storing and deleting.

use super::{blocking, summary, Blobs, Chunks};
use crate::{
	error::Error,
	incoming::{receive, Received},
	meta::{Class, Meta, Summary, Writer},
	now_ms,
};
use bytes::Bytes;
use codec::Encode;
use futures::Stream;
use object_store::{buffered::BufWriter, ObjectStoreExt, PutPayload};
use sp_core::H256;
use std::fmt::Display;
use tokio::{
	io::{AsyncSeekExt, AsyncWriteExt},
	sync::MutexGuard,
};

/// Turns to write or delete; objects share one by the first byte of their hash.
pub(super) const TURNS: usize = 64;

/// An object that was received and looked at, and can be stored.
pub struct Prepared {
	received: Received,
	class: Class,
	dataset: Option<(Summary, Vec<H256>)>,
}

impl Prepared {
	/// What a dataset says about itself.
	pub fn summary(&self) -> Option<&Summary> {
		self.dataset.as_ref().map(|(summary, _)| summary)
	}
}

impl Blobs {
	/// Takes in what the stream brings, if it has this hash; [`Blobs::keep`] then stores it.
	///
	/// # Errors
	/// As `receive`.
	pub async fn receive<E: Display>(
		&self,
		expected: H256,
		body: impl Stream<Item = Result<Bytes, E>>,
	) -> Result<Received, Error> {
		self.receive_at_most(expected, self.max_bytes, body).await
	}

	/// As [`Blobs::receive`], of at most so many bytes.
	///
	/// # Errors
	/// As `receive`.
	pub async fn receive_at_most<E: Display>(
		&self,
		expected: H256,
		bytes: u64,
		body: impl Stream<Item = Result<Bytes, E>>,
	) -> Result<Received, Error> {
		receive(expected, bytes.min(self.max_bytes), self.pace, body).await
	}

	/// Looks at what was received: for [`Class::Readings`] it must be a dataset, of one for whom the writer stores.
	///
	/// # Errors
	/// [`Error::Dataset`], [`Error::Forbidden`].
	pub async fn prepare(&self, received: Received, class: Class, by: Option<&Writer>) -> Result<Prepared, Error> {
		let dataset = if class == Class::Readings {
			let copy = received.file.try_clone()?;
			Some(blocking(move || summary(copy)).await??)
		} else {
			None
		};
		if let (Some(writer), Some((summary, _))) = (by, &dataset) {
			if !writer.operates.contains(&summary.operator) {
				return Err(Error::Forbidden("only the meter operator that a dataset names may store it".into()));
			}
		}
		Ok(Prepared { received, class, dataset })
	}

	/// Stores an object; `pending` says that it has yet to be attested. Storing what is there already replaces damaged bytes by
	/// good ones; what waits to be attested waits anew.
	///
	/// # Errors
	/// [`Error::Backend`] if the backend fails.
	pub async fn write(&self, prepared: Prepared, by: Option<Writer>, pending: bool) -> Result<Meta, Error> {
		let Prepared { received: Received { hash, length, chunks, file }, class, dataset } = prepared;
		let _turn = self.turn(hash).await;
		// A repeated upload mends bytes; whose it is and from when stays, unless a document turns out to be a dataset.
		let known = match self.meta(hash).await {
			Ok(meta) => {
				// What waits to be attested begins anew, but not because somebody calls the same bytes a document.
				let stays = class == Class::Document || meta.class == class && !meta.pending;
				(stays && self.lies(&meta).await?).then_some(meta)
			},
			Err(Error::NotFound(_) | Error::DamagedRecord(..)) => None,
			Err(error) => return Err(error),
		};
		let meta = known.unwrap_or_else(|| {
			let first = by.as_ref().and_then(|writer| writer.operates.first().copied());
			let owner = by.as_ref().and_then(|_| dataset.as_ref().map(|(summary, _)| summary.operator).or(first));
			Meta {
				hash,
				class,
				bytes: length,
				stored_at: now_ms(),
				by: by.map(|writer| writer.account),
				dataset: dataset.as_ref().map(|(summary, _)| summary.clone()),
				owner,
				pending: pending && class == Class::Readings,
			}
		});
		if let Some((_, leaves)) = &dataset {
			self.write_sealed("leaves", hash, &leaves.encode()).await?;
		}
		self.write_sealed("chunks", hash, &Chunks { length, hashes: chunks }.encode()).await?;
		self.write_meta(&meta).await?;
		let mut file = tokio::fs::File::from_std(file);
		file.rewind().await?;
		let mut writer = BufWriter::new(self.backend.clone(), self.path("blobs", hash));
		tokio::io::copy(&mut file, &mut writer).await?;
		writer.shutdown().await?;
		Ok(meta)
	}

	/// [`Blobs::prepare`], then [`Blobs::write`].
	///
	/// # Errors
	/// Those of both.
	pub async fn keep(&self, received: Received, class: Class, by: Option<Writer>) -> Result<Meta, Error> {
		let prepared = self.prepare(received, class, by.as_ref()).await?;
		self.write(prepared, by, false).await
	}

	/// [`Blobs::receive`], then [`Blobs::keep`].
	///
	/// # Errors
	/// Those of both.
	pub async fn put<E: Display>(
		&self,
		expected: H256,
		class: Class,
		by: Option<Writer>,
		body: impl Stream<Item = Result<Bytes, E>>,
	) -> Result<Meta, Error> {
		self.keep(self.receive(expected, body).await?, class, by).await
	}

	/// Notes that a dataset is attested.
	///
	/// # Errors
	/// As [`Blobs::meta`]; [`Error::Backend`].
	pub async fn attest(&self, hash: H256) -> Result<Meta, Error> {
		let _turn = self.turn(hash).await;
		let meta = Meta { pending: false, ..self.meta(hash).await? };
		self.write_meta(&meta).await?;
		Ok(meta)
	}

	/// Deletes an object and what is beside it. The object goes first: what is left over after an interruption is not
	/// served.
	///
	/// # Errors
	/// If the backend fails.
	pub async fn delete(&self, hash: H256) -> Result<(), Error> {
		let _turn = self.turn(hash).await;
		self.remove(hash).await
	}

	/// Deletes an object if its record, as it is then, says so. Whoever stores it meanwhile does so before or after.
	///
	/// # Errors
	/// As [`Blobs::meta`]; [`Error::Backend`].
	pub async fn delete_if(&self, hash: H256, is_over: impl FnOnce(&Meta) -> bool) -> Result<bool, Error> {
		let _turn = self.turn(hash).await;
		let is_over = is_over(&self.meta(hash).await?);
		if is_over {
			self.remove(hash).await?;
		}
		Ok(is_over)
	}

	/// Deletes what stands beside an object that is not there, as an interruption leaves it.
	pub(crate) async fn delete_rest(&self, hash: H256) -> Result<(), Error> {
		let _turn = self.turn(hash).await;
		match self.backend.head(&self.path("blobs", hash)).await {
			Err(object_store::Error::NotFound { .. }) => self.remove(hash).await,
			Ok(_) => Ok(()),
			Err(error) => Err(error.into()),
		}
	}

	async fn remove(&self, hash: H256) -> Result<(), Error> {
		for kind in ["blobs", "chunks", "leaves", "meta"] {
			match self.backend.delete(&self.path(kind, hash)).await {
				Ok(()) | Err(object_store::Error::NotFound { .. }) => {},
				Err(error) => return Err(error.into()),
			}
		}
		Ok(())
	}

	async fn write_meta(&self, meta: &Meta) -> Result<(), Error> {
		let json = serde_json::to_vec(meta).map_err(|error| Error::Upload(error.to_string()))?;
		self.write_sealed("meta", meta.hash, &json).await
	}

	async fn write_sealed(&self, kind: &str, hash: H256, content: &[u8]) -> Result<(), Error> {
		let sealed = [&crate::hash_of(content).0[..], content].concat();
		self.backend.put(&self.path(kind, hash), PutPayload::from(sealed)).await?;
		Ok(())
	}

	/// What this process does to an object is done one after the other.
	async fn turn(&self, hash: H256) -> MutexGuard<'_, ()> {
		self.turns[usize::from(hash.0[0]) % TURNS].lock().await
	}
}
