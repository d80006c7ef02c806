//! Money comes into being when one settlement agent proposes it and another approves it.

use anyhow::{Context, Result};
use busbar_client::{
	constants, pallet_issuance, sign::Signer, submit::Submitter, AccountId, RuntimeCall, RuntimeEvent,
};
use busbar_primitives::Balance;

/// Mints payments: one agent proposes, the other approves. Returns the number of transactions.
///
/// # Errors
/// If the node fails, the money is more than the ceiling leaves, or the agents are none, or one and the same participant.
pub async fn mint(
	submitter: &Submitter,
	proposer: &Signer,
	approver: &Signer,
	payments: &[(AccountId, Balance)],
) -> Result<u64> {
	let size = submitter.chain().constant(&constants::issuance::MAX_PAYMENTS)? as usize;
	let mut transactions = 0;
	for payments in payments.chunks(size.max(1)) {
		let (kind, payments) = (pallet_issuance::Issue::Mint, payments.to_vec());
		let propose = pallet_issuance::Call::propose { kind, payments };
		let outcome = submitter.submit(proposer, RuntimeCall::Issuance(propose)).await?.included().await?;
		let id = proposal(outcome.success()?.events.iter()).context("a proposal has a number")?;
		let approve = pallet_issuance::Call::approve { id };
		submitter.run(approver, RuntimeCall::Issuance(approve)).await.context("approving the issue of money")?;
		transactions += 2;
	}
	Ok(transactions)
}

fn proposal<'a>(mut events: impl Iterator<Item = &'a RuntimeEvent>) -> Option<u32> {
	events.find_map(|event| match event {
		RuntimeEvent::Issuance(pallet_issuance::Event::Proposed { id, .. }) => Some(*id),
		_ => None,
	})
}
