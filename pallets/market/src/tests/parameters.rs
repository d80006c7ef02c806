//! Parameters at genesis and after.

use crate::{
	mock::*,
	parameters::{ParameterError, PRICE_LIMIT},
	Error, Event, Parameters, ParametersValue,
};
use busbar_primitives::{PostedBounds, Product};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{BuildStorage, DispatchError};

fn set(parameters: Parameters) -> sp_runtime::DispatchResult {
	Market::set_parameters(RuntimeOrigin::root(), parameters)
}

#[test]
fn the_council_changes_what_may_change() {
	test(market(), || {
		let new = Parameters {
			horizon: 5,
			products: products(&[auction(48, 20), auction(20, 6)]),
			tick: 5,
			price_cap: 6_000,
			retention: 9,
			attestation_window_s: 24,
			..parameters()
		};
		assert_ok!(set(new.clone()));
		assert_eq!(ParametersValue::<Test>::get(), new);
		assert_eq!(events().pop(), Some(Event::ParametersSet { parameters: new }));
	});
}

#[test]
fn nobody_else_changes_them() {
	test(market(), || {
		assert_noop!(Market::set_parameters(RuntimeOrigin::signed(1), parameters()), DispatchError::BadOrigin);
		assert_noop!(Market::set_parameters(RuntimeOrigin::none(), parameters()), DispatchError::BadOrigin);
	});
}

#[test]
fn what_intervals_are_numbered_and_measured_by_stays() {
	test(market(), || {
		for changed in [
			Parameters { interval_clock_s: 24, ..parameters() },
			Parameters { interval_s: 1_800, ..parameters() },
			Parameters { epoch: EPOCH + 1, ..parameters() },
		] {
			assert_noop!(set(changed), Error::<Test>::FixedAtGenesis);
		}
	});
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
	test(market(), || {
		let p = parameters();
		let posted = |short_max, long_min| Parameters { posted: PostedBounds { short_max, long_min }, ..p.clone() };
		let windows =
			|attestation_window_s, dispute_window_s| Parameters { attestation_window_s, dispute_window_s, ..p.clone() };
		let of = |list: &[Product]| Parameters { products: products(list), ..p.clone() };
		for (changed, error) in [
			(Parameters { horizon: 0, ..p.clone() }, Error::<Test>::InvalidHorizon),
			(Parameters { horizon: busbar_primitives::MAX_HORIZON + 1, ..p.clone() }, Error::InvalidHorizon),
			(of(&[auction(40, 36)]), Error::InvalidHorizon),
			(of(&[]), Error::InvalidProducts),
			(of(&[auction(36, 4), auction(36, 1)]), Error::InvalidProducts),
			(of(&[auction(4, 4)]), Error::InvalidProducts),
			(Parameters { tick: 0, ..p.clone() }, Error::InvalidTick),
			(Parameters { price_cap: 5_001, ..p.clone() }, Error::InvalidPriceBounds),
			(Parameters { price_floor: -1_001, ..p.clone() }, Error::InvalidPriceBounds),
			(Parameters { price_floor: 5_010, ..p.clone() }, Error::InvalidPriceBounds),
			(Parameters { price_cap: PRICE_LIMIT + 10, ..p.clone() }, Error::InvalidPriceBounds),
			(Parameters { price_floor: i64::MIN, tick: 1, ..p.clone() }, Error::InvalidPriceBounds),
			(windows(86_401, 6 * 86_400 + 43_200), Error::WindowsTooLong),
			(windows(u32::MAX, u32::MAX), Error::WindowsTooLong),
			(posted(10, 11), Error::InvalidPostedBounds),
			(posted(PRICE_LIMIT + 1, 0), Error::InvalidPostedBounds),
			(posted(0, -PRICE_LIMIT - 1), Error::InvalidPostedBounds),
		] {
			assert_noop!(set(changed), error);
		}
		assert_ok!(set(windows(86_400, 6 * 86_400 + 43_200)));
	});
}

#[test]
fn a_clock_that_is_no_multiple_of_the_slot_is_invalid() {
	let p = parameters();
	assert_eq!(p.validate::<Test>(2_000), Ok(()));
	assert_eq!(p.validate::<Test>(5_000), Err(ParameterError::Clock));
	assert_eq!(p.validate::<Test>(0), Err(ParameterError::Clock));
	assert_eq!(Parameters { interval_clock_s: 0, ..p.clone() }.validate::<Test>(2_000), Err(ParameterError::Clock));
	assert_eq!(Parameters { interval_s: 0, ..p.clone() }.validate::<Test>(2_000), Err(ParameterError::Clock));
	assert_eq!(Parameters::default().validate::<Test>(2_000), Ok(()));
}

#[test]
#[should_panic = "market parameters at genesis: Err(Clock)"]
fn a_genesis_with_invalid_parameters_is_refused() {
	let parameters = Parameters { interval_clock_s: 13, ..parameters() };
	let market = crate::GenesisConfig { parameters, ..Default::default() };
	let _ = RuntimeGenesisConfig { market, ..Default::default() }.build_storage();
}
