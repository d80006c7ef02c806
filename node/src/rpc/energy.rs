//! The `energy_*` methods: the market as JSON.
//!
//! Every method takes the hash of a block as its last argument and answers for that block's state; without it, for the
//! best block's. Energy, power, prices, fees, times and counts are JSON numbers (exact in the text; a JavaScript client
//! reads them exactly up to 2^53 - 1, far above any real grid). Money, in nEUR, is a decimal string, because it passes
//! that bound at 9 million EUR. Accounts are SS58 addresses, hashes and keys hexadecimal strings, participants UUIDs.
//!
//! Subscriptions follow finalised blocks: what they report is never taken back, and each interval is reported once.

use super::follow::Cursor;
use crate::types::{Block, Hash};
use busbar_primitives::{
	api::{
		BookLevel, Clock, Conservation, EnergyApi, OrderView, ParticipantView, PointView, PositionView, StatementLine,
		Status, ZonePrice,
	},
	Contract, Interval, Outcome, PointId, ProductId, StatementProof, ZoneId, ZoneView,
};
use busbar_runtime::AccountId;
use futures::{stream::BoxStream, StreamExt};
use jsonrpsee::{
	core::RpcResult,
	proc_macros::rpc,
	types::{
		error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE},
		ErrorObjectOwned,
	},
	PendingSubscriptionSink,
};
use sc_client_api::BlockchainEvents;
use sc_rpc::{
	utils::{spawn_subscription_task, BoundedVecDeque, PendingSubscription},
	SubscriptionTaskExecutor,
};
use serde::{Deserialize, Serialize};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// Most entries that one answer lists.
pub const MAX_PAGE: u32 = 1_000;

/// Messages that may wait for a slow subscriber before it is dropped.
const MAX_WAITING: usize = 512;

/// The market's decision on one interval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPrices {
	pub interval: Interval,
	/// The finalised block whose state this is.
	pub block: Hash,
	/// How the interval ended, over its sessions; `cleared` is false if it failed safe.
	pub outcome: Option<Outcome>,
	/// Results of all zones, for each session of the interval.
	pub sessions: Vec<Vec<ZonePrice>>,
}

/// What an account's points hold of an interval that was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPositions {
	pub interval: Interval,
	/// The finalised block whose state this is.
	pub block: Hash,
	/// Positions at all of the account's points.
	pub positions: Vec<PositionView>,
}

/// Why a method has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The block is not known to this node.
	#[error("block {0:?} is not known to this node")]
	UnknownBlock(Hash),
	/// More entries were asked for than one answer lists, or none.
	#[error("limit is {0}, but must be between 1 and {MAX_PAGE}")]
	Limit(u32),
	/// The runtime did not answer, for example because the block's state is pruned.
	#[error("the state of block {at:?} did not answer: {source}")]
	Runtime { at: Hash, source: ApiError },
	/// The database did not answer.
	#[error(transparent)]
	Database(#[from] sp_blockchain::Error),
}

/// Code of [`Error::UnknownBlock`].
pub const UNKNOWN_BLOCK_CODE: i32 = 9_001;
/// Code of [`Error::Runtime`].
pub const RUNTIME_CODE: i32 = 9_002;

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let code = match error {
			Error::UnknownBlock(_) => UNKNOWN_BLOCK_CODE,
			Error::Limit(_) => INVALID_PARAMS_CODE,
			Error::Runtime { .. } => RUNTIME_CODE,
			Error::Database(_) => INTERNAL_ERROR_CODE,
		};
		ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
	}
}

/// The energy market, read only.
#[rpc(server, namespace = "energy")]
pub trait EnergyRpc {
	/// Chain time and the intervals around it.
	#[method(name = "clock", blocking)]
	fn clock(&self, at: Option<Hash>) -> RpcResult<Clock>;

	/// Where an interval stands; `null` if it has not opened or is pruned.
	#[method(name = "status", blocking)]
	fn status(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Option<Status>>;

	/// The tree of an interval with the link terms in force, in ascending order of zones.
	#[method(name = "zones", blocking)]
	fn zones(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<ZoneView>>;

	/// Depth of a session's book in a zone, in ascending order of prices.
	#[method(name = "book", blocking)]
	fn book(&self, interval: Interval, product: ProductId, zone: ZoneId, at: Option<Hash>)
		-> RpcResult<Vec<BookLevel>>;

	/// A session's results of all zones; empty before it has ended.
	#[method(name = "prices", blocking)]
	fn prices(&self, interval: Interval, product: ProductId, at: Option<Hash>) -> RpcResult<Vec<ZonePrice>>;

	/// Up to `limit` orders of a session at points numbered `from` and above.
	#[method(name = "orders", blocking)]
	fn orders(
		&self,
		interval: Interval,
		product: ProductId,
		from: PointId,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<OrderView>>;

	/// Up to `limit` connection points numbered `from` and above.
	#[method(name = "points", blocking)]
	fn points(&self, from: PointId, limit: u32, at: Option<Hash>) -> RpcResult<Vec<PointView>>;

	/// The participant that an account belongs to, or `null`.
	#[method(name = "participant", blocking)]
	fn participant(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ParticipantView<AccountId>>>;

	/// Positions at all of an account's points.
	#[method(name = "positions", blocking)]
	fn positions(&self, account: AccountId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<PositionView>>;

	/// Statement lines at all of an account's points.
	#[method(name = "statement", blocking)]
	fn statement(&self, account: AccountId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<StatementLine>>;

	/// Up to `limit` statement lines of an interval from leaf `from` on.
	#[method(name = "lines", blocking)]
	fn lines(&self, interval: Interval, from: u32, limit: u32, at: Option<Hash>) -> RpcResult<Vec<StatementLine>>;

	/// What a connection point bought and sold, session by session.
	#[method(name = "contracts", blocking)]
	fn contracts(&self, point: PointId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<Contract>>;

	/// One statement line with its proof under the interval's statement root, or why there is none.
	#[method(name = "statementProof", blocking)]
	fn statement_proof(&self, interval: Interval, index: u32, at: Option<Hash>) -> RpcResult<StatementProof>;

	/// Connection points of an interval that `settlement.draw` must still name.
	#[method(name = "toDraw", blocking)]
	fn to_draw(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<PointId>>;

	/// What must balance, of an interval and of the whole.
	#[method(name = "conservation", blocking)]
	fn conservation(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Conservation>;

	/// Results of every interval as it is decided, from now on.
	#[subscription(
		name = "subscribePrices" => "newPrices",
		unsubscribe = "unsubscribePrices",
		item = NewPrices
	)]
	fn subscribe_prices(&self);

	/// Positions of an account in every interval as it is decided, from now on.
	#[subscription(
		name = "subscribePositions" => "newPositions",
		unsubscribe = "unsubscribePositions",
		item = NewPositions
	)]
	fn subscribe_positions(&self, account: AccountId);
}

/// Makes a stream of the hashes of newly finalised blocks.
pub type FinalizedHeads = Arc<dyn Fn() -> BoxStream<'static, Hash> + Send + Sync>;

/// Serves the `energy_*` methods from a client.
pub struct Energy<C> {
	client: Arc<C>,
	finalized_heads: FinalizedHeads,
	executor: SubscriptionTaskExecutor,
}

impl<C> Energy<C>
where
	C: BlockchainEvents<Block> + Send + Sync + 'static,
{
	/// Serves from `client`; `executor` runs the subscriptions.
	pub fn new(client: Arc<C>, executor: SubscriptionTaskExecutor) -> Self {
		let events = client.clone();
		let finalized_heads =
			Arc::new(move || events.finality_notification_stream().map(|finalized| finalized.hash).boxed());
		Self { client, finalized_heads, executor }
	}
}

impl<C> Energy<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	/// Asks the runtime at a block, the best one by default.
	fn ask<R>(&self, at: Option<Hash>, ask: impl FnOnce(&C::Api, Hash) -> Result<R, ApiError>) -> RpcResult<R> {
		let at = match at {
			Some(at) => {
				self.client.header(at).map_err(Error::from)?.ok_or(Error::UnknownBlock(at))?;
				at
			},
			None => self.client.info().best_hash,
		};
		Ok(ask(&self.client.runtime_api(), at).map_err(|source| Error::Runtime { at, source })?)
	}

	/// Feeds a subscription with what `report` says of every interval that is decided from now on.
	fn follow<R, F>(&self, pending: PendingSubscriptionSink, report: F)
	where
		R: Serialize + Send + Sync + 'static,
		F: Fn(&C::Api, Hash, Interval) -> Result<R, ApiError> + Send + 'static,
	{
		// The stream is opened first, so that no block falls between it and the look at where we stand.
		let heads = (self.finalized_heads)();
		let client = self.client.clone();
		let start = client.info().finalized_hash;
		let mut cursor = None;
		let reports = futures::stream::once(async move { start }).chain(heads).flat_map(move |at| {
			let api = client.runtime_api();
			let mut reached = cursor;
			let news = decided(&*api, &mut reached, at).and_then(|intervals| {
				intervals.into_iter().map(|interval| report(&api, at, interval)).collect::<Result<Vec<_>, _>>()
			});
			futures::stream::iter(match news {
				Ok(news) => {
					cursor = reached;
					news
				},
				// The next block says it all, because the cursor has not moved.
				Err(error) => {
					log::warn!(target: "rpc", "block {at:?} did not answer an energy subscription: {error}");
					Vec::new()
				},
			})
		});
		spawn_subscription_task(
			&self.executor,
			PendingSubscription::from(pending).pipe_from_stream(reports.boxed(), BoundedVecDeque::new(MAX_WAITING)),
		);
	}
}

/// The intervals that were decided between the cursor and a block; the first call only sets the cursor.
fn decided<A: EnergyApi<Block, AccountId>>(
	api: &A,
	cursor: &mut Option<Cursor>,
	at: Hash,
) -> Result<Vec<Interval>, ApiError> {
	let clock = api.clock(at)?;
	let phase = |interval| Ok(api.status(at, interval)?.map(|status| status.phase));
	match cursor {
		Some(cursor) => cursor.advance(&clock, phase),
		None => {
			*cursor = Some(Cursor::new(&clock, phase)?);
			Ok(Vec::new())
		},
	}
}

/// That a page has a length that one answer can hold.
fn page(limit: u32) -> Result<u32, Error> {
	if (1..=MAX_PAGE).contains(&limit) {
		Ok(limit)
	} else {
		Err(Error::Limit(limit))
	}
}

impl<C> EnergyRpcServer for Energy<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	fn clock(&self, at: Option<Hash>) -> RpcResult<Clock> {
		self.ask(at, |api, at| api.clock(at))
	}

	fn status(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Option<Status>> {
		self.ask(at, |api, at| api.status(at, interval))
	}

	fn zones(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<ZoneView>> {
		self.ask(at, |api, at| api.zones(at, interval))
	}

	fn book(
		&self,
		interval: Interval,
		product: ProductId,
		zone: ZoneId,
		at: Option<Hash>,
	) -> RpcResult<Vec<BookLevel>> {
		self.ask(at, |api, at| api.book(at, interval, product, zone))
	}

	fn prices(&self, interval: Interval, product: ProductId, at: Option<Hash>) -> RpcResult<Vec<ZonePrice>> {
		self.ask(at, |api, at| api.prices(at, interval, product))
	}

	fn orders(
		&self,
		interval: Interval,
		product: ProductId,
		from: PointId,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<OrderView>> {
		let limit = page(limit)?;
		self.ask(at, |api, at| api.orders(at, interval, product, from, limit))
	}

	fn points(&self, from: PointId, limit: u32, at: Option<Hash>) -> RpcResult<Vec<PointView>> {
		let limit = page(limit)?;
		self.ask(at, |api, at| api.points(at, from, limit))
	}

	fn participant(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ParticipantView<AccountId>>> {
		self.ask(at, |api, at| api.participant(at, account))
	}

	fn positions(&self, account: AccountId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<PositionView>> {
		self.ask(at, |api, at| api.positions(at, account, interval))
	}

	fn statement(&self, account: AccountId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<StatementLine>> {
		self.ask(at, |api, at| api.statement(at, account, interval))
	}

	fn lines(&self, interval: Interval, from: u32, limit: u32, at: Option<Hash>) -> RpcResult<Vec<StatementLine>> {
		let limit = page(limit)?;
		self.ask(at, |api, at| api.lines(at, interval, from, limit))
	}

	fn contracts(&self, point: PointId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<Contract>> {
		self.ask(at, |api, at| api.contracts(at, point, interval))
	}

	fn statement_proof(&self, interval: Interval, index: u32, at: Option<Hash>) -> RpcResult<StatementProof> {
		self.ask(at, |api, at| api.statement_proof(at, interval, index))
	}

	fn to_draw(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<PointId>> {
		self.ask(at, |api, at| api.to_draw(at, interval))
	}

	fn conservation(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Conservation> {
		self.ask(at, |api, at| api.conservation(at, interval))
	}

	fn subscribe_prices(&self, pending: PendingSubscriptionSink) {
		self.follow(pending, |api, block, interval| {
			let status = api.status(block, interval)?;
			let products = (0..).take(status.as_ref().map_or(0, |status| status.sessions.len()));
			Ok(NewPrices {
				interval,
				block,
				outcome: status.and_then(|status| status.outcome),
				sessions: products.map(|product| api.prices(block, interval, product)).collect::<Result<_, _>>()?,
			})
		});
	}

	fn subscribe_positions(&self, pending: PendingSubscriptionSink, account: AccountId) {
		self.follow(pending, move |api, block, interval| {
			Ok(NewPositions { interval, block, positions: api.positions(block, account.clone(), interval)? })
		});
	}
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
