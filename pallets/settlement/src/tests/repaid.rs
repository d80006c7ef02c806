//! What debtors repay goes to who bore the loss, in reverse order, worked out by hand. In millions of nEUR, as comments count.

use super::{
	ranks::{settle, settle_with, MILLION},
	*,
};
use crate::{mock::*, Booked, Defaults, Event, Losses, OrderDebts, Owing, Shares};
use busbar_primitives::{
	traits::{Debts as _, Prune},
	Balance, Flexibility as Order, Reduction, SignedWh,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use proptest::prelude::*;

const SCALED: [Party; 4] = [Party::Point(1), Party::GridOperator, Party::Point(0), Party::Balancing];

fn repay(debtor: AccountId, amount: Balance) {
	assert_ok!(Securities::repay(signed(AGENT), participant(debtor), amount));
	idle();
	try_state();
}

/// What the fund has, what the utility's security holds, and what it has beside.
fn bearers() -> [Balance; 3] {
	[fund(), held(UTILITY, HoldReason::Balancing), Balances::balance(&UTILITY)]
}

/// The shop lacks 200 of its 260: 35 of the utility's credit, 50 of its security, 45 of the fund, and 70 of the plant's 210
/// and of the grid's 41 of imbalances.
fn lost() {
	settle_with(1_100, -3_600, 60, 45);
	assert_ok!(Securities::deposit_balancing(signed(UTILITY), 50 * MILLION));
	settle([0, 1, 2, 3]);
	assert_eq!((Securities::owed(participant(SHOP)), fund()), (200 * MILLION, 0));
	assert_eq!(Losses::<Test>::get(0).open(), 200 * MILLION);
}

#[test]
fn what_a_debtor_repays_goes_to_who_bore_the_loss_in_reverse_order() {
	run(|| {
		lost();
		let [_, _, utility] = bearers();
		let [plant, grid, rent] = [PLANT, GRID, RENT].map(|account| Balances::balance(&account));
		let came = |account, before| Balances::balance(&account) - before;
		// 30: all of it to credits that were scaled, 210 x 30 / 251 and 41 x 30 / 251.
		repay(SHOP, 30 * MILLION);
		assert_eq!((bearers(), repaid()), ([0, 0, utility], 30 * MILLION));
		assert_ok!(recover(1, &[Party::Point(1), Party::GridOperator]));
		assert_eq!((came(PLANT, plant), came(GRID, grid)), (25_099_601, 4_900_398));
		assert_eq!(repaid(), 1);
		// 60: 40 to them, and 20 to the fund.
		repay(SHOP, 60 * MILLION);
		assert_eq!(bearers(), [20 * MILLION, 0, utility]);
		assert_ok!(recover(1, &[Party::GridOperator]));
		assert_ok!(recover(1, &[Party::Point(1)]));
		// 210 x 70 / 251 and 41 x 70 / 251.
		assert_eq!((came(PLANT, plant), came(GRID, grid)), (58_565_737, 11_434_262));
		// 60: 25 to the fund, and 35 of the 50 of the security.
		repay(SHOP, 60 * MILLION);
		assert_eq!(bearers(), [45 * MILLION, 35 * MILLION, utility]);
		// 50: 15 to that, and 35 to the utility's credit.
		repay(SHOP, EUR);
		assert_eq!(bearers(), [45 * MILLION, 50 * MILLION, utility + 35 * MILLION]);
		assert_eq!((Securities::owed(participant(SHOP)), Losses::<Test>::get(0).open()), (0, 0));
		assert_eq!(
			Defaults::<Test>::iter().count() + Booked::<Test>::iter().count() + Owing::<Test>::iter().count(),
			0
		);
		// What rounding leaves is congestion rent, when the interval is pruned.
		assert_eq!((repaid(), came(RENT, rent)), (1, 0));
		world(|w| w.now = FINAL);
		while Prunable::prune(0, 3) > 0 {}
		assert_eq!((repaid(), came(RENT, rent)), (0, 1));
		let told = events();
		for amount in [30, 60, 60, 50] {
			let allotted = Event::Allotted { interval: 0, debtor: participant(SHOP), amount: amount * MILLION };
			assert!(told.contains(&allotted.into()));
		}
	});
}

#[test]
fn each_has_its_share_once_and_nobody_another_ones() {
	run(|| {
		lost();
		assert_noop!(recover(1, &SCALED), Error::<Test>::NothingCameBack);
		repay(SHOP, 30 * MILLION);
		for nobody in [Party::Point(0), Party::Point(3), Party::Balancing, Party::Fund, Party::CongestionRent] {
			assert_noop!(recover(1, &[nobody]), Error::<Test>::NothingCameBack);
		}
		for run in [0, 2, 5, u16::MAX] {
			assert_noop!(recover(run, &SCALED), Error::<Test>::NothingCameBack);
		}
		assert_noop!(
			Settlement::recover(RuntimeOrigin::none(), 0, 1, Default::default()),
			sp_runtime::DispatchError::BadOrigin
		);
		let before = Balances::balance(&PLANT);
		assert_ok!(recover(1, &[Party::Point(1), Party::Point(1), Party::Fund]));
		assert_eq!(Balances::balance(&PLANT), before + 25_099_601);
		assert_noop!(recover(1, &[Party::Point(1)]), Error::<Test>::NothingCameBack);
	});
}

#[test]
fn who_bore_a_loss_and_owes_something_itself_pays_that_first() {
	run(|| {
		lost();
		// As after a default of another interval.
		Settlement::book_default(7, participant(PLANT), 10 * MILLION);
		repay(SHOP, 30 * MILLION);
		let before = Balances::balance(&PLANT);
		assert_ok!(recover(1, &[Party::Point(1)]));
		assert_eq!(Balances::balance(&PLANT), before + 15_099_601);
		assert_eq!(
			(Securities::owed(participant(PLANT)), Settlement::unallotted(participant(PLANT))),
			(0, 10 * MILLION)
		);
	});
}

#[test]
fn a_credit_that_pays_a_debt_pays_who_bore_it() {
	run(|| {
		lost();
		world(|w| {
			w.outcomes.insert(1, outcome(4, 0, 0));
			w.results.insert((1, 1), result(Some(230_000), 0, 10_000, 0, 0));
			for (point, net) in [(0, 0), (1, 0), (3, -1_000)] {
				w.readings.insert((point, 1), metered(net));
			}
		});
		let before = Balances::balance(&SHOP);
		assert_ok!(debit(1, &[0, 1, 2, 3]));
		assert_ok!(credit(1, &[0, 1, 2, 3]));
		// 1000 Wh at 70,000.
		assert_eq!((Balances::balance(&SHOP), repaid()), (before, 70 * MILLION));
		assert_eq!(Securities::owed(participant(SHOP)), 130 * MILLION);
		idle();
		assert_eq!(Losses::<Test>::get(0).open(), 130 * MILLION);
		assert_ok!(recover(1, &SCALED));
		assert_eq!(repaid(), 1);
	});
}

#[test]
fn of_several_defaults_the_oldest_is_paid_first_and_none_as_long_as_its_interval_is_in_a_run() {
	run(|| {
		world(|w| {
			w.outcomes.insert(1, outcome(4, 0, 0));
			w.results.insert((1, 1), result(Some(230_000), 0, 10_000, 0, 0));
		});
		settle_with(1_000, -600, 0, 0);
		for (point, net) in [(0, 0), (1, 0), (3, 500)] {
			world(|w| w.readings.insert((point, 1), metered(net)));
		}
		// 130 of the later interval are in default before the earlier one, 260, is settled.
		assert_ok!(debit(1, &[0, 1, 2, 3]));
		assert_ok!(draw(1, &[3]));
		assert_ok!(debit(0, &[0, 1, 2, 3]));
		assert_ok!(draw(0, &[3]));
		assert_eq!(Securities::owed(participant(SHOP)), 390 * MILLION);
		let left = |interval| Defaults::<Test>::get(interval, participant(SHOP));
		repay(SHOP, 300 * MILLION);
		assert_eq!(
			(left(0), left(1), Settlement::unallotted(participant(SHOP))),
			(260 * MILLION, 130 * MILLION, 300 * MILLION)
		);
		assert_ok!(credit(0, &[0, 1, 2, 3]));
		idle();
		assert_eq!((left(0), left(1), Settlement::unallotted(participant(SHOP))), (0, 130 * MILLION, 40 * MILLION));
		assert_ok!(credit(1, &[0, 1, 2, 3]));
		idle();
		assert_eq!((left(1), Settlement::unallotted(participant(SHOP))), (90 * MILLION, 0));
	});
}

#[test]
fn what_was_not_asked_for_is_paid_out_when_the_interval_is_pruned_and_what_is_repaid_later_is_the_funds() {
	for limit in [1, 2, 7, 100] {
		run(|| {
			lost();
			repay(SHOP, 100 * MILLION);
			// Nothing of this is allotted yet.
			assert_ok!(Securities::repay(signed(AGENT), participant(SHOP), 5 * MILLION));
			let before = [PLANT, GRID].map(|account| Balances::balance(&account));
			world(|w| w.now = FINAL);
			while Prunable::prune(0, limit) > 0 {}
			// 70 to scaled credits, 35 to the fund.
			let after = [PLANT, GRID].map(|account| Balances::balance(&account));
			assert_eq!([after[0] - before[0], after[1] - before[1]], [58_565_737, 11_434_262]);
			assert_eq!((fund(), repaid()), (35 * MILLION, 0));
			let left = Losses::<Test>::iter().count() + Shares::<Test>::iter().count() + Owing::<Test>::iter().count();
			assert_eq!((left, Defaults::<Test>::iter().count()), (0, 0));
			try_state();
			repay(SHOP, 20 * MILLION);
			assert_eq!((fund(), Securities::owed(participant(SHOP))), (55 * MILLION, 75 * MILLION));
		});
	}
}

/// Interval 0 after an order at a point by an operator that has nothing: these points are metered, all are settled.
fn order_without_money(point: PointId, order: Order, readings: &[(PointId, SignedWh)]) {
	trade();
	world(|w| w.now = 0);
	leave(GRID_OPERATOR, 0);
	assert_ok!(Flexibility::order_reduction(signed(GRID_OPERATOR), 0, point, order));
	world(|w| {
		for (point, wh) in readings {
			w.readings.insert((*point, 0), metered(*wh));
		}
		w.now = DELIVERY_END;
	});
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

#[test]
fn what_an_operator_repays_of_an_order_goes_to_the_balance_responsible_party_and_then_to_the_member() {
	run(|| {
		let generation = Order { reduction: Reduction::Generation, wh: 100, price: 50_000, penalty: 0 };
		order_without_money(1, generation, &[(0, 1_000), (1, -500)]);
		// 5 for the member, and 25 for 100 Wh that are missing.
		let debt = OrderDebts::<Test>::get(0, 1).unwrap();
		assert_eq!((debt.member, debt.perimeter), (5 * MILLION, 25 * MILLION));
		let before = [UTILITY, PLANT].map(|account| Balances::balance(&account));
		let came = || [UTILITY, PLANT].map(|account| Balances::balance(&account)).map(|now| now as i128);
		let by = |utility: i128, plant: i128| [before[0] as i128 + utility, before[1] as i128 + plant];
		repay(GRID_OPERATOR, 20 * MILLION);
		assert_eq!(came(), by(20_000_000, 0));
		repay(GRID_OPERATOR, 8 * MILLION);
		assert_eq!(came(), by(25_000_000, 3_000_000));
		// The same reading with another version: the member has 3 of 5 already, and the operator pays the other 2 now.
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID_OPERATOR, EUR));
		revise(1, 0, -500);
		assert_ok!(correct(0, &[1]));
		assert_eq!(came(), by(25_000_000, 5_000_000));
		assert_eq!(
			(Balances::balance(&GRID_OPERATOR), Securities::owed(participant(GRID_OPERATOR))),
			(EUR - 2 * MILLION, 0)
		);
		assert!(OrderDebts::<Test>::get(0, 1).is_none());
		assert_eq!((fund(), repaid()), (0, 0));
		// It delivered 60 of the 100: 2 for the others and 9.2 for what it sold of them go back to the grid operator's account, and 40
		// Wh left over are paid for.
		let grid = Balances::balance(&GRID);
		revise(1, 0, -540);
		assert_ok!(correct(0, &[1]));
		assert_eq!(Balances::balance(&PLANT), before[1] + 5 * MILLION - 2 * MILLION - 9_200_000 + 40 * 70_000);
		assert_eq!(Balances::balance(&GRID), grid + 2 * MILLION + 9_200_000 + 40 * 10_000);
	});
}

/// What an operator has repaid of what it turns out not to owe comes back to it.
#[test]
fn what_an_operator_repaid_and_a_run_takes_besides_comes_back_to_it() {
	run(|| {
		let load = Order { reduction: Reduction::Load, wh: 200, price: 30_000, penalty: 0 };
		order_without_money(0, load, &[(0, 800)]);
		// 46 for what it bought and 6 for 200 Wh, of which 16 come from what is left.
		assert_eq!(Securities::owed(participant(GRID_OPERATOR)), 36 * MILLION);
		revise(0, 0, 1_000);
		// Not allotted before the run.
		assert_ok!(Securities::repay(signed(AGENT), participant(GRID_OPERATOR), 36 * MILLION));
		assert_ok!(correct(0, &[0]));
		// In truth nothing was delivered: the 6 were not owed.
		assert_eq!((Balances::balance(&GRID_OPERATOR), repaid()), (6 * MILLION, 30 * MILLION));
		let before = Balances::balance(&HOME);
		idle();
		assert_eq!((Balances::balance(&HOME), repaid()), (before + 30 * MILLION, 0));
	});
}

#[test]
fn try_state_sees_money_that_is_not_there_and_debts_and_shares_that_are_not_booked() {
	let broken = |how: fn()| {
		empty().execute_with(|| {
			lost();
			assert_ok!(Securities::repay(signed(AGENT), participant(SHOP), 30 * MILLION));
			assert_ok!(Settlement::do_try_state());
			how();
			assert!(Settlement::do_try_state().is_err());
		});
	};
	broken(|| leave(Securities::repaid_account(), 30 * MILLION - 1));
	broken(|| Owing::<Test>::remove(participant(SHOP), Owing::<Test>::iter().next().unwrap().1));
	broken(|| Defaults::<Test>::mutate(0, participant(SHOP), |owed| *owed -= 1));
	broken(|| Losses::<Test>::mutate(0, |loss| loss.fund += 1));
	broken(|| Losses::<Test>::mutate(0, |loss| loss.runs[0].paid += 1));
	broken(|| Shares::<Test>::mutate((0, 1), Party::Point(1), |share| share.as_mut().unwrap().imbalances *= 2));
	broken(|| Booked::<Test>::remove(participant(SHOP)));
}

/// Money of all who may bear something.
fn everybody() -> Vec<Balance> {
	let accounts = [UTILITY, GRID, HOME, PLANT, Securities::fund_account(), RENT];
	accounts.map(|account| Balances::total_balance(&account)).to_vec()
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

	/// A debtor that repays late, in whatever parts, and asks for its friends' shares first, leaves everybody what it would have
	/// left by paying at once, less at most 1 nEUR of each kind and share; nobody has more, but the account of congestion rent.
	#[test]
	fn who_repays_leaves_everybody_what_paying_at_once_would_have_left(
		metered_by in (0..3_000i64, -4_000..0i64, 0..3_000i64), later in prop::option::of(0..3_000i64),
		shop in 0..300u128, home in 0..500u128, covers in 0..100u128, posted in 0..100u128,
		parts in prop::collection::vec((1..150_000_000u128, any::<bool>(), prop::collection::vec(0..4usize, 0..3)), 0..6),
		order in Just([0u32, 1, 2, 3]).prop_shuffle(),
	) {
		let end = |poor: bool| {
			let mut end = None;
			run(|| {
				settle_with(metered_by.0, metered_by.1, shop, covers);
				world(|w| w.readings.insert((3, 0), metered(metered_by.2)));
				if posted > 0 {
					assert_ok!(Securities::deposit_balancing(signed(UTILITY), posted * MILLION));
				}
				assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
				leave(HOME, home * MILLION);
				if !poor {
					for account in [HOME, SHOP] {
						assert_ok!(Balances::transfer_allow_death(signed(OTHER_AGENT), account, 10 * EUR));
					}
				}
				let issued = Balances::total_issuance();
				for point in order {
					assert_ok!(debit(0, &[point]));
				}
				let short: Vec<_> = order.into_iter().filter(|point| Settlement::to_draw(0, 0, 9).contains(point)).collect();
				if !short.is_empty() {
					assert_ok!(draw(0, &short));
				}
				assert_ok!(credit(0, &order));
				try_state();
				for (amount, of_shop, asked) in &parts {
					let debtor = participant(if *of_shop { SHOP } else { HOME });
					if Securities::owed(debtor) > 0 {
						assert_ok!(Securities::repay(signed(AGENT), debtor, *amount));
					}
					idle();
					let asked: Vec<_> = asked.iter().map(|at| SCALED[*at]).collect();
					let _ = recover(1, &asked);
					try_state();
				}
				if let Some(net) = later {
					revise(3, 0, net);
					assert_ok!(correct(0, &[3]));
					try_state();
				}
				for account in [HOME, SHOP] {
					if Securities::owed(participant(account)) > 0 {
						assert_ok!(Securities::repay(signed(AGENT), participant(account), 100 * EUR));
					}
				}
				idle();
				assert_eq!((Losses::<Test>::get(0).open(), Booked::<Test>::iter().count()), (0, 0));
				world(|w| w.now = FINAL + 10_000);
				while Prunable::prune(0, 5) > 0 {}
				assert_eq!((repaid(), Balances::total_issuance()), (0, issued));
				end = Some(everybody());
			});
			end.unwrap()
		};
		let (late, at_once) = (end(true), end(false));
		// But for the home, which was given what it owes.
		for (at, (late, at_once)) in late.iter().zip(&at_once).enumerate() {
			match at {
				2 => {},
				5 => prop_assert!((0..=24).contains(&(*late as i128 - *at_once as i128)), "rent {late} {at_once}"),
				_ => prop_assert!((-4..=0).contains(&(*late as i128 - *at_once as i128)), "{at}: {late} {at_once}"),
			}
		}
	}
}
