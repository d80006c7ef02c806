//! What a node's pool answers to a transaction, and what follows.

use crate::error::{Error, Result};
use busbar_primitives::refusals::Refusal;
use sp_core::H256;
use std::time::Duration;

/// Codes of the pool's answers.
const INVALID: i32 = 1010;
const ALREADY_IMPORTED: i32 = 1013;
const TOO_LOW_PRIORITY: i32 = 1014;

/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(if cfg!(test) { 16 } else { 1_600 });

/// What an answer means for the transaction that was handed in.
pub(super) enum Verdict {
	/// It is in the pool.
	Taken,
	/// It is not, and will not be.
	Refused(Error),
	/// Nobody knows: it may be handed in again.
	Broken(Error),
}

/// Reads an answer. After a broken connection the pool may have the same bytes already.
pub(super) fn verdict(answer: Result<H256>, perhaps_taken: bool) -> Verdict {
	match answer {
		Ok(_) => Verdict::Taken,
		Err(Error::Refused { code: ALREADY_IMPORTED, .. }) if perhaps_taken => Verdict::Taken,
		// Its nonce is used: mostly by itself, in a block; if not, its mortality tells.
		Err(error) if perhaps_taken && is_taken(&error) => Verdict::Taken,
		Err(error @ (Error::Lost { .. } | Error::Unreachable { .. })) => Verdict::Broken(error),
		Err(error) => Verdict::Refused(error),
	}
}

/// Whether a transaction was refused because its nonce is used: in a block, or by another one in the pool.
pub(super) fn is_taken(error: &Error) -> bool {
	match error {
		Error::Refused { code: ALREADY_IMPORTED | TOO_LOW_PRIORITY, .. } => true,
		Error::Refused { code: INVALID, message, data, .. } => says(message, data, "outdated"),
		_ => false,
	}
}

/// Whether a transaction was refused for a reason of the chain that passes with time: its sender's budget is spent, or too
/// much of it waits.
pub(super) fn passes(error: &Error) -> bool {
	const BEFORE: &str = "Custom error: ";
	let Error::Refused { message, data, .. } = error else { return false };
	let code = [message, data].into_iter().find_map(|text| {
		let digits = text.split_once(BEFORE)?.1;
		digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
	});
	code.and_then(Refusal::of).is_some_and(Refusal::passes)
}

/// Whether a transaction was refused because of its signature: it is signed for another version, or with another key.
pub(super) fn is_badly_signed(error: &Error) -> bool {
	matches!(error, Error::Refused { code: INVALID, message, data, .. } if says(message, data, "bad signature"))
}

fn says(message: &str, data: &str, words: &str) -> bool {
	message.contains(words) || data.contains(words)
}

/// What to do about a refusal, after a colon.
pub(super) fn advice(error: &Error) -> &'static str {
	match error {
		Error::Refused { message, data, .. } if says(message, data, "signing address") => {
			": it is no active participant; `busbar participant show` tells"
		},
		_ => "",
	}
}

/// How long to wait before a further try: longer each time, and never as long as another program that was refused at the
/// same moment.
pub(super) fn pause(tries: u32) -> Duration {
	let most = Duration::from_millis(25).saturating_mul(1 << tries.min(6));
	most.min(LONGEST_PAUSE).mul_f64(0.25 + 0.75 * rand::random::<f64>())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn refused(code: i32, data: &str) -> Error {
		let (address, method) = ("ws://node".into(), "author_submitExtrinsic".into());
		Error::Refused { address, method, code, message: "Invalid Transaction".into(), data: data.into() }
	}

	#[test]
	fn a_used_nonce_is_told_from_other_refusals() {
		assert!(is_taken(&refused(INVALID, "Transaction is outdated")));
		assert!(is_taken(&refused(TOO_LOW_PRIORITY, "The transaction has too low priority")));
		assert!(is_taken(&refused(ALREADY_IMPORTED, "")));
		assert!(!is_taken(&refused(INVALID, "Transaction has a bad signature")));
		assert!(!is_taken(&refused(INVALID, "Invalid signing address")));
		assert!(is_badly_signed(&refused(INVALID, "Transaction has a bad signature")));
	}

	#[test]
	fn a_refusal_that_passes_is_told_from_one_that_stays() {
		for refusal in Refusal::ALL {
			let mut error = refused(1002, "");
			let Error::Refused { message, .. } = &mut error else { unreachable!("it is one") };
			*message = format!("Verification Error: {refusal}");
			assert_eq!(passes(&error), refusal.passes(), "{refusal:?}");
			assert_eq!(passes(&refused(INVALID, &format!("Custom error: {}", refusal.code()))), refusal.passes());
		}
		assert!(!passes(&refused(INVALID, "Custom error: 255")));
		assert!(!passes(&refused(INVALID, "Invalid signing address")));
	}

	#[test]
	fn a_refusal_after_a_break_may_be_of_what_was_taken_already() {
		assert!(matches!(verdict(Err(refused(ALREADY_IMPORTED, "")), true), Verdict::Taken));
		assert!(matches!(verdict(Err(refused(ALREADY_IMPORTED, "")), false), Verdict::Refused(_)));
		assert!(matches!(verdict(Err(refused(INVALID, "Invalid signing address")), true), Verdict::Refused(_)));
	}

	#[test]
	fn a_stranger_is_told_what_it_lacks() {
		assert!(advice(&refused(INVALID, "Invalid signing address")).contains("participant"));
		assert_eq!(advice(&refused(INVALID, "Transaction is outdated")), "");
	}

	#[test]
	fn pauses_grow_and_stay_within_bounds() {
		for tries in 0..100 {
			assert!(pause(tries) <= LONGEST_PAUSE);
			assert!(pause(tries) > Duration::ZERO);
		}
		assert!(pause(20) >= LONGEST_PAUSE / 5);
	}
}
