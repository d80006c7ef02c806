//! Many calls of one account.

use anyhow::{bail, Result};
use busbar_client::{sign::Signer, submit::Submitter, RuntimeCall};

/// How often a call is tried again, when a reorganisation put transactions in another order.
const ATTEMPTS: u32 = 5;

/// Submits bulk calls over items in their order, each over `most` of them at the most, and waits until all are final. Returns
/// the number of transactions.
///
/// # Errors
/// If the node refuses a call, or one fails.
pub async fn in_bulk<T>(
	submitter: &Submitter,
	signer: &Signer,
	items: Vec<T>,
	most: u32,
	call: impl Fn(Vec<T>) -> RuntimeCall,
) -> Result<u64> {
	let calls = portions(items, most).into_iter().map(call).collect();
	Ok(submitter.run_all(signer, calls).await?.len() as u64)
}

/// Splits items into lists of bounded length, in order.
fn portions<T>(items: Vec<T>, most: u32) -> Vec<Vec<T>> {
	let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
	let mut portions: Vec<Vec<T>> = Vec::new();
	for item in items {
		match portions.last_mut() {
			Some(last) if last.len() < most => last.push(item),
			_ => portions.push(vec![item]),
		}
	}
	portions
}

/// Submits calls that take effect in this order, and waits until each stands in a block. A call that fails is tried again.
/// Returns the number of transactions.
///
/// # Errors
/// If a call fails again and again: with its last error.
pub async fn in_order(submitter: &Submitter, signer: &Signer, mut calls: Vec<RuntimeCall>) -> Result<u64> {
	let (mut transactions, mut last) = (0, String::new());
	for attempt in 0..ATTEMPTS {
		let mut sent = Vec::new();
		for call in calls.drain(..) {
			sent.push((call.clone(), submitter.submit(signer, call).await));
		}
		for (call, sent) in sent {
			let outcome = match sent {
				Ok(sent) => sent.included().await,
				Err(error) => Err(error),
			};
			let error = match outcome {
				Ok(outcome) => {
					transactions += 1;
					outcome.error.map(|error| error.to_string())
				},
				Err(error) => Some(error.to_string()),
			};
			if let Some(error) = error {
				last = error;
				calls.push(call);
			}
		}
		if calls.is_empty() {
			return Ok(transactions);
		}
		let next = submitter.best().number.saturating_add(1).saturating_add(attempt);
		submitter.wait(|tip| tip.number >= next).await?;
	}
	bail!("a transaction of {} failed {ATTEMPTS} times: {last}", signer.account())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn portions_keep_the_order_and_stay_within_their_length() {
		let items: Vec<u32> = (0..151).collect();
		let portions = portions(items.clone(), 60);
		assert_eq!(portions.iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 31]);
		assert_eq!(portions.concat(), items);
		assert!(super::portions(Vec::<u32>::new(), 60).is_empty());
		assert_eq!(super::portions(vec![1, 2], 0), [[1], [2]]);
	}
}
