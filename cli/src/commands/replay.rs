//! `busbar market replay`: the market's history from events alone, compared with state.

use super::{open, print_json};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_operations::{
	case::write_json,
	replay::{self, Whole},
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

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
	let view = open(global).await?;
	let Whole { last, replay, compared, findings } = replay::whole(&view).await?;
	if let Some(path) = &options.history {
		write_json(path, &replay::history(&replay))?;
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
			counts.block_orders,
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
