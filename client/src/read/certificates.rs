//! Certificates for renewable energy.

use crate::{
	chain::Chain,
	error::{Error, Result},
	pallet_certificates::{Certified, Pool, Supply},
	storage::certificates as storage,
};
use busbar_primitives::{certificates::Class, ParticipantId, PointId, Wh};
use sp_core::H256;
use std::collections::BTreeMap;

/// What a participant has of a class, in Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
	/// Held, and free to move or retire.
	pub held: Wh,
	/// Retired for what was consumed.
	pub retired: Wh,
	/// Issued on readings that were corrected since, and passed on already.
	pub owed: Wh,
}

/// All there is of a class, in Wh: as much was issued as is held, retired and pooled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
	/// Issued on readings.
	pub issued: Wh,
	/// Held by participants.
	pub held: Wh,
	/// Retired by participants.
	pub retired: Wh,
	/// Sold in intervals in settlement, and not with its buyers yet.
	pub pooled: Wh,
	/// As [`Account::owed`], of all.
	pub owed: Wh,
}

/// Certificates by class, and within a class by participant.
pub type Accounts = BTreeMap<(Class, ParticipantId), Account>;

impl Chain {
	/// What a connection point is certified to feed in.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn certified(&self, at: H256, point: PointId) -> Result<Option<Certified>> {
		self.read(at, &storage::SOURCES, (point,)).await
	}

	/// All certified plants.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn plants(&self, at: H256) -> Result<BTreeMap<PointId, Certified>> {
		let plants = self.entries(at, &storage::SOURCES).await?;
		Ok(plants.into_iter().map(|((point,), certified)| (point, certified)).collect())
	}

	/// What all participants have of all classes.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn certificates(&self, at: H256) -> Result<Accounts> {
		let mut all = Accounts::new();
		for (key, wh) in self.entries(at, &storage::HOLDINGS).await? {
			all.entry(key).or_default().held = wh;
		}
		for (key, wh) in self.entries(at, &storage::RETIREMENTS).await? {
			all.entry(key).or_default().retired = wh;
		}
		for (key, wh) in self.entries(at, &storage::OWED).await? {
			all.entry(key).or_default().owed = wh;
		}
		Ok(all)
	}

	/// All there is, class by class.
	///
	/// # Errors
	/// As [`Chain::read`], and if a sum is out of range.
	pub async fn supply(&self, at: H256) -> Result<BTreeMap<Class, Total>> {
		let supplies: Vec<_> = self.entries(at, &storage::SUPPLIES).await?;
		let supplies: Vec<(Class, Supply)> = supplies.into_iter().map(|((class,), supply)| (class, supply)).collect();
		let pools = self.entries(at, &storage::POOLS).await?;
		let accounts = self.certificates(at).await?;
		total(&supplies, &accounts, pools.into_iter().map(|(_, pool)| pool))
			.ok_or(Error::Overflow("a sum of certificates is too great"))
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
	use busbar_primitives::certificates::Source;

	const CLASS: Class = Class { source: Source::Wind, zone: 5, period: 2 };

	#[test]
	fn what_is_held_retired_and_pooled_adds_up_by_class() {
		let other = Class { period: 3, ..CLASS };
		let account = |held, retired, owed| Account { held, retired, owed };
		let accounts = [
			((CLASS, ParticipantId([1; 16])), account(10, 4, 0)),
			((CLASS, ParticipantId([2; 16])), account(3, 0, 1)),
			((other, ParticipantId([1; 16])), account(7, 0, 0)),
		];
		let pool = |left| Pool { classes: vec![(CLASS, 9, left)], bought: 0 };
		let supplies = [(CLASS, Supply { issued: 22, retired: 4 }), (other, Supply { issued: 7, retired: 0 })];
		let all = total(&supplies, &accounts.into(), [pool(3), pool(2)].into_iter()).unwrap();
		assert_eq!(all[&CLASS], Total { issued: 22, held: 13, retired: 4, pooled: 5, owed: 1 });
		assert_eq!(all[&other], Total { issued: 7, held: 7, ..Total::default() });
	}
}
