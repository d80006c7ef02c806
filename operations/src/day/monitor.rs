//! Finality lag: at each import of a block, how far the node's finalised block is behind its best one.

use anyhow::Result;
use busbar_client::Chain;
use futures::StreamExt;
use sp_core::H256;
use std::sync::{Arc, Mutex};

/// Blocks before this one do not count: the nodes are still finding each other.
const FROM_BLOCK: u32 = 20;

/// The greatest lag seen, over all nodes.
#[derive(Clone, Default)]
pub struct Monitor(Arc<Mutex<Lag>>);

/// What the monitor has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lag {
	/// Greatest distance of best to finalised, in blocks; `None` before the first import that counts.
	pub max: Option<u32>,
	/// Block and node of the greatest lag.
	pub at: Option<(u32, String)>,
	/// Imports looked at.
	pub imports: u64,
	/// Nodes that were lost on the way.
	pub lost: Vec<String>,
}

impl Lag {
	fn note(&mut self, best: u32, finalised: u32, node: &str) {
		let lag = best.saturating_sub(finalised);
		self.imports += 1;
		if self.max.is_none_or(|max| lag > max) {
			self.max = Some(lag);
			self.at = Some((best, node.to_owned()));
		}
	}
}

impl Monitor {
	/// Starts to follow a node.
	///
	/// # Errors
	/// If the node refuses the subscription.
	pub async fn follow(&self, chain: Chain) -> Result<()> {
		let mut heads = chain.headers("chain_subscribeAllHeads", "chain_unsubscribeAllHeads").await?;
		let state = self.0.clone();
		tokio::spawn(async move {
			let mut best = 0;
			let mut known: Option<(H256, u32)> = None;
			while let Some(head) = heads.next().await {
				best = best.max(head.number);
				let Ok(hash) = chain.finalised().await else { break };
				let finalised = match known {
					Some((at, number)) if at == hash => number,
					_ => match chain.header(hash).await {
						Ok(header) => header.number,
						Err(_) => break,
					},
				};
				known = Some((hash, finalised));
				if best > FROM_BLOCK {
					state.lock().expect("no holder panics; qed").note(best, finalised, &chain.url());
				}
			}
			state.lock().expect("no holder panics; qed").lost.push(chain.url());
		});
		Ok(())
	}

	/// What has been seen so far.
	pub fn lag(&self) -> Lag {
		self.0.lock().expect("no holder panics; qed").clone()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_greatest_lag_is_kept_with_its_place() {
		let mut lag = Lag::default();
		lag.note(30, 28, "a");
		lag.note(31, 28, "b");
		lag.note(32, 30, "a");
		assert_eq!((lag.max, lag.at, lag.imports), (Some(3), Some((31, "b".into())), 3));
	}
}
