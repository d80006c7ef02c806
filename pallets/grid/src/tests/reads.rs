//! What other pallets read of the grid.

use crate::{mock::*, Zones};
use busbar_primitives::{
	traits::{Grid as _, Zones as _},
	Link, ZoneView,
};
use frame_support::assert_ok;
use proptest::prelude::*;

#[test]
fn zones_are_listed_in_ascending_order_and_in_pages() {
	run(|| {
		small_grid();
		let interval = HORIZON + 1;
		let all = Grid::zones(interval, 0..100);
		assert_eq!(all[0], ZoneView { id: 0, parent: None, link: Link::default() });
		assert_eq!(all[2], ZoneView { id: 2, parent: Some(1), link: link(500, 10) });
		assert_eq!(all.iter().map(|zone| zone.id).collect::<Vec<_>>(), [0, 1, 2, 3]);
		assert_eq!(Grid::zones(interval, 0..2), all[..2]);
		assert_eq!(Grid::zones(interval, 2..4), all[2..]);
		assert!(Grid::zones(interval, 4..6).is_empty());
		assert!(Grid::zones(interval, 7..u32::MAX).is_empty());
		assert!(Grid::zones(interval - 1, 0..2).is_empty());
		assert_eq!(Grid::max_path_fee(), 1_000);
	});
}

#[test]
fn a_zone_is_within_itself_and_all_zones_above_it() {
	run(|| {
		small_grid();
		for (zone, ancestors) in [(0, &[0][..]), (1, &[0, 1]), (2, &[0, 1, 2]), (3, &[0, 3]), (4, &[])] {
			for ancestor in 0..6 {
				assert_eq!(
					Grid::is_within_any(zone, &[ancestor]),
					ancestors.contains(&ancestor),
					"{zone} in {ancestor}"
				);
				let either = [5, ancestor, 3];
				let within = ancestors.iter().any(|above| either.contains(above));
				assert_eq!(Grid::is_within_any(zone, &either), within, "{zone} in one of {either:?}");
			}
			assert!(!Grid::is_within_any(zone, &[]));
		}
	});
}

#[test]
fn the_first_of_groups_that_has_a_zone_above_is_found_in_one_walk() {
	run(|| {
		small_grid();
		assert_eq!(Grid::first_within(2, &[vec![3], vec![1], vec![2]]), Some(1));
		assert_eq!(Grid::first_within(2, &[vec![3, 0], vec![2]]), Some(0));
		assert_eq!(Grid::first_within(2, &[vec![], vec![3], vec![9]]), None);
		assert_eq!(Grid::first_within(4, &[vec![0, 4]]), None);
		assert_eq!(Grid::first_within(2, &[]), None);
	});
}

#[test]
fn many_zones_are_found_within_others_without_reading_one_twice() {
	run(|| {
		small_grid();
		assert_eq!(Grid::all_within(&[2, 1, 3, 2], &[0]), (true, 4));
		assert_eq!(Grid::all_within(&[2, 1], &[9, 1]), (true, 2));
		assert_eq!(Grid::all_within(&[2, 3], &[1]), (false, 3));
		assert_eq!(Grid::all_within(&[4], &[0]), (false, 1));
		assert_eq!(Grid::all_within(&[2], &[]), (false, 0));
		assert_eq!(Grid::all_within(&[], &[]), (true, 0));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever is called with whatever arguments, the invariants hold and a failing call changes nothing.
	#[test]
	fn invariants_hold_after_any_calls(
		calls in prop::collection::vec((0u8..7, 0u32..12, 0u64..30, 0u32..300, 0u32..4), 1..80),
	) {
		run(|| {
			add_root();
			for (call, zone, limit, fee, steps) in calls {
				let origin = RuntimeOrigin::signed(if limit % 4 == 0 { FEEDER_DSO } else { DSO });
				let interval = first_unopened().saturating_sub(steps);
				let result = frame_support::storage::with_storage_layer(|| match call {
					0 | 1 => Grid::add_zone(origin, Some(zone), link(limit, fee)),
					2 => Grid::set_link(origin, zone, link(limit, fee)),
					3 => Grid::retire_zone(origin, zone),
					4 => Grid::add_point(origin, zone, id(MEMBER), busbar_primitives::PointKind::Metered, limit, limit),
					5 => Grid::retire_point(origin, zone),
					_ => {
						let links = vec![(zone, link(limit, fee))].try_into().unwrap();
						Grid::publish(origin, interval, links).map(|_| ()).map_err(|failed| failed.error)
					},
				});
				if result.is_ok() {
					assert_ok!(Grid::do_try_state());
				}
				Now::mutate(|now| *now += CLOCK * u64::from(steps) / 3);
			}
			let interval = first_unopened();
			let tree = Grid::zones(interval, 0..u32::MAX);
			for view in &tree {
				prop_assert!(Zones::<Test>::get(view.id).unwrap().exists_in(interval));
				prop_assert!(view.parent.is_none_or(|parent| tree.iter().any(|zone| zone.id == parent)));
				let fees = |mut at: Option<u32>| {
					let mut sum = 0;
					while let Some(view) = at.and_then(|id| tree.iter().find(|zone| zone.id == id)) {
						sum += view.link.fee;
						at = view.parent;
					}
					sum
				};
				prop_assert!(fees(Some(view.id)) <= Grid::max_path_fee());
			}
			Ok(())
		})?;
	}
}
