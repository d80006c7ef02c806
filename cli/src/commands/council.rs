//! `busbar council`: proposals, votes, and what becomes of them.

use super::{
	execute::{tell, Answer},
	open, print_json, signer, submitter,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{pallet_governance::Call, storage};
use busbar_operations::council::{self, Closed, Proposal, Supported};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use sp_core::H256;
use std::{fs, path::PathBuf};

/// Propose, vote on and close what the council decides
#[derive(Subcommand)]
pub enum Council {
	/// Propose a call; with a threshold of 1 it is enacted at once
	Propose(Propose),
	/// Vote on a proposal, or change the vote
	Vote(Vote),
	/// Close a proposal that is decided or out of time, and enact it if it has its ayes
	Close(Close),
	/// Support a runtime upgrade: propose it, vote for it, or close it, whichever is next. Every member runs the same
	Upgrade(Upgrade),
	/// Show open proposals
	List,
}

#[derive(Args)]
pub struct Propose {
	/// The call as the chain encodes it, 0x...; wallets and polkadot.js show it as "encoded call data"
	#[arg(long, value_name = "HEX")]
	call: String,
	/// Ayes that it needs [default: more than half of the council]
	#[arg(long, value_name = "AYES")]
	threshold: Option<u32>,
}

#[derive(Args)]
pub struct Vote {
	/// Number of the proposal
	proposal: u32,
	/// Vote against it
	#[arg(long)]
	nay: bool,
}

#[derive(Args)]
pub struct Close {
	/// Number of the proposal
	proposal: u32,
}

#[derive(Args)]
pub struct Upgrade {
	/// The runtime that you have built yourself; its hash is what is decided
	#[arg(value_name = "WASM")]
	code: PathBuf,
	/// Without the delay in which it can be read and vetoed; takes the whole council
	#[arg(long)]
	at_once: bool,
}

/// How an upgrade stands.
#[derive(Serialize)]
struct Decided {
	/// Blake2-256 of the code.
	code_hash: H256,
	/// The proposal that waits for ayes.
	#[serde(skip_serializing_if = "Option::is_none")]
	proposal: Option<Proposal>,
	/// What became of it.
	#[serde(skip_serializing_if = "Option::is_none")]
	closed: Option<Closed>,
	/// First block in which it may be enacted.
	#[serde(skip_serializing_if = "Option::is_none")]
	from: Option<u32>,
}

impl Answer for Decided {
	fn print(&self) {
		let hash = self.code_hash;
		match (&self.proposal, self.from) {
			(Some(proposal), _) => println!(
				"Proposal {} for the code {hash:?} has {} of {} ayes: the others run the same command.",
				proposal.index,
				proposal.ayes.len(),
				proposal.threshold
			),
			(None, Some(from)) => {
				println!(
					"The code {hash:?} is announced. From block {from} on anybody enacts it: governance.enact_upgrade."
				);
			},
			(None, None) => println!("The code {hash:?} is authorised: hand it in by system.apply_authorized_upgrade."),
		}
	}
}

impl Upgrade {
	async fn run(self, global: &Global) -> Result<()> {
		let code = fs::read(&self.code).map_err(|error| Failure::input(format!("{}: {error}", self.code.display())))?;
		let code_hash = council::code_hash(&code);
		let (submitter, signer) = (submitter(global).await?, signer(global)?);
		let call =
			if self.at_once { Call::authorize_upgrade { code_hash } } else { Call::announce_upgrade { code_hash } };
		let decided = match council::support(&submitter, &signer, call.into()).await? {
			Supported::Waits(proposal) => Decided { code_hash, proposal: Some(proposal), closed: None, from: None },
			Supported::Closed(Closed::Failed(error)) => {
				return Err(Failure::failed(format!("it was approved, and its call failed: {error}")).into());
			},
			Supported::Closed(closed) => {
				let at = submitter.finalised().1;
				let announced = submitter.chain().read(at, &storage::governance::ANNOUNCED, ()).await?;
				let from = announced.filter(|upgrade| upgrade.code_hash == code_hash).map(|upgrade| upgrade.from);
				Decided { code_hash, proposal: None, closed: Some(closed), from }
			},
		};
		tell(global, &decided)
	}
}

#[derive(Serialize)]
struct List {
	members: Vec<String>,
	proposals: Vec<Proposal>,
}

impl Answer for List {
	fn print(&self) {
		println!("{} council members, {} open proposals", self.members.len(), self.proposals.len());
		for proposal in &self.proposals {
			let Proposal { index, hash, threshold, ayes, nays, end, words, .. } = proposal;
			println!("{index}: {words}");
			println!("   {} of {threshold} ayes, {} nays, until block {end}; hash {hash:?}", ayes.len(), nays.len());
		}
	}
}

impl Council {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Propose(Propose { call, threshold }) => {
				let (submitter, signer) = (submitter(global).await?, signer(global)?);
				let call = council::call(submitter.chain(), &call)?;
				match council::propose(&submitter, &signer, call, threshold).await? {
					Some((index, hash)) => say(global, &json!({ "proposal": index, "hash": hash }), || {
						format!("Proposal {index} stands; `busbar council vote {index}` votes for it.")
					}),
					None => say(global, &json!({ "closed": Closed::Enacted }), || "It was enacted.".into()),
				}
			},
			Self::Vote(Vote { proposal, nay }) => {
				let (submitter, signer) = (submitter(global).await?, signer(global)?);
				let found = council::vote(&submitter, &signer, proposal, !nay).await?;
				let (ayes, threshold) = (found.ayes.len(), found.threshold);
				say(global, &found, || format!("Proposal {proposal} has {ayes} of {threshold} ayes."))
			},
			Self::Close(Close { proposal }) => {
				let (submitter, signer) = (submitter(global).await?, signer(global)?);
				let closed = council::close(&submitter, &signer, proposal).await?;
				if let Closed::Failed(error) = &closed {
					return Err(Failure::failed(format!(
						"proposal {proposal} was approved, and its call failed: {error}"
					))
					.into());
				}
				let words = if closed == Closed::Enacted { "was enacted" } else { "was rejected" };
				say(global, &json!({ "closed": closed }), || format!("Proposal {proposal} {words}."))
			},
			Self::Upgrade(upgrade) => upgrade.run(global).await,
			Self::List => {
				let view = open(global).await?;
				let members = council::members(&view.chain, view.at).await?;
				let members = members.iter().map(ToString::to_string).collect();
				tell(global, &List { members, proposals: council::list(&view.chain, view.at).await? })
			},
		}
	}
}

/// Tells programs a value, and people a sentence.
fn say(global: &Global, value: &impl Serialize, sentence: impl FnOnce() -> String) -> Result<()> {
	if global.json {
		return print_json(value);
	}
	println!("{}", sentence());
	Ok(())
}
