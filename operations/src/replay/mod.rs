//! The market's history, rebuilt from events alone and compared with state.
//!
//! Events of the grid give the tree of each interval with the links' terms in force; those of the market give its sessions
//! and the orders that stand. Where an event says that a session cleared, the orders are cleared once more on the capacity
//! that the interval's other sessions left, and the outcome must be the event's. Trades of continuous sessions must be
//! between orders that stand, at the older one's price, within the limits and with the fees of the path ([`trading`]). What
//! is rebuilt must be what state tells of it ([`compare`]).

// What is rebuilt is written as JSON.
#![allow(missing_docs, reason = "the fields are named as the chain names them")]

mod block_orders;
pub mod compare;
mod findings;
mod grid;
mod session;
#[cfg(test)]
mod tests;
pub mod trading;
mod whole;

use block_orders::RebuiltBlockOrder;
use busbar_client::{pallet_market::Event, pallet_settlement::Event as SettlementEvent, RuntimeEvent};
use busbar_primitives::{
	api::OrderView, Balance, Interval, PointId, Position, ProductId, ProductKind, SignedWh, Step, TimeInForce, ZoneId,
	ZoneView,
};
use grid::Grid;
use serde::Serialize;
use session::{Market, Placed};
use std::collections::{BTreeMap, BTreeSet};
use trading::{Standing, Trade, Trading};

pub use session::Session;
pub use whole::{history, whole, Whole};

/// How much of each there was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
	pub placed: u64,
	pub replaced: u64,
	pub cancelled: u64,
	pub block_orders: u64,
	/// Of continuous sessions.
	pub submitted: u64,
	pub trades: u64,
	pub cleared: u64,
	pub failed: u64,
	pub skipped: u64,
	pub pruned: u64,
}

/// What events have told so far.
pub struct Replay {
	/// Length that turns power into energy, in s; fixed at genesis.
	interval_s: u32,
	/// Zones that the market clears are numbered below this.
	zones: ZoneId,
	grid: Grid,
	/// By interval and product.
	pub sessions: BTreeMap<(Interval, ProductId), Session>,
	/// Intervals whose records state no longer has.
	pub pruned: BTreeSet<Interval>,
	/// Intervals whose contracts are cancelled.
	pub void: BTreeSet<Interval>,
	/// The first interval that has not opened yet.
	pub first_unopened: Interval,
	pub counts: Counts,
}

impl Replay {
	/// A chain at genesis, with the bound of its market on numbers of zones.
	pub fn new(interval_s: u32, zones: ZoneId) -> Self {
		Self {
			interval_s,
			zones,
			grid: Grid::default(),
			sessions: BTreeMap::new(),
			pruned: BTreeSet::new(),
			void: BTreeSet::new(),
			first_unopened: 0,
			counts: Counts::default(),
		}
	}

	/// Of a chain that starts with a grid: its zones, and how many connection points.
	pub fn with_grid(self, zones: &[ZoneView], points: PointId) -> Self {
		Self { grid: Grid::of_genesis(zones, points), ..self }
	}

	/// Takes in the next event of the chain.
	///
	/// # Errors
	/// If it cannot follow from the events before it.
	pub fn apply(&mut self, event: &RuntimeEvent) -> Result<(), String> {
		match event {
			RuntimeEvent::Grid(event) => self.grid.apply(event),
			RuntimeEvent::Market(event) => self.apply_market(event),
			RuntimeEvent::Settlement(SettlementEvent::ContractsCancelled { interval }) => {
				self.void.insert(*interval);
				Ok(())
			},
			_ => Ok(()),
		}
	}

	fn apply_market(&mut self, event: &Event) -> Result<(), String> {
		match event {
			Event::SessionOpened { interval, product, kind, span, gate_opening, gate_closure, .. } => {
				let (kind, span, gate_opening, gate_closure) = (*kind, *span, *gate_opening, *gate_closure);
				let opened = Session { kind, span, gate_opening, gate_closure, ..Session::default() };
				if self.sessions.insert((*interval, *product), opened).is_some() {
					return Err(format!("interval {interval}, product {product} opens twice"));
				}
				self.first_unopened = interval.saturating_add(1);
			},
			Event::IntervalsSkipped { from, until } => {
				if *from != self.first_unopened || until <= from {
					return Err(format!(
						"intervals {from} to {until} are skipped, but {} is next",
						self.first_unopened
					));
				}
				self.counts.skipped += u64::from(until - from);
				self.first_unopened = *until;
			},
			Event::OrderPlaced { interval, product, point, zone, account, arrival, held, steps } => {
				let order = view(*point, *zone, *arrival, *held, steps);
				self.place((*interval, *product), Placed { account: account.clone(), order }, false)?;
				self.counts.placed += 1;
			},
			Event::OrderReplaced { interval, product, point, zone, account, arrival, held, steps } => {
				let order = view(*point, *zone, *arrival, *held, steps);
				self.place((*interval, *product), Placed { account: account.clone(), order }, true)?;
				self.counts.replaced += 1;
			},
			Event::OrderCancelled { interval, product, point, account, released } => {
				let gone = self.open((*interval, *product))?.orders.remove(point);
				if !gone.is_some_and(|gone| gone.account == *account && gone.order.held == *released) {
					return Err(format!("a cancelled order of point {point} in interval {interval} did not stand so"));
				}
				self.counts.cancelled += 1;
			},
			Event::Cleared { interval, product, outcome } => {
				let (tree, sold, points) = self.before(*interval);
				let interval_s = self.interval_s;
				let last = self.open((*interval, *product))?.last(*interval);
				let block_orders =
					self.sessions.get(&(last, *product)).map_or_else(Vec::new, Session::accepted_block_orders);
				let session = self.open((*interval, *product))?;
				let wrong = |what: String| format!("interval {interval}, product {product}: {what}");
				match session.kind {
					ProductKind::Auction => {
						let market = Market { interval: *interval, tree: &tree, sold: &sold, interval_s, points };
						session.clear(&market, &block_orders).map_err(wrong)?;
					},
					ProductKind::Continuous { .. } => session.close(points),
				}
				if session.outcome != Some(*outcome) {
					let again = session.outcome;
					return Err(wrong(format!("it cleared with {outcome:?}, but its orders clear with {again:?}")));
				}
				self.counts.cleared += 1;
			},
			Event::Failed { interval, product, .. } => {
				let (tree, sold, points) = self.before(*interval);
				let interval_s = self.interval_s;
				let session = self.open((*interval, *product))?;
				session.fail(&Market { interval: *interval, tree: &tree, sold: &sold, interval_s, points })?;
				self.counts.failed += 1;
			},
			Event::Pruned { interval } => {
				self.pruned.insert(*interval);
				self.counts.pruned += 1;
			},
			Event::LimitOrderSubmitted {
				interval, product, id, point, zone, side, price, wh, time_in_force, ..
			} => {
				let whole = *time_in_force == TimeInForce::AllOrNothing;
				let order = Standing { point: *point, zone: *zone, side: *side, price: *price, wh: *wh, whole };
				let tree = self.grid.zones(*interval);
				let session = self.open((*interval, *product))?;
				session.trading.get_or_insert_with(|| Trading::new(&tree)).submit(*id, order)?;
				self.counts.submitted += 1;
			},
			Event::Traded { interval, product, resting, aggressor, seller, buyer, wh, price, fees } => {
				let (resting, aggressor, seller, buyer) = (*resting, *aggressor, *seller, *buyer);
				let trade = Trade { resting, aggressor, seller, buyer, wh: *wh, price: *price, fees: *fees };
				self.trading((*interval, *product))?.trade(trade)?;
				self.counts.trades += 1;
			},
			Event::LimitOrderReduced { interval, product, id, wh } => {
				self.trading((*interval, *product))?.reduce(*id, *wh)?;
			},
			Event::LimitOrderEnded { interval, product, id, left, .. } => {
				self.trading((*interval, *product))?.end(*id, *left)?;
			},
			Event::BlockOrderPlaced { interval, product, id, point, zone, account, side, price, wh, held } => {
				let (account, wh) = (account.clone(), wh.to_vec());
				let (point, zone, side, price) = (*point, *zone, *side, *price);
				let block_order = RebuiltBlockOrder {
					account,
					point,
					zone,
					side,
					price,
					first: *interval,
					wh,
					held: *held,
					accepted: None,
				};
				if self.span((*interval, *product))?.block_orders.insert(*id, block_order).is_some() {
					return Err(format!("block order {id} in interval {interval}, product {product} is placed twice"));
				}
				self.counts.block_orders += 1;
			},
			Event::BlockOrderCancelled { interval, product, id, released }
			| Event::BlockOrderEvicted { interval, product, id, released, .. } => {
				let gone = self.span((*interval, *product))?.block_orders.remove(id);
				if gone.is_none_or(|gone| gone.held != *released) {
					return Err(format!("block order {id} in interval {interval}, product {product} did not stand so"));
				}
			},
			Event::BlockOrderDecided { interval, product, id, accepted, .. } => {
				let standing = self.span((*interval, *product))?.block_orders.get_mut(id);
				let none = || format!("block order {id} in interval {interval}, product {product} does not stand");
				standing.filter(|block_order| block_order.first == *interval).ok_or_else(none)?.accepted =
					Some(*accepted);
			},
			Event::PricesLean { interval, product, lean } => {
				let last = self.open((*interval, *product))?.last(*interval);
				for interval in *interval..=last {
					self.open((interval, *product))?.lean = Some(*lean);
				}
			},
			// Neither changes what stands or was traded.
			Event::AreaSet { .. } | Event::ParametersSet { .. } | Event::Recalled { .. } => {},
		}
		Ok(())
	}

	/// A continuous session that has not ended, in which an order has arrived.
	fn trading(&mut self, id: (Interval, ProductId)) -> Result<&mut Trading, String> {
		let none = || format!("no order has arrived in interval {}, product {}", id.0, id.1);
		self.open(id)?.trading.as_mut().ok_or_else(none)
	}

	/// An order stands, in the place of another one or not.
	fn place(&mut self, id: (Interval, ProductId), placed: Placed, replaces: bool) -> Result<(), String> {
		let session = self.open(id)?;
		let OrderView { point, arrival, .. } = placed.order;
		if session.orders.insert(point, placed).is_some() != replaces {
			let what = if replaces { "replaces none" } else { "comes upon another one" };
			return Err(format!("an order of point {point} in interval {}, product {}: it {what}", id.0, id.1));
		}
		if arrival != session.arrivals {
			return Err(format!("arrival {arrival} in interval {}, product {} comes out of turn", id.0, id.1));
		}
		session.arrivals = arrival.saturating_add(1);
		Ok(())
	}

	/// A session that has opened and not ended.
	fn open(&mut self, (interval, product): (Interval, ProductId)) -> Result<&mut Session, String> {
		let session = self.sessions.get_mut(&(interval, product)).filter(|session| session.outcome.is_none());
		session.ok_or_else(|| format!("interval {interval}, product {product} is not open"))
	}

	/// The last session of the span that an open session belongs to: the span's block orders stand with it.
	fn span(&mut self, (interval, product): (Interval, ProductId)) -> Result<&mut Session, String> {
		let last = self.open((interval, product))?.last(interval);
		self.open((last, product))
	}

	/// What points have bought and sold in an interval, over all its sessions; of all that ordered anything.
	pub fn positions(&self, interval: Interval) -> BTreeMap<PointId, Position> {
		let mut positions: BTreeMap<PointId, Position> = BTreeMap::new();
		let mut add = |point: PointId, more: Position| {
			let sum = positions.entry(point).or_default();
			sum.bought = sum.bought.saturating_add(more.bought);
			sum.sold = sum.sold.saturating_add(more.sold);
		};
		for ((_, product), session) in self.sessions.range((interval, 0)..=(interval, ProductId::MAX)) {
			session.orders.values().for_each(|placed| add(placed.order.point, placed.position()));
			let traders = session.trading.iter().flat_map(|trading| &trading.traders);
			traders.for_each(|(point, traded)| add(*point, traded.position));
			let span = self.sessions.get(&(session.last(interval), *product));
			let block_orders = span.into_iter().flat_map(|span| span.block_orders.values());
			block_orders.for_each(|block_order| add(block_order.point, block_order.position(interval)));
		}
		if self.void.contains(&interval) {
			positions.values_mut().for_each(|position| *position = Position::default());
		}
		positions
	}

	/// The tree on which a session of the interval that ends now clears, the flows that its others have sold, and the number of
	/// connection points.
	fn before(&self, interval: Interval) -> (Vec<ZoneView>, BTreeMap<ZoneId, SignedWh>, PointId) {
		let mut tree = self.grid.zones(interval);
		tree.retain(|zone| zone.id < self.zones);
		let sessions = || self.sessions.range((interval, 0)..=(interval, ProductId::MAX)).map(|(_, session)| session);
		let sum = |zone: ZoneId| sessions().fold(0, |sum: SignedWh, session| sum.saturating_add(session.flow(zone)));
		let sold = tree.iter().map(|zone| (zone.id, sum(zone.id))).collect();
		(tree, sold, self.grid.point_count())
	}
}

fn view(point: PointId, zone: ZoneId, arrival: u32, held: Balance, steps: &[Step]) -> OrderView {
	OrderView { point, zone, arrival, steps: steps.to_vec(), accepted: Vec::new(), held }
}
