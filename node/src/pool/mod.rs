//! The transaction pool as others reach it, by RPC and by gossip: the same pool, shared among their senders.
//!
//! **Places.** What waits of an account, a participant and a provider's members is counted ([`places`]), and no more is taken than
//! the chain says ([`Rooms`](busbar_primitives::waiting::Rooms)), so that nobody fills the pool. Nobody can be kept out by transactions
//! that somebody else signed: a place is looked for before a transaction is checked, and taken when it is in the pool. A peer
//! that sends what finds no place has done nothing wrong, because each node counts for itself; the sender may send it again.
//!
//! **Reasons.** What is refused for a reason of this chain's own is answered with the sentence and the remedy of [`Refusal`], not
//! with a bare number.

#[cfg(test)]
mod fake;
mod places;

use crate::types::{Block, Client, Extrinsic, Hash, Pool, Sender};
use async_trait::async_trait;
use busbar_primitives::{refusals::Refusal, waiting::WaitingApi};
use codec::Encode;
use futures::{future::BoxFuture, FutureExt};
use places::{in_place, Place, Places};
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	ChainEvent, ImportNotificationStream, MaintainedTransactionPool, PoolStatus, ReadyTransactions, TransactionFor,
	TransactionPool, TransactionSource, TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_api::ProvideRuntimeApi;
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{collections::HashMap, fmt, pin::Pin, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::spawn_blocking};

type Inner = <Pool as TransactionPool>::Error;

/// What the pool refuses with.
#[derive(thiserror::Error)]
pub enum Error {
	/// For a reason of this chain's own. It is no pool error to the RPC, which would drop all but the number, and none to the
	/// network, which would hold it against the peer.
	#[error("{0}")]
	Refused(Refusal),
	/// For any other.
	#[error(transparent)]
	Other(Inner),
}

/// What the RPC puts into the answer's data, after the sentence in its message.
impl fmt::Debug for Error {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Refused(refusal) => write!(f, "{refusal:?}; see docs/refusals.md"),
			Self::Other(error) => error.fmt(f),
		}
	}
}

impl From<PoolError> for Error {
	fn from(error: PoolError) -> Self {
		match &error {
			PoolError::InvalidTransaction(InvalidTransaction::Custom(code)) => match Refusal::of(*code) {
				Some(refusal) => Self::Refused(refusal),
				None => Self::Other(error.into()),
			},
			_ => Self::Other(error.into()),
		}
	}
}

impl IntoPoolError for Error {
	fn into_pool_error(self) -> Result<PoolError, Self> {
		match self {
			Self::Refused(_) => Err(self),
			Self::Other(error) => error.into_pool_error().map_err(Self::Other),
		}
	}
}

/// Looks for a reason of this chain in what the pool says.
fn explain(error: Inner) -> Error {
	match error.into_pool_error() {
		Ok(error) => error.into(),
		Err(error) => Error::Other(error),
	}
}

/// Tells whose a transaction is, as the chain says at a block; nobody's if it is refused for its sender, or not signed.
pub type Ask = Arc<dyn Fn(Hash, Extrinsic) -> BoxFuture<'static, Option<Sender>> + Send + Sync>;

/// So many are asked about at a time, as many as the pool checks.
const AT_A_TIME: usize = 2;

/// Asks the runtime. One that cannot tell, from before it could, has its transactions taken uncounted.
pub fn ask(client: Arc<Client>) -> Ask {
	let turns = Arc::new(Semaphore::new(AT_A_TIME));
	Arc::new(move |at, transaction| {
		let (client, turns) = (client.clone(), turns.clone());
		async move {
			let _turn = turns.acquire_owned().await.ok()?;
			spawn_blocking(move || client.runtime_api().sender(at, transaction).ok().flatten()).await.ok().flatten()
		}
		.boxed()
	})
}

/// A pool whose places are shared, and that explains itself to those who ask by RPC.
pub struct FairPool<P = Pool> {
	inner: Arc<P>,
	ask: Ask,
	places: Arc<Places>,
	explains: bool,
}

impl<P: TransactionPool<Block = Block, Hash = Hash, Error = Inner>> FairPool<P> {
	/// For what peers send: what the chain refuses is held against them.
	pub fn for_peers(inner: Arc<P>, ask: Ask) -> Self {
		Self { inner, ask, places: Arc::default(), explains: false }
	}

	/// The same pool for what is sent by RPC.
	pub fn for_rpc(&self) -> Self {
		let (inner, ask, places) = (self.inner.clone(), self.ask.clone(), self.places.clone());
		Self { inner, ask, places, explains: true }
	}

	fn told(&self, error: Inner) -> Error {
		if self.explains {
			explain(error)
		} else {
			Error::Other(error)
		}
	}

	/// Looks for a place. What comes back keeps it, once it is taken.
	async fn find(&self, at: Hash, transaction: Extrinsic) -> Result<(Extrinsic, Option<Arc<Place>>), Error> {
		// Of what it has already the pool says so itself.
		if self.inner.ready_transaction(&self.inner.hash_of(&transaction)).is_some() {
			return Ok((transaction, None));
		}
		let Some(sender) = (self.ask)(at, transaction.clone()).await else { return Ok((transaction, None)) };
		let bytes = u64::try_from(transaction.encoded_size()).unwrap_or(u64::MAX);
		let place = Arc::new(self.places.find(sender, bytes).map_err(Error::Refused)?);
		Ok((in_place(&transaction, place.clone()), Some(place)))
	}

	/// Takes the place of a transaction that is in the pool now.
	async fn keep(&self, hash: Hash, place: Option<Arc<Place>>) -> Result<(), Error> {
		let Some(refusal) = place.and_then(|place| place.take().err()) else { return Ok(()) };
		// Others took it between the look and the pool's own check.
		self.inner.report_invalid(None, TxInvalidityReportMap::from_iter([(hash, None)])).await;
		Err(Error::Refused(refusal))
	}
}

#[async_trait]
impl<P: TransactionPool<Block = Block, Hash = Hash, Error = Inner> + 'static> TransactionPool for FairPool<P> {
	type Block = Block;
	type Hash = Hash;
	type InPoolTransaction = P::InPoolTransaction;
	type Error = Error;

	async fn submit_at(
		&self,
		at: Hash,
		source: TransactionSource,
		transactions: Vec<TransactionFor<Self>>,
	) -> Result<Vec<Result<TxHash<Self>, Error>>, Error> {
		let mut results = Vec::with_capacity(transactions.len());
		for transaction in transactions {
			results.push(self.submit_one(at, source, transaction).await);
		}
		Ok(results)
	}

	async fn submit_one(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: TransactionFor<Self>,
	) -> Result<TxHash<Self>, Error> {
		let (transaction, place) = self.find(at, transaction).await?;
		let hash = self.inner.submit_one(at, source, transaction).await.map_err(|error| self.told(error))?;
		self.keep(hash, place).await?;
		Ok(hash)
	}

	async fn submit_and_watch(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: TransactionFor<Self>,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		let (transaction, place) = self.find(at, transaction).await?;
		let hash = self.inner.hash_of(&transaction);
		let watched = self.inner.submit_and_watch(at, source, transaction).await.map_err(|error| self.told(error))?;
		self.keep(hash, place).await?;
		Ok(watched)
	}

	async fn ready_at(&self, at: Hash) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready_at(at).await
	}

	fn ready(&self) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<Hash>,
		errors: TxInvalidityReportMap<TxHash<Self>>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.inner.report_invalid(at, errors).await
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.inner.futures()
	}

	fn status(&self) -> PoolStatus {
		self.inner.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<TxHash<Self>> {
		self.inner.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<TxHash<Self>, Vec<String>>) {
		self.inner.on_broadcasted(propagations);
	}

	fn hash_of(&self, transaction: &TransactionFor<Self>) -> TxHash<Self> {
		self.inner.hash_of(transaction)
	}

	fn ready_transaction(&self, hash: &TxHash<Self>) -> Option<Arc<Self::InPoolTransaction>> {
		self.inner.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(
		&self,
		at: Hash,
		timeout: Duration,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready_at_with_timeout(at, timeout).await
	}
}

#[async_trait]
impl<P> MaintainedTransactionPool for FairPool<P>
where
	P: MaintainedTransactionPool<Block = Block, Hash = Hash, Error = Inner> + 'static,
{
	async fn maintain(&self, event: ChainEvent<Block>) {
		self.inner.maintain(event).await;
	}
}

#[cfg(test)]
mod tests;
