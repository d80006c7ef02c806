//! Adding, changing and retiring zones.

use crate::{mock::*, Added, Additions, Event, Zones, MAX_LINK_CHANGES};
use busbar_mocks::MockCalendar;
use busbar_primitives::{traits::Grid as _, Link};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn zone(id: u32) -> crate::Zone {
	Zones::<Test>::get(id).unwrap()
}

#[test]
fn zones_are_numbered_as_they_are_added_and_exist_from_the_first_unopened_interval() {
	run(|| {
		small_grid();
		assert_eq!(Grid::zone_count(), 4);
		assert_eq!((zone(0).parent, zone(1).parent, zone(2).parent, zone(3).parent), (None, Some(0), Some(1), Some(0)));
		assert_eq!((zone(0).depth, zone(1).depth, zone(2).depth), (0, 1, 2));
		assert_eq!((zone(0).children, zone(1).children, zone(2).children), (2, 1, 0));
		assert_eq!(zone(2).from, HORIZON + 1);
		System::assert_has_event(
			Event::ZoneAdded { zone: 2, parent: Some(1), link: link(500, 10), from: HORIZON + 1 }.into(),
		);
	});
}

#[test]
fn the_root_is_added_by_the_council_or_an_operator_of_the_whole_grid() {
	for origin in [RawOrigin::Root, RawOrigin::Signed(DSO)] {
		run(|| {
			assert_ok!(Grid::add_zone(origin.into(), None, Link::default()));
		});
	}
	for (account, refusal) in [(FEEDER_DSO, refused::ROLE_OUT_OF_SCOPE), (MEMBER, refused::ROLE_MISSING)] {
		run(|| {
			let call = Grid::add_zone(RuntimeOrigin::signed(account), None, Link::default());
			assert_noop!(call, refusal);
		});
	}
	run(|| {
		assert_noop!(Grid::add_zone(RawOrigin::None.into(), None, Link::default()), DispatchError::BadOrigin);
	});
}

#[test]
fn a_second_root_is_refused() {
	run(|| {
		add_root();
		let call = Grid::add_zone(RawOrigin::Root.into(), None, Link::default());
		assert_noop!(call, GridError::RootExists);
	});
}

#[test]
fn a_root_with_a_link_is_refused() {
	run(|| {
		assert_noop!(Grid::add_zone(RawOrigin::Root.into(), None, link(1, 0)), GridError::RootHasNoLink);
	});
}

#[test]
fn a_zone_is_added_only_by_the_operator_of_its_parent() {
	run(|| {
		small_grid();
		let add = |account, parent| Grid::add_zone(RuntimeOrigin::signed(account), Some(parent), link(1, 1));
		assert_ok!(add(FEEDER_DSO, 2));
		assert_noop!(add(FEEDER_DSO, 0), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(add(FEEDER_DSO, 3), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(add(MEMBER, 1), refused::ROLE_MISSING);
		assert_noop!(Grid::add_zone(RawOrigin::Root.into(), Some(1), link(1, 1)), DispatchError::BadOrigin);
	});
}

#[test]
fn a_zone_below_an_unknown_one_is_refused() {
	run(|| {
		let add = |account| Grid::add_zone(RuntimeOrigin::signed(account), Some(4), link(1, 1));
		assert_noop!(add(DSO), GridError::UnknownZone);
		small_grid();
		// Whoever asks is told so, and not that it operates another one.
		for operator in [DSO, FEEDER_DSO] {
			assert_noop!(add(operator), GridError::UnknownZone);
		}
	});
}

#[test]
fn a_zone_deeper_than_the_limit_is_refused() {
	run(|| {
		add_root();
		let deepest = (0..MaxDepth::get()).fold(0, |parent, _| add_zone(parent, link(1, 0)));
		assert_eq!(zone(deepest).depth, MaxDepth::get());
		let call = Grid::add_zone(RuntimeOrigin::signed(DSO), Some(deepest), link(1, 0));
		assert_noop!(call, GridError::TooDeep);
	});
}

#[test]
fn static_fees_of_a_path_stay_within_the_limit() {
	run(|| {
		add_root();
		add_zone(0, link(1, 600));
		let add = |fee| Grid::add_zone(RuntimeOrigin::signed(DSO), Some(1), link(1, fee));
		assert_noop!(add(401), GridError::PathFeeTooHigh);
		assert_noop!(add(u32::MAX), GridError::PathFeeTooHigh);
		assert_ok!(add(400));
		// A fee that falls makes room below.
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(1, 500)));
		assert_ok!(add(500));
	});
}

#[test]
fn a_zone_that_the_market_would_not_clear_in_time_is_refused() {
	run(|| {
		small_grid();
		MockCalendar::on_most_zones(|| 5);
		assert_ok!(Grid::add_zone(RuntimeOrigin::signed(DSO), Some(0), link(1, 0)));
		let call = Grid::add_zone(RuntimeOrigin::signed(DSO), Some(0), link(1, 0));
		assert_noop!(call, GridError::TooManyZones);
	});
}

#[test]
fn the_number_of_zones_is_bounded() {
	run(|| {
		small_grid();
		MaxZones::set(4);
		let call = Grid::add_zone(RuntimeOrigin::signed(DSO), Some(0), link(1, 0));
		assert_noop!(call, GridError::TooManyZones);
	});
}

#[test]
fn an_operator_of_one_zone_adds_a_quarter_of_all_zones_that_the_market_takes_and_leaves_the_rest_to_others() {
	run(|| {
		small_grid();
		MockCalendar::on_most_zones(|| 12);
		let add = |account, parent| Grid::add_zone(RuntimeOrigin::signed(account), Some(parent), link(1, 0));
		for _ in 0..3 {
			assert_ok!(add(FEEDER_DSO, 1));
		}
		assert_noop!(add(FEEDER_DSO, 2), GridError::QuotaReached);
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(FEEDER_DSO), 6));
		assert_noop!(add(FEEDER_DSO, 1), GridError::QuotaReached);
		assert_eq!(Added::<Test>::get(id(FEEDER_DSO)), Additions { zones: 3, points: 0 });
		for _ in 7..12 {
			assert_ok!(add(DSO, 0));
		}
		assert_noop!(add(DSO, 1), GridError::TooManyZones);
	});
}

#[test]
fn link_terms_change_from_the_first_unopened_interval_on() {
	run(|| {
		small_grid();
		at_interval(10);
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(FEEDER_DSO), 1, link(50, 90)));
		let changed = 10 + HORIZON + 1;
		System::assert_last_event(Event::LinkSet { zone: 1, link: link(50, 90), from: changed }.into());
		assert_eq!(zone(1).static_link(changed - 1), link(1_000, 100));
		assert_eq!(zone(1).static_link(changed), link(50, 90));
		// Again, before any interval has opened on the new terms.
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(60, 90)));
		assert_eq!(zone(1).terms.len(), 2);
		// And a third time, while intervals of all three terms are open.
		at_interval(11);
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(70, 90)));
		let links: Vec<_> = (changed - 1..=changed + 1).map(|interval| zone(1).static_link(interval)).collect();
		assert_eq!(links, [link(1_000, 100), link(60, 90), link(70, 90)]);
	});
}

#[test]
fn a_static_fee_never_rises() {
	run(|| {
		small_grid();
		assert_noop!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(1_000, 101)), GridError::FeeRaised);
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(1_000, 99)));
		assert_noop!(Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(1_000, 100)), GridError::FeeRaised);
	});
}

#[test]
fn terms_that_an_interval_may_still_need_are_kept() {
	run(|| {
		small_grid();
		let set = |limit| Grid::set_link(RuntimeOrigin::signed(DSO), 1, link(limit, 1));
		for change in 1..MAX_LINK_CHANGES {
			at_interval(100 + change);
			assert_ok!(set(u64::from(change)));
		}
		assert_eq!(zone(1).terms.len() as u32, MAX_LINK_CHANGES);
		let first_change = zone(1).terms[1].from;
		// The interval before the first change is final eleven intervals after its delivery began: five to the end of
		// disputes, and two ruling periods of three.
		at_interval(first_change + 9);
		assert_noop!(set(1_000), GridError::TooManyLinkChanges);
		at_interval(first_change + 10);
		assert_ok!(set(1_000));
		assert_eq!(zone(1).terms.len() as u32, MAX_LINK_CHANGES);
		assert_eq!(zone(1).terms[0].from, first_change);
	});
}

#[test]
fn link_terms_are_set_only_where_there_is_a_link_and_by_its_operator() {
	run(|| {
		small_grid();
		let set = |account, zone| Grid::set_link(RuntimeOrigin::signed(account), zone, link(1, 0));
		assert_noop!(set(DSO, 0), GridError::RootHasNoLink);
		for operator in [DSO, FEEDER_DSO] {
			assert_noop!(set(operator, 4), GridError::UnknownZone);
		}
		assert_noop!(set(FEEDER_DSO, 3), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(set(MEMBER, 1), refused::ROLE_MISSING);
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(DSO), 2));
		assert_noop!(set(DSO, 2), GridError::ZoneRetired);
	});
}

#[test]
fn a_retired_zone_stays_in_the_tree_of_open_intervals() {
	run(|| {
		small_grid();
		at_interval(10);
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(FEEDER_DSO), 2));
		let until = 10 + HORIZON + 1;
		System::assert_last_event(Event::ZoneRetired { zone: 2, until }.into());
		let tree = |interval| Grid::zones(interval, 0..10).iter().map(|zone| zone.id).collect::<Vec<_>>();
		assert_eq!(tree(until - 1), [0, 1, 2, 3]);
		assert_eq!(tree(until), [0, 1, 3]);
		assert_eq!(zone(1).children, 0);
		// Its parent can go next.
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(DSO), 1));
	});
}

#[test]
fn a_zone_that_is_needed_is_not_retired() {
	run(|| {
		small_grid();
		let retire = |account, zone| Grid::retire_zone(RuntimeOrigin::signed(account), zone);
		assert_noop!(retire(DSO, 1), GridError::ZoneHasChildren);
		assert_noop!(retire(DSO, 0), GridError::RootStays);
		assert_noop!(retire(DSO, 9), GridError::UnknownZone);
		assert_noop!(retire(FEEDER_DSO, 3), refused::ROLE_OUT_OF_SCOPE);
		let point = add_point(2);
		assert_noop!(retire(DSO, 2), GridError::ZoneHasPoints);
		assert_ok!(Grid::retire_point(RuntimeOrigin::signed(DSO), point));
		assert_ok!(retire(DSO, 2));
		assert_noop!(retire(DSO, 2), GridError::ZoneRetired);
		let call = Grid::add_zone(RuntimeOrigin::signed(DSO), Some(2), link(1, 0));
		assert_noop!(call, GridError::ZoneRetired);
	});
}
