//! What one connection may read of the market.
//!
//! A rate limit counts calls, however much each reads. Here what they read is counted, in keys of the state: a connection has
//! [`MOST`] of them to spend, and [`PER_SECOND`] come back with every second.

use jsonrpsee::{types::ErrorObjectOwned, ConnectionId, Extensions};
use serde_json::json;
use std::{
	collections::HashMap,
	sync::{Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Keys that a connection which was idle for long may have read at once.
pub const MOST: u64 = 100_000;
/// Keys that come back to a connection with every second.
pub const PER_SECOND: u64 = 10_000;
/// Of so many connections is kept what they spent before those are forgotten that have it all back.
const KEPT: usize = 256;

/// Code of [`Spent`].
pub const SPENT_CODE: i32 = 9_004;

/// A connection has read as much as it may for now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
	"this connection has read as much of the market as one may for now, {PER_SECOND} keys of the state a second in the long run: ask \
	 again in {} ms, or for less at a time", .retry_after.as_millis()
)]
pub struct Spent {
	/// From then on the same question is answered.
	pub retry_after: Duration,
}

impl From<Spent> for ErrorObjectOwned {
	fn from(spent: Spent) -> Self {
		let data = json!({ "retry_after_ms": u64::try_from(spent.retry_after.as_millis()).unwrap_or(u64::MAX) });
		Self::owned(SPENT_CODE, spent.to_string(), Some(data))
	}
}

/// In how many microseconds a key comes back.
const MICROS: u64 = 1_000_000 / PER_SECOND;

/// What a connection had spent at a moment.
#[derive(Clone, Copy, Debug)]
struct Account {
	spent: u64,
	at: Instant,
}

impl Account {
	/// The same at another moment, up to what makes a whole key.
	fn until(self, now: Instant) -> Self {
		let micros = u64::try_from(now.saturating_duration_since(self.at).as_micros()).unwrap_or(u64::MAX);
		let back = micros / MICROS;
		match self.spent.checked_sub(back) {
			None | Some(0) => Self { spent: 0, at: now },
			Some(spent) => Self { spent, at: now.checked_sub(Duration::from_micros(micros % MICROS)).unwrap_or(now) },
		}
	}
}

/// Who has read how much.
#[derive(Debug, Default)]
pub struct Reading(Mutex<HashMap<usize, Account>>);

impl Reading {
	/// Lets the connection that a call came by read so many keys, no more than [`MOST`].
	///
	/// # Errors
	/// If it has read as much as it may.
	pub fn take(&self, call: &Extensions, keys: u64) -> Result<(), Spent> {
		// One that cannot be told from others is one with them.
		let connection = call.get::<ConnectionId>().map_or(0, |connection| connection.0);
		self.take_at(connection, keys, Instant::now())
	}

	fn take_at(&self, connection: usize, keys: u64, now: Instant) -> Result<(), Spent> {
		let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		let fresh = Account { spent: 0, at: now };
		let Account { spent, at } = accounts.get(&connection).map_or(fresh, |account| account.until(now));
		let spent = spent.saturating_add(keys);
		let beyond = spent.saturating_sub(MOST);
		if beyond > 0 {
			let retry_after = Duration::from_millis(beyond.saturating_mul(MICROS).div_ceil(1_000));
			return Err(Spent { retry_after });
		}
		if accounts.len() >= KEPT && !accounts.contains_key(&connection) {
			accounts.retain(|_, account| account.until(now).spent > 0);
		}
		accounts.insert(connection, Account { spent, at });
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_connection_that_has_read_its_most_is_told_when_it_may_read_again_and_then_does() {
		let (reading, start) = (Reading::default(), Instant::now());
		assert_eq!(reading.take_at(1, MOST - 10, start), Ok(()));
		assert_eq!(reading.take_at(1, 10, start), Ok(()));
		let refused = reading.take_at(1, PER_SECOND, start).expect_err("nothing is left");
		assert_eq!(refused.retry_after, Duration::from_secs(1));
		let error = ErrorObjectOwned::from(refused);
		assert_eq!(error.code(), SPENT_CODE);
		assert!(error.message().contains("ask again in 1000 ms"), "{}", error.message());
		assert_eq!(error.data().map(|data| data.get()), Some(r#"{"retry_after_ms":1000}"#));
		// What was refused cost nothing, and others are as they were.
		assert_eq!(reading.take_at(2, MOST, start), Ok(()));
		assert_eq!(reading.take_at(1, PER_SECOND, start + Duration::from_millis(999)).map_err(|_| ()), Err(()));
		assert_eq!(reading.take_at(1, PER_SECOND, start + Duration::from_secs(1)), Ok(()));
		// After a while it has all back, and no more than that.
		let later = start + Duration::from_secs(3_600);
		assert_eq!(reading.take_at(1, MOST, later), Ok(()));
		assert!(reading.take_at(1, 1, later).is_err());
	}

	#[test]
	fn what_comes_back_between_quick_calls_is_not_lost() {
		let (reading, start) = (Reading::default(), Instant::now());
		assert_eq!(reading.take_at(1, MOST, start), Ok(()));
		// Five calls in the time in which a key comes back.
		let answered = (0..1_000u64)
			.filter(|call| reading.take_at(1, 1, start + Duration::from_micros(call * MICROS / 5)).is_ok())
			.count();
		assert!((198..=200).contains(&answered), "{answered} keys came back in the time of 200");
	}

	#[test]
	fn who_comes_by_ever_new_connections_fills_no_memory() {
		let (reading, start) = (Reading::default(), Instant::now());
		for connection in 0..10 * KEPT {
			let second = Duration::from_secs(u64::try_from(connection / 64).expect("few"));
			assert_eq!(reading.take_at(connection, PER_SECOND, start + second), Ok(()));
		}
		let kept = reading.0.lock().expect("nobody panics").len();
		assert!(kept <= KEPT + 128, "{kept} connections are kept");
	}
}
