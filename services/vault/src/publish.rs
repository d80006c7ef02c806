//! The root of the log goes on chain, daily, in the name of the participant that keeps the vault.

use crate::{chain::Chain, error::Error, service::Service};
use busbar_client::{records, sign::Signer, submit::Submitter};
use std::{sync::Arc, time::Duration};

/// After a failure, the next attempt.
const AGAIN: Duration = Duration::from_secs(60);

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Published {
	/// The chain has it, in this block.
	New { entries: u32, block: u32 },
	/// The chain had it already.
	Same,
}

/// Publishes the root, if the log has grown.
///
/// # Errors
/// If the chain cannot be asked, the signer is no member, or the chain knows of more entries than there are: the database is
/// an older one.
pub async fn publish(
	service: &Service,
	chain: &dyn Chain,
	submitter: &Submitter,
	signer: &Signer,
) -> Result<Published, Error> {
	let keeper = chain.member(signer.account()).await?;
	let keeper = keeper.ok_or(Error::Forbidden("who publishes the log is a participant of the chain"))?;
	let root = service.root().await?;
	if let Some(before) = chain.published(keeper).await? {
		if before.entries > root.count {
			return Err(Error::DamagedLog(root.count));
		}
		if before.entries == root.count {
			return if before.root == root.root { Ok(Published::Same) } else { Err(Error::DamagedLog(root.count)) };
		}
	}
	let outcome = submitter.run(signer, records::publish(root.count, root.root)?).await?;
	Ok(Published::New { entries: root.count, block: outcome.block.0 })
}

/// Publishes again and again, once in `every`.
pub async fn publish_regularly(service: Arc<Service>, chain: Arc<crate::chain::Node>, signer: Signer, every: Duration) {
	let mut submitter = None;
	loop {
		let attempt = async {
			if submitter.is_none() {
				submitter = Some(Submitter::start(chain.connection().await?.clone()).await?);
			}
			match &submitter {
				Some(submitter) => publish(&service, chain.as_ref(), submitter, &signer).await,
				None => Ok(Published::Same),
			}
		};
		let pause = match attempt.await {
			Ok(Published::New { entries, block }) => {
				println!("the root of {entries} accesses is on chain, since block {block}");
				every
			},
			Ok(Published::Same) => every,
			Err(error) => {
				eprintln!("error: the root of the log of accesses is not on chain: {error}");
				submitter = None;
				AGAIN.min(every)
			},
		};
		tokio::time::sleep(pause).await;
	}
}
