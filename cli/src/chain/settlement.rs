//! Securities, debts, flexibility and retailers, read from storage.

use super::{storage_prefix, Chain};
use anyhow::Result;
use busbar_primitives::{Balance, Flexibility, Interval, ParticipantId, PointId};
use busbar_runtime::{
	pallet_flexibility::{Activations, Offers},
	pallet_securities::{Backing, Debts, Secured, Security},
	pallet_settlement::{Roots, StatementRoot},
	pallet_supply::{Choices, Served},
	AccountId, Runtime,
};
use sp_core::H256;
use std::collections::BTreeMap;

/// Whom a connection point chose and who answers for it, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Retailers {
	pub chosen: Option<ParticipantId>,
	pub served: Vec<Served>,
}

impl Chain {
	/// What secures a connection point in one way.
	pub async fn security(&self, at: H256, point: PointId, backing: Backing) -> Result<Option<Security<AccountId>>> {
		self.storage(at, &Secured::<Runtime>::hashed_key_for(point, backing)).await
	}

	/// What secures connection points, all of them.
	pub async fn securities(&self, at: H256) -> Result<Vec<((PointId, Backing), Security<AccountId>)>> {
		self.pairs(at, &storage_prefix("Securities", "Secured"), [8, 8]).await
	}

	/// Whether an interval is settled; also after its records are pruned.
	pub async fn is_settled(&self, at: H256, interval: Interval) -> Result<bool> {
		let root: Option<StatementRoot> = self.storage(at, &Roots::<Runtime>::hashed_key_for(interval)).await?;
		Ok(root.is_some())
	}

	/// What a participant owes to the mutual fund, in nEUR.
	pub async fn debt(&self, at: H256, participant: ParticipantId) -> Result<Balance> {
		Ok(self.storage(at, &Debts::<Runtime>::hashed_key_for(participant)).await?.unwrap_or(0))
	}

	/// What members offer to leave in an interval.
	pub async fn offers(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Flexibility>> {
		self.of_interval(at, "Flexibility", "Offers", interval).await
	}

	/// What a member offers to leave.
	pub async fn offer(&self, at: H256, interval: Interval, point: PointId) -> Result<Option<Flexibility>> {
		self.storage(at, &Offers::<Runtime>::hashed_key_for(interval, point)).await
	}

	/// What the grid operator ordered left in an interval.
	pub async fn reductions(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Flexibility>> {
		self.of_interval(at, "Flexibility", "Activations", interval).await
	}

	/// What the grid operator ordered left.
	pub async fn reduction(&self, at: H256, interval: Interval, point: PointId) -> Result<Option<Flexibility>> {
		self.storage(at, &Activations::<Runtime>::hashed_key_for(interval, point)).await
	}

	/// A connection point's retailers.
	pub async fn retailers(&self, at: H256, point: PointId) -> Result<Retailers> {
		Ok(Retailers {
			chosen: self.storage(at, &Choices::<Runtime>::hashed_key_for(point)).await?,
			served: self.services_of(at, point).await?,
		})
	}

	/// The retailers of all connection points that have or had one.
	pub async fn all_retailers(&self, at: H256) -> Result<BTreeMap<PointId, Retailers>> {
		let mut all: BTreeMap<PointId, Retailers> = BTreeMap::new();
		for (point, chosen) in self.numbered(at, &storage_prefix("Supply", "Choices")).await? {
			all.entry(point).or_default().chosen = Some(chosen);
		}
		for (point, served) in self.services(at).await? {
			all.entry(point).or_default().served = served;
		}
		Ok(all)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::pair;
	use busbar_runtime::pallet_supply::Serving;

	#[test]
	fn keys_are_those_of_the_pallet() {
		let key = Secured::<Runtime>::hashed_key_for(7, Backing::Guarantee);
		assert!(key.starts_with(&storage_prefix("Securities", "Secured")));
		assert_eq!(pair(&key, [8, 8]).unwrap(), (7u32, Backing::Guarantee));
		for (key, pallet, item) in [
			(Choices::<Runtime>::hashed_key_for(7), "Supply", "Choices"),
			(Serving::<Runtime>::hashed_key_for(7), "Supply", "Serving"),
			(Offers::<Runtime>::hashed_key_for(9, 7), "Flexibility", "Offers"),
			(Activations::<Runtime>::hashed_key_for(9, 7), "Flexibility", "Activations"),
		] {
			assert!(key.starts_with(&storage_prefix(pallet, item)));
			assert!(key.ends_with(&[7, 0, 0, 0]));
		}
	}
}
