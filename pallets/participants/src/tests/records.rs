//! Who opens which fields of its record, what it commits to, and how logs of accesses grow.

use crate::{mock::*, *};
use busbar_primitives::records::Field;
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use sp_core::H256;

const NAME: Fields = Fields(Field::Name.bit());

fn grant(name: &str, grantee: &str, purpose: Purpose, fields: Fields, until: u32) -> DispatchResult {
	mock::Participants::grant_record(signed(name), id(grantee), purpose, fields, 0, until)
}

fn revoke(name: &str, grantee: &str, purpose: Purpose) -> DispatchResult {
	mock::Participants::revoke_record(signed(name), id(grantee), purpose)
}

fn opens(name: &str, reader: &str, purpose: Purpose, fields: Fields, now: u32) -> bool {
	RecordGrants::<Test>::get(id(name)).iter().any(|grant| grant.opens(id(reader), purpose, fields, now))
}

#[test]
fn a_grant_opens_the_fields_that_it_names_for_its_purpose_and_its_time() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Purpose::Billing, NAME, 20));
		let (participant, grantee, purpose) = (id("ann"), id("dso"), Purpose::Billing);
		let event = Event::RecordGranted { participant, grantee, purpose, fields: NAME, from: 0, until: 20 };
		System::assert_last_event(event.into());
		assert!(opens("ann", "dso", Purpose::Billing, NAME, 19));
		assert!(!opens("ann", "dso", Purpose::Billing, NAME, 20));
		assert!(!opens("ann", "dso", Purpose::Supply, NAME, 19));
		assert!(!opens("ann", "dso", Purpose::Billing, Fields::ALL, 19));
		assert!(!opens("ann", "feeder", Purpose::Billing, NAME, 19));
	});
}

#[test]
fn a_second_grant_for_the_same_purpose_replaces_the_first_and_for_another_stands_beside_it() {
	run(|| {
		assert_ok!(grant("feeder", "dso", Purpose::Billing, Fields::ALL, 20));
		assert_ok!(grant("feeder", "dso", Purpose::Billing, NAME, 20));
		assert!(!opens("feeder", "dso", Purpose::Billing, Fields::ALL, 5));
		assert_ok!(grant("feeder", "dso", Purpose::Dispute, Fields::ALL, 20));
		assert_eq!(RecordGrants::<Test>::get(id("feeder")).len(), 2);
	});
}

#[test]
fn revoking_a_grant_of_a_record_closes_it_and_leaves_nothing_behind() {
	run(|| {
		assert_ok!(grant("feeder", "dso", Purpose::Billing, NAME, 9));
		assert_noop!(revoke("feeder", "dso", Purpose::Supply), Error::<Test>::NoRecordGrant);
		assert_ok!(revoke("feeder", "dso", Purpose::Billing));
		let (participant, grantee) = (id("feeder"), id("dso"));
		System::assert_last_event(Event::RecordRevoked { participant, grantee, purpose: Purpose::Billing }.into());
		assert!(!RecordGrants::<Test>::contains_key(id("feeder")));
		assert_noop!(revoke("feeder", "dso", Purpose::Billing), Error::<Test>::NoRecordGrant);
	});
}

#[test]
fn grants_of_records_are_bounded_and_a_bad_one_is_refused() {
	run(|| {
		register("ann");
		register("bob");
		let billing = |name: &str, grantee: &str, fields| grant(name, grantee, Purpose::Billing, fields, 9);
		assert_noop!(billing("stranger", "dso", NAME), Error::<Test>::NotMember);
		assert_noop!(billing("ann", "stranger", NAME), Error::<Test>::UnknownParticipant);
		assert_noop!(billing("ann", "ann", NAME), Error::<Test>::OwnRecord);
		assert_noop!(billing("ann", "dso", Fields(0)), Error::<Test>::NoField);
		assert_noop!(billing("ann", "dso", Fields(1 << 8)), Error::<Test>::NoField);
		assert_noop!(grant("ann", "dso", Purpose::Billing, NAME, 0), Error::<Test>::NoInterval);
		for grantee in ["dso", "feeder", "provider"] {
			assert_ok!(billing("ann", grantee, NAME));
		}
		assert_noop!(billing("ann", "bob", NAME), Error::<Test>::TooManyRecordGrants);
		assert_ok!(billing("ann", "dso", Fields::ALL));
	});
}

#[test]
fn the_suspended_open_no_record_and_none_is_opened_to_them() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Purpose::Billing, NAME, 9));
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		assert_noop!(grant("ann", "feeder", Purpose::Billing, NAME, 9), Error::<Test>::Suspended);
		assert_noop!(revoke("ann", "dso", Purpose::Billing), Error::<Test>::Suspended);
		assert_noop!(grant("dso", "ann", Purpose::Billing, NAME, 9), Error::<Test>::Suspended);
		assert_noop!(mock::Participants::set_commitment(signed("ann"), H256::zero()), Error::<Test>::Suspended);
		let publish = mock::Participants::publish_access_log(signed("ann"), 1, H256::zero());
		assert_noop!(publish, Error::<Test>::Suspended);
	});
}

#[test]
fn a_rectified_record_has_another_commitment_that_its_own_account_gives() {
	run(|| {
		register("ann");
		let commit = |name: &str, byte| mock::Participants::set_commitment(signed(name), H256::repeat_byte(byte));
		assert_noop!(commit("stranger", 1), Error::<Test>::NotMember);
		assert_noop!(commit("ann", 7), Error::<Test>::SameCommitment);
		assert_ok!(commit("ann", 8));
		let commitment = H256::repeat_byte(8);
		System::assert_last_event(Event::CommitmentChanged { participant: id("ann"), commitment }.into());
		assert_eq!(crate::Participants::<Test>::get(id("ann")).map(|record| record.commitment), Some(commitment));
	});
}

#[test]
fn a_published_log_of_accesses_only_grows() {
	run(|| {
		let publish = |entries, byte| {
			mock::Participants::publish_access_log(signed("provider"), entries, H256::repeat_byte(byte))
		};
		assert_ok!(publish(5, 1));
		let (participant, root) = (id("provider"), H256::repeat_byte(1));
		System::assert_last_event(Event::AccessLogPublished { participant, entries: 5, root }.into());
		assert_noop!(publish(4, 1), Error::<Test>::LogShrinks);
		assert_noop!(publish(5, 2), Error::<Test>::LogShrinks);
		System::set_block_number(9);
		assert_ok!(publish(5, 1));
		assert_eq!(AccessLogs::<Test>::get(participant), Some(AccessLog { entries: 5, root, since: 9 }));
		assert_ok!(publish(6, 2));
		let stranger = mock::Participants::publish_access_log(signed("stranger"), 1, root);
		assert_noop!(stranger, Error::<Test>::NotMember);
	});
}

#[test]
fn a_removed_participants_record_is_closed_and_its_log_is_gone() {
	run(|| {
		register("ann");
		assert_ok!(grant("ann", "dso", Purpose::Billing, NAME, 9));
		assert_ok!(mock::Participants::publish_access_log(signed("ann"), 1, H256::zero()));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert!(!RecordGrants::<Test>::contains_key(id("ann")) && !AccessLogs::<Test>::contains_key(id("ann")));
		assert_noop!(grant("dso", "ann", Purpose::Billing, NAME, 9), Error::<Test>::Removed);
	});
}
