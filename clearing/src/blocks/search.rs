//! The choice of blocks, as a state machine that clears one interval per step.
//!
//! **Descent.** All blocks are in. As long as an interval cannot place its blocks, the one with the worst price among
//! those that are stuck goes; as long as a block is out of the money, the one with the greatest loss per Wh goes. What
//! remains is the incumbent.
//!
//! **Insertion.** The rejected block with the greatest gain per Wh at the incumbent's prices is put in, each at most
//! once, and the descent runs again from there. If it ends with more welfare, that is the new incumbent; if not, the
//! incumbent is restored without clearing anything. Ends when no such block is in the money, or when the rounds are
//! used up.
//!
//! A round changes one block, and only the intervals of that block are cleared again. Among equals the block that
//! arrived later goes, and the one that arrived earlier is put in. Only rejected blocks in the money can raise welfare:
//! welfare is concave in the injected energy, so a block's gain at the prices without it bounds what it adds.

use super::{inject, validate_blocks, Block, BlockError};
use crate::{clear, orders::Side, Clearing, Error, Zone};
use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

/// What clearing an interval told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
	/// Gains from trade of the steps net of fees, in nEUR.
	pub welfare: i128,
	/// The zone price that each block meets, in nEUR/Wh; 0 where it has no energy.
	pub prices: Vec<i64>,
}

/// Blocks that are in, and what the intervals clear to with them.
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
	/// The best state found in which no block is out of the money.
	pub incumbent: Option<State>,
	/// Welfare of the incumbent over all intervals and blocks, in nEUR.
	pub welfare: i128,
	/// The block that the running insertion has put in.
	pub inserted: Option<u32>,
	/// Blocks that were put in once.
	pub tried: Vec<bool>,
	/// Rounds left to insertions.
	pub rounds: u32,
	pub done: bool,
}

impl Search {
	/// Insertions may change this many blocks, all together, per block of the session.
	pub const ROUNDS_PER_BLOCK: u32 = 2;

	/// Begins with all blocks in.
	///
	/// # Errors
	/// If a block is malformed.
	pub fn new(blocks: &[Block], intervals: u32) -> Result<Self, BlockError> {
		validate_blocks(blocks, intervals)?;
		let probe = Probe { welfare: 0, prices: vec![0; blocks.len()] };
		let rounds = (blocks.len() as u32).saturating_mul(Self::ROUNDS_PER_BLOCK);
		Ok(Search {
			current: State { accepted: vec![true; blocks.len()], probes: vec![probe; intervals as usize] },
			// Without blocks there is nothing to choose.
			dirty: vec![!blocks.is_empty(); intervals as usize],
			incumbent: None,
			welfare: 0,
			inserted: None,
			tried: vec![false; blocks.len()],
			rounds,
			done: blocks.is_empty(),
		})
	}

	/// Most steps that a search can take: every interval once, and then every block's intervals once per round.
	pub fn most_steps(blocks: u32, intervals: u32) -> u64 {
		let rounds = u64::from(blocks) * (1 + u64::from(Self::ROUNDS_PER_BLOCK));
		u64::from(intervals) * (1 + rounds)
	}

	/// The interval that the next step clears; `None` when the choice is made.
	pub fn next_interval(&self) -> Option<u32> {
		if self.done {
			return None;
		}
		self.dirty.iter().position(|dirty| *dirty).map(|at| at as u32)
	}

	/// The accepted blocks: the incumbent's, and none as long as there is no incumbent. Valid at any time, so that the
	/// search may be broken off.
	pub fn accepted(&self) -> Vec<bool> {
		match &self.incumbent {
			Some(incumbent) => incumbent.accepted.clone(),
			None => vec![false; self.tried.len()],
		}
	}

	/// Clears [`Search::next_interval`], whose market is `zones`, and goes on. The injections of the zones are
	/// overwritten. The blocks must be those that the search began with; their zones are indices into `zones`.
	///
	/// # Errors
	/// If the interval is malformed or numbers leave their types. Nothing has changed then.
	pub fn step(&mut self, blocks: &[Block], zones: &mut [Zone]) -> Result<(), BlockError> {
		let Some(interval) = self.next_interval() else { return Ok(()) };
		inject(zones, blocks, &self.current.accepted, interval)?;
		match clear(zones) {
			Ok(clearing) => {
				let at = interval as usize;
				let before = core::mem::replace(&mut self.current.probes[at], probe(blocks, interval, &clearing));
				self.dirty[at] = false;
				if !self.dirty.contains(&true) {
					let Some(welfare) = self.current.welfare(blocks) else {
						self.current.probes[at] = before;
						self.dirty[at] = true;
						return Err(BlockError::TotalOverflow);
					};
					self.cleared(blocks, welfare);
				}
				Ok(())
			},
			Err(error @ (Error::Surplus { zone } | Error::Shortage { zone })) => {
				let side = if matches!(error, Error::Surplus { .. }) { Side::Sell } else { Side::Buy };
				let stuck = self.stuck(blocks, zones, interval, zone, side);
				self.drop_block(blocks, stuck.ok_or(BlockError::Interval { interval, error })?);
				Ok(())
			},
			Err(error) => Err(BlockError::Interval { interval, error }),
		}
	}

	/// The block with the worst price among those of a side that are in at or below a zone.
	fn stuck(&self, blocks: &[Block], zones: &[Zone], interval: u32, zone: u32, side: Side) -> Option<usize> {
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
		let badness = |block: &Block| if side == Side::Sell { block.price } else { -block.price };
		let stuck = blocks.iter().enumerate().filter(|(at, block)| {
			self.current.accepted[*at] && block.side == side && block.energy(interval) > 0 && within(block.zone)
		});
		stuck.max_by_key(|(at, block)| (badness(block), *at)).map(|(at, _)| at)
	}

	/// All intervals are cleared: a loss goes on with the descent, none ends it.
	fn cleared(&mut self, blocks: &[Block], welfare: i128) {
		let gains = blocks.iter().enumerate().filter(|(at, _)| self.current.accepted[*at]);
		let worst = gains.map(|(at, block)| (self.current.rank(at, block), Reverse(at))).min();
		match worst {
			Some(((_, gain), Reverse(at))) if gain < 0 => self.drop_block(blocks, at),
			_ if self.incumbent.is_none() || welfare > self.welfare => {
				self.incumbent = Some(self.current.clone());
				self.welfare = welfare;
				self.insert(blocks);
			},
			_ => self.restore(blocks),
		}
	}

	/// Takes a block out. An insertion that gives up its own block, or has no round left, has failed.
	fn drop_block(&mut self, blocks: &[Block], at: usize) {
		if self.incumbent.is_some() {
			if self.rounds == 0 || self.inserted == u32::try_from(at).ok() {
				return self.restore(blocks);
			}
			self.rounds -= 1;
		}
		self.change(blocks, at, false);
	}

	/// Goes back to the incumbent and on with the next insertion.
	fn restore(&mut self, blocks: &[Block]) {
		if let Some(incumbent) = &self.incumbent {
			self.current = incumbent.clone();
			self.dirty.iter_mut().for_each(|dirty| *dirty = false);
		}
		self.insert(blocks);
	}

	/// Puts in the rejected block with the greatest gain per Wh, or ends.
	fn insert(&mut self, blocks: &[Block]) {
		let rejected = blocks.iter().enumerate().filter(|(at, _)| !self.current.accepted[*at] && !self.tried[*at]);
		let best = rejected.map(|(at, block)| (self.current.rank(at, block), Reverse(at))).max();
		match best {
			Some(((_, gain), Reverse(at))) if gain > 0 && self.rounds > 0 => {
				self.rounds -= 1;
				self.tried[at] = true;
				self.inserted = u32::try_from(at).ok();
				self.change(blocks, at, true);
			},
			_ => self.done = true,
		}
	}

	fn change(&mut self, blocks: &[Block], at: usize, accepted: bool) {
		self.current.accepted[at] = accepted;
		let block = &blocks[at];
		for (dirty, wh) in self.dirty[block.first as usize..].iter_mut().zip(&block.wh) {
			*dirty |= *wh > 0;
		}
	}
}

impl State {
	/// Gains from trade over all intervals and accepted blocks, in nEUR. `None` beyond the type's range.
	fn welfare(&self, blocks: &[Block]) -> Option<i128> {
		let accepted = blocks.iter().zip(&self.accepted).filter(|(_, accepted)| **accepted);
		let worths = accepted.map(|(block, _)| block.worth());
		self.probes.iter().map(|probe| probe.welfare).chain(worths).try_fold(0, i128::checked_add)
	}

	/// How far a block lies on the right side of its limit at the zone prices, in nEUR.
	fn gain(&self, at: usize, block: &Block) -> i128 {
		block.gain(block.amount(|interval| self.probes[interval as usize].prices[at]))
	}

	/// What blocks are compared by: gain per Wh, rounded down, and then gain. Negative exactly when the gain is.
	fn rank(&self, at: usize, block: &Block) -> (i128, i128) {
		let gain = self.gain(at, block);
		(gain.div_euclid(block.total() as i128), gain)
	}
}

/// What a clearing tells about the blocks.
fn probe(blocks: &[Block], interval: u32, clearing: &Clearing) -> Probe {
	let price = |block: &Block| {
		let zone = clearing.zones.get(block.zone as usize).filter(|_| block.energy(interval) > 0);
		zone.map_or(0, |zone| zone.price)
	};
	Probe { welfare: clearing.welfare, prices: blocks.iter().map(price).collect() }
}
