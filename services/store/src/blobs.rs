//! Objects under the hash of their bytes, in a folder or in S3.
//!
//! ```text
//! blobs/HASH     the bytes
//! chunks/HASH    sealed: length and hashes of the object's chunks, so that reading can check as it goes
//! leaves/HASH    sealed: the leaf hashes of a dataset
//! meta/HASH      sealed: what it is, who brought it, and when
//! ```
//!
//! Sealed means that the hash of the rest stands before it. The object is written last, and each file reaches the disk with its
//! folder before the next is begun: what has bytes under `blobs` is complete, and what has none is not held, whatever stands
//! beside it. Deleting goes the other way. So a process may end at any moment.

use crate::{
	damage::{chunk_hashes, locate},
	dataset::Dataset,
	error::Error,
	hash_of,
	incoming::{receive, Pace, Received},
	meta::{parse_hash, Class, Meta, Summary, Writer},
	now_ms,
	outgoing::Outgoing,
	tls,
};
use busbar_merkle::Tree;
use bytes::Bytes;
use codec::{Decode, Encode};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::{buffered::BufWriter, path::Path, ObjectStore, ObjectStoreExt, PutPayload};
use parquet::file::reader::ChunkReader;
use sp_core::H256;
use std::{
	collections::BTreeSet,
	fmt::Display,
	path::{Path as Folder, PathBuf},
	sync::Arc,
};
use tokio::{
	io::{AsyncSeekExt, AsyncWriteExt},
	sync::{Mutex, MutexGuard},
};

/// Turns to write or delete; objects share one by the first byte of their hash.
const TURNS: usize = 64;

/// Lengths and hashes that stand beside an object.
#[derive(Encode, Decode)]
struct Chunks {
	length: u64,
	hashes: Vec<H256>,
}

/// A store of objects.
#[derive(Clone)]
pub struct Blobs {
	backend: Arc<dyn ObjectStore>,
	root: Path,
	max_bytes: u64,
	/// The local folder, if it is one.
	folder: Option<PathBuf>,
	pace: Pace,
	turns: Arc<[Mutex<()>; TURNS]>,
}

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
	/// Objects of at most `max_bytes` under `root` of a backend.
	pub fn new(backend: Arc<dyn ObjectStore>, root: Path, max_bytes: u64) -> Self {
		let turns = Arc::new(std::array::from_fn(|_| Mutex::default()));
		Self { backend, root, max_bytes, folder: None, pace: Pace::default(), turns }
	}

	/// With another pace of what comes in.
	pub fn with_pace(self, pace: Pace) -> Self {
		Self { pace, ..self }
	}

	/// Opens a backend by URL: `s3://BUCKET/PREFIX`, `memory:///`, or the path of a local folder, which is made if it does
	/// not exist. S3 takes its settings from `AWS_*` variables.
	///
	/// # Errors
	/// If the URL or its settings are not understood, or the folder cannot be made.
	pub fn open(url: &str, max_bytes: u64) -> anyhow::Result<Self> {
		let options = std::env::vars().filter(|(key, _)| key.starts_with("AWS_"));
		Self::open_with(url, options.map(|(key, value)| (key.to_ascii_lowercase(), value)), max_bytes)
	}

	/// As [`Blobs::open`], with the settings given: `aws_endpoint`, `aws_access_key_id` and so on.
	///
	/// # Errors
	/// As [`Blobs::open`].
	pub fn open_with(
		url: &str,
		options: impl IntoIterator<Item = (String, String)>,
		max_bytes: u64,
	) -> anyhow::Result<Self> {
		if !url.contains("://") {
			std::fs::create_dir_all(url)?;
			let folder = object_store::local::LocalFileSystem::new_with_prefix(url)?.with_fsync(true);
			let blobs = Self::new(Arc::new(folder), Path::default(), max_bytes);
			return Ok(Self { folder: Some(url.into()), ..blobs });
		}
		tls::install();
		let (backend, root) = object_store::parse_url_opts(&url.parse()?, options)?;
		Ok(Self::new(Arc::from(backend), root, max_bytes))
	}

	/// The local folder, if it is one.
	pub(crate) fn folder(&self) -> Option<&Folder> {
		self.folder.as_deref()
	}

	/// What this process does to an object is done one after the other.
	async fn turn(&self, hash: H256) -> MutexGuard<'_, ()> {
		self.turns[usize::from(hash.0[0]) % TURNS].lock().await
	}

	/// Most bytes of an object.
	pub fn max_bytes(&self) -> u64 {
		self.max_bytes
	}

	fn path(&self, kind: &str, hash: H256) -> Path {
		self.root.clone().join(kind).join(hex::encode(hash))
	}

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

	/// What is known about an object.
	///
	/// # Errors
	/// [`Error::NotFound`], [`Error::DamagedRecord`].
	pub async fn meta(&self, hash: H256) -> Result<Meta, Error> {
		let json = self.read_sealed("meta", hash).await?;
		let meta: Meta = serde_json::from_slice(&json).map_err(|_| Error::DamagedRecord(hash, "meta"))?;
		// A record that was copied under another object's name is sealed all the same.
		(meta.hash == hash).then_some(meta).ok_or(Error::DamagedRecord(hash, "meta"))
	}

	/// Whether the object that a record describes lies there, as far as its length tells.
	async fn lies(&self, meta: &Meta) -> Result<bool, Error> {
		match self.backend.head(&self.path("blobs", meta.hash)).await {
			Ok(found) => Ok(found.size == meta.bytes),
			Err(object_store::Error::NotFound { .. }) => Ok(false),
			Err(error) => Err(error.into()),
		}
	}

	/// Whether an object is here: its record, and bytes of the length that the record says.
	///
	/// # Errors
	/// [`Error::Backend`]; [`Error::DamagedRecord`].
	pub async fn holds(&self, hash: H256) -> Result<bool, Error> {
		match self.meta(hash).await {
			Ok(meta) => self.lies(&meta).await,
			Err(Error::NotFound(_)) => Ok(false),
			Err(error) => Err(error),
		}
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

	/// An object's bytes as a stream, each chunk checked before it is passed on. The end comes only if the whole has the
	/// hash; damage ends the stream with an error that names the bytes.
	///
	/// # Errors
	/// [`Error::NotFound`], [`Error::DamagedRecord`] at once, the others in the stream.
	pub async fn stream(&self, hash: H256) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
		let Chunks { length, hashes } = self.chunks(hash).await?;
		let got = self.backend.get(&self.path("blobs", hash)).await.map_err(|error| missing(hash, error))?;
		let inner = got.into_stream().map_err(Error::from).boxed();
		Ok(Outgoing::new(hash, length, hashes, inner).into_stream())
	}

	/// An object's bytes, checked.
	///
	/// # Errors
	/// [`Error::NotFound`]; [`Error::Damaged`], naming what differs.
	pub async fn get(&self, hash: H256) -> Result<Bytes, Error> {
		let got = self.backend.get(&self.path("blobs", hash)).await.map_err(|error| missing(hash, error))?;
		let bytes = got.bytes().await?;
		if hash_of(&bytes) == hash {
			return Ok(bytes);
		}
		let chunks = self.chunks(hash).await?;
		let leaves = match self.leaves(hash).await {
			Err(Error::NotFound(_)) => Vec::new(),
			leaves => leaves?,
		};
		let length = usize::try_from(chunks.length).unwrap_or(usize::MAX);
		let damage = blocking(move || locate(&bytes, length, &chunks.hashes, &leaves)).await?;
		Err(Error::Damaged { hash, damage: Box::new(damage) })
	}

	/// A dataset and its tree, from checked bytes.
	///
	/// # Errors
	/// As [`Blobs::get`]; [`Error::Dataset`] if it is none.
	pub async fn dataset(&self, hash: H256) -> Result<(Dataset, Tree), Error> {
		let bytes = self.get(hash).await?;
		blocking(move || {
			let dataset = Dataset::from_parquet(bytes)?;
			let tree = dataset.tree();
			Ok((dataset, tree))
		})
		.await?
	}

	/// Checks an object and everything beside it.
	///
	/// # Errors
	/// The first thing that is damaged.
	pub async fn check(&self, hash: H256) -> Result<Meta, Error> {
		let meta = self.meta(hash).await?;
		let bytes = self.get(hash).await?;
		let chunks = self.chunks(hash).await?;
		if chunks.length != bytes.len() as u64 || chunks.hashes != chunk_hashes(&bytes) {
			return Err(Error::DamagedRecord(hash, "chunks"));
		}
		if meta.class == Class::Readings {
			let leaves = self.leaves(hash).await?;
			let (summary, expected) = blocking(move || summary(bytes)).await??;
			if leaves != expected {
				return Err(Error::DamagedRecord(hash, "leaves"));
			}
			if meta.dataset.as_ref() != Some(&summary) {
				return Err(Error::DamagedRecord(hash, "meta"));
			}
		}
		Ok(meta)
	}

	/// All objects. A record that cannot be read is an error of its own, so that one does not hide the others.
	///
	/// # Errors
	/// If the backend cannot list.
	pub async fn list(&self) -> Result<Vec<Result<Meta, Error>>, Error> {
		let mut metas = Vec::new();
		for hash in self.names("blobs").await? {
			metas.push(self.meta(hash).await);
		}
		Ok(metas)
	}

	/// The hashes under which something of a kind lies.
	pub(crate) async fn names(&self, kind: &str) -> Result<BTreeSet<H256>, Error> {
		let prefix = self.root.clone().join(kind);
		let mut entries = self.backend.list(Some(&prefix));
		let mut names = BTreeSet::new();
		while let Some(entry) = entries.try_next().await? {
			names.extend(parse_hash(entry.location.filename().unwrap_or_default()).ok());
		}
		Ok(names)
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

	async fn chunks(&self, hash: H256) -> Result<Chunks, Error> {
		let bytes = self.read_sealed("chunks", hash).await?;
		Chunks::decode(&mut &bytes[..]).map_err(|_| Error::DamagedRecord(hash, "chunks"))
	}

	async fn leaves(&self, hash: H256) -> Result<Vec<H256>, Error> {
		let bytes = self.read_sealed("leaves", hash).await?;
		Decode::decode(&mut &bytes[..]).map_err(|_| Error::DamagedRecord(hash, "leaves"))
	}

	async fn write_meta(&self, meta: &Meta) -> Result<(), Error> {
		let json = serde_json::to_vec(meta).map_err(|error| Error::Upload(error.to_string()))?;
		self.write_sealed("meta", meta.hash, &json).await
	}

	async fn write_sealed(&self, kind: &str, hash: H256, content: &[u8]) -> Result<(), Error> {
		let sealed = [&hash_of(content).0[..], content].concat();
		self.backend.put(&self.path(kind, hash), PutPayload::from(sealed)).await?;
		Ok(())
	}

	async fn read_sealed(&self, kind: &'static str, hash: H256) -> Result<Bytes, Error> {
		let got = self.backend.get(&self.path(kind, hash)).await.map_err(|error| missing(hash, error))?;
		let bytes = got.bytes().await?;
		match bytes.split_at_checked(32) {
			Some((seal, content)) if hash_of(content).0 == seal => Ok(bytes.slice(32..)),
			_ => Err(Error::DamagedRecord(hash, kind)),
		}
	}
}

fn missing(hash: H256, error: object_store::Error) -> Error {
	match error {
		object_store::Error::NotFound { .. } => Error::NotFound(hash),
		error => error.into(),
	}
}

fn summary(input: impl ChunkReader + 'static) -> Result<(Summary, Vec<H256>), Error> {
	let dataset = Dataset::from_parquet(input)?;
	let tree = dataset.tree();
	let Dataset { operator, interval, version, rows } = dataset;
	let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
	Ok((Summary { operator, interval, version, count, root: tree.root() }, tree.leaves().to_vec()))
}

/// Runs what computes for long where it does not keep other requests waiting.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
	tokio::task::spawn_blocking(work).await.map_err(|error| Error::Upload(error.to_string()))
}
