//! The `energy_*` methods: the market as JSON.
//!
//! Every method takes the hash of a block as its last argument and answers for that block's state; without it, for the
//! best block's. Energy, power, prices, fees, times and counts are JSON numbers (exact in the text; a JavaScript client
//! reads them exactly up to 2^53 - 1, far above any real grid). Money, in nEUR, is a decimal string, because it passes
//! that bound at 9 million EUR. Accounts are SS58 addresses, hashes and keys hexadecimal strings, participants UUIDs.
//!
//! What a connection reads by these methods is bounded beside the rate of its calls ([`super::reading`]).
//!
//! Subscriptions follow finalised blocks: what they report is never taken back, and each interval is reported once. One
//! follower serves all of them ([`super::hub`]).

// What a call takes is the interface.
#![allow(clippy::too_many_arguments)]

use super::{
	hub::{Hub, Topic},
	news::FinalizedHeads,
	reading::Reading,
};
use crate::types::{Block, Hash};
use busbar_primitives::{
	api::{
		BookLevel, Clock, Conservation, EnergyApi, OrderView, ParticipantView, PointView, PositionView, SecurityView,
		StatementLine, Status, ZonePrice, MAX_ACCOUNT_POINTS, MAX_LINES, MAX_ORDERS, MAX_PAGE, MAX_ZONES,
	},
	Contract, Interval, PointId, Price, ProductId, StatementProof, ZoneId, ZoneView,
};
use busbar_runtime::AccountId;
use futures::StreamExt;
use jsonrpsee::{
	core::{async_trait, RpcResult, SubscriptionResult},
	proc_macros::rpc,
	types::{
		error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE},
		ErrorObjectOwned,
	},
	Extensions, PendingSubscriptionSink,
};
use sc_client_api::BlockchainEvents;
use sc_rpc::SubscriptionTaskExecutor;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// Why a method has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The block is not known to this node.
	#[error("block {0:?} is not known to this node")]
	UnknownBlock(Hash),
	/// More entries were asked for than one answer lists, or none.
	#[error("limit is {limit}, but must be between 1 and {most}: ask for more in pages")]
	Limit { limit: u32, most: u32 },
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
			Error::Limit { .. } => INVALID_PARAMS_CODE,
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
	#[method(name = "clock", blocking, with_extensions)]
	fn clock(&self, at: Option<Hash>) -> RpcResult<Clock>;

	/// Where an interval stands; `null` if it has not opened or is pruned.
	#[method(name = "status", blocking, with_extensions)]
	fn status(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Option<Status>>;

	/// The tree of an interval with the link terms in force, in ascending order of zones: those of the `limit` zones numbered
	/// `from` and following, by default from 0 and as many as may be, which are [`MAX_ZONES`].
	#[method(name = "zones", blocking, with_extensions)]
	fn zones(
		&self,
		interval: Interval,
		from: Option<ZoneId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<ZoneView>>;

	/// Depth of a session's book in a zone, in ascending order of prices: the lowest `limit` levels, by default as many as may
	/// be, which are [`MAX_PAGE`], of all or of those at the price `from` and above.
	#[method(name = "book", blocking, with_extensions)]
	fn book(
		&self,
		interval: Interval,
		product: ProductId,
		zone: ZoneId,
		from: Option<Price>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<BookLevel>>;

	/// A session's results of zones, in pages as those of `zones`; empty before it has ended.
	#[method(name = "prices", blocking, with_extensions)]
	fn prices(
		&self,
		interval: Interval,
		product: ProductId,
		from: Option<ZoneId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<ZonePrice>>;

	/// The orders of a session at the `limit` points numbered `from` and following, at most [`MAX_ORDERS`].
	#[method(name = "orders", blocking, with_extensions)]
	fn orders(
		&self,
		interval: Interval,
		product: ProductId,
		from: PointId,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<OrderView>>;

	/// Up to `limit` connection points numbered `from` and following, at most [`MAX_PAGE`].
	#[method(name = "points", blocking, with_extensions)]
	fn points(&self, from: PointId, limit: u32, at: Option<Hash>) -> RpcResult<Vec<PointView>>;

	/// The participant that an account belongs to, or `null`.
	#[method(name = "participant", blocking, with_extensions)]
	fn participant(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ParticipantView<AccountId>>>;

	/// Positions at the first `limit` of an account's points that are numbered `from` or above, by default from 0 and as many as
	/// may be, which are [`MAX_ACCOUNT_POINTS`].
	#[method(name = "positions", blocking, with_extensions)]
	fn positions(
		&self,
		account: AccountId,
		interval: Interval,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<PositionView>>;

	/// Statement lines at an account's points, in pages as those of `positions`.
	#[method(name = "statement", blocking, with_extensions)]
	fn statement(
		&self,
		account: AccountId,
		interval: Interval,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<StatementLine>>;

	/// Up to `limit` statement lines of an interval from leaf `from` on, at most [`MAX_LINES`].
	#[method(name = "lines", blocking, with_extensions)]
	fn lines(&self, interval: Interval, from: u32, limit: u32, at: Option<Hash>) -> RpcResult<Vec<StatementLine>>;

	/// What a connection point bought and sold, session by session.
	#[method(name = "contracts", blocking, with_extensions)]
	fn contracts(&self, point: PointId, interval: Interval, at: Option<Hash>) -> RpcResult<Vec<Contract>>;

	/// One statement line with its proof under the interval's statement root, or why there is none.
	#[method(name = "statementProof", blocking, with_extensions)]
	fn statement_proof(&self, interval: Interval, index: u32, at: Option<Hash>) -> RpcResult<StatementProof>;

	/// Those of the `limit` points numbered `from` and following, at most [`MAX_PAGE`], that `settlement.draw` must still name.
	#[method(name = "toDraw", blocking, with_extensions)]
	fn to_draw(&self, interval: Interval, from: PointId, limit: u32, at: Option<Hash>) -> RpcResult<Vec<PointId>>;

	/// What must balance, of an interval and of the whole.
	#[method(name = "conservation", blocking, with_extensions)]
	fn conservation(&self, interval: Interval, at: Option<Hash>) -> RpcResult<Conservation>;

	/// What secures an account's points and what of that is used, in pages as those of `positions`, from the first point on by
	/// default.
	#[method(name = "securities", blocking, with_extensions)]
	fn securities(
		&self,
		account: AccountId,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<SecurityView>>;

	/// What secures a connection point, and what of that is used; `null` of a coupling, which needs no security, and of a point that
	/// there is not.
	#[method(name = "security", blocking, with_extensions)]
	fn security(&self, point: PointId, at: Option<Hash>) -> RpcResult<Option<SecurityView>>;

	/// Results of every interval as it is decided, from now on.
	#[subscription(
		name = "subscribePrices" => "newPrices",
		unsubscribe = "unsubscribePrices",
		item = super::news::NewPrices
	)]
	async fn subscribe_prices(&self) -> SubscriptionResult;

	/// Positions of an account in every interval as it is decided, from now on.
	#[subscription(
		name = "subscribePositions" => "newPositions",
		unsubscribe = "unsubscribePositions",
		item = super::news::NewPositions
	)]
	async fn subscribe_positions(&self, account: AccountId) -> SubscriptionResult;
}

/// Serves the `energy_*` methods from a client.
pub struct Energy<C> {
	client: Arc<C>,
	hub: Hub<C>,
	reading: Reading,
}

impl<C> Energy<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	/// Serves from `client`; `executor` follows the chain for the subscriptions.
	pub fn new(client: Arc<C>, executor: SubscriptionTaskExecutor) -> Self {
		let events = client.clone();
		let finalized_heads: FinalizedHeads =
			Arc::new(move || events.finality_notification_stream().map(|finalized| finalized.hash).boxed());
		Self::over(client, finalized_heads, executor)
	}
}

impl<C> Energy<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	fn over(client: Arc<C>, finalized_heads: FinalizedHeads, executor: SubscriptionTaskExecutor) -> Self {
		Self { hub: Hub::new(client.clone(), finalized_heads, executor), client, reading: Reading::default() }
	}

	/// Asks the runtime at a block, the best one by default, for so many keys by the connection of a call.
	fn ask<R>(
		&self,
		(call, keys): (&Extensions, u64),
		at: Option<Hash>,
		ask: impl FnOnce(&C::Api, Hash) -> Result<R, ApiError>,
	) -> RpcResult<R> {
		self.reading.take(call, keys)?;
		let at = match at {
			Some(at) => {
				self.client.header(at).map_err(Error::from)?.ok_or(Error::UnknownBlock(at))?;
				at
			},
			None => self.client.info().best_hash,
		};
		Ok(ask(&self.client.runtime_api(), at).map_err(|source| Error::Runtime { at, source })?)
	}
}

/// That a page has a length that one answer can hold.
fn page(limit: u32, most: u32) -> Result<u32, Error> {
	if (1..=most).contains(&limit) {
		Ok(limit)
	} else {
		Err(Error::Limit { limit, most })
	}
}

/// A page that begins at 0 and is as long as may be, unless it is said otherwise.
fn page_from(from: Option<u32>, limit: Option<u32>, most: u32) -> Result<(u32, u32), Error> {
	Ok((from.unwrap_or(0), page(limit.unwrap_or(most), most)?))
}

/// A page of an account's points, and the keys that it reads.
fn page_of_account(from: Option<PointId>, limit: Option<u32>) -> Result<(PointId, u32, u64), Error> {
	let (from, limit) = page_from(from, limit, MAX_ACCOUNT_POINTS)?;
	Ok((from, limit, u64::from(limit).saturating_mul(POSITION).saturating_add(ACCOUNT)))
}

/// Keys of what has no pages, about.
const FEW: u64 = 32;
/// Keys that a zone of a tree takes: its record and what was published for it.
const ZONE: u64 = 2;
/// Zones whose results one key holds.
const ZONES_OF_RESULT: u64 = 32;
/// Keys that what was accepted of an order takes, whose steps stand in queues of sums.
const ORDER: u64 = 32;
/// Keys of the points that an account has, of which an answer looks at no more.
const ACCOUNT: u64 = 1_024;
/// Keys that a point's position or statement takes, about, in as many sessions as there may be.
const POSITION: u64 = 16;
/// Keys that a point takes of which is looked whether it must be drawn.
const DRAW: u64 = 4;
/// Keys of one line and the hashes that prove it.
const PROOF: u64 = 768;

#[async_trait]
impl<C> EnergyRpcServer for Energy<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	fn clock(&self, call: &Extensions, at: Option<Hash>) -> RpcResult<Clock> {
		self.ask((call, FEW), at, |api, at| api.clock(at))
	}

	fn status(&self, call: &Extensions, interval: Interval, at: Option<Hash>) -> RpcResult<Option<Status>> {
		self.ask((call, FEW), at, |api, at| api.status(at, interval))
	}

	fn zones(
		&self,
		call: &Extensions,
		interval: Interval,
		from: Option<ZoneId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<ZoneView>> {
		let (from, limit) = page_from(from, limit, MAX_ZONES)?;
		self.ask((call, u64::from(limit).saturating_mul(ZONE)), at, |api, at| api.zones(at, interval, from, limit))
	}

	fn book(
		&self,
		call: &Extensions,
		interval: Interval,
		product: ProductId,
		zone: ZoneId,
		from: Option<Price>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<BookLevel>> {
		let limit = page(limit.unwrap_or(MAX_PAGE), MAX_PAGE)?;
		self.ask((call, limit.into()), at, |api, at| api.book(at, interval, product, zone, from, limit))
	}

	fn prices(
		&self,
		call: &Extensions,
		interval: Interval,
		product: ProductId,
		from: Option<ZoneId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<ZonePrice>> {
		let (from, limit) = page_from(from, limit, MAX_ZONES)?;
		let keys = u64::from(limit).div_ceil(ZONES_OF_RESULT).saturating_add(1);
		self.ask((call, keys), at, |api, at| api.prices(at, interval, product, from, limit))
	}

	fn orders(
		&self,
		call: &Extensions,
		interval: Interval,
		product: ProductId,
		from: PointId,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<OrderView>> {
		let limit = page(limit, MAX_ORDERS)?;
		self.ask((call, u64::from(limit).saturating_mul(ORDER)), at, |api, at| {
			api.orders(at, interval, product, from, limit)
		})
	}

	fn points(&self, call: &Extensions, from: PointId, limit: u32, at: Option<Hash>) -> RpcResult<Vec<PointView>> {
		let limit = page(limit, MAX_PAGE)?;
		self.ask((call, limit.into()), at, |api, at| api.points(at, from, limit))
	}

	fn participant(
		&self,
		call: &Extensions,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Option<ParticipantView<AccountId>>> {
		self.ask((call, ACCOUNT), at, |api, at| api.participant(at, account))
	}

	fn positions(
		&self,
		call: &Extensions,
		account: AccountId,
		interval: Interval,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<PositionView>> {
		let (from, limit, keys) = page_of_account(from, limit)?;
		self.ask((call, keys), at, |api, at| api.positions(at, account, interval, from, limit))
	}

	fn statement(
		&self,
		call: &Extensions,
		account: AccountId,
		interval: Interval,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<StatementLine>> {
		let (from, limit, keys) = page_of_account(from, limit)?;
		self.ask((call, keys), at, |api, at| api.statement(at, account, interval, from, limit))
	}

	fn lines(
		&self,
		call: &Extensions,
		interval: Interval,
		from: u32,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<StatementLine>> {
		let limit = page(limit, MAX_LINES)?;
		self.ask((call, limit.into()), at, |api, at| api.lines(at, interval, from, limit))
	}

	fn contracts(
		&self,
		call: &Extensions,
		point: PointId,
		interval: Interval,
		at: Option<Hash>,
	) -> RpcResult<Vec<Contract>> {
		self.ask((call, FEW), at, |api, at| api.contracts(at, point, interval))
	}

	fn statement_proof(
		&self,
		call: &Extensions,
		interval: Interval,
		index: u32,
		at: Option<Hash>,
	) -> RpcResult<StatementProof> {
		self.ask((call, PROOF), at, |api, at| api.statement_proof(at, interval, index))
	}

	fn to_draw(
		&self,
		call: &Extensions,
		interval: Interval,
		from: PointId,
		limit: u32,
		at: Option<Hash>,
	) -> RpcResult<Vec<PointId>> {
		let limit = page(limit, MAX_PAGE)?;
		self.ask((call, u64::from(limit).saturating_mul(DRAW)), at, |api, at| api.to_draw(at, interval, from, limit))
	}

	fn conservation(&self, call: &Extensions, interval: Interval, at: Option<Hash>) -> RpcResult<Conservation> {
		self.ask((call, FEW), at, |api, at| api.conservation(at, interval))
	}

	fn securities(
		&self,
		call: &Extensions,
		account: AccountId,
		from: Option<PointId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<SecurityView>> {
		let (from, limit, keys) = page_of_account(from, limit)?;
		self.ask((call, keys), at, |api, at| api.securities(at, account, from, limit))
	}

	fn security(&self, call: &Extensions, point: PointId, at: Option<Hash>) -> RpcResult<Option<SecurityView>> {
		self.ask((call, FEW), at, |api, at| api.security(at, point))
	}

	async fn subscribe_prices(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
		Ok(self.hub.serve(pending, Topic::Prices).await?)
	}

	async fn subscribe_positions(&self, pending: PendingSubscriptionSink, account: AccountId) -> SubscriptionResult {
		Ok(self.hub.serve(pending, Topic::Positions(account)).await?)
	}
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
