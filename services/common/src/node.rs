//! A node that is asked who may do what.

use busbar_client::{metadata::Item, storage::participants, AccountId, Chain, Error, Part, Result};
use sp_core::H256;
use tokio::sync::OnceCell;

/// A node's answers, from its newest finalised block. It is connected to when it is asked for the first time, so that a
/// service starts before its node does.
pub struct Node {
	addresses: String,
	needs: Vec<Item>,
	connection: OnceCell<Chain>,
}

impl Node {
	/// A node by the address of its RPC port, or several behind commas; `ws` and `http` name the same port. `needs` is what the
	/// service cannot do without, beside the items of [`Node::accounts`].
	pub fn new(addresses: &str, mut needs: Vec<Item>) -> Self {
		let address = |text: &str| match text.trim().strip_prefix("http") {
			Some(rest) => format!("ws{rest}"),
			None => text.trim().to_owned(),
		};
		let addresses = addresses.split(',').map(address).collect::<Vec<_>>().join(",");
		needs.extend([participants::MEMBER_OF.item(), participants::DELEGATE_OF.item()]);
		Self { addresses, needs, connection: OnceCell::new() }
	}

	/// The connection.
	///
	/// # Errors
	/// If no node answers, or the chain has what is needed in another shape.
	pub async fn connection(&self) -> Result<&Chain> {
		let connect = || async {
			let connection = Chain::connect_for(&self.addresses, self.needs.clone()).await?;
			connection.follow_upgrades().await?;
			Ok::<_, Error>(connection)
		};
		self.connection.get_or_try_init(connect).await
	}

	/// The connection, and the newest finalised block.
	///
	/// # Errors
	/// As [`Node::connection`].
	pub async fn now(&self) -> Result<(&Chain, H256)> {
		let connection = self.connection().await?;
		Ok((connection, connection.finalised().await?))
	}

	/// All accounts that act for a participant, whatever its state: its own, and those that operate for it.
	///
	/// # Errors
	/// As [`Node::connection`].
	pub async fn accounts(&self) -> Result<Vec<AccountId>> {
		let (chain, at) = self.now().await?;
		let own = chain.entries(at, &participants::MEMBER_OF).await?.into_iter().map(|((account,), _)| account);
		let delegates = chain.entries(at, &participants::DELEGATE_OF).await?.into_iter();
		let operating = delegates.filter(|(_, delegation)| delegation.operates_for.is_some());
		Ok(own.chain(operating.map(|((account,), _)| account)).collect())
	}
}
