//! Attesting an interval's readings.

use crate::{mock::*, Dataset, Datasets, Event, Operators};
use busbar_primitives::Interval;
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

const ROOT: H256 = H256::repeat_byte(1);
const CONTENT: H256 = H256::repeat_byte(2);

fn attest_at(account: AccountId, interval: Interval) -> DispatchResult {
	Metering::attest(RuntimeOrigin::signed(account), interval, ROOT, 3, 171, CONTENT)
}

#[test]
fn an_attestation_stands_for_its_interval_and_operator() {
	run(|| {
		assert_ok!(attest_at(OPERATOR, INTERVAL));
		let dataset = Dataset { root: ROOT, count: 3, bytes: 171, content: CONTENT, version: 1, at: Now::get() };
		assert_eq!(Datasets::<Test>::get(INTERVAL, id(OPERATOR)), Some(dataset));
		let (interval, operator) = (INTERVAL, id(OPERATOR));
		System::assert_last_event(
			Event::Attested { interval, operator, version: 1, root: ROOT, count: 3, bytes: 171, content: CONTENT }
				.into(),
		);
		// Another operator and another interval are attested apart from it; a role in one zone is enough.
		assert_ok!(attest_at(LOCAL_OPERATOR, INTERVAL));
		assert_ok!(attest_at(OPERATOR, INTERVAL - 1));
	});
}

#[test]
fn a_later_attestation_is_a_new_version_up_to_a_limit() {
	run(|| {
		for version in 1..=MaxVersions::get() {
			assert_ok!(attest_at(OPERATOR, INTERVAL));
			assert_eq!(Datasets::<Test>::get(INTERVAL, id(OPERATOR)).unwrap().version, version);
		}
		assert_noop!(attest_at(OPERATOR, INTERVAL), MeteringError::TooManyVersions);
		assert_eq!(Operators::<Test>::get(id(OPERATOR)).unwrap().attested, 1);
		assert_ok!(attest_at(LOCAL_OPERATOR, INTERVAL));
	});
}

#[test]
fn an_operator_may_attest_that_it_has_no_reading() {
	run(|| {
		let none = busbar_merkle::root(&[]);
		assert_ok!(Metering::attest(RuntimeOrigin::signed(OPERATOR), INTERVAL, none, 0, 0, CONTENT));
		register(OPERATOR, [0]);
		let (_, proven) = dataset(&[sign(&reading(0))]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongProof);
	});
}

#[test]
fn readings_are_attested_between_the_end_of_delivery_and_the_end_of_the_dispute_window() {
	run(|| {
		Now::set(delivery_end(INTERVAL) - 1);
		assert_noop!(attest_at(OPERATOR, INTERVAL), MeteringError::NotDelivered);
		Now::set(delivery_end(INTERVAL));
		assert_ok!(attest_at(OPERATOR, INTERVAL));
		Now::set(dispute_end(INTERVAL) - 1);
		assert_ok!(attest_at(LOCAL_OPERATOR, INTERVAL));
	});
	run(|| {
		Now::set(dispute_end(INTERVAL));
		assert_noop!(attest_at(OPERATOR, INTERVAL), MeteringError::WindowClosed);
	});
}

#[test]
fn an_interval_that_never_opened_is_not_attested() {
	run(|| {
		assert_noop!(attest_at(OPERATOR, INTERVAL + 100), MeteringError::UnknownInterval);
	});
}

#[test]
fn only_a_meter_operator_or_a_named_attester_attests() {
	run(|| {
		assert_noop!(attest_at(MEMBER, INTERVAL), refused::ROLE_MISSING);
		let root = Metering::attest(RawOrigin::Root.into(), INTERVAL, ROOT, 3, 171, CONTENT);
		assert_noop!(root, DispatchError::BadOrigin);
		name_attester([3]);
		assert_ok!(attest_at(ATTESTER, INTERVAL));
		assert_ok!(Metering::name_attester(RuntimeOrigin::signed(MEMBER), 3, None));
		assert_noop!(attest_at(ATTESTER, INTERVAL), refused::ROLE_MISSING);
	});
}
