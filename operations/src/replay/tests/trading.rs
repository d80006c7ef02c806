//! Continuous sessions.

use super::*;
use crate::replay::trading::TradingState;
use busbar_client::pallet_market::{Book, BookZone, EndReason, LimitOrder, Trader};

fn submitted(id: u64, point: PointId, zone: ZoneId, (side, price, wh): (Side, i64, Wh)) -> RuntimeEvent {
	let (account, time_in_force) = (account(point), TimeInForce::GoodTillGate);
	RuntimeEvent::Market(Event::LimitOrderSubmitted {
		interval: 7,
		product: 2,
		id,
		point,
		zone,
		account,
		side,
		price,
		wh,
		time_in_force,
	})
}

/// A trade of seller 2's resting order 0 with buyer 1's order 1.
fn traded(wh: Wh, price: i64, fees: u128) -> RuntimeEvent {
	let (resting, aggressor, seller, buyer) = (0, 1, 2, 1);
	RuntimeEvent::Market(Event::Traded { interval: 7, product: 2, resting, aggressor, seller, buyer, wh, price, fees })
}

fn ended(id: u64, left: Wh) -> RuntimeEvent {
	RuntimeEvent::Market(Event::LimitOrderEnded { interval: 7, product: 2, id, left, reason: EndReason::Withdrawn })
}

/// 10 Wh at 50 rest in zone 1, and a buyer in zone 0 comes with 4 Wh at 60.
fn book() -> Replay {
	let mut replay = start();
	all(&mut replay, &[submitted(0, 2, 1, (Side::Sell, 50, 10)), submitted(1, 1, 0, (Side::Buy, 60, 4))]);
	replay
}

#[test]
fn continuous_trades_are_rebuilt_and_leave_the_rest_to_an_auction() {
	let mut replay = book();
	all(&mut replay, &[traded(4, 50, 4), ended(1, 0)]);
	let trading = replay.sessions[&(7, 2)].trading.as_ref().unwrap();
	assert_eq!((trading.standing.len(), trading.standing[&0].wh), (1, 6));
	assert_eq!((trading.traders[&1].amount, trading.traders[&2].amount), (-204, 200));
	assert_eq!(trading.flows, BTreeMap::from([(1, -4)]));
	let outcome = Outcome { traded: 4, fees: 4, welfare: 36, ..OUTCOME };
	// 4 kW are 1,000 Wh, of which 4 are sold.
	all(&mut replay, &[cleared(2, outcome), cleared(0, Outcome { traded: 0, fees: 0, welfare: 0, ..OUTCOME })]);
	assert_eq!(replay.sessions[&(7, 0)].zones[1].export, Some(996));
}

#[test]
fn trades_that_cannot_be_are_told() {
	let told = |event: RuntimeEvent| book().apply(&event).unwrap_err();
	assert!(told(traded(5, 50, 5)).contains("more is traded"));
	assert!(told(traded(4, 51, 4)).contains("not that of the older order"));
	assert!(told(traded(4, 50, 0)).contains("fees"));
	assert!(told(ended(1, 3)).contains("by the events before with 4"));
	assert!(told(ended(2, 0)).contains("order 2"));
	assert!(told(submitted(3, 1, 0, (Side::Buy, 1, 1))).contains("2 is next"));
	let mut replay = start();
	all(&mut replay, &[submitted(0, 2, 1, (Side::Sell, 50, 10)), submitted(1, 1, 0, (Side::Buy, 50, 4))]);
	assert!(replay.apply(&traded(4, 50, 4)).unwrap_err().contains("beyond the aggressor's limit"));
	let reduced = |id, wh| RuntimeEvent::Market(Event::LimitOrderReduced { interval: 7, product: 2, id, wh });
	assert!(book().apply(&reduced(1, 5)).is_err());
	assert!(book().apply(&reduced(1, 3)).is_ok());
}

#[test]
fn whatever_differs_in_a_continuous_session_is_told() {
	let mut replay = book();
	all(&mut replay, &[traded(4, 50, 4), ended(1, 0)]);
	let trading = replay.sessions[&(7, 2)].trading.as_ref().unwrap();
	let state = || {
		let zone = |zone| BookZone { zone, parent: None, fee: 0, heads: [None; 2] };
		let zones = vec![zone(0), zone(1)];
		let book = Book { zones, waiting: Vec::new(), next: 2, traded: 4, fees: 4, welfare: 36 };
		let (side, price, wh, whole, held) = (Side::Sell, 50, 6, false, 0);
		let (account, owner, point, zone) = (account(2), ParticipantId([2; 16]), 2, 1);
		let (before, behind) = (None, None);
		let order = LimitOrder { account, owner, point, zone, side, price, wh, whole, held, before, behind };
		let trader = |point: PointId, bought, sold, amount| {
			(point, Trader { position: Position { bought, sold }, amount, ..Trader::new(order.account.clone()) })
		};
		let traders = vec![trader(1, 4, 0, -204), trader(2, 0, 4, 200), trader(0, 0, 0, 0)];
		TradingState { book: Some(book), standing: vec![(0, order)], traders }
	};
	let differences = |state: &TradingState| {
		let mut findings = Findings::default();
		trading.differs(state, &mut findings);
		findings.0
	};
	assert_eq!(differences(&state()), Vec::<String>::new());
	let changes: [(&str, fn(&mut TradingState)); 4] = [
		("its sums", |state| state.book.as_mut().unwrap().fees = 5),
		("its standing orders", |state| state.standing[0].1.wh = 5),
		("its trades", |state| state.traders[0].1.amount = -200),
		("its trades", |state| drop(state.traders.remove(1))),
	];
	for (what, change) in changes {
		let mut state = state();
		change(&mut state);
		let differs = differences(&state);
		assert!(differs.len() == 1 && differs[0].starts_with(what), "{what}: {differs:?}");
	}
}
