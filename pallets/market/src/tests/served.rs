//! A connection point that a retailer answers for takes no orders, so that nobody chooses by an order who pays for an
//! interval.

use super::{continuous, spans};
use crate::{mock::*, Error};
use busbar_mocks::MockMeters;
use busbar_primitives::{PointKind, Role, Scope, Side, TimeInForce};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_point_that_a_retailer_answers_for_takes_no_order_however_small() {
	test(market(), || {
		Serves::set(&Some(2));
		assert_ok!(place(1, 1, 1, &[buy(100, 1)]));
		assert_noop!(place(1, 2, 1, &[buy(100, 1)]), Error::<Test>::RetailersPoint);
		assert_ok!(place(2, 2, 2, &[buy(100, 1)]));
		// What stands from before the service is replaced and cancelled like any other.
		let replaced = Market::replace(RuntimeOrigin::signed(1), 1, 0, 1, steps(&[buy(110, 2)]));
		assert_ok!(replaced.map(|_| ()).map_err(|refused| refused.error));
		Serves::set(&None);
		assert_ok!(place(1, 2, 1, &[buy(100, 1)]));
	});
}

#[test]
fn it_trades_in_no_continuous_session_at_the_last_moment_either() {
	test(continuous::open_market(), || {
		Serves::set(&Some(continuous::N));
		let submitted = continuous::submit(1, Side::Buy, 100, 1, TimeInForce::GoodTillGate);
		assert_eq!(submitted, Err(Error::<Test>::RetailersPoint.into()));
		assert_ok!(continuous::submit(2, Side::Buy, 100, 1, TimeInForce::GoodTillGate));
	});
}

#[test]
fn no_block_order_reaches_into_an_interval_that_is_a_retailers() {
	test(spans::span_market(), || {
		Serves::set(&Some(spans::FIRST + 2));
		assert_noop!(spans::block_order(1, Side::Buy, 200, &[5, 5, 5]), Error::<Test>::RetailersPoint);
		assert_ok!(spans::block_order(1, Side::Buy, 200, &[5, 5]));
		assert_ok!(spans::block_order(2, Side::Buy, 200, &[5, 5, 5]));
	});
}

#[test]
fn a_point_that_never_had_a_meter_takes_no_order_of_any_kind() {
	test(market(), || {
		MockMeters::on_metered_from(|point| (point != 1).then_some(0));
		assert_noop!(place(1, 1, 1, &[buy(100, 1)]), Error::<Test>::NotMetered);
		assert_ok!(place(2, 1, 2, &[buy(100, 1)]));
		// From its meter's first interval on it does.
		MockMeters::on_metered_from(|_| Some(2));
		assert_noop!(place(1, 1, 1, &[buy(100, 1)]), Error::<Test>::NotMetered);
		assert_ok!(place(1, 2, 1, &[buy(100, 1)]));
		// What stands is cancelled whatever becomes of the meter.
		MockMeters::on_metered_from(|_| None);
		assert_ok!(Market::cancel(RuntimeOrigin::signed(1), 2, 0, 1));
	});
	test(continuous::open_market(), || {
		MockMeters::on_metered_from(|_| Some(continuous::N + 1));
		let submitted = continuous::submit(1, Side::Buy, 100, 1, TimeInForce::GoodTillGate);
		assert_eq!(submitted, Err(Error::<Test>::NotMetered.into()));
		MockMeters::on_metered_from(|_| Some(continuous::N));
		assert_ok!(continuous::submit(1, Side::Buy, 100, 1, TimeInForce::GoodTillGate));
	});
	test(spans::span_market(), || {
		MockMeters::on_metered_from(|_| Some(spans::FIRST + 1));
		assert_noop!(spans::block_order(1, Side::Buy, 200, &[5, 5, 5]), Error::<Test>::NotMetered);
		MockMeters::on_metered_from(|_| Some(spans::FIRST));
		assert_ok!(spans::block_order(1, Side::Buy, 200, &[5, 5, 5]));
	});
}

/// What the balance-responsible party trades at a coupling is settled without one.
#[test]
fn a_coupling_trades_without_a_meter() {
	test(market(), || {
		MockMeters::on_metered_from(|_| None);
		let mut points = GridPoints::get();
		points[1].kind = PointKind::Coupling;
		GridPoints::set(&points);
		MockParticipants::grant(1, Role::WholesaleTrader, Scope::Grid);
		assert_ok!(place(1, 1, 1, &[buy(100, 1)]));
	});
}
