//! Matching what rests: after room was freed, or where a call's budget ended before its order was done.

use super::{
	aggress::{Stop, Sweep},
	view::{Exhausted, View},
	Budget, Order, Side, Source, Trade, Tree, MAX_WAITING, MAX_WHOLE_FILLS, MAX_ZONES,
};
use alloc::vec::Vec;

/// Steps with which a pass either trades, cancels or completes, whatever the book holds: the room of every link, the
/// first order of every queue, and for every waiting order the orders that could fill it together.
pub const MIN_PASS_STEPS: u32 = 3 * MAX_ZONES as u32 + 2 * MAX_WAITING as u32 * (MAX_WHOLE_FILLS + 1);

/// What a pass found. The caller writes it, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass<Owner> {
	pub events: Vec<Match<Owner>>,
	/// Whether nothing is left to match. Otherwise another pass goes on.
	pub complete: bool,
}

/// One thing that a pass does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<Owner> {
	Trade(Trade<Owner>),
	/// The younger of two crossing orders of one owner is cancelled.
	SelfTrade(Order<Owner>),
}

/// Matches resting orders that cross, then tries the waiting ones, until nothing can trade or the budget is used up. A
/// budget of [`MIN_PASS_STEPS`] and as many fills as [`MAX_WHOLE_FILLS`] always gets on.
pub fn pass<S: Source>(source: &mut S, tree: &Tree, budget: Budget) -> Pass<S::Owner> {
	let mut view = View::new(source, tree, budget);
	let mut events = Vec::new();
	let complete = loop {
		match view.match_one(&mut events) {
			Ok(true) => continue,
			Ok(false) => {},
			Err(Exhausted) => break false,
		}
		match view.fill_one_waiting(&mut events) {
			Ok(true) => continue,
			Ok(false) => break true,
			Err(Exhausted) => break false,
		}
	};
	Pass { events, complete }
}

impl<S: Source> View<'_, S> {
	/// Matches the pair of crossing orders that gains most, the oldest among equals. Returns whether there was one.
	fn match_one(&mut self, events: &mut Vec<Match<S::Owner>>) -> Result<bool, Exhausted> {
		let Some((seller, buyer, fee)) = self.best_pair()? else { return Ok(false) };
		let (Some(sell), Some(buy)) = (self.first(seller, Side::Sell)?, self.first(buyer, Side::Buy)?) else {
			// A head without an order: its queue now counts as empty.
			return Ok(true);
		};
		self.fills = self.fills.checked_sub(1).ok_or(Exhausted)?;
		let wh = sell.wh.min(buy.wh).min(self.room(seller, buyer)?);
		let (resting, aggressor) = if sell.id < buy.id { (sell, buy) } else { (buy, sell) };
		if resting.owner == aggressor.owner {
			self.remove(aggressor.clone());
			events.push(Match::SelfTrade(aggressor));
			return Ok(true);
		}
		self.take(resting.clone(), wh);
		self.take(aggressor.clone(), wh);
		let trade = Trade { resting, aggressor, wh, fee };
		self.pass_energy(&trade);
		events.push(Match::Trade(trade));
		Ok(true)
	}

	/// The zones of the seller and the buyer who gain most, and the fees between them.
	fn best_pair(&mut self) -> Result<Option<(u32, u32, u64)>, Exhausted> {
		let zones = self.tree().len() as u32;
		let mut sells = Vec::new();
		for zone in 0..zones {
			sells.extend(self.head(zone, Side::Sell)?.map(|head| (zone, head)));
		}
		let Some(lowest) = sells.iter().map(|(_, head)| head.price).min() else { return Ok(None) };
		let mut best: Option<((i64, u64, u64), (u32, u32, u64))> = None;
		for buyer in 0..zones {
			let Some(buy) = self.head(buyer, Side::Buy)?.filter(|head| head.price >= lowest) else { continue };
			let fees = self.tree().fees_from(buyer);
			for (seller, sell) in &sells {
				let fee = fees[*seller as usize];
				// Prices lie within `MAX_PRICE` and fees within `MAX_FEES`.
				let gain = buy.price - sell.price - fee as i64;
				let key = (-gain, sell.id.min(buy.id), sell.id.max(buy.id));
				let better = gain >= 0 && best.is_none_or(|(least, _)| key < least);
				if better && self.room(*seller, buyer)? > 0 {
					best = Some((key, (*seller, buyer, fee)));
				}
			}
		}
		Ok(best.map(|(_, pair)| pair))
	}

	/// Fills the oldest waiting order that can be filled as a whole. Returns whether there was one.
	fn fill_one_waiting(&mut self, events: &mut Vec<Match<S::Owner>>) -> Result<bool, Exhausted> {
		for at in 0..self.waiting.len() {
			let order = self.waiting[at].clone();
			let (before, fills) = (self.save(), self.fills);
			self.fills = MAX_WHOLE_FILLS;
			let Sweep { trades, stop, .. } = self.sweep(&order, false);
			let used = MAX_WHOLE_FILLS.saturating_sub(self.fills);
			let too_many = self.fills == 0 && stop == Stop::Exhausted;
			self.fills = fills;
			if stop == Stop::Filled {
				self.fills = fills.checked_sub(used).ok_or(Exhausted)?;
				self.waiting.remove(at);
				events.extend(trades.into_iter().map(Match::Trade));
				return Ok(true);
			}
			self.restore(before);
			if stop == Stop::Exhausted && !too_many {
				return Err(Exhausted);
			}
		}
		Ok(false)
	}
}
