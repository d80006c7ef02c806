//! Places that all orders share: nobody takes them all, the better one gets in, who pushed another out stays.

use super::{
	continuous::{ended, open_market, submit, submit_as, BOOK, N},
	spans::{accepted, block_from, block_order, clear, span_market, standing, FIRST},
};
use crate::{
	auction::types::{MAX_BLOCK_ORDERS, MAX_POINT_BLOCK_ORDERS},
	continuous::EndReason,
	mock::*,
	BlockOrderPlaces, Books, Due, Error, Event, LimitOrders,
};
use busbar_clearing::book::MAX_WAITING;
use busbar_primitives::{PointId, Side, TimeInForce::AllOrNothing, Wh};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use proptest::prelude::*;
use sp_runtime::DispatchResult;
use Side::{Buy, Sell};

/// Participants 11 to 50, with a point each in zone 1.
pub(super) fn newcomers() -> Vec<(u64, PointId)> {
	(11..51)
		.map(|n| {
			Free::insert(n, MONEY);
			(n, add_point(n, 1, 4_000))
		})
		.collect()
}

pub(super) fn block_at((n, point): (u64, PointId), side: Side, price: i64, wh: &[Wh]) -> DispatchResult {
	let wh = BoundedVec::truncate_from(wh.to_vec());
	let placed = Market::place_block_order(RuntimeOrigin::signed(n), FIRST, 0, point, side, price, wh);
	placed.map(|_| ()).map_err(|refused| refused.error)
}

fn cancel_block(n: u64, id: u32) -> DispatchResult {
	Market::cancel_block_order(RuntimeOrigin::signed(n), FIRST, 0, id)
}

/// Takes all places of the span with block orders of four participants each at the least price.
pub(super) fn fill_span(members: &[(u64, PointId)], side: Side, price: i64, wh: &[Wh]) {
	let each = MAX_POINT_BLOCK_ORDERS as usize;
	for member in &members[..MAX_BLOCK_ORDERS as usize / each] {
		for _ in 0..each {
			assert_ok!(block_at(*member, side, price, wh));
		}
	}
}

#[test]
fn one_participant_with_many_points_takes_a_quarter_of_a_spans_places_and_no_more() {
	test(span_market(), || {
		let points: Vec<_> = (0..3).map(|_| (1, add_point(1, 1, 4_000))).collect();
		for place in 0..8 {
			assert_ok!(block_at(points[place / 4], Buy, 100, &[1]));
		}
		assert_noop!(block_at(points[2], Buy, 5_000, &[900]), Error::<Test>::QuotaReached);
		assert_ok!(cancel_block(1, 3));
		assert_ok!(block_at(points[2], Buy, 100, &[1]));
		assert_noop!(block_at(points[2], Buy, 100, &[1]), Error::<Test>::QuotaReached);
		// Three who act together leave a quarter.
		for n in 2..4 {
			let second = add_point(n, 1, 4_000);
			for place in 0..8 {
				assert_ok!(block_at((n, if place < 4 { n as u32 } else { second }), Buy, 100, &[1]));
			}
		}
		for _ in 0..4 {
			assert_ok!(block_order(4, Buy, 100, &[1]));
			assert_ok!(block_order(5, Sell, 100, &[1]));
		}
		assert_eq!(BlockOrderPlaces::<Test>::get(11, 0).taken.len() as u32, MAX_BLOCK_ORDERS);
	});
}

#[test]
fn a_better_block_order_takes_the_place_of_the_worst_whose_owner_gets_its_collateral_back_and_is_told() {
	test(span_market(), || {
		for interval in FIRST..FIRST + 4 {
			assert_ok!(place(10, interval, 0, &[sell(100, 1_000)]));
		}
		let members = newcomers();
		// One Wh at the cap, which is accepted and worth next to nothing.
		fill_span(&members, Buy, 5_000, &[1; 4]);
		let free = Free::get(members[7].0).unwrap();
		assert_noop!(block_order(1, Buy, 5_000, &[1; 4]), Error::<Test>::TooManyBlockOrders);
		System::reset_events();
		assert_ok!(block_order(1, Buy, 500, &[40; 4]));
		assert_eq!((standing(31), Free::get(members[7].0)), (None, Some(free + 4 * 6_000)));
		let told = events();
		let evicted = Event::BlockOrderEvicted { interval: FIRST, product: 0, id: 31, by: 32, released: 4 * 6_000 };
		assert_eq!(told[0], evicted);
		assert!(matches!(told[1], Event::BlockOrderPlaced { id: 32, .. }));
		// The latest of equals went, the one before it is next.
		assert_ok!(block_order(2, Buy, 500, &[40; 4]));
		assert_eq!((standing(30), standing(29).is_some()), (None, true));
		clear();
		assert!(accepted(32) && accepted(33));
	});
}

#[test]
fn a_block_order_that_pushed_another_out_cannot_be_cancelled() {
	test(span_market(), || {
		let members = newcomers();
		fill_span(&members, Buy, 100, &[1]);
		assert_ok!(block_order(1, Buy, 100, &[2]));
		assert_noop!(cancel_block(1, 32), Error::<Test>::TookAPlace);
		// Who has done nothing of the kind can, and the place that this frees does not bind whoever takes it.
		assert_ok!(cancel_block(members[0].0, 0));
		assert_ok!(block_order(2, Buy, 100, &[2]));
		assert_ok!(cancel_block(2, 33));
		// A better one pushes it out in its turn.
		assert_ok!(block_order(3, Buy, 100, &[1]));
		for n in 0..31 {
			assert_ok!(block_at(members[8 + n / 4], Buy, 100, &[3]));
		}
		assert!(standing(32).is_some());
		assert_ok!(block_at(members[20], Buy, 100, &[3]));
		assert_eq!(standing(32), None);
	});
}

#[test]
fn block_orders_for_sale_do_not_keep_purchases_from_their_half_of_the_places() {
	test(span_market(), || {
		let members = newcomers();
		fill_span(&members, Sell, -1_000, &[200; 4]);
		for n in 0..16 {
			assert_ok!(block_at(members[8 + n / 4], Buy, 100, &[1]));
		}
		assert_noop!(block_at(members[12], Buy, 100, &[1]), Error::<Test>::TooManyBlockOrders);
		assert_ok!(block_at(members[12], Buy, 110, &[1]));
		let taken = BlockOrderPlaces::<Test>::get(11, 0).taken;
		assert_eq!(taken.iter().filter(|place| place.side == Sell).count(), 16);
	});
}

/// A whole order that waits: nobody sells.
pub(super) fn wait((n, point): (u64, PointId), price: i64, wh: Wh) -> DispatchResult {
	submit_as(n, point, Buy, price, wh, AllOrNothing)
}

fn withdraw(n: u64, id: u64) -> DispatchResult {
	Market::withdraw(RuntimeOrigin::signed(n), N, BOOK, id)
}

fn amend(n: u64, id: u64, price: i64, wh: Wh) -> DispatchResult {
	Market::amend(RuntimeOrigin::signed(n), N, BOOK, id, price, wh).map(|_| ()).map_err(|error| error.error)
}

#[test]
fn one_participant_has_a_quarter_of_the_places_of_whole_orders_that_wait() {
	test(open_market(), || {
		let second = add_point(1, 1, 4_000);
		for n in 0..4 {
			assert_ok!(wait((1, if n < 2 { 1 } else { second }), 100, 7));
		}
		assert_noop!(wait((1, 1), 5_000, 900), Error::<Test>::QuotaReached);
		assert_noop!(wait((1, second), 5_000, 900), Error::<Test>::QuotaReached);
		// What is filled at once does not wait.
		assert_ok!(submit(2, Sell, 300, 5, busbar_primitives::TimeInForce::GoodTillGate));
		assert_ok!(wait((1, 1), 300, 5));
		assert_ok!(withdraw(1, 0));
		assert_ok!(wait((1, second), 100, 7));
		// A smaller one in its place is no more.
		assert_ok!(amend(1, 1, 100, 6));
		assert_noop!(wait((1, 1), 100, 7), Error::<Test>::QuotaReached);
		// Once one is filled, there is a place again.
		assert_ok!(submit(2, Sell, 90, 6, busbar_primitives::TimeInForce::GoodTillGate));
		run_to(Now::get() + 2_000);
		assert_eq!(Books::<Test>::get(N, BOOK).unwrap().waiting.len(), 3);
		assert_ok!(wait((1, 1), 100, 7));
	});
}

#[test]
fn a_better_whole_order_takes_the_place_of_the_worst_that_waits_and_stays() {
	test(open_market(), || {
		// At the cap, one Wh each.
		for n in 0..MAX_WAITING as u64 {
			assert_ok!(submit(2 + n / 4, Buy, 5_000, 1, AllOrNothing));
		}
		assert_noop!(submit(1, Buy, 5_000, 1, AllOrNothing), Error::<Test>::NoRoomToWait);
		let held = Held::get(5).unwrap();
		System::reset_events();
		assert_ok!(submit(1, Buy, 300, 500, AllOrNothing));
		assert_eq!(ended(15), Some((1, EndReason::Evicted)));
		assert!(Held::get(5).unwrap() < held);
		assert_eq!(LimitOrders::<Test>::get((N, BOOK, 15)), None);
		assert_noop!(withdraw(1, 16), Error::<Test>::TookAPlace);
		assert_noop!(amend(1, 16, 300, 1), Error::<Test>::TookAPlace);
		assert_noop!(amend(1, 16, 310, 600), Error::<Test>::TookAPlace);
		// One that waits on a free place may still go.
		assert_ok!(withdraw(2, 0));
		// It fills like any other.
		let point = add_point(6, 1, 400_000);
		assert_ok!(submit_as(6, point, Sell, 100, 600, busbar_primitives::TimeInForce::GoodTillGate));
		run_to(Now::get() + 2_000);
		assert_eq!(LimitOrders::<Test>::get((N, BOOK, 16)), None);
	});
}

#[test]
fn a_point_whose_own_whole_order_gives_way_to_its_next_one_keeps_its_records() {
	test(open_market(), || {
		assert_ok!(submit(1, Buy, 100, 1, AllOrNothing));
		for n in 0..15 {
			assert_ok!(submit(2 + n / 4, Buy, 100, 2, AllOrNothing));
		}
		assert_ok!(submit(1, Buy, 100, 3, AllOrNothing));
		assert_eq!(ended(0), Some((1, EndReason::Evicted)));
		assert_eq!(crate::Traders::<Test>::get((N, BOOK, 1)).unwrap().open.into_inner(), vec![16]);
	});
}

#[test]
fn levels_that_one_zones_members_take_leave_every_other_zone_its_own() {
	test(market(), || {
		// 64 levels: four for each of the two zones, 56 for whoever comes first.
		let members = newcomers();
		let curve = |n: usize, count: usize| {
			(0..count as i64).map(|step| buy(100 + 40 * n as i64 + 10 * step, 1)).collect::<Vec<_>>()
		};
		for (n, (who, point)) in members[..14].iter().enumerate() {
			assert_ok!(place(*who, 1, *point, &curve(n, 4)));
		}
		let (who, point) = members[14];
		assert_noop!(place(who, 1, point, &curve(14, 1)), Error::<Test>::TooManyLevels);
		assert_ok!(place(who, 1, point, &curve(3, 4)));
		// Participant 10 is in the other zone.
		assert_ok!(place(10, 1, 0, &curve(20, 3)));
		let beside = add_point(11, 0, 4_000);
		assert_noop!(place(11, 1, beside, &curve(30, 2)), Error::<Test>::TooManyLevels);
		assert_ok!(place(11, 1, beside, &curve(30, 1)));
		assert_noop!(
			Market::replace(RuntimeOrigin::signed(11), 1, 0, beside, steps(&curve(40, 2))).map_err(|e| e.error),
			Error::<Test>::TooManyLevels
		);
		assert_eq!(session(1, 0).levels, 60);
		// What is given up is anybody's as long as there are fewer than 56.
		for (who, point) in &members[..2] {
			assert_ok!(Market::cancel(RuntimeOrigin::signed(*who), 1, 0, *point));
		}
		assert_eq!(session(1, 0).levels, 52);
		let (who, point) = members[14];
		assert_ok!(Market::cancel(RuntimeOrigin::signed(who), 1, 0, point));
		assert_ok!(place(who, 1, point, &curve(50, 4)));
		assert_noop!(place(members[0].0, 1, members[0].1, &curve(60, 1)), Error::<Test>::TooManyLevels);
	});
}

#[test]
fn sessions_that_are_kept_due_in_every_block_keep_no_other_from_its_pass() {
	test(open_market(), || {
		let mut waiting: Vec<_> = (0..5).map(|interval| (interval, BOOK)).collect();
		for _ in 0..3 {
			(0..5).for_each(|interval| Due::<Test>::insert(interval, BOOK, ()));
			run_to(Now::get() + 1);
			let due: Vec<_> = Due::<Test>::iter_keys().collect();
			assert_eq!(due.len(), 3);
			waiting.retain(|session| due.contains(session));
		}
		assert_eq!(waiting, []);
		(0..5).for_each(|interval| Due::<Test>::remove(interval, BOOK));
	});
}

#[test]
fn one_participant_takes_a_quarter_of_a_sessions_price_levels_with_all_its_points_and_no_more() {
	test(market(), || {
		// Of 64 levels 16, in orders of 4 steps.
		let points: Vec<_> = (0..5).map(|_| add_point(1, 1, 4_000)).collect();
		let curve = |n: usize| [0, 1, 2, 3].map(|step| buy(100 + 40 * n as i64 + 10 * step, 1));
		for (n, point) in points.iter().take(4).enumerate() {
			assert_ok!(place(1, 1, *point, &curve(n)));
		}
		assert_noop!(place(1, 1, points[4], &[buy(100, 1)]), Error::<Test>::QuotaReached);
		assert_ok!(place(2, 1, 2, &curve(7)));
		// Fewer steps, or an order less, make room.
		assert_ok!(Market::replace(RuntimeOrigin::signed(1), 1, 0, points[0], steps(&curve(8)[..2])));
		assert_ok!(place(1, 1, points[4], &curve(9)[..2]));
		assert_ok!(Market::cancel(RuntimeOrigin::signed(1), 1, 0, points[1]));
		assert_ok!(place(1, 1, points[1], &curve(9)));
		assert_noop!(place(1, 1, 1, &curve(7)), Error::<Test>::QuotaReached);
		// Another session has its own quota.
		assert_ok!(place(1, 2, 1, &curve(7)));
		assert_eq!(Standing::get(busbar_mocks::id(1)).of((1, 0)), 16);
	});
}

#[test]
fn steps_are_counted_as_long_as_their_sessions_take_orders_and_then_forgotten() {
	test(market(), || {
		let counts = || Standing::get(busbar_mocks::id(1)).iter().collect::<Vec<_>>();
		assert_ok!(place(1, 1, 1, &[buy(100, 1), buy(110, 1)]));
		assert_ok!(place(1, 2, 1, &[buy(100, 1)]));
		assert_eq!(counts(), [((1, 0), 2), ((2, 0), 1)]);
		// Its session has cleared, and could take no other order, but its delivery has not begun.
		run_to(start(1) - 2_000);
		assert_ok!(place(1, 3, 1, &[buy(100, 1), buy(110, 1), buy(120, 1)]));
		assert_eq!(counts(), [((1, 0), 2), ((2, 0), 1), ((3, 0), 3)]);
		check();
		run_to(start(1));
		check();
		assert_ok!(Market::cancel(RuntimeOrigin::signed(1), 2, 0, 1));
		assert_ok!(place(1, 2, 1, &[buy(100, 1)]));
		assert_eq!(counts(), [((2, 0), 1), ((3, 0), 3)]);
	});
}

#[test]
fn try_state_sees_steps_that_no_order_has_and_orders_whose_steps_are_not_counted() {
	market().execute_with(|| {
		assert_ok!(place(1, 1, 1, &[buy(100, 1)]));
		check();
		let right = Standing::get(busbar_mocks::id(1));
		for wrong in [right.with((1, 0), 0), right.with((1, 0), 2), right.with((2, 0), 1)] {
			Standing::insert(busbar_mocks::id(1), wrong.unwrap());
			assert!(Market::do_try_state().is_err());
		}
		Standing::insert(busbar_mocks::id(1), &right);
		Standing::insert(busbar_mocks::id(2), &right);
		assert!(Market::do_try_state().is_err());
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn places_of_a_span_are_what_stands_after_any_sequence(
		acts in prop::collection::vec((1u64..=10, any::<bool>(), -5i64..5, 0u64..4, any::<prop::sample::Index>(), 0u8..4), 30..160),
	) {
		span_market().execute_with(|| {
			let mut pushed = Vec::new();
			for (n, buys, price, wh, which, act) in acts {
				let side = if buys { Buy } else { Sell };
				if act > 0 {
					System::reset_events();
					let placed = block_from(FIRST + act as u32 - 1, n, side, price * TICK, &[wh + 1, wh]);
					let evicted = events().iter().any(|event| matches!(event, Event::BlockOrderEvicted { .. }));
					if placed.is_ok() && evicted {
						pushed.push(BlockOrderPlaces::<Test>::get(11, 0).next - 1);
					}
				} else {
					let taken = BlockOrderPlaces::<Test>::get(11, 0).taken;
					if !taken.is_empty() {
						let id = taken[which.index(taken.len())].id;
						let account = standing(id).unwrap().account;
						prop_assert_eq!(cancel_block(account, id).is_err(), pushed.contains(&id));
					}
				}
				check();
			}
			clear();
			check();
			Ok(())
		})?;
	}

	#[test]
	fn places_of_whole_orders_are_what_waits_after_any_sequence(
		acts in prop::collection::vec((1u64..=10, any::<bool>(), 0i64..5, 1u64..5, any::<prop::sample::Index>(), 0u8..8), 30..160),
	) {
		open_market().execute_with(|| {
			let mut pushed = Vec::new();
			for (n, buys, price, wh, which, act) in acts {
				let waiting = Books::<Test>::get(N, BOOK).map(|book| book.waiting.into_inner()).unwrap_or_default();
				// Mostly too far apart to trade, so that they wait.
				let (side, price) = if buys { (Buy, price * TICK) } else { (Sell, (price + 4) * TICK) };
				if act > 2 || waiting.is_empty() {
					System::reset_events();
					let placed = submit(n, side, price, wh, AllOrNothing);
					let evicted = |event: &Event<Test>| {
						matches!(event, Event::LimitOrderEnded { reason: EndReason::Evicted, .. })
					};
					if placed.is_ok() && events().iter().any(evicted) {
						pushed.push(Books::<Test>::get(N, BOOK).unwrap().next - 1);
					}
				} else {
					let id = waiting[which.index(waiting.len())].id;
					let order = LimitOrders::<Test>::get((N, BOOK, id)).unwrap();
					let done = match act {
						0 => withdraw(order.account, id),
						1 => amend(order.account, id, order.price, order.wh),
						_ => amend(order.account, id, price, order.wh + 1),
					};
					// The same again is no change for the worse, and another price may find no place.
					if act < 2 {
						prop_assert_eq!(done.is_err(), pushed.contains(&id));
					} else if pushed.contains(&id) {
						prop_assert!(done.is_err());
					}
				}
				check();
			}
			Ok(())
		})?;
	}
}
