//! A chain's whole history.

use super::{
	compare::{self, Compared},
	Replay,
};
use crate::view::View;
use anyhow::{Context, Result};
use busbar_client::{constants, Chain, Events};
use futures::{stream, StreamExt, TryStreamExt};
use serde_json::{json, Value};

/// Blocks whose events are asked for at a time.
const AHEAD: usize = 16;

/// What the events of all blocks up to one came to.
pub struct Whole {
	/// The last block.
	pub last: u32,
	/// What was rebuilt.
	pub replay: Replay,
	/// How much of it was compared with the last block's state.
	pub compared: Compared,
	/// What contradicts itself or differs, in words.
	pub findings: Vec<String>,
}

/// Reads the events of every block up to a view's, rebuilds the market and compares it with that block's state.
///
/// # Errors
/// If the node fails, or no longer keeps the state of a block.
pub async fn whole(view: &View) -> Result<Whole> {
	let last = view.chain.header(view.at).await?.number;
	let (interval_s, most_zones) = (view.clock.interval_s, view.chain.constant(&constants::market::MAX_ZONES)?);
	// A grid that stands at genesis was added by no event.
	let start = view.chain.genesis();
	let points = view.chain.points(start).await.with_context(|| gone(0))?;
	let count = points.last().map_or(0, |point| point.id.saturating_add(1));
	let mut replay = Replay::new(interval_s, most_zones).with_grid(&view.chain.zones(start, 0).await?, count);
	let mut findings = Vec::new();
	let mut blocks = stream::iter(1..=last).map(|number| block(&view.chain, number)).buffered(AHEAD);
	while let Some((number, events)) = blocks.try_next().await? {
		for pallet in ["Grid", "Market"] {
			events.ensure_all_of(pallet)?;
		}
		for record in &events.records {
			let wrong = replay.apply(&record.event).err();
			findings.extend(wrong.map(|what| format!("block {number}: {what}")));
		}
	}
	let (compared, differs) = compare::state(&replay, &view.chain, view.at).await?;
	findings.extend(differs);
	Ok(Whole { last, replay, compared, findings })
}

/// A block's events.
async fn block(chain: &Chain, number: u32) -> Result<(u32, Events)> {
	let hash = chain.block_hash(number).await?.with_context(|| format!("{} has no block {number}", chain.url()))?;
	let events = chain.events(hash).await.with_context(|| gone(number))?;
	Ok((number, events))
}

fn gone(number: u32) -> String {
	format!("the events of block {number} are not to be had; ask a node that runs with --state-pruning archive")
}

/// The history, session by session with orders and results.
pub fn history(replay: &Replay) -> Value {
	let sessions = replay.sessions.iter().map(|((interval, product), session)| {
		json!({ "interval": interval, "product": product, "pruned": replay.pruned.contains(interval), "session": session })
	});
	sessions.collect()
}
