//! Readings beyond what a point can carry, challenges without the device's key, and what a point settles on meanwhile.

use crate::{mock::*, Decision, Disputes, Event, Ground, HoldReason, ProvenReading, Verdict};
use busbar_primitives::{
	metering::{Basis, Reading, Registers, SignedReading},
	traits::Readings as _,
	Quality,
};
use frame_support::{assert_noop, assert_ok};

/// Of a register of 32 bits that counts Wh and rolled over.
const ROLL_OVER: u64 = 1 << 32;

fn fed_in(export: u64) -> Reading {
	Reading { import: 0, export, ..reading(0) }
}

fn drawn(import: u64, quality: Quality) -> Reading {
	Reading { import, export: 0, quality, ..reading(0) }
}

fn rule(verdict: Verdict) {
	assert_ok!(Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, verdict));
}

fn bond() -> u128 {
	held(OPERATOR, HoldReason::OperatorBond)
}

fn registers(import: u64) -> Registers {
	drawn(import, Quality::Measured).registers()
}

fn estimate(wh: &[i64]) -> Basis {
	Basis::Estimate { declared: false, wh: wh.to_vec() }
}

#[test]
fn a_register_that_rolled_over_earns_nothing_and_opens_a_dispute_by_itself() {
	run(|| {
		register(OPERATOR, [0]);
		like(0, [100, 200, 300, 401]);
		// At 8 ct/kWh less 1 ct/kWh of fees it would have earned 300,647.71 EUR.
		assert_eq!(u128::from(ROLL_OVER) * 70_000, 300_647_710_720_000);
		assert_ok!(deliver(OPERATOR, fed_in(ROLL_OVER)));
		// 1,001 / 4; in the last run the dearest of them.
		assert_eq!(basis(0, false), estimate(&[250]));
		assert_eq!(basis(0, true), estimate(&[100, 200, 300, 401]));
		let dispute = Disputes::<Test>::get(INTERVAL, 0).unwrap();
		assert_eq!((dispute.ground, dispute.disputant, dispute.bond), (Ground::Implausible, None, 0));
		assert_eq!((dispute.accused, dispute.claim), (id(OPERATOR), None));
		// It is no like reading of later days either.
		assert_eq!(Metering::like(0, INTERVAL + 96, 4, Now::get()), [100, 200, 300, 401]);
	});
}

#[test]
fn a_reading_of_twice_the_rating_settles_and_one_of_a_watt_hour_more_does_not() {
	for (import, export, settles) in [(MOST, 0, true), (0, MOST, true), (MOST + 1, 0, false), (0, MOST + 1, false)] {
		run(|| {
			register(OPERATOR, [0]);
			assert_ok!(deliver(OPERATOR, Reading { import, export, ..reading(0) }));
			let wh = import as i64 - export as i64;
			// Without like readings: all that it may draw, or feed in, by its ratings.
			let expected = if settles { Basis::Reading { version: 1, wh } } else { estimate(&[10_000, -10_000]) };
			assert_eq!(basis(0, false), expected);
			assert_eq!(Metering::is_contested(0, INTERVAL), !settles);
		});
	}
}

#[test]
fn what_the_device_counted_right_ends_the_dispute_over_what_it_could_not_have() {
	for quality in [Quality::Measured, Quality::Corrected] {
		run(|| {
			register(OPERATOR, [0]);
			assert_ok!(deliver(OPERATOR, fed_in(ROLL_OVER)));
			assert_ok!(deliver(OPERATOR, drawn(300, quality)));
			assert_eq!(basis(0, false), Basis::Reading { version: 2, wh: 300 });
			assert!(!Metering::is_contested(0, INTERVAL));
			let ended =
				Event::DisputeDecided { interval: INTERVAL, point: 0, decision: Decision::Superseded, version: 2 };
			System::assert_has_event(ended.into());
		});
	}
}

#[test]
fn an_impossible_reading_displaces_none_that_stands() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, drawn(300, Quality::Measured)));
		for quality in [Quality::Measured, Quality::Corrected] {
			let reading = Reading { quality, ..fed_in(ROLL_OVER) };
			let proven = attest(OPERATOR, &[reading]);
			assert_noop!(prove(OPERATOR, &proven), MeteringError::Implausible);
			assert_noop!(dispute(MEMBER, &reading, None), MeteringError::Implausible);
		}
		assert_eq!(basis(0, false), Basis::Reading { version: 1, wh: 300 });
	});
}

#[test]
fn the_regulator_says_whether_an_impossible_reading_is_right_and_silence_leaves_the_estimate() {
	let (wh, estimated) = (vec![10_000, -10_000], estimate(&[10_000, -10_000]));
	let struck = Basis::Estimate { declared: true, wh };
	let table = [
		(Some(Verdict::Dismissed), Basis::Reading { version: 2, wh: 30_000 }, 0),
		(Some(Verdict::Frivolous), Basis::Reading { version: 2, wh: 30_000 }, 0),
		(Some(Verdict::Upheld), struck, PENALTY),
		(None, estimated, 0),
	];
	for (verdict, expected, penalty) in table {
		run(|| {
			register(OPERATOR, [0]);
			assert_ok!(deliver(OPERATOR, drawn(30_000, Quality::Measured)));
			match verdict {
				Some(verdict) => rule(verdict),
				None => {
					Now::set(attestation_end(INTERVAL) + RULING_PERIOD);
					assert_ok!(Metering::close_dispute(RuntimeOrigin::signed(OTHER), INTERVAL, 0));
				},
			}
			assert_eq!(basis(0, false), expected, "{verdict:?}");
			// 30,000 Wh instead of at most 10,000 would have cost the owner, who accused nobody.
			assert_eq!((bond(), Balances::free_balance(MEMBER)), (BOND - penalty, WEALTH + penalty));
		});
	}
}

#[test]
fn who_answers_for_the_grid_challenges_a_reading_without_the_devices_key() {
	for (account, bonded) in [(BALANCING, true), (REGULATOR, false)] {
		run(|| {
			register(OPERATOR, [0]);
			like(0, [100; 4]);
			assert_noop!(challenge(account, None), MeteringError::NothingToChallenge);
			assert_ok!(deliver(OPERATOR, drawn(0, Quality::Measured)));
			assert_noop!(challenge(account, Some(registers(0))), MeteringError::NoContradiction);
			assert_noop!(challenge(account, Some(registers(MOST + 1))), MeteringError::Implausible);
			assert_noop!(challenge(account, Some(registers(u64::MAX))), MeteringError::OutOfRange);
			assert_ok!(challenge(account, None));
			assert_eq!(held(account, HoldReason::DisputeBond), if bonded { DISPUTE_BOND } else { 0 });
			assert_noop!(challenge(account, None), MeteringError::Contested);
			// It displaces nothing: what the device signed settles until the ruling.
			assert_eq!(basis(0, false), Basis::Reading { version: 1, wh: 0 });
			rule(Verdict::Upheld);
			let struck = Basis::Estimate { declared: true, wh: vec![100] };
			assert_eq!(basis(0, false), struck);
			assert_eq!(Metering::version(0, INTERVAL), 2);
			assert_eq!(held(account, HoldReason::DisputeBond), 0);
			// 0 Wh instead of some 100: who balances lost, and is not paid for accusing.
			let paid = if bonded { (WEALTH, PENALTY) } else { (WEALTH + PENALTY, 0) };
			assert_eq!((Balances::free_balance(BALANCING), Balances::free_balance(FUND)), paid);
			assert_noop!(challenge(account, None), MeteringError::NothingToChallenge);
			// What was struck does not come back, nor does anything that the device measured.
			for import in [0, 50] {
				let proven = attest(OPERATOR, &[drawn(import, Quality::Measured)]);
				assert_noop!(prove(OPERATOR, &proven), MeteringError::Weaker);
			}
			// What it corrects waits for the regulator.
			assert_ok!(deliver(OPERATOR, drawn(60, Quality::Corrected)));
			assert_eq!(basis(0, false), struck);
			rule(Verdict::Upheld);
			assert_eq!(basis(0, false), Basis::Reading { version: 3, wh: 60 });
		});
	}
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, drawn(0, Quality::Measured)));
		for stranger in [MEMBER, OPERATOR, ATTESTER, OTHER] {
			assert_noop!(challenge(stranger, None), MeteringError::NotAffected);
		}
		// The grid operator may, and has no money for the bond.
		assert_noop!(challenge(DSO, None), sp_runtime::TokenError::FundsUnavailable);
		assert_ok!(challenge(BALANCING, Some(registers(90))));
		// What it claims no device signed: that displaces nothing either.
		assert_eq!(basis(0, false), Basis::Reading { version: 1, wh: 0 });
		rule(Verdict::Upheld);
		assert_eq!(basis(0, false), Basis::Reading { version: 2, wh: 90 });
		assert_ok!(challenge(BALANCING, None));
		rule(Verdict::Frivolous);
		assert_eq!(Balances::free_balance(BALANCING), WEALTH - DISPUTE_BOND);
		assert_eq!(basis(0, false), Basis::Reading { version: 2, wh: 90 });
		Now::set(dispute_end(INTERVAL));
		assert_noop!(challenge(BALANCING, None), MeteringError::WindowClosed);
	});
}

#[test]
fn of_two_readings_that_one_device_signed_both_are_asked_for_until_the_ruling() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, drawn(300, Quality::Measured)));
		assert_ok!(dispute(MEMBER, &drawn(20, Quality::Measured), None));
		// The member's friend does not make it 20, nor nothing.
		assert_eq!(basis(0, false), Basis::Contested([300, 20]));
		assert_eq!(basis(0, true), Basis::Contested([300, 20]));
		Now::set(Disputes::<Test>::get(INTERVAL, 0).unwrap().deadline);
		assert_eq!(basis(0, false), Basis::Reading { version: 1, wh: 300 });
	});
}

#[test]
fn an_operators_estimate_is_no_reading() {
	run(|| {
		register(OPERATOR, [0]);
		like(0, [100, 200, 300, 400]);
		let estimated = Reading { export: 0, import_varh: 0, export_varh: 0, ..drawn(250, Quality::Estimated) };
		assert_ok!(deliver(OPERATOR, estimated));
		assert_eq!(basis(0, false), Basis::Estimate { declared: true, wh: vec![250] });
		assert_eq!(basis(0, true), Basis::Estimate { declared: true, wh: vec![100, 200, 300, 400] });
		assert_noop!(challenge(BALANCING, None), MeteringError::NothingToChallenge);
	});
}

#[test]
fn like_readings_are_of_the_same_interval_of_the_day_newest_first_and_of_fourteen_days() {
	run(|| {
		register(OPERATOR, [0]);
		let interval = INTERVAL + 20 * 96;
		for (days, import) in [(1, 11), (2, 12), (5, 15), (14, 24), (15, 25)] {
			counted(interval - days * 96, 0, import);
		}
		counted(interval - 1, 0, 99);
		assert_eq!(Metering::like(0, interval, 10, Now::get()), [11, 12, 15, 24]);
		assert_eq!(Metering::like(0, interval, 2, Now::get()), [11, 12]);
		assert_eq!(Metering::like(1, interval, 10, Now::get()), [0i64; 0]);
		// Before the first day there is none.
		assert_eq!(Metering::like(0, 95, 10, Now::get()), [0i64; 0]);
	});
}

/// A leaf that the operator forged, and the version of its dataset.
fn forge() -> ProvenReading {
	let forged = SignedReading { reading: drawn(7, Quality::Measured), ..sign(&drawn(300, Quality::Measured)) };
	attest_signed(OPERATOR, &[forged]).remove(0)
}

fn accuse(version: u16, forged: &ProvenReading) -> sp_runtime::DispatchResult {
	let claim = sign(&drawn(300, Quality::Measured));
	Metering::dispute(RuntimeOrigin::signed(MEMBER), claim, Some((version, forged.clone())))
}

#[test]
fn a_forged_leaf_stays_one_after_it_was_attested_again() {
	run(|| {
		register(OPERATOR, [0]);
		let forged = forge();
		for _ in 0..3 {
			attest(OPERATOR, &[drawn(300, Quality::Measured)]);
		}
		assert_noop!(accuse(4, &forged), MeteringError::WrongProof);
		assert_noop!(accuse(2, &forged), MeteringError::WrongProof);
		assert_noop!(accuse(0, &forged), MeteringError::NoVersion);
		assert_noop!(accuse(5, &forged), MeteringError::NoVersion);
		assert_ok!(accuse(1, &forged));
		assert_eq!(bond(), BOND - PENALTY);
		assert_eq!(basis(0, false), Basis::Reading { version: 1, wh: 300 });
		assert_noop!(accuse(1, &forged), MeteringError::AlreadyFaulted);
	});
}

#[test]
fn a_dispute_that_a_forgers_friend_opened_does_not_keep_the_fault_from_being_shown() {
	run(|| {
		register(OPERATOR, [0]);
		let forged = forge();
		assert_ok!(dispute(MEMBER, &drawn(300, Quality::Measured), None));
		assert_ok!(dispute(BALANCING, &drawn(20, Quality::Measured), None));
		assert_ok!(accuse(1, &forged));
		assert_eq!(bond(), BOND - PENALTY);
		assert!(Metering::is_contested(0, INTERVAL));
	});
}
