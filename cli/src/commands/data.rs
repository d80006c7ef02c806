//! `busbar data`: meter data in a store, compared with what their operators attested on chain.

use super::{
	execute::execute,
	holders::{Announce, Holders, Store, Withdraw},
	print_json, signer,
	verified::Verified,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{
	pallet_participants::{self, Data as DataKind},
	RuntimeCall,
};
use busbar_primitives::{Interval, ParticipantId};
use busbar_store::{client::Client, meta::parse_hash};
use clap::{Args, Subcommand, ValueEnum};
use sp_core::H256;

#[derive(Subcommand)]
pub enum Data {
	/// Fetch a dataset, recompute its Merkle root and compare it with the chain
	Verify(Verify),
	/// Say on chain that you hold a dataset, after verifying the own store's copy
	Announce(Announce),
	/// Say on chain that you hold a dataset no more
	Withdraw(Withdraw),
	/// Show who says that it holds an interval's datasets, and where its store is
	Holders(Holders),
	/// Set or remove the address of your store on chain
	Store(Store),
	/// Open your data to another participant
	Grant(Grant),
	/// Close your data to another participant
	Revoke(Revoke),
}

#[derive(Args)]
pub struct Grant {
	#[command(flatten)]
	to: To,
	/// First interval whose data are open
	#[arg(long, value_name = "INTERVAL", default_value_t = 0)]
	from: Interval,
	/// First interval whose data are not open any more
	#[arg(long, value_name = "INTERVAL")]
	until: Interval,
}

#[derive(Args)]
pub struct Revoke {
	#[command(flatten)]
	to: To,
}

#[derive(Args)]
struct To {
	/// The other participant's UUID
	#[arg(value_name = "PARTICIPANT")]
	grantee: ParticipantId,
	/// Readings of your connection points, or whole datasets that you attest as a meter operator
	#[arg(long, value_enum, default_value = "readings")]
	data: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
	Readings,
	Datasets,
}

impl From<Kind> for DataKind {
	fn from(kind: Kind) -> Self {
		match kind {
			Kind::Readings => Self::Readings,
			Kind::Datasets => Self::Datasets,
		}
	}
}

#[derive(Args)]
pub struct Verify {
	/// Hash of a dataset, or number of an interval, whose datasets are all verified
	#[arg(value_name = "HASH|INTERVAL")]
	what: String,
	/// The store's address; requests are signed by --suri
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9955", env = "BUSBAR_STORE")]
	store: String,
}

impl Data {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Verify(verify) => verify.run(global).await,
			Self::Announce(command) => command.run(global).await,
			Self::Withdraw(command) => command.run(global).await,
			Self::Holders(command) => command.run(global).await,
			Self::Store(command) => command.run(global).await,
			Self::Grant(Grant { to, from, until }) => {
				let (grantee, data) = (to.grantee, to.data.into());
				let call = pallet_participants::Call::grant_data { grantee, data, from, until };
				submit(global, call, format!("{grantee} may read {data:?} of intervals {from} to {until}")).await
			},
			Self::Revoke(Revoke { to }) => {
				let (grantee, data) = (to.grantee, to.data.into());
				let call = pallet_participants::Call::revoke_data { grantee, data };
				submit(global, call, format!("{grantee} may not read {data:?} any more")).await
			},
		}
	}
}

async fn submit(global: &Global, call: pallet_participants::Call, done: String) -> Result<()> {
	execute(global, RuntimeCall::Participants(call)).await?.say(global, &done)
}

impl Verify {
	async fn run(self, global: &Global) -> Result<()> {
		let key = match &global.suri {
			Some(_) => Some(signer(global)?),
			None => None,
		};
		let target = target(&self.what)?;
		let client = Client::new(&self.store, key).map_err(Failure::input)?;
		let view = super::open(global).await?;
		let verified = match target {
			Target::Hash(hash) => vec![Verified::of(&view, &client, hash, None).await?],
			Target::Interval(interval) => {
				let attested = view.chain.datasets(view.at, interval).await?;
				if attested.is_empty() {
					let message = format!("no dataset of interval {interval} is attested on chain, or it is pruned");
					return Err(Failure::failed(message).into());
				}
				let mut verified = Vec::new();
				for (_, attested) in attested {
					verified.push(Verified::of(&view, &client, attested.content, Some(attested)).await?);
				}
				verified
			},
		};
		if global.json {
			print_json(&verified)?;
		} else {
			verified.iter().for_each(Verified::print);
		}
		let good = verified.iter().all(|verified| verified.differences.is_empty());
		good.then_some(()).ok_or_else(|| Failure::Silent(1).into())
	}
}

#[derive(Debug, PartialEq)]
enum Target {
	Hash(H256),
	Interval(Interval),
}

fn target(text: &str) -> Result<Target, Failure> {
	if let Ok(interval) = text.parse() {
		return Ok(Target::Interval(interval));
	}
	parse_hash(text)
		.map(Target::Hash)
		.map_err(|_| Failure::input(format!("`{text}` is neither a hash of 64 hexadecimal digits nor an interval")))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_hash_an_interval_and_nonsense_are_told_apart() {
		assert_eq!(target("46").unwrap(), Target::Interval(46));
		let hash = "0xabababababababababababababababababababababababababababababababab";
		assert_eq!(target(hash).unwrap(), Target::Hash(H256::repeat_byte(0xab)));
		assert!(matches!(target("abab"), Err(Failure::Input(_))));
	}
}
