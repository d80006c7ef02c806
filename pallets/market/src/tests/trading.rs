//! Who trades needs a role that trades at the point, held by its owner, as long as it does.

use super::{
	continuous::{open_market, submit, BOOK, N},
	spans::{block_order, span_market},
};
use crate::{mock::*, Orders};
use busbar_primitives::{PointKind, Role, Scope, Side::Buy, TimeInForce::GoodTillGate};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchErrorWithPostInfo, storage::with_storage_layer};
use refused::{ROLE_MISSING, ROLE_OUT_OF_SCOPE};
use sp_runtime::DispatchResult;

const OPEN: u32 = 2;

fn lose_all(owner: AccountId) {
	MockParticipants::change(owner, |member| member.roles.clear());
}

/// As a call is dispatched: what fails leaves no trace.
fn in_a_transaction(call: impl FnOnce() -> Result<(), DispatchErrorWithPostInfo>) -> DispatchResult {
	with_storage_layer(|| call().map_err(|refused| refused.error))
}

#[test]
fn without_a_trading_role_over_the_points_zone_nobody_places_and_whoever_trades_for_it_neither() {
	test(market(), || {
		MockGrid::on_is_within_any(|zone, ancestors| ancestors.contains(&zone));
		lose_all(1);
		for account in [1, 1_001] {
			assert_noop!(place(account, OPEN, 1, &[buy(100, 10)]), ROLE_MISSING);
		}
		for role in [Role::Dso, Role::MeterOperator, Role::BalanceResponsibleParty, Role::WholesaleTrader] {
			MockParticipants::grant(1, role, Scope::Grid);
			assert_noop!(place(1, OPEN, 1, &[buy(100, 10)]), ROLE_MISSING);
		}
		for role in Role::trading(PointKind::Metered) {
			MockParticipants::grant(1, *role, Scope::Zone(0));
			assert_noop!(place(1, OPEN, 1, &[buy(100, 10)]), ROLE_OUT_OF_SCOPE);
			MockParticipants::revoke(1, *role, Scope::Zone(0));
			MockParticipants::grant(1, *role, Scope::Zone(1));
			assert_ok!(place(1_001, OPEN, 1, &[buy(100, 10)]));
			assert_ok!(Market::cancel(RuntimeOrigin::signed(1), OPEN, 0, 1));
			MockParticipants::revoke(1, *role, Scope::Zone(1));
		}
	});
}

#[test]
fn at_a_coupling_a_wholesale_trader_trades_and_nobody_else() {
	test(market(), || {
		change_point(0, |point| point.kind = PointKind::Coupling);
		for role in Role::trading(PointKind::Metered) {
			MockParticipants::grant(10, *role, Scope::Grid);
		}
		MockParticipants::grant(10, Role::BalanceResponsibleParty, Scope::Grid);
		assert_noop!(place(10, OPEN, 0, &[sell(100, 10)]), ROLE_MISSING);
		MockParticipants::grant(10, Role::WholesaleTrader, Scope::Grid);
		assert_ok!(place(10, OPEN, 0, &[sell(100, 10)]));
	});
}

#[test]
fn who_lost_its_role_cancels_what_stands_and_changes_nothing() {
	test(market(), || {
		assert_ok!(place(1, OPEN, 1, &[buy(100, 10)]));
		lose_all(1);
		let replace = || Market::replace(RuntimeOrigin::signed(1), OPEN, 0, 1, steps(&[buy(100, 5)])).map(|_| ());
		assert_noop!(in_a_transaction(replace), ROLE_MISSING);
		assert_ok!(Market::cancel(RuntimeOrigin::signed(1), OPEN, 0, 1));
		assert!(!Orders::<Test>::contains_key((OPEN, 0, 1)));
	});
}

#[test]
fn orders_of_all_kinds_ask_for_the_role_and_are_taken_back_without_it() {
	test(open_market(), || {
		assert_ok!(submit(1, Buy, 100, 10, GoodTillGate));
		lose_all(1);
		assert_noop!(submit(1, Buy, 100, 10, GoodTillGate), ROLE_MISSING);
		for wh in [5, 20] {
			let amended = Market::amend(RuntimeOrigin::signed(1), N, BOOK, 0, 100, wh);
			assert_noop!(amended.map(|_| ()).map_err(|refused| refused.error), ROLE_MISSING);
		}
		assert_ok!(Market::withdraw(RuntimeOrigin::signed(1), N, BOOK, 0));
	});
	test(span_market(), || {
		assert_ok!(block_order(1, Buy, 200, &[5]));
		lose_all(1);
		assert_noop!(block_order(1, Buy, 200, &[5]), ROLE_MISSING);
		assert_ok!(Market::cancel_block_order(RuntimeOrigin::signed(1), 8, 0, 0));
	});
}

#[test]
fn an_order_is_charged_for_the_zones_that_the_look_at_its_owners_role_read() {
	test(market(), || {
		MockGrid::on_is_within_any(|_, _| true);
		let weight = |account, point| {
			let placed = Market::place(RuntimeOrigin::signed(account), OPEN, 0, point, steps(&[buy(100, 10)]));
			placed.unwrap().actual_weight.unwrap()
		};
		let everywhere = weight(1, 1);
		lose_all(2);
		MockParticipants::grant(2, Role::Prosumer, Scope::Zone(0));
		assert_eq!(weight(2, 2), everywhere.saturating_add(Market::walk(1)));
		assert!(Orders::<Test>::contains_key((OPEN, 0, 2)));
	});
}
