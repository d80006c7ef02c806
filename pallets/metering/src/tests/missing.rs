//! Readings that did not come in time.

use crate::{mock::*, Event, HoldReason, Proven, Punctuality, Readings, Reported, COUNTED_DAYS};
use busbar_primitives::{metering::Duty, traits::Prune, Balance, Interval, PointId, Quality};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::DispatchResult;

/// 20,000 Wh between the ratings of a point, at prices that differ by 1 nEUR/Wh.
const CHARGE: Balance = 20_000;

fn report(points: &[PointId]) -> DispatchResult {
	let points = BoundedVec::truncate_from(points.to_vec());
	Metering::report_missing(RuntimeOrigin::signed(OTHER), INTERVAL, points)
}

/// Lets the operator have read `proven` meters in time on the interval's day.
fn punctual(proven: u32) {
	Metering::count(id(OPERATOR), INTERVAL, proven, 0);
}

fn missed(point: PointId, charged: Balance) {
	let event = Event::Missing { interval: INTERVAL, point, operator: id(OPERATOR), charged };
	assert_eq!(last_event(), event);
}

fn bond() -> Balance {
	held(OPERATOR, HoldReason::OperatorBond)
}

#[test]
fn one_of_a_hundred_readings_may_be_missing_and_each_beyond_is_charged_to_who_balances() {
	run(|| {
		register(OPERATOR, 0..3);
		assert_ok!(Metering::post_bond(RuntimeOrigin::signed(OPERATOR), CHARGE));
		punctual(99);
		Now::set(dispute_end(INTERVAL));
		// 1 of 100.
		assert_ok!(report(&[0]));
		missed(0, 0);
		// 2 of 101.
		assert_ok!(report(&[1]));
		missed(1, CHARGE);
		assert_eq!((bond(), Balances::free_balance(BALANCING)), (BOND, WEALTH + CHARGE));
		assert_ok!(report(&[2]));
		assert_eq!((bond(), Balances::free_balance(BALANCING)), (BOND + CHARGE - 2 * CHARGE, WEALTH + 2 * CHARGE));
		// It attests no more before it has posted what its bond lacks.
		let (root, origin) = (Default::default(), RuntimeOrigin::signed(OPERATOR));
		Now::set(delivery_end(INTERVAL));
		assert_noop!(Metering::attest(origin, INTERVAL, root, 0, 0, root), MeteringError::BondTooSmall);
	});
}

#[test]
fn what_is_charged_is_at_most_the_bond() {
	run(|| {
		register(OPERATOR, 0..3);
		Now::set(dispute_end(INTERVAL));
		assert_ok!(report(&[0, 1, 2]));
		missed(2, 0);
		assert_eq!((bond(), Balances::free_balance(BALANCING)), (0, WEALTH + BOND));
	});
}

#[test]
fn an_owner_who_was_charged_for_more_than_it_metered_until_the_reading_came_is_paid() {
	for (import, harmed) in [(100, MEMBER), (900, BALANCING)] {
		run(|| {
			register(OPERATOR, [0]);
			like(0, [400; 4]);
			Now::set(attestation_end(INTERVAL));
			let late = busbar_primitives::metering::Reading { import, export: 0, ..reading(0) };
			assert_ok!(deliver(OPERATOR, late));
			Now::set(dispute_end(INTERVAL));
			assert_ok!(report(&[0]));
			missed(0, CHARGE);
			assert_eq!(Balances::free_balance(harmed), WEALTH + CHARGE);
		});
	}
}

/// The operator reads the days before anew, after it was seen who would be paid for its silence.
#[test]
fn who_is_paid_for_silence_does_not_hang_on_what_like_days_say_when_it_is_reported() {
	run(|| {
		register(OPERATOR, [0]);
		like(0, [400; 4]);
		Now::set(attestation_end(INTERVAL));
		let late = busbar_primitives::metering::Reading { import: 100, export: 0, ..reading(0) };
		assert_ok!(deliver(OPERATOR, late));
		for days in 1..5 {
			let standing = Readings::<Test>::get(INTERVAL - days * 96, 0);
			let registers = busbar_primitives::metering::Registers::default();
			let revised = Proven { registers, version: 2, ..standing.unwrap() };
			Metering::put(INTERVAL - days * 96, 0, standing, revised);
		}
		Now::set(dispute_end(INTERVAL));
		assert_ok!(report(&[0]));
		missed(0, CHARGE);
		assert_eq!(Balances::free_balance(MEMBER), WEALTH + CHARGE);
	});
}

#[test]
fn only_what_is_missing_is_reported_once_and_when_nothing_comes_any_more() {
	run(|| {
		register(OPERATOR, 0..3);
		register(OPERATOR, [OLD_POINT]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		Now::set(dispute_end(INTERVAL) - 1);
		assert_noop!(report(&[1]), MeteringError::WindowOpen);
		Now::set(dispute_end(INTERVAL));
		assert_noop!(report(&[]), MeteringError::EmptyBatch);
		assert_noop!(report(&[1, 0]), MeteringError::NotMissing);
		assert_noop!(report(&[OLD_POINT]), MeteringError::PointNotInForce);
		assert_noop!(report(&[POINTS]), MeteringError::UnknownPoint);
		assert_noop!(report(&[9]), MeteringError::NoMeter);
		assert_ok!(report(&[1]));
		assert_noop!(report(&[1]), MeteringError::AlreadyReported);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 100), 3);
		assert_eq!(Reported::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_estimate_and_an_impossible_reading_are_missing_and_a_gap_without_a_meter_is_nobodys_fault() {
	run(|| {
		register(OPERATOR, 0..2);
		like(0, [250; 4]);
		let estimated = busbar_primitives::metering::Reading {
			import: 250,
			export: 0,
			import_varh: 0,
			export_varh: 0,
			quality: Quality::Estimated,
			..reading(0)
		};
		assert_ok!(deliver(OPERATOR, estimated));
		assert_ok!(deliver(OPERATOR, busbar_primitives::metering::Reading { import: 1 << 32, ..reading(1) }));
		let later = RuntimeOrigin::signed(OPERATOR);
		let class = busbar_primitives::metering::MeterClass::A;
		assert_ok!(Metering::register_meter(later, 2, [7; 32], class, Duty::Main, INTERVAL + 1));
		Now::set(dispute_end(INTERVAL));
		assert_ok!(report(&[0, 1]));
		assert_noop!(report(&[2]), MeteringError::MeterNotInForce);
	});
}

/// Who corrects what came in time is not charged for it, or nobody would correct.
#[test]
fn a_reading_that_came_in_time_is_not_missing_because_a_better_one_came_late() {
	let corrected = |import| busbar_primitives::metering::Reading { import, quality: Quality::Corrected, ..reading(0) };
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		Now::set(attestation_end(INTERVAL));
		assert_ok!(deliver(OPERATOR, corrected(50)));
		Now::set(dispute_end(INTERVAL));
		assert_noop!(report(&[0]), MeteringError::NotMissing);
	});
	// One that came late stays late, whatever follows.
	run(|| {
		register(OPERATOR, [0]);
		Now::set(attestation_end(INTERVAL));
		assert_ok!(deliver(OPERATOR, reading(0)));
		assert_ok!(deliver(OPERATOR, corrected(50)));
		Now::set(dispute_end(INTERVAL));
		assert_ok!(report(&[0]));
		missed(0, CHARGE);
	});
}

#[test]
fn readings_in_time_are_counted_once_by_day_over_thirty_days() {
	run(|| {
		register(OPERATOR, 0..3);
		let proven = attest(OPERATOR, &[reading(0), reading(1), reading(2)]);
		assert_ok!(prove(OPERATOR, &proven[..2]));
		let corrected = busbar_primitives::metering::Reading { quality: Quality::Corrected, ..reading(0) };
		assert_ok!(deliver(OPERATOR, corrected));
		Now::set(attestation_end(INTERVAL));
		let proven = attest(OPERATOR, &[reading(2)]);
		assert_ok!(prove(OPERATOR, &proven));
		let days = Punctuality::<Test>::get(id(OPERATOR));
		assert_eq!(days.iter().map(|day| (day.day, day.proven, day.missing)).collect::<Vec<_>>(), [(4, 2, 0)]);

		let day = |number: u32| -> Interval { number * 96 };
		for number in 5..60 {
			assert_eq!(Metering::count(id(OTHER), day(number), 10, 1).1, (number - 4).min(COUNTED_DAYS));
		}
		let days = Punctuality::<Test>::get(id(OTHER));
		assert_eq!((days.len() as u32, days[0].day, days[29].day), (COUNTED_DAYS, 30, 59));
		// 30 days of 11, and one more reading on the first of them; what is older is forgotten.
		assert_eq!(Metering::count(id(OTHER), day(30), 1, 0), (12, 1));
		assert_eq!(Metering::count(id(OTHER), day(59), 0, 0), (331, 30));
		assert_eq!(Metering::count(id(OTHER), day(29), 5, 5), (0, 0));
		assert_eq!(Punctuality::<Test>::get(id(OTHER)).len() as u32, COUNTED_DAYS);
		// Days without a reading pass, too: the fifth is one of the thirty up to the 34th.
		assert_eq!(Metering::count(id(MEMBER), day(5), 10, 1), (11, 1));
		assert_eq!(Metering::count(id(MEMBER), day(34), 0, 0), (11, 1));
		assert_eq!(Metering::count(id(MEMBER), day(35), 0, 0), (0, 0));
	});
}
