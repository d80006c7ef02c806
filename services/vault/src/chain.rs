//! What the vault asks the chain, and the answers of a node.

use crate::error::Error;
use async_trait::async_trait;
use busbar_client::{
	functions::energy_api,
	metadata::Item,
	records,
	storage::{grid, market, participants, settlement},
	AccountId, Chain as Connection, Part,
};
use busbar_primitives::{
	records::{AccessLog, RecordGrant},
	Interval, ParticipantId,
};
use busbar_service::node;
use serde::{Deserialize, Serialize};
use sp_core::H256;

pub use busbar_client::Principal;

/// A participant, as far as the vault needs to know it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
	/// What the chain has for its record; zero for none.
	pub commitment: H256,
	/// Whether it owes money.
	pub in_debt: bool,
}

/// The chain's say.
#[async_trait]
pub trait Chain: Send + Sync {
	/// All accounts that act for a participant, whatever its state: its own, and those that operate for it.
	async fn accounts(&self) -> Result<Vec<AccountId>, Error>;

	/// Whose own account it is, whatever the participant's state.
	async fn member(&self, account: &AccountId) -> Result<Option<ParticipantId>, Error>;

	/// The active participants in whose name the account exercises roles. Nobody's if its own participant is suspended.
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error>;

	/// A participant, whatever its state.
	async fn subject(&self, participant: ParticipantId) -> Result<Option<Subject>, Error>;

	/// To whom a participant opens fields of its record.
	async fn grants(&self, subject: ParticipantId) -> Result<Vec<RecordGrant>, Error>;

	/// The interval in delivery.
	async fn now(&self) -> Result<Interval, Error>;

	/// An interval that is open or in delivery or past, not settled yet, and in which a connection point of the participant is in
	/// force.
	async fn unsettled(&self, participant: ParticipantId) -> Result<Option<Interval>, Error>;

	/// What a participant published of its log of accesses.
	async fn published(&self, keeper: ParticipantId) -> Result<Option<AccessLog<u32>>, Error>;
}

/// A node's answers, from its newest finalised block.
pub struct Node(node::Node);

impl Node {
	/// A node by the address of its RPC port, or several behind commas; `ws` and `http` name the same port.
	pub fn new(addresses: &str) -> Self {
		Self(node::Node::new(addresses, Self::needs()))
	}

	/// What a vault cannot do without.
	fn needs() -> Vec<Item> {
		vec![
			participants::PARTICIPANTS.item(),
			energy_api::PARTICIPANT.item(),
			records::RECORD_GRANTS.item(),
			records::ACCESS_LOGS.item(),
			grid::POINTS.item(),
			market::INTERVALS.item(),
			settlement::ROOTS.item(),
		]
	}

	/// The connection.
	///
	/// # Errors
	/// If no node answers.
	pub async fn connection(&self) -> Result<&Connection, Error> {
		Ok(self.0.connection().await?)
	}
}

#[async_trait]
impl Chain for Node {
	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		Ok(self.0.accounts().await?)
	}

	async fn member(&self, account: &AccountId) -> Result<Option<ParticipantId>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.read(at, &participants::MEMBER_OF, (account.clone(),)).await?)
	}

	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.principals(at, account).await?)
	}

	async fn subject(&self, participant: ParticipantId) -> Result<Option<Subject>, Error> {
		let (chain, at) = self.0.now().await?;
		let record = chain.read(at, &participants::PARTICIPANTS, (participant,)).await?;
		Ok(record.map(|record| Subject { commitment: record.commitment, in_debt: record.in_debt }))
	}

	async fn grants(&self, subject: ParticipantId) -> Result<Vec<RecordGrant>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.record_grants(at, subject).await?)
	}

	async fn now(&self) -> Result<Interval, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.clock(at).await?.current)
	}

	async fn unsettled(&self, participant: ParticipantId) -> Result<Option<Interval>, Error> {
		let (chain, at) = self.0.now().await?;
		let points = chain.entries(at, &grid::POINTS).await?;
		let own: Vec<_> =
			points.into_iter().filter(|(_, point)| point.owner == participant).map(|(_, point)| point).collect();
		if own.is_empty() {
			return Ok(None);
		}
		let mut intervals: Vec<Interval> =
			chain.entries(at, &market::INTERVALS).await?.into_iter().map(|((interval,), _)| interval).collect();
		intervals.sort_unstable();
		for interval in intervals {
			let takes_part = own.iter().any(|point| point.is_in_force(interval));
			if takes_part && chain.read(at, &settlement::ROOTS, (interval,)).await?.is_none() {
				return Ok(Some(interval));
			}
		}
		Ok(None)
	}

	async fn published(&self, keeper: ParticipantId) -> Result<Option<AccessLog<u32>>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.access_log(at, keeper).await?)
	}
}
