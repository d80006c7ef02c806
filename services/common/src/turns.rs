//! How many requests of an account are answered at a time.

use busbar_client::AccountId;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
};

type Busy = Arc<Mutex<HashMap<AccountId, usize>>>;

/// The requests that are being answered, by account.
pub struct Turns {
	busy: Busy,
	most: usize,
}

/// A request that is being answered, until it is dropped.
pub struct Turn {
	busy: Busy,
	account: AccountId,
}

impl Turns {
	/// So many of one account.
	pub fn new(most: usize) -> Self {
		Self { busy: Busy::default(), most }
	}

	/// A turn for the account; none if it has as many as it may.
	pub fn take(&self, account: &AccountId) -> Option<Turn> {
		let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
		let count = busy.entry(account.clone()).or_default();
		if *count >= self.most {
			return None;
		}
		*count = count.saturating_add(1);
		Some(Turn { busy: self.busy.clone(), account: account.clone() })
	}
}

impl Drop for Turn {
	fn drop(&mut self) {
		let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
		match busy.get_mut(&self.account) {
			Some(count) if *count > 1 => *count = count.saturating_sub(1),
			_ => {
				busy.remove(&self.account);
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_account_has_so_many_turns_at_a_time_and_takes_none_of_anothers() {
		let (turns, one, other) = (Turns::new(2), AccountId::new([1; 32]), AccountId::new([2; 32]));
		let held = [turns.take(&one), turns.take(&one)];
		assert!(held.iter().all(Option::is_some));
		assert!(turns.take(&one).is_none());
		assert!(turns.take(&other).is_some());
		drop(held);
		assert!(turns.take(&one).is_some());
		assert!(turns.busy.lock().expect("no panic before").is_empty());
	}
}
