//! A store as another one's client: it pulls what it lacks and believes nothing.

use crate::{
	blobs::Blobs,
	chain::{is_attested, Chain},
	client::Client,
	error::Error,
	meta::Class,
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
	for meta in peer.datasets(from, until).await? {
		match blobs.meta(meta.hash).await {
			Ok(_) => {
				pulled.present = pulled.present.saturating_add(1);
				continue;
			},
			Err(Error::NotFound(_) | Error::DamagedRecord(..)) => {},
			Err(error) => return Err(error.into()),
		}
		match take(blobs, peer, chain, meta.hash).await {
			Ok(()) => pulled.new.push(meta.hash),
			Err(error) => pulled.refused.push((meta.hash, format!("{error:#}"))),
		}
	}
	Ok(pulled)
}

async fn take(blobs: &Blobs, peer: &Client, chain: Option<&dyn Chain>, hash: H256) -> anyhow::Result<()> {
	let received = blobs.receive(hash, peer.stream(hash).await?).await?;
	let stored = blobs.keep(received, Class::Readings, None).await?;
	if let (Some(chain), Some(summary)) = (chain, &stored.dataset) {
		let attested = is_attested(chain, hash, summary).await;
		if !matches!(attested, Ok(true)) {
			blobs.delete(hash).await?;
			attested?;
			anyhow::bail!("its operator did not attest it on chain");
		}
	}
	Ok(())
}
