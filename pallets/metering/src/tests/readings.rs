//! Proving readings.

use crate::{leaf_bytes, mock::*, Datasets, Event, ProvenReading, Reading, Readings, WeightInfo};
use busbar_primitives::{
	traits::{Prune, Readings as _},
	Metered, Quality,
};
use codec::Encode;
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
			assert_eq!(Metering::of(point, INTERVAL - 1), None);
		}
		let record = Readings::<Test>::get(INTERVAL, 9).unwrap();
		assert_eq!((record.operator, record.import_varh, record.export_varh), (id(OPERATOR), -7, 8));
		let (interval, operator) = (INTERVAL, id(OPERATOR));
		let points = vec![9, 0].try_into().unwrap();
		System::assert_last_event(Event::Proven { interval, operator, points }.into());
	});
}

#[test]
fn a_leaf_is_the_salt_and_the_encoded_reading() {
	let reading = Reading {
		point: 0x0403_0201,
		interval: 0x0807_0605,
		import: 1,
		export: 2,
		import_varh: -1,
		export_varh: 3,
		quality: Quality::Corrected,
	};
	let bytes = leaf_bytes(&[0xaa; 16], &reading);
	assert_eq!(bytes[..16], [0xaa; 16]);
	assert_eq!(bytes[16..], reading.encode());
	assert_eq!(bytes[16..24], [1, 2, 3, 4, 5, 6, 7, 8]);
	assert_eq!(bytes.len(), 57);
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
		let (root, proven) = dataset(&[reading(0), reading(1)]);
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
fn of_several_leaves_for_one_point_the_first_proven_stands() {
	run(|| {
		register(OPERATOR, [0]);
		let proven = attest(OPERATOR, &[reading(0), Reading { import: 9_999, ..reading(0) }]);
		assert_ok!(prove(OPERATOR, &proven[1..]));
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::AlreadyProven);
		assert_eq!(Metering::of(0, INTERVAL).unwrap().import, 9_999);
	});
}

#[test]
fn one_bad_reading_spoils_its_batch_and_changes_nothing() {
	run(|| {
		let mut proven = attested();
		proven[7].reading.import = proven[7].reading.import.saturating_sub(1);
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
		refused(|bad| bad.reading.point = 4);
		refused(|bad| bad.reading.export += 1);
		refused(|bad| bad.reading.import_varh += 1);
		refused(|bad| bad.reading.export_varh += 1);
		refused(|bad| bad.reading.quality = Quality::Estimated);
		assert_ok!(prove(OPERATOR, &[good]));
	});
}

#[test]
fn a_root_that_binds_another_count_fits_no_proof() {
	run(|| {
		register(OPERATOR, 0..10);
		let (root, proven) = dataset(&(0..10).map(reading).collect::<Vec<_>>());
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
fn readings_are_proven_between_the_end_of_delivery_and_the_end_of_the_window() {
	run(|| {
		let proven = attested();
		Now::set(delivery_end(INTERVAL) - 1);
		assert_noop!(prove(OPERATOR, &proven[..1]), MeteringError::NotDelivered);
		Now::set(attestation_end(INTERVAL) - 1);
		assert_ok!(prove(OPERATOR, &proven[..1]));
		Now::set(attestation_end(INTERVAL));
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
		assert_eq!(weigh(&proven[..2]), <() as WeightInfo>::prove(2).saturating_add(<() as WeightInfo>::hash(8)));
		assert_eq!(weigh(&proven[7..9]), <() as WeightInfo>::prove(2).saturating_add(<() as WeightInfo>::hash(6)));
		assert!(weigh(&proven[..2]).ref_time() > weigh(&proven[7..9]).ref_time());
		assert!(weigh(&proven[7..9]).ref_time() > weigh(&proven[..1]).ref_time());
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
				bad.reading.import ^= 1 << bit;
				assert_noop!(prove(OPERATOR, &[bad]), MeteringError::WrongProof);
				assert_ok!(prove(OPERATOR, std::slice::from_ref(item)));
				let stored = Metering::of(item.reading.point, INTERVAL);
				assert_eq!(stored, Some(item.reading.metered()));
			}
		});
	}
}
