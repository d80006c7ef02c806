//! `busbar grid show`: the zone tree, its links and its connection points.

use super::{print_json, table, View};
use crate::Global;
use anyhow::Result;
use busbar_primitives::{Interval, Watt};
use clap::{Args, Subcommand};
use serde_json::json;

/// Look at the grid
#[derive(Subcommand)]
pub enum Grid {
	/// Show zones, links and connection points as an interval sees them
	Show(Show),
}

#[derive(Args)]
pub struct Show {
	/// Interval [default: the next whose gate is open]
	#[arg(long)]
	interval: Option<Interval>,
}

impl Grid {
	pub async fn run(self, global: &Global) -> Result<()> {
		let Self::Show(show) = self;
		let view = View::open(global).await?;
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
