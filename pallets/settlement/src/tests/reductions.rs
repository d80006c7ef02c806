//! Reductions that somebody tried to make money of.

use super::*;
use crate::{
	bill::{Delivery, Tariff},
	mock::{self, Flexibility as Reductions, *},
	Event, PostedPrices, Unwinding,
};
use busbar_primitives::{
	Amount, Baseline, Cause, Contract, Flexibility, Party, Placed, PointKind, Position, Price, Reduction, SignedWh,
	Terms, Wh,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Hooks},
	weights::Weight,
};
use pallet_securities::Debts;

/// 500,000 nEUR/Wh is the dearest price of the interval.
const DEAREST: Flexibility = Flexibility { reduction: Reduction::Load, wh: 1_000, price: 500_000, penalty: 0 };
const LESS: Flexibility = Flexibility { reduction: Reduction::Load, wh: 200, price: 30_000, penalty: 0 };

fn order(point: PointId, order: Flexibility) -> DispatchResult {
	Reductions::order_reduction(signed(GRID_OPERATOR), 0, point, order)
}

/// What the trading home is ordered before delivery, by an operator with so much money; and that it then drew `metered`.
fn ordered(operators: u128, reduction: Flexibility, metered: SignedWh) {
	trade();
	world(|w| w.now = 0);
	leave(GRID_OPERATOR, operators);
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), Securities::fund_account(), EUR));
	assert_ok!(order(0, reduction));
	world(|w| {
		w.readings.insert((0, 0), mock::metered(metered));
		w.now = DELIVERY_END;
	});
}

fn settle() {
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

/// Change of an account's money since genesis.
fn change(account: AccountId) -> Amount {
	Balances::total_balance(&account) as Amount - WEALTH as Amount
}

fn owed() -> u128 {
	Debts::<Test>::get(participant(GRID_OPERATOR)).unwrap_or(0)
}

/// Causes and amounts of a party's lines.
fn lines(party: Party) -> Vec<(Cause, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.party == party).map(|line| (line.cause, line.amount)).collect()
}

/// The home owes 230,000,000 for 1,000 Wh. Ordered to use none of it, at the dearest price, it is due those 230,000,000 and
/// 500,000,000; the balance-responsible party pays 80,000,000 for what is left. The operator has nothing. Without the rule
/// the home's debt is set off, and the fund pays the sellers.
#[test]
fn an_order_that_nobody_funds_sets_off_no_debt_and_takes_nothing_of_the_fund() {
	run(|| {
		ordered(0, DEAREST, 0);
		settle();
		assert_eq!(
			lines(Party::Point(0)),
			[
				(Cause::Contract, -230_000_000),
				(Cause::Curtailment, 230_000_000),
				(Cause::Flexibility, 500_000_000),
				(Cause::LossShare, -650_000_000),
			]
		);
		// It pays what it bought, less what was truly paid for it.
		assert_eq!(change(HOME), -150_000_000);
		// 600 Wh at 230,000, and 50 Wh more at 80,000 less the path's 10,000: in full.
		assert_eq!(change(PLANT), 138_000_000 + 3_500_000);
		// 400 Wh at 220,000, less what is left of the home and the plant's 3,500,000 with its fees of 500,000.
		assert_eq!(change(UTILITY), 88_000_000 - 80_000_000 - 4_000_000);
		assert_eq!(Balances::balance(&GRID), 4_500_000);
		assert_eq!(fund(), EUR);
		assert_eq!(owed(), 650_000_000);
		let defaulted = Event::Defaulted { interval: 0, party: Party::GridOperator, amount: 650_000_000 };
		assert!(events().contains(&defaulted.into()));
	});
}

#[test]
fn an_order_is_paid_by_who_gave_it_as_far_as_its_money_goes() {
	run(|| {
		ordered(100_000_000, DEAREST, 0);
		// What is held for it cannot leave.
		assert!(Balances::transfer_allow_death(signed(GRID_OPERATOR), SINK, 1).is_err());
		settle();
		assert_eq!((change(HOME), fund(), owed()), (-50_000_000, EUR, 550_000_000));
		assert_eq!(Balances::total_balance(&GRID_OPERATOR), 0);
		assert_eq!(Balances::balance(&GRID), 4_500_000);
	});
	run(|| {
		// 1,000 Wh x (500,000 + 500,000 + 100,000) are held, 650,000,000 paid, and the rest is free again.
		ordered(2 * EUR, DEAREST, 0);
		assert_eq!(held(GRID_OPERATOR, pallet_flexibility::HoldReason::Order), 1_100_000_000);
		settle();
		assert_eq!((change(HOME), fund(), owed()), (500_000_000, EUR, 0));
		assert_eq!(Balances::balance(&GRID_OPERATOR), 2 * EUR - 650_000_000);
		assert_eq!(held(GRID_OPERATOR, pallet_flexibility::HoldReason::Order), 0);
		assert_eq!(Balances::balance(&GRID), 4_500_000);
	});
}

/// What the balance-responsible party is due for energy that is missing is no better than what the member is due.
#[test]
fn energy_that_an_order_takes_from_the_balance_responsible_party_is_its_loss_if_nobody_funds_it() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		leave(GRID_OPERATOR, 10_000_000);
		assert_ok!(order(1, Flexibility { reduction: Reduction::Generation, wh: 100, price: 0, penalty: 0 }));
		world(|w| {
			// As contracted, and the plant 100 Wh less.
			w.readings.insert((0, 0), metered(1_000));
			w.readings.insert((1, 0), metered(-500));
			w.now = DELIVERY_END;
		});
		settle();
		// The plant keeps what it sold. 100 Wh are missing, 25,000,000, of which 10,000,000 are paid.
		assert_eq!(change(PLANT), 138_000_000);
		assert_eq!(lines(Party::GridOperator)[1..], [(Cause::Curtailment, -25_000_000), (Cause::Default, 15_000_000)]);
		let balancing = [(Cause::Curtailment, 25_000_000), (Cause::LossShare, -15_000_000)];
		assert_eq!(lines(Party::Balancing), balancing);
		assert_eq!(change(UTILITY), 88_000_000 + 10_000_000);
		assert_eq!((owed(), Balances::balance(&GRID)), (15_000_000, 4_000_000));
	});
}

#[test]
fn a_correction_takes_what_an_order_costs_more_from_who_gave_it_and_pays_what_was_owed() {
	run(|| {
		// It may draw 800 and draws 1,000: 46,000,000 for what it bought, of which 16,000,000 come from what is left.
		ordered(0, LESS, 1_000);
		settle();
		assert_eq!((change(HOME), owed()), (-230_000_000 + 46_000_000 - 30_000_000 - 52_000_000, 30_000_000));
		// In truth it drew 800: nothing short, and 6,000,000 more that nobody funds.
		revise(0, 0, 800);
		assert_ok!(correct(0, &[0]));
		assert_eq!((change(HOME), owed()), (-230_000_000 + 46_000_000 - 30_000_000, 36_000_000));
		assert_eq!(fund(), EUR);
		// 790: 10 Wh left at 70,000. Now the operator has money.
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID_OPERATOR, EUR));
		revise(0, 0, 790);
		assert_ok!(correct(0, &[0]));
		assert_eq!((change(HOME), owed()), (-230_000_000 + 52_000_000 + 700_000, 0));
		assert_eq!((Balances::balance(&GRID_OPERATOR), fund()), (EUR - 36_000_000, EUR));
	});
}

#[test]
fn what_was_taken_and_owed_for_an_order_is_taken_back_in_a_void_interval() {
	run(|| {
		ordered(100_000_000, DEAREST, 0);
		let all = || [HOME, PLANT, UTILITY, GRID_OPERATOR].map(change);
		let before = all();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!((Balances::total_balance(&GRID_OPERATOR), owed()), (0, 550_000_000));
		assert_ok!(Settlement::void(RuntimeOrigin::root(), 0));
		while Unwinding::<Test>::contains_key(0) {
			Settlement::on_idle(1, Weight::MAX);
			try_state();
		}
		assert_eq!((all(), owed(), fund(), pot()), (before, 0, EUR, 0));
		// Without contracts nothing is ordered: the home drew nothing.
		settle();
		assert_eq!((change(HOME), change(GRID_OPERATOR), owed()), (before[0], before[3], 0));
	});
}

/// A plant sold 10,000 Wh at 200,000: 2.00 EUR. An order one second before the end of its 900 s took all of it, though it was
/// delivered: the plant gave the 2.00 EUR back, and the operator paid 0.90 for what was said to be missing.
#[test]
fn an_order_in_the_last_second_takes_a_nine_hundredth_of_what_was_sold() {
	run(|| {
		world(|w| {
			w.points = vec![point(PLANT, 0, PointKind::Metered), point(UTILITY, 0, PointKind::Coupling)];
			w.results.insert((0, 0), result(Some(200_000), 0, 0, 0, 0));
			w.outcomes.insert(0, outcome(2, 0, 0));
			w.positions.insert((0, 0), position(-10_000));
			w.positions.insert((1, 0), position(10_000));
			w.readings.insert((0, 0), metered(-10_000));
			let delivery = Terms { delivery_start: 1_000_000, delivery_end: 1_900_000, ..terms() };
			w.terms.insert(
				0,
				Terms { first_run: 3_000_000, attestation_end: 3_000_000, dispute_end: 4_000_000, ..delivery },
			);
			w.now = 0;
		});
		assert_ok!(Settlement::post_prices(signed(UTILITY), 0, 90_000, 80_000));
		world(|w| w.now = 1_899_000);
		let all = Flexibility { reduction: Reduction::Generation, wh: 10_000, price: 0, penalty: 0 };
		assert_ok!(order(0, all));
		world(|w| w.now = 1_900_000);
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(credit(0, &[0, 1]));
		// 11 Wh were taken over at 200,000 and not left: they were delivered, for the long price.
		let lines = lines(Party::Point(0));
		assert_eq!(
			lines,
			[(Cause::Contract, 2_000_000_000), (Cause::Curtailment, -2_200_000), (Cause::Imbalance, 880_000)]
		);
		assert_eq!(change(PLANT), 2_000_000_000 - 1_320_000);
	});
}

/// The home uses 700 Wh at this time of the day, and buys 1,000, so as to be paid for using less.
#[test]
fn who_contracts_more_than_it_uses_is_not_paid_for_using_less() {
	for (drawn, flexibility) in [(700, None), (690, Some(300_000)), (500, Some(6_000_000))] {
		run(|| {
			world(|w| w.like.insert((0, 0), vec![650, 750, 700]));
			ordered(EUR, LESS, drawn);
			assert_ok!(debit(0, &[0, 1, 2]));
			let lines = lines(Party::Point(0));
			let paid = lines.iter().find(|(cause, _)| *cause == Cause::Flexibility).map(|(_, amount)| *amount);
			assert_eq!(paid, flexibility, "drawn {drawn}");
			// What it bought and may not use it gets back all the same.
			assert!(lines.contains(&(Cause::Curtailment, 46_000_000)));
		});
	}
}

#[test]
fn a_baseline_is_adjusted_by_the_hour_that_ended_an_hour_before() {
	run(|| {
		let baseline = Some(Baseline { mean: 1_000, before: 4_000 });
		let placed = Placed { operator: participant(GRID_OPERATOR), baseline };
		pallet_flexibility::Orders::<Test>::insert(20, 0, placed);
		let baseline = |interval| Settlement::baseline(interval, 0, DELIVERY_END);
		assert_eq!(baseline(20), Some(1_000), "nothing is known of the day");
		world(|w| w.readings.extend((12..16).map(|interval| ((0, interval), metered(1_100)))));
		assert_eq!(baseline(20), Some(1_100));
		world(|w| w.readings.insert((0, 15), metered(9_000)));
		assert_eq!(baseline(20), Some(1_200), "by a fifth at most");
		assert_eq!(baseline(21), None);
		pallet_flexibility::Orders::<Test>::remove(20, 0);
	});
}

#[test]
fn a_reading_of_the_hours_before_that_is_replaced_after_delivery_changes_no_order_that_settles_later() {
	run(|| {
		let baseline = Some(Baseline { mean: 1_000, before: 4_000 });
		let placed = Placed { operator: participant(GRID_OPERATOR), baseline };
		pallet_flexibility::Orders::<Test>::insert(20, 0, placed);
		world(|w| {
			w.readings.extend((12..16).map(|interval| ((0, interval), metered(1_100))));
			w.terms.extend((12..16).map(|interval| (interval, terms())));
			w.now = DELIVERY_END;
		});
		let baseline = |run| Settlement::baseline(20, 0, terms().known_at(run));
		// At the very moment, or later.
		revise(0, 15, 1_500);
		world(|w| w.now = DISPUTE_END);
		revise(0, 15, 700);
		assert_eq!([1, 3, 4].map(baseline), [Some(1_100), Some(1_200), Some(1_000)]);
		pallet_flexibility::Orders::<Test>::remove(20, 0);
	});
}

/// What an order comes to for a point without fees and tolerance, at 250,000 and 80,000.
fn outturn(
	contracts: &[(Wh, Wh, Price)],
	ordered: Flexibility,
	baseline: SignedWh,
	metered: SignedWh,
) -> crate::Outturn {
	let contracts: Vec<Contract> = contracts
		.iter()
		.map(|(bought, sold, price)| contract(0, Position { bought: *bought, sold: *sold }, *price))
		.collect();
	let position = contracts.iter().map(|contract| contract.position.net().unwrap()).sum();
	let posted = PostedPrices { short: 250_000, long: 80_000 };
	let delivery = Delivery {
		kind: PointKind::Metered,
		contracts,
		position,
		price: Some(100_000),
		path_fee: 0,
		ordered: Some(ordered),
		baseline: Some(baseline),
	};
	let tariff =
		Tariff { posted, levy_short: 0, levy_long: 0, sharing: Default::default(), tolerance: Default::default() };
	delivery.outturn(&tariff, Some(metered)).unwrap()
}

#[test]
fn a_plant_that_sells_more_than_it_feeds_in_keeps_no_money_for_what_it_left() {
	// It feeds in 400 and sold 600; it may feed in 300. The value of 300 is 30,000,000, less that of what it truly left.
	let less = Flexibility { reduction: Reduction::Generation, wh: 300, price: 10_000, penalty: 0 };
	for (metered, delivered) in [(-400, 0), (-350, 50), (-300, 100), (0, 300)] {
		let outturn = outturn(&[(0, 600, 100_000)], less, -400, metered);
		assert_eq!(outturn.delivered, delivered as Wh, "{metered}");
		assert_eq!(outturn.curtailment, (delivered - 300) * 100_000, "{metered}");
		assert_eq!(outturn.flexibility, delivered * 10_000, "{metered}");
	}
	// One that feeds in more than it sold on other days left what it sold.
	assert_eq!(outturn(&[(0, 600, 100_000)], less, -800, -300).delivered, 300);
}

/// Two friends trade back and forth at the bounds of prices, so that one's 100 Wh seem to have cost 5 EUR a kWh.
#[test]
fn what_was_bought_and_sold_back_does_not_make_energy_dearer_than_it_was_traded() {
	let all = Flexibility { reduction: Reduction::Load, wh: 100, price: 0, penalty: 0 };
	let outturn = |contracts: &[_]| outturn(contracts, all, 100, 0).curtailment;
	assert_eq!(outturn(&[(1_000, 0, 500_000), (0, 900, 0)]), 100 * 500_000);
	assert_eq!(outturn(&[(1_000, 0, 0), (0, 900, 500_000)]), 0);
	assert_eq!(outturn(&[(60, 0, 200_000), (40, 0, 100_000)]), 16_000_000);
}

#[test]
fn no_order_is_dearer_than_the_dearest_energy() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		for price in [500_001, Price::MAX] {
			assert_noop!(order(0, Flexibility { price, ..DEAREST }), pallet_flexibility::Error::<Test>::BeyondPrices);
		}
	});
}
