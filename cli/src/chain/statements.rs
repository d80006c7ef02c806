//! What the chain keeps of connection points' settlement, read from storage for many of them at a time.

use super::{hex_of, storage_prefix, Chain, KEYS};
use anyhow::Result;
use busbar_primitives::{Interval, PointId};
use busbar_runtime::{
	pallet_metering::{Dispute, Disputes, Proven, Readings},
	pallet_settlement::{Statement, Statements},
	pallet_supply::{Served, Serving},
	AccountId, Runtime,
};
use codec::Decode;
use sp_core::H256;
use std::collections::BTreeMap;

impl Chain {
	/// Statements of those connection points that are through an interval's debit phase.
	pub async fn statements(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Statement>> {
		self.of_points(at, points, |point| Statements::<Runtime>::hashed_key_for(interval, point)).await
	}

	/// Readings of connection points that stand for an interval.
	pub async fn readings(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Proven>> {
		self.of_points(at, points, |point| Readings::<Runtime>::hashed_key_for(interval, point)).await
	}

	/// Disputes over connection points' readings of an interval.
	pub async fn disputes(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Dispute<AccountId>>> {
		self.of_points(at, points, |point| Disputes::<Runtime>::hashed_key_for(interval, point)).await
	}

	/// The retailers of all connection points that ever had one, each point's latest last.
	pub async fn services(&self, at: H256) -> Result<BTreeMap<PointId, Vec<Served>>> {
		Ok(self.numbered(at, &storage_prefix("Supply", "Serving")).await?.into_iter().collect())
	}

	/// A connection point's retailers, the latest last.
	pub async fn services_of(&self, at: H256, point: PointId) -> Result<Vec<Served>> {
		Ok(self.storage(at, &Serving::<Runtime>::hashed_key_for(point)).await?.unwrap_or_default())
	}

	async fn of_points<R: Decode>(
		&self,
		at: H256,
		points: &[PointId],
		key: impl Fn(PointId) -> Vec<u8>,
	) -> Result<BTreeMap<PointId, R>> {
		let keys: BTreeMap<Vec<u8>, PointId> = points.iter().map(|point| (key(*point), *point)).collect();
		let texts: Vec<String> = keys.keys().map(|key| hex_of(key)).collect();
		let mut found = BTreeMap::new();
		for page in texts.chunks(KEYS) {
			let values = self.values::<R>(at, page).await?;
			found.extend(values.into_iter().filter_map(|(key, value)| Some((*keys.get(&key)?, value))));
		}
		Ok(found)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn services_stand_under_the_pallets_prefix_with_the_point_last() {
		let prefix = storage_prefix("Supply", "Serving");
		let key = Serving::<Runtime>::hashed_key_for(5);
		assert!(key.starts_with(&prefix));
		// Behind the prefix eight bytes of hash, then the number.
		assert_eq!(key[prefix.len() + 8..], 5u32.to_le_bytes());
	}
}
