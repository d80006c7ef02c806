//! What the chain keeps of continuous sessions and block orders, and positions.

use crate::{
	chain::Chain,
	error::Result,
	pallet_market::{BlockOrder, Book, LimitOrder, Trader},
	storage::market as storage,
};
use busbar_primitives::{Contract, Interval, PointId, Position, ProductId, SignedWh, ZoneId};
use sp_core::H256;
use sp_runtime::AccountId32;
use std::collections::BTreeMap;

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// The book of a continuous session; `None` before its first order.
	pub async fn trading_book(&self, at: H256, session: (Interval, ProductId)) -> Result<Option<Book>> {
		self.read(at, &storage::BOOKS, session).await
	}

	/// Orders that stand in a continuous session, with their numbers.
	pub async fn limit_orders(
		&self,
		at: H256,
		session: (Interval, ProductId),
	) -> Result<Vec<(u64, LimitOrder<AccountId32>)>> {
		let orders = self.entries_of(at, &storage::LIMIT_ORDERS, session).await?;
		Ok(orders.into_iter().map(|((_, _, id), order)| (id, order)).collect())
	}

	/// What points have traded and have standing in a continuous session.
	pub async fn traders(
		&self,
		at: H256,
		session: (Interval, ProductId),
	) -> Result<Vec<(PointId, Trader<AccountId32>)>> {
		let traders = self.entries_of(at, &storage::TRADERS, session).await?;
		Ok(traders.into_iter().map(|((_, _, point), trader)| (point, trader)).collect())
	}

	/// Block orders of the span that ends with a session, with their numbers.
	pub async fn block_orders(
		&self,
		at: H256,
		session: (Interval, ProductId),
	) -> Result<Vec<(u32, BlockOrder<AccountId32>)>> {
		let orders = self.entries_of(at, &storage::BLOCK_ORDERS, session).await?;
		Ok(orders.into_iter().map(|((_, _, id), order)| (id, order)).collect())
	}

	/// What a connection point bought and sold for an interval, over all sessions.
	pub async fn position(&self, at: H256, point: PointId, interval: Interval) -> Result<Position> {
		let contracts = self.contracts(at, point, interval).await?;
		let sum = |sum: Position, one: &Contract| Position {
			bought: sum.bought.saturating_add(one.position.bought),
			sold: sum.sold.saturating_add(one.position.sold),
		};
		Ok(contracts.iter().fold(Position::default(), sum))
	}

	/// Flow of continuous trades over the link above each zone, in Wh.
	pub async fn traded_flows(&self, at: H256, interval: Interval) -> Result<BTreeMap<ZoneId, SignedWh>> {
		let flows = self.entries_of(at, &storage::TRADED_FLOWS, (interval,)).await?;
		Ok(flows.into_iter().map(|((_, zone), flow)| (zone, flow)).collect())
	}
}
