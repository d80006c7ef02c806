//! What the council does: it proposes calls, votes on them, and closes what is decided or out of time. Its members are
//! accounts that the chain knows; a proposal is enacted as the council's own call when it is closed with enough ayes.

use crate::Failure;
use anyhow::{Context, Result};
use busbar_client::{
	bytes, calls_of, constants, hex_of, metadata::Item, pallet_collective, sign::Signer, storage, submit::Submitter,
	AccountId, Chain, RuntimeCall, RuntimeEvent,
};
use busbar_primitives::calls::{self, Who};
use codec::{DecodeAll, Encode};
use serde::Serialize;
use sp_core::H256;

/// A proposal, and how it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
	/// Its number, never used again.
	pub index: u32,
	/// Hash of the call, by which the chain knows it.
	pub hash: H256,
	/// The call, as the chain encodes it.
	pub call: String,
	/// The call in words.
	pub words: String,
	/// Ayes that it needs.
	pub threshold: u32,
	/// Who is for it.
	pub ayes: Vec<String>,
	/// Who is against it.
	pub nays: Vec<String>,
	/// Block from which it can be closed whoever has voted.
	pub end: u32,
}

/// What became of a proposal that was closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
	/// It was enacted.
	Enacted,
	/// It had enough ayes, and its call failed: why.
	Failed(String),
	/// It had too many nays, or too few ayes in time.
	Rejected,
}

/// Who sits in the council.
///
/// # Errors
/// If the node fails.
pub async fn members(chain: &Chain, at: H256) -> Result<Vec<AccountId>> {
	Ok(chain.read(at, &storage::council::MEMBERS, ()).await?.unwrap_or_default())
}

/// All open proposals, the oldest first.
///
/// # Errors
/// If the node fails.
pub async fn list(chain: &Chain, at: H256) -> Result<Vec<Proposal>> {
	let voting = chain.entries(at, &storage::council::VOTING).await?;
	let mut proposals = Vec::with_capacity(voting.len());
	for ((hash,), votes) in voting {
		let call = chain.read(at, &storage::council::PROPOSAL_OF, (hash,)).await?;
		let call = call.with_context(|| format!("the chain has votes on {hash}, but not the call"))?;
		let names = |accounts: &[AccountId]| accounts.iter().map(ToString::to_string).collect();
		proposals.push(Proposal {
			index: votes.index,
			hash,
			call: hex_of(&call.encode()),
			words: format!("{call:?}"),
			threshold: votes.threshold,
			ayes: names(&votes.ayes),
			nays: names(&votes.nays),
			end: votes.end,
		});
	}
	proposals.sort_by_key(|proposal| proposal.index);
	Ok(proposals)
}

/// The open proposal of a number.
///
/// # Errors
/// If there is none, or the node fails.
pub async fn find(chain: &Chain, at: H256, index: u32) -> Result<Proposal> {
	let found = list(chain, at).await?.into_iter().find(|proposal| proposal.index == index);
	let none = || Failure::input(format!("there is no open proposal {index}; `busbar council list` shows them"));
	Ok(found.ok_or_else(none)?)
}

/// A call from its bytes in hexadecimal, as wallets show it.
///
/// # Errors
/// If the bytes are no call of the chain.
pub fn call(chain: &Chain, text: &str) -> Result<RuntimeCall> {
	let wrong = || Failure::input("--call is no call of this chain; it is the encoded call's bytes, 0x...");
	let found = RuntimeCall::decode_all(&mut &bytes(text)?[..]).map_err(|_| wrong())?;
	// Refused here, and not by the council's enactment, if the chain has it in another shape.
	chain.encode_call(&found)?;
	Ok(found)
}

/// The hash by which the council decides about a runtime's code: its Blake2-256.
pub fn code_hash(code: &[u8]) -> H256 {
	H256(sp_crypto_hashing::blake2_256(code))
}

/// Ayes that a call needs of so many seats, as the chain's table of calls says: the most of those that it and the calls that it
/// carries need.
fn needed(call: &RuntimeCall, seats: usize) -> Result<u32> {
	let majority = (seats / 2).saturating_add(1);
	let of = |item: &Item| match calls::row(&item.of, &item.name) {
		Some((_, Who::Third, _)) => Some(seats.div_ceil(3)),
		Some((_, Who::Motions, _)) => Some(majority),
		// What holders of roles do the council does in their place, if at all, about members and money.
		Some((_, Who::TwoThirds | Who::Holders(..), _)) => Some(seats.saturating_mul(2).div_ceil(3)),
		Some((_, Who::Whole, _)) => Some(seats),
		// No motion makes it, or it only carries others.
		_ => None,
	};
	let most = calls_of(call)?.iter().filter_map(of).max().unwrap_or(majority);
	Ok(u32::try_from(most).unwrap_or(u32::MAX))
}

/// Proposes a call, as a council member, and waits until it is final. Gives the proposal's number and hash; `None` if the
/// threshold was one aye, so that it was enacted at once. Without a threshold it is what the chain asks for such a call.
///
/// # Errors
/// If the signer is no member, the call is proposed already, or it was enacted at once and failed.
pub async fn propose(
	submitter: &Submitter,
	signer: &Signer,
	call: RuntimeCall,
	threshold: Option<u32>,
) -> Result<Option<(u32, H256)>> {
	let chain = submitter.chain();
	let threshold = match threshold {
		Some(threshold) => threshold,
		None => needed(&call, members(chain, submitter.finalised().1).await?.len())?,
	};
	let length_bound = length(chain, &call)?;
	let propose = pallet_collective::Call::propose { threshold, proposal: Box::new(call), length_bound };
	let outcome = submitter.run(signer, RuntimeCall::Council(propose)).await?;
	for event in outcome.events.iter() {
		match event {
			RuntimeEvent::Council(pallet_collective::Event::Proposed { proposal_index, proposal_hash, .. }) => {
				return Ok(Some((*proposal_index, *proposal_hash)));
			},
			RuntimeEvent::Council(pallet_collective::Event::Executed { result: Err(error), .. }) => {
				return Err(chain.runtime().explain(error)).context("the call was enacted, and failed");
			},
			_ => (),
		}
	}
	Ok(None)
}

/// Votes on a proposal, as a council member, and waits until it is final. Gives the proposal as it stands then.
///
/// # Errors
/// If there is no such proposal, or the signer is no member or has voted so already.
pub async fn vote(submitter: &Submitter, signer: &Signer, index: u32, approve: bool) -> Result<Proposal> {
	let found = find(submitter.chain(), submitter.finalised().1, index).await?;
	let vote = pallet_collective::Call::vote { proposal: found.hash, index, approve };
	let outcome = submitter.run(signer, RuntimeCall::Council(vote)).await?;
	find(submitter.chain(), outcome.block.1, index).await
}

/// Closes a proposal that is decided or out of time, as a council member, and waits until it is final.
///
/// # Errors
/// If there is no such proposal, it is neither decided nor out of time, or the signer is no member.
pub async fn close(submitter: &Submitter, signer: &Signer, index: u32) -> Result<Closed> {
	let chain = submitter.chain();
	let found = find(chain, submitter.finalised().1, index).await?;
	let close = pallet_collective::Call::close {
		proposal_hash: found.hash,
		index,
		proposal_weight_bound: chain.constant(&constants::council::MAX_PROPOSAL_WEIGHT)?,
		length_bound: u32::try_from(bytes(&found.call)?.len()).context("a call is shorter than 2^32 bytes")?,
	};
	let outcome = submitter.run(signer, RuntimeCall::Council(close)).await?;
	let executed = outcome.events.iter().find_map(|event| match event {
		RuntimeEvent::Council(pallet_collective::Event::Executed { proposal_hash, result }) => {
			(*proposal_hash == found.hash).then_some(*result)
		},
		_ => None,
	});
	Ok(match executed {
		Some(Ok(())) => Closed::Enacted,
		Some(Err(error)) => Closed::Failed(chain.runtime().explain(&error).to_string()),
		None => Closed::Rejected,
	})
}

/// How a call stands after a member has supported it.
#[derive(Clone, Debug)]
pub enum Supported {
	/// It waits for the ayes of others.
	Waits(Proposal),
	/// Its ayes were enough.
	Closed(Closed),
}

/// Does, as a council member, whatever is next for a call that the member is for: proposes it if nobody has, votes for it, closes
/// it once its ayes are enough. So every member does the same.
///
/// # Errors
/// As of [`propose`], [`vote`] and [`close`].
pub async fn support(submitter: &Submitter, signer: &Signer, call: RuntimeCall) -> Result<Supported> {
	let chain = submitter.chain();
	let encoded = hex_of(&chain.encode_call(&call)?);
	let open = list(chain, submitter.finalised().1).await?.into_iter().find(|proposal| proposal.call == encoded);
	let index = match open {
		Some(proposal) => proposal.index,
		None => match propose(submitter, signer, call, None).await? {
			Some((index, _)) => index,
			None => return Ok(Supported::Closed(Closed::Enacted)),
		},
	};
	let mut found = find(chain, submitter.finalised().1, index).await?;
	if !found.ayes.contains(&signer.account().to_string()) {
		found = vote(submitter, signer, index, true).await?;
	}
	if found.ayes.len() < found.threshold as usize {
		return Ok(Supported::Waits(found));
	}
	Ok(Supported::Closed(close(submitter, signer, index).await?))
}

fn length(chain: &Chain, call: &RuntimeCall) -> Result<u32> {
	u32::try_from(chain.encode_call(call)?.len()).context("a call is shorter than 2^32 bytes")
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_client::{pallet_governance, pallet_participants, pallet_settlement, pallet_utility};

	#[test]
	fn membership_takes_two_thirds_and_a_parameter_more_than_half() {
		let parameter = RuntimeCall::Settlement(pallet_settlement::Call::set_levy { levy: 1 });
		let member = RuntimeCall::Participants(pallet_participants::Call::remove { participant: Default::default() });
		let both =
			RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: vec![parameter.clone(), member.clone()] });
		let of = |call: &RuntimeCall| [1, 2, 3, 4, 5, 6, 7].map(|seats| needed(call, seats).unwrap());
		assert_eq!(of(&parameter), [1, 2, 2, 3, 3, 4, 4]);
		assert_eq!(of(&member), [1, 2, 2, 3, 4, 4, 5]);
		assert_eq!(of(&both), of(&member));
		let in_place = pallet_participants::Call::suspend { participant: Default::default() };
		assert_eq!(of(&RuntimeCall::Participants(in_place)), of(&member));
	}

	#[test]
	fn an_upgrade_takes_two_thirds_its_veto_a_third_and_all_if_it_does_not_wait() {
		use pallet_governance::Call::{announce_upgrade, authorize_upgrade, veto_upgrade};
		let code_hash = H256::zero();
		let of = |call: pallet_governance::Call| {
			let call = RuntimeCall::Governance(call);
			[1, 2, 3, 4, 5, 6, 7].map(|seats| needed(&call, seats).unwrap())
		};
		assert_eq!(of(announce_upgrade { code_hash }), [1, 2, 2, 3, 4, 4, 5]);
		assert_eq!(of(veto_upgrade { code_hash }), [1, 1, 1, 2, 2, 2, 3]);
		assert_eq!(of(authorize_upgrade { code_hash }), [1, 2, 3, 4, 5, 6, 7]);
	}
}
