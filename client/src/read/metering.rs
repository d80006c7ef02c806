//! What metering keeps: datasets, readings, disputes, meters, operators.

use crate::{
	chain::Chain,
	error::Result,
	pallet_metering::{Dataset, Dispute, Fitted, Operator, Proven},
	storage::metering as storage,
};
use busbar_primitives::{metering::Duty, Interval, ParticipantId, PointId};
use sp_core::H256;
use sp_runtime::AccountId32;
use std::collections::BTreeMap;

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// What an operator attested for an interval.
	pub async fn dataset(&self, at: H256, interval: Interval, operator: ParticipantId) -> Result<Option<Dataset>> {
		self.read(at, &storage::DATASETS, (interval, operator)).await
	}

	/// What all operators attested for an interval.
	pub async fn datasets(&self, at: H256, interval: Interval) -> Result<Vec<(ParticipantId, Dataset)>> {
		let datasets = self.entries_of(at, &storage::DATASETS, (interval,)).await?;
		Ok(datasets.into_iter().map(|((_, operator), dataset)| (operator, dataset)).collect())
	}

	/// Who says that it holds an interval's dataset of this content.
	pub async fn holders(&self, at: H256, interval: Interval, content: H256) -> Result<Vec<ParticipantId>> {
		Ok(self.read(at, &storage::HOLDERS, (interval, content)).await?.unwrap_or_default())
	}

	/// Where a participant's store is, if it says so.
	pub async fn store_of(&self, at: H256, participant: ParticipantId) -> Result<Option<String>> {
		let url = self.read(at, &storage::STORES, (participant,)).await?;
		Ok(url.map(|url| String::from_utf8_lossy(&url).into_owned()))
	}

	/// All readings that stand for an interval.
	pub async fn all_readings(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Proven>> {
		let readings = self.entries_of(at, &storage::READINGS, (interval,)).await?;
		Ok(readings.into_iter().map(|((_, point), reading)| (point, reading)).collect())
	}

	/// All disputes over an interval's readings.
	pub async fn all_disputes(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Dispute<AccountId32>>> {
		let disputes = self.entries_of(at, &storage::DISPUTES, (interval,)).await?;
		Ok(disputes.into_iter().map(|((_, point), dispute)| (point, dispute)).collect())
	}

	/// Readings of connection points that stand for an interval.
	pub async fn readings(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Proven>> {
		let keys = points.iter().map(|point| (interval, *point));
		let found = self.read_all(at, &storage::READINGS, keys).await?;
		Ok(found.into_iter().map(|((_, point), reading)| (point, reading)).collect())
	}

	/// Disputes over connection points' readings of an interval.
	pub async fn disputes(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Dispute<AccountId32>>> {
		let keys = points.iter().map(|point| (interval, *point));
		let found = self.read_all(at, &storage::DISPUTES, keys).await?;
		Ok(found.into_iter().map(|((_, point), dispute)| (point, dispute)).collect())
	}

	/// The meter that is fitted at a connection point for a duty.
	pub async fn fitted(&self, at: H256, point: PointId, duty: Duty) -> Result<Option<Fitted>> {
		self.read(at, &storage::FITTED_METERS, (point, duty)).await
	}

	/// A second attester's bond and reputation.
	pub async fn operator(&self, at: H256, id: ParticipantId) -> Result<Option<Operator<AccountId32>>> {
		self.read(at, &storage::OPERATORS, (id,)).await
	}
}
