use super::*;
use crate::mock::{Flexibility as Reductions, *};
use busbar_primitives::{traits::Prune, Amount, Cause, Flexibility, Party, Reduction};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use pallet_flexibility::{Activations, Charges, Error, HoldReason, Offers};
use pallet_supply::{Error as Unserved, Event, Serving};
use sp_runtime::DispatchError::BadOrigin;

const LESS: Flexibility = Flexibility { reduction: Reduction::Load, wh: 200, price: 30_000, penalty: 0 };
const CHARGED: Flexibility = Flexibility { penalty: 50_000, ..LESS };

fn offer(interval: u32, point: u32, offer: Option<Flexibility>) -> DispatchResult {
	Reductions::offer(signed(HOME), interval, point, offer)
}

fn order(interval: u32, point: u32, order: Flexibility) -> DispatchResult {
	Reductions::order_reduction(signed(GRID_OPERATOR), interval, point, order)
}

/// Causes, energy, prices and amounts of a party's lines.
fn lines(party: Party) -> Vec<(Cause, i64, i64, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.party == party).map(|line| (line.cause, line.wh, line.price, line.amount)).collect()
}

#[test]
fn an_ordered_reduction_is_paid_by_the_grid_operator_line_by_line() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		assert_ok!(order(0, 0, CHARGED));
		assert!(!Offers::<Test>::contains_key(0, 0));
		// It bought 1000, may take 800 and took 850.
		world(|w| {
			w.readings.insert((0, 0), metered(850));
			w.now = DELIVERY_END;
		});
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(
			lines(Party::Point(0)),
			[
				(Cause::Contract, 1_000, 230_000, -230_000_000),
				(Cause::Curtailment, -200, 230_000, 46_000_000),
				(Cause::Flexibility, 150, 30_000, 4_500_000),
				(Cause::NonDelivery, 50, 50_000, -2_500_000),
				(Cause::Imbalance, 50, 260_000, -13_000_000),
			]
		);
		// It pays the member's contract value, and gets the long price for what is left.
		assert_eq!(
			lines(Party::GridOperator),
			[
				(Cause::GridFee, 0, 0, 4_000_000),
				(Cause::GridFee, 100, 0, 1_000_000),
				(Cause::Curtailment, 200, 0, -46_000_000 + 16_000_000),
				(Cause::Flexibility, 150, 0, -2_000_000),
			]
		);
		assert_eq!(lines(Party::Balancing)[1], (Cause::Curtailment, 200, 0, -16_000_000));
		assert_ok!(credit(0, &[0, 1, 2]));
		// Who ordered pays for it: 46,000,000 - 16,000,000 + 2,000,000. The fees are the grid operator's.
		assert_eq!(Balances::total_balance(&GRID_OPERATOR), WEALTH - 32_000_000);
		assert_eq!(Balances::balance(&GRID), EUR + 5_000_000);
	});
}

#[test]
fn a_corrected_reading_corrects_the_delivery_too() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		assert_ok!(order(0, 0, LESS));
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		world(|w| {
			w.readings.insert((0, 0), metered(1_000));
			w.now = DELIVERY_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		let before = Balances::balance(&HOME);
		revise(0, 0, 800);
		assert_ok!(correct(0, &[0]));
		// 200 Wh short at 260_000 less, and 200 Wh at 30_000 for the delivery.
		assert_eq!(Balances::balance(&HOME) - before, 58_000_000);
	});
}

#[test]
fn contracts_at_different_prices_are_taken_over_at_their_mean_rounded_down() {
	run(|| {
		trade();
		world(|w| {
			w.now = 0;
			let bought = busbar_primitives::Position { bought: 500, sold: 0 };
			w.traded.insert((0, 0), vec![contract(1, bought, 100_001)]);
			let sold = busbar_primitives::Position { bought: 0, sold: 500 };
			w.traded.insert((1, 0), vec![contract(1, sold, 100_001)]);
		});
		assert_ok!(order(0, 0, Flexibility { wh: 7, ..LESS }));
		world(|w| w.now = DELIVERY_END);
		assert_ok!(debit(0, &[0]));
		// 280_000_500 for 1500 Wh: 7 Wh are worth 1_306_669.
		assert_eq!(lines(Party::Point(0))[2], (Cause::Curtailment, -7, 0, 1_306_669));
	});
}

#[test]
fn the_charge_for_non_delivery_is_held_until_the_point_is_settled() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		let held = |amount| assert_eq!(held(HOME, HoldReason::Charge), amount);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		held(10_000_000);
		assert_ok!(offer(0, 0, Some(Flexibility { wh: 300, ..CHARGED })));
		held(15_000_000);
		assert_ok!(offer(0, 0, Some(LESS)));
		held(0);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		assert_ok!(offer(0, 0, None));
		held(0);
		let most = Flexibility { penalty: 500_000, wh: u64::MAX, ..CHARGED };
		assert_noop!(offer(0, 0, Some(most)), Error::<Test>::BeyondCharge);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		// Only what is ordered is held on.
		assert_ok!(order(0, 0, Flexibility { wh: 150, ..CHARGED }));
		held(7_500_000);
		assert_ok!(Reductions::offer(signed(PLANT), 0, 1, Some(CHARGED)));
		try_state();
		// It delivers nothing and has nothing left: the charge is paid from what is held for it.
		leave(HOME, 0);
		world(|w| w.now = DELIVERY_END);
		assert_ok!(debit(0, &[0, 1, 2]));
		held(0);
		assert_eq!(Balances::total_balance(&HOME), 0);
		assert_eq!(crate::Nets::<Test>::get(0, participant(HOME)).taken, 7_500_000);
		// An offer that nobody took up is released.
		assert_eq!(Balances::balance(&PLANT), WEALTH);
		assert_eq!(Charges::<Test>::iter().count(), 0);
	});
}

#[test]
fn offers_and_orders_are_pruned_with_their_interval() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		assert_ok!(Reductions::offer(signed(PLANT), 0, 1, Some(LESS)));
		assert_ok!(order(0, 0, LESS));
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		world(|w| w.now = DELIVERY_END);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		world(|w| w.now = FINAL);
		assert_eq!(Prunable::prune(0, 4), 4);
		// Among them who gave the order, and what was taken for it.
		assert_eq!(Prunable::prune(0, 100), 6);
		assert_eq!((Offers::<Test>::iter().count(), Activations::<Test>::iter().count()), (0, 0));
	});
}

#[test]
fn a_point_that_does_not_trade_is_its_retailers() {
	run(|| {
		world(|w| w.first_unopened = 0);
		world(|w| w.points = vec![point(HOME, 1, busbar_primitives::PointKind::Metered)]);
		assert_noop!(Supply::serve(signed(SHOP), 0), Unserved::<Test>::NotChosen);
		assert_noop!(Supply::choose(signed(PLANT), 0, None), BadOrigin);
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
		assert_noop!(Supply::serve(signed(PLANT), 0), BadOrigin);
		assert_ok!(Supply::serve(signed(SHOP), 0));
		let serves = Event::RetailerServes { point: 0, retailer: participant(SHOP), from: 0 };
		assert_eq!(events().last(), Some(&serves.into()));
		trade();
		world(|w| {
			w.positions.remove(&(0, 0));
			w.positions.remove(&(1, 0));
			w.positions.remove(&(2, 0));
			w.outcomes.insert(0, outcome(3, 0, 0));
		});
		assert_ok!(hold_collateral(0, 0, HOME, 5));
		assert_ok!(Securities::deposit(signed(HOME), 0, 7));
		assert_ok!(debit(0, &[0, 1, 2]));
		// 1100 Wh at 260_000. Neither the owner's money nor its deposit pays.
		assert_eq!(Balances::total_balance(&SHOP), WEALTH - 286_000_000);
		assert_eq!(Balances::total_balance(&HOME), WEALTH);
		assert_ok!(credit(0, &[0, 1, 2]));
		// A correction is the retailer's too.
		revise(0, 0, -100);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::total_balance(&SHOP), WEALTH + 7_000_000);
	});
}

#[test]
fn a_point_that_trades_is_its_owners_and_a_retailer_leaves_from_the_next_session() {
	run(|| {
		world(|w| w.first_unopened = 0);
		world(|w| w.points = vec![point(HOME, 1, busbar_primitives::PointKind::Metered)]);
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
		assert_ok!(Supply::serve(signed(SHOP), 0));
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 256_000_000);
		world(|w| w.first_unopened = 5);
		assert_ok!(Supply::choose(signed(HOME), 0, None));
		let served = Serving::<Test>::get(0);
		assert_eq!((served.len(), served[0].from, served[0].until), (1, 0, Some(5)));
		// Changes within intervals that are not settled are bounded.
		for from in 6..9 {
			world(|w| w.first_unopened = from);
			assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
			assert_ok!(Supply::serve(signed(SHOP), 0));
		}
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
		assert_noop!(Supply::serve(signed(SHOP), 0), Unserved::<Test>::TooManyRetailers);
	});
}
