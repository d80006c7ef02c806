//! Zones, connection points, members and meters, as they are registered, and where they stand.

use anyhow::{Context, Result};
use busbar_client::{
	constants, pallet_grid, pallet_metering, sign::Signer, submit::Submitter, AccountId, Chain, RuntimeCall,
};
use busbar_primitives::{
	metering::{required_bond, Duty, MeterClass, MeterId, FULL_REPUTATION},
	Balance, Link, ParticipantId, PointId, PointKind, Watt, ZoneId,
};
use futures::future::try_join_all;
use sp_core::{ed25519, H256};
use std::collections::BTreeMap;

/// The grid operator's call that adds a zone below another one; `None` is the root.
pub fn add_zone(parent: Option<ZoneId>, link: Link) -> RuntimeCall {
	RuntimeCall::Grid(pallet_grid::Call::add_zone { parent, link })
}

/// The grid operator's call that adds a connection point, with its ratings in W.
pub fn add_point(zone: ZoneId, owner: ParticipantId, kind: PointKind, import_w: Watt, export_w: Watt) -> RuntimeCall {
	RuntimeCall::Grid(pallet_grid::Call::add_point { zone, owner, kind, import_w, export_w })
}

/// The meter operator's call that fits the main meter of a connection point, by the key that the device signs with.
pub fn fit_meter(point: PointId, device: &ed25519::Public) -> RuntimeCall {
	let (device, class, duty, from) = (device.0, MeterClass::B, Duty::Main, 0);
	RuntimeCall::Metering(pallet_metering::Call::register_meter { point, device, class, duty, from })
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
