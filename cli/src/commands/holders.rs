//! `busbar data announce|withdraw|holders|store`: who says on chain that it holds a dataset, and where it is asked for it.

use super::{execute::execute, open, print_json, signer, verified::Verified};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{pallet_metering::Call, RuntimeCall};
use busbar_primitives::{Interval, ParticipantId};
use busbar_store::{client::Client, meta::parse_hash};
use clap::Args;
use serde::Serialize;
use sp_core::H256;

#[derive(Args)]
pub struct Announce {
	/// Hash of the dataset
	#[arg(value_parser = hash)]
	content: H256,
	/// The own store's address: what it holds is verified first
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9955", env = "BUSBAR_STORE")]
	store: String,
}

#[derive(Args)]
pub struct Withdraw {
	/// Hash of the dataset
	#[arg(value_parser = hash)]
	content: H256,
	/// Interval of the dataset
	#[arg(long)]
	interval: Interval,
}

#[derive(Args)]
pub struct Holders {
	/// Interval of the datasets
	interval: Interval,
}

#[derive(Args)]
pub struct Store {
	/// Where others reach the store; nothing removes the address
	#[arg(value_name = "ADDRESS")]
	address: Option<String>,
}

fn hash(text: &str) -> Result<H256, String> {
	parse_hash(text).map_err(|error| error.to_string())
}

impl Announce {
	pub async fn run(self, global: &Global) -> Result<()> {
		let client = Client::new(&self.store, Some(signer(global)?)).map_err(Failure::input)?;
		let view = open(global).await?;
		let verified = Verified::of(&view, &client, self.content, None).await?;
		let (Some(interval), Some(operator), []) = (verified.interval, verified.operator, &verified.differences[..])
		else {
			verified.print();
			return Err(Failure::failed("the store does not hold what was attested; nothing was announced").into());
		};
		let content = self.content;
		let call = Call::announce_holding { interval, operator, content };
		submit(global, call, format!("announced {content:?} of interval {interval}")).await
	}
}

impl Withdraw {
	pub async fn run(self, global: &Global) -> Result<()> {
		let Self { content, interval } = self;
		submit(global, Call::withdraw_holding { interval, content }, format!("withdrew {content:?}")).await
	}
}

impl Store {
	pub async fn run(self, global: &Global) -> Result<()> {
		if self.address.as_ref().is_some_and(|url| url.len() > LONGEST_ADDRESS) {
			return Err(Failure::input("an address has at most 128 characters").into());
		}
		let url = self.address.map(String::into_bytes);
		submit(global, Call::set_store { url }, "the store's address is changed".into()).await
	}
}

async fn submit(global: &Global, call: Call, done: String) -> Result<()> {
	execute(global, RuntimeCall::Metering(call)).await?.say(global, &done)
}

/// Longest address of a store, in bytes.
const LONGEST_ADDRESS: usize = 128;

/// A dataset, and who says that it holds it.
#[derive(Serialize)]
struct Held {
	operator: ParticipantId,
	content: H256,
	holders: Vec<Holder>,
}

#[derive(Serialize)]
struct Holder {
	participant: ParticipantId,
	/// Where its store is, if it says so.
	store: Option<String>,
}

impl Holders {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let mut held = Vec::new();
		for (operator, attested) in view.chain.datasets(view.at, self.interval).await? {
			let content = attested.content;
			let mut holders = Vec::new();
			for participant in view.chain.holders(view.at, self.interval, content).await? {
				let store = view.chain.store_of(view.at, participant).await?;
				holders.push(Holder { participant, store });
			}
			held.push(Held { operator, content, holders });
		}
		if held.is_empty() {
			let message = format!("no dataset of interval {} is attested on chain, or it is pruned", self.interval);
			return Err(Failure::failed(message).into());
		}
		if global.json {
			return print_json(&held);
		}
		for Held { operator, content, holders } in &held {
			println!("{content:?} of {operator}");
			for Holder { participant, store } in holders {
				println!("  {participant}  {}", store.as_deref().unwrap_or("(no address)"));
			}
			if holders.is_empty() {
				println!("  nobody says that it holds it");
			}
		}
		Ok(())
	}
}
