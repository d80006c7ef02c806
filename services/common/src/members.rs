//! Who is a member, without asking the node for each stranger.
//!
//! The accounts that act for anyone are read as a whole, seldom, and kept. Who is not among them is refused at the cost of a
//! look; who has just become a member waits until they are read again. What a member may do is asked of the node as always.

use busbar_client::AccountId;
use std::{
	collections::HashSet,
	future::Future,
	sync::{PoisonError, RwLock},
	time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Between two readings at least.
const PAUSE: Duration = Duration::from_secs(12);
/// A reading may take this share of the time.
const SHARE: u32 = 20;

#[derive(Default)]
struct Known {
	accounts: HashSet<AccountId>,
	/// When they may be read again.
	again: Option<Instant>,
}

/// The accounts that act for a participant, as they were a moment ago.
pub struct Members {
	known: RwLock<Known>,
	reading: Mutex<()>,
	pause: Duration,
}

impl Default for Members {
	fn default() -> Self {
		Self::new(PAUSE)
	}
}

impl Members {
	/// Read at most once in so long.
	pub fn new(pause: Duration) -> Self {
		Self { known: RwLock::default(), reading: Mutex::default(), pause }
	}

	/// Whether an account acts for anyone; `None` if it has to be read first.
	fn known(&self, account: &AccountId) -> Option<bool> {
		let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
		if known.accounts.contains(account) {
			return Some(true);
		}
		known.again.is_some_and(|again| Instant::now() < again).then_some(false)
	}

	/// Whether an account acts for someone; no, if it has done so only since the last reading. `accounts` reads all that do.
	///
	/// # Errors
	/// Those of `accounts`.
	pub async fn has<E, F>(&self, account: &AccountId, accounts: impl FnOnce() -> F) -> Result<bool, E>
	where
		F: Future<Output = Result<Vec<AccountId>, E>>,
	{
		if let Some(known) = self.known(account) {
			return Ok(known);
		}
		let _one = self.reading.lock().await;
		if let Some(known) = self.known(account) {
			return Ok(known);
		}
		let began = Instant::now();
		let accounts: HashSet<_> = accounts().await?.into_iter().collect();
		let pause = self.pause.max(began.elapsed().saturating_mul(SHARE));
		let is_member = accounts.contains(account);
		let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
		*known = Known { accounts, again: Instant::now().checked_add(pause) };
		Ok(is_member)
	}
}
