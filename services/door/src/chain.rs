//! What the door asks the chain, and the answers of a node.

use crate::error::Error;
use async_trait::async_trait;
use busbar_client::{
	functions::energy_api,
	metadata::Item,
	pallet_participants::DataGrant,
	storage::{grid, participants},
	AccountId, Part,
};
use busbar_primitives::{Interval, ParticipantId, Party, PointId};
use busbar_service::node;

pub use busbar_client::Principal;

/// The chain's say.
#[async_trait]
pub trait Chain: Send + Sync {
	/// All accounts that act for a participant, whatever its state: its own, and those that operate for it.
	async fn accounts(&self) -> Result<Vec<AccountId>, Error>;

	/// The active participants in whose name the account exercises roles. Nobody's if its own participant is suspended.
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error>;

	/// Whose own account it is, whatever the participant's state.
	async fn member(&self, account: &AccountId) -> Result<Option<ParticipantId>, Error>;

	/// Who owns a connection point: in an interval, or now.
	async fn owner(&self, point: PointId, interval: Option<Interval>) -> Result<Option<ParticipantId>, Error>;

	/// Whom a statement line is about.
	async fn party(&self, interval: Interval, index: u32) -> Result<Option<Party>, Error>;

	/// To whom a participant opens which of its data.
	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error>;
}

/// A node's answers, from its newest finalised block.
pub struct Node(node::Node);

impl Node {
	/// A node by the address of its RPC port, or several behind commas; `ws` and `http` name the same port.
	pub fn new(addresses: &str) -> Self {
		Self(node::Node::new(addresses, Self::needs()))
	}

	/// What a door cannot do without.
	fn needs() -> Vec<Item> {
		vec![
			participants::PARTICIPANTS.item(),
			energy_api::PARTICIPANT.item(),
			energy_api::LINES.item(),
			participants::DATA_GRANTS.item(),
			grid::POINTS.item(),
		]
	}
}

#[async_trait]
impl Chain for Node {
	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		Ok(self.0.accounts().await?)
	}

	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.principals(at, account).await?)
	}

	async fn member(&self, account: &AccountId) -> Result<Option<ParticipantId>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.read(at, &participants::MEMBER_OF, (account.clone(),)).await?)
	}

	async fn owner(&self, point: PointId, interval: Option<Interval>) -> Result<Option<ParticipantId>, Error> {
		let (chain, at) = self.0.now().await?;
		let point = chain.read(at, &grid::POINTS, (point,)).await?;
		let in_force = |point: &busbar_primitives::Point| interval.is_none_or(|interval| point.is_in_force(interval));
		Ok(point.filter(in_force).map(|point| point.owner))
	}

	async fn party(&self, interval: Interval, index: u32) -> Result<Option<Party>, Error> {
		let (chain, at) = self.0.now().await?;
		let lines = chain.call(at, &energy_api::LINES, (interval, index, 1)).await?;
		Ok(lines.into_iter().find(|line| line.index == index).map(|line| line.line.party))
	}

	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error> {
		let (chain, at) = self.0.now().await?;
		Ok(chain.data_grants(at, owner).await?)
	}
}
