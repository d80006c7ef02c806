//! Auctions, and what the other tests share.

mod block_orders;
mod trading;

use super::{
	compare::{session_differs, State},
	findings::Findings,
	*,
};
use busbar_client::{
	pallet_grid,
	pallet_market::{BlockOrder, FailReason},
	AccountId,
};
use busbar_primitives::{api::SessionView, Link, Outcome, ParticipantId, PointKind, Position, Product, Side, Wh};

const OUTCOME: Outcome = Outcome { cleared: true, points: 3, traded: 10, fees: 10, rent: 0, welfare: 490 };

fn account(point: PointId) -> AccountId {
	[point as u8; 32].into()
}

fn grid(event: pallet_grid::Event) -> RuntimeEvent {
	RuntimeEvent::Grid(event)
}

fn link(export_w: Option<u64>, fee: u32) -> Link {
	Link { import_w: None, export_w, fee }
}

fn opened(interval: Interval, product: ProductId) -> RuntimeEvent {
	let at = u64::from(interval) * 100;
	let (gate_opening, gate_closure, delivery_start) = (at, at + 50, at + 60);
	let kind = if product == 2 { ProductKind::Continuous { area: 0 } } else { ProductKind::Auction };
	// The auction of product 1 takes two intervals at once.
	let span = if product == 1 { 2 } else { 1 };
	RuntimeEvent::Market(Event::SessionOpened {
		interval,
		product,
		kind,
		span,
		gate_opening,
		gate_closure,
		delivery_start,
	})
}

fn placed(product: ProductId, point: PointId, zone: ZoneId, arrival: u32, step: (Side, i64, Wh)) -> RuntimeEvent {
	placed_in((7, product), point, zone, arrival, step)
}

fn placed_in(
	(interval, product): (Interval, ProductId),
	point: PointId,
	zone: ZoneId,
	arrival: u32,
	(side, price, wh): (Side, i64, Wh),
) -> RuntimeEvent {
	let steps = vec![Step { side, price, wh }];
	let account = account(point);
	RuntimeEvent::Market(Event::OrderPlaced { interval, product, point, zone, account, arrival, held: 5, steps })
}

fn replaced(point: PointId, zone: ZoneId, arrival: u32, (side, price, wh): (Side, i64, Wh)) -> RuntimeEvent {
	let steps = vec![Step { side, price, wh }];
	let account = account(point);
	RuntimeEvent::Market(Event::OrderReplaced {
		interval: 7,
		product: 0,
		point,
		zone,
		account,
		arrival,
		held: 5,
		steps,
	})
}

fn cleared(product: ProductId, outcome: Outcome) -> RuntimeEvent {
	cleared_in((7, product), outcome)
}

fn cleared_in((interval, product): (Interval, ProductId), outcome: Outcome) -> RuntimeEvent {
	RuntimeEvent::Market(Event::Cleared { interval, product, outcome })
}

/// A root with zone 1 below it, over a link of 4 kW that costs 1; interval 7 has two auctions and a book.
fn start() -> Replay {
	let mut replay = Replay::new(900, 10_240);
	let mut events = vec![
		grid(pallet_grid::Event::ZoneAdded { zone: 0, parent: None, link: Link::default(), from: 7 }),
		grid(pallet_grid::Event::ZoneAdded { zone: 1, parent: Some(0), link: link(Some(4_000), 1), from: 7 }),
		// A cheaper link, and a third zone, for later intervals.
		grid(pallet_grid::Event::LinkSet { zone: 1, link: link(Some(8_000), 0), from: 8 }),
		grid(pallet_grid::Event::ZoneAdded { zone: 2, parent: Some(1), link: link(None, 0), from: 8 }),
	];
	for point in 0..3 {
		let (zone, owner, kind) = (0, [1; 16], PointKind::Metered);
		events.push(grid(pallet_grid::Event::PointAdded { point, zone, owner: ParticipantId(owner), kind, from: 7 }));
	}
	events.push(RuntimeEvent::Market(Event::IntervalsSkipped { from: 0, until: 7 }));
	events.extend([opened(7, 0), opened(7, 1), opened(7, 2), opened(8, 0)]);
	events.iter().for_each(|event| replay.apply(event).unwrap());
	replay
}

fn all(replay: &mut Replay, events: &[RuntimeEvent]) {
	events.iter().for_each(|event| replay.apply(event).unwrap());
}

/// What state tells where it is as events say.
fn told(session: &Session) -> State {
	State {
		view: SessionView {
			product: Product { kind: session.kind, span: session.span, ..Product::default() },
			gate_opening: session.gate_opening,
			gate_closure: session.gate_closure,
			orders: session.orders.len() as u32,
			levels: session.books().values().map(|book| book.len() as u32).sum(),
			outcome: session.outcome,
		},
		orders: session.orders.values().map(|placed| placed.order.clone()).collect(),
		prices: session.zones.clone(),
		books: session.books(),
		block_orders: session.block_orders.iter().map(|(id, block_order)| (*id, kept(block_order))).collect(),
		ended: false,
		void: false,
	}
}

fn kept(block_order: &RebuiltBlockOrder) -> BlockOrder<AccountId> {
	let RebuiltBlockOrder { account, point, zone, side, price, first, wh, held, accepted } = block_order.clone();
	let (wh, held) = (wh, vec![held - 1, 1]);
	BlockOrder { account, point, zone, side, price, first, wh, held, accepted }
}

fn differences(session: &Session, state: &State) -> Vec<String> {
	let mut findings = Findings::default();
	session_differs(session, state, &mut findings);
	findings.0
}

#[test]
fn a_session_is_rebuilt_with_its_prices_and_fills() {
	let mut replay = start();
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10)), placed(0, 2, 1, 1, (Side::Sell, 50, 10))]);
	all(&mut replay, &[cleared(0, OUTCOME)]);
	let session = &replay.sessions[&(7, 0)];
	let prices: Vec<_> = session.zones.iter().map(|zone| (zone.result.price, zone.result.flow, zone.export)).collect();
	assert_eq!(prices, [(Some(75), 0, None), (Some(74), -10, Some(1_000))]);
	assert!(session.orders.values().all(|placed| placed.order.accepted == [10]));
	assert_eq!((replay.first_unopened, replay.counts.skipped, replay.counts.cleared), (9, 7, 1));
	assert_eq!(differences(session, &told(session)), Vec::<String>::new());
}

#[test]
fn a_later_session_clears_on_what_earlier_ones_left_of_what_is_published() {
	let mut replay = start();
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10)), placed(0, 2, 1, 1, (Side::Sell, 50, 10))]);
	all(&mut replay, &[placed(1, 1, 0, 0, (Side::Buy, 100, 10)), placed(1, 2, 1, 1, (Side::Sell, 50, 10))]);
	let links = vec![(1, link(Some(64), 1))];
	all(&mut replay, &[cleared(0, OUTCOME), grid(pallet_grid::Event::Published { interval: 7, links })]);
	// 64 W are 16 Wh, of which 10 are sold.
	let outcome = Outcome { traded: 6, fees: 6, rent: 6 * 49, welfare: 6 * 49, ..OUTCOME };
	all(&mut replay, &[cleared(1, outcome)]);
	assert_eq!(replay.sessions[&(7, 1)].zones[1].export, Some(6));
}

#[test]
fn a_clearing_that_its_orders_do_not_give_is_told() {
	let mut replay = start();
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10)), placed(0, 2, 1, 1, (Side::Sell, 50, 10))]);
	let wrong = replay.apply(&cleared(0, Outcome { welfare: 491, ..OUTCOME })).unwrap_err();
	assert!(wrong.starts_with("interval 7, product 0: it cleared with"), "{wrong}");
	assert!(replay.apply(&cleared(0, OUTCOME)).unwrap_err().contains("is not open"));
}

#[test]
fn a_replaced_order_loses_its_place_in_time_and_a_cancelled_one_is_gone() {
	let mut replay = start();
	let sell = (Side::Sell, 50, 10);
	all(&mut replay, &[placed(0, 0, 0, 0, sell), placed(0, 1, 0, 1, sell), placed(0, 2, 0, 2, sell)]);
	all(&mut replay, &[replaced(0, 0, 3, sell)]);
	let gone = |released| {
		let account = account(1);
		RuntimeEvent::Market(Event::OrderCancelled { interval: 7, product: 0, point: 1, account, released })
	};
	assert!(replay.apply(&gone(6)).is_err(), "its collateral was 5");
	// That took it out all the same, so that what follows is not told twice.
	all(&mut replay, &[placed(0, 1, 1, 4, (Side::Buy, 100, 10))]);
	all(&mut replay, &[cleared(0, OUTCOME)]);
	let accepted: Vec<_> = replay.sessions[&(7, 0)].orders.values().map(|placed| placed.order.accepted[0]).collect();
	assert_eq!(accepted, [0, 10, 10]);
}

#[test]
fn events_that_cannot_follow_are_told() {
	let step = (Side::Buy, 100, 10);
	let told = |event: RuntimeEvent| {
		let mut replay = start();
		all(&mut replay, &[placed(0, 1, 0, 0, step)]);
		replay.apply(&event).unwrap_err()
	};
	assert!(told(placed(0, 1, 0, 1, step)).contains("comes upon another one"));
	assert!(told(placed(0, 2, 0, 2, step)).contains("out of turn"));
	assert!(told(replaced(2, 0, 1, step)).contains("replaces none"));
	assert!(told(placed(4, 1, 0, 0, step)).contains("product 4 is not open"));
	assert!(told(opened(7, 0)).contains("opens twice"));
	let skipped = Event::IntervalsSkipped { from: 8, until: 10 };
	assert!(told(RuntimeEvent::Market(skipped)).contains("but 9 is next"));
	assert!(told(grid(pallet_grid::Event::ZoneRetired { zone: 3, until: 9 })).contains("zone 3"));
}

#[test]
fn a_failed_session_has_path_fees_but_no_prices() {
	let mut replay = start();
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10))]);
	let reason = FailReason::DeliveryBegan;
	all(&mut replay, &[RuntimeEvent::Market(Event::Failed { interval: 7, product: 0, reason })]);
	let session = &replay.sessions[&(7, 0)];
	assert_eq!(session.outcome, Some(Outcome { points: 3, ..Outcome::default() }));
	let zones: Vec<_> = session.zones.iter().map(|zone| (zone.result.price, zone.result.path_fee)).collect();
	assert_eq!(zones, [(None, 0), (None, 1)]);
	assert_eq!(session.orders[&1].order.accepted, [0]);
}

#[test]
fn trees_are_those_of_their_intervals() {
	let replay = start();
	let trees = [7, 8].map(|interval| replay.grid.zones(interval));
	assert_eq!(trees.each_ref().map(Vec::len), [2, 3]);
	assert_eq!(trees.map(|tree| tree[1].link), [link(Some(4_000), 1), link(Some(8_000), 0)]);
}

#[test]
fn a_grid_that_stands_at_genesis_is_the_one_that_events_change() {
	let view = |id, parent, link| ZoneView { id, parent, link };
	let zones = [view(0, None, Link::default()), view(1, Some(0), link(Some(4_000), 1))];
	let mut replay = Replay::new(900, 10_240).with_grid(&zones, 3);
	let skipped = RuntimeEvent::Market(Event::IntervalsSkipped { from: 0, until: 7 });
	all(&mut replay, &[skipped, opened(7, 0)]);
	all(&mut replay, &[grid(pallet_grid::Event::LinkSet { zone: 1, link: link(Some(8_000), 0), from: 8 })]);
	assert_eq!(
		[7, 8].map(|interval| replay.grid.zones(interval)[1].link),
		[link(Some(4_000), 1), link(Some(8_000), 0)]
	);
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10)), placed(0, 2, 1, 1, (Side::Sell, 50, 10))]);
	all(&mut replay, &[cleared(0, OUTCOME)]);
	assert_eq!(replay.sessions[&(7, 0)].outcome, Some(OUTCOME));
}

#[test]
fn whatever_differs_in_state_is_told() {
	let mut replay = start();
	all(&mut replay, &[placed(0, 1, 0, 0, (Side::Buy, 100, 10)), placed(0, 2, 1, 1, (Side::Sell, 50, 10))]);
	all(&mut replay, &[cleared(0, OUTCOME)]);
	let session = &replay.sessions[&(7, 0)];
	let changes: [(&str, fn(&mut State)); 10] = [
		("its kind and span", |state| state.view.product.span = 2),
		("its gate", |state| state.view.gate_closure += 1),
		("its outcome", |state| state.view.outcome = None),
		("its orders", |state| state.view.orders = 3),
		("its price levels", |state| state.view.levels = 3),
		("the book of zone 1", |state| state.books.get_mut(&1).unwrap()[0].sell = 11),
		("the order of point 1", |state| state.orders[0].accepted[0] = 9),
		("the order of point 2", |state| state.orders[1].held = 0),
		("the order of point 2", |state| drop(state.orders.pop())),
		("the result of zone 1", |state| state.prices[1].result.price = Some(73)),
	];
	for (what, change) in changes {
		let mut state = told(session);
		change(&mut state);
		let differs = differences(session, &state);
		assert!(differs.len() == 1 && differs[0].starts_with(what), "{what}: {differs:?}");
	}
	// Settlement takes collateral once every session has ended.
	let mut state = told(session);
	(state.ended, state.orders[1].held) = (true, 0);
	assert_eq!(differences(session, &state), Vec::<String>::new());
}
