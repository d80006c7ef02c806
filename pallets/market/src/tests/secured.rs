//! What orders of every kind need of what secures their point's consumption.

use super::{
	continuous::{open_market, submit, BOOK, N as BOOKED},
	orders::{cancel, replace, N},
	spans::{block_order, span_market},
};
use crate::{mock::*, Event};
use busbar_mocks::MockSolvency;
use busbar_primitives::{
	Side::{Buy, Sell},
	TimeInForce::GoodTillGate,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, DispatchResult};

const UNSECURED: DispatchError = DispatchError::Other("unsecured");

/// Lets nothing secure point 1 sufficiently from now on.
fn unsecured() {
	MockSolvency::on_ensure_secured(|point, details, terms| {
		assert_eq!((details.owner, terms.price_cap), (busbar_mocks::id(u64::from(point)), parameters().price_cap));
		if point == 1 {
			Err(UNSECURED)
		} else {
			Ok(())
		}
	});
}

#[test]
fn an_order_that_buys_is_refused_at_a_point_that_is_not_secured_and_one_that_only_sells_is_taken() {
	test(market(), || {
		unsecured();
		assert_noop!(place(1, N, 1, &[buy(100, 1)]), UNSECURED);
		assert_noop!(place(1, N, 1, &[buy(100, 1), sell(110, 300)]), UNSECURED);
		assert_ok!(place(1, N, 1, &[sell(110, 300)]));
		assert_ok!(place(2, N, 2, &[buy(100, 1)]));
	});
}

#[test]
fn an_order_is_replaced_by_one_that_buys_no_more_whatever_its_price_and_by_no_other() {
	test(market(), || {
		assert_ok!(place(1, N, 1, &[buy(100, 200), buy(90, 100)]));
		unsecured();
		assert_noop!(replace(1, N, 1, &[buy(100, 301)]), UNSECURED);
		assert_ok!(replace(1, N, 1, &[buy(120, 300), sell(130, 50)]));
		assert_ok!(replace(1, N, 1, &[buy(120, 50)]));
		assert_noop!(replace(1, N, 1, &[buy(120, 51)]), UNSECURED);
		assert_ok!(cancel(1, N, 1));
		assert_noop!(place(1, N, 1, &[buy(120, 1)]), UNSECURED);
	});
}

#[test]
fn a_limit_order_that_buys_is_refused_and_amended_to_no_more_energy() {
	test(open_market(), || {
		assert_ok!(submit(1, Buy, 90, 10, GoodTillGate));
		unsecured();
		assert_noop!(submit(1, Buy, 90, 1, GoodTillGate), UNSECURED);
		assert_ok!(submit(1, Sell, 120, 1, GoodTillGate));
		let amend = |id, price, wh| -> DispatchResult {
			Market::amend(RuntimeOrigin::signed(1), BOOKED, BOOK, id, price, wh)
				.map(|_| ())
				.map_err(|refused| refused.error)
		};
		assert_noop!(amend(0, 90, 11), UNSECURED);
		assert_noop!(amend(0, 100, 11), UNSECURED);
		assert_ok!(amend(1, 120, 5));
		assert_ok!(amend(0, 90, 8));
		assert_ok!(amend(0, 100, 8));
		let standing = events().into_iter().filter(|event| matches!(event, Event::LimitOrderSubmitted { .. }));
		assert_eq!(standing.count(), 4);
	});
}

#[test]
fn a_block_order_that_buys_is_refused() {
	test(span_market(), || {
		unsecured();
		assert_noop!(block_order(1, Buy, 100, &[0, 1]), UNSECURED);
		assert_ok!(block_order(1, Sell, 100, &[0, 1]));
		assert_ok!(block_order(2, Buy, 100, &[0, 1]));
	});
}
