//! `busbar load`: signed transactions at a stated rate, on a chain made for it.

use super::{grid::print_genesis, print_json, table};
use crate::{connection::connect, failure::Failure, Global};
use anyhow::Result;
use busbar_client::Chain;
use busbar_operations::{
	day,
	gridmodel::{Bounds, Prices},
	load::{self, Mix, Options, Process, Report, Spread},
};
use clap::{Args, Subcommand};
use std::{collections::BTreeMap, path::PathBuf};

/// Send signed transactions at a stated rate, and say how long each took
#[derive(Subcommand)]
pub enum Load {
	/// Print the genesis of a devnet on which so many members stand, each with a connection point, a meter and money
	Genesis(Genesis),
	/// Send, follow what was sent into finalised blocks, and print rates, latencies and what the nodes used
	///
	/// `scripts/load` starts the network and does both.
	Run(Run),
}

#[derive(Args)]
pub struct Members {
	/// How many members there are
	#[arg(long, default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=100_000))]
	accounts: u32,
	/// Seed of the members' identities
	#[arg(long, default_value_t = 1)]
	seed: u64,
}

#[derive(Args)]
pub struct Genesis {
	#[command(flatten)]
	members: Members,
	/// Plain chain specification of a devnet, as `busbar-node export-chain-spec` writes it, to print with these members
	#[arg(long, value_name = "FILE")]
	onto: Option<PathBuf>,
}

#[derive(Args)]
pub struct Run {
	#[command(flatten)]
	members: Members,
	/// Transactions in a second
	#[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
	rate: u32,
	/// For how long, in s
	#[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
	seconds: u32,
	/// How many orders and transfers follow each other
	#[arg(long, default_value = "order=1", value_name = "KIND=PARTS,...")]
	mix: Mix,
	/// Further node to send to, in turns with the one at --url; may be repeated
	#[arg(long, value_name = "URL")]
	node: Vec<String>,
	/// Process of this machine whose computation and memory to count; may be repeated
	#[arg(long, value_name = "NAME=PID")]
	process: Vec<Process>,
}

impl Load {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Genesis(genesis) => genesis.run(),
			Self::Run(run) => run.run(global).await,
		}
	}
}

impl Genesis {
	fn run(&self) -> Result<()> {
		let plan = load::plan(self.members.accounts as usize);
		let interval_s = Bounds::DEVNET.interval_s;
		plan.check_money(&Prices::DEVNET, interval_s, Prices::DEVNET_CEILING).map_err(Failure::from)?;
		print_genesis(day::genesis(&plan, &Prices::DEVNET, interval_s, self.members.seed)?, self.onto.as_deref())
	}
}

impl Run {
	async fn run(self, global: &Global) -> Result<()> {
		let mut nodes = vec![connect(global).await?];
		for url in &self.node {
			nodes.push(Chain::connect(url).await?);
		}
		let options = Options {
			accounts: self.members.accounts as usize,
			rate: self.rate,
			seconds: self.seconds,
			mix: self.mix,
			seed: self.members.seed,
			processes: self.process,
		};
		let quiet = global.json;
		let tell = |line: String| {
			if !quiet {
				eprintln!("{line}");
			}
		};
		let report = load::run(&options, nodes, &tell).await?;
		if global.json {
			print_json(&report)?;
		} else {
			show(&report);
		}
		if report.is_complete() {
			return Ok(());
		}
		let missing = report.submitted - report.finalised;
		Err(Failure::failed(format!("{missing} of {} transactions did not succeed", report.submitted)).into())
	}
}

fn show(report: &Report) {
	let mut counts = table(&["Transactions", "Number", "In a second, steady"], 2);
	let steady = &report.steady;
	for (name, count, rate) in [
		("submitted", report.submitted, steady.submitted),
		("accepted by a node", report.accepted, steady.accepted),
		("in a block", report.included, steady.included),
		("succeeded, in a finalised block", report.finalised, steady.finalised),
	] {
		counts.add_row([name.into(), count.to_string(), format!("{rate:.1}")]);
	}
	println!("{counts}");
	let mut spreads = table(&["From when it was due, ms", "50 %", "95 %", "99 %", "All"], 4);
	for (name, spread) in [
		("accepted by a node", report.latency.accepted),
		("in a block", report.latency.included),
		("in a finalised block", report.latency.finalised),
		("computation booked for one, in us", report.weight_us),
	] {
		let Some(Spread { p50, p95, p99, most }) = spread else { continue };
		spreads.add_row([name.into(), p50.to_string(), p95.to_string(), p99.to_string(), most.to_string()]);
	}
	println!("{spreads}");
	let mut nodes = table(&["Process", "Computation, s", "For each, us", "Memory, most, MiB"], 3);
	for node in &report.nodes {
		let each = node.cpu_us_each.map_or_else(|| "-".into(), |each| each.to_string());
		nodes.add_row([node.name.clone(), format!("{:.1}", node.cpu_s), each, node.peak_mib.to_string()]);
	}
	println!("{nodes}");
	println!(
		"{} finalised blocks with {} extrinsics; sending took {:.1} s; {} were lost.",
		report.blocks, report.extrinsics, report.sent_in_s, report.lost
	);
	let reasons = |title: &str, counts: &BTreeMap<String, u64>| {
		for (reason, count) in counts {
			println!("{title} {count}: {reason}");
		}
	};
	reasons("failed", &report.failed);
	reasons("refused", &report.refused);
}
