//! Block orders.

use super::*;

/// Intervals 8 and 9 share a gate of product 1. In each, zone 1 offers 14 Wh at 50 and zone 0 wants 10 at 100.
fn span() -> Replay {
	let mut replay = start();
	all(&mut replay, &[opened(8, 1), opened(9, 1)]);
	for interval in [8, 9] {
		let session = (interval, 1);
		all(&mut replay, &[placed_in(session, 1, 0, 0, (Side::Buy, 100, 10))]);
		all(&mut replay, &[placed_in(session, 2, 1, 1, (Side::Sell, 50, 14))]);
	}
	replay
}

/// A block order of point 0, in zone 0, over 4 Wh of each interval.
fn placed_block_order(id: u32, price: i64) -> RuntimeEvent {
	let (account, wh, side) = (account(0), vec![4, 4], Side::Buy);
	let (interval, product, point, zone, held) = (8, 1, 0, 0, 9);
	RuntimeEvent::Market(Event::BlockOrderPlaced { interval, product, id, point, zone, account, side, price, wh, held })
}

fn decided(id: u32, accepted: bool) -> RuntimeEvent {
	let (interval, product, rejected_in_the_money) = (8, 1, false);
	RuntimeEvent::Market(Event::BlockOrderDecided { interval, product, id, accepted, rejected_in_the_money })
}

/// A cancellation that names the block order by the last interval of its span.
fn cancelled_block_order(id: u32, released: u128) -> RuntimeEvent {
	RuntimeEvent::Market(Event::BlockOrderCancelled { interval: 9, product: 1, id, released })
}

#[test]
fn accepted_block_orders_take_part_in_the_clearing_of_each_interval() {
	let mut replay = span();
	all(
		&mut replay,
		&[placed_block_order(0, 90), placed_block_order(1, 10), placed_block_order(2, 90), cancelled_block_order(2, 9)],
	);
	all(&mut replay, &[decided(0, true), decided(1, false)]);
	// Each of the 14 Wh costs 50; 10 are worth 100 and 4 are worth 90.
	let outcome = Outcome { traded: 14, fees: 0, welfare: 10 * 50 + 4 * 40, ..OUTCOME };
	all(&mut replay, &[cleared_in((8, 1), outcome), cleared_in((9, 1), outcome)]);
	let position = |bought, sold| Position { bought, sold };
	let positions = BTreeMap::from([(0, position(4, 0)), (1, position(10, 0)), (2, position(0, 14))]);
	assert_eq!(replay.positions(8), positions);
	assert_eq!(replay.positions(9), positions);
	let states = [8, 9].map(|interval| told(&replay.sessions[&(interval, 1)]));
	assert_eq!(states.map(|state| state.block_orders.len()), [0, 2]);
}

#[test]
fn a_block_order_that_gave_way_to_a_better_one_takes_no_part() {
	let mut replay = span();
	let (interval, product, released) = (8, 1, 9);
	let evicted = RuntimeEvent::Market(Event::BlockOrderEvicted { interval, product, id: 0, by: 1, released });
	all(&mut replay, &[placed_block_order(0, 90), evicted.clone(), placed_block_order(1, 95), decided(1, true)]);
	assert!(replay.apply(&evicted).unwrap_err().contains("did not stand so"));
	assert!(replay.apply(&decided(0, true)).unwrap_err().contains("does not stand"));
}

#[test]
fn a_clearing_without_the_accepted_block_orders_is_told() {
	let mut replay = span();
	all(&mut replay, &[placed_block_order(0, 90), decided(0, true)]);
	let outcome = Outcome { traded: 10, fees: 0, welfare: 10 * 50, ..OUTCOME };
	assert!(replay.apply(&cleared_in((8, 1), outcome)).unwrap_err().contains("it cleared with"));
}

#[test]
fn events_of_block_orders_that_cannot_follow_are_told() {
	let told = |event: RuntimeEvent| {
		let mut replay = span();
		all(&mut replay, &[placed_block_order(0, 90)]);
		replay.apply(&event).unwrap_err()
	};
	assert!(told(placed_block_order(0, 90)).contains("placed twice"));
	assert!(told(cancelled_block_order(0, 8)).contains("did not stand so"));
	assert!(told(cancelled_block_order(1, 9)).contains("did not stand so"));
	assert!(told(decided(1, true)).contains("does not stand"));
}

#[test]
fn whatever_differs_in_block_orders_is_told() {
	let mut replay = span();
	all(&mut replay, &[placed_block_order(0, 90), decided(0, true)]);
	let session = &replay.sessions[&(9, 1)];
	let changes: [fn(&mut State); 4] = [
		|state| state.block_orders[0].1.accepted = Some(false),
		|state| state.block_orders[0].1.wh[1] = 5,
		|state| state.block_orders[0].1.held[0] = 9,
		|state| drop(state.block_orders.pop()),
	];
	for change in changes {
		let mut state = told(session);
		change(&mut state);
		let differs = differences(session, &state);
		assert!(differs.len() == 1 && differs[0].starts_with("block order 0"), "{differs:?}");
	}
	// Settlement takes the collateral of one interval after the other.
	let mut state = told(session);
	state.block_orders[0].1.held[0] = 0;
	assert_eq!(differences(session, &state), Vec::<String>::new());
}
