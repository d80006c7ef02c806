//! Says how many peers a warp sync waits for. Without them it never begins, and the usual line, "Warping 0.00 Mib", does not
//! say so.

use crate::types::Block;
use sc_network_sync::{SyncingService, WarpSyncPhase, WarpSyncProgress};
use std::{sync::Arc, time::Duration};

/// How often it is said.
const PERIOD: Duration = Duration::from_secs(10);

/// Speaks until the sync has begun, or the node ends.
pub async fn watch(sync: Arc<SyncingService<Block>>) {
	loop {
		tokio::time::sleep(PERIOD).await;
		let Ok(status) = sync.status().await else { return };
		let Some(sentence) = waiting(status.warp_sync.as_ref(), status.num_peers) else { return };
		log::warn!(target: "sync", "{sentence}");
	}
}

/// What to say while the sync waits for peers.
fn waiting(progress: Option<&WarpSyncProgress<Block>>, has: u32) -> Option<String> {
	let WarpSyncPhase::AwaitingPeers { required_peers } = progress?.phase else { return None };
	let has = usize::try_from(has).unwrap_or(usize::MAX);
	let missing = required_peers.saturating_sub(has);
	let advice = if missing == 0 {
		"it begins as soon as they have told their best blocks".into()
	} else {
		format!("name {missing} more with --reserved-nodes or --bootnodes, or leave out --sync warp")
	};
	Some(format!("warp sync waits for {required_peers} peers and has {has}: {advice}"))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn progress(phase: WarpSyncPhase<Block>) -> WarpSyncProgress<Block> {
		WarpSyncProgress { phase, total_bytes: 0, status: None }
	}

	#[test]
	fn a_warp_sync_that_waits_says_how_many_peers_it_needs_and_has() {
		let waits = progress(WarpSyncPhase::AwaitingPeers { required_peers: 3 });
		let sentence = waiting(Some(&waits), 1).expect("it waits");
		assert!(
			sentence.starts_with("warp sync waits for 3 peers and has 1: name 2 more with --reserved-nodes"),
			"{sentence}"
		);
		let sentence = waiting(Some(&waits), 3).expect("it waits");
		assert!(sentence.starts_with("warp sync waits for 3 peers and has 3: it begins"), "{sentence}");
	}

	#[test]
	fn nothing_is_said_once_it_has_begun_or_without_one() {
		assert_eq!(waiting(Some(&progress(WarpSyncPhase::DownloadingWarpProofs)), 1), None);
		assert_eq!(waiting(Some(&progress(WarpSyncPhase::Complete)), 1), None);
		assert_eq!(waiting(None, 0), None);
	}
}
