//! Finalised blocks, each once, in their order, without a gap over reconnections.

use crate::{
	chain::{Chain, Header},
	error::{Error, Result},
};
use futures::{stream::BoxStream, StreamExt};
use sp_core::H256;
use std::{collections::VecDeque, time::Duration};
use tokio::time::{sleep, timeout};

/// How long to wait for a new finalised block before the chain counts as stalled.
const STALL: Duration = Duration::from_secs(600);
/// How long a node that lags behind the one before it is waited for, in steps of [`STEP`].
const STEPS: u32 = 120;
const STEP: Duration = Duration::from_secs(1);
/// Blocks that are looked up ahead.
const AHEAD: u32 = 64;

/// Walks finalised blocks.
pub struct Finalised {
	chain: Chain,
	heads: BoxStream<'static, Header>,
	/// The next block to tell.
	next: u32,
	/// Greatest number of a block that is known to be finalised.
	known: u32,
	/// Blocks that were looked up.
	ready: VecDeque<(u32, H256)>,
}

impl Finalised {
	/// From the block with this number on; without one, from the newest finalised block on.
	///
	/// # Errors
	/// If the node refuses the subscription.
	pub async fn start(chain: Chain, from: Option<u32>) -> Result<Self> {
		let heads = chain.headers("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads").await?.boxed();
		let known = chain.header(chain.finalised().await?).await?.number;
		Ok(Self { chain, heads, next: from.unwrap_or(known), known, ready: VecDeque::new() })
	}

	/// Number and hash of the next finalised block, as soon as there is one.
	///
	/// # Errors
	/// If no block is finalised for too long, no node answers for too long, or none has a block any more.
	pub async fn next(&mut self) -> Result<(u32, H256)> {
		while self.ready.is_empty() {
			while self.known < self.next {
				let stalled = || Error::Stalled { address: self.chain.url(), seconds: STALL.as_secs() };
				let head = timeout(STALL, self.heads.next()).await.ok().flatten().ok_or_else(stalled)?;
				self.known = self.known.max(head.number);
				// Mostly it is the very next one.
				if head.number == self.next {
					self.ready.push_back((head.number, head.hash));
				}
			}
			if self.ready.is_empty() {
				self.look_up().await?;
			}
		}
		let block = self.ready.pop_front().ok_or_else(|| self.chain.unknown(self.next))?;
		self.next = block.0.saturating_add(1);
		Ok(block)
	}

	async fn look_up(&mut self) -> Result<()> {
		let last = self.known.min(self.next.saturating_add(AHEAD));
		let mut hashes = Vec::new();
		for _ in 0..STEPS {
			// The node may be another one than the node that told of the block, and may lag behind: what is finalised before
			// and after the hashes are read is what they are of.
			if self.finalised().await? >= last {
				hashes.clear();
				for number in self.next..=last {
					let hash = self.chain.block_hash(number).await?;
					hashes.push((number, hash.ok_or_else(|| self.chain.unknown(number))?));
				}
				if self.finalised().await? >= last {
					self.ready.extend(hashes);
					return Ok(());
				}
			}
			sleep(STEP).await;
		}
		Err(Error::Stalled { address: self.chain.url(), seconds: STEP.saturating_mul(STEPS).as_secs() })
	}

	async fn finalised(&self) -> Result<u32> {
		Ok(self.chain.header(self.chain.finalised().await?).await?.number)
	}
}

#[cfg(test)]
mod tests;
