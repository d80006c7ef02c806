//! Calls in their worst states: what they declare covers what they are seen to do.

use super::{chain::*, *};
use busbar_harness::signed;
use busbar_primitives::{
	metering::{Duty, Meter, MeterClass, Reading, Registers},
	traits::Calendar,
	Interval, Link, ParticipantId, Point, PointId, PointKind, Quality, ZoneId,
};
use busbar_runtime::{pallet_market, pallet_metering, pallet_timestamp, Market, Runtime, RuntimeOrigin};
use frame_support::{
	traits::Hooks,
	weights::{RuntimeDbWeight, WeightMeter},
};
use pallet_grid::{LinkTerms, NextPoint, NextZone, Points, Zone, Zones};
use pallet_metering::{Attesters, Checks, Dataset, Datasets, Disputes, Meters, Proven, ProvenReading, Readings};
use sp_core::{ed25519, Pair};
use sp_runtime::traits::Dispatchable;

/// 1 us of computation, in ps.
const MICROSECOND: u64 = 1_000_000;
/// Links between the root and the end of each branch.
const DEPTH: u32 = 64;

fn db() -> RuntimeDbWeight {
	<Runtime as frame_system::Config>::DbWeight::get()
}

/// A root with branches as deep as they may be; returns their ends.
fn grid(branches: u32) -> Vec<ZoneId> {
	let zones = branches * DEPTH + 1;
	for zone in 0..zones {
		let place = zone.checked_sub(1).map(|before| before % DEPTH);
		let parent = place.map(|place| if place == 0 { 0 } else { zone - 1 });
		let terms = parent.iter().map(|_| LinkTerms { from: 0, link: Link::default() }).collect();
		let depth = place.map_or(0, |place| place + 1);
		let terms = BoundedVec::truncate_from(terms);
		Zones::<Runtime>::insert(
			zone,
			Zone { parent, depth, terms, from: 0, until: None, children: 1, points: 0, numbers: 0 },
		);
	}
	NextZone::<Runtime>::put(zones);
	(1..=branches).map(|branch| branch * DEPTH).collect()
}

/// An interval that has just opened, some time after the genesis.
fn open() -> Interval {
	let first = 100;
	pallet_market::NextToOpen::<Runtime>::put(first);
	let terms = pallet_market::ParametersValue::<Runtime>::get().terms(first);
	pallet_timestamp::Now::<Runtime>::put(terms.gate_closure - 1);
	Market::on_poll(System::block_number(), &mut WeightMeter::new());
	assert!(Market::first_unopened() > first);
	first
}

/// Lets a participant of the devnet hold a role for the root zone alone, behind as many other scopes as there may be.
fn narrow(name: &str, role: Role) {
	let scopes = (1..16).map(|number| (role, Scope::Zone(u32::MAX - number))).chain([(role, Scope::Zone(0))]);
	let roles = pallet_participants::founding(&scopes.collect::<Vec<_>>());
	pallet_participants::Participants::<Runtime>::mutate_extant(devnet_id(name), |record| record.roles = roles);
}

#[test]
fn a_publication_declares_every_zone_that_its_role_check_reads() {
	run(|| {
		let ends = grid(40);
		narrow("Dso", Role::Dso);
		let interval = open();
		let links = BoundedVec::truncate_from(ends.iter().map(|zone| (*zone, Link::default())).collect());
		let call = RuntimeCall::Grid(pallet_grid::Call::publish { interval, links });
		let declared = call.get_dispatch_info().call_weight;
		// None of the paths to the root has a zone in common with another one but the root.
		let zones = u64::from(40 * DEPTH + 1);
		assert!(declared.all_gte(db().reads(zones)), "{declared:?} declared for {zones} zones");
		let cost = call.dispatch(RuntimeOrigin::signed(account("Dso"))).unwrap().actual_weight.unwrap();
		assert!(cost.all_gte(db().reads(zones)) && declared.all_gte(cost), "{cost:?} of {declared:?}");
	});
}

#[test]
fn the_greatest_publication_fits_a_block_and_costs_an_operator_of_the_whole_grid_no_walk() {
	run(|| {
		let ends = grid(150);
		let interval = open();
		let near = (1..=106).map(|zone| zone * 2 + 1);
		let links: Vec<_> = ends.into_iter().chain(near).map(|zone| (zone, Link::default())).collect();
		let links = BoundedVec::try_from(links).unwrap();
		assert_eq!(links.len(), 256);
		let call = RuntimeCall::Grid(pallet_grid::Call::publish { interval, links });
		let declared = call.get_dispatch_info().call_weight;
		assert!(declared.ref_time() < 300 * MILLISECOND, "{declared:?}");
		let cost = call.dispatch(RuntimeOrigin::signed(account("Dso"))).unwrap().actual_weight.unwrap();
		assert!(cost.ref_time() < 60 * MILLISECOND, "{cost:?}");
	});
}

#[test]
fn proving_check_meters_readings_declares_both_meters_and_the_disputes_that_open() {
	const READINGS: u32 = 32;
	run(|| {
		let zone = grid(1)[0];
		let (operator, owner) = (devnet_id("MeterOperator"), devnet_id("Utility"));
		let device = ed25519::Pair::from_seed(&[7; 32]);
		let interval = open();
		let genesis = System::block_hash(0);
		let mut readings = Vec::new();
		for point in 0..READINGS {
			check_meter(point, zone, owner, operator, device.public().0, interval);
			let (import, quality) = (1, Quality::Corrected);
			let (export, import_varh, export_varh) = (0, 0, 0);
			let meter = 2 * point + 1;
			let reading = Reading { meter, point, interval, import, export, import_varh, export_varh, quality };
			readings.push(signed(reading, &device, &genesis));
		}
		NextPoint::<Runtime>::put(READINGS);
		let leaves: Vec<_> = readings.iter().map(|signed| signed.leaf(&[7; 16])).collect();
		let (root, count) = (busbar_merkle::root(&leaves), READINGS);
		let dataset = Dataset { root, count, bytes: 0, content: H256::zero(), version: 16, at: 0 };
		Datasets::<Runtime>::insert(interval, operator, dataset);
		pallet_timestamp::Now::<Runtime>::put(Market::terms(interval).unwrap().delivery_end);
		let items = (0..).zip(readings).map(|(index, signed)| {
			let proof = busbar_merkle::proof(&leaves, index).unwrap().try_into().unwrap();
			ProvenReading { signed, salt: [7; 16], index, proof }
		});
		let readings = BoundedVec::truncate_from(items.collect());
		let call = RuntimeCall::Metering(pallet_metering::Call::prove { interval, operator, readings });
		let declared = call.get_dispatch_info().call_weight;
		call.dispatch(RuntimeOrigin::signed(account("Alice"))).unwrap();
		assert_eq!(Disputes::<Runtime>::iter_prefix(interval).count(), READINGS as usize);
		assert!(Checks::<Runtime>::iter_prefix_values(interval).all(|check| check.version == 2));
		// Read: the point, both meters with their readings, the attester and whether there is a dispute. Written: the reading and
		// the dispute. And no machine verifies an Ed25519 signature within 40 us and has time left for anything else.
		let n = u64::from(READINGS);
		let least = db().reads_writes(7 * n, 2 * n).saturating_add(Weight::from_parts(40 * MICROSECOND * n, 0));
		assert!(declared.all_gte(least), "{declared:?} declared, {least:?} taken at least");
	});
}

/// A point whose main and check meter counted the same, which the check meter's operator can correct.
fn check_meter(
	point: PointId,
	zone: ZoneId,
	owner: ParticipantId,
	operator: ParticipantId,
	device: [u8; 32],
	interval: Interval,
) {
	let (import_w, export_w) = (1_000_000, 1_000_000);
	let kind = PointKind::Metered;
	Points::<Runtime>::insert(point, Point { owner, zone, kind, import_w, export_w, from: 0, until: None });
	Attesters::<Runtime>::insert(point, operator);
	for (meter, duty) in [(2 * point, Duty::Main), (2 * point + 1, Duty::Check)] {
		let class = MeterClass::A;
		let fitted = Meter { point, operator, device, class, duty, from: 0, until: None, since: 0 };
		Meters::<Runtime>::insert(meter, fitted);
		let registers = Registers { import: 1_000_000, ..Default::default() };
		let (version, dataset, quality, faulted) = (1, 1, Quality::Measured, false);
		let (worth, late, since) = (pallet_metering::Worth::Sound, false, Some(0));
		let counted = Proven { meter, operator, version, dataset, registers, quality, faulted, worth, late, since };
		match duty {
			Duty::Main => Readings::<Runtime>::insert(interval, point, counted),
			Duty::Check => Checks::<Runtime>::insert(interval, point, counted),
		}
	}
}

#[test]
fn a_pass_declares_reads_for_all_of_its_steps_beside_what_was_measured_of_one_that_trades() {
	use pallet_market::WeightInfo;
	// 736 steps of at most eight keys, and two passes in the share of a block that gates have.
	let steps = <Runtime as frame_system::Config>::DbWeight::get().reads(736 * 8);
	let measured = <Runtime as pallet_market::Config>::WeightInfo::pass();
	let declared = busbar_runtime::Market::pass_weight();
	assert!(declared.all_gte(measured.saturating_add(steps)), "{declared:?}");
	let share = <Runtime as pallet_market::Config>::ClearingShare::get()
		* <Runtime as frame_system::Config>::BlockWeights::get().max_block;
	assert!(declared.saturating_mul(2).all_lt(share), "two of {declared:?} do not fit {share:?}");
}
