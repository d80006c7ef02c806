//! What the store asks the chain, and the answers of a node.

use crate::error::Error;
use async_trait::async_trait;
use busbar_client::{
	functions::energy_api,
	metadata::Item,
	pallet_metering::Dataset as Attested,
	pallet_participants::DataGrant,
	storage::{grid, metering, participants},
	AccountId, Chain as Connection, Part,
};
use busbar_primitives::{Interval, ParticipantId, PointId};
use sp_core::H256;
use std::collections::BTreeSet;

pub use busbar_client::Principal;

/// The chain's say.
#[async_trait]
pub trait Chain: Send + Sync {
	/// The active participants in whose name the account exercises roles: its own, and the one that it operates for by an
	/// on-chain delegation. Nobody's if its own participant is suspended.
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error>;

	/// All accounts that act for a participant, whatever its state: its own, and those that operate for it.
	async fn accounts(&self) -> Result<Vec<AccountId>, Error>;

	/// Who owns a connection point that exists in the interval.
	async fn owner(&self, point: PointId, interval: Interval) -> Result<Option<ParticipantId>, Error>;

	/// Who owns these connection points, as far as they exist in the interval, each owner once.
	async fn owners(&self, points: &[PointId], interval: Interval) -> Result<BTreeSet<ParticipantId>, Error> {
		let mut owners = BTreeSet::new();
		for point in points {
			owners.extend(self.owner(*point, interval).await?);
		}
		Ok(owners)
	}

	/// To whom a participant opens which of its data.
	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error>;

	/// What an operator attested for an interval.
	async fn attested(&self, interval: Interval, operator: ParticipantId) -> Result<Option<Attested>, Error>;
}

/// A node's answers.
pub struct Node(busbar_service::node::Node);

impl Node {
	/// A node by the address of its RPC port, or several behind commas; `ws` and `http` name the same port.
	pub fn new(addresses: &str) -> Self {
		Self(busbar_service::node::Node::new(addresses, Self::needs()))
	}

	/// What a store cannot do without.
	fn needs() -> Vec<Item> {
		vec![
			participants::PARTICIPANTS.item(),
			energy_api::PARTICIPANT.item(),
			participants::DATA_GRANTS.item(),
			metering::OPERATORS.item(),
			metering::DATASETS.item(),
			grid::POINTS.item(),
		]
	}

	/// The connection, and the newest finalised block.
	async fn now(&self) -> Result<(&Connection, H256), Error> {
		Ok(self.0.now().await?)
	}
}

#[async_trait]
impl Chain for Node {
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error> {
		let (chain, at) = self.now().await?;
		Ok(chain.principals(at, account).await?)
	}

	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		Ok(self.0.accounts().await?)
	}

	async fn owners(&self, points: &[PointId], interval: Interval) -> Result<BTreeSet<ParticipantId>, Error> {
		let (chain, at) = self.now().await?;
		let points = chain.read_all(at, &grid::POINTS, points.iter().map(|point| (*point,))).await?;
		Ok(points.into_iter().filter(|(_, point)| point.is_in_force(interval)).map(|(_, point)| point.owner).collect())
	}

	async fn owner(&self, point: PointId, interval: Interval) -> Result<Option<ParticipantId>, Error> {
		let (chain, at) = self.now().await?;
		let point = chain.read(at, &grid::POINTS, (point,)).await?;
		Ok(point.filter(|point| point.is_in_force(interval)).map(|point| point.owner))
	}

	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error> {
		let (chain, at) = self.now().await?;
		Ok(chain.data_grants(at, owner).await?)
	}

	async fn attested(&self, interval: Interval, operator: ParticipantId) -> Result<Option<Attested>, Error> {
		let (chain, at) = self.now().await?;
		Ok(chain.dataset(at, interval, operator).await?)
	}
}

/// Whether the content of a dataset is what its operator attested.
///
/// # Errors
/// If the chain cannot be asked.
pub async fn is_attested(chain: &dyn Chain, hash: H256, summary: &crate::meta::Summary) -> Result<bool, Error> {
	let attested = chain.attested(summary.interval, summary.operator).await?;
	Ok(attested.is_some_and(|attested| {
		attested.content == hash && attested.root == summary.root && attested.count == summary.count
	}))
}
