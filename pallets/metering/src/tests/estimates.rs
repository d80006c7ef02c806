//! Estimated readings.

use crate::{mock::*, Proven, Readings};
use busbar_primitives::{
	metering::{Duty, Reading, Registers},
	traits::Readings as _,
	Interval, Quality,
};
use frame_support::{assert_noop, assert_ok};

/// Lets point 0 have counted this in an earlier interval.
fn counted(interval: Interval, import: u64, quality: Quality) {
	let registers = Registers { import, export: 4, import_varh: -1, export_varh: 2 };
	let proven = Proven { registers, quality, ..super::super::mock::counted(interval, 0, import) };
	Readings::<Test>::insert(interval, 0, proven);
}

fn estimated(import: u64) -> Reading {
	Reading { import, export: 4, import_varh: -1, export_varh: 2, quality: Quality::Estimated, ..reading(0) }
}

#[test]
fn an_estimate_is_the_mean_of_the_same_interval_on_the_last_four_days() {
	run(|| {
		register(OPERATOR, [0]);
		counted(INTERVAL - 96, 10, Quality::Measured);
		counted(INTERVAL - 2 * 96, 1_000, Quality::Estimated);
		counted(INTERVAL - 3 * 96, 21, Quality::Corrected);
		// Four days ago nothing was read, and neither the hours between nor the fifth day count.
		counted(INTERVAL - 95, 5_000, Quality::Measured);
		for wrong in [14, 16, 0, 347] {
			let proven = attest(OPERATOR, &[estimated(wrong)]);
			assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongEstimate);
		}
		assert_ok!(deliver(OPERATOR, estimated(15)));
		assert_eq!(Metering::of(0, INTERVAL), Some(estimated(15).metered()));
	});
}

#[test]
fn without_a_day_to_follow_there_is_no_estimate() {
	run(|| {
		register(OPERATOR, [0]);
		counted(INTERVAL - 96, 10, Quality::Estimated);
		let proven = attest(OPERATOR, &[estimated(10)]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::NoBasis);
	});
}

#[test]
fn what_was_counted_replaces_an_estimate_when_it_comes_late() {
	run(|| {
		register(OPERATOR, [0]);
		counted(INTERVAL - 96, 10, Quality::Measured);
		assert_ok!(deliver(OPERATOR, estimated(10)));
		assert_ok!(deliver(OPERATOR, reading(0)));
		assert_eq!(Metering::of(0, INTERVAL), Some(reading(0).metered()));
		assert_eq!(Metering::version(0, INTERVAL), 2);
		let proven = attest(OPERATOR, &[estimated(10)]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::Weaker);
	});
}

#[test]
fn an_estimate_follows_what_it_is_the_mean_of() {
	run(|| {
		register(OPERATOR, [0]);
		counted(INTERVAL - 96, 10, Quality::Measured);
		assert_ok!(deliver(OPERATOR, estimated(10)));
		counted(INTERVAL - 96, 12, Quality::Corrected);
		assert_ok!(deliver(OPERATOR, estimated(12)));
		assert_eq!(Metering::of(0, INTERVAL), Some(estimated(12).metered()));
	});
}

#[test]
fn a_check_meter_is_not_estimated() {
	run(|| {
		register(OPERATOR, [0]);
		name_attester([0]);
		counted(INTERVAL - 96, 10, Quality::Measured);
		let proven = attest(ATTESTER, &[Reading { meter: meter_at(0, Duty::Check), ..estimated(10) }]);
		assert_noop!(prove(ATTESTER, &proven), MeteringError::NoBasis);
	});
}
