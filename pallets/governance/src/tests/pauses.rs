//! What the committee stops, for how long, and how often.

use crate::{mock::*, Action, Class, Committee, Error, Event, Pauses, Subject, Words};
use busbar_primitives::ParticipantId;
use frame_support::{assert_noop, assert_ok, BoundedVec};

const ORDERS: Subject = Subject::Class(Class::Orders);
const PAYMENTS: Subject = Subject::Class(Class::Payments);

fn by(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn pause(subject: Subject, blocks: u32) -> Action<sp_core::H256> {
	Action::Pause { subject, blocks }
}

/// The word of three seats of five.
fn decided(action: Action<sp_core::H256>) {
	for seat in 1..=3 {
		assert_ok!(Governance::act(by(seat), action));
	}
}

fn is_paused(subject: Subject) -> bool {
	Governance::paused().contains(&subject)
}

#[test]
fn more_than_half_of_the_seats_pause_and_the_pause_ends_by_itself() {
	run(|| {
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		assert_ok!(Governance::act(by(2), pause(ORDERS, 20)));
		assert!(!is_paused(ORDERS));
		assert_ok!(Governance::act(by(3), pause(ORDERS, 20)));
		System::assert_last_event(Event::Paused { subject: ORDERS, until: 21, again: 41 }.into());
		assert!(is_paused(ORDERS));
		assert!(!is_paused(PAYMENTS));
		assert!(Words::<Test>::get().is_empty());
		at(20);
		assert!(is_paused(ORDERS));
		at(21);
		assert!(!is_paused(ORDERS));
	});
}

#[test]
fn a_seat_has_one_word_and_only_what_is_said_alike_counts() {
	run(|| {
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		assert_ok!(Governance::act(by(2), pause(ORDERS, 21)));
		assert_ok!(Governance::act(by(3), pause(PAYMENTS, 20)));
		assert!(!is_paused(ORDERS));
		assert_eq!(Words::<Test>::get().len(), 3);
		// A seat that says something else takes its word from what it said before.
		assert_ok!(Governance::act(by(1), pause(PAYMENTS, 20)));
		assert_ok!(Governance::act(by(4), pause(ORDERS, 21)));
		assert!(!is_paused(ORDERS) && !is_paused(PAYMENTS));
		assert_ok!(Governance::act(by(5), pause(PAYMENTS, 20)));
		assert!(is_paused(PAYMENTS));
	});
}

#[test]
fn an_old_word_does_not_count() {
	run(|| {
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		assert_ok!(Governance::act(by(2), pause(ORDERS, 20)));
		at(11);
		assert_ok!(Governance::act(by(3), pause(ORDERS, 20)));
		assert!(!is_paused(ORDERS));
		assert_eq!(Words::<Test>::get().len(), 1);
	});
}

#[test]
fn who_has_no_seat_says_nothing() {
	run(|| {
		assert_noop!(Governance::act(by(6), pause(ORDERS, 20)), Error::<Test>::NoSeat);
		assert_ok!(Governance::act(by(1), pause(ORDERS, 20)));
		let seats = BoundedVec::truncate_from(vec![1, 6, 7]);
		assert_ok!(Governance::set_committee(by(100), seats.clone()));
		System::assert_last_event(Event::CommitteeSet { seats: 3 }.into());
		assert_eq!(Committee::<Test>::get(), seats);
		// What was said before the committee changed counts no more.
		assert_ok!(Governance::act(by(6), pause(ORDERS, 20)));
		assert!(!is_paused(ORDERS));
		assert_noop!(Governance::act(by(2), pause(ORDERS, 20)), Error::<Test>::NoSeat);
	});
}

#[test]
fn a_pause_is_bounded() {
	run(|| {
		assert_noop!(Governance::act(by(1), pause(ORDERS, 0)), Error::<Test>::BadDuration);
		assert_noop!(Governance::act(by(1), pause(ORDERS, 101)), Error::<Test>::BadDuration);
		assert_ok!(Governance::act(by(1), pause(ORDERS, 100)));
	});
}

#[test]
fn nothing_is_paused_again_before_as_long_a_time_has_passed() {
	run(|| {
		decided(pause(ORDERS, 100));
		for block in [1, 101, 200] {
			at(block);
			let refused = || Error::<Test>::PausedLately;
			assert_noop!(Governance::act(by(1), pause(ORDERS, 1)), refused());
			// Nor by parts of it.
			assert_noop!(Governance::act(by(1), pause(Subject::Product(0), 1)), refused());
			assert_noop!(Governance::act(by(1), pause(Subject::Session { interval: 5, product: 0 }, 1)), refused());
			assert_noop!(Governance::act(by(1), pause(Subject::Member(ParticipantId([1; 16])), 1)), refused());
			// Others are free.
			assert_ok!(Governance::act(by(1), pause(PAYMENTS, 1)));
		}
		at(201);
		decided(pause(ORDERS, 100));
		assert!(is_paused(ORDERS));
	});
}

#[test]
fn the_whole_is_not_paused_where_a_part_of_it_was_lately() {
	run(|| {
		let session = Subject::Session { interval: 5, product: 1 };
		decided(pause(session, 10));
		for subject in [ORDERS, Subject::Product(1), session] {
			assert_noop!(Governance::act(by(1), pause(subject, 1)), Error::<Test>::PausedLately);
		}
		for subject in
			[Subject::Product(0), Subject::Session { interval: 6, product: 1 }, Subject::Member(ParticipantId([1; 16]))]
		{
			assert_ok!(Governance::act(by(1), pause(subject, 1)));
		}
	});
}

#[test]
fn the_committee_and_the_council_resume_and_the_time_that_it_lasted_counts() {
	run(|| {
		assert_noop!(Governance::act(by(1), Action::Resume { subject: ORDERS }), Error::<Test>::NotPaused);
		assert_noop!(Governance::resume(by(103), ORDERS), Error::<Test>::NotPaused);
		decided(pause(ORDERS, 100));
		decided(pause(PAYMENTS, 100));
		at(11);
		decided(Action::Resume { subject: ORDERS });
		System::assert_last_event(Event::Resumed { subject: ORDERS }.into());
		assert_ok!(Governance::resume(by(103), PAYMENTS));
		assert!(!is_paused(ORDERS) && !is_paused(PAYMENTS));
		at(20);
		assert_noop!(Governance::act(by(1), pause(ORDERS, 1)), Error::<Test>::PausedLately);
		at(21);
		decided(pause(ORDERS, 1));
		assert!(is_paused(ORDERS));
	});
}

#[test]
fn so_much_is_paused_at_a_time_and_no_more() {
	run(|| {
		for product in 0..4 {
			decided(pause(Subject::Product(product), 10));
		}
		let fifth = pause(Subject::Product(4), 10);
		assert_noop!(Governance::act(by(1), fifth), Error::<Test>::TooManyPauses);
		assert_eq!(Pauses::<Test>::get().len(), 4);
		at(21);
		decided(fifth);
		assert_eq!(Pauses::<Test>::get().len(), 1);
	});
}

#[test]
fn two_actions_meet_and_the_second_that_is_decided_is_refused() {
	run(|| {
		let session = Subject::Session { interval: 5, product: 1 };
		for seat in [1, 2] {
			assert_ok!(Governance::act(by(seat), pause(ORDERS, 20)));
		}
		for seat in [3, 4, 5] {
			assert_ok!(Governance::act(by(seat), pause(session, 20)));
		}
		assert!(is_paused(session));
		assert_noop!(Governance::act(by(3), pause(ORDERS, 20)), Error::<Test>::PausedLately);
		assert!(!is_paused(ORDERS));
	});
}

#[test]
fn a_committee_has_distinct_seats_neither_too_few_nor_too_many() {
	run(|| {
		let set = |seats: Vec<u64>| Governance::set_committee(by(100), BoundedVec::truncate_from(seats));
		assert_noop!(set(vec![]), Error::<Test>::TooFewSeats);
		assert_noop!(set(vec![1, 2]), Error::<Test>::TooFewSeats);
		assert_noop!(set(vec![1, 2, 2]), Error::<Test>::SeatTwice);
		assert_ok!(set(vec![1, 2, 3]));
	});
}

#[test]
#[should_panic(expected = "a committee of distinct accounts")]
fn a_genesis_with_a_seat_twice_does_not_begin() {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		crate::GenesisConfig::<Test> { upgrade_delay: 1, committee: vec![1, 1, 2] }.build();
	});
}
