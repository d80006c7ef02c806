//! What stands of the orders of who trades no more is cancelled, before gates close and in bounded pages.

use super::{
	continuous::{ended, open_market, submit, BOOK, N},
	spans::{block_order, span_market, standing, FIRST},
};
use crate::{continuous::EndReason, mock::*, recall, Event, LimitOrders, Orders, Recalls, WeightInfo};
use busbar_mocks::{id, MockTraders};
use busbar_primitives::{
	traits::{OnLeaving, Traders},
	Role, Scope,
	Side::{Buy, Sell},
	TimeInForce::{AllOrNothing, GoodTillGate},
};
use frame_support::{assert_ok, weights::WeightMeter};

const OPEN: u32 = 2;

fn suspend(owner: AccountId) {
	MockParticipants::suspend(owner);
	<Market as OnLeaving>::leaves(id(owner), true);
}

fn recalled(owner: AccountId) -> bool {
	events().contains(&Event::Recalled { participant: id(owner) })
}

fn free(owner: AccountId) -> (u128, u128) {
	(Free::get(owner).unwrap_or(0), Held::get(owner).unwrap_or(0))
}

#[test]
fn orders_in_all_open_auctions_go_in_the_next_block_and_their_collateral_is_released() {
	test(market(), || {
		let all = Recalls::<Test>::iter_keys().count();
		assert_eq!(all, 0);
		for interval in [OPEN, OPEN + 1] {
			assert_ok!(place(1, interval, 1, &[buy(100, 10), buy(90, 10)]));
			assert_ok!(place(2, interval, 2, &[buy(100, 10)]));
		}
		let kept = free(2);
		suspend(1);
		run_to(Now::get() + 1);
		assert!(recalled(1));
		for interval in [OPEN, OPEN + 1] {
			assert!(!Orders::<Test>::contains_key((interval, 0, 1)));
			assert!(Orders::<Test>::contains_key((interval, 0, 2)));
			let account = 1;
			assert!(events().iter().any(|event| matches!(event,
				Event::OrderCancelled { interval: of, point: 1, account: whose, .. } if *of == interval && *whose == account)));
		}
		assert_eq!((free(1), free(2)), ((MONEY, 0), kept));
		assert_eq!(MockTraders::standing(id(1)), Default::default());
		assert_eq!(Recalls::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn orders_are_gone_before_a_gate_closes_in_the_same_block() {
	test(market(), || {
		assert_ok!(place(1, OPEN, 1, &[buy(200, 10)]));
		assert_ok!(place(2, OPEN, 2, &[sell(100, 10)]));
		suspend(1);
		let gate = crate::Gates::<Test>::iter_keys().find(|key| key.session() == (OPEN, 0)).unwrap().closure();
		run_to(gate);
		assert!(recalled(1));
		assert_eq!(session(OPEN, 0).outcome.unwrap().traded, 0);
	});
}

#[test]
fn what_a_session_whose_gate_has_passed_decides_stands() {
	test(market(), || {
		assert_ok!(place(1, OPEN, 1, &[buy(200, 10)]));
		assert_ok!(place(2, OPEN, 2, &[sell(100, 10)]));
		let gate = crate::Gates::<Test>::iter_keys().find(|key| key.session() == (OPEN, 0)).unwrap().closure();
		run_to(gate);
		suspend(1);
		run_to(gate + 1);
		assert!(recalled(1));
		assert_eq!(session(OPEN, 0).outcome.unwrap().traded, 10);
		assert!(Orders::<Test>::contains_key((OPEN, 0, 1)));
	});
}

#[test]
fn limit_orders_that_rest_and_whole_ones_that_wait_go_and_trades_stand() {
	test(open_market(), || {
		assert_ok!(submit(2, Sell, 100, 5, GoodTillGate));
		assert_ok!(submit(1, Buy, 150, 15, GoodTillGate));
		assert_ok!(submit(1, Buy, 50, 7, AllOrNothing));
		assert_ok!(submit(3, Buy, 40, 7, GoodTillGate));
		suspend(1);
		run_to(Now::get() + 1);
		assert!(recalled(1));
		assert_eq!(ended(1), Some((10, EndReason::Withdrawn)));
		assert_eq!(ended(2), Some((7, EndReason::Withdrawn)));
		let left: Vec<u64> = LimitOrders::<Test>::iter_key_prefix((N, BOOK)).collect();
		assert_eq!(left, [3]);
		// What it traded is still secured.
		assert!(free(1).1 > 0);
	});
}

#[test]
fn block_orders_go_also_those_that_took_anothers_place() {
	test(span_market(), || {
		assert_ok!(block_order(1, Buy, 200, &[5, 5]));
		assert_ok!(block_order(2, Buy, 200, &[5, 5]));
		crate::BlockOrderPlaces::<Test>::mutate(FIRST + 3, 0, |places| places.taken[0].took = true);
		suspend(1);
		run_to(Now::get() + 1);
		assert!(recalled(1));
		assert_eq!((standing(0), standing(1).is_some()), (None, true));
		assert_eq!(free(1), (MONEY, 0));
	});
}

#[test]
fn a_block_takes_its_share_and_no_more_and_the_next_goes_on_where_it_ended() {
	test(market(), || {
		Free::insert(1, 1_000 * MONEY);
		let points: Vec<_> = (0..60).map(|_| add_point(1, 1, 4_000)).collect();
		// A later interval, in which they are in force, with room for as many levels.
		MaxLevels::set(&4_096);
		open_again();
		for point in &points {
			assert_ok!(place(1, OPEN, *point, &[buy(100, 1)]));
		}
		suspend(1);
		let stand = || Orders::<Test>::iter_key_prefix((OPEN, 0)).count();
		let each = <() as WeightInfo>::cancel(1);
		let weight = recall::walk::<Test>(recall::PAGE).saturating_add(each.saturating_mul(8));
		let (mut blocks, mut before) = (0, stand());
		assert_eq!(before, 60);
		while stand() > 0 {
			let mut meter = WeightMeter::with_limit(weight);
			Market::run_recalls(Now::get(), &mut meter);
			assert!(stand() < before && before - stand() <= 8, "{} of {before} are left", stand());
			before = stand();
			blocks += 1;
		}
		assert!(blocks >= 8, "{blocks}");
		run_to(Now::get() + 1);
		assert_eq!(Recalls::<Test>::iter_keys().count(), 0);
		assert_eq!(free(1), (1_000 * MONEY, 0));
	});
}

#[test]
fn who_lost_its_last_role_keeps_its_orders_until_the_next_interval_and_who_has_one_again_for_good() {
	test(market(), || {
		let next = Market::first_ahead();
		for owner in [1, 2] {
			assert_ok!(place(owner, next + 2, owner as u32, &[buy(100, 10)]));
			MockParticipants::change(owner, |member| member.roles.clear());
			<Market as OnLeaving>::leaves(id(owner), false);
		}
		run_to(start(next) - 1);
		assert!(Orders::<Test>::contains_key((next + 2, 0, 1)));
		MockParticipants::grant(2, Role::Consumer, Scope::Zone(0));
		run_to(start(next));
		run_to(start(next) + 1);
		assert!(!Orders::<Test>::contains_key((next + 2, 0, 1)));
		assert!(Orders::<Test>::contains_key((next + 2, 0, 2)));
		assert_eq!(Recalls::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn who_is_resumed_in_time_keeps_what_still_stands() {
	test(market(), || {
		assert_ok!(place(1, OPEN, 1, &[buy(100, 10)]));
		suspend(1);
		MockParticipants::resume(1);
		run_to(Now::get() + 1);
		assert!(Orders::<Test>::contains_key((OPEN, 0, 1)));
		assert_eq!(Recalls::<Test>::iter_keys().count(), 0);
	});
}
