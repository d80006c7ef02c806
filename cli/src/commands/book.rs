//! `busbar book`: what stands in a zone's order book.

use super::{open, print_json, table};
use crate::Global;
use anyhow::Result;
use busbar_operations::figures::ct;
use busbar_primitives::{Interval, ProductId, ZoneId};
use clap::Args;
use serde_json::json;

/// Show the order book of a zone
#[derive(Args)]
pub struct Book {
	/// Interval [default: the next whose gate is open]
	#[arg(long)]
	interval: Option<Interval>,
	/// Product: its place in the interval's list
	#[arg(long, default_value_t = 0)]
	product: ProductId,
	/// Zone
	#[arg(long, default_value_t = 0)]
	zone: ZoneId,
}

impl Book {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let interval = view.open_interval(self.interval)?;
		let levels = view.chain.book(view.at, (interval, self.product), self.zone).await?;
		if global.json {
			return print_json(&json!({
				"interval": interval, "product": self.product, "zone": self.zone, "levels": levels,
			}));
		}
		println!("Interval {interval}, product {}, zone {}: {} price levels", self.product, self.zone, levels.len());
		let mut table = table(&["nEUR/Wh", "ct/kWh", "buy Wh", "sell Wh"], 0);
		for level in levels.iter().rev() {
			table.add_row([level.price.to_string(), ct(level.price), level.buy.to_string(), level.sell.to_string()]);
		}
		println!("{table}");
		Ok(())
	}
}
