//! A session's book as it will be once the trades found so far are written.

use super::{Budget, Head, Order, Room, Side, Source, Trade, Tree, Way};
use alloc::vec::Vec;

/// The budget is used up.
pub(super) struct Exhausted;

/// What is known of a queue.
#[derive(Clone)]
enum Queue<Owner> {
	Empty,
	/// Only where it starts.
	Head(Head),
	/// Its first order, with what is left of it.
	First(Order<Owner>),
	/// The last order that was taken off: the first is the one behind.
	After(Order<Owner>),
}

/// What changes with each trade, so that it can be put back.
#[derive(Clone)]
pub(super) struct State<Owner> {
	queues: Vec<[Queue<Owner>; 2]>,
	/// Flow of the trades found, per link, from the parent into the zone, in Wh.
	flows: Vec<i128>,
}

pub(super) struct View<'a, S: Source> {
	source: &'a mut S,
	tree: &'a Tree,
	state: State<S::Owner>,
	/// Room before the trades found; `None` until it is needed.
	rooms: Vec<Option<Room>>,
	pub(super) waiting: Vec<Order<S::Owner>>,
	steps: u32,
	pub(super) fills: u32,
	/// Whether a trade may have enabled others: it freed a link without room, or orders wait.
	pub(super) freed: bool,
}

fn side_index(side: Side) -> usize {
	match side {
		Side::Buy => 0,
		Side::Sell => 1,
	}
}

impl<'a, S: Source> View<'a, S> {
	pub(super) fn new(source: &'a mut S, tree: &'a Tree, budget: Budget) -> Self {
		let mut queue = |zone, side| source.head(zone, side).map_or(Queue::Empty, Queue::Head);
		let queues = (0..tree.len() as u32).map(|zone| [queue(zone, Side::Buy), queue(zone, Side::Sell)]).collect();
		let waiting = source.waiting();
		View {
			source,
			tree,
			state: State { queues, flows: alloc::vec![0; tree.len()] },
			rooms: alloc::vec![None; tree.len()],
			waiting,
			steps: budget.steps,
			fills: budget.fills,
			freed: false,
		}
	}

	pub(super) fn tree(&self) -> &'a Tree {
		self.tree
	}

	pub(super) fn save(&self) -> State<S::Owner> {
		self.state.clone()
	}

	pub(super) fn restore(&mut self, state: State<S::Owner>) {
		self.state = state;
	}

	fn step(&mut self) -> Result<(), Exhausted> {
		self.steps = self.steps.checked_sub(1).ok_or(Exhausted)?;
		Ok(())
	}

	/// Place in line of the first order of a queue.
	pub(super) fn head(&mut self, zone: u32, side: Side) -> Result<Option<Head>, Exhausted> {
		let at = (zone as usize, side_index(side));
		if let Queue::After(order) = &self.state.queues[at.0][at.1] {
			let order = order.clone();
			self.step()?;
			self.state.queues[at.0][at.1] = self.source.next(&order).map_or(Queue::Empty, Queue::First);
		}
		Ok(match &self.state.queues[at.0][at.1] {
			Queue::Head(head) => Some(*head),
			Queue::First(order) => Some(Head { price: order.price, id: order.id }),
			Queue::Empty | Queue::After(_) => None,
		})
	}

	/// The first order of a queue, with what is left of it.
	pub(super) fn first(&mut self, zone: u32, side: Side) -> Result<Option<Order<S::Owner>>, Exhausted> {
		let at = (zone as usize, side_index(side));
		self.head(zone, side)?;
		if let Queue::Head(head) = self.state.queues[at.0][at.1] {
			self.step()?;
			self.state.queues[at.0][at.1] = self.source.order(zone, side, head).map_or(Queue::Empty, Queue::First);
		}
		Ok(match &self.state.queues[at.0][at.1] {
			Queue::First(order) => Some(order.clone()),
			_ => None,
		})
	}

	/// Takes `wh` off the first order of a queue, which it is.
	pub(super) fn take(&mut self, mut order: Order<S::Owner>, wh: u64) {
		let (zone, side) = (order.zone as usize, side_index(order.side));
		order.wh = order.wh.saturating_sub(wh);
		self.state.queues[zone][side] = if order.wh == 0 { Queue::After(order) } else { Queue::First(order) };
	}

	/// Takes the first order of a queue off, which it is.
	pub(super) fn remove(&mut self, order: Order<S::Owner>) {
		let wh = order.wh;
		self.take(order, wh);
	}

	/// What is left of a link in one direction, in Wh; `None`: unlimited.
	fn left(&self, link: u32, way: Way) -> Option<i128> {
		let at = link as usize;
		let (Some(room), Some(flow)) = (self.rooms.get(at).copied().flatten(), self.state.flows.get(at)) else {
			return Some(0);
		};
		match way {
			Way::Import => room.import.map(|room| i128::from(room) - flow),
			Way::Export => room.export.map(|room| i128::from(room) + flow),
		}
	}

	/// Most energy that can pass from one zone to another, in Wh.
	pub(super) fn room(&mut self, seller: u32, buyer: u32) -> Result<u64, Exhausted> {
		let mut least = u64::MAX;
		for (link, way) in self.tree.path(seller, buyer) {
			if self.rooms.get(link as usize).is_some_and(Option::is_none) {
				self.step()?;
				self.rooms[link as usize] = Some(self.source.room(link));
			}
			if let Some(left) = self.left(link, way) {
				least = least.min(u64::try_from(left.max(0)).unwrap_or(u64::MAX));
			}
			if least == 0 {
				break;
			}
		}
		Ok(least)
	}

	/// Counts a trade on the links of its path, whose rooms were read to find it.
	pub(super) fn pass_energy(&mut self, trade: &Trade<S::Owner>) {
		// A waiting order may now need fewer others, or have its owner's own one out of its way.
		self.freed |= !self.waiting.is_empty();
		let (sell, buy) = trade.sell_and_buy();
		for (link, way) in self.tree.path(sell.zone, buy.zone) {
			let (back, sign) = match way {
				Way::Import => (Way::Export, 1),
				Way::Export => (Way::Import, -1),
			};
			if let Some(left) = self.left(link, back) {
				self.freed |= left <= 0;
			}
			if let Some(flow) = self.state.flows.get_mut(link as usize) {
				*flow += sign * i128::from(trade.wh);
			}
		}
	}
}
