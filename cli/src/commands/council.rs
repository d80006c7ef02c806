//! `busbar council`: proposals, votes, and what becomes of them.

use super::{
	execute::{tell, Answer},
	open, print_json, signer, submitter,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_operations::council::{self, Closed, Proposal};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

/// Propose, vote on and close what the council decides
#[derive(Subcommand)]
pub enum Council {
	/// Propose a call; with a threshold of 1 it is enacted at once
	Propose(Propose),
	/// Vote on a proposal, or change the vote
	Vote(Vote),
	/// Close a proposal that is decided or out of time, and enact it if it has its ayes
	Close(Close),
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
