//! How often a pass asks for what the book holds: what a chain declares for it rests on that.
#![allow(clippy::unwrap_used)]

mod memory;

use busbar_clearing::book::*;
use memory::{Memory, Own};

/// A book that counts what it is asked for, beside where its queues begin.
struct Counting {
	book: Memory,
	asked: u32,
}

impl Source for Counting {
	type Owner = u8;

	fn head(&mut self, zone: u32, side: Side) -> Option<Head> {
		self.book.head(zone, side)
	}

	fn order(&mut self, zone: u32, side: Side, head: Head) -> Option<Own> {
		self.asked += 1;
		self.book.order(zone, side, head)
	}

	fn next(&mut self, order: &Own) -> Option<Own> {
		self.asked += 1;
		self.book.next(order)
	}

	fn room(&mut self, zone: u32) -> Room {
		self.asked += 1;
		self.book.room(zone)
	}

	fn waiting(&mut self) -> Vec<Own> {
		self.book.waiting()
	}
}

#[test]
fn a_pass_asks_no_more_often_than_it_has_steps_and_whole_orders_that_nothing_fills_make_it_ask_most() {
	let zones = MAX_ZONES as u32;
	let links: Vec<_> = (0..zones).map(|zone| (zone.checked_sub(1).map(|_| 0), 0)).collect();
	let mut book = Memory::new(&links, vec![Room { import: None, export: None }; MAX_ZONES]);
	let order = |id, owner, zone, side, price, wh| Own { id, owner, zone, side, price, wh };
	// One Wh for sale after the other in every zone, and orders for many at once, which no sixteen of them fill.
	let mut id = 0;
	for zone in 0..zones {
		for price in [1, 2] {
			let sale = order(id, 1, zone, Side::Sell, price, 1);
			book.arrive(&sale, TimeInForce::GoodTillGate, memory::AMPLE);
			id += 1;
		}
	}
	for zone in 0..MAX_WAITING as u32 {
		book.waiting.push(order(id, 2, zone, Side::Buy, 100, 1_000));
		id += 1;
	}
	let tree = book.tree.clone();
	let mut counting = Counting { book, asked: 0 };
	let found = pass(&mut counting, &tree, Budget { steps: MIN_PASS_STEPS, fills: MAX_WHOLE_FILLS });
	assert_eq!((found.events.len(), found.complete), (0, true));
	let asked = counting.asked;
	assert!(asked <= MIN_PASS_STEPS, "{asked} questions in {MIN_PASS_STEPS} steps");
	// All but what links and the beginnings of queues take.
	assert!(asked >= MIN_PASS_STEPS - 3 * zones, "{asked} questions only, of {MIN_PASS_STEPS}");
}
