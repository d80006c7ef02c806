//! Datasets that wait to be attested: what the chain knows by now stays, what it does not know in time goes.

use crate::{
	blobs::Blobs,
	chain::{is_attested, Chain},
	error::Error,
	ledger::Ledger,
	now_ms,
};
use busbar_primitives::ParticipantId;
use std::time::Duration;

/// What became of datasets that were waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settled {
	pub attested: usize,
	pub deleted: usize,
}

/// Asks the chain about the oldest datasets that wait, at most so many, of one participant or of all; deletes those that have
/// waited longer than `window`.
///
/// # Errors
/// [`Error::Chain`], [`Error::Backend`]: nothing is deleted that the chain was not asked about.
pub async fn settle(
	blobs: &Blobs,
	ledger: &Ledger,
	chain: &dyn Chain,
	owner: Option<ParticipantId>,
	window: Duration,
	most: usize,
) -> Result<Settled, Error> {
	let mut settled = Settled::default();
	let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
	for hash in ledger.pending(owner).into_iter().take(most) {
		let summary = match blobs.meta(hash).await {
			Ok(meta) => meta.dataset.ok_or(Error::NotFound(hash))?,
			Err(Error::NotFound(_)) => {
				ledger.forget(hash);
				continue;
			},
			Err(error) => return Err(error),
		};
		if is_attested(chain, hash, &summary).await? {
			ledger.insert(&blobs.attest(hash).await?);
			settled.attested = settled.attested.saturating_add(1);
			continue;
		}
		let is_over = |meta: &crate::meta::Meta| meta.pending && now_ms().saturating_sub(meta.stored_at) > window;
		if blobs.delete_if(hash, is_over).await? {
			ledger.forget(hash);
			settled.deleted = settled.deleted.saturating_add(1);
		}
	}
	Ok(settled)
}
