//! Retailers resign with notice, and points fall to the supplier of last resort.

use super::*;
use crate::{mock::*, Error, Event, ResortValue, Served, Serving, MAX_RETAILERS, NOTICE};
use busbar_mocks::MockParticipants;
use busbar_primitives::{traits::Supply as _, Interval, ParticipantId, Right};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use refused::{NOT_DELEGATE, SUSPENDED, UNKNOWN_PARTICIPANT};
use sp_runtime::DispatchError::BadOrigin;

fn serve(retailer: AccountId, from: Interval) {
	FirstUnopened::set(&from);
	assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(retailer))));
	assert_ok!(Supply::serve(signed(retailer), 0));
}

fn set_resort(supplier: Option<AccountId>, notice: Interval) {
	assert_ok!(Supply::set_last_resort(RuntimeOrigin::root(), supplier.map(participant), notice));
}

/// Who serves in intervals.
fn retailers<const N: usize>(intervals: [Interval; N]) -> [Option<ParticipantId>; N] {
	intervals.map(|interval| Supply::retailer(interval, 0))
}

fn of(account: AccountId) -> Option<ParticipantId> {
	Some(participant(account))
}

#[test]
fn a_retailer_that_resigns_serves_until_its_notice_is_over_and_then_the_supplier_of_last_resort_does() {
	run(|| {
		set_resort(Some(OTHER_SHOP), 10);
		serve(SHOP, 5);
		FirstUnopened::set(&20);
		System::reset_events();
		assert_ok!(Supply::resign(signed(SHOP), 0));
		assert_eq!(retailers([5, 29, 30, 9_999]), [of(SHOP), of(SHOP), of(OTHER_SHOP), of(OTHER_SHOP)]);
		let resigned = Event::RetailerResigned { point: 0, retailer: participant(SHOP), until: 30 };
		assert_eq!(
			events(),
			[resigned, Event::RetailerServes { point: 0, retailer: participant(OTHER_SHOP), from: 30 }]
		);
		// It is no longer the first one's to resign.
		assert_noop!(Supply::resign(signed(SHOP), 0), NOT_DELEGATE);
	});
}

#[test]
fn without_a_supplier_of_last_resort_the_point_falls_to_its_owner_after_thirty_days() {
	run(|| {
		serve(SHOP, 5);
		assert_ok!(Supply::resign(signed(SHOP), 0));
		assert_eq!(retailers([5 + NOTICE - 1, 5 + NOTICE]), [of(SHOP), None]);
		assert_noop!(Supply::resign(signed(SHOP), 0), Error::<Test>::NotServing);
	});
}

#[test]
fn only_who_serves_or_its_delegate_for_operation_resigns() {
	run(|| {
		assert_noop!(Supply::resign(signed(SHOP), 0), Error::<Test>::NotServing);
		serve(SHOP, 5);
		assert_noop!(Supply::resign(signed(HOME), 0), NOT_DELEGATE);
		assert_noop!(Supply::resign(signed(OTHER_SHOP), 0), NOT_DELEGATE);
		MockParticipants::delegate(SHOP, PLANT, Right::Operate);
		// It may have lost its role.
		MockParticipants::revoke(SHOP, busbar_primitives::Role::Retailer, busbar_primitives::Scope::Grid);
		assert_ok!(Supply::resign(signed(PLANT), 0));
		assert_ok!(Supply::choose(signed(HOME), 0, None));
		assert_noop!(Supply::resign(signed(SHOP), 0), Error::<Test>::NotServing);
	});
}

#[test]
fn the_supplier_of_last_resort_cannot_resign_until_the_council_names_another() {
	run(|| {
		set_resort(Some(OTHER_SHOP), 10);
		serve(SHOP, 5);
		assert_ok!(Supply::resign(signed(SHOP), 0));
		assert_noop!(Supply::resign(signed(OTHER_SHOP), 0), Error::<Test>::IsLastResort);
		set_resort(Some(PLANT), 10);
		FirstUnopened::set(&100);
		assert_ok!(Supply::resign(signed(OTHER_SHOP), 0));
		assert_eq!(retailers([15, 109, 110]), [of(OTHER_SHOP), of(OTHER_SHOP), of(PLANT)]);
	});
}

#[test]
fn an_owner_chooses_another_retailer_or_none_while_the_notice_runs_and_later() {
	run(|| {
		set_resort(Some(OTHER_SHOP), 10);
		serve(SHOP, 5);
		assert_ok!(Supply::resign(signed(SHOP), 0));
		FirstUnopened::set(&8);
		assert_ok!(Supply::choose(signed(HOME), 0, None));
		assert_eq!(retailers([7, 8, 15, 99]), [of(SHOP), None, None, None]);
		serve(SHOP, 9);
		assert_ok!(Supply::resign(signed(SHOP), 0));
		serve(OTHER_SHOP, 11);
		assert_eq!(retailers([8, 9, 10, 11, 19]), [None, of(SHOP), of(SHOP), of(OTHER_SHOP), of(OTHER_SHOP)]);
	});
}

#[test]
fn a_supplier_of_last_resort_that_serves_gives_way_to_who_is_chosen() {
	run(|| {
		set_resort(Some(OTHER_SHOP), 10);
		serve(SHOP, 5);
		assert_ok!(Supply::resign(signed(SHOP), 0));
		serve(SHOP, 20);
		assert_eq!(retailers([14, 15, 19, 20]), [of(SHOP), of(OTHER_SHOP), of(OTHER_SHOP), of(SHOP)]);
	});
}

#[test]
fn only_the_council_names_a_supplier_and_only_one_that_is_active() {
	run(|| {
		assert_noop!(Supply::set_last_resort(signed(SHOP), of(SHOP), 1), BadOrigin);
		let root = RuntimeOrigin::root;
		assert_noop!(Supply::set_last_resort(root(), of(STRANGER), 1), UNKNOWN_PARTICIPANT);
		MockParticipants::suspend(SHOP);
		assert_noop!(Supply::set_last_resort(root(), of(SHOP), 1), SUSPENDED);
		set_resort(Some(OTHER_SHOP), 7);
		assert_eq!(ResortValue::<Test>::get().notice, 7);
		assert_eq!(events(), [Event::LastResortSet { supplier: of(OTHER_SHOP), notice: 7 }]);
		set_resort(None, 0);
		serve(OTHER_SHOP, 5);
		assert_ok!(Supply::resign(signed(OTHER_SHOP), 0));
		assert_eq!(retailers([5]), [None], "without notice it never served");
	});
}

#[test]
fn resigning_needs_room_to_remember_who_served() {
	run(|| {
		set_resort(Some(OTHER_SHOP), 10);
		let over = |from| Served { retailer: participant(SHOP), from, until: Some(from + 1) };
		let mut served: Vec<_> = (0..MAX_RETAILERS - 1).map(over).collect();
		served.push(Served { retailer: participant(SHOP), from: 50, until: None });
		Serving::<Test>::insert(0, BoundedVec::truncate_from(served));
		FirstUnopened::set(&60);
		assert_noop!(Supply::resign(signed(SHOP), 0), Error::<Test>::TooManyRetailers);
		LastSettled::set(&Some(0));
		assert_ok!(Supply::resign(signed(SHOP), 0));
		assert_eq!(retailers([60, 70]), [of(SHOP), of(OTHER_SHOP)]);
	});
}
