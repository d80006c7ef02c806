//! The transaction pool as the RPC sees it: the same pool, but what it refuses for a reason of this chain's own is answered with
//! the sentence and the remedy of [`Refusal`], not with a bare number.

use crate::types::{Block, Hash, Pool};
use async_trait::async_trait;
use busbar_primitives::refusals::Refusal;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	ChainEvent, ImportNotificationStream, MaintainedTransactionPool, PoolStatus, ReadyTransactions, TransactionFor,
	TransactionPool, TransactionSource, TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{collections::HashMap, fmt, pin::Pin, sync::Arc, time::Duration};

type Inner = <Pool as TransactionPool>::Error;

/// What the pool refuses with.
#[derive(thiserror::Error)]
pub enum Error {
	/// For a reason of this chain's own. It is no pool error to the RPC, which would drop all but the number.
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

/// A pool that explains itself.
pub struct ExplainingPool(pub Arc<Pool>);

#[async_trait]
impl TransactionPool for ExplainingPool {
	type Block = Block;
	type Hash = TxHash<Pool>;
	type InPoolTransaction = <Pool as TransactionPool>::InPoolTransaction;
	type Error = Error;

	async fn submit_at(
		&self,
		at: Hash,
		source: TransactionSource,
		transactions: Vec<TransactionFor<Self>>,
	) -> Result<Vec<Result<TxHash<Self>, Error>>, Error> {
		let results = self.0.submit_at(at, source, transactions).await.map_err(explain)?;
		Ok(results.into_iter().map(|result| result.map_err(explain)).collect())
	}

	async fn submit_one(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: TransactionFor<Self>,
	) -> Result<TxHash<Self>, Error> {
		self.0.submit_one(at, source, transaction).await.map_err(explain)
	}

	async fn submit_and_watch(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: TransactionFor<Self>,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		self.0.submit_and_watch(at, source, transaction).await.map_err(explain)
	}

	async fn ready_at(&self, at: Hash) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready_at(at).await
	}

	fn ready(&self) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<Hash>,
		errors: TxInvalidityReportMap<TxHash<Self>>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.0.report_invalid(at, errors).await
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.0.futures()
	}

	fn status(&self) -> PoolStatus {
		self.0.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<TxHash<Self>> {
		self.0.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<TxHash<Self>, Vec<String>>) {
		self.0.on_broadcasted(propagations);
	}

	fn hash_of(&self, transaction: &TransactionFor<Self>) -> TxHash<Self> {
		self.0.hash_of(transaction)
	}

	fn ready_transaction(&self, hash: &TxHash<Self>) -> Option<Arc<Self::InPoolTransaction>> {
		self.0.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(
		&self,
		at: Hash,
		timeout: Duration,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready_at_with_timeout(at, timeout).await
	}
}

#[async_trait]
impl MaintainedTransactionPool for ExplainingPool {
	async fn maintain(&self, event: ChainEvent<Block>) {
		self.0.maintain(event).await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn refused(reason: InvalidTransaction) -> Error {
		explain(PoolError::InvalidTransaction(reason).into())
	}

	#[test]
	fn a_reason_of_this_chain_is_told_with_number_sentence_remedy_and_page() {
		for refusal in Refusal::ALL {
			let error = refused(refusal.into());
			let text = error.to_string();
			assert!(text.starts_with(&format!("Custom error: {}. ", refusal.code())), "{text}");
			assert!(text.contains(refusal.sentence()) && text.contains(refusal.remedy()), "{text}");
			assert!(format!("{error:?}").contains("docs/refusals.md"));
			assert!(error.into_pool_error().is_err(), "the RPC would answer with the number alone");
		}
	}

	#[test]
	fn every_other_reason_is_answered_as_on_any_chain() {
		let unknown = (0..=u8::MAX).find(|code| Refusal::of(*code).is_none()).expect("some code is free");
		for reason in [InvalidTransaction::BadSigner, InvalidTransaction::Stale, InvalidTransaction::Custom(unknown)] {
			match refused(reason).into_pool_error() {
				Ok(PoolError::InvalidTransaction(told)) => assert_eq!(told, reason),
				other => panic!("{other:?}"),
			}
		}
		assert!(matches!(
			explain(PoolError::ImmediatelyDropped.into()).into_pool_error(),
			Ok(PoolError::ImmediatelyDropped)
		));
	}
}
