//! Disputes that the chain decides, and those that it leaves to the regulator.

use crate::{mock::*, Decision, Disputes, Event, Ground, HoldReason, Operators, ProvenReading, Verdict};
use busbar_primitives::{
	metering::{Duty, Reading, SignedReading},
	traits::{Prune, Readings as _},
	Quality,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::TokenError;

/// Another value than [`reading`], of the same device.
fn other(point: u32) -> Reading {
	Reading { import: 7, ..reading(point) }
}

fn corrected(point: u32) -> Reading {
	Reading { import: 8, quality: Quality::Corrected, ..reading(point) }
}

/// The operator says that the meter counted this, though its device signed something else.
fn forge(point: u32) -> ProvenReading {
	let forged = SignedReading { reading: other(point), ..sign(&reading(point)) };
	attest_signed(OPERATOR, &[forged]).remove(0)
}

fn decided(decision: Decision, version: u16) {
	assert_eq!(last_event(), Event::DisputeDecided { interval: INTERVAL, point: 0, decision, version });
}

fn bond() -> u128 {
	held(OPERATOR, HoldReason::OperatorBond)
}

#[test]
fn a_gap_is_filled_by_what_the_device_signed() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(dispute(MEMBER, &reading(0), None));
		assert_eq!(Metering::of(0, INTERVAL), Some(reading(0).metered()));
		decided(Decision::Filled, 1);
		assert_eq!(held(MEMBER, HoldReason::DisputeBond), 0);
		assert_eq!(bond(), BOND);
	});
}

#[test]
fn a_measured_reading_replaces_an_estimate_and_a_corrected_one_a_measured() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		assert_noop!(dispute(MEMBER, &reading(0), None), MeteringError::NoContradiction);
		assert_ok!(dispute(MEMBER, &corrected(0), None));
		assert_eq!(Metering::of(0, INTERVAL), Some(corrected(0).metered()));
		decided(Decision::Superseded, 2);
		assert_noop!(dispute(MEMBER, &reading(0), None), MeteringError::Weaker);
		assert_eq!(bond(), BOND);
	});
}

#[test]
fn an_operator_that_attested_what_its_device_did_not_sign_pays_and_loses_reputation() {
	run(|| {
		register(OPERATOR, [0]);
		let forged = forge(0);
		assert_noop!(prove(OPERATOR, std::slice::from_ref(&forged)), MeteringError::WrongSignature);
		assert_ok!(dispute(MEMBER, &reading(0), Some(&forged)));
		assert_eq!(Metering::of(0, INTERVAL), Some(reading(0).metered()));
		decided(Decision::Forged, 1);
		let record = Operators::<Test>::get(id(OPERATOR)).unwrap();
		assert_eq!((record.bond, record.faults, record.reputation), (BOND - PENALTY, 1, 750));
		assert_eq!(bond(), BOND - PENALTY);
		// 7 Wh instead of 100: who balances would have been paid for 93 Wh less.
		assert_eq!(Balances::free_balance(BALANCING), WEALTH + PENALTY);
		assert_eq!(Balances::free_balance(MEMBER), WEALTH);
		// Once is enough.
		assert_noop!(dispute(MEMBER, &reading(0), Some(&forged)), MeteringError::AlreadyFaulted);
		assert_noop!(dispute(MEMBER, &other(0), Some(&forged)), MeteringError::AlreadyFaulted);
	});
}

#[test]
fn a_forgery_is_punished_even_when_the_gap_was_filled_before_and_better_data_stays() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(dispute(MEMBER, &corrected(0), None));
		let forged = forge(0);
		assert_ok!(dispute(MEMBER, &reading(0), Some(&forged)));
		assert_eq!(Metering::of(0, INTERVAL), Some(corrected(0).metered()));
		decided(Decision::Forged, 1);
		assert_eq!(bond(), BOND - PENALTY);
	});
}

#[test]
fn a_leaf_without_a_signature_that_says_it_was_measured_is_a_forgery() {
	run(|| {
		register(OPERATOR, [0]);
		let unsigned = SignedReading { signature: None, ..sign(&reading(0)) };
		let proven = attest_signed(OPERATOR, &[unsigned]);
		assert_ok!(dispute(MEMBER, &reading(0), Some(&proven[0])));
		decided(Decision::Forged, 1);
	});
}

#[test]
fn an_attested_estimate_is_no_forgery_and_gives_way() {
	run(|| {
		register(OPERATOR, [0]);
		let estimated = Reading { quality: Quality::Estimated, ..other(0) };
		let proven = attest(OPERATOR, &[estimated]);
		assert_ok!(dispute(MEMBER, &reading(0), Some(&proven[0])));
		decided(Decision::Filled, 1);
		assert_eq!(bond(), BOND);
	});
}

/// What was attested anew is not brought back by an old leaf: the operator corrected it before anybody proved it.
#[test]
fn a_leaf_of_an_older_version_is_no_reading_that_a_claim_would_contradict() {
	run(|| {
		register(OPERATOR, [0]);
		let old = attest(OPERATOR, &[reading(0)]);
		let new = attest(OPERATOR, &[other(0)]);
		let leaf = Some((1, old[0].clone()));
		assert_ok!(Metering::dispute(RuntimeOrigin::signed(MEMBER), sign(&other(0)), leaf));
		decided(Decision::Filled, 1);
		assert_eq!(Metering::of(0, INTERVAL), Some(other(0).metered()));
		assert_eq!(Disputes::<Test>::iter().count(), 0);
		// It is what the newest version says.
		assert_noop!(prove(OPERATOR, &new), MeteringError::AlreadyProven);
	});
}

#[test]
fn two_signatures_of_one_device_wait_for_the_regulator() {
	for bring in [false, true] {
		run(|| {
			register(OPERATOR, [0]);
			// The leaf is brought with the dispute, or was proven before it.
			let proven = attest(OPERATOR, &[reading(0)]);
			if !bring {
				assert_ok!(prove(OPERATOR, &proven));
			}
			assert_ok!(dispute(MEMBER, &other(0), bring.then_some(&proven[0])));
			assert!(Metering::is_contested(0, INTERVAL));
			assert_eq!(Metering::of(0, INTERVAL), Some(reading(0).metered()));
			let dispute = Disputes::<Test>::get(INTERVAL, 0).unwrap();
			assert_eq!((dispute.ground, dispute.disputant), (Ground::TwoSignatures, Some(MEMBER)));
			assert_eq!((dispute.accused, dispute.accuser), (id(OPERATOR), None));
			assert_eq!(held(MEMBER, HoldReason::DisputeBond), DISPUTE_BOND);
			let (accused, claim, deadline) = (id(OPERATOR), Some(other(0).registers()), dispute.deadline);
			let (interval, ground) = (INTERVAL, Ground::TwoSignatures);
			let event = Event::DisputeOpened { interval, point: 0, ground, accused, claim, deadline };
			assert_eq!(last_event(), event);
			assert_noop!(self::dispute(BALANCING, &Reading { import: 6, ..other(0) }, None), MeteringError::Contested);
			// What the device corrected stands above both, and leaves the claim to be decided.
			assert_ok!(self::dispute(DSO, &corrected(0), None));
			assert_eq!(Metering::of(0, INTERVAL), Some(corrected(0).metered()));
			assert!(Metering::is_contested(0, INTERVAL));
		});
	}
}

#[test]
fn a_newer_dataset_with_another_signed_reading_opens_a_dispute_by_itself() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		assert_ok!(deliver(OPERATOR, other(0)));
		assert!(Metering::is_contested(0, INTERVAL));
		assert_eq!(Metering::of(0, INTERVAL), Some(reading(0).metered()));
		let rule = Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, Verdict::Frivolous);
		assert_ok!(rule);
		assert_eq!((bond(), Metering::version(0, INTERVAL)), (BOND, 1));
	});
}

#[test]
fn the_regulator_s_ruling_moves_bonds_and_the_reading() {
	// Verdict, what the member has at last, what the operator's bond is, whose reading stands. The member accuses, so that what
	// the operator pays is not for it, though it is the one who would have paid too much.
	let table = [
		(Verdict::Upheld, WEALTH, BOND - PENALTY, 7, 2),
		(Verdict::Dismissed, WEALTH, BOND, 100, 1),
		(Verdict::Frivolous, WEALTH - DISPUTE_BOND, BOND, 100, 1),
	];
	for (verdict, member, operator, import, version) in table {
		run(|| {
			register(OPERATOR, [0]);
			assert_ok!(deliver(OPERATOR, reading(0)));
			assert_ok!(dispute(MEMBER, &other(0), None));
			let rule = |account| Metering::rule(RuntimeOrigin::signed(account), INTERVAL, 0, verdict);
			assert_noop!(rule(DSO), refused::ROLE_MISSING);
			assert_ok!(rule(REGULATOR));
			assert_noop!(rule(REGULATOR), MeteringError::NoDispute);
			decided(Decision::Ruled(verdict), version);
			assert_eq!(Balances::free_balance(MEMBER), member);
			assert_eq!(held(MEMBER, HoldReason::DisputeBond), 0);
			assert_eq!(bond(), operator);
			let fund = Balances::free_balance(FUND);
			assert_eq!(fund, BOND - operator);
			let all = Balances::free_balance(OPERATOR) + bond() + Balances::free_balance(MEMBER) + fund;
			assert_eq!(all, 2 * WEALTH);
			assert_eq!(Metering::of(0, INTERVAL).unwrap().import, import);
			assert_eq!(Metering::version(0, INTERVAL), version);
		});
	}
}

#[test]
fn an_operator_is_not_at_fault_for_what_a_dispute_brought() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(dispute(MEMBER, &reading(0), None));
		assert_ok!(dispute(BALANCING, &other(0), None));
		assert_ok!(Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, Verdict::Upheld));
		assert_eq!(Metering::of(0, INTERVAL).unwrap().import, 7);
		assert_eq!((bond(), Balances::free_balance(BALANCING)), (BOND, WEALTH));
	});
}

#[test]
fn an_expired_dispute_returns_its_bond() {
	for close in [true, false] {
		run(|| {
			register(OPERATOR, [0]);
			assert_ok!(deliver(OPERATOR, reading(0)));
			Now::set(attestation_end(INTERVAL) + 1);
			assert_ok!(dispute(MEMBER, &other(0), None));
			let deadline = attestation_end(INTERVAL) + 1 + RULING_PERIOD;
			assert_eq!(Disputes::<Test>::get(INTERVAL, 0).unwrap().deadline, deadline);
			Now::set(deadline);
			if close {
				assert_ok!(Metering::close_dispute(RuntimeOrigin::signed(OTHER), INTERVAL, 0));
				decided(Decision::Expired, 1);
			} else {
				<Metering as Prune>::prune(INTERVAL, 100);
			}
			assert_eq!(held(MEMBER, HoldReason::DisputeBond), 0);
			assert_eq!(Balances::free_balance(MEMBER), WEALTH);
		});
	}
}

#[test]
fn whoever_a_reading_concerns_disputes_it_and_nobody_else() {
	for (account, affected) in
		[(MEMBER, true), (BALANCING, true), (DSO, true), (ATTESTER, true), (OTHER, false), (OPERATOR, false)]
	{
		run(|| {
			register(OPERATOR, [0]);
			name_attester([0]);
			if affected {
				assert_ok!(dispute(account, &reading(0), None));
			} else {
				assert_noop!(dispute(account, &reading(0), None), MeteringError::NotAffected);
			}
		});
	}
}

#[test]
fn a_dispute_that_needs_a_bond_needs_the_money() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		assert_noop!(dispute(DSO, &other(0), None), TokenError::FundsUnavailable);
		// What the chain decides by itself costs nothing.
		assert_ok!(dispute(DSO, &corrected(0), None));
	});
}

#[test]
fn a_claim_must_be_signed_by_the_main_meter_s_device_and_proven() {
	run(|| {
		register(OPERATOR, 0..2);
		name_attester([0]);
		let claim = |signed: SignedReading, attested: Option<&ProvenReading>| {
			Metering::dispute(RuntimeOrigin::signed(MEMBER), signed, attested.map(|leaf| (1, leaf.clone())))
		};
		let bad = SignedReading { reading: other(0), ..sign(&reading(0)) };
		assert_noop!(claim(bad, None), MeteringError::WrongSignature);
		let estimated = Reading { quality: Quality::Estimated, ..reading(0) };
		assert_noop!(claim(sign(&estimated), None), MeteringError::ClaimEstimated);
		assert_noop!(claim(sign(&check_reading(0)), None), MeteringError::NotMainMeter);
		let unknown = Reading { meter: 99, ..reading(0) };
		assert_noop!(claim(sign(&unknown), None), MeteringError::NoMeter);
		let elsewhere = Reading { meter: meter_at(1, Duty::Main), ..reading(0) };
		assert_noop!(claim(sign(&elsewhere), None), MeteringError::WrongPoint);
		let nowhere = Reading { point: POINTS, ..reading(0) };
		assert_noop!(claim(sign(&nowhere), None), MeteringError::UnknownPoint);
		let large = Reading { import: u64::MAX, ..reading(0) };
		assert_noop!(claim(sign(&large), None), MeteringError::OutOfRange);

		let (_, unattested) = dataset(&[sign(&reading(0))]);
		assert_noop!(claim(sign(&other(0)), Some(&unattested[0])), MeteringError::NoDataset);
		let proven = attest(OPERATOR, &[reading(0), reading(1)]);
		assert_noop!(claim(sign(&other(0)), Some(&proven[1])), MeteringError::OtherReading);
		assert_noop!(claim(sign(&other(0)), Some(&unattested[0])), MeteringError::WrongProof);
		assert_noop!(claim(sign(&reading(0)), Some(&proven[0])), MeteringError::NoContradiction);
	});
}

#[test]
fn a_reading_is_disputed_between_the_end_of_delivery_and_the_end_of_the_window() {
	run(|| {
		register(OPERATOR, [0]);
		Now::set(delivery_end(INTERVAL) - 1);
		assert_noop!(dispute(MEMBER, &reading(0), None), MeteringError::NotDelivered);
		Now::set(dispute_end(INTERVAL));
		assert_noop!(dispute(MEMBER, &reading(0), None), MeteringError::WindowClosed);
		Now::set(dispute_end(INTERVAL) - 1);
		let unknown = Reading { interval: INTERVAL + 100, ..reading(0) };
		assert_noop!(dispute(MEMBER, &unknown, None), MeteringError::UnknownInterval);
		assert_ok!(dispute(MEMBER, &reading(0), None));
	});
}

#[test]
fn a_filled_gap_is_compared_with_the_check_meter() {
	run(|| {
		register(OPERATOR, [0]);
		name_attester([0]);
		assert_ok!(deliver(ATTESTER, Reading { import: 7, ..check_reading(0) }));
		assert_ok!(dispute(MEMBER, &reading(0), None));
		assert!(Metering::is_contested(0, INTERVAL));
		assert_eq!(Disputes::<Test>::get(INTERVAL, 0).unwrap().ground, Ground::Quorum);
	});
}
