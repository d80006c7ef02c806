use super::*;
use crate::{mock::*, Choices, Error, Event, Served, Serving, MAX_RETAILERS};
use busbar_mocks::MockParticipants;
use busbar_primitives::{traits::Supply as _, Interval, ParticipantId, Right};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use refused::{NOT_DELEGATE, ROLE_MISSING, UNKNOWN_PARTICIPANT};

/// The home chooses a retailer, which then serves, from an interval on.
fn serve(retailer: AccountId, from: Interval) {
	FirstUnopened::set(&from);
	assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(retailer))));
	assert_ok!(Supply::serve(signed(retailer), 0));
}

fn retailer(interval: Interval) -> Option<ParticipantId> {
	Supply::retailer(interval, 0)
}

#[test]
fn a_retailer_that_was_chosen_serves_from_the_first_interval_whose_session_has_not_opened() {
	run(|| {
		FirstUnopened::set(&5);
		assert_noop!(Supply::serve(signed(SHOP), 0), Error::<Test>::NotChosen);
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
		assert_eq!(retailer(5), None, "not before it accepts");
		assert_noop!(Supply::serve(signed(OTHER_SHOP), 0), Error::<Test>::NotChosen);
		assert_ok!(Supply::serve(signed(SHOP), 0));
		assert_eq!(
			(retailer(4), retailer(5), retailer(9_999)),
			(None, Some(participant(SHOP)), Some(participant(SHOP)))
		);
		assert!(!Choices::<Test>::contains_key(0));
		let chosen = Event::RetailerChosen { point: 0, retailer: Some(participant(SHOP)) };
		assert_eq!(events(), [chosen, Event::RetailerServes { point: 0, retailer: participant(SHOP), from: 5 }]);
		assert_noop!(Supply::serve(signed(SHOP), 0), Error::<Test>::NotChosen);
	});
}

#[test]
fn only_the_owner_or_its_delegate_for_operation_chooses_and_only_a_member() {
	run(|| {
		assert_noop!(Supply::choose(signed(PLANT), 0, None), NOT_DELEGATE);
		MockParticipants::delegate(HOME, PLANT, Right::Trade);
		assert_noop!(Supply::choose(signed(PLANT), 0, None), NOT_DELEGATE);
		MockParticipants::delegate(HOME, PLANT, Right::Operate);
		assert_ok!(Supply::choose(signed(PLANT), 0, None));
		assert_noop!(Supply::choose(signed(HOME), 0, Some(participant(STRANGER))), UNKNOWN_PARTICIPANT);
		// Whoever is chosen serves as a retailer only.
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(PLANT))));
		assert_noop!(Supply::serve(signed(PLANT), 0), ROLE_MISSING);
		assert_noop!(Supply::choose(signed(HOME), 1, None), Error::<Test>::UnknownPoint);
		assert_noop!(Supply::serve(signed(SHOP), 1), Error::<Test>::UnknownPoint);
	});
}

#[test]
fn intervals_that_are_open_stay_with_who_has_them() {
	run(|| {
		serve(SHOP, 5);
		FirstUnopened::set(&9);
		// A choice alone ends nothing.
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(OTHER_SHOP))));
		assert_eq!(retailer(9), Some(participant(SHOP)));
		serve(OTHER_SHOP, 9);
		assert_eq!((retailer(8), retailer(9)), (Some(participant(SHOP)), Some(participant(OTHER_SHOP))));
		FirstUnopened::set(&12);
		assert_ok!(Supply::choose(signed(HOME), 0, None));
		assert_eq!((retailer(11), retailer(12)), (Some(participant(OTHER_SHOP)), None));
		// What has ended is not ended later.
		FirstUnopened::set(&20);
		assert_ok!(Supply::choose(signed(HOME), 0, None));
		assert_eq!(retailer(12), None);
	});
}

#[test]
fn a_retailer_is_forgotten_for_a_new_one_once_all_its_intervals_are_settled() {
	run(|| {
		for number in 0..MAX_RETAILERS {
			serve(SHOP, number * 10 + 1);
		}
		FirstUnopened::set(&100);
		assert_ok!(Supply::choose(signed(HOME), 0, Some(participant(SHOP))));
		assert_noop!(Supply::serve(signed(SHOP), 0), Error::<Test>::TooManyRetailers);
		// Interval 10 is the last of the first one.
		LastSettled::set(&Some(9));
		assert_noop!(Supply::serve(signed(SHOP), 0), Error::<Test>::TooManyRetailers);
		LastSettled::set(&Some(10));
		assert_ok!(Supply::serve(signed(SHOP), 0));
		let served = Serving::<Test>::get(0);
		assert_eq!((served.len(), served[0].from), (MAX_RETAILERS as usize, 11));
	});
}

#[test]
fn a_retailer_that_never_served_is_forgotten_at_once() {
	run(|| {
		for _ in 0..=MAX_RETAILERS {
			serve(SHOP, 7);
		}
		assert_eq!(Serving::<Test>::get(0).len(), MAX_RETAILERS as usize);
		assert_eq!(retailer(7), Some(participant(SHOP)));
	});
}

#[test]
fn try_state_sees_two_retailers_in_one_interval() {
	run(|| {
		let served = |from, until| Served { retailer: participant(SHOP), from, until };
		for list in [vec![served(1, None), served(5, None)], vec![served(1, Some(6)), served(5, None)], vec![]] {
			Serving::<Test>::insert(0, BoundedVec::truncate_from(list));
			assert!(Supply::do_try_state().is_err());
		}
		Serving::<Test>::insert(0, BoundedVec::truncate_from(vec![served(1, Some(5)), served(5, None)]));
	});
}
