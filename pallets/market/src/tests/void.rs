//! Contracts of an interval that the council voids do not count, and its collateral can still be taken.

use crate::{mock::*, Intervals};
use busbar_primitives::{
	traits::{Collateral, OrderCollateral, Positions},
	Outcome, Phase, ZoneResult,
};
use frame_support::assert_ok;

/// Interval 1 cleared: participant 1 sells 500 Wh, 2 and 3 buy 200 each.
fn cleared() {
	assert_ok!(place(1, 1, 1, &[sell(100, 500)]));
	assert_ok!(place(2, 1, 2, &[buy(200, 200)]));
	assert_ok!(place(3, 1, 3, &[buy(200, 200)]));
	run_to(start(1) - LEAD);
	assert_eq!(Market::of(2, 1).bought, 200);
}

#[test]
fn a_void_interval_has_no_positions_no_prices_and_no_fees_of_contracts() {
	test(market(), || {
		cleared();
		let before = Market::zone_result(1, 1).unwrap();
		assert_eq!((before.path_fee, before.price.is_some()), (10, true));
		Market::void(1);
		assert!((0..10).all(|point| Market::contracts(point, 1).is_empty()));
		let points = Intervals::<Test>::get(1).unwrap().ended.points;
		assert_eq!(Market::outcome(1), Some(Outcome { points, ..Outcome::default() }));
		assert_eq!(Market::zone_result(1, 1), Some(ZoneResult { path_fee: 10, ..ZoneResult::default() }));
		assert_eq!(Market::phase(1), Some(Phase::Failed));
		assert!(Market::orders(1, 0, 0, 10).iter().all(|order| order.accepted.is_empty()));
		// Another interval is as it was.
		assert!(!Intervals::<Test>::get(2).unwrap().void);
	});
}

#[test]
fn the_collateral_of_a_void_interval_is_taken_once() {
	test(market(), || {
		cleared();
		Market::void(1);
		for point in 1..4 {
			let taken = Market::take_collateral(point, 1);
			assert!(taken.iter().any(|(_, held)| *held > 0));
			for (owner, held) in taken {
				assert_ok!(MockCollateral::release(owner, held));
			}
			assert!(Market::take_collateral(point, 1).is_empty());
		}
	});
}
