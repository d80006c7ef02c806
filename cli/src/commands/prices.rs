//! `busbar prices`: what clearing decided for each zone.

use super::{open, print_json, table};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_operations::figures::{ct, eur};
use busbar_primitives::{Amount, Interval, ProductId, ZoneId};
use clap::Args;
use serde_json::json;

/// Show the zone prices of an interval
#[derive(Args)]
pub struct Prices {
	/// Interval [default: the newest that was cleared]
	#[arg(long)]
	interval: Option<Interval>,
	/// Product: its place in the interval's list
	#[arg(long, default_value_t = 0)]
	product: ProductId,
	/// Only this zone
	#[arg(long)]
	zone: Option<ZoneId>,
}

impl Prices {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let interval = view.cleared_interval(self.interval).await?;
		let mut prices = view.chain.prices(view.at, (interval, self.product)).await?;
		if prices.is_empty() {
			return Err(Failure::failed(format!(
				"product {} of interval {interval} has no prices: its gate is still open, there is no such product, or its \
				 records are pruned; the interval in delivery is {}",
				self.product, view.clock.current
			))
			.into());
		}
		prices.retain(|price| self.zone.is_none_or(|zone| price.zone == zone));
		if prices.is_empty() {
			return Err(Failure::input("no such zone in this interval; `busbar grid show` lists them").into());
		}
		if global.json {
			return print_json(&json!({ "interval": interval, "product": self.product, "zones": prices }));
		}
		println!("Interval {interval} ({}), product {}", view.age(interval), self.product);
		let mut table = table(&["zone", "ct/kWh", "nEUR/Wh", "flow Wh", "path fee nEUR/Wh", "fees EUR", "rent EUR"], 0);
		for zone in prices {
			let result = zone.result;
			table.add_row([
				zone.zone.to_string(),
				result.price.map_or("-".into(), ct),
				result.price.map_or("-".into(), |price| price.to_string()),
				result.flow.to_string(),
				result.path_fee.to_string(),
				eur(result.fees as Amount),
				eur(result.rent as Amount),
			]);
		}
		println!("{table}");
		Ok(())
	}
}
