//! `busbar order`: orders of call auctions, block orders, and orders of continuous sessions.

use super::{
	execute::{run, Answer},
	signer, submitter,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{constants, pallet_market, sign::Signer, submit::Submitter, RuntimeCall, RuntimeEvent};
use busbar_primitives::{api::OrderView, Interval, PointId, ProductId, Side, Step, TimeInForce, MAX_SPAN};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

/// Place, replace or cancel an order
#[derive(Subcommand)]
pub enum Order {
	/// Place an order in an auction: a step curve for one interval at one connection point
	Place(Curve),
	/// Replace the standing order of a connection point in an auction, with a new place in time priority
	Replace(Curve),
	/// Cancel the standing order of a connection point in an auction
	Cancel(Target),
	/// Place a block order: one price and an energy for each of several consecutive intervals, all or nothing
	Block(BlockOrder),
	/// Cancel a block order by its number
	CancelBlock(Numbered),
	/// Submit an order to a continuous session, where it trades at once with what it can
	Submit(Limit),
	/// Change price and quantity of a standing order of a continuous session
	Amend(Amend),
	/// Withdraw a standing order from a continuous session by its number
	Withdraw(Numbered),
}

#[derive(Args)]
pub struct BlockOrder {
	#[command(flatten)]
	target: Target,
	/// Limit of the block order's sum, in nEUR/Wh
	#[arg(long, allow_hyphen_values = true)]
	price: i64,
	/// Whether it buys or sells
	#[arg(long, value_enum)]
	side: Way,
	/// Energy in Wh of the interval and of those that follow it
	#[arg(long, value_delimiter = ',', required = true)]
	wh: Vec<u64>,
}

#[derive(Args)]
pub struct Numbered {
	/// Delivery interval; of a block order any of its span
	#[arg(long)]
	interval: Interval,
	/// Product: its place in the interval's list
	#[arg(long)]
	product: ProductId,
	/// The order's number
	#[arg(long)]
	id: u64,
}

#[derive(Args)]
pub struct Limit {
	#[command(flatten)]
	target: Target,
	/// Limit in nEUR/Wh, including the fees that it may have to bear
	#[arg(long, allow_hyphen_values = true)]
	price: i64,
	/// Whether it buys or sells
	#[arg(long, value_enum)]
	side: Way,
	/// Quantity in Wh
	#[arg(long)]
	wh: u64,
	/// What becomes of the part that does not trade at once
	#[arg(long, value_enum, default_value = "good-till-gate")]
	time_in_force: Time,
}

#[derive(Args)]
pub struct Amend {
	#[command(flatten)]
	order: Numbered,
	/// New limit in nEUR/Wh
	#[arg(long, allow_hyphen_values = true)]
	price: i64,
	/// New quantity in Wh
	#[arg(long)]
	wh: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Way {
	Buy,
	Sell,
}

impl From<Way> for Side {
	fn from(way: Way) -> Self {
		match way {
			Way::Buy => Side::Buy,
			Way::Sell => Side::Sell,
		}
	}
}

#[derive(Clone, Copy, ValueEnum)]
enum Time {
	/// It stands until the gate closes
	GoodTillGate,
	/// It is cancelled
	ImmediateOrCancel,
	/// All of it trades at once, or nothing does
	FillOrKill,
	/// All of it trades, now or later, or nothing does
	AllOrNothing,
}

impl From<Time> for TimeInForce {
	fn from(time: Time) -> Self {
		match time {
			Time::GoodTillGate => Self::GoodTillGate,
			Time::ImmediateOrCancel => Self::ImmediateOrCancel,
			Time::FillOrKill => Self::FillOrKill,
			Time::AllOrNothing => Self::AllOrNothing,
		}
	}
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
		let (submitter, session, call) = match self {
			Self::Place(curve) => {
				let steps = curve.steps()?;
				let length = steps.len();
				let call = |interval, product, point| pallet_market::Call::place { interval, product, point, steps };
				return auction(global, &signer, curve.target, length, call).await;
			},
			Self::Replace(curve) => {
				let steps = curve.steps()?;
				let length = steps.len();
				let call = |interval, product, point| pallet_market::Call::replace { interval, product, point, steps };
				return auction(global, &signer, curve.target, length, call).await;
			},
			Self::Cancel(target) => {
				let call = |interval, product, point| pallet_market::Call::cancel { interval, product, point };
				return auction(global, &signer, target, 0, call).await;
			},
			Self::Block(BlockOrder { target: Target { point, interval, product }, price, side, wh }) => {
				if wh.len() > MAX_SPAN as usize {
					return Err(Failure::input("a block order cannot have that many intervals").into());
				}
				let submitter = submitter(global).await?;
				let interval = reachable(&submitter, interval, product, Reach::Span).await?;
				let side = side.into();
				let call = pallet_market::Call::place_block_order { interval, product, point, side, price, wh };
				(submitter, (interval, product), call)
			},
			Self::CancelBlock(Numbered { interval, product, id }) => {
				let id = id.try_into().map_err(|_| Failure::input("there is no block order with that number"))?;
				(
					submitter(global).await?,
					(interval, product),
					pallet_market::Call::cancel_block_order { interval, product, id },
				)
			},
			Self::Submit(Limit { target: Target { point, interval, product }, price, side, wh, time_in_force }) => {
				let submitter = submitter(global).await?;
				let interval = reachable(&submitter, interval, product, Reach::Interval).await?;
				let (side, time_in_force) = (side.into(), time_in_force.into());
				let call = pallet_market::Call::submit { interval, product, point, side, price, wh, time_in_force };
				(submitter, (interval, product), call)
			},
			Self::Amend(Amend { order: Numbered { interval, product, id }, price, wh }) => (
				submitter(global).await?,
				(interval, product),
				pallet_market::Call::amend { interval, product, id, price, wh },
			),
			Self::Withdraw(Numbered { interval, product, id }) => {
				(submitter(global).await?, (interval, product), pallet_market::Call::withdraw { interval, product, id })
			},
		};
		let done = run(&submitter, &signer, RuntimeCall::Market(call)).await?;
		let own = |event: &RuntimeEvent| match event {
			RuntimeEvent::Market(event) => Some(format!("{event:?}")),
			_ => None,
		};
		let events = done.events.iter().filter_map(own).collect();
		done.tell(global, &Happened { interval: session.0, product: session.1, events })
	}
}

/// What an order led to at once.
#[derive(Serialize)]
struct Happened {
	interval: Interval,
	product: ProductId,
	events: Vec<String>,
}

impl Answer for Happened {
	fn print(&self) {
		self.events.iter().for_each(|event| println!("{event}"));
	}
}

/// What stands of a point in an auction.
#[derive(Serialize)]
struct Standing {
	interval: Interval,
	product: ProductId,
	point: PointId,
	order: Option<OrderView>,
	#[serde(skip)]
	cancelled: bool,
}

impl Answer for Standing {
	fn print(&self) {
		let Self { interval, point, .. } = self;
		match &self.order {
			Some(order) => println!(
				"Point {point} in zone {} has order {} for interval {interval}; {} EUR are held as collateral.",
				order.zone,
				order.arrival,
				super::eur(order.held as i128)
			),
			None if self.cancelled => println!("Point {point} has no order for interval {interval} any more."),
			None => println!("Point {point} has no order for interval {interval}."),
		}
	}
}

/// Runs a call on the order of a call auction, with so many steps, and tells what stands then.
async fn auction(
	global: &Global,
	signer: &Signer,
	target: Target,
	steps: usize,
	call: impl FnOnce(Interval, ProductId, PointId) -> pallet_market::Call,
) -> Result<()> {
	let Target { point, interval, product } = target;
	let submitter = submitter(global).await?;
	if steps > submitter.chain().constant(&constants::market::MAX_STEPS)? as usize {
		return Err(Failure::input("an order cannot have that many steps").into());
	}
	let interval = reachable(&submitter, interval, product, Reach::Interval).await?;
	let call = call(interval, product, point);
	let cancelled = matches!(call, pallet_market::Call::cancel { .. });
	let done = run(&submitter, signer, RuntimeCall::Market(call)).await?;
	let order = done.view.chain.order_of(done.view.at, (interval, product), point).await?;
	done.tell(global, &Standing { interval, product, point, order, cancelled })
}

/// What of a product must have opened for an order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
	Interval,
	/// All intervals that share the gate: a block order may have energy in each of them.
	Span,
}

/// The interval asked for, or the first one of whose product a transaction that is sent now still reaches the open gate.
async fn reachable(
	submitter: &Submitter,
	interval: Option<Interval>,
	product: ProductId,
	reach: Reach,
) -> Result<Interval> {
	const TIME_MS: u64 = 8_000;
	if let Some(interval) = interval {
		return Ok(interval);
	}
	let tip = submitter.best();
	let mut open = None;
	for interval in tip.clock.next_gate.into_iter().flat_map(|first| first..tip.clock.first_unopened) {
		let Some(status) = submitter.chain().status(tip.hash, interval).await? else { continue };
		let Some(session) = status.sessions.get(usize::from(product)) else { continue };
		if !(session.gate_opening..session.gate_closure).contains(&tip.clock.now) {
			continue;
		}
		let span = session.product.first(interval).saturating_add(session.product.span);
		if reach == Reach::Span && span > tip.clock.first_unopened {
			continue;
		}
		open = Some(interval);
		if session.gate_closure >= tip.clock.now.saturating_add(TIME_MS) {
			break;
		}
	}
	open.ok_or_else(|| {
		let hint = "has the grid been registered? Else name an interval with --interval";
		Failure::failed(format!("product {product} has no interval open for orders: {hint}")).into()
	})
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
