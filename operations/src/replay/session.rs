//! A session as events tell it: the orders that stand, and what clearing makes of them.

use super::{block_orders::RebuiltBlockOrder, trading::Trading};
use busbar_clearing::{block_orders::inject, clear_leaning, orders, Clearing, Lean};
use busbar_client::AccountId;
use busbar_primitives::{
	api::{BookLevel, OrderView, ZonePrice},
	energy, payment, Amount, Fee, Interval, Moment, Outcome, PointId, Position, Price, ProductKind, Side, SignedWh,
	Step, Wh, ZoneId, ZoneResult, ZoneView,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// One session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Session {
	pub kind: ProductKind,
	/// Consecutive intervals that share the gate.
	pub span: u32,
	/// Chain times in ms.
	pub gate_opening: Moment,
	pub gate_closure: Moment,
	/// Orders that stand in an auction, by connection point.
	pub orders: BTreeMap<PointId, Placed>,
	/// Arrival number of the next order.
	#[serde(skip)]
	pub arrivals: u32,
	/// What happened in a continuous session, if an order has arrived.
	pub trading: Option<Trading>,
	/// Block orders of the span that ends with this session, by their numbers.
	pub block_orders: BTreeMap<u32, RebuiltBlockOrder>,
	/// How it ended; `None` before that.
	pub outcome: Option<Outcome>,
	/// Where its zone prices lie between the least and the greatest supporting ones, in parts of 2^31, if not in the middle.
	pub lean: Option<u32>,
	/// Results of an auction's zones, in ascending order, once it has ended.
	pub zones: Vec<ZonePrice>,
}

/// An order that stands, and whose money secures it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
	pub account: AccountId,
	#[serde(flatten)]
	pub order: OrderView,
}

impl Placed {
	/// What its point has bought and sold with it.
	pub fn position(&self) -> Position {
		let mut position = Position::default();
		for (step, accepted) in self.order.steps.iter().zip(&self.order.accepted) {
			let sum = position.side_mut(step.side);
			*sum = sum.saturating_add(*accepted);
		}
		position
	}
}

/// What a session ends on.
pub struct Market<'a> {
	pub interval: Interval,
	/// In ascending order of zones.
	pub tree: &'a [ZoneView],
	/// Flow into zones that other sessions sold, in Wh.
	pub sold: &'a BTreeMap<ZoneId, SignedWh>,
	/// Length that turns power into energy, in s.
	pub interval_s: u32,
	/// Number of connection points.
	pub points: PointId,
}

/// How a session ends: its outcome, the results of its zones, and for each order in its map the energy accepted.
struct End {
	outcome: Outcome,
	zones: Vec<ZonePrice>,
	accepted: Vec<Vec<Wh>>,
}

impl Session {
	/// The last interval of the span that a session of this interval belongs to.
	pub fn last(&self, interval: Interval) -> Interval {
		let behind = interval.checked_rem(self.span).unwrap_or(0);
		interval.saturating_sub(behind).saturating_add(self.span.saturating_sub(1))
	}

	/// Block orders of the span that ends with this session and that were accepted.
	pub fn accepted_block_orders(&self) -> Vec<RebuiltBlockOrder> {
		self.block_orders.values().filter(|block_order| block_order.accepted == Some(true)).cloned().collect()
	}

	/// Clears the session's orders, with the energy of accepted block orders.
	///
	/// # Errors
	/// If an order stands where there is no zone, or clearing refuses the orders.
	pub fn clear(&mut self, market: &Market, block_orders: &[RebuiltBlockOrder]) -> Result<(), String> {
		let tree = market.tree;
		let mut zones = Vec::with_capacity(tree.len());
		for zone in market.remaining() {
			zones.push(busbar_clearing::Zone {
				parent: zone.parent.map(|parent| index_of(tree, parent)).transpose()?,
				import: zone.import,
				export: zone.export,
				fee: zone.fee.into(),
				injection: 0,
				levels: Vec::new(),
			});
		}
		// In the order of arrival, which is time priority.
		let mut by_arrival: Vec<_> = self.orders.iter().map(|(point, placed)| (placed.order.arrival, *point)).collect();
		by_arrival.sort_unstable();
		let mut book = Vec::with_capacity(by_arrival.len());
		for (_, point) in &by_arrival {
			let order = &self.orders[point].order;
			let steps = order.steps.iter().map(step).collect();
			book.push(orders::Order { zone: index_of(tree, order.zone)?, steps });
		}
		orders::add(&mut zones, &book).map_err(|error| error.to_string())?;
		let mut injected = Vec::with_capacity(block_orders.len());
		let (mut welfare, mut traded) = (0 as Amount, 0 as Wh);
		for block_order in block_orders {
			let wh = block_order.energy(market.interval);
			if wh == 0 {
				continue;
			}
			let zone = index_of(tree, block_order.zone)?;
			injected.push(busbar_clearing::BlockOrder {
				zone,
				side: side(block_order.side),
				price: block_order.price,
				first: 0,
				wh: vec![wh],
			});
			let worth = payment(block_order.price, wh);
			let buys = block_order.side == Side::Buy;
			welfare = if buys { welfare.saturating_add(worth) } else { welfare.saturating_sub(worth) };
			traded = traded.saturating_add(if buys { wh } else { 0 });
		}
		inject(&mut zones, &injected, &vec![true; injected.len()], 0).map_err(|error| error.to_string())?;
		let lean = match self.lean {
			None => Lean::MIDDLE,
			Some(_) if block_orders.is_empty() => return Err("prices lean without an accepted block order".into()),
			Some(parts) => Lean::new(parts).ok_or_else(|| format!("prices lean {parts} of {} parts", Lean::WHOLE))?,
		};
		let clearing = clear_leaning(&zones, lean).map_err(|error| error.to_string())?;
		let fills = orders::fills(&book, &clearing);
		let results = results(&clearing)?;
		let mut accepted: BTreeMap<_, _> = by_arrival.iter().map(|(_, point)| *point).zip(fills).collect();
		self.end(End {
			outcome: Outcome {
				cleared: true,
				points: market.points,
				traded: clearing.traded.saturating_add(traded),
				fees: clearing.fees,
				rent: clearing.rent,
				welfare: clearing.welfare.saturating_add(welfare),
			},
			zones: market.prices(results),
			accepted: self.orders.keys().map(|point| accepted.remove(point).unwrap_or_default()).collect(),
		});
		Ok(())
	}

	/// Ends the session without prices and positions.
	///
	/// # Errors
	/// If the tree lacks a zone's parent.
	pub fn fail(&mut self, market: &Market) -> Result<(), String> {
		let tree = market.tree;
		let mut results: Vec<ZoneResult> = Vec::with_capacity(tree.len());
		for zone in tree {
			// A parent stands before its children.
			let above = match zone.parent {
				Some(parent) => results.get(index_of(tree, parent)? as usize).map(|above| above.path_fee),
				None => None,
			};
			let path_fee = above.map_or(0, |above| above.saturating_add(zone.link.fee));
			results.push(ZoneResult { path_fee, ..ZoneResult::default() });
		}
		self.end(End {
			outcome: Outcome { points: market.points, ..Outcome::default() },
			zones: market.prices(results),
			accepted: self.orders.values().map(|placed| vec![0; placed.order.steps.len()]).collect(),
		});
		Ok(())
	}

	/// Ends a continuous session: its trades stand.
	pub fn close(&mut self, points: PointId) {
		let (traded, fees, welfare) =
			self.trading.as_ref().map_or((0, 0, 0), |trading| (trading.traded, trading.fees, trading.welfare));
		self.outcome = Some(Outcome { cleared: true, points, traded, fees, rent: 0, welfare });
	}

	fn end(&mut self, End { outcome, zones, accepted }: End) {
		for (placed, accepted) in self.orders.values_mut().zip(accepted) {
			placed.order.accepted = accepted;
		}
		self.outcome = Some(outcome);
		self.zones = zones;
	}

	/// Contracted flow into a zone, in Wh.
	pub fn flow(&self, zone: ZoneId) -> SignedWh {
		if let Some(trading) = &self.trading {
			return trading.flows.get(&zone).copied().unwrap_or(0);
		}
		let found = self.zones.binary_search_by_key(&zone, |price| price.zone);
		found.ok().and_then(|at| self.zones.get(at)).map_or(0, |price| price.result.flow)
	}

	/// Energy by price, in ascending order, of every zone that has orders.
	pub fn books(&self) -> BTreeMap<ZoneId, Vec<BookLevel>> {
		let mut books: BTreeMap<ZoneId, BTreeMap<Price, BookLevel>> = BTreeMap::new();
		for placed in self.orders.values() {
			let book = books.entry(placed.order.zone).or_default();
			for step in &placed.order.steps {
				let empty = BookLevel { price: step.price, buy: 0, sell: 0 };
				let level = book.entry(step.price).or_insert(empty);
				let sum = if step.side == Side::Buy { &mut level.buy } else { &mut level.sell };
				*sum = sum.saturating_add(step.wh);
			}
		}
		books.into_iter().map(|(zone, book)| (zone, book.into_values().collect())).collect()
	}
}

/// A zone with what earlier sessions left of its link, in Wh.
struct Remaining {
	zone: ZoneId,
	parent: Option<ZoneId>,
	import: Option<Wh>,
	export: Option<Wh>,
	fee: Fee,
}

impl Market<'_> {
	fn remaining(&self) -> Vec<Remaining> {
		let left = |watt: Option<u64>, flow: SignedWh| {
			watt.map(|watt| energy(watt, self.interval_s).saturating_add_signed(flow.saturating_neg()))
		};
		let of = |zone: &ZoneView| {
			let flow = self.sold.get(&zone.id).copied().unwrap_or(0);
			let (import, export) = (left(zone.link.import_w, flow), left(zone.link.export_w, flow.saturating_neg()));
			Remaining { zone: zone.id, parent: zone.parent, import, export, fee: zone.link.fee }
		};
		self.tree.iter().map(of).collect()
	}

	fn prices(&self, results: Vec<ZoneResult>) -> Vec<ZonePrice> {
		let zones = self.remaining().into_iter().zip(results);
		zones
			.map(|(Remaining { zone, import, export, fee, .. }, result)| ZonePrice {
				zone,
				import,
				export,
				fee,
				result,
			})
			.collect()
	}
}

fn results(clearing: &Clearing) -> Result<Vec<ZoneResult>, String> {
	let result = |zone: &busbar_clearing::ZoneResult| {
		Ok(ZoneResult {
			price: Some(zone.price),
			flow: zone.flow,
			margin_buy: zone.margin_buy,
			margin_sell: zone.margin_sell,
			path_fee: Fee::try_from(zone.path_fee).map_err(|_| "a path's fees exceed 32 bits".to_owned())?,
			fees: zone.fees,
			rent: zone.rent,
		})
	};
	clearing.zones.iter().map(result).collect()
}

fn side(side: Side) -> orders::Side {
	match side {
		Side::Buy => orders::Side::Buy,
		Side::Sell => orders::Side::Sell,
	}
}

fn step(step: &Step) -> orders::Step {
	orders::Step { side: side(step.side), price: step.price, wh: step.wh }
}

fn index_of(tree: &[ZoneView], zone: ZoneId) -> Result<u32, String> {
	let found = tree.binary_search_by_key(&zone, |view| view.id).ok().and_then(|at| u32::try_from(at).ok());
	found.ok_or_else(|| format!("zone {zone} is not part of the tree"))
}
