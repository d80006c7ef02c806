//! `busbar market replay`: the market's history from events alone, compared with state.

use super::{market::write_json, print_json, View};
use crate::{
	failure::Failure,
	replay::{compare, Replay},
	Global,
};
use anyhow::{Context, Result};
use busbar_client::{constants, Chain, Events};
use clap::Args;
use futures::{stream, StreamExt, TryStreamExt};
use serde_json::{json, Value};
use std::path::PathBuf;

/// Blocks whose events are asked for at a time.
const AHEAD: usize = 16;
/// Findings that are printed for a person.
const SHOWN: usize = 20;

#[derive(Args)]
pub struct Options {
	/// Write the history, session by session with orders and results, to this file, as JSON
	#[arg(long, value_name = "FILE")]
	history: Option<PathBuf>,
}

/// Reads the events of every block up to the newest finalised one, rebuilds the market and compares it with that block's
/// state.
///
/// # Errors
/// Exit code 1 if anything differs, or the node no longer keeps the state of a block.
pub async fn run(options: &Options, global: &Global) -> Result<()> {
	let view = View::open(global).await?;
	let last = view.chain.header(view.at).await?.number;
	let mut replay = Replay::new(view.clock.interval_s, view.chain.constant(&constants::market::MAX_ZONES)?);
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
	if let Some(path) = &options.history {
		write_json(path, &history(&replay))?;
	}
	let counts = &replay.counts;
	if global.json {
		print_json(&json!({ "blocks": last, "events": counts, "compared": compared, "differences": findings }))?;
	} else {
		println!(
			"{last} blocks: {} orders placed, {} replaced, {} cancelled; {} block orders; {} limit orders, {} trades; {} sessions opened, \
			 {} cleared, {} failed safe; {} intervals skipped, {} pruned.",
			counts.placed,
			counts.replaced,
			counts.cancelled,
			counts.blocks,
			counts.submitted,
			counts.trades,
			replay.sessions.len(),
			counts.cleared,
			counts.failed,
			counts.skipped,
			counts.pruned
		);
		println!(
			"Compared with the state of block {last}: {} intervals, {} sessions, {} orders, {} block orders, {} limit \
			 orders, {} zone results, {} positions.",
			compared.intervals,
			compared.sessions,
			compared.orders,
			compared.block_orders,
			compared.limit_orders,
			compared.zone_results,
			compared.positions
		);
		findings.iter().take(SHOWN).for_each(|what| println!("{what}"));
	}
	match findings.len() {
		0 => Ok(()),
		differences => Err(Failure::failed(format!("{differences} differences between events and state")).into()),
	}
}

/// A block's events.
async fn block(chain: &Chain, number: u32) -> Result<(u32, Events)> {
	let hash = chain.block_hash(number).await?.with_context(|| format!("{} has no block {number}", chain.url()))?;
	let events = chain.events(hash).await.with_context(|| {
		format!("the events of block {number} are not to be had; ask a node that runs with --state-pruning archive")
	})?;
	Ok((number, events))
}

fn history(replay: &Replay) -> Value {
	let sessions = replay.sessions.iter().map(|((interval, product), session)| {
		json!({ "interval": interval, "product": product, "pruned": replay.pruned.contains(interval), "session": session })
	});
	sessions.collect()
}
