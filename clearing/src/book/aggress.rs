//! An arriving order against the book.

use super::{
	view::{Exhausted, View},
	Budget, Head, Order, Side, Source, TimeInForce, Trade, Tree, MAX_WHOLE_FILLS,
};
use alloc::vec::Vec;

/// What becomes of an arriving order after its trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
	/// Nothing is left of it.
	Filled,
	/// What is left rests in the queue of its zone, side and price, behind all others there.
	Rests,
	/// It waits as a whole.
	Waits,
	/// What is left is cancelled: nothing more to trade with at once, or the budget is used up.
	Cancelled,
	/// It is cancelled as a whole: not all of it could be filled at once.
	Killed,
	/// What is left is cancelled: its owner's own order came next.
	SelfTrade,
}

/// What happens when an order arrives. The caller writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<Owner> {
	/// The trades, in their order.
	pub trades: Vec<Trade<Owner>>,
	/// What is left of the order, in Wh.
	pub remaining: u64,
	pub end: End,
	/// Whether a pass is due: others may trade now, or this order could have traded on.
	pub needs_pass: bool,
}

/// Matches an arriving order, whose `wh` is its whole quantity, against a book.
///
/// Nothing of the order must be in the book. A [`TimeInForce::FillOrKill`] order has to be filled by as many orders as the
/// budget allows, an all-or-nothing one by at most [`MAX_WHOLE_FILLS`].
pub fn aggress<S: Source>(
	source: &mut S,
	tree: &Tree,
	order: &Order<S::Owner>,
	time_in_force: TimeInForce,
	budget: Budget,
) -> Outcome<S::Owner> {
	let mut view = View::new(source, tree, budget);
	let whole = matches!(time_in_force, TimeInForce::FillOrKill | TimeInForce::AllOrNothing);
	if time_in_force == TimeInForce::AllOrNothing {
		view.fills = view.fills.min(MAX_WHOLE_FILLS);
	}
	let Sweep { trades, remaining, stop } = view.sweep(order, time_in_force != TimeInForce::AllOrNothing);
	if remaining == 0 {
		return Outcome { trades, remaining, end: End::Filled, needs_pass: view.freed };
	}
	if whole {
		let end = match (time_in_force, stop) {
			(_, Stop::SelfTrade) => End::SelfTrade,
			(TimeInForce::AllOrNothing, _) => End::Waits,
			_ => End::Killed,
		};
		let needs_pass = end == End::Waits && stop == Stop::Exhausted;
		return Outcome { trades: Vec::new(), remaining: order.wh, end, needs_pass };
	}
	let end = match (stop, time_in_force) {
		(Stop::SelfTrade, _) => End::SelfTrade,
		(_, TimeInForce::GoodTillGate) => End::Rests,
		_ => End::Cancelled,
	};
	let rests = end == End::Rests;
	let goes_on = rests && (stop == Stop::Exhausted || view.may_complete_waiting(order));
	Outcome { trades, remaining, end, needs_pass: view.freed || goes_on }
}

/// Whether an order whose limit or quantity changes keeps its place in time: only if its price stays and its quantity
/// does not grow.
pub fn keeps_priority(old_price: i64, old_wh: u64, new_price: i64, new_wh: u64) -> bool {
	old_price == new_price && new_wh <= old_wh
}

/// Why a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
	Filled,
	NothingLeft,
	SelfTrade,
	Exhausted,
}

pub(super) struct Sweep<Owner> {
	pub trades: Vec<Trade<Owner>>,
	pub remaining: u64,
	pub stop: Stop,
}

/// Whom an aggressor could trade with next.
#[derive(Clone, Copy)]
enum Candidate {
	Queue(u32),
	Waiting(usize),
}

/// How bad a price is for an aggressor in nEUR/Wh, fees included: lower is better.
fn cost(aggressor: Side, price: i64, fee: u64) -> i64 {
	// Prices lie within `MAX_PRICE` and fees within `MAX_FEES`.
	match aggressor {
		Side::Buy => price + fee as i64,
		Side::Sell => fee as i64 - price,
	}
}

impl<S: Source> View<'_, S> {
	/// Trades an order with one after the other, best first, until nothing is left of it or for it.
	pub(super) fn sweep(&mut self, order: &Order<S::Owner>, with_waiting: bool) -> Sweep<S::Owner> {
		let mut sweep = Sweep { trades: Vec::new(), remaining: order.wh, stop: Stop::Filled };
		sweep.stop = self.run(order, with_waiting, &mut sweep).unwrap_or(Stop::Exhausted);
		sweep
	}

	fn run(
		&mut self,
		order: &Order<S::Owner>,
		with_waiting: bool,
		sweep: &mut Sweep<S::Owner>,
	) -> Result<Stop, Exhausted> {
		let fees = self.tree().fees_from(order.zone);
		let other = order.side.opposite();
		let limit = cost(order.side, order.price, 0);
		// An aggressor only uses room in its direction and never frees it, and only shrinks: who is out of reach or too
		// large once stays so.
		let mut blocked = alloc::vec![false; fees.len()];
		let mut passed_over = alloc::vec![!with_waiting; self.waiting.len()];
		while sweep.remaining > 0 {
			let mut best: Option<(i64, u64, Candidate)> = None;
			let mut consider = |price, id, fee, candidate| {
				let cost = cost(order.side, price, fee);
				if cost <= limit && best.is_none_or(|(least, first, _)| (cost, id) < (least, first)) {
					best = Some((cost, id, candidate));
				}
			};
			for (zone, fee) in (0u32..).zip(&fees) {
				if blocked[zone as usize] {
					continue;
				}
				if let Some(Head { price, id }) = self.head(zone, other)? {
					consider(price, id, *fee, Candidate::Queue(zone));
				}
			}
			for (at, waiting) in self.waiting.iter().enumerate() {
				let Some(fee) = fees.get(waiting.zone as usize) else { continue };
				if !passed_over[at] && waiting.side == other && waiting.wh <= sweep.remaining {
					consider(waiting.price, waiting.id, *fee, Candidate::Waiting(at));
				}
			}
			let Some((_, _, candidate)) = best else { return Ok(Stop::NothingLeft) };
			let zone = match candidate {
				Candidate::Queue(zone) => zone,
				Candidate::Waiting(at) => self.waiting[at].zone,
			};
			let room = match order.side {
				Side::Buy => self.room(zone, order.zone)?,
				Side::Sell => self.room(order.zone, zone)?,
			};
			let resting = match candidate {
				Candidate::Queue(zone) if room == 0 => {
					blocked[zone as usize] = true;
					continue;
				},
				Candidate::Waiting(at) if room < self.waiting[at].wh => {
					passed_over[at] = true;
					continue;
				},
				Candidate::Queue(zone) => match self.first(zone, other)? {
					Some(resting) => resting,
					None => continue,
				},
				Candidate::Waiting(at) => self.waiting[at].clone(),
			};
			if resting.owner == order.owner {
				return Ok(Stop::SelfTrade);
			}
			self.fills = self.fills.checked_sub(1).ok_or(Exhausted)?;
			let wh = sweep.remaining.min(resting.wh).min(room);
			let aggressor = Order { wh: sweep.remaining, ..order.clone() };
			let trade = Trade { resting, aggressor, wh, fee: fees[zone as usize] };
			match candidate {
				Candidate::Queue(_) => self.take(trade.resting.clone(), wh),
				Candidate::Waiting(at) => {
					self.waiting.remove(at);
					passed_over.remove(at);
				},
			}
			self.pass_energy(&trade);
			sweep.remaining -= wh;
			sweep.trades.push(trade);
		}
		Ok(Stop::Filled)
	}

	/// Whether an order that comes to rest crosses a waiting one, which it may help to fill.
	fn may_complete_waiting(&self, order: &Order<S::Owner>) -> bool {
		let crosses = |waiting: &&Order<S::Owner>| {
			let fee = self.tree().fee(order.zone, waiting.zone);
			waiting.side != order.side && cost(waiting.side, order.price, fee) <= cost(waiting.side, waiting.price, 0)
		};
		self.waiting.iter().any(|waiting| crosses(&waiting))
	}
}
