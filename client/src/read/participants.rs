//! Who participants are, and in whose name an account acts.

use crate::{
	chain::Chain,
	error::Result,
	pallet_participants::{DataGrant, Status},
	storage::{metering, participants as storage},
};
use busbar_primitives::{ParticipantId, Role, Scope};
use sp_core::H256;
use sp_runtime::AccountId32;

/// An active participant in whose name an account acts, and its roles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
	/// The participant.
	pub participant: ParticipantId,
	/// What it may do now, and where.
	pub roles: Vec<(Role, Scope)>,
	/// Whether it attests readings: a meter operator, or a second attester that posted its bond.
	pub attests: bool,
}

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// The account that a participant is paid on; `None` if there is no such participant (any more).
	pub async fn account_of(&self, at: H256, participant: ParticipantId) -> Result<Option<AccountId32>> {
		let found = self.read(at, &storage::PARTICIPANTS, (participant,)).await?;
		Ok(found.map(|found| found.account))
	}

	/// To whom a participant opens which of its data.
	pub async fn data_grants(&self, at: H256, owner: ParticipantId) -> Result<Vec<DataGrant>> {
		Ok(self.read(at, &storage::DATA_GRANTS, (owner,)).await?.unwrap_or_default())
	}

	/// The active participants in whose name the account exercises roles: its own, and the one that it operates for by an
	/// on-chain delegation. Nobody's if its own participant is suspended.
	pub async fn principals(&self, at: H256, account: &AccountId32) -> Result<Vec<Principal>> {
		let own = self.read(at, &storage::MEMBER_OF, (account.clone(),)).await?;
		let delegation = self.read(at, &storage::DELEGATE_OF, (account.clone(),)).await?;
		let mut principals = Vec::new();
		for participant in own.into_iter().chain(delegation.and_then(|delegation| delegation.operates_for)) {
			let record = self.read(at, &storage::PARTICIPANTS, (participant,)).await?;
			if let Some(record) = record.filter(|record| record.status == Status::Active) {
				// The chain says which of them hold at that block: what is over needs no transaction.
				let view = self.participant(at, &record.account).await?;
				let roles = view.map(|view| view.roles).unwrap_or_default();
				let attests = roles.iter().any(|(role, _)| *role == Role::MeterOperator)
					|| self.read(at, &metering::OPERATORS, (participant,)).await?.is_some();
				principals.push(Principal { participant, roles, attests });
			} else if Some(participant) == own {
				return Ok(Vec::new());
			}
		}
		Ok(principals)
	}
}
