//! What lasts: certifications over changes, what is owed over periods, and certificates no longer than they count.

use super::*;
use crate::{Debtors, Earlier, Sources, MAX_EARLIER};

const PLANT_POINT: Point = Point {
	owner: busbar_primitives::ParticipantId([0; 16]),
	zone: 7,
	kind: busbar_primitives::PointKind::Metered,
	import_w: 1,
	export_w: 1,
	from: 0,
	until: None,
};

fn class(source: Source, period: u32) -> Class {
	Class { source, zone: 7, period }
}

fn certify_as(from: Interval, source: Option<Source>) -> frame_support::dispatch::DispatchResult {
	FirstUnopened::set(&from);
	Certificates::certify(RuntimeOrigin::signed(REGULATOR), PLANTED, source)
}

/// The plant feeds in in an interval, and sells nothing.
fn feed_in(interval: Interval, wh: SignedWh) {
	settled(interval, PLANTED, PLANT, 0, Some(-wh));
	close(interval);
}

/// A later reading of the plant's in an interval.
fn revise(interval: Interval, before: SignedWh, after: SignedWh) {
	let plant = participant(PLANT);
	assert_ok!(Certificates::corrected(interval, PLANTED, &PLANT_POINT, plant, Some(-before), Some(-after)));
}

fn held_of(class: Class) -> Wh {
	Holdings::<Test>::get(class, participant(PLANT)).unwrap_or(0)
}

fn owed() -> Vec<(Class, Wh)> {
	Owed::<Test>::iter().map(|(class, _, wh)| (class, wh)).collect()
}

#[test]
fn certifying_again_leaves_earlier_intervals_certified() {
	run(|| {
		assert_ok!(certify_as(3, Some(Source::Solar)));
		assert_ok!(certify_as(9, Some(Source::Solar)));
		let certified = Event::Certified { point: PLANTED, source: Some(Source::Solar), from: 3 };
		assert_eq!(System::events().last().unwrap().event, certified.into());
		feed_in(6, 10);
		assert_eq!(held_of(class(Source::Solar, 0)), 10, "interval 6 was certified when it opened");
		// Also a correction downwards finds its class.
		revise(6, 10, 4);
		assert_eq!(held_of(class(Source::Solar, 0)), 4);
		// Ended and taken back before any interval went without.
		assert_ok!(certify_as(9, None));
		assert_ok!(certify_as(9, Some(Source::Solar)));
		assert_eq!(Sources::<Test>::get(PLANTED).map(|certified| (certified.from, certified.until)), Some((3, None)));
	});
}

#[test]
fn another_source_leaves_earlier_intervals_theirs() {
	run(|| {
		assert_ok!(certify_as(3, Some(Source::Solar)));
		assert_ok!(certify_as(6, Some(Source::Wind)));
		assert_ok!(certify_as(7, None));
		assert_ok!(certify_as(9, Some(Source::Wind)));
		for interval in 2..10 {
			feed_in(interval, 1 << interval);
		}
		assert_eq!(held_of(class(Source::Solar, 0)), (1 << 3) + (1 << 4) + (1 << 5));
		assert_eq!(held_of(class(Source::Wind, 0)), (1 << 6) + (1 << 9), "7 and 8 lie between");
		revise(4, 1 << 4, 0);
		assert_eq!(held_of(class(Source::Solar, 0)), (1 << 3) + (1 << 5));
	});
}

#[test]
fn changes_of_a_source_are_remembered_for_two_periods_and_bounded() {
	run(|| {
		let sources = [Source::Solar, Source::Wind];
		for (change, source) in (0..=MAX_EARLIER).zip(sources.into_iter().cycle()) {
			assert_ok!(certify_as(change, Some(source)));
		}
		assert_eq!(Earlier::<Test>::get(PLANTED).len(), MAX_EARLIER as usize);
		// The first ended with interval 1; a period has ten.
		FirstUnopened::set(&20);
		let again = Certificates::certify(RuntimeOrigin::signed(REGULATOR), PLANTED, Some(Source::Hydro));
		assert_eq!(again, Err(Error::<Test>::TooManyChanges.into()));
		// Ending and going on remember nothing.
		assert_ok!(certify_as(20, Some(Source::Solar)));
		assert_ok!(certify_as(21, Some(Source::Hydro)));
		assert_eq!(Earlier::<Test>::get(PLANTED)[0].from, 1);
	});
}

#[test]
fn what_is_owed_at_the_end_of_a_period_is_paid_by_what_is_issued_in_a_later_one() {
	run(|| {
		certify(PLANTED);
		feed_in(0, 1_000);
		let [plant, shop] = [PLANT, SHOP].map(participant);
		assert_ok!(Certificates::transfer(RuntimeOrigin::signed(PLANT), plant, SOLAR, shop, 1_000));
		revise(0, 1_000, 300);
		assert_eq!(owed(), [(SOLAR, 700)]);
		// Another correction of another period adds to it.
		feed_in(10, 50);
		assert_eq!((owed(), held_of(class(Source::Solar, 1))), (vec![(SOLAR, 650)], 0));
		revise(10, 50, 20);
		assert_eq!(owed(), [(SOLAR, 680)]);
		// Periods later the plant feeds in again.
		feed_in(75, 1_000);
		let late = class(Source::Solar, 7);
		assert_eq!((owed(), held_of(late)), (vec![], 320));
		assert_eq!(Debtors::<Test>::iter().count(), 0);
		let repaid = Event::Repaid { class: late, participant: plant, wh: 680 };
		assert!(System::events().iter().any(|record| record.event == repaid.clone().into()));
		let issued: Wh = Supplies::<Test>::iter().map(|(_, supply)| supply.issued).sum();
		assert_eq!(issued, 300 + 20 + 1_000, "as much as was fed in");
	});
}

#[test]
fn another_sources_certificates_pay_nothing() {
	run(|| {
		certify(PLANTED);
		feed_in(0, 10);
		let [plant, shop] = [PLANT, SHOP].map(participant);
		assert_ok!(Certificates::transfer(RuntimeOrigin::signed(PLANT), plant, SOLAR, shop, 10));
		revise(0, 10, 0);
		assert_ok!(certify_as(10, Some(Source::Wind)));
		feed_in(10, 5);
		assert_eq!((owed(), held_of(class(Source::Wind, 1))), (vec![(SOLAR, 10)], 5));
	});
}

#[test]
fn who_owes_pays_before_it_hands_on_or_retires() {
	run(|| {
		certify(PLANTED);
		feed_in(0, 100);
		feed_in(10, 80);
		let signed = RuntimeOrigin::signed;
		let [plant, shop] = [PLANT, SHOP].map(participant);
		let next = class(Source::Solar, 1);
		assert_ok!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 100));
		revise(0, 100, 70);
		// It holds 80 of the next period and owes 30 of the first.
		assert_noop!(Certificates::transfer(signed(PLANT), plant, next, shop, 51), Error::<Test>::BeyondHoldings);
		assert_noop!(Certificates::retire(signed(PLANT), plant, next, 51), Error::<Test>::BeyondHoldings);
		assert_eq!(owed(), [(SOLAR, 30)]);
		assert_ok!(Certificates::retire(signed(PLANT), plant, next, 20));
		assert_eq!((owed(), held_of(next)), (vec![], 30));
		assert_ok!(Certificates::transfer(signed(PLANT), plant, next, shop, 30));
	});
}

#[test]
fn what_does_not_count_any_more_is_neither_handed_on_nor_retired() {
	run(|| {
		trade();
		let (signed, [plant, shop]) = (RuntimeOrigin::signed, [PLANT, SHOP].map(participant));
		// Two periods of ten after the first, and the present one.
		FirstUnopened::set(&29);
		assert_ok!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 1));
		assert_ok!(Certificates::retire(signed(SHOP), shop, SOLAR, 1));
		FirstUnopened::set(&30);
		assert_noop!(Certificates::transfer(signed(PLANT), plant, SOLAR, shop, 1), Error::<Test>::Expired);
		assert_noop!(Certificates::retire(signed(PLANT), plant, SOLAR, 1), Error::<Test>::Expired);
		assert_ok!(Certificates::forget(signed(SHOP), SOLAR, plant));
	});
}

#[test]
fn what_is_owed_is_not_forgotten() {
	run(|| {
		certify(PLANTED);
		feed_in(0, 10);
		let [plant, shop] = [PLANT, SHOP].map(participant);
		assert_ok!(Certificates::transfer(RuntimeOrigin::signed(PLANT), plant, SOLAR, shop, 10));
		revise(0, 10, 0);
		FirstUnopened::set(&30);
		let forget = |who| Certificates::forget(RuntimeOrigin::signed(SHOP), SOLAR, who);
		assert_noop!(forget(plant), Error::<Test>::NothingHeld);
		assert_ok!(forget(shop));
		assert_eq!(owed(), [(SOLAR, 10)]);
		feed_in(30, 25);
		assert_eq!((owed(), held_of(class(Source::Solar, 3))), (vec![], 15));
	});
}

#[test]
fn try_state_sees_a_debt_that_is_not_noted_and_a_debtor_who_owes_nothing() {
	run(|| {
		let plant = participant(PLANT);
		Owed::<Test>::insert(SOLAR, plant, 1);
		assert!(Certificates::do_try_state().is_err());
		Debtors::<Test>::insert((Source::Solar, 7), plant, 0);
		assert_ok!(Certificates::do_try_state());
		Owed::<Test>::remove(SOLAR, plant);
		assert!(Certificates::do_try_state().is_err());
		Debtors::<Test>::remove((Source::Solar, 7), plant);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	/// Intervals of four periods, corrected again and again while their owners hand on and retire what they get.
	#[test]
	fn as_much_is_issued_as_was_fed_in_at_the_last_run_whatever_is_corrected_and_whoever_holds_it(
		steps in prop::collection::vec((0..3u8, 0..40u32, 0..3usize, prop::option::of(0..2_000i64), 0..2_000u64), 1..60),
	) {
		run(|| {
			let owners = [PLANT, HOME, SHOP];
			for point in 0..3 {
				certify(point);
			}
			let mut readings = std::collections::BTreeMap::<(Interval, PointId), Option<SignedWh>>::new();
			for (step, interval, who, fed_in, wh) in steps {
				let (point, owner) = (who as PointId, owners[who]);
				let new = fed_in.map(|fed_in| -fed_in);
				match step {
					0 | 1 => match readings.insert((interval, point), new) {
						None => {
							settled(interval, point, owner, -(wh as SignedWh) / 2, new);
							paid(interval, point, owner);
							close(interval);
						},
						Some(old) => {
							let owner = participant(owner);
							assert_ok!(Certificates::corrected(interval, point, &PLANT_POINT, owner, old, new));
						},
					},
					_ => {
						let (class, holder) = (class(Source::Solar, interval / 10), participant(owner));
						let to = participant(owners[(who + 1) % 3]);
						let signed = RuntimeOrigin::signed(owner);
						let done = if wh % 2 == 0 {
							Certificates::transfer(signed, holder, class, to, wh)
						} else {
							Certificates::retire(signed, holder, class, wh)
						};
						let _refused = done;
					},
				}
				Certificates::do_try_state().unwrap();
				let fed_in: Wh = readings.values().flatten().map(|metered| metered.unsigned_abs()).sum();
				let issued: Wh = Supplies::<Test>::iter().map(|(_, supply)| supply.issued).sum();
				let owed: Wh = Owed::<Test>::iter().map(|(_, _, wh)| wh).sum();
				assert_eq!(issued, fed_in + owed);
			}
		});
	}
}
