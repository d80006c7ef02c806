//! Connection points that are proposed to their owners.

use crate::{chain::Chain, error::Result, pallet_grid::Proposal, storage::grid as storage};
use sp_core::H256;
use sp_runtime::AccountId32;

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// Connection points that operators of parts of the grid propose and that nobody has accepted or withdrawn, by number.
	pub async fn proposals(&self, at: H256) -> Result<Vec<(u32, Proposal<AccountId32>)>> {
		let proposals = self.entries(at, &storage::PROPOSALS).await?;
		Ok(proposals.into_iter().map(|((number,), proposal)| (number, proposal)).collect())
	}
}
