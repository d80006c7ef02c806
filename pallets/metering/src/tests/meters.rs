//! Registering meters.

use crate::{mock::*, Event, Meter, Meters};
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use sp_runtime::DispatchError;

fn register_meter(account: AccountId, point: u32) -> sp_runtime::DispatchResult {
	Metering::register_meter(RuntimeOrigin::signed(account), point, [7; 32])
}

#[test]
fn a_meter_belongs_to_the_operator_that_registered_it() {
	run(|| {
		assert_ok!(register_meter(LOCAL_OPERATOR, 3));
		let meter = Meter { operator: id(LOCAL_OPERATOR), device: [7; 32], since: Now::get() };
		assert_eq!(Meters::<Test>::get(3), Some(meter));
		let operator = id(LOCAL_OPERATOR);
		System::assert_last_event(
			Event::MeterRegistered { point: 3, operator, device: [7; 32], replaced: None }.into(),
		);
	});
}

#[test]
fn a_new_meter_replaces_the_old_one() {
	run(|| {
		register(OPERATOR, [3]);
		assert_ok!(register_meter(LOCAL_OPERATOR, 3));
		let operator = id(LOCAL_OPERATOR);
		let replaced = Some(id(OPERATOR));
		System::assert_last_event(Event::MeterRegistered { point: 3, operator, device: [7; 32], replaced }.into());
		assert_eq!(Meters::<Test>::get(3).unwrap().operator, operator);
		assert_eq!(Meters::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_meter_is_registered_only_by_a_meter_operator_of_the_point_s_zone() {
	run(|| {
		assert_noop!(register_meter(LOCAL_OPERATOR, POINTS_IN_ZONE_1), DispatchError::Other("no role"));
		assert_noop!(register_meter(MEMBER, 3), DispatchError::Other("no role"));
		assert_noop!(Metering::register_meter(RawOrigin::Root.into(), 3, [7; 32]), DispatchError::BadOrigin);
	});
}

#[test]
fn a_meter_of_an_unknown_point_is_refused() {
	run(|| {
		assert_noop!(register_meter(OPERATOR, POINTS), MeteringError::UnknownPoint);
	});
}
