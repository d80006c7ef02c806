//! The choice of block orders, as a state machine that clears one interval per step.
//!
//! **Descent.** All block orders are in. As long as an interval cannot place its block orders, the one with the worst
//! price among those that are stuck goes. As long as block orders are out of the money wherever the prices lean, the one
//! goes that loses most per Wh; as long as no [`Lean`] keeps all of them in the money, the one that loses most at the
//! middle. What remains is the incumbent. A first descent takes out together whatever a round finds losing, so that there
//! is an incumbent after few rounds, however many block orders are bad; if it did so, a second one follows from all block
//! orders again, and the better of both is kept.
//!
//! **Insertion.** The rejected block order with the greatest gain per Wh at the incumbent's prices is put in, each at
//! most once, and the descent runs again from there. If it ends with more welfare, that is the new incumbent; if not,
//! the incumbent is restored without clearing anything. Ends when no such block order is in the money, or when the
//! rounds are used up.
//!
//! Only the intervals of block orders that change are cleared again. Among equals the block order that arrived later
//! goes, and the one that arrived earlier is put in. Only rejected block orders that are in the money at all supporting
//! prices can raise welfare: welfare is concave in the injected energy, so a block order's gain at any supporting prices
//! without it bounds what it adds.

use super::{
	lean::nearest,
	order::{inject, validate_block_orders, BlockOrder, BlockOrderError},
};
use crate::{orders::Side, solve::Solved, Error, Lean, Zone};
use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

/// What clearing an interval told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
	/// Gains from trade of the steps net of fees, in nEUR.
	pub welfare: i128,
	/// The least and the greatest supporting price of the zone of each block order, in nEUR/Wh; 0 where it has no energy.
	pub prices: Vec<(i64, i64)>,
}

/// Block orders that are in, and what the intervals clear to with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
	pub accepted: Vec<bool>,
	pub probes: Vec<Probe>,
}

/// The search, between two steps. It is plain data, so that it can be kept and taken up again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
	/// What is being tried.
	pub current: State,
	/// Intervals whose probe does not belong to `current.accepted` yet.
	pub dirty: Vec<bool>,
	/// The best state found in which no block order is out of the money.
	pub incumbent: Option<State>,
	/// Welfare of the incumbent over all intervals and block orders, in nEUR.
	pub welfare: i128,
	/// The first descent is still running.
	pub hasty: bool,
	/// It has taken out several block orders together.
	pub coarse: bool,
	/// The block order that the running insertion has put in; `None` during descents.
	pub inserted: Option<u32>,
	/// Block orders that were put in once.
	pub tried: Vec<bool>,
	/// Rounds left to insertions.
	pub rounds: u32,
	pub done: bool,
}

impl Search {
	/// Insertions may change this many block orders, all together, per block order of the session.
	pub const ROUNDS_PER_BLOCK_ORDER: u32 = 2;

	/// Begins with all block orders in.
	///
	/// # Errors
	/// If a block order is malformed.
	pub fn new(block_orders: &[BlockOrder], intervals: u32) -> Result<Self, BlockOrderError> {
		validate_block_orders(block_orders, intervals)?;
		let probe = Probe { welfare: 0, prices: vec![(0, 0); block_orders.len()] };
		let rounds = (block_orders.len() as u32).saturating_mul(Self::ROUNDS_PER_BLOCK_ORDER);
		Ok(Search {
			current: State { accepted: vec![true; block_orders.len()], probes: vec![probe; intervals as usize] },
			// Without block orders there is nothing to choose.
			dirty: vec![!block_orders.is_empty(); intervals as usize],
			incumbent: None,
			welfare: 0,
			hasty: true,
			coarse: false,
			inserted: None,
			tried: vec![false; block_orders.len()],
			rounds,
			done: block_orders.is_empty(),
		})
	}

	/// Most steps that a search can take: in both descents every interval once and every block order's intervals once, and
	/// then those of one block order per round.
	pub fn most_steps(block_orders: u32, intervals: u32) -> u64 {
		let rounds = u64::from(block_orders) * (2 + u64::from(Self::ROUNDS_PER_BLOCK_ORDER));
		u64::from(intervals) * (2 + rounds)
	}

	/// The interval that the next step clears; `None` when the choice is made.
	pub fn next_interval(&self) -> Option<u32> {
		if self.done {
			return None;
		}
		self.dirty.iter().position(|dirty| *dirty).map(|at| at as u32)
	}

	/// How the prices lean with the accepted block orders.
	pub fn lean(&self, block_orders: &[BlockOrder]) -> Lean {
		self.incumbent.as_ref().and_then(|incumbent| incumbent.lean(block_orders)).unwrap_or_default()
	}

	/// The accepted block orders: the incumbent's, and none as long as there is no incumbent. Valid at any time, so
	/// that the search may be broken off.
	pub fn accepted(&self) -> Vec<bool> {
		match &self.incumbent {
			Some(incumbent) => incumbent.accepted.clone(),
			None => vec![false; self.tried.len()],
		}
	}

	/// Clears [`Search::next_interval`], whose market is `zones`, and goes on. The injections of the zones are
	/// overwritten. The block orders must be those that the search began with; their zones are indices into `zones`.
	///
	/// # Errors
	/// If the interval is malformed or numbers leave their types. Nothing has changed then.
	pub fn step(&mut self, block_orders: &[BlockOrder], zones: &mut [Zone]) -> Result<(), BlockOrderError> {
		let Some(interval) = self.next_interval() else { return Ok(()) };
		inject(zones, block_orders, &self.current.accepted, interval)?;
		match probe(block_orders, interval, zones) {
			Ok(probe) => {
				let at = interval as usize;
				let before = core::mem::replace(&mut self.current.probes[at], probe);
				self.dirty[at] = false;
				if !self.dirty.contains(&true) {
					let Some(welfare) = self.current.welfare(block_orders) else {
						self.current.probes[at] = before;
						self.dirty[at] = true;
						return Err(BlockOrderError::TotalOverflow);
					};
					self.cleared(block_orders, welfare);
				}
				Ok(())
			},
			Err(error @ (Error::Surplus { zone } | Error::Shortage { zone })) => {
				let side = if matches!(error, Error::Surplus { .. }) { Side::Sell } else { Side::Buy };
				let stuck = self.stuck(block_orders, zones, interval, zone, side);
				self.drop_block_orders(block_orders, &[stuck.ok_or(BlockOrderError::Interval { interval, error })?]);
				Ok(())
			},
			Err(error) => Err(BlockOrderError::Interval { interval, error }),
		}
	}

	/// The block order with the worst price among those of a side that are in at or below a zone.
	fn stuck(
		&self,
		block_orders: &[BlockOrder],
		zones: &[Zone],
		interval: u32,
		zone: u32,
		side: Side,
	) -> Option<usize> {
		let within = |mut at: u32| {
			// A parent stands before its children.
			while at > zone {
				match zones.get(at as usize).and_then(|zone| zone.parent) {
					Some(parent) => at = parent,
					None => return false,
				}
			}
			at == zone
		};
		let badness =
			|block_order: &BlockOrder| if side == Side::Sell { block_order.price } else { -block_order.price };
		let stuck = block_orders.iter().enumerate().filter(|(at, block_order)| {
			self.current.accepted[*at]
				&& block_order.side == side
				&& block_order.energy(interval) > 0
				&& within(block_order.zone)
		});
		stuck.max_by_key(|(at, block_order)| (badness(block_order), *at)).map(|(at, _)| at)
	}

	/// All intervals are cleared: losses go on with the descent, none ends it.
	fn cleared(&mut self, block_orders: &[BlockOrder], welfare: i128) {
		let losers = self.current.losers(block_orders, self.hasty);
		if !losers.is_empty() {
			self.coarse |= losers.len() > 1;
			self.drop_block_orders(block_orders, &losers);
		} else if self.incumbent.is_none() || welfare > self.welfare {
			self.incumbent = Some(self.current.clone());
			self.welfare = welfare;
			self.settled(block_orders);
		} else {
			self.restore(block_orders);
		}
	}

	/// What follows once there is an incumbent: the second descent if the first one was coarse, and then insertions.
	fn settled(&mut self, block_orders: &[BlockOrder]) {
		let again = core::mem::take(&mut self.hasty) && self.coarse;
		if again {
			self.current.accepted.iter_mut().for_each(|accepted| *accepted = true);
			self.dirty.iter_mut().for_each(|dirty| *dirty = true);
		} else {
			self.insert(block_orders);
		}
	}

	/// Takes block orders out. An insertion that gives up its own block order, or has no round left, has failed.
	fn drop_block_orders(&mut self, block_orders: &[BlockOrder], losers: &[usize]) {
		if let Some(inserted) = self.inserted {
			let left = u32::try_from(losers.len()).ok().and_then(|count| self.rounds.checked_sub(count));
			match left.filter(|_| !losers.contains(&(inserted as usize))) {
				Some(rounds) => self.rounds = rounds,
				None => return self.restore(block_orders),
			}
		}
		losers.iter().for_each(|at| self.change(block_orders, *at, false));
	}

	/// Goes back to the incumbent and on with the next insertion.
	fn restore(&mut self, block_orders: &[BlockOrder]) {
		if let Some(incumbent) = &self.incumbent {
			self.current = incumbent.clone();
			self.dirty.iter_mut().for_each(|dirty| *dirty = false);
		}
		self.insert(block_orders);
	}

	/// Puts in the rejected block order with the greatest gain per Wh, or ends.
	fn insert(&mut self, block_orders: &[BlockOrder]) {
		let rejected =
			block_orders.iter().enumerate().filter(|(at, _)| !self.current.accepted[*at] && !self.tried[*at]);
		let least = |at, block_order| self.current.rank(at, block_order, worst(block_order));
		let best = rejected.map(|(at, block_order)| (least(at, block_order), Reverse(at))).max();
		match best {
			Some(((_, gain), Reverse(at))) if gain > 0 && self.rounds > 0 => {
				self.rounds -= 1;
				self.tried[at] = true;
				self.inserted = u32::try_from(at).ok();
				self.change(block_orders, at, true);
			},
			_ => self.done = true,
		}
	}

	fn change(&mut self, block_orders: &[BlockOrder], at: usize, accepted: bool) {
		self.current.accepted[at] = accepted;
		let block_order = &block_orders[at];
		for (dirty, wh) in self.dirty[block_order.first as usize..].iter_mut().zip(&block_order.wh) {
			*dirty |= *wh > 0;
		}
	}
}

impl State {
	/// Gains from trade over all intervals and accepted block orders, in nEUR. `None` beyond the type's range.
	fn welfare(&self, block_orders: &[BlockOrder]) -> Option<i128> {
		let accepted = block_orders.iter().zip(&self.accepted).filter(|(_, accepted)| **accepted);
		let worths = accepted.map(|(block_order, _)| block_order.worth());
		self.probes.iter().map(|probe| probe.welfare).chain(worths).try_fold(0, i128::checked_add)
	}

	/// How far a block order lies on the right side of its limit when prices lean so, in nEUR.
	fn gain(&self, at: usize, block_order: &BlockOrder, lean: Lean) -> i128 {
		block_order.gain(block_order.amount(|interval| {
			let (low, high) = self.probes[interval as usize].prices[at];
			lean.price(low, high)
		}))
	}

	/// What block orders are compared by: gain per Wh, rounded down, and then gain. Negative exactly when the gain is.
	fn rank(&self, at: usize, block_order: &BlockOrder, lean: Lean) -> (i128, i128) {
		let gain = self.gain(at, block_order, lean);
		(gain.div_euclid(block_order.total() as i128), gain)
	}

	/// The lean nearest to the middle at which every accepted block order is in the money, if there is one.
	fn lean(&self, block_orders: &[BlockOrder]) -> Option<Lean> {
		nearest(|side, lean| {
			let mut accepted = block_orders.iter().enumerate().filter(|(at, _)| self.accepted[*at]);
			accepted.all(|(at, block_order)| block_order.side != side || self.gain(at, block_order, lean) >= 0)
		})
	}

	/// The accepted block orders that go next. Of those that are out of the money however prices lean, the one that loses
	/// most per Wh; if there is none and no lean suits the others together, the one that loses most at the middle. In haste
	/// all of them at once. None if all are in the money.
	fn losers(&self, block_orders: &[BlockOrder], hasty: bool) -> Vec<usize> {
		let losing = |lean: fn(&BlockOrder) -> Lean| {
			let accepted = block_orders.iter().enumerate().filter(|(at, _)| self.accepted[*at]);
			let ranked = accepted.map(|(at, block_order)| (self.rank(at, block_order, lean(block_order)), Reverse(at)));
			let mut losing: Vec<_> = ranked.filter(|((_, gain), _)| *gain < 0).collect();
			if !hasty {
				losing = losing.into_iter().min().into_iter().collect();
			}
			losing.into_iter().map(|(_, Reverse(at))| at).collect::<Vec<_>>()
		};
		let hopeless = losing(best);
		if !hopeless.is_empty() || self.lean(block_orders).is_some() {
			return hopeless;
		}
		losing(|_| Lean::MIDDLE)
	}
}

/// The lean that a block order likes best.
fn best(block_order: &BlockOrder) -> Lean {
	match block_order.side {
		Side::Buy => Lean::LEAST,
		Side::Sell => Lean::GREATEST,
	}
}

/// The lean that a block order likes least.
fn worst(block_order: &BlockOrder) -> Lean {
	match block_order.side {
		Side::Buy => Lean::GREATEST,
		Side::Sell => Lean::LEAST,
	}
}

/// What clearing an interval tells about the block orders.
fn probe(block_orders: &[BlockOrder], interval: u32, zones: &[Zone]) -> Result<Probe, Error> {
	let solved = Solved::new(zones)?;
	let welfare = solved.clearing(zones, Lean::MIDDLE)?.welfare;
	let prices = |block_order: &BlockOrder| {
		let range = solved.ranges.get(block_order.zone as usize).filter(|_| block_order.energy(interval) > 0);
		range.map_or((0, 0), |range| (range.low, range.high))
	};
	Ok(Probe { welfare, prices: block_orders.iter().map(prices).collect() })
}
