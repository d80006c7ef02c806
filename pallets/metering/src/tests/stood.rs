//! What stood at a time that is over does not depend on when one asks.

use crate::{mock::*, Error, Readings, Replaced, Verdict, DISPUTED_UP_TO};
use busbar_primitives::{
	metering::{Basis, Reading, Standing},
	traits::{Grid, Prune, Readings as _},
	Moment, Quality,
};
use frame_support::{assert_noop, assert_ok};

fn drawn(import: u64, quality: Quality) -> Reading {
	Reading { import, export: 0, quality, ..reading(0) }
}

fn later() -> Moment {
	Now::mutate(|now| {
		*now += 1;
		*now
	})
}

fn rule(verdict: Verdict) {
	assert_ok!(Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, verdict));
}

#[test]
fn what_stood_at_a_time_is_said_the_same_whatever_came_later() {
	run(|| {
		register(OPERATOR, [0]);
		let began = Now::get();
		let came = later();
		assert_ok!(deliver(OPERATOR, drawn(300, Quality::Measured)));
		let corrected = later();
		assert_ok!(deliver(OPERATOR, drawn(200, Quality::Corrected)));
		let struck = later();
		assert_ok!(challenge(BALANCING, None));
		rule(Verdict::Upheld);
		let again = later();
		assert_ok!(dispute(MEMBER, &drawn(250, Quality::Corrected), None));
		rule(Verdict::Upheld);
		// Replaced and replaced back within one moment: nothing of that ever stood.
		assert_ok!(challenge(BALANCING, Some(drawn(260, Quality::Corrected).registers())));
		rule(Verdict::Upheld);
		let now = later();
		let stood = |at| Metering::stood(0, INTERVAL, at);
		let expected =
			[(began, None), (came, None), (corrected, Some(300)), (struck, Some(200)), (again, None), (now, Some(260))];
		for (at, wh) in expected {
			assert_eq!(stood(at), wh, "at {at}");
		}
		assert_eq!(Replaced::<Test>::get(INTERVAL, 0).len(), 3);
	});
}

/// A silent point's like day is corrected after delivery: on the devices' word, or by a ruling that the regulator could make
/// before or after anybody settles.
#[test]
fn an_estimate_is_of_what_stood_at_its_time_however_late_it_is_asked_for() {
	run(|| {
		register(OPERATOR, [0]);
		let at = Now::get() + 1;
		assert_ok!(deliver(OPERATOR, drawn(400, Quality::Measured)));
		let later_day = INTERVAL + 96;
		for days in [1, 2, 3] {
			counted(INTERVAL - days * 96, 0, 400);
		}
		let details = busbar_mocks::MockGrid::point(0).unwrap();
		let silent = Standing::Silent { declared: false };
		let estimate = |at, last| Metering::basis(0, &details, later_day, silent, last, at);
		Now::set(at);
		assert_ok!(deliver(OPERATOR, drawn(0, Quality::Corrected)));
		Now::set(at + 1);
		let of = |wh: &[i64]| Basis::Estimate { declared: false, wh: wh.to_vec() };
		assert_eq!(estimate(at, false), of(&[400]));
		assert_eq!(estimate(at, true), of(&[400; 4]));
		assert_eq!(estimate(at + 1, false), of(&[300]));
		assert_eq!(estimate(at + 1, true), of(&[0, 400, 400, 400]));
	});
}

#[test]
fn a_reading_that_the_regulator_replaced_again_and_again_is_disputed_no_more() {
	run(|| {
		register(OPERATOR, [0]);
		name_attester([0]);
		assert_ok!(deliver(OPERATOR, drawn(300, Quality::Corrected)));
		for import in 0..DISPUTED_UP_TO as u64 {
			later();
			assert_ok!(dispute(MEMBER, &drawn(import, Quality::Corrected), None));
			rule(Verdict::Upheld);
		}
		later();
		let claim = drawn(500, Quality::Corrected);
		assert_noop!(dispute(MEMBER, &claim, None), Error::<Test>::ReplacedTooOften);
		assert_noop!(challenge(REGULATOR, None), Error::<Test>::ReplacedTooOften);
		// A check meter that disagrees is taken, and opens none.
		assert_ok!(deliver(ATTESTER, Reading { import: 900, ..check_reading(0) }));
		assert!(!Metering::is_contested(0, INTERVAL));
		let last = DISPUTED_UP_TO as i64 - 1;
		assert_eq!(Metering::stood(0, INTERVAL, Now::get()), Some(last));
		assert_eq!(Readings::<Test>::get(INTERVAL, 0).unwrap().net(), last);
		while Metering::prune(INTERVAL, 1) > 0 {}
		assert_eq!(Replaced::<Test>::iter().count(), 0);
	});
}
