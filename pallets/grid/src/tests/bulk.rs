//! Batches of zones and points: as one by one, and all or none.

use crate::{mock::*, Event, NewPoint, NewZone, NextPoint, NextZone, Points, PointsOf, Zones};
use busbar_primitives::{Link, Point, PointKind, ZoneId};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult};

fn dispatch(origin: RuntimeOrigin, call: crate::Call<Test>) -> DispatchResult {
	RuntimeCall::Grid(call).dispatch(origin).map(|_| ()).map_err(|error| error.error)
}

fn add_zones(origin: RuntimeOrigin, zones: &[(Option<ZoneId>, Link)]) -> DispatchResult {
	let zones = zones.iter().map(|(parent, link)| NewZone { parent: *parent, link: *link }).collect();
	dispatch(origin, crate::Call::add_zones { zones: BoundedVec::truncate_from(zones) })
}

fn new_point(zone: ZoneId, owner: AccountId) -> NewPoint {
	NewPoint { zone, owner: id(owner), kind: PointKind::Metered, import_w: 400, export_w: 200 }
}

fn add_points(account: AccountId, points: &[NewPoint]) -> DispatchResult {
	let points = BoundedVec::truncate_from(points.to_vec());
	dispatch(RuntimeOrigin::signed(account), crate::Call::add_points { points })
}

/// The state of the grid and what was told of it.
fn grid() -> (Vec<(ZoneId, crate::Zone)>, Vec<(u32, Point)>, usize, Vec<RuntimeEvent>) {
	let mut zones: Vec<_> = Zones::<Test>::iter().collect();
	let mut points: Vec<_> = Points::<Test>::iter().collect();
	zones.sort_by_key(|(zone, _)| *zone);
	points.sort_by_key(|(point, _)| *point);
	let events = System::events().into_iter().map(|record| record.event).collect();
	(zones, points, PointsOf::<Test>::iter().count(), events)
}

#[test]
fn a_batch_does_what_its_calls_do_one_by_one() {
	let zones = [(None, Link::default()), (Some(0), link(9, 3)), (Some(1), link(8, 2)), (Some(0), link(7, 1))];
	let points = [new_point(2, MEMBER), new_point(0, DSO), new_point(2, MEMBER)];
	let one_by_one = run(|| {
		for (parent, link) in zones {
			assert_ok!(Grid::add_zone(RuntimeOrigin::signed(DSO), parent, link));
		}
		for NewPoint { zone, owner, kind, import_w, export_w } in points {
			assert_ok!(Grid::add_point(RuntimeOrigin::signed(DSO), zone, owner, kind, import_w, export_w));
		}
		grid()
	});
	let at_once = run(|| {
		assert_ok!(add_zones(RuntimeOrigin::signed(DSO), &zones));
		assert_ok!(add_points(DSO, &points));
		grid()
	});
	assert_eq!(at_once, one_by_one);
	assert_eq!((at_once.0.len(), at_once.1.len(), at_once.3.len()), (4, 3, 7));
}

#[test]
fn one_refused_zone_refuses_the_batch() {
	run(|| {
		small_grid();
		let dso = || RuntimeOrigin::signed(DSO);
		let good = (Some(1), link(1, 1));
		assert_noop!(add_zones(dso(), &[good, (Some(77), link(1, 1))]), GridError::UnknownZone);
		assert_noop!(add_zones(dso(), &[good, (None, Link::default())]), GridError::RootExists);
		assert_noop!(add_zones(dso(), &[good, (Some(1), link(1, 901))]), GridError::PathFeeTooHigh);
		assert_noop!(add_zones(dso(), &[]), GridError::EmptyBatch);
		MaxZones::set(5);
		assert_noop!(add_zones(dso(), &[good, good]), GridError::TooManyZones);
		assert_ok!(add_zones(dso(), &[good]));
	});
}

#[test]
fn one_refused_point_refuses_the_batch() {
	run(|| {
		small_grid();
		let good = new_point(1, MEMBER);
		assert_noop!(add_points(DSO, &[good, new_point(77, MEMBER)]), GridError::UnknownZone);
		assert_noop!(add_points(DSO, &[good, new_point(1, SUSPENDED)]), refused::SUSPENDED);
		assert_noop!(add_points(DSO, &[]), GridError::EmptyBatch);
		MaxPoints::set(1);
		assert_noop!(add_points(DSO, &[good, good]), GridError::TooManyPoints);
		assert_ok!(add_points(DSO, &[good]));
		assert_eq!(NextPoint::<Test>::get(), 1);
	});
}

#[test]
fn every_item_of_a_batch_is_the_operator_s_own() {
	run(|| {
		small_grid();
		let feeder = || RuntimeOrigin::signed(FEEDER_DSO);
		let (inside, outside) = ((Some(2), link(1, 1)), (Some(3), link(1, 1)));
		assert_noop!(add_zones(feeder(), &[inside, outside]), refused::ROLE_OUT_OF_SCOPE);
		assert_ok!(add_zones(feeder(), &[inside, inside]));
		let points = [new_point(2, MEMBER), new_point(3, MEMBER)];
		assert_noop!(add_points(FEEDER_DSO, &points), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(add_points(MEMBER, &points), refused::ROLE_MISSING);
		assert_ok!(add_points(FEEDER_DSO, &points[..1]));
	});
	run(|| {
		// The council adds a root, but operates nothing below it.
		let root = (None, Link::default());
		assert_noop!(add_zones(RawOrigin::Root.into(), &[root, (Some(0), link(1, 1))]), DispatchError::BadOrigin);
		assert_ok!(add_zones(RawOrigin::Root.into(), &[root]));
		System::assert_last_event(Event::ZoneAdded { zone: 0, parent: None, link: Link::default(), from: 5 }.into());
		assert_eq!(NextZone::<Test>::get(), 1);
	});
}
