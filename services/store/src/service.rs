//! What the service works with: objects, the chain's say, the books, and turns for what takes memory.

use crate::{
	access::{authenticate, Caller, Seen},
	blobs::Blobs,
	chain::{is_attested, Chain},
	dataset::memory,
	error::Error,
	ledger::{Key, Kind, Ledger, Quotas, Reservation},
	meta::{Class, Meta, Summary},
	pending::{self, Settled},
};
use axum::http::{HeaderMap, Method, Uri};
use busbar_primitives::Interval;
use busbar_service::{
	members::Members,
	turns::{Turn, Turns},
};
use sp_core::H256;
use std::{
	sync::{atomic::AtomicU64, Arc},
	time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long the books may differ from what other processes do to the backend, in seconds.
const COMPARED_S: u64 = 60;
/// Datasets that are asked about when their owner needs room.
const MOST_SETTLED: usize = 200;
/// Requests of an account that are answered at a time.
const AT_ONCE: usize = 8;

/// What the service allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
	pub quotas: Quotas,
	/// How long a dataset may lie here before it is attested.
	pub attest_within: Duration,
	/// Memory for decoding, in MB, of all requests together; a larger dataset is decoded alone.
	pub memory: u32,
	/// How often members are read from the chain at most.
	pub members: Duration,
}

impl Default for Limits {
	fn default() -> Self {
		let (attest_within, members) = (Duration::from_secs(6 * 3_600), Duration::from_secs(12));
		Self { quotas: Quotas::default(), attest_within, memory: 2_048, members }
	}
}

#[derive(Default)]
pub(crate) struct Counters {
	pub answers: Arc<busbar_service::counters::Counters>,
	pub damaged: AtomicU64,
	pub bytes_in: AtomicU64,
	pub bytes_out: AtomicU64,
}

/// What the service works with.
pub struct Service {
	pub(crate) blobs: Blobs,
	/// `None`: the store asks nobody who they are.
	pub(crate) chain: Option<Arc<dyn Chain>>,
	/// What clients call this store: host and port.
	name: String,
	limits: Limits,
	members: Members,
	seen: Seen,
	/// Memory for decoding, in MB.
	memory: Semaphore,
	ledger: Arc<Ledger>,
	comparing: tokio::sync::Mutex<()>,
	turns: Turns,
	pub(crate) counters: Counters,
}

/// Who sent a request, if the store asks; one of so many that are answered for the account at a time.
pub(crate) struct Asking {
	pub caller: Option<Caller>,
	_turn: Option<Turn>,
}

impl Service {
	/// A service over `blobs` that goes by `name`. Without a chain everything is open to everyone.
	pub fn new(blobs: Blobs, chain: Option<Arc<dyn Chain>>, name: String) -> Self {
		Self::with_limits(blobs, chain, name, Limits::default())
	}

	/// As [`Service::new`], with other limits.
	pub fn with_limits(blobs: Blobs, chain: Option<Arc<dyn Chain>>, name: String, limits: Limits) -> Self {
		Self {
			blobs,
			chain,
			name,
			limits,
			members: Members::new(limits.members),
			seen: Seen::default(),
			memory: Semaphore::new(limits.memory.max(1) as usize),
			ledger: Arc::new(Ledger::new(limits.quotas)),
			comparing: tokio::sync::Mutex::default(),
			turns: Turns::new(AT_ONCE),
			counters: Counters::default(),
		}
	}

	/// Who asks, or nobody if the store asks no one.
	pub(crate) async fn asking(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Asking, Error> {
		let Some(chain) = &self.chain else { return Ok(Asking { caller: None, _turn: None }) };
		let path = uri.path_and_query().map_or("/", |path| path.as_str());
		let caller = authenticate(chain.as_ref(), &self.members, &self.seen, &self.name, method, path, headers).await?;
		let turn = self
			.turns
			.take(&caller.account)
			.ok_or_else(|| Error::TooMany(format!("{AT_ONCE} requests of this account are being answered already")))?;
		Ok(Asking { caller: Some(caller), _turn: Some(turn) })
	}

	/// What is known about an object that the caller may read.
	pub(crate) async fn readable(
		&self,
		method: &Method,
		uri: &Uri,
		headers: &HeaderMap,
		hash: H256,
	) -> Result<Meta, Error> {
		let asking = self.asking(method, uri, headers).await?;
		let meta = self.blobs.meta(hash).await?;
		if let (Some(caller), Some(chain)) = (&asking.caller, &self.chain) {
			caller.ensure_reads(chain.as_ref(), &meta).await?;
		}
		Ok(meta)
	}

	/// Waits for the memory to decode an object of so many bytes, or to hold it.
	pub(crate) async fn room(&self, bytes: u64) -> Result<SemaphorePermit<'_>, Error> {
		// The object, its rows, and the tree above them.
		let all = memory(bytes).saturating_add(bytes.saturating_mul(2)).div_ceil(1_000_000);
		let all = u32::try_from(all).unwrap_or(u32::MAX).min(self.limits.memory.max(1));
		self.memory.acquire_many(all).await.map_err(|error| Error::Upload(error.to_string()))
	}

	pub(crate) async fn summary(&self, hash: H256) -> Result<(Summary, u64), Error> {
		let meta = self.blobs.meta(hash).await?;
		Ok((meta.dataset.ok_or(Error::NotFound(hash))?, meta.bytes))
	}

	/// The books, compared with the backend within the last `seconds`.
	async fn books(&self, seconds: u64) -> Result<&Arc<Ledger>, Error> {
		if !self.ledger.is_compared(seconds) {
			let _one = self.comparing.lock().await;
			if !self.ledger.is_compared(seconds) {
				let names = self.blobs.names("blobs").await?;
				for hash in self.ledger.compare(&names) {
					// One whose record is damaged counts nothing; `check` names it.
					if let Ok(meta) = self.blobs.meta(hash).await {
						self.ledger.insert(&meta);
					}
				}
			}
		}
		Ok(&self.ledger)
	}

	/// Takes room for an upload. Where there is none, the chain is asked whether what waits is attested by now.
	pub(crate) async fn reserve(
		&self,
		caller: Option<&Caller>,
		class: Class,
		hash: H256,
		bytes: u64,
	) -> Result<Reservation, Error> {
		let owner =
			caller.map(|caller| caller.writer()).transpose()?.and_then(|writer| writer.operates.first().copied());
		let kind = match class {
			Class::Document => Kind::Document,
			Class::Readings => Kind::Pending,
		};
		let reserved = self.books(u64::MAX).await?.reserve(owner, kind, hash, bytes);
		if reserved.is_ok() || class == Class::Document {
			return reserved;
		}
		let (Some(chain), Some(owner)) = (&self.chain, owner) else { return reserved };
		let ledger = self.books(COMPARED_S).await?;
		let window = self.limits.attest_within;
		pending::settle(&self.blobs, ledger, chain.as_ref(), Some(owner), window, MOST_SETTLED).await?;
		ledger.reserve(Some(owner), kind, hash, bytes)
	}

	/// Whether the chain knows a dataset; where it does, it takes its owner's room for such, which `bytes` must fit.
	pub(crate) async fn is_attested(&self, hash: H256, summary: &Summary, bytes: u64) -> Result<bool, Error> {
		let Some(chain) = &self.chain else { return Ok(true) };
		if !is_attested(chain.as_ref(), hash, summary).await? {
			return Ok(false);
		}
		self.ledger.reserve(Some(summary.operator), Kind::Attested, hash, bytes)?;
		Ok(true)
	}

	/// Counts what was stored.
	pub(crate) fn stored(&self, meta: &Meta) {
		self.ledger.insert(meta);
	}

	/// A page of the list: what lies here when it is made.
	pub(crate) async fn page(
		&self,
		from: Interval,
		until: Interval,
		after: Option<Key>,
		most: usize,
	) -> Result<(Vec<Meta>, Option<Key>), Error> {
		let ledger = self.books(COMPARED_S).await?;
		let keys = ledger.page(from, until, after, most);
		let next = keys.last().copied().filter(|_| keys.len() == most);
		let mut metas = Vec::new();
		for (.., hash) in keys {
			match self.blobs.meta(hash).await {
				Ok(meta) if self.blobs.lies(&meta).await? => metas.push(meta),
				Ok(_) | Err(Error::NotFound(_)) => ledger.forget(hash),
				// One damaged record does not hide the others.
				Err(Error::DamagedRecord(..)) => {},
				Err(error) => return Err(error),
			}
		}
		Ok((metas, next))
	}

	/// Asks about the datasets that wait to be attested, at most so many, and deletes those that have waited too long.
	///
	/// # Errors
	/// As [`pending::settle`].
	pub async fn settle(&self, most: usize) -> Result<Settled, Error> {
		let Some(chain) = &self.chain else { return Ok(Settled::default()) };
		let ledger = self.books(COMPARED_S).await?;
		pending::settle(&self.blobs, ledger, chain.as_ref(), None, self.limits.attest_within, most).await
	}
}
