//! Who lets a link carry more than it was granted.

use crate::{mock::*, Publications};
use busbar_primitives::{Interval, Link, ZoneId};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

/// An interval whose session opens after the grid was built.
const OPEN: Interval = 10 + HORIZON;

fn set(account: AccountId, zone: ZoneId, link: Link) -> DispatchResult {
	Grid::set_link(RuntimeOrigin::signed(account), zone, link)
}

fn publish(account: AccountId, links: &[(ZoneId, Link)]) -> DispatchResult {
	let done = Grid::publish(RuntimeOrigin::signed(account), OPEN, links.to_vec().try_into().unwrap());
	done.map(|_| ()).map_err(|failed| failed.error)
}

fn carries(import_w: Option<u64>, export_w: Option<u64>) -> Link {
	Link { import_w, export_w, fee: 10 }
}

/// Zone 1 was granted 1,000 W in and 500 W out; its operator operates zone 2 below it, too.
#[test]
fn the_operator_of_a_zone_lowers_its_own_link_and_lifts_none_but_those_below() {
	run(|| {
		small_grid();
		for lifted in [(Some(1_001), Some(1)), (Some(1), Some(501)), (None, Some(1)), (Some(1), None), (None, None)] {
			assert_noop!(set(FEEDER_DSO, 1, carries(lifted.0, lifted.1)), GridError::LimitLifted);
		}
		assert_ok!(set(FEEDER_DSO, 1, carries(Some(400), Some(500))));
		// What it gave up comes back from who granted it.
		assert_noop!(set(FEEDER_DSO, 1, carries(Some(401), Some(500))), GridError::LimitLifted);
		assert_ok!(set(DSO, 1, carries(Some(1_000), None)));
		assert_ok!(set(FEEDER_DSO, 2, carries(Some(10_000), None)));
		assert_noop!(set(FEEDER_DSO, 3, Link { fee: 7, ..carries(None, None) }), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(set(MEMBER, 1, carries(None, None)), refused::ROLE_MISSING);
		assert_noop!(set(FEEDER_DSO, 9, carries(None, None)), GridError::UnknownZone);
	});
}

#[test]
fn nor_does_it_publish_that_its_own_link_carries_more() {
	run(|| {
		small_grid();
		at_interval(10);
		assert_ok!(publish(FEEDER_DSO, &[(1, carries(Some(1_000), Some(500))), (2, carries(None, None))]));
		assert_noop!(
			publish(FEEDER_DSO, &[(2, carries(None, None)), (1, carries(None, Some(1)))]),
			GridError::LimitLifted
		);
		assert_noop!(publish(FEEDER_DSO, &[(1, carries(Some(1), Some(501)))]), GridError::LimitLifted);
		let other = Link { fee: 7, ..carries(None, None) };
		assert_noop!(publish(FEEDER_DSO, &[(3, other)]), refused::ROLE_OUT_OF_SCOPE);
		assert_noop!(publish(MEMBER, &[(1, carries(None, None))]), refused::ROLE_MISSING);
		assert_ok!(publish(DSO, &[(1, carries(None, None)), (3, other)]));
		assert_eq!(Publications::<Test>::get(OPEN, 1), Some(carries(None, None)));
	});
}
