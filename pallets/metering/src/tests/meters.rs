//! Registering, replacing and retiring meters, and naming second attesters.

use crate::{mock::*, Attesters, Event, FittedMeters, Meters, Named, NextMeter, Successors};
use busbar_mocks::MockParticipants;
use busbar_primitives::{
	metering::{Duty, Meter, MeterClass, Reading},
	traits::Meters as _,
	Interval, Role, Scope,
};
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use sp_core::Pair;
use sp_runtime::{DispatchError, DispatchResult};

fn register_from(account: AccountId, point: u32, duty: Duty, from: Interval) -> DispatchResult {
	Metering::register_meter(RuntimeOrigin::signed(account), point, [7; 32], MeterClass::B, duty, from)
}

fn register_meter(account: AccountId, point: u32) -> DispatchResult {
	register_from(account, point, Duty::Main, 0)
}

fn retire(account: AccountId, meter: u32, until: Interval) -> DispatchResult {
	Metering::retire_meter(RuntimeOrigin::signed(account), meter, until)
}

fn admit(account: AccountId, point: u32, operator: Option<AccountId>) -> DispatchResult {
	Metering::admit_operator(RuntimeOrigin::signed(account), point, operator.map(id))
}

fn cancel(account: AccountId, meter: u32) -> DispatchResult {
	Metering::cancel_meter(RuntimeOrigin::signed(account), meter)
}

/// The first interval whose delivery has not begun in [`run`].
const AHEAD: Interval = INTERVAL + 2;
/// The first interval whose session has not opened in [`run`].
const UNOPENED: Interval = INTERVAL + 6;

#[test]
fn a_meter_belongs_to_the_operator_that_registered_it() {
	run(|| {
		assert_ok!(admit(MEMBER, 3, Some(LOCAL_OPERATOR)));
		assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD));
		let operator = id(LOCAL_OPERATOR);
		let (device, class, duty) = ([7; 32], MeterClass::B, Duty::Main);
		let meter = Meter { point: 3, operator, device, class, duty, from: AHEAD, until: None, since: Now::get() };
		assert_eq!(Meters::<Test>::get(0), Some(meter));
		let event = Event::MeterRegistered { meter: 0, point: 3, operator, device, duty, from: AHEAD, replaced: None };
		assert_eq!(last_event(), event);
	});
}

#[test]
fn a_new_meter_begins_where_the_old_one_ends_so_that_no_interval_is_without_one() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(admit(MEMBER, 3, Some(LOCAL_OPERATOR)));
		assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD));
		let (old, new) = (Meters::<Test>::get(0).unwrap(), Meters::<Test>::get(1).unwrap());
		assert_eq!((old.operator, new.operator), (id(OPERATOR), id(LOCAL_OPERATOR)));
		for interval in FIRST..AHEAD + 9 {
			assert_eq!(u32::from(old.counts(interval)) + u32::from(new.counts(interval)), 1, "{interval}");
			assert_eq!(new.counts(interval), interval >= AHEAD);
		}
		let Event::MeterRegistered { replaced, .. } = last_event() else { panic!("another event") };
		assert_eq!(replaced, Some(0));
	});
}

#[test]
fn a_meter_is_not_replaced_in_an_interval_whose_delivery_has_begun() {
	run(|| {
		register(OPERATOR, [3]);
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD - 1), MeteringError::TooLate);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 5));
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 5), MeteringError::Overlap);
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD), MeteringError::Overlap);
	});
}

#[test]
fn a_point_keeps_two_meters_of_a_duty_until_the_older_is_beyond_dispute() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD));
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 1), MeteringError::ReplacedTooSoon);
		Now::set(dispute_end(AHEAD - 1) - 1);
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 50), MeteringError::ReplacedTooSoon);
		Now::set(dispute_end(AHEAD - 1));
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 50));
		assert_eq!(Meters::<Test>::iter_keys().collect::<std::collections::BTreeSet<_>>(), [1, 2].into());
		let fitted = FittedMeters::<Test>::get(3, Duty::Main).unwrap();
		assert_eq!((fitted.meter, fitted.before), (2, Some(1)));
	});
}

#[test]
fn a_retired_meter_counts_no_more_and_its_successor_may_come_later() {
	run(|| {
		register(OPERATOR, [3]);
		assert_noop!(retire(OPERATOR, 9, UNOPENED), MeteringError::NoMeter);
		assert_noop!(retire(MEMBER, 0, UNOPENED), refused::NOT_DELEGATE);
		assert_noop!(retire(OPERATOR, 0, UNOPENED - 1), MeteringError::TooLate);
		assert_ok!(retire(OPERATOR, 0, UNOPENED + 2));
		assert_eq!(last_event(), Event::MeterRetired { meter: 0, point: 3, until: UNOPENED + 2 });
		assert_noop!(retire(OPERATOR, 0, UNOPENED + 3), MeteringError::AlreadyRetired);
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, UNOPENED + 1), MeteringError::Overlap);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, UNOPENED + 4));
		assert_eq!(Meters::<Test>::get(0).unwrap().until, Some(UNOPENED + 2));
		assert_noop!(retire(OPERATOR, 1, UNOPENED + 4), MeteringError::Overlap);
	});
}

#[test]
fn only_the_meter_that_counts_in_an_interval_is_read_for_it() {
	run(|| {
		assert_ok!(Metering::register_meter(
			RuntimeOrigin::signed(OPERATOR),
			3,
			device(3).public().0,
			MeterClass::A,
			Duty::Main,
			INTERVAL + 1
		));
		let proven = attest(OPERATOR, &[Reading { ..reading(3) }]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::MeterNotInForce);
	});
}

#[test]
fn a_meter_is_registered_only_by_a_meter_operator_of_the_point_s_zone() {
	run(|| {
		assert_noop!(register_meter(LOCAL_OPERATOR, POINTS_IN_ZONE_1), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(register_meter(MEMBER, 3), refused::ROLE_MISSING);
		let root = Metering::register_meter(RawOrigin::Root.into(), 3, [7; 32], MeterClass::A, Duty::Main, 0);
		assert_noop!(root, DispatchError::BadOrigin);
	});
}

#[test]
fn a_meter_of_an_unknown_point_is_refused() {
	run(|| {
		assert_noop!(register_meter(OPERATOR, POINTS), MeteringError::UnknownPoint);
	});
}

#[test]
fn meter_numbers_end() {
	run(|| {
		NextMeter::<Test>::put(u32::MAX);
		assert_noop!(register_meter(OPERATOR, 3), MeteringError::TooManyMeters);
	});
}

#[test]
fn the_owner_names_the_second_attester_which_registers_the_check_meter() {
	run(|| {
		assert_noop!(register_from(ATTESTER, 3, Duty::Check, AHEAD), MeteringError::NotNamed);
		let name = |account, attester| Metering::name_attester(RuntimeOrigin::signed(account), 3, attester);
		assert_noop!(name(OPERATOR, Some(id(ATTESTER))), refused::NOT_DELEGATE);
		assert_noop!(name(MEMBER, Some(id(99))), refused::UNKNOWN_PARTICIPANT);
		let unknown = Metering::name_attester(RuntimeOrigin::signed(MEMBER), POINTS, None);
		assert_noop!(unknown, MeteringError::UnknownPoint);
		assert_ok!(name(MEMBER, Some(id(ATTESTER))));
		assert_eq!(last_event(), Event::AttesterNamed { point: 3, attester: Some(id(ATTESTER)) });
		assert_noop!(register_from(OPERATOR, 3, Duty::Check, AHEAD), refused::NOT_DELEGATE);
		assert_noop!(register_from(ATTESTER, 3, Duty::Check, AHEAD - 1), MeteringError::TooLate);
		assert_ok!(register_from(ATTESTER, 3, Duty::Check, AHEAD));
		assert_eq!(Meters::<Test>::get(0).unwrap().duty, Duty::Check);
		// The main meter is another one.
		register(OPERATOR, [3]);
		assert_eq!((meter_at(3, Duty::Check), meter_at(3, Duty::Main)), (0, 1));
	});
}

#[test]
fn how_often_a_participant_is_named_is_counted() {
	run(|| {
		let name = |point, attester| Metering::name_attester(RuntimeOrigin::signed(MEMBER), point, attester);
		assert_ok!(name(3, Some(id(ATTESTER))));
		assert_ok!(name(4, Some(id(ATTESTER))));
		assert_ok!(name(4, Some(id(ATTESTER))));
		assert_eq!(Named::<Test>::get(id(ATTESTER)), Some(2));
		assert_ok!(name(3, Some(id(OTHER))));
		assert_ok!(name(4, None));
		assert_eq!((Named::<Test>::get(id(ATTESTER)), Named::<Test>::get(id(OTHER))), (None, Some(1)));
		assert_eq!(Attesters::<Test>::iter().count(), 1);
	});
}

#[test]
fn another_operator_of_the_zone_does_not_take_over_a_meter_unless_who_it_concerns_admits_it() {
	run(|| {
		register(OPERATOR, [3]);
		assert_noop!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD), MeteringError::NotAdmitted);
		for stranger in [LOCAL_OPERATOR, OTHER, BALANCING] {
			assert_noop!(admit(stranger, 3, Some(LOCAL_OPERATOR)), MeteringError::NotAdmitted);
		}
		assert_noop!(admit(MEMBER, 3, Some(99)), refused::UNKNOWN_PARTICIPANT);
		assert_noop!(admit(MEMBER, POINTS, Some(OPERATOR)), MeteringError::UnknownPoint);
		// The owner, the operator that is there, or the grid operator.
		for admits in [MEMBER, OPERATOR, DSO] {
			assert_ok!(admit(admits, 3, Some(LOCAL_OPERATOR)));
			assert_eq!(last_event(), Event::OperatorAdmitted { point: 3, operator: Some(id(LOCAL_OPERATOR)) });
			assert_ok!(admit(admits, 3, None));
			assert_noop!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD), MeteringError::NotAdmitted);
		}
		assert_ok!(admit(DSO, 3, Some(LOCAL_OPERATOR)));
		assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD));
		// Once: the one that was there needs to be admitted again.
		assert_eq!(Successors::<Test>::get(3), None);
		Now::set(dispute_end(AHEAD));
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 20), MeteringError::NotAdmitted);
		assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD + 20));
	});
}

#[test]
fn a_meter_that_would_count_from_far_ahead_on_bricks_no_point() {
	run(|| {
		register(OPERATOR, [3]);
		// The first that has not opened is 406.
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, 4_000_000_000), MeteringError::TooFarAhead);
		assert_noop!(register_from(OPERATOR, 4, Duty::Main, 4_000_000_000), MeteringError::TooFarAhead);
		assert_noop!(retire(OPERATOR, 0, 4_000_000_000), MeteringError::TooFarAhead);
		assert_noop!(register_from(OPERATOR, 3, Duty::Main, 406 + MAX_AHEAD + 1), MeteringError::TooFarAhead);
		assert_noop!(retire(OPERATOR, 0, 406 + MAX_AHEAD + 1), MeteringError::TooFarAhead);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, 406 + MAX_AHEAD));
	});
}

#[test]
fn a_future_meter_is_cancelled_and_the_one_before_it_counts_on() {
	for account in [OPERATOR, MEMBER, DSO, LOCAL_OPERATOR] {
		run(|| {
			register(OPERATOR, [3]);
			assert_ok!(admit(OPERATOR, 3, Some(LOCAL_OPERATOR)));
			assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD + 5));
			assert_noop!(cancel(OTHER, 1), MeteringError::NotAdmitted);
			assert_noop!(cancel(account, 0), MeteringError::Overlap);
			assert_noop!(cancel(account, 9), MeteringError::NoMeter);
			assert_ok!(cancel(account, 1));
			assert_eq!(last_event(), Event::MeterCancelled { meter: 1, point: 3 });
			assert_eq!(Meters::<Test>::get(0).unwrap().until, None);
			let fitted = FittedMeters::<Test>::get(3, Duty::Main).unwrap();
			assert_eq!((fitted.meter, fitted.before), (0, None));
			// One that counts already is not cancelled.
			assert_noop!(cancel(account, 0), MeteringError::TooLate);
		});
	}
}

/// What it read of that delivery would be of no meter any more.
#[test]
fn a_meter_that_took_anothers_place_is_not_cancelled_once_its_first_delivery_has_begun() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD));
		let begins = delivery_end(AHEAD - 1);
		Now::set(begins);
		assert_noop!(cancel(OPERATOR, 1), MeteringError::TooLate);
		Now::set(begins - 1);
		assert_ok!(cancel(OPERATOR, 1));
	});
}

#[test]
fn a_cancelled_meter_does_not_bring_back_one_that_was_retired() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(retire(OPERATOR, 0, UNOPENED + 2));
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, UNOPENED + 2));
		assert_ok!(cancel(OPERATOR, 1));
		assert_eq!(Meters::<Test>::get(0).unwrap().until, Some(UNOPENED + 2));
		// A point's first meter that has not begun leaves none.
		assert_ok!(register_from(OPERATOR, 4, Duty::Main, UNOPENED + 2));
		assert_ok!(cancel(OPERATOR, 2));
		assert_eq!(FittedMeters::<Test>::get(4, Duty::Main), None);
		assert_ok!(register_from(OPERATOR, 4, Duty::Main, 0));
	});
}

/// An owner who saw what it fed in, and not what it drew, would have its friend read the one and not the other.
#[test]
fn a_points_first_meter_counts_no_interval_whose_delivery_has_begun() {
	run(|| {
		for (point, from) in [(3, 0), (4, INTERVAL), (5, AHEAD - 1)] {
			assert_ok!(register_from(OPERATOR, point, Duty::Main, from));
			assert_eq!(Metering::metered_from(point), Some(UNOPENED));
			let Event::MeterRegistered { from, .. } = last_event() else { panic!("another event") };
			assert_eq!(from, UNOPENED);
		}
		assert_ok!(register_from(OPERATOR, 6, Duty::Main, AHEAD));
		assert_eq!((Metering::metered_from(6), Metering::metered_from(7)), (Some(AHEAD), None));
	});
}

#[test]
fn a_point_was_metered_from_its_first_meter_on_whatever_becomes_of_it() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD));
		Now::set(dispute_end(AHEAD));
		// The first one is forgotten.
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, AHEAD + 50));
		assert_eq!(Metering::metered_from(3), Some(FIRST));
		assert_ok!(cancel(OPERATOR, 2));
		assert_eq!(Metering::metered_from(3), Some(FIRST));
		assert_ok!(retire(OPERATOR, 1, AHEAD + 50));
		assert_eq!(Metering::metered_from(3), Some(FIRST));
		// A check meter settles nothing.
		name_attester([4]);
		assert_eq!(Metering::metered_from(4), None);
	});
}

/// Orders of intervals that are open count on it: who takes it back, or ends it, would leave its owner silent.
#[test]
fn a_meter_that_orders_may_count_on_is_neither_taken_back_nor_ended() {
	run(|| {
		assert_ok!(register_from(OPERATOR, 3, Duty::Main, UNOPENED - 1));
		assert_noop!(cancel(OPERATOR, 0), MeteringError::TooLate);
		assert_noop!(retire(OPERATOR, 0, UNOPENED - 1), MeteringError::TooLate);
		assert_ok!(register_from(OPERATOR, 4, Duty::Main, UNOPENED));
		assert_ok!(cancel(OPERATOR, 1));
		assert_eq!(Metering::metered_from(4), None);
		// One that has a predecessor leaves nobody silent.
		register(OPERATOR, [5]);
		assert_ok!(register_from(OPERATOR, 5, Duty::Main, AHEAD));
		assert_ok!(cancel(OPERATOR, 3));
	});
}

/// From its first meter on a point's silence is its owner's debt, and that meter's operator decides what it says.
#[test]
fn an_operator_of_a_part_fits_a_first_meter_only_where_owner_or_grid_operator_admits_it() {
	run(|| {
		let register = |point| register_from(LOCAL_OPERATOR, point, Duty::Main, AHEAD);
		assert_noop!(register(3), MeteringError::NotAdmitted);
		assert_noop!(admit(LOCAL_OPERATOR, 3, Some(LOCAL_OPERATOR)), MeteringError::NotAdmitted);
		for (admits, point) in [(MEMBER, 3), (DSO, 4)] {
			assert_ok!(admit(admits, point, Some(LOCAL_OPERATOR)));
			assert_ok!(register(point));
			assert_eq!(Successors::<Test>::get(point), None);
		}
		// As the grid operator.
		MockParticipants::grant(LOCAL_OPERATOR, Role::Dso, Scope::Zone(1));
		assert_ok!(register(5));
	});
}

#[test]
fn nobody_registers_the_main_meter_of_its_own_point() {
	run(|| {
		MockParticipants::grant(MEMBER, Role::MeterOperator, Scope::Grid);
		assert_noop!(register_meter(MEMBER, 3), MeteringError::OwnPoint);
		register(OPERATOR, [3]);
		assert_noop!(register_from(MEMBER, 3, Duty::Main, AHEAD), MeteringError::OwnPoint);
		assert_ok!(admit(MEMBER, 3, Some(LOCAL_OPERATOR)));
		assert_ok!(register_from(LOCAL_OPERATOR, 3, Duty::Main, AHEAD));
	});
}
