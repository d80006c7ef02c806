//! The task that follows the heads and tells what became of what is watched.

use super::{Outcome, Submitter, Tip, STALL};
use crate::{
	chain::{Chain, Header, Phase},
	error::Result,
	explain::CallError,
	frame_system,
	metadata::Version,
	RuntimeEvent,
};
use futures::{Stream, StreamExt};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use std::{
	collections::HashMap,
	sync::{Arc, PoisonError},
};
use tokio::sync::watch;

pub(super) struct Follower {
	submitter: Submitter,
	best: watch::Sender<Tip>,
	finalised: watch::Sender<(u32, H256)>,
	/// Blocks that were read but are not finalised yet.
	cache: HashMap<H256, Arc<Contents>>,
	/// The version that the best block's state has.
	version: Version,
}

struct Contents {
	header: Header,
	outcomes: Vec<(H256, Outcome)>,
}

impl Follower {
	pub(super) fn new(submitter: Submitter, best: watch::Sender<Tip>, finalised: watch::Sender<(u32, H256)>) -> Self {
		let version = submitter.chain.runtime().version().clone();
		Self { submitter, best, finalised, cache: HashMap::new(), version }
	}

	/// Runs until the chain stalls, or no node answers for too long.
	pub(super) async fn run(
		mut self,
		mut new: impl Stream<Item = Header> + Unpin,
		mut fin: impl Stream<Item = Header> + Unpin,
	) {
		loop {
			let result = tokio::select! {
				head = tokio::time::timeout(STALL, new.next()) => match head {
					Ok(Some(head)) => self.best(head).await,
					_ => break,
				},
				Some(head) = fin.next() => self.finalised(head).await,
			};
			if let Err(error) = result {
				log::warn!("{error}");
			}
		}
		// Dropping the senders tells every waiter that the chain is gone.
		self.submitter.watch.forget_all();
	}

	fn chain(&self) -> &Chain {
		&self.submitter.chain
	}

	async fn best(&mut self, head: Header) -> Result<()> {
		let last = self.best.borrow().clone();
		let blocks = self.since(head.hash, last.hash, last.number).await?;
		let (clock, version) =
			futures::try_join!(self.chain().clock(head.hash), self.chain().version_after(head.hash))?;
		// First the tip, so that who is told of a transaction sees its block.
		self.best.send_replace(Tip { number: head.number, hash: head.hash, clock });
		for contents in blocks {
			for (hash, outcome) in &contents.outcomes {
				self.submitter.watch.included(*hash, outcome);
			}
		}
		if version != self.version {
			self.version = version.clone();
			self.submitter.enacted_by(head.number);
		}
		if version != *self.chain().runtime().version() {
			self.chain().refresh().await?;
		}
		// Behind what the blocks up to here hold: whatever is left was signed for a runtime that is gone.
		self.submitter.sign_again();
		Ok(())
	}

	async fn finalised(&mut self, head: Header) -> Result<()> {
		let last = *self.finalised.borrow();
		if head.number <= last.0 {
			return Ok(());
		}
		let blocks = self.since(head.hash, last.1, last.0).await?;
		// First the block, so that who is told of a transaction sees the state that it led to.
		self.finalised.send_replace((head.number, head.hash));
		for contents in blocks {
			for (hash, outcome) in &contents.outcomes {
				self.submitter.watch.finalised(*hash, outcome);
			}
			let mut counts = self.submitter.blocks.lock().unwrap_or_else(PoisonError::into_inner);
			counts.blocks = counts.blocks.saturating_add(1);
			counts.extrinsics = counts.extrinsics.saturating_add(contents.outcomes.len() as u64);
		}
		self.submitter.watch.prune(head.number);
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
		let (header, extrinsics) = self.chain().body(hash).await?;
		let events = self.chain().events_of(hash, &header).await?;
		let runtime = self.chain().runtime();
		let mut by_extrinsic: HashMap<u32, (Vec<RuntimeEvent>, Option<CallError>)> = HashMap::new();
		for record in events.records {
			let Phase::ApplyExtrinsic(index) = record.phase else { continue };
			let entry = by_extrinsic.entry(index).or_default();
			if let RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) = &record.event {
				entry.1 = Some(runtime.explain(dispatch_error));
			}
			entry.0.push(record.event);
		}
		let outcomes = (0u32..)
			.zip(&extrinsics)
			.map(|(index, bytes)| {
				let (events, error) = by_extrinsic.remove(&index).unwrap_or_default();
				let outcome = Outcome { block: (header.number, hash), events: Arc::new(events), error };
				(H256(blake2_256(bytes)), outcome)
			})
			.collect();
		let contents = Arc::new(Contents { header, outcomes });
		self.cache.insert(hash, contents.clone());
		Ok(contents)
	}
}
