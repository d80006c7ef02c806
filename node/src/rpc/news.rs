//! What is told of the market when a block is final.

use super::follow::Cursor;
use crate::types::{Block, Hash};
use busbar_primitives::{
	api::{EnergyApi, PositionView, ZonePrice, MAX_ACCOUNT_POINTS, MAX_ZONES},
	Interval, Outcome,
};
use busbar_runtime::AccountId;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sp_api::ApiError;
use std::sync::Arc;

/// Makes a stream of the hashes of newly finalised blocks.
pub type FinalizedHeads = Arc<dyn Fn() -> BoxStream<'static, Hash> + Send + Sync>;

/// The market's decision on one interval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPrices {
	pub interval: Interval,
	/// The finalised block whose state this is.
	pub block: Hash,
	/// How the interval ended, over its sessions; `cleared` is false if it failed safe.
	pub outcome: Option<Outcome>,
	/// Results of all zones, for each session of the interval.
	pub sessions: Vec<Vec<ZonePrice>>,
}

/// What an account's points hold of an interval that was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPositions {
	pub interval: Interval,
	/// The finalised block whose state this is.
	pub block: Hash,
	/// Positions at all of the account's points.
	pub positions: Vec<PositionView>,
}

/// The results of an interval that was decided, page by page.
pub fn prices<A: EnergyApi<Block, AccountId>>(api: &A, block: Hash, interval: Interval) -> Result<NewPrices, ApiError> {
	let status = api.status(block, interval)?;
	let products = (0..).take(status.as_ref().map_or(0, |status| status.sessions.len()));
	let zones = status.as_ref().map_or(0, |status| status.zones);
	let session = |product| {
		let mut session = Vec::new();
		for from in (0..zones).step_by(MAX_ZONES as usize) {
			session.extend(api.prices(block, interval, product, from, MAX_ZONES)?);
		}
		Ok(session)
	};
	let sessions = products.map(session).collect::<Result<_, ApiError>>()?;
	Ok(NewPrices { interval, block, outcome: status.and_then(|status| status.outcome), sessions })
}

/// The positions of an account in an interval that was decided, page by page.
pub fn positions<A: EnergyApi<Block, AccountId>>(
	api: &A,
	block: Hash,
	interval: Interval,
	account: &AccountId,
) -> Result<NewPositions, ApiError> {
	let (mut positions, mut from) = (Vec::new(), 0);
	loop {
		let page = api.positions(block, account.clone(), interval, from, MAX_ACCOUNT_POINTS)?;
		let Some(last) = page.last() else { return Ok(NewPositions { interval, block, positions }) };
		from = last.point.saturating_add(1);
		positions.extend(page);
	}
}

/// The intervals that were decided between the cursor and a block; the first call only sets the cursor.
pub fn decided<A: EnergyApi<Block, AccountId>>(
	api: &A,
	cursor: &mut Option<Cursor>,
	at: Hash,
) -> Result<Vec<Interval>, ApiError> {
	let clock = api.clock(at)?;
	let phase = |interval| Ok(api.status(at, interval)?.map(|status| status.phase));
	match cursor {
		Some(cursor) => cursor.advance(&clock, phase),
		None => {
			*cursor = Some(Cursor::new(&clock, phase)?);
			Ok(Vec::new())
		},
	}
}
