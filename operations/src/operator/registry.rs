//! Zones, connection points, members and meters, as they are registered, and where they stand.

use super::in_bulk;
use anyhow::{Context, Result};
use busbar_client::{
	constants,
	pallet_grid::{self, NewPoint, NewZone},
	pallet_metering::{self, NewMeter},
	pallet_participants::{self, Newcomer},
	sign::Signer,
	submit::Submitter,
	AccountId, Chain,
};
use busbar_primitives::{
	metering::{required_bond, Duty, MeterClass, MeterId, FULL_REPUTATION},
	Balance, ParticipantId, PointId, Scope, ZoneId,
};
use futures::future::try_join_all;
use sp_core::{ed25519, H256};
use std::collections::BTreeMap;

/// Adds zones, each below one that stands or comes before it in the list, as the grid operator. Returns the number of
/// transactions.
///
/// # Errors
/// If the chain refuses them; all of a bulk call stand or none.
pub async fn add_zones(submitter: &Submitter, operator: &Signer, zones: Vec<NewZone>) -> Result<u64> {
	let most = submitter.chain().constant(&constants::grid::MAX_BATCH)?;
	in_bulk(submitter, operator, zones, most, |zones| pallet_grid::Call::add_zones { zones }.into()).await
}

/// Adds connection points, as the grid operator. Returns the number of transactions.
///
/// # Errors
/// If the chain refuses them; all of a bulk call stand or none.
pub async fn add_points(submitter: &Submitter, operator: &Signer, points: Vec<NewPoint>) -> Result<u64> {
	let most = submitter.chain().constant(&constants::grid::MAX_BATCH)?;
	in_bulk(submitter, operator, points, most, |points| pallet_grid::Call::add_points { points }.into()).await
}

/// Admits newcomers with their roles in all of the grid, as a membership provider. Returns the number of transactions.
///
/// # Errors
/// If the chain refuses them; all of a bulk call stand or none.
pub async fn admit(submitter: &Submitter, provider: &Signer, newcomers: Vec<Newcomer<AccountId>>) -> Result<u64> {
	let most = submitter.chain().constant(&constants::participants::MAX_BATCH)?;
	let call = |newcomers| pallet_participants::Call::register_many { newcomers, scope: Scope::Grid }.into();
	in_bulk(submitter, provider, newcomers, most, call).await
}

/// The main meter of a connection point, by the key that its device signs with. It counts from the first interval on that has
/// not opened when it is registered.
pub fn main_meter(point: PointId, device: &ed25519::Public) -> NewMeter {
	NewMeter { point, device: device.0, class: MeterClass::B, duty: Duty::Main, from: 0 }
}

/// Fits meters, as the meter operator. Returns the number of transactions.
///
/// # Errors
/// If the chain refuses them; all of a bulk call stand or none.
pub async fn fit_meters(submitter: &Submitter, operator: &Signer, meters: Vec<NewMeter>) -> Result<u64> {
	let most = submitter.chain().constant(&constants::metering::MAX_READINGS)?;
	in_bulk(submitter, operator, meters, most, |meters| pallet_metering::Call::register_meters { meters }.into()).await
}

/// The connection points in force, by owner and zone.
///
/// # Errors
/// If the node fails.
pub async fn points_by_owner(chain: &Chain, at: H256) -> Result<BTreeMap<(ParticipantId, ZoneId), PointId>> {
	let views = chain.points(at).await?;
	let in_force = views.into_iter().filter(|view| view.point.until.is_none());
	Ok(in_force.map(|view| ((view.point.owner, view.point.zone), view.id)).collect())
}

/// Places, in a list, of the connection points that have no main meter.
///
/// # Errors
/// If the node fails.
pub async fn without_meter(chain: &Chain, at: H256, points: &[PointId]) -> Result<Vec<usize>> {
	let fitted = try_join_all(points.iter().map(|point| chain.fitted(at, *point, Duty::Main))).await?;
	Ok(fitted.iter().enumerate().filter(|(_, fitted)| fitted.is_none()).map(|(place, _)| place).collect())
}

/// The main meter of each connection point.
///
/// # Errors
/// If the node fails, or one has none.
pub async fn meters_at(chain: &Chain, at: H256, points: &[PointId]) -> Result<Vec<MeterId>> {
	try_join_all(points.iter().map(|point| async move {
		let fitted = chain.fitted(at, *point, Duty::Main).await?;
		Ok(fitted.with_context(|| format!("connection point {point} has no meter"))?.meter)
	}))
	.await
}

/// What an account that attests readings has to post before it may, in nEUR.
///
/// # Errors
/// If the node fails, or the account belongs to no participant.
pub async fn missing_bond(chain: &Chain, at: H256, operator: &AccountId) -> Result<Balance> {
	let id = chain.participant(at, operator).await?.with_context(|| format!("{operator} is no participant"))?.id;
	let record = chain.operator(at, id).await?;
	let (bond, reputation) = record.map_or((0, FULL_REPUTATION), |record| (record.bond, record.reputation));
	let full = chain.constant(&constants::metering::OPERATOR_BOND)?;
	Ok(required_bond(full, reputation).saturating_sub(bond))
}

/// Posts a meter operator's bond, and waits until it is final. Returns the number of transactions.
///
/// # Errors
/// If the operator has less money, or is none.
pub async fn post_bond(submitter: &Submitter, operator: &Signer, amount: Balance) -> Result<u64> {
	if amount == 0 {
		return Ok(0);
	}
	submitter.run(operator, pallet_metering::Call::post_bond { amount }).await?;
	Ok(1)
}
