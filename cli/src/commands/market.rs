//! `busbar market export`: a cleared session as files. `busbar market replay`: see [`replay`].

use super::{open, print_json, replay};
use crate::Global;
use anyhow::Result;
use busbar_operations::{case::write_json, cleared::Cleared};
use busbar_primitives::{Interval, ProductId};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// What the chain's market decided
#[derive(Subcommand)]
pub enum Market {
	/// Write a cleared session as a case file and a result file, for `busbar clear` and `busbar check`
	Export(Export),
	/// Rebuild the market's whole history from events alone, and compare it with state
	Replay(replay::Options),
}

#[derive(Args)]
pub struct Export {
	/// Interval [default: the newest that was cleared]
	#[arg(long)]
	interval: Option<Interval>,
	/// Product: its place in the interval's list
	#[arg(long, default_value_t = 0)]
	product: ProductId,
	/// Case file to write
	#[arg(long, value_name = "FILE")]
	case: PathBuf,
	/// Result file to write
	#[arg(long, value_name = "FILE")]
	result: PathBuf,
}

impl Market {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Export(export) => export.run(global).await,
			Self::Replay(options) => replay::run(&options, global).await,
		}
	}
}

impl Export {
	async fn run(self, global: &Global) -> Result<()> {
		let export = self;
		let view = open(global).await?;
		let interval = view.cleared_interval(export.interval).await?;
		let cleared = Cleared::read(&view.chain, view.at, interval, export.product).await?;
		write_json(&export.case, &cleared.case())?;
		write_json(&export.result, &cleared.result()?)?;
		if global.json {
			return print_json(&json!({
				"interval": interval, "product": export.product, "case": export.case, "result": export.result,
			}));
		}
		println!(
			"Interval {interval}, product {}: {} zones and {} orders in {}, their result in {}.",
			export.product,
			cleared.zones.len(),
			cleared.orders.len(),
			export.case.display(),
			export.result.display()
		);
		Ok(())
	}
}
