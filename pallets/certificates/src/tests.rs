mod lasting;
mod taken_back;

use crate::{mock::*, Claims, Error, Event, Holdings, Owed, Pools, Retirements, Supplies, Supply, MAX_POOLED};
use busbar_primitives::{
	certificates::{Class, Source},
	traits::Certificates as _,
	Interval, Point, PointId, SignedWh, Wh,
};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

/// The class of period 0.
const SOLAR: Class = Class { source: Source::Solar, zone: 7, period: 0 };
/// The certified plant, a home, a shop, and the utility at the coupling.
const PLANTED: PointId = 0;

fn certify(point: PointId) {
	assert_ok!(Certificates::certify(RuntimeOrigin::signed(REGULATOR), point, Some(Source::Solar)));
}

fn settled(interval: Interval, point: PointId, owner: AccountId, position: SignedWh, metered: Option<SignedWh>) {
	assert_ok!(Certificates::settled(interval, point, &crate::mock::point(), participant(owner), position, metered));
}

fn paid(interval: Interval, point: PointId, owner: AccountId) {
	assert_ok!(Certificates::paid(interval, point, participant(owner)));
}

fn close(interval: Interval) {
	assert_ok!(Certificates::closed(interval, participant(UTILITY)));
}

fn correct(owner: AccountId, before: Option<SignedWh>, after: Option<SignedWh>) {
	let (plant, owner) = (crate::mock::point(), participant(owner));
	assert_ok!(Certificates::corrected(0, PLANTED, &plant, owner, before, after));
}

fn held(owner: AccountId) -> Wh {
	Holdings::<Test>::get(SOLAR, participant(owner)).unwrap_or(0)
}

fn retired(owner: AccountId) -> Wh {
	Retirements::<Test>::get(SOLAR, participant(owner)).unwrap_or(0)
}

/// The plant feeds in 1000 Wh and sold 900: 600 to a home that takes 500, 300 to the utility.
fn trade() {
	certify(PLANTED);
	settled(0, PLANTED, PLANT, -900, Some(-1_000));
	settled(0, 1, HOME, 600, Some(500));
	settled(0, 2, UTILITY, 300, None);
}

#[test]
fn what_is_sold_moves_to_the_buyers_and_what_they_consume_is_retired() {
	run(|| {
		trade();
		assert_eq!(held(PLANT), 100, "what it did not sell is its own");
		let issued = Event::Issued { interval: 0, point: 0, class: SOLAR, wh: 1_000, pooled: 900 };
		assert!(System::events().iter().any(|record| record.event == issued.clone().into()));
		Certificates::do_try_state().unwrap();
		for (point, owner) in [(2, UTILITY), (0, PLANT), (1, HOME)] {
			paid(0, point, owner);
			Certificates::do_try_state().unwrap();
		}
		close(0);
		assert_eq!((held(HOME), retired(HOME)), (100, 500));
		assert_eq!((held(UTILITY), retired(UTILITY)), (300, 0));
		assert_eq!(Supplies::<Test>::get(SOLAR), Some(Supply { issued: 1_000, retired: 500 }));
		assert_eq!((Claims::<Test>::iter().count(), Pools::<Test>::iter().count()), (0, 0));
	});
}

#[test]
fn remainders_of_the_shares_are_the_balancing_partys() {
	run(|| {
		certify(PLANTED);
		settled(0, PLANTED, PLANT, -10, Some(-10));
		for (point, owner) in [(1, HOME), (2, SHOP), (3, PLANT)] {
			settled(0, point, owner, 7, Some(7));
		}
		// A third of 10 each, rounded down.
		for (point, owner) in [(0, PLANT), (1, HOME), (2, SHOP), (3, PLANT)] {
			paid(0, point, owner);
		}
		close(0);
		assert_eq!([HOME, SHOP, PLANT].map(retired), [3, 3, 3]);
		assert_eq!(held(UTILITY), 1);
	});
}

#[test]
fn a_plant_that_delivers_less_than_it_sold_certifies_what_it_delivered() {
	run(|| {
		certify(PLANTED);
		settled(0, PLANTED, PLANT, -900, Some(-200));
		settled(0, 1, HOME, 900, Some(2_000));
		paid(0, 1, HOME);
		close(0);
		assert_eq!((held(PLANT), held(HOME), retired(HOME)), (0, 0, 200));
	});
}

#[test]
fn without_a_certified_source_or_a_reading_nothing_is_issued() {
	run(|| {
		settled(0, PLANTED, PLANT, -900, Some(-1_000));
		settled(0, 1, HOME, 900, Some(900));
		assert_eq!(Claims::<Test>::iter().count(), 0, "nothing is kept before the first source is certified");
		certify(PLANTED);
		settled(1, PLANTED, PLANT, -900, None);
		settled(1, 1, HOME, 900, Some(900));
		settled(1, 3, SHOP, -900, Some(-900));
		paid(1, 1, HOME);
		close(1);
		assert_eq!(Supplies::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_source_counts_from_and_until_the_first_unopened_interval() {
	run(|| {
		FirstUnopened::set(&5);
		certify(PLANTED);
		settled(4, PLANTED, PLANT, 0, Some(-10));
		settled(5, PLANTED, PLANT, 0, Some(-10));
		FirstUnopened::set(&7);
		assert_ok!(Certificates::certify(RuntimeOrigin::signed(REGULATOR), PLANTED, None));
		settled(6, PLANTED, PLANT, 0, Some(-10));
		settled(7, PLANTED, PLANT, 0, Some(-10));
		assert_eq!(held(PLANT), 20);
	});
}

#[test]
fn only_a_regulator_certifies_known_points() {
	run(|| {
		let signed = RuntimeOrigin::signed;
		assert_noop!(Certificates::certify(signed(PLANT), 0, Some(Source::Wind)), refused::ROLE_MISSING);
		assert_noop!(Certificates::certify(signed(REGULATOR), 99, Some(Source::Wind)), Error::<Test>::UnknownPoint);
		assert_noop!(Certificates::certify(signed(REGULATOR), 0, None), Error::<Test>::NotCertified);
	});
}

#[test]
fn a_pool_with_too_many_classes_leaves_the_rest_to_the_sellers() {
	run(|| {
		for point in 0..=MAX_POOLED {
			certify(point);
			let place = Point { zone: point, ..crate::mock::point() };
			assert_ok!(Certificates::settled(0, point, &place, participant(PLANT), -10, Some(-10)));
		}
		let last = Class { zone: MAX_POOLED, ..SOLAR };
		assert_eq!(Holdings::<Test>::iter().map(|(class, _, wh)| (class, wh)).collect::<Vec<_>>(), [(last, 10)]);
		close(0);
	});
}

#[test]
fn certificates_are_transferred_and_retired_by_their_holder() {
	run(|| {
		trade();
		let signed = RuntimeOrigin::signed;
		let [plant, shop] = [PLANT, SHOP].map(participant);
		assert_noop!(Certificates::transfer(signed(SHOP), plant, SOLAR, shop, 40), refused::NOT_DELEGATE);
		assert_noop!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 101), Error::<Test>::BeyondHoldings);
		let nobody = participant(99);
		assert_noop!(Certificates::transfer(signed(PLANT), plant, SOLAR, nobody, 1), Error::<Test>::UnknownParticipant);
		assert_ok!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 40));
		assert_eq!((held(PLANT), held(SHOP)), (60, 40));
		assert_noop!(Certificates::retire(signed(PLANT), shop, SOLAR, 1), refused::NOT_DELEGATE);
		assert_noop!(Certificates::retire(signed(SHOP), shop, SOLAR, 41), Error::<Test>::BeyondHoldings);
		assert_ok!(Certificates::retire(signed(SHOP), shop, SOLAR, 40));
		assert_eq!((held(SHOP), retired(SHOP)), (0, 40));
	});
}

#[test]
fn a_correction_issues_more_or_withdraws_and_what_is_gone_is_owed() {
	run(|| {
		trade();
		correct(PLANT, Some(-1_000), Some(-1_050));
		assert_eq!(held(PLANT), 150);
		// 350 less: 150 are there, 200 are owed.
		correct(PLANT, Some(-1_050), Some(-700));
		assert_eq!((held(PLANT), Owed::<Test>::get(SOLAR, participant(PLANT))), (0, Some(200)));
		assert_eq!(Supplies::<Test>::get(SOLAR).unwrap().issued, 900, "what moved on stays issued");
		Certificates::do_try_state().unwrap();
		// The next 230 pay it.
		settled(1, PLANTED, PLANT, 0, Some(-230));
		assert_eq!((held(PLANT), Owed::<Test>::get(SOLAR, participant(PLANT))), (30, None));
		assert_eq!(Supplies::<Test>::get(SOLAR).unwrap().issued, 930, "as much as was fed in");
		// A point that drew instead certifies nothing, and the same reading changes nothing.
		correct(PLANT, Some(5), Some(9));
		correct(PLANT, None, Some(-30));
		assert_eq!(held(PLANT), 60);
	});
}

#[test]
fn what_is_too_old_is_forgotten() {
	run(|| {
		trade();
		paid(0, 1, HOME);
		close(0);
		let forget = |who| Certificates::forget(RuntimeOrigin::signed(SHOP), SOLAR, participant(who));
		FirstUnopened::set(&29);
		assert_noop!(forget(HOME), Error::<Test>::StillCounts);
		FirstUnopened::set(&30);
		assert_noop!(forget(SHOP), Error::<Test>::NothingHeld);
		for who in [HOME, PLANT, UTILITY] {
			assert_ok!(forget(who));
			Certificates::do_try_state().unwrap();
		}
		assert_eq!(Supplies::<Test>::iter().count(), 0);
	});
}

#[test]
fn try_state_sees_certificates_from_nowhere_and_certificates_that_are_gone() {
	run(|| {
		trade();
		Holdings::<Test>::insert(SOLAR, participant(SHOP), 1);
		assert!(Certificates::do_try_state().is_err());
		Holdings::<Test>::remove(SOLAR, participant(SHOP));
		Holdings::<Test>::remove(SOLAR, participant(PLANT));
		assert!(Certificates::do_try_state().is_err());
		Holdings::<Test>::insert(SOLAR, participant(PLANT), 100);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn as_much_is_issued_as_was_fed_in_whatever_is_traded(
		points in prop::collection::vec((-2_000..2_000i64, prop::option::of(-2_000..2_000i64), 0..4usize), 1..9),
	) {
		run(|| {
			let owners = [PLANT, HOME, SHOP, UTILITY];
			let mut fed_in = 0;
			for (point, (position, metered, owner)) in (0..).zip(&points) {
				certify(point);
				settled(0, point, owners[*owner], *position, *metered);
				fed_in += metered.map_or(0, |metered| metered.min(0).unsigned_abs());
			}
			Certificates::do_try_state().unwrap();
			for (point, (_, _, owner)) in (0..).zip(&points) {
				paid(0, point, owners[*owner]);
			}
			close(0);
			assert_eq!(Supplies::<Test>::get(SOLAR).unwrap_or_default().issued, fed_in);
			let there: Wh = owners.into_iter().map(|owner| held(owner) + retired(owner)).sum();
			assert_eq!(there, fed_in);
		});
	}
}
