//! What the chain keeps of continuous sessions and block orders, read from storage, and positions.

use super::{storage_prefix, Chain};
use anyhow::{Context, Result};
use busbar_primitives::{Contract, Interval, PointId, Position, ProductId, SignedWh, ZoneId};
use busbar_runtime::{
	pallet_market::{
		blocks::BlockOrder,
		continuous::{Book, LimitOrder, Trader},
		Books,
	},
	AccountId, Runtime,
};
use codec::{Decode, Encode};
use frame_support::{StorageHasher, Twox64Concat};
use sp_core::H256;
use std::collections::BTreeMap;

impl Chain {
	/// The book of a continuous session; `None` before its first order.
	pub async fn trading_book(&self, at: H256, (interval, product): (Interval, ProductId)) -> Result<Option<Book>> {
		self.storage(at, &Books::<Runtime>::hashed_key_for(interval, product)).await
	}

	/// Orders that stand in a continuous session, with their numbers.
	pub async fn limit_orders(
		&self,
		at: H256,
		session: (Interval, ProductId),
	) -> Result<Vec<(u64, LimitOrder<AccountId>)>> {
		self.numbered(at, &session_prefix("LimitOrders", session)).await
	}

	/// What points have traded and have standing in a continuous session.
	pub async fn traders(&self, at: H256, session: (Interval, ProductId)) -> Result<Vec<(PointId, Trader<AccountId>)>> {
		self.numbered(at, &session_prefix("Traders", session)).await
	}

	/// Block orders of the span that ends with a session, with their numbers.
	pub async fn block_orders(
		&self,
		at: H256,
		session: (Interval, ProductId),
	) -> Result<Vec<(u32, BlockOrder<AccountId>)>> {
		self.numbered(at, &session_prefix("BlockOrders", session)).await
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

	/// Connection points whose securities must be looked at before an interval's credits are paid.
	pub async fn points_to_draw(&self, at: H256, interval: Interval) -> Result<Vec<PointId>> {
		self.call(at, "to_draw", interval).await
	}

	/// Flow of continuous trades over the link above each zone, in Wh.
	pub async fn traded_flows(&self, at: H256, interval: Interval) -> Result<BTreeMap<ZoneId, SignedWh>> {
		self.of_interval(at, "Market", "TradedFlows", interval).await
	}

	/// What a pallet keeps of an interval by number, in a map keyed by both.
	pub async fn of_interval<K: Decode + Ord, R: Decode>(
		&self,
		at: H256,
		pallet: &str,
		item: &str,
		interval: Interval,
	) -> Result<BTreeMap<K, R>> {
		let prefix = [storage_prefix(pallet, item), Twox64Concat::hash(&interval.encode())].concat();
		Ok(self.numbered(at, &prefix).await?.into_iter().collect())
	}

	/// Values under a prefix with the number that ends their keys.
	pub(super) async fn numbered<K: Decode, R: Decode>(&self, at: H256, prefix: &[u8]) -> Result<Vec<(K, R)>> {
		let entries = self.entries::<R>(at, prefix).await?.into_iter();
		let number = |key: &[u8]| {
			// Behind the prefix: eight bytes of hash, then the number itself.
			let tail = key.get(prefix.len() + 8..).context("a storage key is too short")?;
			K::decode(&mut &tail[..]).context("a storage key ends with no number")
		};
		entries.map(|(key, value)| Ok((number(&key)?, value))).collect()
	}
}

fn session_prefix(item: &str, (interval, product): (Interval, ProductId)) -> Vec<u8> {
	let keys = [Twox64Concat::hash(&interval.encode()), Twox64Concat::hash(&product.encode())];
	[storage_prefix("Market", item), keys.concat()].concat()
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_runtime::pallet_market::{BlockOrders, LimitOrders, TradedFlows, Traders};

	#[test]
	fn keys_are_those_of_the_pallet() {
		use busbar_runtime::{
			pallet_metering::{Disputes, Readings},
			pallet_settlement::Statements,
		};
		let of_7 = |pallet, item| [storage_prefix(pallet, item), Twox64Concat::hash(&7u32.encode())].concat();
		for (key, prefix) in [
			(LimitOrders::<Runtime>::hashed_key_for((7, 1, 5)), session_prefix("LimitOrders", (7, 1))),
			(BlockOrders::<Runtime>::hashed_key_for((7, 1, 5)), session_prefix("BlockOrders", (7, 1))),
			(Traders::<Runtime>::hashed_key_for((7, 1, 5)), session_prefix("Traders", (7, 1))),
			(TradedFlows::<Runtime>::hashed_key_for(7, 5), of_7("Market", "TradedFlows")),
			(Statements::<Runtime>::hashed_key_for(7, 5), of_7("Settlement", "Statements")),
			(Readings::<Runtime>::hashed_key_for(7, 5), of_7("Metering", "Readings")),
			(Disputes::<Runtime>::hashed_key_for(7, 5), of_7("Metering", "Disputes")),
		] {
			assert!(key.starts_with(&prefix));
			assert_eq!(key[prefix.len() + 8], 5);
		}
	}
}
