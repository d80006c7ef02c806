//! Submitting transactions and following them to inclusion and finality, many at once.
//!
//! One task follows the chain's heads and looks for the watched transactions in each block, so that a thousand
//! transactions in flight cost two subscriptions.

use super::{describe, sign::Signer, sign::MORTALITY, Chain, Header};
use anyhow::{anyhow, bail, Context, Result};
use busbar_primitives::api::Clock;
use busbar_runtime::{frame_system, frame_system::Phase, Nonce, RuntimeCall, RuntimeEvent};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
	time::Duration,
};
use subxt::rpcs::client::rpc_params;
use tokio::sync::{oneshot, watch};

/// How long to wait for a new head before the chain counts as stalled.
const STALL: Duration = Duration::from_secs(120);

/// What became of a transaction in a block.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// Number and hash of the block.
	pub block: (u32, H256),
	/// The events of the transaction.
	pub events: Arc<Vec<RuntimeEvent>>,
	/// The error that it failed with, as the runtime names it.
	pub error: Option<String>,
}

impl Outcome {
	/// The outcome, or the transaction's failure as an error.
	pub fn success(self) -> Result<Self> {
		match &self.error {
			None => Ok(self),
			Some(error) => bail!("the transaction failed: {error}"),
		}
	}
}

/// A transaction under way.
pub struct Sent {
	pub hash: H256,
	included: oneshot::Receiver<Outcome>,
	finalised: oneshot::Receiver<Outcome>,
}

impl Sent {
	/// Waits until the transaction stands in a block of the best chain.
	pub async fn included(self) -> Result<Outcome> {
		self.included.await.map_err(|_| lost(self.hash))
	}

	/// Waits until the transaction stands in a finalised block.
	pub async fn finalised(self) -> Result<Outcome> {
		self.finalised.await.map_err(|_| lost(self.hash))
	}
}

fn lost(hash: H256) -> anyhow::Error {
	anyhow!("the transaction {hash} was in no block before its mortality ended; submit it again")
}

/// Whether a transaction was refused because its nonce is used already.
fn is_stale(error: &anyhow::Error) -> bool {
	let text = format!("{error:#}");
	["outdated", "Priority is too low", "Already Imported"].iter().any(|part| text.contains(part))
}

struct Watched {
	included: Option<oneshot::Sender<Outcome>>,
	finalised: Option<oneshot::Sender<Outcome>>,
	/// Last block in which it is valid.
	until: u64,
}

/// The best block and chain time at it.
#[derive(Clone, Debug)]
pub struct Tip {
	pub number: u32,
	pub hash: H256,
	pub clock: Clock,
}

/// Submits transactions and follows them.
#[derive(Clone)]
pub struct Submitter {
	chain: Chain,
	watched: Arc<Mutex<HashMap<H256, Watched>>>,
	best: watch::Receiver<Tip>,
	finalised: watch::Receiver<(u32, H256)>,
	blocks: Arc<Mutex<BlockCounts>>,
}

/// What stood in the finalised blocks since the submitter started.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockCounts {
	pub blocks: u32,
	/// Signed and inherent extrinsics.
	pub extrinsics: u64,
}

impl Submitter {
	/// Starts to follow the chain.
	///
	/// # Errors
	/// If the node refuses the subscriptions.
	pub async fn start(chain: Chain) -> Result<Self> {
		let mut new = chain.headers("chain_subscribeNewHeads", "chain_unsubscribeNewHeads").await?;
		let mut fin = chain.headers("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads").await?;
		let hash = chain.best().await?;
		let tip = Tip { number: chain.header(hash).await?.number, hash, clock: chain.clock(hash).await? };
		let (best_in, best) = watch::channel(tip);
		let hash = chain.finalised().await?;
		let (finalised_in, finalised) = watch::channel((chain.header(hash).await?.number, hash));
		let submitter = Self { chain, watched: Arc::default(), best, finalised, blocks: Arc::default() };
		let follower = Follower {
			chain: submitter.chain.clone(),
			watched: submitter.watched.clone(),
			cache: HashMap::new(),
			blocks: submitter.blocks.clone(),
		};
		tokio::spawn(async move {
			let mut follower = follower;
			loop {
				let result = tokio::select! {
					head = tokio::time::timeout(STALL, new.next()) => match head {
						Ok(Some(Ok(head))) => follower.best(head, &best_in).await,
						_ => break,
					},
					Some(Ok(head)) = fin.next() => follower.finalised(head, &finalised_in).await,
				};
				if let Err(error) = result {
					eprintln!("warning: {error:#}");
				}
			}
			// Dropping the senders tells every waiter that the chain is gone.
			follower.watched.lock().expect("no holder panics; qed").clear();
		});
		Ok(submitter)
	}

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
		*self.blocks.lock().expect("no holder panics; qed")
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

	fn stalled(&self) -> anyhow::Error {
		anyhow!("no new block from {} for {} s, or the connection was lost", self.chain.url(), STALL.as_secs())
	}

	/// Signs and submits a call.
	///
	/// # Errors
	/// If the node refuses the transaction.
	pub async fn submit(&self, signer: &Signer, call: RuntimeCall) -> Result<Sent> {
		let mut next = signer.nonce.lock().await;
		let known = next.is_some();
		match self.submit_next(signer, call.clone(), &mut next).await {
			// Another program may have used the account meanwhile: its next nonce is asked for again.
			Err(error) if known && is_stale(&error) => self.submit_next(signer, call, &mut next).await,
			result => result,
		}
		.map_err(|error| {
			let account = signer.account();
			let advice = if format!("{error:#}").contains("signing address") {
				": it is no active participant; `busbar participant show` tells"
			} else {
				""
			};
			error.context(format!("the node refused the transaction of {account}{advice}"))
		})
	}

	async fn submit_next(&self, signer: &Signer, call: RuntimeCall, next: &mut Option<Nonce>) -> Result<Sent> {
		let nonce = match *next {
			Some(nonce) => nonce,
			None => {
				let address = sp_core::crypto::Ss58Codec::to_ss58check(signer.account());
				self.chain.request("system_accountNextIndex", rpc_params![address]).await?
			},
		};
		let from = self.finalised();
		let bytes = signer.sign(call, nonce, self.chain.genesis(), from);
		let hash = H256(blake2_256(&bytes));
		let (included_in, included) = oneshot::channel();
		let (finalised_in, finalised) = oneshot::channel();
		let watched = Watched {
			included: Some(included_in),
			finalised: Some(finalised_in),
			until: u64::from(from.0).saturating_add(MORTALITY),
		};
		self.watched.lock().expect("no holder panics; qed").insert(hash, watched);
		match self.chain.request::<H256>("author_submitExtrinsic", rpc_params![super::hex_of(&bytes)]).await {
			Ok(_) => {
				*next = Some(nonce.saturating_add(1));
				Ok(Sent { hash, included, finalised })
			},
			Err(error) => {
				*next = None;
				self.watched.lock().expect("no holder panics; qed").remove(&hash);
				Err(error)
			},
		}
	}

	/// Submits a call and waits until it has succeeded in a finalised block.
	///
	/// # Errors
	/// If the node refuses it, or it fails.
	pub async fn run(&self, signer: &Signer, call: RuntimeCall) -> Result<Outcome> {
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
}

/// Follows the heads and resolves what is watched.
struct Follower {
	chain: Chain,
	watched: Arc<Mutex<HashMap<H256, Watched>>>,
	/// Blocks that were read but are not finalised yet.
	cache: HashMap<H256, Arc<Contents>>,
	blocks: Arc<Mutex<BlockCounts>>,
}

struct Contents {
	header: Header,
	outcomes: Vec<(H256, Outcome)>,
}

impl Follower {
	async fn best(&mut self, head: Header, out: &watch::Sender<Tip>) -> Result<()> {
		let last = out.borrow().clone();
		// The notification has no hash; the child of a head that was overtaken is asked for by number.
		let hash = self.chain.block_hash(head.number).await?.context("the best block is gone")?;
		let blocks = self.since(hash, last.hash, last.number).await?;
		let clock = self.chain.clock(hash).await?;
		// First the tip, so that who is told of a transaction sees its block.
		out.send_replace(Tip { number: head.number, hash, clock });
		for contents in blocks {
			let mut watched = self.watched.lock().expect("no holder panics; qed");
			for (hash, outcome) in &contents.outcomes {
				if let Some(sender) = watched.get_mut(hash).and_then(|watched| watched.included.take()) {
					let _ = sender.send(outcome.clone());
				}
			}
		}
		Ok(())
	}

	async fn finalised(&mut self, head: Header, out: &watch::Sender<(u32, H256)>) -> Result<()> {
		let last = *out.borrow();
		if head.number <= last.0 {
			return Ok(());
		}
		let hash = self.chain.block_hash(head.number).await?.context("the finalised block is gone")?;
		let blocks = self.since(hash, last.1, last.0).await?;
		// First the block, so that who is told of a transaction sees the state that it led to.
		out.send_replace((head.number, hash));
		for contents in blocks {
			let mut watched = self.watched.lock().expect("no holder panics; qed");
			for (hash, outcome) in &contents.outcomes {
				let Some(mut entry) = watched.remove(hash) else { continue };
				for sender in [entry.included.take(), entry.finalised.take()].into_iter().flatten() {
					let _ = sender.send(outcome.clone());
				}
			}
			let mut counts = self.blocks.lock().expect("no holder panics; qed");
			counts.blocks = counts.blocks.saturating_add(1);
			counts.extrinsics = counts.extrinsics.saturating_add(contents.outcomes.len() as u64);
		}
		self.watched
			.lock()
			.expect("no holder panics; qed")
			.retain(|_, watched| watched.until >= u64::from(head.number));
		self.cache.retain(|_, contents| contents.header.number >= head.number);
		Ok(())
	}

	/// The blocks after `last` up to `hash`, oldest first. After a reorganisation: down to the height of `last`.
	async fn since(&mut self, hash: H256, last: H256, number: u32) -> Result<Vec<Arc<Contents>>> {
		let (mut blocks, mut at) = (Vec::new(), hash);
		while at != last {
			let contents = self.contents(at).await?;
			let (parent, height) = (contents.header.parent_hash, contents.header.number);
			blocks.push(contents);
			if height <= number {
				break;
			}
			at = parent;
		}
		blocks.reverse();
		Ok(blocks)
	}

	async fn contents(&mut self, hash: H256) -> Result<Arc<Contents>> {
		if let Some(contents) = self.cache.get(&hash) {
			return Ok(contents.clone());
		}
		let ((header, extrinsics), events) = tokio::try_join!(self.chain.body(hash), self.chain.events(hash))?;
		let mut by_extrinsic: HashMap<u32, (Vec<RuntimeEvent>, Option<String>)> = HashMap::new();
		for record in events {
			let Phase::ApplyExtrinsic(index) = record.phase else { continue };
			let entry = by_extrinsic.entry(index).or_default();
			if let RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) = &record.event {
				entry.1 = Some(describe(dispatch_error));
			}
			entry.0.push(record.event);
		}
		let outcomes = extrinsics
			.iter()
			.enumerate()
			.map(|(index, bytes)| {
				let (events, error) = by_extrinsic.remove(&(index as u32)).unwrap_or_default();
				let outcome = Outcome { block: (header.number, hash), events: Arc::new(events), error };
				(H256(blake2_256(bytes)), outcome)
			})
			.collect();
		let contents = Arc::new(Contents { header, outcomes });
		self.cache.insert(hash, contents.clone());
		Ok(contents)
	}
}
