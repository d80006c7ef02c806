//! Who bears what a debtor of imbalances lacks, worked out by hand. In millions of nEUR, as comments count: [`trade`] with a
//! shop (point 3) that draws 1000 Wh without an order, 260, of which 10 are fees of the path.

use super::*;
use crate::mock::*;
use busbar_primitives::{traits::Debts as _, Amount, Balance, Cause, Party, PointKind, SignedWh};
use frame_support::{assert_ok, traits::fungible::Inspect};

pub(super) const MILLION: Balance = 1_000_000;

/// The home (0) and the plant (1) metered this. The shop has `shop`, and the fund `covers`.
pub(super) fn settle_with(home: SignedWh, plant: SignedWh, shop: Balance, covers: Balance) {
	trade();
	world(|w| {
		w.points.push(point(SHOP, 1, PointKind::Metered));
		w.readings.extend([((0, 0), metered(home)), ((1, 0), metered(plant)), ((3, 0), metered(1_000))]);
		w.outcomes.insert(0, outcome(4, 4_000_000, 0));
	});
	leave(SHOP, shop * MILLION);
	if covers > 0 {
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), Securities::fund_account(), covers * MILLION));
	}
}

pub(super) fn settle(order: [u32; 4]) {
	for point in order {
		assert_ok!(debit(0, &[point]));
	}
	assert_ok!(draw(0, &Settlement::to_draw(0, 0, 4)));
	try_state();
	for point in order.into_iter().rev() {
		assert_ok!(credit(0, &[point]));
	}
	try_state();
}

fn gained(account: AccountId) -> Amount {
	Balances::balance(&account) as Amount - WEALTH as Amount
}

fn losses() -> Vec<(Party, Amount)> {
	let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
	lines.filter(|line| line.cause == Cause::LossShare).map(|line| (line.party, line.amount)).collect()
}

#[test]
fn an_unpaid_imbalance_cuts_the_balancing_partys_own_credit_before_the_fund_and_all_others() {
	run(|| {
		settle_with(1_100, -650, 0, 500);
		settle([0, 1, 2, 3]);
		// 26 of the home and 260 of the shop, less 3.5 of the plant and 11.5 of fees: 271 are the utility's, of which 260 lack.
		assert_eq!(losses(), [(Party::Balancing, -260_000_000)]);
		assert_eq!(gained(UTILITY), 88_000_000 + 11_000_000, "what it sold at the coupling is paid in full");
		assert_eq!(gained(PLANT), 141_500_000);
		assert_eq!(Balances::balance(&GRID), 4_000_000 + 11_500_000);
		assert_eq!(fund(), 500 * MILLION);
		assert_eq!(Securities::owed(participant(SHOP)), 260 * MILLION);
	});
}

#[test]
fn then_the_fund_pays_and_then_credits_of_imbalances_are_scaled_once_and_contracts_are_not() {
	run(|| {
		settle_with(1_100, -3_600, 60, 45);
		settle([0, 1, 2, 3]);
		// 286 of debts, less 210 of the plant and 41 of fees: 35 are the utility's. The shop lacks 200: 35, 45 of the fund, and
		// 120 of the plant's 210 and the grid's 41.
		let plant = 210_000_000 * 131 / 251;
		assert_eq!(gained(PLANT), 138_000_000 + plant);
		assert_eq!(Balances::balance(&GRID), 4_000_000 + 41_000_000 * 131 / 251);
		assert_eq!(gained(UTILITY), 88_000_000);
		assert_eq!((fund(), Balances::balance(&RENT)), (0, 1), "what rounding leaves goes to the account of rent");
		assert!(losses().contains(&(Party::Point(1), plant - 210_000_000)));
		assert!(losses().contains(&(Party::Balancing, -35_000_000)));
	});
}

/// Whoever bought and used nothing has paid for what it bought: what it is to get back for that nobody has funded.
#[test]
fn a_credit_of_imbalances_that_sets_a_contract_off_is_lost_before_that_contract_is() {
	for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
		run(|| {
			settle_with(0, -650, 0, 0);
			settle(order);
			// 260, less 70 of the home, 3.5 of the plant and 20.5 of fees: 166 are the utility's. All of it is lost.
			assert_eq!(gained(HOME), -230_000_000, "{order:?}");
			assert_eq!(gained(PLANT), 138_000_000);
			assert_eq!(gained(UTILITY), 88_000_000);
			assert_eq!(Balances::balance(&GRID), 4_000_000);
			assert!(losses().contains(&(Party::Point(0), -70_000_000)));
		});
	}
}

#[test]
fn what_such_a_buyer_has_not_reaches_contracts() {
	for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
		run(|| {
			settle_with(0, -650, 0, 0);
			leave(HOME, 170 * MILLION);
			settle(order);
			// It owes 160 and has 170: 10 of its 70 are at hand. 260 lack, of which 166, 10, 3.5 and 20.5 are lost; 60 of the
			// contracts' 230.
			assert_eq!(Balances::balance(&HOME), 0, "{order:?}");
			assert_eq!(gained(PLANT), 138_000_000 * 170 / 230);
			assert_eq!(gained(UTILITY), 88_000_000 * 170 / 230);
			assert_eq!(Balances::balance(&GRID), 4_000_000 * 170 / 230);
			assert!(losses().contains(&(Party::Point(0), -10_000_000)));
		});
	}
}

#[test]
fn a_contract_that_its_buyer_cannot_pay_is_the_funds_and_then_all_contracts() {
	run(|| {
		settle_with(1_100, -650, 260, 30);
		leave(HOME, 100 * MILLION);
		settle([0, 1, 2, 3]);
		// The home has 100 of 256: 130 of its contract and 26 of its imbalance lack. The utility bears 26, the fund 30.
		assert_eq!((fund(), gained(PLANT)), (0, 138_000_000 * 130 / 230 + 3_500_000));
		assert_eq!(Balances::balance(&GRID), 4_000_000 * 130 / 230 + 11_500_000);
		assert!(losses().contains(&(Party::Balancing, 88_000_000 * 130 / 230 - 88_000_000 - 26_000_000)));
	});
}

#[test]
fn between_its_credit_and_the_fund_stands_what_the_balancing_party_has_posted() {
	run(|| {
		settle_with(1_100, -3_600, 60, 45);
		assert_ok!(Securities::deposit_balancing(signed(UTILITY), 50 * MILLION));
		settle([0, 1, 2, 3]);
		// 200 lack: 35 of its credit, 50 of its security, 45 of the fund, and 70 of the plant's 210 and the grid's 41.
		assert_eq!(gained(PLANT), 138_000_000 + 210_000_000 * 181 / 251);
		assert_eq!(Balances::balance(&GRID), 4_000_000 + 41_000_000 * 181 / 251);
		assert_eq!((gained(UTILITY), fund()), (88_000_000 - 50_000_000, 0));
		let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
		let covers = lines.filter(|line| line.cause == Cause::Cover).map(|line| (line.party, line.amount));
		assert_eq!(covers.collect::<Vec<_>>(), [(Party::Balancing, -50_000_000), (Party::Fund, -45_000_000)]);
		// It earned 35.
		assert_eq!(Securities::least_of_balancing(participant(UTILITY)), 105 * MILLION);
	});
}

#[test]
fn what_the_balancing_party_itself_lacks_its_security_pays_before_it_owes() {
	run(|| {
		settle_with(1_000, -7_600, 260, 0);
		assert_ok!(Securities::deposit_balancing(signed(UTILITY), 200 * MILLION));
		leave(UTILITY, 0);
		assert_ok!(debit(0, &[0, 1, 2, 3]));
		try_state();
		// 260 less 490 of the plant and 80 of fees: 310 are owed, of which 88 are set off, and 222 less 200 lack.
		assert_eq!(Securities::owed(participant(UTILITY)), 22 * MILLION);
		assert_eq!(held(UTILITY, HoldReason::Balancing), 0);
		assert_ok!(credit(0, &[0, 1, 2, 3]));
		// It lacks of the plant's 490 and the grid's 80.
		assert_eq!(gained(PLANT), 138_000_000 + 490_000_000 * 548 / 570);
	});
}
