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
fn the_prices_of_an_interval_that_is_kept_never_go_whatever_is_changed_after_it() {
	run(|| {
		for change in 1..MAX_CHANGES {
			world(|w| w.first_unopened = change * 10);
			assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), change.into(), 0));
		}
		assert_eq!(Ladders::<Test>::get().0.len(), MAX_CHANGES as usize);
		world(|w| w.first_unopened = 1_000);
		assert_noop!(Settlement::set_ladder(RuntimeOrigin::root(), 99, 0), Error::<Test>::TooManyChanges);
		assert_eq!(prices(5), (250_000, 80_000));
		// The value that holds from 10 on is needed while 9 is kept: then it is the one before that goes.
		world(|w| w.first_kept = 9);
		assert_noop!(Settlement::set_ladder(RuntimeOrigin::root(), 99, 0), Error::<Test>::TooManyChanges);
		world(|w| w.first_kept = 10);
		assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), 99, 0));
		assert_eq!(Ladders::<Test>::get().0.len(), MAX_CHANGES as usize);
		assert_eq!(prices(10), (1, 0));
		assert_eq!(prices(25), (2, 0));
		assert_eq!(prices(1_000), (99, 0));
		// A change in the place of one that holds for no interval yet needs no room.
		assert_ok!(Settlement::set_ladder(RuntimeOrigin::root(), 98, 0));
		assert_eq!(prices(1_000), (98, 0));
	});
}

#[test]
fn an_interval_is_settled_on_the_levy_tolerance_and_sharing_of_its_opening() {
	run(|| {
		let per_cent = sp_runtime::Permill::from_percent;
		for change in 1..40 {
			world(|w| w.first_unopened = 100 + change);
			let root = RuntimeOrigin::root;
			let full = change > MAX_CHANGES - 1;
			let sharing = crate::Sharing { fund: per_cent(change), rent: per_cent(0) };
			let set = [
				Settlement::set_levy(root(), change.into()),
				Settlement::set_tolerance(root(), per_cent(change)),
				Settlement::set_sharing(root(), sharing),
				Settlement::set_accounts(root(), 1, 2, participant(SHOP)),
			];
			assert!(set.iter().all(|set| set.is_err() == full), "change {change}");
		}
		assert_eq!(crate::Levies::<Test>::get().at(100), 0);
		assert_eq!(crate::Tolerances::<Test>::get().at(100), per_cent(0));
		assert_eq!(crate::Sharings::<Test>::get().at(100), crate::Sharing::default());
		assert_eq!(Settlement::accounts(100).unwrap().balancing, participant(UTILITY));
		assert_eq!(crate::Levies::<Test>::get().at(101), 1);
	});
}

#[test]
fn prices_that_are_moved_into_the_bounds_do_not_cross() {
	// The ladder is 250,000 and 80,000. Bounds from 90,000 to 400,000 that the council set later, and a ladder below them: the
	// long price alone was moved, to 90,000, above a short price of 50,000, and being short and long at once earned 40,000.
	let bounds = PostedBounds { short_max: 400_000, long_min: 90_000 };
	for (short, long) in [(50_000, 10_000), (500_000, 450_000), (100_000, 10_000), (500_000, 10_000)] {
		let prices = PostedPrices { short, long }.clamped(&bounds);
		assert!(prices.lie_within(&bounds), "{prices:?}");
	}
	assert_eq!(
		PostedPrices { short: 50_000, long: 10_000 }.clamped(&bounds),
		PostedPrices { short: 90_000, long: 90_000 }
	);
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
		assert_eq!(events(), [Event::AccountsSet { from: 8, grid: 1, rent: 2, balancing: participant(SHOP) }.into()]);
		// Interval 3 has opened: it stays with the party that balanced then.
		assert_noop!(Settlement::post_prices(signed(SHOP), 3, 1, 1), Error::<Test>::NotBalancingParty);
		assert_ok!(Settlement::post_prices(signed(UTILITY), 3, 1, 1));
		assert_eq!(Settlement::accounts(8).unwrap().balancing, participant(SHOP));
		assert!(Settlement::pays(&1) && Settlement::pays(&GRID));
		// An interval that opened before any were set has the first.
		SystemAccounts::<Test>::kill();
		assert_noop!(debit(3, &[0]), Error::<Test>::NotCleared);
		assert_noop!(Settlement::post_prices(signed(SHOP), 3, 1, 1), Error::<Test>::AccountsNotSet);
		assert_ok!(Settlement::set_accounts(RuntimeOrigin::root(), 1, 2, participant(SHOP)));
		assert_ok!(Settlement::post_prices(signed(SHOP), 3, 1, 1));
	});
}
