//! Batches of meters: as one by one, and all or none.

use crate::{mock::*, FittedMeters, Meters, NewMeter, NextMeter};
use busbar_primitives::{
	metering::{Duty, Meter, MeterClass},
	PointId,
};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::{traits::Dispatchable, DispatchResult};

fn new(point: PointId) -> NewMeter {
	NewMeter { point, device: [point as u8; 32], class: MeterClass::B, duty: Duty::Main, from: 0 }
}

fn register_all(account: AccountId, meters: &[NewMeter]) -> DispatchResult {
	let call = crate::Call::register_meters { meters: BoundedVec::truncate_from(meters.to_vec()) };
	let origin = RuntimeOrigin::signed(account);
	RuntimeCall::Metering(call).dispatch(origin).map(|_| ()).map_err(|error| error.error)
}

/// The meters, where they are, and what was told of them.
fn registered() -> (Vec<(u32, Meter)>, usize, Vec<RuntimeEvent>) {
	let mut meters: Vec<_> = Meters::<Test>::iter().collect();
	meters.sort_by_key(|(meter, _)| *meter);
	let events = System::events().into_iter().map(|record| record.event).collect();
	(meters, FittedMeters::<Test>::iter().count(), events)
}

#[test]
fn a_batch_does_what_its_calls_do_one_by_one() {
	let meters = [new(0), new(7), NewMeter { from: INTERVAL + 20, device: [99; 32], ..new(0) }, new(25)];
	let one_by_one = run(|| {
		for NewMeter { point, device, class, duty, from } in meters {
			let origin = RuntimeOrigin::signed(OPERATOR);
			assert_ok!(Metering::register_meter(origin, point, device, class, duty, from));
		}
		registered()
	});
	let at_once = run(|| {
		assert_ok!(register_all(OPERATOR, &meters));
		registered()
	});
	assert_eq!(at_once, one_by_one);
	assert_eq!((at_once.0.len(), at_once.1), (4, 3));
	assert_eq!(at_once.0[0].1.until, Some(INTERVAL + 20));
}

#[test]
fn one_refused_meter_refuses_the_batch() {
	run(|| {
		assert_noop!(register_all(OPERATOR, &[new(0), new(POINTS)]), MeteringError::UnknownPoint);
		assert_noop!(register_all(OPERATOR, &[new(0), new(0)]), MeteringError::TooLate);
		assert_noop!(register_all(OPERATOR, &[]), MeteringError::EmptyBatch);
		let outside = [new(0), new(POINTS_IN_ZONE_1)];
		assert_ok!(Metering::admit_operator(RuntimeOrigin::signed(MEMBER), 0, Some(id(LOCAL_OPERATOR))));
		assert_noop!(register_all(LOCAL_OPERATOR, &outside), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(register_all(MEMBER, &outside), refused::ROLE_MISSING);
		let check = NewMeter { duty: Duty::Check, ..new(0) };
		assert_noop!(register_all(OPERATOR, &[new(0), check]), MeteringError::NotNamed);
		assert_ok!(register_all(LOCAL_OPERATOR, &outside[..1]));
		assert_eq!(NextMeter::<Test>::get(), 1);
	});
}
