//! Transactions under way, and what became of them.

use crate::{
	error::{Error, Result},
	explain::CallError,
	sign::Signer,
	RuntimeCall, RuntimeEvent,
};
use sp_core::H256;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// What became of a transaction in a block.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// Number and hash of the block.
	pub block: (u32, H256),
	/// The events of the transaction, as far as this program knows them.
	pub events: Arc<Vec<RuntimeEvent>>,
	/// The error that it failed with.
	pub error: Option<CallError>,
}

impl Outcome {
	/// The outcome, or the transaction's failure as an error.
	///
	/// # Errors
	/// [`Error::Failed`].
	pub fn success(self) -> Result<Self> {
		match self.error {
			None => Ok(self),
			Some(error) => Err(Error::Failed(error)),
		}
	}
}

/// A transaction under way.
pub struct Sent {
	/// The transaction's hash, as it was signed first.
	pub hash: H256,
	included: oneshot::Receiver<Outcome>,
	finalised: oneshot::Receiver<Outcome>,
}

impl Sent {
	/// Waits until the transaction stands in a block of the best chain.
	///
	/// # Errors
	/// [`Error::NotIncluded`] if its mortality ended before, or the chain is gone.
	pub async fn included(self) -> Result<Outcome> {
		self.included.await.map_err(|_| Error::NotIncluded(self.hash))
	}

	/// Waits until the transaction stands in a finalised block.
	///
	/// # Errors
	/// As [`Sent::included`].
	pub async fn finalised(self) -> Result<Outcome> {
		self.finalised.await.map_err(|_| Error::NotIncluded(self.hash))
	}

	/// As [`Sent::finalised`], and tells when a block of the best chain has it for the first time.
	///
	/// # Errors
	/// As [`Sent::included`].
	pub async fn followed(self, included: impl FnOnce(&Outcome)) -> Result<Outcome> {
		let lost = |_| Error::NotIncluded(self.hash);
		included(&self.included.await.map_err(lost)?);
		self.finalised.await.map_err(lost)
	}
}

/// What it takes to sign a transaction again.
#[derive(Clone)]
pub(super) struct Again {
	pub(super) signer: Signer,
	pub(super) call: RuntimeCall,
	pub(super) nonce: u32,
	/// The version of the runtime that it was signed for.
	version: u32,
}

impl Again {
	pub(super) fn new(signer: Signer, call: RuntimeCall, nonce: u32) -> Self {
		Self { signer, call, nonce, version: 0 }
	}

	pub(super) fn signed_for(self, version: u32) -> Self {
		Self { version, ..self }
	}
}

struct Waiting {
	included: Option<oneshot::Sender<Outcome>>,
	finalised: Option<oneshot::Sender<Outcome>>,
	/// Last block in which it is valid.
	until: u64,
	/// `None` once it was signed again.
	again: Option<Again>,
}

type Shared = Arc<Mutex<Waiting>>;

/// All transactions that are waited for, by hash; one that was signed again has two.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<HashMap<H256, Shared>>>);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
	pub(super) fn add(&self, hash: H256, until: u64, again: Again) -> Sent {
		let (included_in, included) = oneshot::channel();
		let (finalised_in, finalised) = oneshot::channel();
		let waiting = Waiting { included: Some(included_in), finalised: Some(finalised_in), until, again: Some(again) };
		locked(&self.0).insert(hash, Arc::new(Mutex::new(waiting)));
		Sent { hash, included, finalised }
	}

	/// Watches a transaction under another hash too.
	pub(super) fn also(&self, before: H256, hash: H256, until: u64) {
		let mut all = locked(&self.0);
		let Some(shared) = all.get(&before).cloned() else { return };
		locked(&shared).until = until;
		all.insert(hash, shared);
	}

	/// Gives a transaction up; who waits for it is told.
	pub(super) fn forget(&self, hash: H256) {
		if let Some(shared) = locked(&self.0).remove(&hash) {
			locked(&shared).finalised = None;
			locked(&shared).included = None;
		}
	}

	/// Gives all transactions up.
	pub(super) fn forget_all(&self) {
		locked(&self.0).clear();
	}

	/// Whether a transaction is watched and in no block yet.
	pub(super) fn is_waiting(&self, hash: H256) -> bool {
		locked(&self.0).get(&hash).is_some_and(|shared| locked(shared).included.is_some())
	}

	/// Takes what is needed to sign again those that are in no block and were signed for another version; each once.
	pub(super) fn outdated(&self, version: u32) -> Vec<(H256, Again)> {
		let all = locked(&self.0);
		let mut outdated: Vec<(H256, Again)> = all
			.iter()
			.filter_map(|(hash, shared)| {
				let mut waiting = locked(shared);
				let old = waiting.included.is_some() && waiting.again.as_ref()?.version != version;
				if old {
					Some((*hash, waiting.again.take()?))
				} else {
					None
				}
			})
			.collect();
		outdated.sort_by_key(|(_, again)| again.nonce);
		outdated
	}

	/// Tells that a transaction stands in a block of the best chain.
	pub(super) fn included(&self, hash: H256, outcome: &Outcome) {
		if let Some(shared) = locked(&self.0).get(&hash) {
			if let Some(sender) = locked(shared).included.take() {
				let _ = sender.send(outcome.clone());
			}
		}
	}

	/// Tells that a transaction stands in a finalised block.
	pub(super) fn finalised(&self, hash: H256, outcome: &Outcome) {
		let Some(shared) = locked(&self.0).remove(&hash) else { return };
		let mut waiting = locked(&shared);
		for sender in [waiting.included.take(), waiting.finalised.take()].into_iter().flatten() {
			let _ = sender.send(outcome.clone());
		}
	}

	/// Gives up what was in no block while it was valid.
	pub(super) fn prune(&self, finalised: u32) {
		locked(&self.0).retain(|_, shared| {
			let waiting = locked(shared);
			waiting.finalised.is_some() && waiting.until >= u64::from(finalised)
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn again(nonce: u32, version: u32) -> Again {
		let call = RuntimeCall::System(crate::frame_system::Call::remark { remark: vec![1] });
		Again::new(Signer::from_suri("//Alice").unwrap(), call, nonce).signed_for(version)
	}

	fn outcome(number: u32) -> Outcome {
		Outcome { block: (number, H256::repeat_byte(9)), events: Arc::default(), error: None }
	}

	fn hash(byte: u8) -> H256 {
		H256::repeat_byte(byte)
	}

	#[tokio::test]
	async fn what_an_upgrade_outdates_is_taken_once_and_in_the_order_of_its_nonces() {
		let watch = Watch::default();
		let _sent: Vec<Sent> =
			[(1, 5), (2, 4), (3, 6)].map(|(byte, nonce)| watch.add(hash(byte), 64, again(nonce, 1))).into();
		watch.included(hash(3), &outcome(7));
		let taken: Vec<(H256, u32)> = watch.outdated(2).into_iter().map(|(hash, again)| (hash, again.nonce)).collect();
		assert_eq!(taken, vec![(hash(2), 4), (hash(1), 5)]);
		assert!(watch.outdated(2).is_empty());
		assert!(watch.outdated(3).is_empty());
	}

	#[tokio::test]
	async fn what_was_signed_for_this_version_stays_as_it_is() {
		let watch = Watch::default();
		let _sent = watch.add(hash(1), 64, again(0, 2));
		assert!(watch.outdated(2).is_empty());
	}

	#[tokio::test]
	async fn a_transaction_that_was_signed_again_is_found_under_either_hash() {
		for byte in [1, 2] {
			let watch = Watch::default();
			let sent = watch.add(hash(1), 64, again(0, 1));
			watch.also(hash(1), hash(2), 128);
			watch.finalised(hash(byte), &outcome(7));
			assert_eq!(sent.finalised().await.unwrap().block.0, 7);
			assert!(!watch.is_waiting(hash(1)) || byte == 2);
			watch.prune(7);
			assert!(!watch.is_waiting(hash(1)));
		}
	}

	#[tokio::test]
	async fn what_is_in_no_block_while_it_is_valid_is_given_up() {
		let watch = Watch::default();
		let sent = watch.add(hash(1), 64, again(0, 1));
		watch.prune(64);
		assert!(watch.is_waiting(hash(1)));
		watch.prune(65);
		assert!(matches!(sent.included().await, Err(Error::NotIncluded(lost)) if lost == hash(1)));
	}
}
