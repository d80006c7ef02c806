//! Proving readings.

use crate::{mock::*, Datasets, Event, ProvenReading, Readings, WeightInfo};
use busbar_primitives::{
	metering::{Reading, SignedReading},
	traits::{Prune, Readings as _},
	Metered, Quality,
};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use frame_system::RawOrigin;
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::DispatchError;

/// Ten points whose meters and dataset are [`OPERATOR`]'s.
fn attested() -> Vec<ProvenReading> {
	register(OPERATOR, 0..10);
	attest(OPERATOR, &(0..10).map(reading).collect::<Vec<_>>())
}

#[test]
fn proven_readings_are_what_settlement_reads() {
	run(|| {
		let proven = attested();
		assert_ok!(prove(OPERATOR, &proven[2..5]));
		assert_ok!(prove(OPERATOR, &[proven[9].clone(), proven[0].clone()]));
		for point in 0..10 {
			let metered = Metered { import: 100 + u64::from(point), export: 3, quality: Quality::Measured };
			let expected = [0, 2, 3, 4, 9].contains(&point).then_some(metered);
			assert_eq!(Metering::of(point, INTERVAL), expected);
			assert_eq!(Metering::version(point, INTERVAL), u16::from(expected.is_some()));
			assert!(!Metering::is_contested(point, INTERVAL));
			assert_eq!(Metering::of(point, INTERVAL - 1), None);
		}
		let record = Readings::<Test>::get(INTERVAL, 9).unwrap();
		assert_eq!((record.operator, record.dataset, record.quality), (id(OPERATOR), 1, Quality::Measured));
		assert_eq!(record.registers, reading(9).registers());
		let (interval, operator) = (INTERVAL, id(OPERATOR));
		let points = vec![9, 0].try_into().unwrap();
		System::assert_last_event(Event::Proven { interval, operator, points }.into());
	});
}

#[test]
fn a_reading_without_energy_is_a_reading() {
	run(|| {
		register(OPERATOR, [4]);
		let proven = attest(OPERATOR, &[Reading { import: 0, export: 0, ..reading(4) }]);
		assert!(proven[0].proof.is_empty());
		assert_ok!(prove(OPERATOR, &proven));
		assert_eq!(Metering::of(4, INTERVAL), Some(Metered { import: 0, export: 0, quality: Quality::Measured }));
	});
}

#[test]
fn a_reading_before_its_root_is_refused() {
	run(|| {
		register(OPERATOR, 0..10);
		let (root, proven) = dataset(&[sign(&reading(0)), sign(&reading(1))]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::NoDataset);
		// The root of another operator does not stand in for it.
		let origin = RuntimeOrigin::signed(LOCAL_OPERATOR);
		assert_ok!(Metering::attest(origin, INTERVAL, root, 2, 0, root));
		assert_noop!(prove(OPERATOR, &proven), MeteringError::NoDataset);
	});
}

#[test]
fn a_reading_is_proven_once() {
	run(|| {
		let proven = attested();
		assert_ok!(prove(OPERATOR, &proven[..3]));
		assert_noop!(prove(OPERATOR, &proven[2..4]), MeteringError::AlreadyProven);
		let twice = [proven[5].clone(), proven[5].clone()];
		assert_noop!(prove(OPERATOR, &twice), MeteringError::AlreadyProven);
	});
}

#[test]
fn a_measured_or_corrected_reading_must_be_signed_by_its_device_and_an_estimate_by_nobody() {
	run(|| {
		register(OPERATOR, 0..3);
		let refused = |signed: SignedReading| {
			let proven = attest_signed(OPERATOR, &[signed]);
			assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongSignature);
		};
		refused(SignedReading { signature: None, ..sign(&reading(0)) });
		refused(SignedReading { signature: sign(&reading(1)).signature, ..sign(&reading(0)) });
		let other = Reading { import: 99, ..reading(0) };
		refused(SignedReading { reading: other, ..sign(&reading(0)) });
		let estimated = Reading { quality: Quality::Estimated, ..reading(0) };
		refused(SignedReading { reading: estimated, ..sign(&reading(0)) });
		assert_eq!(Readings::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_corrected_reading_replaces_a_measured_one_and_is_not_replaced_by_it() {
	run(|| {
		register(OPERATOR, [0]);
		assert_ok!(deliver(OPERATOR, reading(0)));
		let corrected = Reading { import: 9_999, quality: Quality::Corrected, ..reading(0) };
		assert_ok!(deliver(OPERATOR, corrected));
		assert_eq!(Metering::of(0, INTERVAL), Some(corrected.metered()));
		assert_eq!(Metering::version(0, INTERVAL), 2);
		assert_eq!(Readings::<Test>::get(INTERVAL, 0).unwrap().dataset, 2);
		let proven = attest(OPERATOR, &[reading(0), corrected]);
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::Weaker);
		assert_noop!(prove(OPERATOR, &proven[1..]), MeteringError::AlreadyProven);
	});
}

#[test]
fn late_data_in_a_new_version_leaves_what_stood_in_the_old_one() {
	run(|| {
		register(OPERATOR, 0..2);
		assert_ok!(deliver(OPERATOR, reading(0)));
		Now::set(attestation_end(INTERVAL));
		let proven = attest(OPERATOR, &[reading(0), reading(1)]);
		assert_ok!(prove(OPERATOR, &proven[1..]));
		assert_eq!((Metering::version(0, INTERVAL), Metering::version(1, INTERVAL)), (1, 1));
		assert_eq!(Readings::<Test>::get(INTERVAL, 0).unwrap().dataset, 1);
		assert_eq!(Readings::<Test>::get(INTERVAL, 1).unwrap().dataset, 2);
	});
}

#[test]
fn a_proof_under_an_older_version_s_root_is_refused() {
	run(|| {
		register(OPERATOR, 0..2);
		let old = attest(OPERATOR, &[reading(0), reading(1)]);
		attest(OPERATOR, &[reading(0)]);
		assert_noop!(prove(OPERATOR, &old[..1]), MeteringError::WrongProof);
	});
}

#[test]
fn one_bad_reading_spoils_its_batch_and_changes_nothing() {
	run(|| {
		let mut proven = attested();
		proven[7].signed.reading.import -= 1;
		assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongProof);
		assert_eq!(Readings::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_reading_that_its_proof_does_not_fit_is_refused() {
	run(|| {
		let good = attested()[3].clone();
		let refused = |change: fn(&mut ProvenReading)| {
			let mut bad = good.clone();
			change(&mut bad);
			assert_noop!(prove(OPERATOR, &[bad]), MeteringError::WrongProof);
		};
		refused(|bad| bad.salt[15] ^= 1);
		refused(|bad| bad.index = 4);
		refused(|bad| bad.index = 10);
		refused(|bad| bad.proof[0] = H256::zero());
		refused(|bad| bad.proof.clear());
		refused(|bad| bad.proof.try_push(H256::zero()).unwrap());
		refused(|bad| bad.signed.reading.export += 1);
		refused(|bad| bad.signed.reading.import_varh += 1);
		refused(|bad| bad.signed.reading.export_varh += 1);
		refused(|bad| bad.signed.reading.quality = Quality::Estimated);
		refused(|bad| bad.signed.signature = None);
		assert_ok!(prove(OPERATOR, &[good]));
	});
}

#[test]
fn a_root_that_binds_another_count_fits_no_proof() {
	run(|| {
		register(OPERATOR, 0..10);
		let (root, proven) = dataset(&(0..10).map(|point| sign(&reading(point))).collect::<Vec<_>>());
		assert_ok!(Metering::attest(RuntimeOrigin::signed(OPERATOR), INTERVAL, root, 11, 0, root));
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::WrongProof);
	});
}

#[test]
fn a_reading_of_another_interval_is_refused() {
	run(|| {
		register(OPERATOR, [0]);
		let proven = attest(OPERATOR, &[Reading { interval: INTERVAL - 1, ..reading(0) }]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongInterval);
	});
}

#[test]
fn a_reading_of_a_point_that_does_not_exist_is_refused() {
	run(|| {
		register(OPERATOR, [YOUNG_POINT, OLD_POINT]);
		let proven = attest(OPERATOR, &[reading(POINTS), reading(YOUNG_POINT), reading(OLD_POINT)]);
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::UnknownPoint);
		assert_noop!(prove(OPERATOR, &proven[1..2]), MeteringError::PointNotInForce);
		assert_noop!(prove(OPERATOR, &proven[2..]), MeteringError::PointNotInForce);
	});
}

#[test]
fn a_reading_of_a_meter_that_is_elsewhere_is_refused() {
	run(|| {
		register(OPERATOR, 0..2);
		let elsewhere = Reading { point: 1, ..reading(0) };
		let proven = attest(OPERATOR, &[elsewhere]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::WrongPoint);
	});
}

#[test]
fn a_reading_of_a_point_without_a_meter_is_refused() {
	run(|| {
		let proven = attest(OPERATOR, &[reading(0)]);
		assert_noop!(prove(OPERATOR, &proven), MeteringError::NoMeter);
	});
}

#[test]
fn an_operator_attests_nothing_for_a_meter_that_is_not_its_own() {
	run(|| {
		register(OPERATOR, [0]);
		register(LOCAL_OPERATOR, [1]);
		let readings = [reading(0), reading(1)];
		let (operator, local) = (attest(OPERATOR, &readings), attest(LOCAL_OPERATOR, &readings));
		assert_noop!(prove(OPERATOR, &operator), MeteringError::WrongOperator);
		assert_noop!(prove(LOCAL_OPERATOR, &local), MeteringError::WrongOperator);
		assert_ok!(prove(OPERATOR, &operator[..1]));
		assert_ok!(prove(LOCAL_OPERATOR, &local[1..]));
	});
}

#[test]
fn energy_beyond_its_type_is_refused() {
	run(|| {
		register(OPERATOR, 0..3);
		let most = i64::MAX as u64;
		let readings = [
			Reading { import: most + 1, ..reading(0) },
			Reading { export: u64::MAX, ..reading(1) },
			Reading { import: 0, export: most, ..reading(2) },
		];
		let proven = attest(OPERATOR, &readings);
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::OutOfRange);
		assert_noop!(prove(OPERATOR, &proven[1..2]), MeteringError::OutOfRange);
		assert_ok!(prove(OPERATOR, &proven[2..]));
		assert_eq!(Metering::of(2, INTERVAL).unwrap().net(), Some(-i64::MAX));
	});
}

#[test]
fn readings_are_proven_between_the_end_of_delivery_and_the_end_of_the_dispute_window() {
	run(|| {
		let proven = attested();
		Now::set(delivery_end(INTERVAL) - 1);
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::NotDelivered);
		Now::set(dispute_end(INTERVAL) - 1);
		assert_ok!(prove(OPERATOR, &proven[..1]));
		Now::set(dispute_end(INTERVAL));
		assert_noop!(prove(OPERATOR, &proven[1..2]), MeteringError::WindowClosed);
		let origin = RuntimeOrigin::signed(MEMBER);
		let batch = vec![proven[1].clone()].try_into().unwrap();
		assert_noop!(Metering::prove(origin, 1_000, id(OPERATOR), batch), MeteringError::UnknownInterval);
	});
}

#[test]
fn an_empty_batch_and_one_that_nobody_signed_are_refused() {
	run(|| {
		let proven = attested();
		assert_noop!(prove(OPERATOR, &[]), MeteringError::EmptyBatch);
		for origin in [RawOrigin::Root, RawOrigin::None] {
			let call = Metering::prove(origin.into(), INTERVAL, id(OPERATOR), proven.clone().try_into().unwrap());
			assert_noop!(call, DispatchError::BadOrigin);
		}
	});
}

#[test]
fn a_batch_weighs_by_its_readings_and_the_hashes_of_their_proofs() {
	run(|| {
		let proven = attested();
		let weigh = |readings: &[ProvenReading]| {
			let readings = readings.to_vec().try_into().unwrap();
			let call = crate::Call::<Test>::prove { interval: INTERVAL, operator: id(OPERATOR), readings };
			call.get_dispatch_info().call_weight
		};
		// Ten leaves: the first eight have proofs of four hashes, the others of two.
		// Each may take the place of another, which is remembered.
		let replaced = crate::weights::replaced(<Test as frame_system::Config>::DbWeight::get(), 2);
		let two = <() as WeightInfo>::prove(2).saturating_add(replaced);
		assert_eq!(weigh(&proven[..2]), two.saturating_add(<() as WeightInfo>::hash(8)));
		assert_eq!(weigh(&proven[7..9]), two.saturating_add(<() as WeightInfo>::hash(6)));
		assert!(weigh(&proven[..2]).ref_time() > weigh(&proven[7..9]).ref_time());
		assert!(weigh(&proven[7..9]).ref_time() > weigh(&proven[..1]).ref_time());
		let mut estimated = proven[7..9].to_vec();
		estimated[1].signed.reading.quality = Quality::Estimated;
		let expected = two.saturating_add(<() as WeightInfo>::hash(6)).saturating_add(<() as WeightInfo>::estimate(1));
		assert_eq!(weigh(&estimated), expected);
	});
}

#[test]
fn readings_are_pruned_before_their_datasets_in_steps() {
	run(|| {
		assert_ok!(prove(OPERATOR, &attested()));
		attest(LOCAL_OPERATOR, &[reading(0)]);
		assert_eq!(<Metering as Prune>::prune(INTERVAL - 1, 100), 0);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 7), 7);
		assert_eq!(Datasets::<Test>::iter().count(), 2);
		assert_ok!(Metering::do_try_state());
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 4), 4);
		assert_eq!(Readings::<Test>::iter().count(), 0);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 4), 1);
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 4), 0);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Every reading of a random dataset can be proven, in any order; a changed one cannot.
	#[test]
	fn what_is_attested_and_nothing_else_is_proven(
		energies in prop::collection::vec((0..=i64::MAX as u64, 0..=i64::MAX as u64, any::<i64>()), 1..18),
		order: prop::sample::Index,
		bit in 0u32..62,
	) {
		run(|| {
			register(OPERATOR, 0..18);
			let readings: Vec<_> = (0u32..)
				.zip(&energies)
				.map(|(point, (import, export, varh))| {
					Reading { import: *import, export: *export, import_varh: *varh, ..reading(point) }
				})
				.collect();
			let mut proven = attest(OPERATOR, &readings);
			let start = order.index(proven.len());
			proven.rotate_left(start);
			for item in &proven {
				let mut bad = item.clone();
				bad.signed.reading.import ^= 1 << bit;
				assert_noop!(prove(OPERATOR, &[bad]), MeteringError::WrongProof);
				assert_ok!(prove(OPERATOR, std::slice::from_ref(item)));
				let stored = Metering::of(item.signed.reading.point, INTERVAL);
				assert_eq!(stored, Some(item.signed.reading.metered()));
			}
		});
	}
}
