//! `busbar order`: place, replace and cancel orders.

use super::{print_json, signer, submitter};
use crate::{chain::submit::Submitter, failure::Failure, Global};
use anyhow::Result;
use busbar_primitives::{Interval, PointId, ProductId, Side, Step};
use busbar_runtime::{pallet_market, RuntimeCall};
use clap::{Args, Subcommand};
use serde_json::json;

/// Place, replace or cancel an order
#[derive(Subcommand)]
pub enum Order {
	/// Place an order: a step curve for one interval at one connection point
	Place(Curve),
	/// Replace the standing order of a connection point, with a new place in time priority
	Replace(Curve),
	/// Cancel the standing order of a connection point
	Cancel(Target),
}

#[derive(Args, Clone, Copy)]
pub struct Target {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// Delivery interval [default: the next whose gate stays open for 8 s]
	#[arg(long)]
	interval: Option<Interval>,
	/// Product: its place in the interval's list
	#[arg(long, default_value_t = 0)]
	product: ProductId,
}

#[derive(Args)]
pub struct Curve {
	#[command(flatten)]
	target: Target,
	/// Buy up to WH at PRICE (nEUR/Wh) or less; may be repeated
	#[arg(long, value_name = "PRICE:WH", allow_hyphen_values = true, value_parser = price_and_energy)]
	buy: Vec<(i64, u64)>,
	/// Sell up to WH at PRICE (nEUR/Wh) or more; may be repeated
	#[arg(long, value_name = "PRICE:WH", allow_hyphen_values = true, value_parser = price_and_energy)]
	sell: Vec<(i64, u64)>,
}

impl Curve {
	fn steps(&self) -> Result<Vec<Step>, Failure> {
		let step = |side| move |(price, wh): &(i64, u64)| Step { side, price: *price, wh: *wh };
		let steps: Vec<_> =
			self.buy.iter().map(step(Side::Buy)).chain(self.sell.iter().map(step(Side::Sell))).collect();
		if steps.is_empty() {
			return Err(Failure::input("an order needs at least one step: --buy PRICE:WH or --sell PRICE:WH"));
		}
		Ok(steps)
	}
}

impl Order {
	pub async fn run(self, global: &Global) -> Result<()> {
		let signer = signer(global)?;
		let Target { point, interval, product } = match &self {
			Self::Place(curve) | Self::Replace(curve) => curve.target,
			Self::Cancel(target) => *target,
		};
		let steps = match &self {
			Self::Place(curve) | Self::Replace(curve) => curve.steps()?,
			Self::Cancel(_) => Vec::new(),
		};
		let steps = steps.try_into().map_err(|_| Failure::input("an order cannot have that many steps"))?;
		let submitter = submitter(global).await?;
		let interval = match interval {
			Some(interval) => interval,
			None => reachable(&submitter, product).await?,
		};
		let call = match self {
			Self::Place(_) => pallet_market::Call::place { interval, product, point, steps },
			Self::Replace(_) => pallet_market::Call::replace { interval, product, point, steps },
			Self::Cancel(_) => pallet_market::Call::cancel { interval, product, point },
		};
		let cancelled = matches!(call, pallet_market::Call::cancel { .. });
		let outcome = submitter.run(&signer, RuntimeCall::Market(call)).await?;
		let orders = submitter.chain().orders(outcome.block.1, (interval, product)).await?;
		let order = orders.into_iter().find(|order| order.point == point);
		if global.json {
			return print_json(&json!({
				"block": outcome.block.0, "block_hash": outcome.block.1, "interval": interval,
				"product": product, "point": point, "order": order,
			}));
		}
		println!("Finalised in block {} ({:?}).", outcome.block.0, outcome.block.1);
		match order {
			Some(order) => println!(
				"Point {point} in zone {} has order {} for interval {interval}; {} EUR are held as collateral.",
				order.zone,
				order.arrival,
				super::eur(order.held as i128)
			),
			None if cancelled => println!("Point {point} has no order for interval {interval} any more."),
			None => println!("Point {point} has no order for interval {interval}."),
		}
		Ok(())
	}
}

/// The first interval of whose product a transaction that is sent now still reaches the open gate.
async fn reachable(submitter: &Submitter, product: ProductId) -> Result<Interval> {
	const TIME_MS: u64 = 8_000;
	let tip = submitter.best();
	let mut open = None;
	for interval in tip.clock.next_gate.into_iter().flat_map(|first| first..tip.clock.first_unopened) {
		let Some(status) = submitter.chain().status(tip.hash, interval).await? else { continue };
		let Some(session) = status.sessions.get(usize::from(product)) else { continue };
		if !(session.gate_opening..session.gate_closure).contains(&tip.clock.now) {
			continue;
		}
		open = Some(interval);
		if session.gate_closure >= tip.clock.now.saturating_add(TIME_MS) {
			break;
		}
	}
	open.ok_or_else(|| Failure::failed("no interval is open for orders; has the grid been registered?").into())
}

/// Reads `PRICE:WH`.
fn price_and_energy(text: &str) -> Result<(i64, u64), String> {
	let wrong = || format!("`{text}` is not PRICE:WH, for example 220000:500 (22 ct/kWh, 500 Wh)");
	let (price, wh) = text.split_once(':').ok_or_else(wrong)?;
	Ok((price.parse().map_err(|_| wrong())?, wh.parse().map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_step_is_a_price_and_an_energy() {
		assert_eq!(price_and_energy("220000:500"), Ok((220_000, 500)));
		assert_eq!(price_and_energy("-50:1"), Ok((-50, 1)));
		for text in ["", "220000", "22.5:1", "1:-1", "1:"] {
			assert!(price_and_energy(text).unwrap_err().contains("PRICE:WH"), "{text}");
		}
	}
}
