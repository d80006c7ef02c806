//! The continuous book against a plain one that looks at every order, and its rules one by one.

#![allow(clippy::unwrap_used)]

mod memory;
#[path = "memory/plain.rs"]
mod plain;

use busbar_clearing::book::*;
use memory::{Memory, Own, AMPLE};
use plain::{Done, Plain};
use proptest::{collection::vec, prelude::*};

use TimeInForce::*;

/// One thing that happens to a book.
#[derive(Clone, Debug)]
enum Act {
	Arrive { owner: u8, zone: prop::sample::Index, buy: bool, price: i64, wh: u64, tif: TimeInForce },
	Cancel(prop::sample::Index),
	Replace { which: prop::sample::Index, price: i64, wh: u64 },
	Raise { zone: prop::sample::Index, by: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
	let tif = prop_oneof![5 => Just(GoodTillGate), 1 => Just(ImmediateOrCancel), 1 => Just(FillOrKill), 2 => Just(AllOrNothing)];
	let index = any::<prop::sample::Index>;
	let arrive = (0u8..5, index(), any::<bool>(), -3i64..9, 1u64..12, tif);
	let arrive = arrive.prop_map(|(owner, zone, buy, price, wh, tif)| Act::Arrive { owner, zone, buy, price, wh, tif });
	let act = prop_oneof![
		8 => arrive,
		1 => index().prop_map(Act::Cancel),
		1 => (index(), -3i64..9, 1u64..12).prop_map(|(which, price, wh)| Act::Replace { which, price, wh }),
		1 => (index(), 1u64..8).prop_map(|(zone, by)| Act::Raise { zone, by }),
	];
	vec(act, 1..60)
}

type Grid = (Vec<(Option<u32>, u64)>, Vec<Room>);

fn grid() -> impl Strategy<Value = Grid> {
	let limit = || prop_oneof![2 => Just(None), 1 => Just(Some(0)), 4 => (0u64..25).prop_map(Some)];
	let zone = (any::<prop::sample::Index>(), 0u64..3, limit(), limit());
	vec(zone, 1..8).prop_map(|zones| {
		let links = zones.iter().enumerate();
		let links =
			links.map(|(at, (above, fee, ..))| ((at > 0).then(|| above.index(at.max(1)) as u32), *fee)).collect();
		(links, zones.iter().map(|(_, _, import, export)| Room { import: *import, export: *export }).collect())
	})
}

fn told(trades: &[Trade<u8>]) -> Vec<Done> {
	trades.iter().map(|trade| Done::Trade(trade.resting.id, trade.aggressor.id, trade.wh)).collect()
}

/// A book and its plain twin.
struct Twins {
	book: Memory,
	plain: Plain,
	ids: u64,
}

impl Twins {
	fn new((links, limits): &Grid) -> Self {
		let book = Memory::new(links, limits.clone());
		let plain = Plain {
			links: links.clone(),
			limits: limits.clone(),
			flows: vec![0; links.len()],
			resting: Vec::new(),
			waiting: Vec::new(),
		};
		Twins { book, plain, ids: 0 }
	}

	fn arrive(&mut self, order: Own, tif: TimeInForce) {
		let outcome = self.book.arrive(&order, tif, AMPLE);
		let (done, left, end) = self.plain.arrive(&order, tif);
		assert_eq!((told(&outcome.trades), outcome.remaining, outcome.end), (done, left, end));
		let traded: u64 = outcome.trades.iter().map(|trade| trade.wh).sum();
		assert_eq!(traded + outcome.remaining, order.wh);
		if matches!(tif, FillOrKill | AllOrNothing) {
			assert!(traded == 0 || traded == order.wh, "a whole order trades in part");
		}
		if outcome.needs_pass {
			self.pass();
		}
		self.settled();
	}

	fn pass(&mut self) {
		let done = self.book.pass(AMPLE);
		assert!(done.complete);
		let events = done.events.iter().map(|event| match event {
			Match::Trade(trade) => Done::Trade(trade.resting.id, trade.aggressor.id, trade.wh),
			Match::SelfTrade(order) => Done::Cancel(order.id),
		});
		assert_eq!(events.collect::<Vec<_>>(), self.plain.pass());
	}

	/// Both books are the same, and nothing in them can trade.
	fn settled(&self) {
		let plain =
			self.plain.resting.iter().chain(&self.plain.waiting).map(|order| (order.id, order.clone())).collect();
		assert_eq!(self.book.standing(), plain);
		assert_eq!(self.book.flows, self.plain.flows);
		assert_eq!(self.plain.clone().pass(), [], "orders are left that can trade");
	}

	fn take(&mut self, id: u64) {
		assert!(self.book.take(id));
		self.plain.resting.retain(|order| order.id != id);
		self.plain.waiting.retain(|order| order.id != id);
		if !self.book.waiting.is_empty() {
			self.pass();
		}
	}

	fn act(&mut self, act: &Act) {
		self.ids += 1;
		let id = self.ids;
		let pick = |twins: &Self, which: &prop::sample::Index| {
			let standing: Vec<_> = twins.book.standing().into_values().collect();
			(!standing.is_empty()).then(|| standing[which.index(standing.len())].clone())
		};
		match act {
			Act::Arrive { owner, zone, buy, price, wh, tif } => {
				// A book that has no room to wait refuses; that is its caller's part.
				if *tif == AllOrNothing && self.book.waiting.len() == MAX_WAITING {
					return;
				}
				let zone = zone.index(self.book.tree.len()) as u32;
				let side = if *buy { Side::Buy } else { Side::Sell };
				self.arrive(Own { id, owner: *owner, zone, side, price: *price, wh: *wh }, *tif);
			},
			Act::Cancel(which) => {
				let Some(order) = pick(self, which) else { return };
				self.take(order.id);
			},
			Act::Replace { which, price, wh } => {
				let Some(order) = pick(self, which) else { return };
				let waited = self.book.waiting.iter().any(|waiting| waiting.id == order.id);
				if keeps_priority(order.price, order.wh, *price, *wh) {
					self.book.reduce(order.id, *wh);
					let all = self.plain.resting.iter_mut().chain(&mut self.plain.waiting);
					all.filter(|other| other.id == order.id).for_each(|other| other.wh = *wh);
					if !self.book.waiting.is_empty() {
						self.pass();
					}
				} else {
					self.take(order.id);
					let tif = if waited { AllOrNothing } else { GoodTillGate };
					self.arrive(Own { id, price: *price, wh: *wh, ..order }, tif);
				}
			},
			Act::Raise { zone, by } => {
				let zone = zone.index(self.book.tree.len());
				for limits in [&mut self.book.limits[zone], &mut self.plain.limits[zone]] {
					limits.import = limits.import.map(|limit| limit + by);
					limits.export = limits.export.map(|limit| limit + by);
				}
				self.pass();
			},
		}
		self.settled();
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1_500))]

	#[test]
	fn the_book_does_what_a_plain_one_does_and_leaves_nothing_that_can_trade(grid in grid(), acts in acts()) {
		let mut twins = Twins::new(&grid);
		acts.iter().for_each(|act| twins.act(act));
	}

	#[test]
	fn bounded_work_comes_to_an_end_where_nothing_can_trade(
		grid in grid(), acts in acts(), steps in 0u32..6, fills in 0u32..4,
	) {
		let mut twins = Twins::new(&grid);
		let small = Budget { steps, fills };
		let pass_budget = Budget { steps: MIN_PASS_STEPS, fills: MAX_WHOLE_FILLS };
		for (id, act) in (0u64..).zip(&acts) {
			let Act::Arrive { owner, zone, buy, price, wh, tif } = act else { continue };
			if *tif == AllOrNothing && twins.book.waiting.len() == MAX_WAITING {
				continue;
			}
			let zone = zone.index(twins.book.tree.len()) as u32;
			let side = if *buy { Side::Buy } else { Side::Sell };
			let order = Own { id, owner: *owner, zone, side, price: *price, wh: *wh };
			let outcome = twins.book.arrive(&order, *tif, small);
			prop_assert!(outcome.trades.len() <= fills as usize);
			if outcome.needs_pass {
				loop {
					let done = twins.book.pass(pass_budget);
					prop_assert!(done.events.len() <= MAX_WHOLE_FILLS as usize);
					if done.complete {
						break;
					}
					prop_assert!(!done.events.is_empty(), "a pass does not get on");
				}
			}
			twins.plain.flows = twins.book.flows.clone();
			twins.plain.resting = twins.book.queues.values().cloned().collect();
			twins.plain.waiting = twins.book.waiting.clone();
			twins.settled();
		}
	}
}

/// Two zones below a root, the fee of each link 2, without limits unless given.
fn star(limits: [Option<u64>; 2]) -> Memory {
	let room = |limit| Room { import: limit, export: limit };
	let links = [(None, 0), (Some(0), 2), (Some(0), 2)];
	Memory::new(&links, vec![Room::default(), room(limits[0]), room(limits[1])])
}

fn order(book: &Memory, owner: u8, zone: u32, side: Side, price: i64, wh: u64) -> Own {
	Own { id: book.next_id, owner, zone, side, price, wh }
}

fn arrive(book: &mut Memory, owner: u8, zone: u32, side: Side, price: i64, wh: u64, tif: TimeInForce) -> Outcome<u8> {
	let order = order(book, owner, zone, side, price, wh);
	book.arrive(&order, tif, AMPLE)
}

#[test]
fn a_buyer_takes_the_lowest_price_after_fees_and_then_the_earliest() {
	let mut book = star([None, None]);
	arrive(&mut book, 1, 2, Side::Sell, 10, 5, GoodTillGate);
	arrive(&mut book, 2, 1, Side::Sell, 13, 5, GoodTillGate);
	arrive(&mut book, 3, 1, Side::Sell, 13, 5, GoodTillGate);
	let outcome = arrive(&mut book, 4, 1, Side::Buy, 14, 12, GoodTillGate);
	assert_eq!(told(&outcome.trades), [Done::Trade(1, 3, 5), Done::Trade(2, 3, 5), Done::Trade(0, 3, 2)]);
	assert_eq!(outcome.trades.iter().map(Trade::prices).collect::<Vec<_>>(), [(13, 13), (13, 13), (14, 10)]);
}

#[test]
fn a_seller_takes_the_highest_price_after_fees_and_bears_them_within_its_limit() {
	let mut book = star([None, None]);
	arrive(&mut book, 1, 2, Side::Buy, 20, 5, GoodTillGate);
	let outcome = arrive(&mut book, 2, 1, Side::Sell, 17, 5, ImmediateOrCancel);
	assert_eq!((outcome.trades.len(), outcome.end), (0, End::Cancelled));
	let outcome = arrive(&mut book, 2, 1, Side::Sell, 16, 5, ImmediateOrCancel);
	assert_eq!(outcome.trades[0].prices(), (20, 16));
}

#[test]
fn an_opposite_trade_frees_a_full_link() {
	let mut book = star([Some(5), None]);
	arrive(&mut book, 1, 1, Side::Sell, 1, 5, GoodTillGate);
	assert_eq!(arrive(&mut book, 2, 2, Side::Buy, 9, 5, FillOrKill).end, End::Filled);
	assert_eq!(book.flows, [0, -5, 5]);
	arrive(&mut book, 1, 1, Side::Sell, 1, 5, GoodTillGate);
	assert_eq!(arrive(&mut book, 2, 2, Side::Buy, 9, 5, ImmediateOrCancel).trades, []);
	arrive(&mut book, 3, 2, Side::Sell, 12, 3, GoodTillGate);
	let outcome = arrive(&mut book, 1, 1, Side::Buy, 16, 3, GoodTillGate);
	assert_eq!(outcome.end, End::SelfTrade);
	assert!(book.take(2));
	let outcome = arrive(&mut book, 1, 1, Side::Buy, 16, 3, GoodTillGate);
	assert_eq!((told(&outcome.trades).len(), outcome.needs_pass), (1, true));
	assert_eq!(book.flows, [0, -2, 2]);
	arrive(&mut book, 1, 1, Side::Sell, 1, 5, GoodTillGate);
	assert_eq!(arrive(&mut book, 2, 2, Side::Buy, 9, 5, ImmediateOrCancel).trades[0].wh, 3);
}

#[test]
fn a_pass_over_a_wider_link_trades_at_the_older_orders_price() {
	let mut book = star([Some(5), None]);
	arrive(&mut book, 1, 1, Side::Sell, 1, 9, GoodTillGate);
	let outcome = arrive(&mut book, 2, 2, Side::Buy, 9, 9, GoodTillGate);
	assert_eq!((outcome.trades[0].wh, outcome.remaining, outcome.end), (5, 4, End::Rests));
	assert_eq!(book.pass(AMPLE).events, []);
	book.limits[1].export = Some(8);
	let done = book.pass(AMPLE);
	let [Match::Trade(trade)] = &done.events[..] else { panic!("one trade fits: {done:?}") };
	assert_eq!((trade.resting.owner, trade.aggressor.owner, trade.wh, trade.prices()), (1, 2, 3, (5, 1)));
}

#[test]
fn an_order_that_comes_upon_its_owners_own_is_cancelled_from_there_on() {
	let mut book = star([None, None]);
	arrive(&mut book, 1, 1, Side::Sell, 1, 2, GoodTillGate);
	arrive(&mut book, 2, 1, Side::Sell, 2, 2, GoodTillGate);
	arrive(&mut book, 3, 1, Side::Sell, 3, 2, GoodTillGate);
	let outcome = arrive(&mut book, 2, 1, Side::Buy, 9, 9, GoodTillGate);
	assert_eq!((outcome.trades.len(), outcome.remaining, outcome.end), (1, 7, End::SelfTrade));
	assert_eq!(arrive(&mut book, 2, 1, Side::Buy, 9, 2, FillOrKill).end, End::SelfTrade);
	assert_eq!(book.queues.len(), 2);
}

#[test]
fn a_whole_order_waits_is_passed_over_by_a_smaller_one_and_is_filled_by_several_together() {
	let mut book = star([None, None]);
	assert_eq!(arrive(&mut book, 1, 1, Side::Sell, 5, 10, AllOrNothing).end, End::Waits);
	assert_eq!(arrive(&mut book, 2, 1, Side::Buy, 5, 9, ImmediateOrCancel).end, End::Cancelled);
	let outcome = arrive(&mut book, 3, 1, Side::Buy, 6, 7, GoodTillGate);
	assert_eq!((outcome.end, outcome.needs_pass), (End::Rests, true));
	assert_eq!(book.pass(AMPLE).events, []);
	assert!(!arrive(&mut book, 4, 2, Side::Buy, 8, 4, GoodTillGate).needs_pass);
	assert!(arrive(&mut book, 5, 2, Side::Buy, 9, 4, GoodTillGate).needs_pass);
	let done = book.pass(AMPLE);
	let prices = done.events.iter().map(|event| match event {
		Match::Trade(trade) => (trade.resting.owner, trade.wh, trade.prices().1),
		Match::SelfTrade(_) => panic!("nobody trades with itself"),
	});
	assert_eq!(prices.collect::<Vec<_>>(), [(3, 7, 6), (5, 3, 5)]);
	assert!(book.waiting.is_empty() && book.queues.len() == 2);
}

#[test]
fn two_whole_orders_never_trade_with_each_other() {
	let mut book = star([None, None]);
	arrive(&mut book, 1, 1, Side::Sell, 5, 10, AllOrNothing);
	assert_eq!(arrive(&mut book, 2, 1, Side::Buy, 9, 10, AllOrNothing).end, End::Waits);
	assert_eq!(book.pass(AMPLE).events, []);
	assert_eq!(told(&arrive(&mut book, 3, 1, Side::Buy, 9, 10, FillOrKill).trades), [Done::Trade(0, 2, 10)]);
}

#[test]
fn only_a_smaller_quantity_at_the_same_price_keeps_its_place_in_time() {
	assert!(keeps_priority(5, 10, 5, 9) && keeps_priority(5, 10, 5, 10));
	assert!(!keeps_priority(5, 10, 5, 11) && !keeps_priority(5, 10, 4, 9) && !keeps_priority(5, 10, 6, 9));
}
