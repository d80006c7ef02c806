use super::*;
use crate::{mock::*, Error, Event, Ladders, PostedPrices, SystemAccounts, MAX_CHANGES};
use busbar_primitives::PostedBounds;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

fn prices(interval: Interval) -> (i64, i64) {
	let PostedPrices { short, long } = Settlement::prices(interval, &terms());
	(short, long)
}

#[test]
fn posted_prices_take_the_place_of_the_default_ones() {
	run(|| {
		assert_eq!(prices(3), (250_000, 80_000));
		assert_ok!(Settlement::post_prices(signed(UTILITY), 3, 400_000, -100_000));
		assert_eq!(prices(3), (400_000, -100_000));
		assert_ok!(Settlement::post_prices(signed(UTILITY), 3, 300_000, 300_000));
		assert_eq!(prices(3), (300_000, 300_000));
		assert_eq!(prices(4), (250_000, 80_000));
		assert_eq!(events().last(), Some(&Event::PricesPosted { interval: 3, short: 300_000, long: 300_000 }.into()));
	});
}

#[test]
fn prices_out_of_bounds_are_refused() {
	run(|| {
		for (short, long) in [(400_001, 0), (0, -100_001), (100, 101)] {
			assert_noop!(Settlement::post_prices(signed(UTILITY), 3, short, long), Error::<Test>::PricesOutOfBounds);
		}
	});
}

#[test]
fn prices_are_refused_from_gate_closure_on() {
	run(|| {
		world(|w| w.now = GATE_CLOSURE - 1);
		assert_ok!(Settlement::post_prices(signed(UTILITY), 3, 300_000, 0));
		world(|w| w.now = GATE_CLOSURE);
		assert_noop!(Settlement::post_prices(signed(UTILITY), 3, 300_000, 0), Error::<Test>::GateClosed);
		assert_noop!(Settlement::post_prices(signed(UTILITY), 8, 300_000, 0), Error::<Test>::UnknownInterval);
	});
}

#[test]
fn only_the_party_that_balances_posts_prices() {
	run(|| {
		assert_noop!(Settlement::post_prices(signed(HOME), 3, 1, 1), BadOrigin);
		assert_noop!(Settlement::post_prices(RuntimeOrigin::root(), 3, 1, 1), BadOrigin);
		// Another balance-responsible party.
		assert_noop!(Settlement::post_prices(signed(SHOP), 3, 1, 1), Error::<Test>::NotBalancingParty);
		SystemAccounts::<Test>::kill();
		assert_noop!(Settlement::post_prices(signed(UTILITY), 3, 1, 1), Error::<Test>::AccountsNotSet);
	});
}

#[test]
fn new_default_prices_hold_for_unopened_intervals_only() {
	run(|| {
		assert_noop!(Settlement::set_ladder(signed(UTILITY), 2, 1), BadOrigin);
		assert_noop!(Settlement::set_ladder(RuntimeOrigin::root(), 1, 2), Error::<Test>::CrossedPrices);
		assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), 300_000, 1));
		assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), 300_000, 2));
		assert_eq!(events().last(), Some(&Event::LadderSet { from: 8, short: 300_000, long: 2 }.into()));
		assert_eq!(prices(7), (250_000, 80_000));
		assert_eq!(prices(8), (300_000, 2));
		assert_eq!(Ladders::<Test>::get().0.len(), 2);
	});
}

#[test]
fn default_prices_are_moved_into_the_intervals_bounds() {
	run(|| {
		let mut tight = terms();
		tight.posted = PostedBounds { short_max: 200_000, long_min: 90_000 };
		assert_eq!(Settlement::prices(0, &tight), PostedPrices { short: 200_000, long: 90_000 });
	});
}

#[test]
fn the_oldest_default_prices_go_when_too_many_are_kept() {
	run(|| {
		for change in 1..=MAX_CHANGES {
			world(|w| w.first_unopened = change * 10);
			assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), change.into(), 0));
		}
		assert_eq!(Ladders::<Test>::get().0.len(), MAX_CHANGES as usize);
		assert_eq!(prices(5), (1, 0), "the oldest that is kept stands in");
		assert_eq!(prices(25), (2, 0));
		assert_eq!(prices(1_000), (MAX_CHANGES.into(), 0));
	});
}

#[test]
fn accounts_are_set_by_the_administration_with_a_known_balancing_party() {
	run(|| {
		assert_noop!(Settlement::set_accounts(signed(UTILITY), 1, 2, participant(SHOP)), BadOrigin);
		assert_noop!(
			Settlement::set_accounts(RuntimeOrigin::root(), 1, 2, participant(STRANGER)),
			Error::<Test>::UnknownParticipant
		);
		assert_ok!(Settlement::set_accounts(RuntimeOrigin::root(), 1, 2, participant(SHOP)));
		assert_eq!(events(), [Event::AccountsSet { grid: 1, rent: 2, balancing: participant(SHOP) }.into()]);
		assert_ok!(Settlement::post_prices(signed(SHOP), 3, 1, 1));
	});
}
