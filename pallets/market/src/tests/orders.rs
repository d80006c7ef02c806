//! Placing, replacing and cancelling, and every reason not to.

use crate::{
	auction::sums,
	collateral::{worst_net_debt, Bounds},
	mock::*,
	Error, Event, Levels, Orders, PriceKey, Sessions,
};
use busbar_primitives::{api::BookLevel, Interval, PointId, Step};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::{DispatchError, DispatchResult};

pub(super) const N: Interval = 2;

pub(super) fn replace(account: AccountId, interval: Interval, point: PointId, curve: &[Step]) -> DispatchResult {
	Market::replace(RuntimeOrigin::signed(account), interval, 0, point, steps(curve))
		.map(|_| ())
		.map_err(|error| error.error)
}

pub(super) fn cancel(account: AccountId, interval: Interval, point: PointId) -> DispatchResult {
	Market::cancel(RuntimeOrigin::signed(account), interval, 0, point).map(|_| ()).map_err(|error| error.error)
}

fn held(account: AccountId) -> u128 {
	Held::get(account).unwrap_or(0)
}

#[test]
fn an_order_stands_in_the_book_and_its_collateral_is_held() {
	test(market(), || {
		let curve = [buy(100, 300), buy(50, 200), sell(200, 400)];
		assert_ok!(place(1, N, 1, &curve));
		let worst = worst_net_debt(&curve, &Bounds::new(&parameters().terms(N), 100));
		assert_eq!((held(1), Free::get(1)), (worst, Some(MONEY - worst)));
		assert!(worst > 0);
		assert_eq!(
			Market::book(N, 0, 1, None, u32::MAX),
			[
				BookLevel { price: 50, buy: 200, sell: 0 },
				BookLevel { price: 100, buy: 300, sell: 0 },
				BookLevel { price: 200, buy: 0, sell: 400 }
			]
		);
		assert_eq!(Market::book(N, 0, 0, None, u32::MAX), []);
		assert_eq!(
			events().pop(),
			Some(Event::OrderPlaced {
				interval: N,
				product: 0,
				point: 1,
				zone: 1,
				account: 1,
				arrival: 0,
				held: worst,
				steps: steps(&curve)
			})
		);
		let record = session(N, 0);
		assert_eq!((record.orders, record.levels, record.offered_buy, record.offered_sell), (1, 3, 500, 400));
	});
}

#[test]
fn prices_below_zero_stand_before_those_above_in_the_book() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(-200, 1), buy(-10, 2), buy(0, 3), sell(10, 4)]));
		assert_eq!(
			Market::book(N, 0, 1, None, u32::MAX).iter().map(|level| level.price).collect::<Vec<_>>(),
			[-200, -10, 0, 10]
		);
		// In pages, from any price on.
		let page = |from, limit| Market::book(N, 0, 1, from, limit).iter().map(|level| level.price).collect::<Vec<_>>();
		assert_eq!((page(None, 3), page(Some(1), 3)), (vec![-200, -10, 0], vec![10]));
		assert_eq!((page(Some(-10), 2), page(Some(-9), 2)), (vec![-10, 0], vec![0, 10]));
		assert_eq!((page(Some(i64::MIN), 1), page(Some(11), 9), page(None, 0)), (vec![-200], vec![], vec![]));
	});
}

#[test]
fn orders_are_listed_by_point() {
	test(market(), || {
		for n in [5, 2, 8] {
			assert_ok!(place(n, N, n as u32, &[buy(100, n * 10)]));
		}
		let points =
			|from, limit| Market::orders(N, 0, from, limit).iter().map(|order| order.point).collect::<Vec<_>>();
		assert_eq!(points(0, 10), [2, 5, 8]);
		// A page is of points, whether or not they have an order.
		assert_eq!(points(3, 2), [] as [u32; 0]);
		assert_eq!(points(3, 3), [5]);
		assert_eq!(points(5, u32::MAX), [5, 8]);
		assert_eq!(points(9, 10), [] as [u32; 0]);
		let order = &Market::orders(N, 0, 5, 1)[0];
		assert_eq!((order.zone, order.arrival, order.held), (1, 0, held(5)));
		assert_eq!((&order.steps[..], &order.accepted[..]), (&[buy(100, 50)][..], &[][..]));
	});
}

#[test]
fn a_delegate_trades_on_the_owners_money() {
	test(market(), || {
		assert_ok!(place(1_001, N, 1, &[buy(100, 300)]));
		assert!(held(1) > 0);
		assert_eq!(held(1_001), 0);
		assert_ok!(cancel(1_001, N, 1));
		assert_eq!(Free::get(1), Some(MONEY));
	});
}

#[test]
fn replacing_releases_the_old_collateral_and_goes_behind_in_time() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(100, 300)]));
		assert_ok!(place(2, N, 2, &[buy(100, 300)]));
		let old = held(1);
		assert_ok!(replace(1, N, 1, &[buy(100, 150)]));
		assert_eq!(held(1), old / 2);
		let order = Orders::<Test>::get((N, 0, 1)).unwrap();
		assert_eq!((order.arrival, order.steps[0].arrival), (2, 2));
		assert_eq!(
			events().pop(),
			Some(Event::OrderReplaced {
				interval: N,
				product: 0,
				point: 1,
				zone: 1,
				account: 1,
				arrival: 2,
				held: old / 2,
				steps: steps(&[buy(100, 150)])
			})
		);
		assert_eq!(session(N, 0).orders, 2);
	});
}

#[test]
fn money_of_the_replaced_order_secures_the_new_one() {
	test(market(), || {
		Free::insert(1, 250_000);
		assert_ok!(place(1, N, 1, &[buy(100, 200)]));
		assert!(held(1) > 125_000);
		assert_ok!(replace(1, N, 1, &[buy(100, 210)]));
	});
}

#[test]
fn cancelling_leaves_nothing_behind() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(100, 300), sell(200, 400)]));
		let released = held(1);
		assert_ok!(cancel(1, N, 1));
		assert_eq!((held(1), Free::get(1)), (0, Some(MONEY)));
		assert_eq!(
			events().pop(),
			Some(Event::OrderCancelled { interval: N, product: 0, point: 1, account: 1, released })
		);
		assert_eq!(Levels::<Test>::iter().count() + crate::Queues::<Test>::iter().count(), 0);
		let record = session(N, 0);
		assert_eq!((record.orders, record.levels, record.offered_buy, record.offered_sell), (0, 0, 0, 0));
		assert_ok!(place(1, N, 1, &[buy(100, 300)]));
	});
}

#[test]
fn an_order_in_one_interval_leaves_the_others_alone() {
	test(market(), || {
		assert_ok!(place(1, 1, 1, &[buy(100, 300)]));
		assert_ok!(place(1, 2, 1, &[buy(110, 200)]));
		assert_ok!(cancel(1, 1, 1));
		assert_eq!(Market::book(2, 0, 1, None, u32::MAX), [BookLevel { price: 110, buy: 200, sell: 0 }]);
	});
}

/// That both `place` and, with an order standing, `replace` refuse a curve and change nothing.
fn refused(curve: &[Step], error: Error<Test>) {
	let error: DispatchError = error.into();
	assert_noop!(place(1, N, 1, curve), error);
	assert_ok!(place(1, N, 1, &[buy(100, 1)]));
	assert_noop!(replace(1, N, 1, curve), error);
	assert_ok!(cancel(1, N, 1));
}

#[test]
fn an_interval_beyond_the_horizon_is_not_open_yet() {
	test(market(), || {
		assert_noop!(place(1, 4, 1, &[buy(100, 1)]), Error::<Test>::NotOpenYet);
		assert_noop!(cancel(1, 4, 1), Error::<Test>::NotOpenYet);
	});
}

#[test]
fn an_interval_that_never_opened_is_unknown() {
	test(market(), || {
		run_to(start(1_000));
		assert_noop!(place(1, 500, 1, &[buy(100, 1)]), Error::<Test>::UnknownInterval);
		assert_noop!(cancel(1, 500, 1), Error::<Test>::UnknownInterval);
	});
}

#[test]
fn an_order_is_refused_after_gate_closure() {
	test(market(), || {
		Now::set(&(start(N) - LEAD - 1));
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
		Now::set(&(start(N) - LEAD));
		assert_noop!(place(2, N, 2, &[buy(100, 1)]), Error::<Test>::GateClosed);
		assert_noop!(replace(1, N, 1, &[buy(100, 1)]), Error::<Test>::GateClosed);
		assert_noop!(cancel(1, N, 1), Error::<Test>::GateClosed);
	});
}

#[test]
fn an_order_is_refused_once_its_interval_has_an_outcome_whatever_the_time() {
	test(market(), || {
		run_to(start(1) - LEAD);
		Now::set(&EPOCH);
		assert_noop!(place(1, 1, 1, &[buy(100, 1)]), Error::<Test>::GateClosed);
	});
}

#[test]
fn an_order_for_an_unknown_point_is_refused() {
	test(market(), || {
		assert_noop!(place(1, N, 77, &[buy(100, 1)]), Error::<Test>::UnknownPoint);
		assert_noop!(cancel(1, N, 77), Error::<Test>::UnknownPoint);
	});
}

#[test]
fn an_order_for_a_point_that_comes_later_or_is_retired_is_refused() {
	test(market(), || {
		change_point(1, |point| point.from = N + 1);
		assert_noop!(place(1, N, 1, &[buy(100, 1)]), Error::<Test>::PointNotInForce);
		change_point(1, |point| (point.from, point.until) = (0, Some(N)));
		assert_noop!(place(1, N, 1, &[buy(100, 1)]), Error::<Test>::PointNotInForce);
		change_point(1, |point| (point.from, point.until) = (N, Some(N + 1)));
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
	});
}

#[test]
fn an_order_for_someone_elses_point_is_refused() {
	test(market(), || {
		assert_noop!(place(2, N, 1, &[buy(100, 1)]), refused::NOT_DELEGATE);
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
		assert_noop!(replace(2, N, 1, &[buy(100, 1)]), refused::NOT_DELEGATE);
		assert_noop!(cancel(2, N, 1), refused::NOT_DELEGATE);
		MockParticipants::suspend(1);
		assert_noop!(cancel(1, N, 1), refused::SUSPENDED);
	});
}

#[test]
fn an_order_for_an_owner_without_an_account_is_refused() {
	test(market(), || {
		let point = add_point(NOBODY, 1, 4_000);
		assert_noop!(place(1_000 + NOBODY, N, point, &[buy(100, 1)]), Error::<Test>::UnknownOwner);
	});
}

#[test]
fn an_unsigned_order_is_refused() {
	test(market(), || {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			let curve = steps(&[buy(100, 1)]);
			assert_noop!(Market::place(origin.clone(), N, 0, 1, curve.clone()), DispatchError::BadOrigin);
			assert_noop!(Market::replace(origin.clone(), N, 0, 1, curve), DispatchError::BadOrigin);
			assert_noop!(Market::cancel(origin, N, 0, 1), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn a_second_order_at_one_point_is_refused() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
		assert_noop!(place(1, N, 1, &[buy(100, 1)]), Error::<Test>::OrderExists);
	});
}

#[test]
fn what_does_not_stand_cannot_be_replaced_or_cancelled() {
	test(market(), || {
		assert_noop!(replace(1, N, 1, &[buy(100, 1)]), Error::<Test>::NoOrder);
		assert_noop!(cancel(1, N, 1), Error::<Test>::NoOrder);
	});
}

#[test]
fn an_order_without_steps_or_without_energy_is_refused() {
	test(market(), || {
		refused(&[], Error::NoSteps);
		refused(&[buy(100, 5), buy(90, 0)], Error::ZeroQuantity);
	});
}

#[test]
fn more_steps_than_the_limit_do_not_decode() {
	use codec::{Decode, Encode};
	let five = vec![buy(100, 1); 5];
	assert!(BoundedVec::<Step, <Test as crate::Config>::MaxSteps>::decode(&mut &five.encode()[..]).is_err());
	assert!(BoundedVec::<Step, <Test as crate::Config>::MaxSteps>::decode(&mut &five[..4].encode()[..]).is_ok());
}

#[test]
fn a_price_outside_the_bounds_is_refused_and_on_them_accepted() {
	test(market(), || {
		refused(&[buy(5_010, 1)], Error::PriceOutOfBounds);
		refused(&[sell(-1_010, 1)], Error::PriceOutOfBounds);
		refused(&[buy(i64::MAX, 1)], Error::PriceOutOfBounds);
		refused(&[sell(i64::MIN, 1)], Error::PriceOutOfBounds);
		assert_ok!(place(1, N, 1, &[buy(-1_000, 1), sell(5_000, 1)]));
	});
}

#[test]
fn a_price_off_the_tick_is_refused() {
	test(market(), || {
		refused(&[buy(101, 1)], Error::PriceOffTick);
		refused(&[buy(-105, 1)], Error::PriceOffTick);
	});
}

#[test]
fn steps_that_cross_are_refused_even_when_they_only_touch() {
	test(market(), || {
		refused(&[buy(50, 1), sell(100, 1), buy(110, 1)], Error::CrossedSteps);
		refused(&[sell(100, 1), buy(100, 1)], Error::CrossedSteps);
	});
}

#[test]
fn an_order_beyond_the_points_rating_is_refused_on_either_side() {
	test(market(), || {
		// 4 kW for a quarter of an hour.
		refused(&[buy(100, 600), buy(90, 401)], Error::BeyondRating);
		refused(&[sell(100, 1_001)], Error::BeyondRating);
		refused(&[buy(100, u64::MAX), buy(90, u64::MAX)], Error::BeyondRating);
		assert_ok!(place(1, N, 1, &[buy(100, 600), buy(90, 400), sell(200, 1_000)]));
	});
}

#[test]
fn an_order_beyond_the_owners_money_is_refused() {
	test(market(), || {
		let curve = [buy(100, 300)];
		let worst = worst_net_debt(&curve, &Bounds::new(&parameters().terms(N), 100));
		Free::insert(1, worst - 1);
		assert_noop!(place(1, N, 1, &curve), DispatchError::Other(NO_FUNDS));
		assert_ok!(place(1, N, 1, &[buy(100, 299)]));
		Free::insert(1, 0);
		assert_noop!(replace(1, N, 1, &curve), DispatchError::Other(NO_FUNDS));
	});
}

#[test]
fn one_level_more_than_the_book_has_room_for_is_refused_but_not_one_more_order() {
	test(market(), || {
		MaxLevels::set(&3);
		open_again();
		assert_ok!(place(1, N, 1, &[buy(100, 1), buy(90, 1), sell(200, 1)]));
		assert_noop!(place(2, N, 2, &[buy(80, 1)]), Error::<Test>::TooManyLevels);
		// A level of another zone is a level of its own.
		assert_noop!(place(10, N, 0, &[buy(100, 1)]), Error::<Test>::TooManyLevels);
		assert_ok!(place(2, N, 2, &[sell(100, 1), sell(200, 1)]));
		assert_ok!(replace(1, N, 1, &[buy(70, 1)]));
	});
}

#[test]
fn a_queue_that_has_no_number_left_is_refused() {
	let mut ext = market();
	ext.execute_with(|| {
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
		let key = (N, 0, 1, PriceKey::from(100));
		Levels::<Test>::mutate(key, |level| level.as_mut().unwrap().buy_arrivals = sums::CAPACITY);
		assert_noop!(place(2, N, 2, &[buy(100, 1)]), Error::<Test>::QueueFull);
		assert_ok!(place(2, N, 2, &[sell(100, 1)]));
	});
}

#[test]
fn more_energy_than_clearing_can_count_is_refused() {
	test(market(), || {
		let half = crate::types::OFFERED_LIMIT / 2 + 1;
		let huge: Vec<_> = (11..13).map(|n| add_point(n, 1, u64::MAX)).collect();
		Free::insert(11, u128::MAX / 4);
		Free::insert(12, u128::MAX / 4);
		assert_ok!(place(11, N, huge[0], &[buy(100, half)]));
		assert_noop!(place(12, N, huge[1], &[buy(100, half)]), Error::<Test>::Overflow);
		assert_ok!(place(12, N, huge[1], &[sell(110, half)]));
		run_to(start(1) - LEAD);
		run_to(start(2) - LEAD);
		assert!(session(N, 0).outcome.unwrap().cleared);
	});
}

#[test]
fn arrival_numbers_do_not_overflow() {
	let mut ext = market();
	ext.execute_with(|| {
		Sessions::<Test>::mutate(N, 0, |session| session.as_mut().unwrap().arrivals = u32::MAX);
		assert_noop!(place(1, N, 1, &[buy(100, 1)]), Error::<Test>::Overflow);
	});
}

#[test]
fn a_book_that_contradicts_itself_is_reported_and_not_made_worse() {
	let mut ext = market();
	ext.execute_with(|| {
		assert_ok!(place(1, N, 1, &[buy(100, 1)]));
		assert!(Market::do_try_state().is_ok());
		Levels::<Test>::remove((N, 0, 1, PriceKey::from(100)));
		assert_noop!(cancel(1, N, 1), Error::<Test>::Corrupt);
		assert!(Market::do_try_state().is_err());
	});
}

#[test]
fn who_has_unpaid_debt_takes_orders_back_but_places_none() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(100, 300)]));
		Debtors::set(&vec![GridPoints::get()[1].owner]);
		assert_noop!(place(1, 2, 1, &[buy(100, 300)]), DispatchError::Other(IN_DEBT));
		assert_noop!(replace(1, N, 1, &[buy(100, 200)]), DispatchError::Other(IN_DEBT));
		assert_ok!(cancel(1, N, 1));
		Debtors::set(&Vec::new());
		assert_ok!(place(1, N, 1, &[buy(100, 300)]));
	});
}
