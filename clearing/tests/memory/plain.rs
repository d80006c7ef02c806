//! The rules of the book once more, slowly: every order is looked at for every trade, and paths are sets.

use crate::memory::Own;
use busbar_clearing::book::*;
use std::collections::BTreeSet;

#[derive(Clone)]
pub struct Plain {
	pub links: Vec<(Option<u32>, u64)>,
	pub limits: Vec<Room>,
	pub flows: Vec<i64>,
	pub resting: Vec<Own>,
	pub waiting: Vec<Own>,
}

/// Resting order, aggressor, quantity; or the cancelled order.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
	Trade(u64, u64, u64),
	Cancel(u64),
}

impl Plain {
	/// A zone and the zones above it, without the root: they name the links on its way to the root.
	fn above(&self, mut zone: u32) -> BTreeSet<u32> {
		let mut links = BTreeSet::new();
		while let Some(parent) = self.links[zone as usize].0 {
			links.insert(zone);
			zone = parent;
		}
		links
	}

	fn fee(&self, a: u32, b: u32) -> i64 {
		self.above(a).symmetric_difference(&self.above(b)).map(|link| self.links[*link as usize].1 as i64).sum()
	}

	fn room(&self, seller: u32, buyer: u32) -> i64 {
		let (up, down) = (self.above(seller), self.above(buyer));
		let exports = up.difference(&down).filter_map(|link| {
			let at = *link as usize;
			self.limits[at].export.map(|limit| limit as i64 + self.flows[at])
		});
		let imports = down.difference(&up).filter_map(|link| {
			let at = *link as usize;
			self.limits[at].import.map(|limit| limit as i64 - self.flows[at])
		});
		exports.chain(imports).min().unwrap_or(i64::MAX)
	}

	fn between(&self, a: &Own, b: &Own) -> (u32, u32) {
		if a.side == Side::Sell {
			(a.zone, b.zone)
		} else {
			(b.zone, a.zone)
		}
	}

	/// What two orders of different sides gain per Wh by trading.
	fn gain(&self, a: &Own, b: &Own) -> i64 {
		let (sell, buy) = if a.side == Side::Sell { (a, b) } else { (b, a) };
		buy.price - sell.price - self.fee(sell.zone, buy.zone)
	}

	fn trade(&mut self, resting: u64, aggressor: &Own, wh: u64) {
		let order = self.resting.iter().chain(&self.waiting).find(|order| order.id == resting).unwrap().clone();
		let (seller, buyer) = self.between(&order, aggressor);
		let (up, down) = (self.above(seller), self.above(buyer));
		up.difference(&down).for_each(|link| self.flows[*link as usize] -= wh as i64);
		down.difference(&up).for_each(|link| self.flows[*link as usize] += wh as i64);
		for order in self.resting.iter_mut().chain(&mut self.waiting) {
			if order.id == resting || order.id == aggressor.id {
				order.wh -= wh;
			}
		}
		self.resting.retain(|order| order.wh > 0);
		self.waiting.retain(|order| order.wh > 0);
	}

	/// Trades an order as far as it goes. Returns what is done, what is left, and whether its owner's own order came next.
	fn sweep(&mut self, order: &Own, with_waiting: bool, most: usize) -> (Vec<Done>, u64, bool) {
		let (mut done, mut left) = (Vec::new(), order.wh);
		while left > 0 {
			let waiting = self.waiting.iter().filter(|other| {
				let (seller, buyer) = self.between(other, order);
				with_waiting && other.wh <= left && other.wh as i64 <= self.room(seller, buyer)
			});
			let resting = self.resting.iter().filter(|other| {
				let (seller, buyer) = self.between(other, order);
				self.room(seller, buyer) > 0
			});
			let candidates = resting.chain(waiting).filter(|other| other.side != order.side);
			let best = candidates.filter(|other| self.gain(other, order) >= 0).min_by_key(|other| {
				let fee = self.fee(other.zone, order.zone);
				(if order.side == Side::Buy { other.price + fee } else { fee - other.price }, other.id)
			});
			let Some(best) = best.cloned() else { break };
			if best.owner == order.owner {
				return (done, left, true);
			}
			if done.len() == most {
				break;
			}
			let (seller, buyer) = self.between(&best, order);
			let wh = left.min(best.wh).min(self.room(seller, buyer) as u64);
			self.trade(best.id, order, wh);
			done.push(Done::Trade(best.id, order.id, wh));
			left -= wh;
		}
		(done, left, false)
	}

	pub fn arrive(&mut self, order: &Own, tif: TimeInForce) -> (Vec<Done>, u64, End) {
		let before = self.clone();
		let aon = tif == TimeInForce::AllOrNothing;
		let most = if aon { MAX_WHOLE_FILLS as usize } else { usize::MAX };
		let (done, left, own) = self.sweep(order, !aon, most);
		if left == 0 {
			return (done, 0, End::Filled);
		}
		if aon || tif == TimeInForce::FillOrKill {
			*self = before;
			if aon && !own {
				self.waiting.push(order.clone());
			}
			let end = if own {
				End::SelfTrade
			} else if aon {
				End::Waits
			} else {
				End::Killed
			};
			return (Vec::new(), order.wh, end);
		}
		let end = if own {
			End::SelfTrade
		} else if tif == TimeInForce::GoodTillGate {
			self.resting.push(Own { wh: left, ..order.clone() });
			End::Rests
		} else {
			End::Cancelled
		};
		(done, left, end)
	}

	pub fn pass(&mut self) -> Vec<Done> {
		let mut done = Vec::new();
		'again: loop {
			let pairs = self.resting.iter().flat_map(|a| self.resting.iter().map(move |b| (a, b)));
			let best = pairs
				.filter(|(old, new)| old.id < new.id && old.side != new.side && self.gain(old, new) >= 0)
				.filter(|(old, new)| {
					let (seller, buyer) = self.between(old, new);
					self.room(seller, buyer) > 0
				})
				.min_by_key(|(old, new)| (-self.gain(old, new), old.id, new.id));
			if let Some((old, new)) = best.map(|(old, new)| (old.clone(), new.clone())) {
				if old.owner == new.owner {
					self.resting.retain(|order| order.id != new.id);
					done.push(Done::Cancel(new.id));
				} else {
					let (seller, buyer) = self.between(&old, &new);
					let wh = old.wh.min(new.wh).min(self.room(seller, buyer) as u64);
					self.trade(old.id, &new, wh);
					done.push(Done::Trade(old.id, new.id, wh));
				}
				continue;
			}
			for order in self.waiting.clone() {
				let before = self.clone();
				let (trades, left, _) = self.sweep(&order, false, MAX_WHOLE_FILLS as usize);
				if left == 0 {
					done.extend(trades);
					continue 'again;
				}
				*self = before;
			}
			return done;
		}
	}
}
