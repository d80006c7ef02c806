//! What the council voids: taken back to the nEUR, page by page, and settled anew without contracts.

use super::*;
use crate::{mock::*, void::LOOK, Error, Event, Intervals, Nets, Stage, Statements, Unwinding, Voids, WeightInfo};
use busbar_primitives::{
	traits::{Debts as _, Prune as _},
	Balance, Cause, Flexibility as Order, Phase, Reduction,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Hooks},
	weights::Weight,
};
use proptest::prelude::*;
use sp_runtime::DispatchError::BadOrigin;

const ACCOUNTS: [AccountId; 9] = [AGENT, OTHER_AGENT, UTILITY, HOME, PLANT, SHOP, GRID_OPERATOR, GRID, RENT];

/// All money of everybody, of the fund and of what was repaid, held or free.
fn wealth() -> Vec<Balance> {
	ACCOUNTS.iter().map(Balances::total_balance).chain([fund() + repaid()]).collect()
}

fn void(interval: Interval) -> DispatchResult {
	Settlement::void(RuntimeOrigin::root(), interval)
}

/// An idle block with room for so many points.
fn idle_for(points: u32) {
	let weight = <() as WeightInfo>::unwind(points);
	let look = <Test as frame_system::Config>::DbWeight::get().reads(1).saturating_add(LOOK);
	let used = Settlement::on_idle(1, weight.saturating_add(look));
	assert!(used.all_lte(weight.saturating_add(look)));
}

/// Takes everything back, so many points a block. Returns how many blocks it took.
fn unwind(points: u32) -> u32 {
	let mut blocks = 0;
	while Unwinding::<Test>::contains_key(0) {
		idle_for(points);
		try_state();
		blocks += 1;
	}
	blocks
}

/// The interval of [`trade`], whose home owes 256,000,000 and has 100,000,000, a deposit of 50,000,000 and a guarantee of
/// 30,000,000. The fund has 40,000,000.
fn poor() {
	trade();
	assert_ok!(Securities::deposit(signed(HOME), 0, 50_000_000));
	assert_ok!(Securities::guarantee(signed(SHOP), 0, 30_000_000));
	leave(HOME, 100_000_000);
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), Securities::fund_account(), 40_000_000));
}

#[test]
fn a_void_interval_settles_what_was_metered_at_posted_prices_and_releases_every_hold() {
	run(|| {
		trade();
		world(|w| w.now = 0);
		let offer = Order { reduction: Reduction::Load, wh: 10, price: 5, penalty: 7 };
		assert_ok!(Flexibility::offer(signed(HOME), 0, 0, Some(offer)));
		world(|w| w.now = DELIVERY_END);
		assert_ok!(hold_collateral(0, 0, HOME, 300_000_000));
		assert_ok!(hold_collateral(1, 0, PLANT, 7));
		assert_ok!(void(0));
		let told = events();
		let [voided, cancelled] = [Event::Voided { interval: 0 }, Event::ContractsCancelled { interval: 0 }];
		assert_eq!(told[told.len() - 2..], [voided.into(), cancelled.into()]);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!((margin(HOME).held, margin(PLANT).held), (0, 0));
		assert_ok!(Securities::margin_out(signed(HOME), participant(HOME), 300_000_000));
		assert_ok!(Securities::margin_out(signed(PLANT), participant(PLANT), 7));
		// 1100 Wh at 250,000 and 10,000 of fees; 650 Wh at 80,000 less 10,000.
		let changes = ACCOUNTS.map(|account| Balances::balance(&account) as i128 - WEALTH as i128);
		assert_eq!(changes[3..5], [-286_000_000, 45_500_000], "the home and the plant");
		assert_eq!(changes[2], 286_000_000 - 45_500_000 - 17_500_000, "the balance-responsible party");
		assert_eq!(Balances::balance(&GRID), 17_500_000, "fees of the paths, and none of contracted flow");
		let lines = Settlement::lines(0, 0, u32::MAX);
		assert!(lines.iter().all(|line| line.line.cause != Cause::Contract), "{lines:?}");
		assert_eq!((held(HOME, HoldReason::Order), held(PLANT, HoldReason::Order)), (0, 0));
		assert_eq!(held(HOME, pallet_flexibility::HoldReason::Charge), 0);
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
	});
}

#[test]
fn what_debits_collected_goes_back_to_where_it_came_from_whatever_had_been_drawn_on() {
	for points in [1, 2, 3, 16] {
		run(|| {
			poor();
			let before = wealth();
			assert_ok!(debit(0, &[2, 0, 1]));
			assert_ok!(draw(0, &[0]));
			assert_eq!(Settlement::phase(0), Some(Phase::Credits));
			assert_eq!(Balances::total_balance(&HOME), 0);
			assert_eq!((fund(), Securities::owed(participant(HOME))), (0, 76_000_000));
			assert_ok!(void(0));
			assert_eq!(unwind(points), 3u32.div_ceil(points));
			assert_eq!((wealth(), pot()), (before, 0));
			assert_eq!(Securities::owed(participant(HOME)), 0);
			let returned = |account, amount| Event::Returned { interval: 0, account, amount };
			for (account, amount) in [(HOME, 100_000_000), (HOME, 50_000_000), (SHOP, 30_000_000)] {
				assert!(events().contains(&returned(account, amount).into()));
			}
			assert!(events().contains(&Event::Unwound { interval: 0 }.into()));
			assert_eq!(events().last(), Some(&Event::ContractsCancelled { interval: 0 }.into()));
			let left = (Statements::<Test>::iter().count(), Nets::<Test>::iter().count());
			assert_eq!((left, Intervals::<Test>::iter().count()), ((0, 0), 0));
			// It settles anew: 286,000,000 of 150,000,000 that the home has now.
			assert_ok!(debit(0, &[0, 1, 2]));
			assert_ok!(draw(0, &[0]));
			assert_ok!(credit(0, &[0, 1, 2]));
			assert_eq!(Settlement::phase(0), Some(Phase::Settled));
			assert_eq!(Securities::owed(participant(HOME)), 136_000_000);
		});
	}
}

#[test]
fn what_was_repaid_of_a_default_comes_back() {
	run(|| {
		poor();
		let before = wealth();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		assert_ok!(Securities::repay(signed(AGENT), participant(HOME), 10_000_000));
		assert_ok!(void(0));
		unwind(16);
		let mut expected = before;
		expected[0] -= 10_000_000;
		expected[3] += 10_000_000;
		assert_eq!((wealth(), repaid()), (expected, 0), "it was paid in the debtor's name");
		assert_eq!(Securities::owed(participant(HOME)), 0);
	});
}

#[test]
fn what_a_guarantor_got_back_meanwhile_is_its_debtors_when_the_interval_is_taken_back() {
	run(|| {
		poor();
		let before = wealth();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(draw(0, &[0]));
		// 76 of the default, and 10 of the 30 to the shop.
		assert_ok!(Securities::repay(signed(AGENT), participant(HOME), 86_000_000));
		assert_ok!(void(0));
		unwind(16);
		let mut expected = before;
		expected[0] -= 86_000_000;
		expected[3] += 86_000_000;
		assert_eq!(wealth(), expected);
		assert_eq!(pallet_securities::Claims::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_interval_in_its_debits_is_taken_back_and_no_phase_goes_on_meanwhile() {
	run(|| {
		trade();
		let before = wealth();
		assert_ok!(debit(0, &[0]));
		assert_ok!(void(0));
		for refused in [debit(0, &[1]), draw(0, &[0]), credit(0, &[0])] {
			assert_eq!(refused, Err(Error::<Test>::Unwinding.into()));
		}
		assert_eq!(Settlement::progress(0).unwrap().stage, Stage::Voiding);
		unwind(2);
		assert_eq!(wealth(), before);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[2, 1, 0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 286_000_000);
	});
}

/// Settles the void interval and returns what the home and the plant paid and received.
fn settled_anew() -> [i128; 2] {
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
	[HOME, PLANT].map(|account| Balances::balance(&account) as i128 - WEALTH as i128)
}

/// The home was debited, the plant was not: both read otherwise when the interval is voided than when its first run was due.
#[test]
fn a_void_interval_settles_what_stood_when_its_first_run_was_due_whoever_was_debited_before() {
	for debited in [&[][..], &[0], &[0, 1], &[0, 1, 2]] {
		for time in ["before it was due", "when it was due", "after they read otherwise"] {
			run(|| {
				let at = |now| {
					if now == time && !debited.is_empty() {
						assert_ok!(debit(0, debited));
					}
				};
				trade();
				at("before it was due");
				world(|w| w.now = ATTESTATION_END);
				at("when it was due");
				revise(0, 0, 100);
				revise(1, 0, -2_000);
				at("after they read otherwise");
				assert_ok!(void(0));
				unwind(2);
				// Once more, while it is void.
				revise(0, 0, 0);
				// 1100 Wh at 260,000; 650 Wh at 70,000.
				assert_eq!(settled_anew(), [-286_000_000, 45_500_000], "{debited:?} {time}");
				// The next run settles what came later.
				world(|w| w.now = DISPUTE_END);
				assert_ok!(correct(0, &[0, 1]));
				assert_eq!(Balances::balance(&PLANT), WEALTH + 140_000_000);
				assert_eq!(Balances::balance(&HOME), WEALTH);
			});
		}
	}
}

#[test]
fn only_the_council_voids_and_only_before_the_first_credit() {
	run(|| {
		trade();
		assert_noop!(Settlement::void(signed(AGENT), 0), BadOrigin);
		assert_noop!(void(9), Error::<Test>::UnknownInterval);
		assert_noop!(void(1), Error::<Test>::NotCleared);
		world(|w| w.now = DELIVERY_END - 1);
		assert_noop!(void(0), Error::<Test>::DeliveryNotEnded);
		world(|w| w.now = DELIVERY_END);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[2]));
		assert_noop!(void(0), Error::<Test>::CreditsBegun);
		assert_ok!(credit(0, &[0, 1]));
		assert_noop!(void(0), Error::<Test>::AlreadySettled);
	});
}

#[test]
fn to_void_again_changes_nothing() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(void(0));
		idle_for(1);
		let told = events().len();
		assert_ok!(void(0));
		assert_eq!((events().len(), Unwinding::<Test>::get(0)), (told, Some(1)));
		unwind(1);
		let told = events().len();
		assert_ok!(void(0));
		assert_eq!((events().len(), Unwinding::<Test>::get(0)), (told, None));
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(void(0));
		assert_eq!(Settlement::progress(0).unwrap().stage, Stage::Debits, "it is void, and goes on settling");
	});
}

#[test]
fn taking_back_uses_no_more_of_a_block_than_there_is_and_goes_with_the_interval() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(void(0));
		assert_eq!(Settlement::on_idle(1, Weight::zero()), Weight::zero());
		idle_for(0);
		assert_eq!(Unwinding::<Test>::get(0), Some(0));
		unwind(3);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		world(|w| w.now = FINAL);
		assert!(Prunable::prune(0, 1_000) > 0);
		assert_eq!(Voids::<Test>::iter().count(), 0);
	});
}

#[test]
fn try_state_sees_money_of_a_void_interval_that_nobody_is_noted_for() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1]));
		assert_ok!(void(0));
		idle_for(1);
		Nets::<Test>::insert(0, participant(SHOP), crate::Net { taken: 1, ..Default::default() });
		assert!(Settlement::do_try_state().is_err());
		Nets::<Test>::remove(0, participant(SHOP));
		unwind(3);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

	/// Whoever is poor and whatever secures it, at whatever stage, in whatever pages.
	#[test]
	fn taking_back_leaves_everybody_what_it_had(
		money in 0..400_000_000u128, deposit in 0..200_000_000u128, guarantee in 0..200_000_000u128,
		covers in 0..200_000_000u128, utility in 0..50_000_000u128, posted in 0..200_000_000u128, grid in 0..2_000_000_000u128,
		readings in (-3_000..3_000i64, -3_000..3_000i64, prop::option::of(-3_000..3_000i64)),
		debits in 1..4usize, draws in any::<bool>(), pages in 1..5u32,
	) {
		run(|| {
			trade();
			world(|w| {
				w.readings.insert((0, 0), metered(readings.0));
				w.readings.insert((1, 0), metered(readings.1));
				if let Some(root) = readings.2 {
					w.readings.insert((2, 0), metered(root));
				}
			});
			if deposit > 0 {
				assert_ok!(Securities::deposit(signed(HOME), 0, deposit));
			}
			if guarantee > 0 {
				assert_ok!(Securities::guarantee(signed(SHOP), 0, guarantee));
			}
			leave(HOME, money);
			if posted > 0 {
				assert_ok!(Securities::deposit_balancing(signed(UTILITY), posted));
			}
			leave(UTILITY, utility);
			let gift = |to, amount| Balances::transfer_allow_death(signed(AGENT), to, amount);
			if covers > 0 {
				assert_ok!(gift(Securities::fund_account(), covers));
			}
			if grid > 0 {
				assert_ok!(gift(GRID, grid));
			}
			let before = wealth();
			assert_ok!(debit(0, &[0, 1, 2][..debits]));
			let to_draw = Settlement::to_draw(0, 0, 10);
			if draws && !to_draw.is_empty() {
				assert_ok!(draw(0, &to_draw));
			}
			try_state();
			assert_ok!(void(0));
			unwind(pages);
			assert_eq!(wealth(), before);
			let owing = [HOME, PLANT, UTILITY, SHOP].map(|who| Securities::owed(participant(who)));
			assert_eq!((owing, pot()), ([0; 4], 0));
			assert_ok!(debit(0, &[0, 1, 2]));
			let to_draw = Settlement::to_draw(0, 0, 10);
			if !to_draw.is_empty() {
				assert_ok!(draw(0, &to_draw));
			}
			assert_ok!(credit(0, &[0, 1, 2]));
			assert_eq!((Settlement::lines_sum(0), pot()), (0, 0));
			let lines = Settlement::lines(0, 0, u32::MAX);
			assert!(lines.iter().all(|line| line.line.cause != Cause::Contract));
		});
	}
}
