//! The limits that the grid operator publishes for an interval.

use crate::{mock::*, Event, Publications};
use busbar_primitives::{
	traits::{Grid as _, Prune},
	Interval, Link, ZoneId,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, DispatchResult};

/// An interval whose session opens after the grid was built.
const OPEN: Interval = 10 + HORIZON;

fn publish(account: AccountId, interval: Interval, links: &[(ZoneId, Link)]) -> DispatchResult {
	let done = Grid::publish(RuntimeOrigin::signed(account), interval, links.to_vec().try_into().unwrap());
	done.map(|_| ()).map_err(|failed| failed.error)
}

fn link_of(interval: Interval, zone: ZoneId) -> Link {
	Grid::zones(interval, 0..100).into_iter().find(|view| view.id == zone).unwrap().link
}

fn run_open(test: impl FnOnce()) {
	run(|| {
		small_grid();
		at_interval(10);
		test();
	});
}

#[test]
fn a_publication_stands_in_for_the_static_terms_of_its_interval_only() {
	run_open(|| {
		assert_ok!(publish(FEEDER_DSO, OPEN, &[(1, link(40, 100)), (2, link(30, 0))]));
		assert_eq!(link_of(OPEN, 1), link(40, 100));
		assert_eq!(link_of(OPEN, 2), link(30, 0));
		assert_eq!(link_of(OPEN, 3), link(200, 7));
		assert_eq!(link_of(OPEN - 1, 1), link(1_000, 100));
		assert_eq!(link_of(OPEN + 1, 1), link(1_000, 100));
		let links = vec![(1, link(40, 100)), (2, link(30, 0))].try_into().unwrap();
		System::assert_last_event(Event::Published { interval: OPEN, links }.into());
		assert_eq!(Changed::get(), [OPEN]);
	});
}

#[test]
fn a_later_publication_replaces_an_earlier_one() {
	run_open(|| {
		let unlimited = Link { import_w: None, export_w: None, fee: 100 };
		assert_ok!(publish(DSO, OPEN, &[(1, link(40, 3))]));
		assert_ok!(publish(DSO, OPEN, &[(1, unlimited)]));
		assert_eq!(link_of(OPEN, 1), unlimited);
	});
}

#[test]
fn a_publication_for_a_closed_or_an_unopened_interval_is_refused() {
	run_open(|| {
		assert_noop!(publish(DSO, OPEN + 1, &[(1, link(1, 1))]), GridError::IntervalNotOpen);
		// The last gate of an interval closes half an interval before its delivery.
		Now::set(EPOCH + CLOCK * u64::from(OPEN) - CLOCK / 2 - 1);
		assert_ok!(publish(DSO, OPEN, &[(1, link(1, 1))]));
		Now::mutate(|now| *now += 1);
		assert_noop!(publish(DSO, OPEN, &[(1, link(1, 1))]), GridError::IntervalNotOpen);
	});
}

#[test]
fn a_publication_by_someone_who_does_not_operate_every_zone_of_it_changes_nothing() {
	run_open(|| {
		assert_noop!(publish(MEMBER, OPEN, &[(1, link(1, 1))]), refused::ROLE_MISSING);
		let links = [(1, link(1, 1)), (2, link(1, 1)), (3, link(1, 1))];
		assert_noop!(publish(FEEDER_DSO, OPEN, &links), refused::ROLE_OUT_OF_SCOPE);
		let root = Grid::publish(RawOrigin::Root.into(), OPEN, vec![(1, link(1, 1))].try_into().unwrap());
		assert_noop!(root.map_err(|failed| failed.error), DispatchError::BadOrigin);
	});
}

#[test]
fn a_limit_below_the_flow_that_is_sold_is_refused() {
	run_open(|| {
		// 400 W are 100 Wh of a quarter of an hour, and the exports of `link` are half of its imports.
		Sold::set(vec![(1, 100)]);
		assert_noop!(publish(DSO, OPEN, &[(1, link(399, 1))]), GridError::BelowSoldFlow);
		assert_ok!(publish(DSO, OPEN, &[(1, link(400, 1))]));
		Sold::set(vec![(1, -100)]);
		assert_noop!(publish(DSO, OPEN, &[(1, link(799, 1))]), GridError::BelowSoldFlow);
		assert_ok!(publish(DSO, OPEN, &[(1, link(800, 1))]));
		assert_ok!(publish(DSO, OPEN, &[(1, Link { import_w: Some(0), export_w: None, fee: 1 })]));
	});
}

#[test]
fn a_published_fee_above_the_static_one_is_refused() {
	run_open(|| {
		let links = [(1, link(1, 100)), (2, link(1, 11))];
		assert_noop!(publish(DSO, OPEN, &links), GridError::FeeAboveStatic);
		// What counts is the fee in force in that interval, not the one that was set last.
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 2, link(500, 5)));
		assert_ok!(publish(DSO, OPEN, &[(2, link(1, 10))]));
		at_interval(11);
		assert_noop!(publish(DSO, OPEN + 1, &[(2, link(1, 6))]), GridError::FeeAboveStatic);
		assert_ok!(publish(DSO, OPEN + 1, &[(2, link(1, 5))]));
	});
}

#[test]
fn a_publication_for_a_zone_without_a_link_in_that_interval_is_refused() {
	run_open(|| {
		assert_noop!(publish(DSO, OPEN, &[(0, link(1, 0))]), GridError::RootHasNoLink);
		assert_noop!(publish(DSO, OPEN, &[(4, link(1, 0))]), GridError::UnknownZone);
		// Not yet part of the tree, and no longer.
		let young = add_zone(0, link(1, 1));
		assert_noop!(publish(DSO, OPEN, &[(young, link(1, 0))]), GridError::ZoneRetired);
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(DSO), 3));
		assert_ok!(publish(DSO, OPEN, &[(3, link(1, 0))]));
		at_interval(11);
		assert_noop!(publish(DSO, OPEN + 1, &[(3, link(1, 0))]), GridError::ZoneRetired);
		assert_ok!(publish(DSO, OPEN + 1, &[(young, link(1, 0))]));
	});
}

#[test]
fn a_publication_declares_the_walks_from_its_zones_to_the_root_and_costs_those_that_were_made() {
	use crate::{weights::SubstrateWeight, WeightInfo};
	use frame_support::dispatch::GetDispatchInfo;
	run_open(|| {
		let weight =
			|links, zones| SubstrateWeight::<Test>::publish(links).saturating_add(SubstrateWeight::<Test>::walk(zones));
		let call = |links: &[(ZoneId, Link)]| crate::Call::<Test>::publish {
			interval: OPEN,
			links: links.to_vec().try_into().unwrap(),
		};
		// Nine zones lie on a path of eight links, and there are never more than a hundred; one path is walked again where a
		// publication is refused.
		let links = [(1, link(40, 100)), (2, link(30, 0)), (3, link(1, 1))];
		assert_eq!(call(&links).get_dispatch_info().call_weight, weight(3, 27 + 9));
		MaxZones::set(20);
		assert_eq!(call(&links).get_dispatch_info().call_weight, weight(3, 20 + 9));
		MaxZones::set(100);
		let actual = |account, links: &[(ZoneId, Link)]| {
			let links = links.to_vec().try_into().unwrap();
			Grid::publish(RuntimeOrigin::signed(account), OPEN, links).unwrap().actual_weight
		};
		// A role in the whole grid walks nowhere.
		assert_eq!(actual(DSO, &links), Some(weight(3, 0)));
		assert_eq!(actual(FEEDER_DSO, &links[..2]), Some(weight(2, 2)));
	});
}

#[test]
fn an_empty_publication_or_one_that_names_a_zone_twice_is_refused() {
	run_open(|| {
		assert_noop!(publish(DSO, OPEN, &[]), GridError::EmptyPublication);
		assert_noop!(publish(DSO, OPEN, &[(1, link(1, 1)), (1, link(2, 1))]), GridError::DuplicateZone);
	});
}

#[test]
fn publications_are_pruned_with_their_interval_in_steps() {
	run_open(|| {
		assert_ok!(publish(DSO, OPEN, &[(1, link(1, 1)), (2, link(1, 1)), (3, link(1, 1))]));
		assert_ok!(publish(DSO, OPEN - 1, &[(1, link(1, 1))]));
		assert_eq!(<Grid as Prune>::prune(OPEN, 2), 2);
		assert_eq!(<Grid as Prune>::prune(OPEN, 2), 1);
		assert_eq!(<Grid as Prune>::prune(OPEN, 2), 0);
		assert_eq!(Publications::<Test>::iter().count(), 1);
	});
}

#[test]
fn what_is_published_for_a_zone_is_published_for_all_below_it() {
	run_open(|| {
		let published = |interval| [0, 1, 2, 3, 4].map(|zone| Grid::is_published(interval, zone));
		assert_eq!(published(OPEN), [false; 5]);
		assert_ok!(publish(FEEDER_DSO, OPEN, &[(1, link(40, 100))]));
		assert_eq!(published(OPEN), [false, true, true, false, false]);
		assert_ok!(publish(DSO, OPEN - 1, &[(2, link(30, 0)), (3, link(30, 0))]));
		assert_eq!(published(OPEN - 1), [false, false, true, true, false]);
	});
}
