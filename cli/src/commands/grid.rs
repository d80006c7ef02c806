//! `busbar grid`: the zone tree, its links and its connection points, and those that are proposed.

mod proposals;

use super::{open, print_json, table};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_operations::{
	day,
	gridmodel::{Bounds, DataSet, Day, Plan, Prices},
};
use busbar_primitives::{Interval, Watt};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Look at the grid; accept or end connection points that are proposed
#[derive(Subcommand)]
pub enum Grid {
	/// Show zones, links and connection points as an interval sees them
	Show(Show),
	/// Show connection points that operators of parts of the grid propose, yours or those that you made
	Proposals(proposals::Proposals),
	/// Accept a connection point that was proposed to you: from then on it is yours, and so is what it draws
	Accept(proposals::End),
	/// End a proposal: as who would own the point, who proposed it or operates its zone, or as anybody once its time is over
	Withdraw(proposals::End),
	/// Print the genesis of a devnet on which a data set's grid and members stand from the first interval on
	///
	/// A JSON patch to the genesis of the preset `devnet`: zones, connection points, members, meters, money, deposits and margins. With
	/// `--onto`, the whole chain specification, from which nodes start.
	Genesis(Genesis),
	/// Print the zones and links of a data set, as the file of a consortium's grid has them
	Zones(Zones),
}

#[derive(Args)]
pub struct Zones {
	/// Folder with a grid in SimBench's CSV form [default: the built-in simbench-lv-rural2]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
}

impl Zones {
	fn run(&self) -> Result<()> {
		let data = DataSet::load(self.data.as_deref(), Day::Summer).map_err(Failure::from)?;
		let plan = Plan::build(&data, &Bounds::DEVNET).map_err(Failure::from)?;
		print_json(&json!({ "zones": day::zones(&plan) }))
	}
}

#[derive(Args)]
pub struct Genesis {
	/// Folder with a grid in SimBench's CSV form [default: the built-in simbench-lv-rural2]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// Seed of the members' identities
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// Plain chain specification of a devnet, as `busbar-node export-chain-spec` writes it, to print with this grid
	#[arg(long, value_name = "FILE")]
	onto: Option<PathBuf>,
}

impl Genesis {
	fn run(&self) -> Result<()> {
		let data = DataSet::load(self.data.as_deref(), Day::Summer).map_err(Failure::from)?;
		let plan = Plan::build(&data, &Bounds::DEVNET).map_err(Failure::from)?;
		plan.check_money(&Prices::DEVNET, Bounds::DEVNET.interval_s, Prices::DEVNET_CEILING).map_err(Failure::from)?;
		let patch = day::genesis(&plan, &Prices::DEVNET, Bounds::DEVNET.interval_s, self.seed)?;
		print_genesis(patch, self.onto.as_deref())
	}
}

/// Prints a genesis patch, or the chain specification in a file with it.
pub fn print_genesis(patch: serde_json::Value, onto: Option<&Path>) -> Result<()> {
	let Some(path) = onto else { return print_json(&patch) };
	let wrong = |error: String| Failure::input(format!("--onto {}: {error}", path.display()));
	let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
	let specification = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
	print_json(&day::patch_specification(specification, patch).map_err(|error| wrong(error.to_string()))?)
}

#[derive(Args)]
pub struct Show {
	/// Interval [default: the next whose gate is open]
	#[arg(long)]
	interval: Option<Interval>,
}

impl Grid {
	pub async fn run(self, global: &Global) -> Result<()> {
		let show = match self {
			Self::Show(show) => show,
			Self::Proposals(list) => return list.run(global).await,
			Self::Accept(end) => return end.accept(global).await,
			Self::Withdraw(end) => return end.withdraw(global).await,
			Self::Genesis(genesis) => return genesis.run(),
			Self::Zones(zones) => return zones.run(),
		};
		let view = open(global).await?;
		let interval = show.interval.unwrap_or(view.clock.next_gate.unwrap_or(view.clock.first_unopened));
		let zones = view.chain.zones(view.at, interval).await?;
		let mut points = view.chain.points(view.at).await?;
		points.retain(|view| view.point.is_in_force(interval));
		if global.json {
			return print_json(&json!({ "interval": interval, "zones": zones, "points": points }));
		}
		println!("Interval {interval}: {} zones, {} connection points", zones.len(), points.len());
		let limit = |power: Option<Watt>| power.map_or("unlimited".into(), |power| power.to_string());
		let mut tree = table(&["zone", "parent", "import W", "export W", "fee nEUR/Wh", "points"], 0);
		for zone in &zones {
			let here: Vec<_> =
				points.iter().filter(|view| view.point.zone == zone.id).map(|view| view.id.to_string()).collect();
			let (parent, link) = match zone.parent {
				None => ("-".into(), ["-".into(), "-".into(), "-".into()]),
				Some(parent) => (
					parent.to_string(),
					[limit(zone.link.import_w), limit(zone.link.export_w), zone.link.fee.to_string()],
				),
			};
			let [import, export, fee] = link;
			tree.add_row([zone.id.to_string(), parent, import, export, fee, here.join(" ")]);
		}
		println!("{tree}");
		let mut list = table(&["owner", "kind", "point", "zone", "import W", "export W"], 2);
		for view in &points {
			let point = view.point;
			list.add_row([
				point.owner.to_string(),
				format!("{:?}", point.kind).to_lowercase(),
				view.id.to_string(),
				point.zone.to_string(),
				point.import_w.to_string(),
				point.export_w.to_string(),
			]);
		}
		println!("{list}");
		Ok(())
	}
}
