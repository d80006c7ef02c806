//! A book in memory, and what must hold of everything that happens in it.
#![allow(dead_code)]

use busbar_clearing::book::*;
use std::collections::BTreeMap;

pub type Own = Order<u8>;

pub const AMPLE: Budget = Budget { steps: u32::MAX, fills: u32::MAX };

/// Place of an order in its queue: zone, side, price from the best on, arrival.
type Place = (u32, bool, i64, u64);

#[derive(Clone)]
pub struct Memory {
	pub tree: Tree,
	pub limits: Vec<Room>,
	/// Flow over each link, from the parent into the zone.
	pub flows: Vec<i64>,
	pub queues: BTreeMap<Place, Own>,
	pub places: BTreeMap<u64, Place>,
	pub waiting: Vec<Own>,
	pub next_id: u64,
}

fn place(order: &Own) -> Place {
	let rank = if order.side == Side::Buy { -order.price } else { order.price };
	(order.zone, order.side == Side::Sell, rank, order.id)
}

impl Source for Memory {
	type Owner = u8;

	fn head(&mut self, zone: u32, side: Side) -> Option<Head> {
		let sell = side == Side::Sell;
		let first = self.queues.range((zone, sell, i64::MIN, 0)..=(zone, sell, i64::MAX, u64::MAX)).next();
		first.map(|(_, order)| Head { price: order.price, id: order.id })
	}

	fn order(&mut self, _: u32, _: Side, head: Head) -> Option<Own> {
		self.queues.get(self.places.get(&head.id)?).cloned()
	}

	fn next(&mut self, order: &Own) -> Option<Own> {
		let (zone, sell, rank, id) = place(order);
		let behind = (zone, sell, rank, id + 1)..=(zone, sell, i64::MAX, u64::MAX);
		self.queues.range(behind).next().map(|(_, order)| order.clone())
	}

	fn room(&mut self, zone: u32) -> Room {
		let (limits, flow) = (self.limits[zone as usize], i128::from(self.flows[zone as usize]));
		let left = |limit: Option<u64>, flow: i128| limit.map(|limit| u64::try_from(i128::from(limit) - flow).unwrap());
		Room { import: left(limits.import, flow), export: left(limits.export, -flow) }
	}

	fn waiting(&mut self) -> Vec<Own> {
		self.waiting.clone()
	}
}

impl Memory {
	pub fn new(links: &[(Option<u32>, u64)], limits: Vec<Room>) -> Self {
		Memory {
			tree: Tree::new(links).unwrap(),
			flows: vec![0; limits.len()],
			limits,
			queues: BTreeMap::new(),
			places: BTreeMap::new(),
			waiting: Vec::new(),
			next_id: 0,
		}
	}

	/// Everything that rests or waits, by arrival.
	pub fn standing(&self) -> BTreeMap<u64, Own> {
		self.queues.values().chain(&self.waiting).map(|order| (order.id, order.clone())).collect()
	}

	pub fn arrive(&mut self, order: &Own, tif: TimeInForce, budget: Budget) -> Outcome<u8> {
		self.next_id = self.next_id.max(order.id + 1);
		let tree = self.tree.clone();
		let outcome = aggress(self, &tree, order, tif, budget);
		outcome.trades.iter().for_each(|trade| self.write(trade));
		let left = Own { wh: outcome.remaining, ..order.clone() };
		match outcome.end {
			End::Rests => {
				self.places.insert(left.id, place(&left));
				self.queues.insert(place(&left), left);
			},
			End::Waits => self.waiting.push(left),
			_ => {},
		}
		outcome
	}

	pub fn pass(&mut self, budget: Budget) -> Pass<u8> {
		let tree = self.tree.clone();
		let done = pass(self, &tree, budget);
		for event in &done.events {
			match event {
				Match::Trade(trade) => self.write(trade),
				Match::SelfTrade(order) => assert!(self.take(order.id)),
			}
		}
		done
	}

	/// Takes an order out. Returns whether it was there.
	pub fn take(&mut self, id: u64) -> bool {
		let waited = self.waiting.len();
		self.waiting.retain(|order| order.id != id);
		let rested = self.places.remove(&id).and_then(|place| self.queues.remove(&place)).is_some();
		rested || self.waiting.len() < waited
	}

	/// Lowers the quantity of an order where it stands.
	pub fn reduce(&mut self, id: u64, wh: u64) {
		if let Some(place) = self.places.get(&id) {
			self.queues.get_mut(place).unwrap().wh = wh;
		}
		self.waiting.iter_mut().filter(|order| order.id == id).for_each(|order| order.wh = wh);
	}

	/// Writes a trade and proves it right as far as one trade can be.
	fn write(&mut self, trade: &Trade<u8>) {
		let (sell, buy) = trade.sell_and_buy();
		let (paid, received) = trade.prices();
		assert!(trade.wh > 0);
		assert_ne!(sell.owner, buy.owner, "somebody trades with itself");
		assert!(paid <= buy.price && received >= sell.price, "somebody trades worse than its limit");
		assert_eq!(paid - received, trade.fee as i64, "the fees are all that lies between");
		assert_eq!(trade.fee, self.tree.fee(sell.zone, buy.zone));
		assert!(trade.resting.id < trade.aggressor.id || self.waiting.iter().any(|w| w.id == trade.aggressor.id));
		for order in [&trade.resting, &trade.aggressor] {
			let rests = self.places.get(&order.id).and_then(|place| self.queues.get(place));
			if let Some(standing) = rests.or_else(|| self.waiting.iter().find(|waiting| waiting.id == order.id)) {
				assert_eq!(standing, order, "a trade tells of an order as it stood before");
				if order.wh == trade.wh {
					assert!(self.take(order.id));
				} else {
					self.reduce(order.id, order.wh - trade.wh);
				}
			}
		}
		for (link, way) in self.tree.path(sell.zone, buy.zone) {
			let flow = &mut self.flows[link as usize];
			*flow += if way == Way::Import { trade.wh as i64 } else { -(trade.wh as i64) };
			let limits = self.limits[link as usize];
			let limit = if *flow > 0 { limits.import } else { limits.export };
			assert!(limit.is_none_or(|limit| flow.unsigned_abs() <= limit), "a flow exceeds its limit");
		}
	}
}
