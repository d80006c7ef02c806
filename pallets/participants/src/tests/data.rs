//! Who opens its data to whom.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};

fn grant(name: &str, grantee: &str, data: Data, from: u32, until: u32) -> DispatchResult {
	mock::Participants::grant_data(signed(name), id(grantee), data, from, until)
}

fn revoke(name: &str, grantee: &str, data: Data) -> DispatchResult {
	mock::Participants::revoke_data(signed(name), id(grantee), data)
}

fn opens(name: &str, reader: &str, data: Data, interval: u32) -> bool {
	mock::Participants::opens(id(name), id(reader), data, interval)
}

#[test]
fn a_grant_opens_its_kind_of_data_in_its_intervals_to_its_grantee() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Data::Readings, 10, 20));
		let (participant, grantee) = (id("ann"), id("dso"));
		System::assert_last_event(
			Event::DataGranted { participant, grantee, data: Data::Readings, from: 10, until: 20 }.into(),
		);
		let open: Vec<_> = (9..22).filter(|interval| opens("ann", "dso", Data::Readings, *interval)).collect();
		assert_eq!(open, (10..20).collect::<Vec<_>>());
		assert!(!opens("ann", "dso", Data::Datasets, 10));
		assert!(!opens("ann", "feeder", Data::Readings, 10));
		assert!(!opens("dso", "ann", Data::Readings, 10));
	});
}

#[test]
fn a_second_grant_replaces_the_first() {
	run(|| {
		assert_ok!(grant("feeder", "dso", Data::Readings, 0, 9));
		assert_ok!(grant("feeder", "dso", Data::Readings, 20, 21));
		assert!(!opens("feeder", "dso", Data::Readings, 5));
		assert!(opens("feeder", "dso", Data::Readings, 20));
		assert_eq!(DataGrants::<Test>::get(id("feeder")).len(), 1);
	});
}

#[test]
fn revoking_closes_and_leaves_nothing_behind() {
	run(|| {
		assert_ok!(grant("feeder", "dso", Data::Readings, 0, 9));
		assert_ok!(grant("feeder", "dso", Data::Datasets, 0, 9));
		assert_ok!(revoke("feeder", "dso", Data::Readings));
		System::assert_last_event(
			Event::DataRevoked { participant: id("feeder"), grantee: id("dso"), data: Data::Readings }.into(),
		);
		assert!(!opens("feeder", "dso", Data::Readings, 5));
		assert!(opens("feeder", "dso", Data::Datasets, 5));
		assert_noop!(revoke("feeder", "dso", Data::Readings), Error::<Test>::NoDataGrant);
		assert_ok!(revoke("feeder", "dso", Data::Datasets));
		assert!(!DataGrants::<Test>::contains_key(id("feeder")));
		assert_noop!(revoke("dso", "feeder", Data::Datasets), Error::<Test>::NoDataGrant);
	});
}

#[test]
fn grants_are_bounded_and_a_bad_one_is_refused() {
	run(|| {
		register("ann");
		register("bob");
		assert_noop!(grant("stranger", "dso", Data::Readings, 0, 9), Error::<Test>::NotMember);
		assert_noop!(grant("ann", "stranger", Data::Readings, 0, 9), Error::<Test>::UnknownParticipant);
		assert_noop!(grant("ann", "ann", Data::Readings, 0, 9), Error::<Test>::OwnData);
		assert_noop!(grant("ann", "dso", Data::Readings, 9, 9), Error::<Test>::NoInterval);
		for grantee in ["dso", "feeder", "provider"] {
			assert_ok!(grant("ann", grantee, Data::Readings, 0, 9));
		}
		assert_noop!(grant("ann", "bob", Data::Readings, 0, 9), Error::<Test>::TooManyDataGrants);
		// There is always room to change one.
		assert_ok!(grant("ann", "dso", Data::Readings, 0, 10));
	});
}

#[test]
fn suspended_participants_grant_nothing_and_are_granted_nothing() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Data::Readings, 0, 9));
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		assert_noop!(grant("ann", "feeder", Data::Readings, 0, 9), Error::<Test>::Suspended);
		assert_noop!(revoke("ann", "dso", Data::Readings), Error::<Test>::Suspended);
		assert_noop!(grant("dso", "ann", Data::Readings, 0, 9), Error::<Test>::Suspended);
		assert!(opens("ann", "dso", Data::Readings, 5));
	});
}

#[test]
fn a_removed_participants_data_are_closed() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Data::Readings, 0, 9));
		assert_ok!(grant("dso", "ann", Data::Readings, 0, 9));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert!(!opens("ann", "dso", Data::Readings, 5));
		assert!(!DataGrants::<Test>::contains_key(id("ann")));
		assert_noop!(grant("dso", "ann", Data::Datasets, 0, 9), Error::<Test>::Removed);
		// What was granted to it can still be taken back.
		assert_ok!(revoke("dso", "ann", Data::Readings));
	});
}
