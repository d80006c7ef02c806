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

mod writing;

pub use writing::Prepared;

use crate::{
	damage::{chunk_hashes, locate},
	dataset::Dataset,
	error::Error,
	hash_of,
	incoming::Pace,
	meta::{parse_hash, Class, Meta, Summary},
	outgoing::Outgoing,
};
use busbar_merkle::Tree;
use busbar_service::tls;
use bytes::Bytes;
use codec::{Decode, Encode};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::{path::Path, ObjectStore, ObjectStoreExt};
use parquet::file::reader::ChunkReader;
use sp_core::H256;
use std::{
	collections::BTreeSet,
	path::{Path as Folder, PathBuf},
	sync::Arc,
};
use tokio::sync::Mutex;

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
	turns: Arc<[Mutex<()>; writing::TURNS]>,
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
			// What is acknowledged is in it, so it must outlive a loss of power, too.
			if let Some(around) = Folder::new(url).canonicalize()?.parent() {
				std::fs::File::open(around)?.sync_all()?;
			}
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

	/// Most bytes of an object.
	pub fn max_bytes(&self) -> u64 {
		self.max_bytes
	}

	fn path(&self, kind: &str, hash: H256) -> Path {
		self.root.clone().join(kind).join(hex::encode(hash))
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
	pub(crate) async fn lies(&self, meta: &Meta) -> Result<bool, Error> {
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

	async fn chunks(&self, hash: H256) -> Result<Chunks, Error> {
		let bytes = self.read_sealed("chunks", hash).await?;
		Chunks::decode(&mut &bytes[..]).map_err(|_| Error::DamagedRecord(hash, "chunks"))
	}

	async fn leaves(&self, hash: H256) -> Result<Vec<H256>, Error> {
		let bytes = self.read_sealed("leaves", hash).await?;
		Decode::decode(&mut &bytes[..]).map_err(|_| Error::DamagedRecord(hash, "leaves"))
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
