//! What the chain keeps of certificates for renewable energy, read from storage.

use super::{storage_prefix, Chain};
use anyhow::{Context, Result};
use busbar_primitives::{certificates::Class, Interval, ParticipantId, PointId, Wh};
use busbar_runtime::{
	pallet_certificates::{Certified, Pool, Sources, Supply},
	Runtime,
};
use sp_core::H256;
use std::collections::BTreeMap;

/// What a participant has of a class, in Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
	pub held: Wh,
	pub retired: Wh,
	/// Issued on readings that were corrected since, and passed on already.
	pub owed: Wh,
}

/// All there is of a class, in Wh: as much was issued as is held, retired and pooled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
	pub issued: Wh,
	pub held: Wh,
	pub retired: Wh,
	/// Sold in intervals in settlement, and not with its buyers yet.
	pub pooled: Wh,
	pub owed: Wh,
}

/// Certificates by class, and within a class by participant.
pub type Accounts = BTreeMap<(Class, ParticipantId), Account>;

impl Chain {
	/// What a connection point is certified to feed in.
	pub async fn certified(&self, at: H256, point: PointId) -> Result<Option<Certified>> {
		self.storage(at, &Sources::<Runtime>::hashed_key_for(point)).await
	}

	/// All certified plants.
	pub async fn plants(&self, at: H256) -> Result<BTreeMap<PointId, Certified>> {
		let plants = self.numbered(at, &storage_prefix("Certificates", "Sources")).await?;
		Ok(plants.into_iter().collect())
	}

	/// What all participants have of all classes.
	pub async fn certificates(&self, at: H256) -> Result<Accounts> {
		let mut all = Accounts::new();
		let items: [(&str, fn(&mut Account) -> &mut Wh); 3] = [
			("Holdings", |account| &mut account.held),
			("Retirements", |account| &mut account.retired),
			("Owed", |account| &mut account.owed),
		];
		for (item, part) in items {
			for (key, wh) in self.pairs(at, &storage_prefix("Certificates", item), [8, 16]).await? {
				*part(all.entry(key).or_default()) = wh;
			}
		}
		Ok(all)
	}

	/// All there is, class by class.
	///
	/// # Errors
	/// If the node fails, or a sum is out of range.
	pub async fn supply(&self, at: H256) -> Result<BTreeMap<Class, Total>> {
		let supplies: Vec<(Class, Supply)> = self.numbered(at, &storage_prefix("Certificates", "Supplies")).await?;
		let pools: Vec<(Interval, Pool)> = self.numbered(at, &storage_prefix("Certificates", "Pools")).await?;
		let accounts = self.certificates(at).await?;
		total(&supplies, &accounts, pools.into_iter().map(|(_, pool)| pool))
			.context("a sum of certificates is too great")
	}
}

/// Adds up; `None` beyond the range of energy.
fn total(
	supplies: &[(Class, Supply)],
	accounts: &Accounts,
	pools: impl Iterator<Item = Pool>,
) -> Option<BTreeMap<Class, Total>> {
	let mut all: BTreeMap<Class, Total> = BTreeMap::new();
	for (class, supply) in supplies {
		all.entry(*class).or_default().issued = supply.issued;
	}
	for ((class, _), account) in accounts {
		let sum = all.entry(*class).or_default();
		sum.held = sum.held.checked_add(account.held)?;
		sum.retired = sum.retired.checked_add(account.retired)?;
		sum.owed = sum.owed.checked_add(account.owed)?;
	}
	for (class, _, left) in pools.flat_map(|pool| pool.classes) {
		let sum = all.entry(class).or_default();
		sum.pooled = sum.pooled.checked_add(left)?;
	}
	Some(all)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::pair;
	use busbar_primitives::certificates::Source;
	use busbar_runtime::pallet_certificates::{Holdings, Owed, Retirements, Supplies};
	use codec::Encode;

	const CLASS: Class = Class { source: Source::Wind, zone: 5, period: 2 };

	#[test]
	fn keys_are_those_of_the_pallet() {
		let participant = ParticipantId([9; 16]);
		for (key, item) in [
			(Holdings::<Runtime>::hashed_key_for(CLASS, participant), "Holdings"),
			(Retirements::<Runtime>::hashed_key_for(CLASS, participant), "Retirements"),
			(Owed::<Runtime>::hashed_key_for(CLASS, participant), "Owed"),
		] {
			assert!(key.starts_with(&storage_prefix("Certificates", item)));
			assert_eq!(pair(&key, [8, 16]).unwrap(), (CLASS, participant));
		}
		assert!(Supplies::<Runtime>::hashed_key_for(CLASS).ends_with(&CLASS.encode()));
	}

	#[test]
	fn what_is_held_retired_and_pooled_adds_up_by_class() {
		let other = Class { period: 3, ..CLASS };
		let account = |held, retired, owed| Account { held, retired, owed };
		let accounts = [
			((CLASS, ParticipantId([1; 16])), account(10, 4, 0)),
			((CLASS, ParticipantId([2; 16])), account(3, 0, 1)),
			((other, ParticipantId([1; 16])), account(7, 0, 0)),
		];
		let pool = |left| Pool { classes: vec![(CLASS, 9, left)].try_into().unwrap(), bought: 0 };
		let supplies = [(CLASS, Supply { issued: 22, retired: 4 }), (other, Supply { issued: 7, retired: 0 })];
		let all = total(&supplies, &accounts.into(), [pool(3), pool(2)].into_iter()).unwrap();
		assert_eq!(all[&CLASS], Total { issued: 22, held: 13, retired: 4, pooled: 5, owed: 1 });
		assert_eq!(all[&other], Total { issued: 7, held: 7, ..Total::default() });
	}
}
