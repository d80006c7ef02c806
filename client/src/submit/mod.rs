//! Submitting transactions and following them to inclusion and finality, many at once.
//!
//! One task follows the chain's heads and looks for the watched transactions in each block, so that a thousand
//! transactions in flight cost two subscriptions. It also notices upgrades: what is in flight then, and in no block yet, can
//! enter no further block, because it is signed for the version before; it is signed once more, with the same nonce. Nothing is
//! signed for the new version before a block stands on the one that enacted it: a node that does not have that yet would hold
//! the signature for a bad one, and refuse the transaction for half an hour; now at least two authors have it.

mod follower;
mod pool;
mod watched;

pub use watched::{Outcome, Sent};

use crate::{
	chain::Chain,
	error::{Error, Result},
	functions,
	read::Clock,
	sign::{Binding, Signer, MORTALITY},
	RuntimeCall,
};
use pool::Verdict;
use sp_core::H256;
use std::{
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc, Mutex, PoisonError,
	},
	time::Duration,
};
use tokio::{sync::watch, time::sleep};
use watched::{Again, Watch};

/// How long to wait for a new head before the chain counts as stalled.
const STALL: Duration = Duration::from_secs(120);
/// How often a transaction whose nonce others use at the same time is signed with the next one.
const NONCES: u32 = 24;
/// How often a transaction is offered to nodes when connections break after it was sent.
const OFFERS: u32 = 12;
/// How many blocks to wait for a budget that is spent, or for what waits already.
const WAITS: u32 = 90;

/// The best block and chain time at it.
#[derive(Clone, Debug)]
pub struct Tip {
	/// Its number.
	pub number: u32,
	/// Its hash.
	pub hash: H256,
	/// Chain time and the intervals around it.
	pub clock: Clock,
}

/// What stood in the finalised blocks since the submitter started.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockCounts {
	/// Finalised blocks.
	pub blocks: u32,
	/// Signed and inherent extrinsics in them.
	pub extrinsics: u64,
}

impl BlockCounts {
	/// What came after an earlier count.
	pub fn since(&self, before: &Self) -> Self {
		Self {
			blocks: self.blocks.saturating_sub(before.blocks),
			extrinsics: self.extrinsics.saturating_sub(before.extrinsics),
		}
	}
}

/// Submits transactions and follows them.
#[derive(Clone)]
pub struct Submitter {
	chain: Chain,
	watch: Watch,
	best: watch::Receiver<Tip>,
	finalised: watch::Receiver<(u32, H256)>,
	blocks: Arc<Mutex<BlockCounts>>,
	/// The newest block that is known to have enacted another version of the runtime.
	enacted: Arc<AtomicU32>,
	/// Who takes transactions and tells nonces.
	taker: Chain,
}

impl Submitter {
	/// Starts to follow the chain.
	///
	/// # Errors
	/// If the node refuses the subscriptions.
	pub async fn start(chain: Chain) -> Result<Self> {
		let new = chain.headers("chain_subscribeNewHeads", "chain_unsubscribeNewHeads").await?;
		let fin = chain.headers("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads").await?;
		let hash = chain.best().await?;
		let tip = Tip { number: chain.header(hash).await?.number, hash, clock: chain.clock(hash).await? };
		let (best_in, best) = watch::channel(tip);
		let hash = chain.finalised().await?;
		let (finalised_in, finalised) = watch::channel((chain.header(hash).await?.number, hash));
		let (watch, blocks, enacted, taker) = (Watch::default(), Arc::default(), Arc::default(), chain.clone());
		let submitter = Self { chain, watch, best, finalised, blocks, enacted, taker };
		let follower = follower::Follower::new(submitter.clone(), best_in, finalised_in);
		tokio::spawn(follower.run(new, fin));
		Ok(submitter)
	}

	/// The same, which hands transactions to another node of the chain.
	pub fn through(self, taker: Chain) -> Self {
		Self { taker, ..self }
	}

	/// The chain.
	pub fn chain(&self) -> &Chain {
		&self.chain
	}

	/// Number and hash of the finalised block.
	pub fn finalised(&self) -> (u32, H256) {
		*self.finalised.borrow()
	}

	/// The best block.
	pub fn best(&self) -> Tip {
		self.best.borrow().clone()
	}

	/// Finalised blocks and extrinsics so far.
	pub fn counts(&self) -> BlockCounts {
		*self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Waits for a best block that satisfies a condition.
	///
	/// # Errors
	/// If the chain stalls or the connection is lost.
	pub async fn wait(&self, condition: impl FnMut(&Tip) -> bool) -> Result<Tip> {
		let mut best = self.best.clone();
		let tip = best.wait_for(condition).await.map_err(|_| self.stalled())?.clone();
		Ok(tip)
	}

	/// Waits until a block with at least this number is finalised; returns the newest one.
	///
	/// # Errors
	/// If the chain stalls or the connection is lost.
	pub async fn wait_finalised(&self, number: u32) -> Result<(u32, H256)> {
		let mut finalised = self.finalised.clone();
		let block = *finalised.wait_for(|(at, _)| *at >= number).await.map_err(|_| self.stalled())?;
		Ok(block)
	}

	fn stalled(&self) -> Error {
		Error::Stalled { address: self.chain.url(), seconds: STALL.as_secs() }
	}

	/// Signs and submits a call. A nonce that another program used meanwhile is read again, and a budget that is spent is
	/// waited for, as often as need be within bounds.
	///
	/// # Errors
	/// [`Error::Unfit`] if the chain has the call in another shape, [`Error::NotTaken`] if the node refuses the transaction.
	pub async fn submit(&self, signer: &Signer, call: impl Into<RuntimeCall>) -> Result<Sent> {
		let call = call.into();
		let mut next = signer.nonce.lock().await;
		let (mut tries, mut waits) = (0, 0);
		loop {
			match self.submit_next(signer, &call, &mut next).await {
				Err(error) if waits < WAITS && pool::passes(&error) => {
					waits = waits.saturating_add(1);
					let next = self.best().number.saturating_add(1);
					self.wait(|tip| tip.number >= next).await?;
				},
				// Others use the account at the same time, and were faster.
				Err(error) if tries < NONCES && pool::is_taken(&error) => {
					tries = tries.saturating_add(1);
					sleep(pool::pause(tries)).await;
				},
				Err(error @ (Error::Unfit(_) | Error::Metadata(_))) => return Err(error),
				Err(error) => {
					let (account, advice) = (signer.account().clone(), pool::advice(&error));
					return Err(Error::NotTaken { account, advice, reason: Box::new(error) });
				},
				result => return result,
			}
		}
	}

	/// Notes that a block up to this one has enacted another version.
	fn enacted_by(&self, number: u32) {
		self.enacted.fetch_max(number, Ordering::Relaxed);
	}

	/// Whether more than one author has the newest upgrade: a block stands on it.
	fn is_settled(&self) -> bool {
		let enacted = self.enacted.load(Ordering::Relaxed);
		self.best().number > enacted || self.finalised().0 >= enacted
	}

	/// Waits until more than one author has the newest upgrade.
	async fn settled(&self) -> Result<()> {
		let mut best = self.best.clone();
		while !self.is_settled() {
			best.changed().await.map_err(|_| self.stalled())?;
		}
		Ok(())
	}

	async fn submit_next(&self, signer: &Signer, call: &RuntimeCall, next: &mut Option<u32>) -> Result<Sent> {
		self.settled().await?;
		let nonce = match next.take() {
			Some(nonce) => nonce,
			None => self.next_nonce(signer).await?,
		};
		let again = Again::new(signer.clone(), call.clone(), nonce);
		let sent = match self.offer(&again).await {
			// Perhaps the chain was upgraded a moment ago: signed for its version, the transaction is good.
			Err(error) if pool::is_badly_signed(&error) && self.chain.refresh().await? => {
				let best = self.chain.best().await?;
				self.enacted_by(self.chain.header(best).await?.number);
				self.settled().await?;
				self.offer(&again).await?
			},
			result => result?,
		};
		*next = Some(nonce.saturating_add(1));
		Ok(sent)
	}

	async fn next_nonce(&self, signer: &Signer) -> Result<u32> {
		let address = sp_core::crypto::Ss58Codec::to_ss58check(signer.account());
		match self.taker.request("system_accountNextIndex", (address,)).await {
			// A light client has no pool: it knows what stands in blocks.
			Err(Error::Refused { .. }) => {
				let account = (signer.account().clone(),);
				self.chain.call(self.best().hash, &functions::account_nonce_api::ACCOUNT_NONCE, account).await
			},
			answer => answer,
		}
	}

	/// Signs for the chain's present version, offers the transaction to the pool, and watches it.
	async fn offer(&self, again: &Again) -> Result<Sent> {
		let (bytes, hash, until, version) = self.signed(again)?;
		let sent = self.watch.add(hash, until, again.clone().signed_for(version));
		let offered = self.hand_in(&bytes).await;
		if offered.is_err() {
			self.watch.forget(hash);
		}
		offered.map(|()| sent)
	}

	fn signed(&self, again: &Again) -> Result<(Vec<u8>, H256, u64, u32)> {
		let runtime = self.chain.runtime();
		let from = self.finalised();
		let call = crate::chain::encode(&runtime, &again.call)?;
		let binding = Binding { nonce: again.nonce, genesis: self.chain.genesis(), from };
		let bytes = again.signer.sign(&runtime, &call, &binding)?;
		let hash = H256(sp_crypto_hashing::blake2_256(&bytes));
		Ok((bytes, hash, u64::from(from.0).saturating_add(MORTALITY), runtime.version().spec_version))
	}

	/// Hands a transaction to a node; after a break to the next, because the same bytes are taken once at most.
	async fn hand_in(&self, bytes: &[u8]) -> Result<()> {
		let text = crate::chain::hex_of(bytes);
		let mut perhaps_taken = false;
		for offer in 1.. {
			let answer = self.taker.once::<H256>("author_submitExtrinsic", (&text,)).await;
			match pool::verdict(answer, perhaps_taken) {
				Verdict::Taken => break,
				Verdict::Refused(error) => return Err(error),
				Verdict::Broken(error) if offer >= OFFERS => return Err(error),
				Verdict::Broken(error) => {
					perhaps_taken |= matches!(error, Error::Lost { .. });
					sleep(pool::pause(offer)).await;
				},
			}
		}
		Ok(())
	}

	/// Submits a call and waits until it has succeeded in a finalised block.
	///
	/// # Errors
	/// If the node refuses it, or it fails.
	pub async fn run(&self, signer: &Signer, call: impl Into<RuntimeCall>) -> Result<Outcome> {
		self.submit(signer, call).await?.finalised().await?.success()
	}

	/// Submits calls of one account in order and waits until all have succeeded in finalised blocks.
	///
	/// # Errors
	/// If the node refuses one, or one fails.
	pub async fn run_all(&self, signer: &Signer, calls: Vec<RuntimeCall>) -> Result<Vec<Outcome>> {
		let mut sent = Vec::with_capacity(calls.len());
		for call in calls {
			sent.push(self.submit(signer, call).await?);
		}
		let mut outcomes = Vec::with_capacity(sent.len());
		for sent in sent {
			outcomes.push(sent.finalised().await?.success()?);
		}
		Ok(outcomes)
	}

	/// Signs once more, for the chain's present version and with the same nonce, what was signed for another and is in no
	/// block. The pool may hold the transaction before for a while: until it is dropped there, the new one has to wait.
	fn sign_again(&self) {
		if !self.is_settled() {
			return;
		}
		let version = self.chain.runtime().version().spec_version;
		for (hash, again) in self.watch.outdated(version) {
			let this = self.clone();
			tokio::spawn(async move {
				if let Err(error) = this.offer_again(hash, &again).await {
					log::error!(
						"the transaction {hash} was signed before an upgrade, and cannot be signed again: {error}"
					);
					this.watch.forget(hash);
				}
			});
		}
	}

	async fn offer_again(&self, before: H256, again: &Again) -> Result<()> {
		let (bytes, hash, until, _) = self.signed(again)?;
		self.watch.also(before, hash, until);
		let mut tries = 0;
		// Too much of the account may wait for a moment, too, as of what is new.
		let later = |error: &Error| pool::is_taken(error) || pool::passes(error);
		loop {
			match self.hand_in(&bytes).await {
				// As long as it is valid: given up, it would leave a hole, and nothing behind it could enter a block.
				Err(error) if later(&error) && self.watch.is_waiting(before) => {
					tries = u32::saturating_add(tries, 1);
					sleep(pool::pause(tries)).await;
				},
				// It is in a block, as it was signed first or now.
				Err(_) if !self.watch.is_waiting(before) => return Ok(()),
				result => return result,
			}
		}
	}
}

#[cfg(test)]
mod tests;
