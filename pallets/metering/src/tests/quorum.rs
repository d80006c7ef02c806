//! Second attesters: two meters that agree, and two that do not.

use crate::{mock::*, Checks, Decision, Disputes, Event, Ground, HoldReason, Operators, Verdict};
use busbar_primitives::{
	metering::Reading,
	traits::{Prune, Readings as _},
	Quality,
};
use frame_support::{assert_noop, assert_ok};

/// The check meter of point 0 counts this much.
fn check(import: u64) -> Reading {
	Reading { import, ..check_reading(0) }
}

fn main(import: u64) -> Reading {
	Reading { import, ..reading(0) }
}

fn rule(verdict: Verdict) {
	assert_ok!(Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, verdict));
}

fn both<R>(test: impl FnOnce() -> R) -> R {
	run(|| {
		register(OPERATOR, [0]);
		name_attester([0]);
		test()
	})
}

#[test]
fn meters_within_tolerance_settle_by_the_main_one() {
	both(|| {
		// Class A and B: 3 % of 1,000 Wh and 2 Wh.
		assert_ok!(deliver(OPERATOR, main(1_000)));
		assert_ok!(deliver(ATTESTER, check(968)));
		assert!(!Metering::is_contested(0, INTERVAL));
		assert_eq!(Metering::of(0, INTERVAL).unwrap().import, 1_000);
	});
}

#[test]
fn a_dispute_opens_by_itself_when_they_differ_whoever_comes_first() {
	for main_first in [true, false] {
		both(|| {
			let deliveries = [(OPERATOR, main(1_000)), (ATTESTER, check(967))];
			let order = if main_first { [0, 1] } else { [1, 0] };
			for index in order {
				assert!(!Metering::is_contested(0, INTERVAL));
				let (operator, reading): (_, Reading) = deliveries[index];
				assert_ok!(deliver(operator, reading));
			}
			assert!(Metering::is_contested(0, INTERVAL));
			let dispute = Disputes::<Test>::get(INTERVAL, 0).unwrap();
			assert_eq!((dispute.ground, dispute.disputant, dispute.bond), (Ground::Quorum, None, 0));
			assert_eq!((dispute.accused, dispute.accuser), (id(OPERATOR), Some(id(ATTESTER))));
			assert_eq!(dispute.claim, Some(check(967).registers()));
			assert_eq!(dispute.deadline, attestation_end(INTERVAL) + RULING_PERIOD);
			// What the device corrected stands, and agrees with the check meter: nothing is left to decide.
			let corrected = Reading { quality: Quality::Corrected, ..main(968) };
			assert_ok!(deliver(OPERATOR, corrected));
			assert_eq!(Metering::of(0, INTERVAL), Some(corrected.metered()));
			assert!(!Metering::is_contested(0, INTERVAL));
			let (interval, decision) = (INTERVAL, Decision::Superseded);
			let ended = Event::DisputeDecided { interval, point: 0, decision, version: 2 };
			System::assert_has_event(ended.into());
		});
	}
}

#[test]
fn the_check_meter_alone_settles_nothing() {
	both(|| {
		assert_ok!(deliver(ATTESTER, check(967)));
		assert_eq!(Metering::of(0, INTERVAL), None);
		assert_eq!(Checks::<Test>::get(INTERVAL, 0).unwrap().registers, check(967).registers());
		let proven = attest(ATTESTER, &[check(968)]);
		assert_noop!(prove(ATTESTER, &proven), MeteringError::AlreadyProven);
	});
}

#[test]
fn an_attester_that_is_named_no_more_proves_nothing() {
	both(|| {
		let proven = attest(ATTESTER, &[check(967)]);
		assert_ok!(Metering::name_attester(RuntimeOrigin::signed(MEMBER), 0, None));
		assert_noop!(prove(ATTESTER, &proven), MeteringError::NotNamed);
	});
}

#[test]
fn the_regulator_may_find_the_main_meter_wrong() {
	both(|| {
		assert_ok!(deliver(OPERATOR, main(1_000)));
		assert_ok!(deliver(ATTESTER, check(900)));
		rule(Verdict::Upheld);
		let metered = Metering::of(0, INTERVAL).unwrap();
		assert_eq!((metered.import, metered.quality), (900, Quality::Corrected));
		assert_eq!(Metering::version(0, INTERVAL), 2);
		assert!(!Metering::is_contested(0, INTERVAL));
		assert_eq!(held(OPERATOR, HoldReason::OperatorBond), BOND - PENALTY);
		assert_eq!(held(ATTESTER, HoldReason::OperatorBond), BOND);
		// The owner would have paid for 100 Wh too much, but it named the accuser.
		assert_eq!((Balances::free_balance(MEMBER), Balances::free_balance(FUND)), (WEALTH, PENALTY));
		assert_eq!(Operators::<Test>::get(id(OPERATOR)).unwrap().reputation, 750);
	});
}

#[test]
fn the_regulator_may_find_the_check_meter_wrong_or_mistaken() {
	for (verdict, paid) in [(Verdict::Frivolous, PENALTY), (Verdict::Dismissed, 0)] {
		both(|| {
			assert_ok!(deliver(OPERATOR, main(1_000)));
			assert_ok!(deliver(ATTESTER, check(900)));
			rule(verdict);
			assert_eq!(Metering::of(0, INTERVAL), Some(main(1_000).metered()));
			assert_eq!(Metering::version(0, INTERVAL), 1);
			assert_eq!(held(OPERATOR, HoldReason::OperatorBond), BOND);
			assert_eq!(held(ATTESTER, HoldReason::OperatorBond), BOND - paid);
			// Its 900 Wh would have cost who balances 100 Wh.
			assert_eq!(Balances::free_balance(BALANCING), WEALTH + paid);
			let (interval, decision) = (INTERVAL, Decision::Ruled(verdict));
			assert_eq!(last_event(), Event::DisputeDecided { interval, point: 0, decision, version: 1 });
		});
	}
}

#[test]
fn without_a_ruling_the_main_meter_stands_after_the_deadline() {
	both(|| {
		assert_ok!(deliver(OPERATOR, main(1_000)));
		assert_ok!(deliver(ATTESTER, check(900)));
		Now::set(attestation_end(INTERVAL) + RULING_PERIOD - 1);
		assert!(Metering::is_contested(0, INTERVAL));
		let close = || Metering::close_dispute(RuntimeOrigin::signed(OTHER), INTERVAL, 0);
		assert_noop!(close(), MeteringError::DeadlineAhead);
		Now::set(attestation_end(INTERVAL) + RULING_PERIOD);
		assert!(!Metering::is_contested(0, INTERVAL));
		let late = Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, Verdict::Upheld);
		assert_noop!(late, MeteringError::DeadlinePassed);
		assert_ok!(close());
		assert_noop!(close(), MeteringError::NoDispute);
		assert_eq!(Metering::of(0, INTERVAL), Some(main(1_000).metered()));
	});
}

#[test]
fn check_readings_and_disputes_are_pruned_with_their_interval() {
	both(|| {
		assert_ok!(deliver(OPERATOR, main(1_000)));
		assert_ok!(deliver(ATTESTER, check(900)));
		// A dispute counts as four keys; then two readings and two datasets.
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 3), 3);
		assert_eq!(Disputes::<Test>::iter().count(), 1);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 5), 5);
		assert_eq!((Disputes::<Test>::iter().count(), Checks::<Test>::iter().count()), (0, 0));
		assert_ok!(Metering::do_try_state());
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 100), 3);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 100), 0);
	});
}
