//! A store as another one's client: it pulls what it lacks and believes nothing.

use crate::{
	blobs::Blobs,
	chain::{is_attested, Chain},
	client::Client,
	error::Error,
	meta::{Class, Meta, Summary},
};
use busbar_primitives::Interval;
use sp_core::H256;

/// What a pull did.
#[derive(Debug, Default)]
pub struct Pulled {
	/// Datasets that are here now and were not before.
	pub new: Vec<H256>,
	/// Datasets that were here.
	pub present: usize,
	/// Datasets that were not taken, and why.
	pub refused: Vec<(H256, String)>,
}

/// Pulls the datasets of an interval range from a peer. Each is checked against its hash, decoded, rooted and, if a chain
/// is given, compared with what its operator attested. A bad one is refused by itself.
///
/// # Errors
/// If the peer does not answer or the own backend fails.
pub async fn pull(
	blobs: &Blobs,
	peer: &Client,
	chain: Option<&dyn Chain>,
	from: Interval,
	until: Interval,
) -> anyhow::Result<Pulled> {
	let mut pulled = Pulled::default();
	let mut after = None;
	loop {
		let page = peer.page(from, until, after.as_deref()).await?;
		for meta in page.datasets {
			match blobs.holds(meta.hash).await {
				Ok(true) => {
					pulled.present = pulled.present.saturating_add(1);
					continue;
				},
				Ok(false) | Err(Error::DamagedRecord(..)) => {},
				Err(error) => return Err(error.into()),
			}
			match take(blobs, peer, chain, &meta).await {
				Ok(()) => pulled.new.push(meta.hash),
				Err(error) => pulled.refused.push((meta.hash, format!("{error:#}"))),
			}
		}
		match page.next {
			Some(next) => after = Some(next),
			None => return Ok(pulled),
		}
	}
}

async fn take(blobs: &Blobs, peer: &Client, chain: Option<&dyn Chain>, meta: &Meta) -> anyhow::Result<()> {
	let attested = |summary: Option<Summary>| async move {
		if let (Some(chain), Some(summary)) = (chain, summary) {
			anyhow::ensure!(is_attested(chain, meta.hash, &summary).await?, "its operator did not attest it on chain");
		}
		anyhow::Ok(())
	};
	// By the peer's word first, so that a peer that lies costs a question and no bytes; then by the bytes.
	attested(meta.dataset.clone()).await?;
	let received = blobs.receive(meta.hash, peer.stream(meta.hash).await?).await?;
	let prepared = blobs.prepare(received, Class::Readings, None).await?;
	attested(prepared.summary().cloned()).await?;
	blobs.write(prepared, None, false).await?;
	Ok(())
}
