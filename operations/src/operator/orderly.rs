//! Many calls of one account.

use anyhow::{bail, Result};
use busbar_client::{pallet_utility, sign::Signer, submit::Submitter, RuntimeCall};

/// How often a call is tried again, when a reorganisation put transactions in another order.
const ATTEMPTS: u32 = 5;
/// Most calls in one batch: several batches of the heaviest of them, a registration, share a block.
const BATCH: usize = 60;

/// Submits calls in batches whose calls succeed or fail together, and waits until all are final. Returns the number of
/// transactions.
///
/// # Errors
/// If the node refuses a batch, or one fails.
pub async fn in_batches(submitter: &Submitter, signer: &Signer, calls: Vec<RuntimeCall>) -> Result<u64> {
	Ok(submitter.run_all(signer, batches(&calls)).await?.len() as u64)
}

/// Splits calls into batches of bounded length, in order.
fn batches(calls: &[RuntimeCall]) -> Vec<RuntimeCall> {
	let batch = |calls: &[RuntimeCall]| RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: calls.to_vec() });
	calls.chunks(BATCH).map(batch).collect()
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
	use busbar_client::frame_system;

	#[test]
	fn batches_keep_the_order_and_stay_within_their_length() {
		let calls: Vec<_> = (0..150u32)
			.map(|number| RuntimeCall::System(frame_system::Call::remark { remark: number.to_le_bytes().to_vec() }))
			.chain([RuntimeCall::System(frame_system::Call::remark { remark: vec![0; 1_000] })])
			.collect();
		let batches = batches(&calls);
		assert_eq!(batches.len(), 3);
		let mut flat = Vec::new();
		for batch in batches {
			let RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }) = batch else { panic!("not a batch") };
			assert!(calls.len() <= BATCH);
			flat.extend(calls);
		}
		assert_eq!(flat, calls);
	}
}
