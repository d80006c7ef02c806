//! Whose bytes lie here, how many each may have, and in which order datasets are listed.
//!
//! A participant has room for datasets that are attested, for those that are not yet, and for documents; whoever has filled
//! theirs takes nothing of another's. Room is taken before a byte is received, so that uploads under way count, too.

use crate::{
	error::Error,
	meta::{Class, Meta},
};
use busbar_primitives::{Interval, ParticipantId};
use sp_core::H256;
use std::{
	collections::{BTreeSet, HashMap},
	ops::Bound,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Instant,
};

/// What an object counts for at least, in bytes: it takes several files.
pub const LEAST: u64 = 64 * 1024;

/// Room of a participant, and of all, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
	/// Datasets that are not attested yet.
	pub pending: u64,
	/// Datasets that the chain knows.
	pub attested: u64,
	pub documents: u64,
	/// Everything of everybody.
	pub total: u64,
}

impl Default for Quotas {
	fn default() -> Self {
		Self { pending: 1_000_000_000, attested: 100_000_000_000, documents: 100_000_000, total: 1_000_000_000_000 }
	}
}

/// What an object counts as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
	Pending,
	Attested,
	Document,
}

impl Kind {
	/// What an object counts as.
	pub fn of(meta: &Meta) -> Self {
		match meta.class {
			Class::Document => Self::Document,
			Class::Readings if meta.pending => Self::Pending,
			Class::Readings => Self::Attested,
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::Pending => "datasets that are not attested yet",
			Self::Attested => "datasets",
			Self::Document => "documents",
		}
	}
}

/// Where a dataset stands in the list.
pub type Key = (Interval, ParticipantId, u16, H256);

/// Whose an object is; nobody's in a store that asks no one.
pub type Owner = Option<ParticipantId>;

struct Held {
	owner: Owner,
	kind: Kind,
	bytes: u64,
	key: Option<Key>,
	stored_at: u64,
}

#[derive(Default)]
struct Books {
	objects: HashMap<H256, Held>,
	order: BTreeSet<Key>,
	used: HashMap<(Owner, Kind), u64>,
	total: u64,
	/// When it was last compared with what lies there.
	compared: Option<Instant>,
}

/// The store's books, in memory.
pub struct Ledger {
	quotas: Quotas,
	books: Mutex<Books>,
}

/// Room that is taken until this is dropped.
pub struct Reservation {
	ledger: Arc<Ledger>,
	owner: Owner,
	kind: Kind,
	bytes: u64,
}

impl Drop for Reservation {
	fn drop(&mut self) {
		self.ledger.books().subtract(self.owner, self.kind, self.bytes);
	}
}

impl Books {
	fn add(&mut self, owner: Owner, kind: Kind, bytes: u64) {
		let used = self.used.entry((owner, kind)).or_default();
		*used = used.saturating_add(bytes);
		self.total = self.total.saturating_add(bytes);
	}

	fn subtract(&mut self, owner: Owner, kind: Kind, bytes: u64) {
		if let Some(used) = self.used.get_mut(&(owner, kind)) {
			*used = used.saturating_sub(bytes);
			if *used == 0 {
				self.used.remove(&(owner, kind));
			}
		}
		self.total = self.total.saturating_sub(bytes);
	}

	fn forget(&mut self, hash: H256) {
		if let Some(held) = self.objects.remove(&hash) {
			self.subtract(held.owner, held.kind, held.bytes);
			if let Some(key) = held.key {
				self.order.remove(&key);
			}
		}
	}

	fn insert(&mut self, meta: &Meta) {
		self.forget(meta.hash);
		let dataset = meta.dataset.as_ref();
		let key = dataset.map(|dataset| (dataset.interval, dataset.operator, dataset.version, meta.hash));
		let (owner, kind, bytes) = (meta.owner, Kind::of(meta), meta.bytes.max(LEAST));
		self.add(owner, kind, bytes);
		self.order.extend(key);
		self.objects.insert(meta.hash, Held { owner, kind, bytes, key, stored_at: meta.stored_at });
	}
}

impl Ledger {
	/// Books in which nothing stands.
	pub fn new(quotas: Quotas) -> Self {
		Self { quotas, books: Mutex::default() }
	}

	fn books(&self) -> MutexGuard<'_, Books> {
		self.books.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Counts an object, as it is now.
	pub fn insert(&self, meta: &Meta) {
		self.books().insert(meta);
	}

	/// Counts an object no more.
	pub fn forget(&self, hash: H256) {
		self.books().forget(hash);
	}

	/// Whether the books were compared with the backend within the last seconds.
	pub fn is_compared(&self, seconds: u64) -> bool {
		self.books().compared.is_some_and(|at| at.elapsed().as_secs() < seconds)
	}

	/// Compares the books with the names that lie in the backend: forgets what does not, and returns what does not stand here.
	pub fn compare(&self, names: &BTreeSet<H256>) -> Vec<H256> {
		let mut books = self.books();
		let gone: Vec<_> = books.objects.keys().filter(|hash| !names.contains(hash)).copied().collect();
		gone.into_iter().for_each(|hash| books.forget(hash));
		books.compared = Some(Instant::now());
		names.iter().filter(|hash| !books.objects.contains_key(hash)).copied().collect()
	}

	/// Takes room for an object of so many bytes. The same object of the same owner, which it replaces, is not in its way.
	///
	/// # Errors
	/// [`Error::Quota`].
	pub fn reserve(self: &Arc<Self>, owner: Owner, kind: Kind, hash: H256, bytes: u64) -> Result<Reservation, Error> {
		let bytes = bytes.max(LEAST);
		let mut books = self.books();
		let limit = match kind {
			_ if owner.is_none() => self.quotas.total,
			Kind::Pending => self.quotas.pending,
			Kind::Attested => self.quotas.attested,
			Kind::Document => self.quotas.documents,
		};
		let same = books.objects.get(&hash).filter(|held| held.owner == owner && held.kind == kind);
		let same = same.map_or(0, |held| held.bytes);
		let used = books.used.get(&(owner, kind)).copied().unwrap_or_default();
		if used.saturating_sub(same).saturating_add(bytes) > limit {
			return Err(Error::Quota { what: kind.name(), used, limit });
		}
		if books.total.saturating_sub(same).saturating_add(bytes) > self.quotas.total {
			return Err(Error::Quota { what: "everything", used: books.total, limit: self.quotas.total });
		}
		books.add(owner, kind, bytes);
		Ok(Reservation { ledger: self.clone(), owner, kind, bytes })
	}

	/// The next datasets of these intervals, in the order of the list, behind `after`; at most so many.
	pub fn page(&self, from: Interval, until: Interval, after: Option<Key>, most: usize) -> Vec<Key> {
		let first = (from, ParticipantId([0; 16]), 0, H256::zero());
		let begin = match after {
			Some(after) if after >= first => Bound::Excluded(after),
			_ => Bound::Included(first),
		};
		let books = self.books();
		let here = books.order.range((begin, Bound::Unbounded));
		here.take_while(|(interval, ..)| *interval < until).take(most).copied().collect()
	}

	/// Datasets that are not attested yet, of one participant or of all, the oldest first.
	pub fn pending(&self, owner: Option<ParticipantId>) -> Vec<H256> {
		let books = self.books();
		let pending = books.objects.iter().filter(|(_, held)| held.kind == Kind::Pending);
		let mut pending: Vec<_> = pending
			.filter(|(_, held)| owner.is_none() || held.owner == owner)
			.map(|(hash, held)| (held.stored_at, *hash))
			.collect();
		pending.sort_unstable();
		pending.into_iter().map(|(_, hash)| hash).collect()
	}

	/// Bytes that all objects and uploads together count for.
	pub fn total(&self) -> u64 {
		self.books().total
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const QUOTAS: Quotas = Quotas { pending: 4 * LEAST, attested: 8 * LEAST, documents: LEAST, total: 20 * LEAST };

	fn meta(hash: u8, owner: u8, pending: bool, bytes: u64) -> Meta {
		let operator = ParticipantId([owner; 16]);
		let dataset = crate::meta::Summary { operator, interval: 9, version: 1, count: 1, root: H256::zero() };
		Meta {
			hash: H256::repeat_byte(hash),
			class: Class::Readings,
			bytes,
			stored_at: hash.into(),
			by: None,
			dataset: Some(dataset),
			owner: Some(operator),
			pending,
		}
	}

	#[test]
	fn who_has_filled_its_room_takes_nothing_of_anothers() {
		let ledger = Arc::new(Ledger::new(QUOTAS));
		let reserve = |owner: u8, hash: u8, bytes| {
			ledger.reserve(Some(ParticipantId([owner; 16])), Kind::Pending, H256::repeat_byte(hash), bytes)
		};
		let held: Vec<_> = (0..4).map(|hash| reserve(1, hash, 10).unwrap()).collect();
		assert!(matches!(reserve(1, 9, 10), Err(Error::Quota { .. })));
		drop(reserve(2, 9, 4 * LEAST).unwrap());
		drop(held);
		assert_eq!(ledger.total(), 0);
		reserve(1, 9, 4 * LEAST).unwrap();
	}

	#[test]
	fn what_is_attested_makes_room_and_what_is_stored_again_takes_none() {
		let ledger = Arc::new(Ledger::new(QUOTAS));
		for hash in 0..4 {
			ledger.insert(&meta(hash, 1, true, 10));
		}
		let owner = Some(ParticipantId([1; 16]));
		assert!(ledger.reserve(owner, Kind::Pending, H256::repeat_byte(7), 1).is_err());
		ledger.reserve(owner, Kind::Pending, H256::repeat_byte(3), LEAST).unwrap();
		ledger.insert(&meta(0, 1, false, 10));
		ledger.reserve(owner, Kind::Pending, H256::repeat_byte(7), 1).unwrap();
		assert_eq!(ledger.pending(owner), [1, 2, 3].map(H256::repeat_byte));
		ledger.forget(H256::repeat_byte(2));
		assert_eq!(ledger.total(), 3 * LEAST);
	}

	#[test]
	fn pages_follow_one_another_without_a_gap_or_a_repetition() {
		let ledger = Ledger::new(QUOTAS);
		for hash in 0..100u8 {
			let mut one = meta(hash, hash % 7, false, 10);
			one.dataset.as_mut().unwrap().interval = u32::from(hash / 10);
			ledger.insert(&one);
		}
		let (mut all, mut after) = (Vec::new(), None);
		loop {
			let page = ledger.page(2, 9, after, 7);
			if page.is_empty() {
				break;
			}
			after = page.last().copied();
			all.extend(page);
		}
		assert_eq!(all.len(), 70);
		assert!(all.windows(2).all(|two| two[0] < two[1]));
		assert_eq!((all[0].0, all[69].0), (2, 8));
	}
}
