//! Adding and retiring connection points.

use crate::{mock::*, Added, Additions, Couplings, Event, NewPoint, Points, Zones};
use busbar_mocks::MockBalancing;
use busbar_primitives::{traits::Grid as _, Point, PointKind, Role, Scope};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn add(account: AccountId, zone: u32, owner: AccountId) -> sp_runtime::DispatchResult {
	Grid::add_point(RuntimeOrigin::signed(account), zone, id(owner), PointKind::Metered, 5, 6)
}

fn add_coupling(account: AccountId, zone: u32, owner: AccountId) -> sp_runtime::DispatchResult {
	Grid::add_point(RuntimeOrigin::signed(account), zone, id(owner), PointKind::Coupling, 5, 6)
}

fn allow(zone: u32, allowed: bool) -> sp_runtime::DispatchResult {
	Grid::allow_couplings(RawOrigin::Root.into(), zone, allowed)
}

#[test]
fn a_point_exists_from_the_first_unopened_interval_on() {
	run(|| {
		small_grid();
		at_interval(20);
		assert_ok!(add(DSO, 2, MEMBER));
		let from = 20 + HORIZON + 1;
		let (zone, owner, kind) = (2, id(MEMBER), PointKind::Metered);
		System::assert_last_event(Event::PointAdded { point: 0, zone, owner, kind, from }.into());
		let point = Point { owner, zone, kind, import_w: 5, export_w: 6, from, until: None };
		assert_eq!(Grid::point(0), Some(point));
		assert_eq!(Grid::point(1), None);
		assert_eq!(Grid::point_count(), 1);
	});
}

#[test]
fn a_point_is_added_only_by_the_operator_of_its_zone() {
	run(|| {
		small_grid();
		assert_noop!(add(FEEDER_DSO, 3, MEMBER), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(add(MEMBER, 2, MEMBER), refused::ROLE_MISSING);
		assert_noop!(add(DSO, 4, MEMBER), GridError::UnknownZone);
		let root = Grid::add_point(RawOrigin::Root.into(), 1, id(MEMBER), PointKind::Metered, 1, 1);
		assert_noop!(root, DispatchError::BadOrigin);
	});
}

#[test]
fn the_owner_of_a_point_is_an_active_participant() {
	run(|| {
		small_grid();
		assert_noop!(add(DSO, 1, SUSPENDED), refused::SUSPENDED);
		assert_noop!(add(DSO, 1, 77), refused::UNKNOWN_PARTICIPANT);
	});
}

#[test]
fn the_number_of_points_is_bounded() {
	run(|| {
		small_grid();
		MaxPoints::set(2);
		add_point(1);
		add_point(2);
		assert_noop!(add(DSO, 1, MEMBER), GridError::TooManyPoints);
	});
}

#[test]
fn an_operator_of_one_zone_adds_a_quarter_of_all_points_that_there_can_be_and_leaves_the_rest_to_others() {
	run(|| {
		small_grid();
		MaxPoints::set(12);
		let batch = |account, count| {
			let point = NewPoint { zone: 2, owner: id(account), kind: PointKind::Metered, import_w: 1, export_w: 1 };
			Grid::add_points(RuntimeOrigin::signed(account), vec![point; count].try_into().unwrap())
		};
		assert_noop!(batch(FEEDER_DSO, 4), GridError::QuotaReached);
		assert_ok!(batch(FEEDER_DSO, 2));
		assert_ok!(add(FEEDER_DSO, 1, FEEDER_DSO));
		assert_noop!(add(FEEDER_DSO, 1, MEMBER), GridError::QuotaReached);
		// Numbers are not given twice.
		assert_ok!(Grid::retire_point(RuntimeOrigin::signed(FEEDER_DSO), 0));
		assert_noop!(add(FEEDER_DSO, 2, MEMBER), GridError::QuotaReached);
		assert_eq!(Added::<Test>::get(id(FEEDER_DSO)), Additions { zones: 0, points: 3 });
		// Who operates the whole grid adds there, and elsewhere, what there is room for.
		for _ in 3..12 {
			add_point(1);
		}
		assert_noop!(add(DSO, 1, MEMBER), GridError::TooManyPoints);
	});
}

#[test]
fn a_zone_takes_its_share_of_the_numbers_of_points_and_no_more_however_many_operate_it() {
	run(|| {
		small_grid();
		MaxPoints::set(12);
		MaxZonePoints::set(5);
		busbar_mocks::MockParticipants::grant(MEMBER, Role::Dso, Scope::Zone(1));
		for account in [FEEDER_DSO, FEEDER_DSO, FEEDER_DSO, MEMBER, MEMBER] {
			assert_ok!(add(account, 2, account));
		}
		assert_noop!(add(MEMBER, 2, MEMBER), GridError::TooManyPointsInZone);
		// Numbers are not given twice, and nobody gives more of them in this zone.
		assert_ok!(Grid::retire_point(RuntimeOrigin::signed(FEEDER_DSO), 0));
		assert_noop!(add(MEMBER, 2, MEMBER), GridError::TooManyPointsInZone);
		let zone = Zones::<Test>::get(2).unwrap();
		assert_eq!((zone.points, zone.numbers), (4, 5));
		// There is room elsewhere, and here for who operates the whole grid.
		assert_ok!(add(MEMBER, 1, MEMBER));
		assert_ok!(add(DSO, 2, MEMBER));
	});
}

#[test]
fn no_point_is_added_to_a_retired_zone() {
	run(|| {
		small_grid();
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(DSO), 3));
		assert_noop!(add(DSO, 3, MEMBER), GridError::ZoneRetired);
	});
}

#[test]
fn a_point_is_retired_once_and_by_the_operator_of_its_zone() {
	run(|| {
		small_grid();
		let (inside, outside) = (add_point(2), add_point(3));
		at_interval(7);
		let retire = |account, point| Grid::retire_point(RuntimeOrigin::signed(account), point);
		assert_noop!(retire(FEEDER_DSO, outside), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(retire(MEMBER, inside), refused::ROLE_MISSING);
		assert_noop!(retire(DSO, 2), GridError::UnknownPoint);
		assert_ok!(retire(FEEDER_DSO, inside));
		System::assert_last_event(Event::PointRetired { point: inside, until: 7 + HORIZON + 1 }.into());
		assert_eq!(Points::<Test>::get(inside).unwrap().until, Some(7 + HORIZON + 1));
		assert_noop!(retire(DSO, inside), GridError::PointRetired);
	});
}

#[test]
fn points_of_a_participant_are_listed_in_ascending_order() {
	run(|| {
		small_grid();
		MaxPoints::set(1_000);
		// More than one byte's worth, and another owner's in between.
		for i in 0..600 {
			assert_ok!(add(DSO, 1, if i % 3 == 0 { FEEDER_DSO } else { MEMBER }));
		}
		let expected: Vec<u32> = (0..600).filter(|i| i % 3 != 0).collect();
		assert_eq!(Grid::points_of(id(MEMBER), 1_000), expected);
		assert_eq!(Grid::points_of(id(MEMBER), 5), expected[..5]);
		assert!(Grid::points_of(id(SUSPENDED), 5).is_empty());
	});
}

/// What a coupling sells nobody delivers: the operator of a leaf that added one would sell energy there that nobody lacks.
#[test]
fn a_coupling_stands_at_the_root_or_where_the_council_allows_it() {
	run(|| {
		small_grid();
		assert_noop!(add_coupling(FEEDER_DSO, 2, MEMBER), GridError::NoCouplingsHere);
		assert_noop!(add_coupling(DSO, 1, MEMBER), GridError::NoCouplingsHere);
		let coupling = NewPoint { zone: 2, owner: id(MEMBER), kind: PointKind::Coupling, import_w: 1, export_w: 1 };
		let batch = Grid::add_points(RuntimeOrigin::signed(FEEDER_DSO), vec![coupling].try_into().unwrap());
		assert_noop!(batch, GridError::NoCouplingsHere);
		assert_ok!(add_coupling(DSO, 0, MEMBER));
		assert_noop!(Grid::allow_couplings(RuntimeOrigin::signed(DSO), 2, true), DispatchError::BadOrigin);
		assert_noop!(allow(4, true), GridError::UnknownZone);
		assert_ok!(allow(2, true));
		System::assert_last_event(Event::CouplingsAllowed { zone: 2, allowed: true }.into());
		assert_noop!(add_coupling(DSO, 1, MEMBER), GridError::NoCouplingsHere);
		assert_ok!(add_coupling(FEEDER_DSO, 2, MEMBER));
		assert_ok!(Grid::accept_point(RuntimeOrigin::signed(MEMBER), 0));
		assert_ok!(allow(2, false));
		assert_noop!(add_coupling(FEEDER_DSO, 2, MEMBER), GridError::NoCouplingsHere);
		assert_eq!((Couplings::<Test>::iter().count(), Grid::point_count()), (0, 2));
	});
}

#[test]
fn a_coupling_belongs_to_the_balance_responsible_party() {
	run(|| {
		small_grid();
		assert_noop!(add_coupling(DSO, 0, FEEDER_DSO), GridError::NotBalancingParty);
		assert_ok!(add_coupling(DSO, 0, MEMBER));
		MockBalancing::on_party(|| None);
		assert_noop!(add_coupling(DSO, 0, MEMBER), GridError::NotBalancingParty);
		// Others' points are not its.
		assert_ok!(add(DSO, 0, FEEDER_DSO));
	});
}
