//! The members of one zone, however many its operator lets in, keep those of others from no more than half of the places.

use super::{
	continuous::{open_market, BOOK, N},
	places::{block_at, fill_span, newcomers, wait},
	spans::span_market,
};
use crate::{
	auction::types::{MAX_BLOCK_ORDERS, MAX_POINT_BLOCK_ORDERS},
	mock::*,
	BlockOrderPlaces, Books, Error,
};
use busbar_clearing::book::MAX_WAITING;
use busbar_primitives::{PointId, Side::Buy};
use frame_support::{assert_noop, assert_ok};

/// Points of the same participants in the root, where another operates.
fn others(members: &[(u64, PointId)]) -> Vec<(u64, PointId)> {
	members.iter().map(|(n, _)| (*n, add_point(*n, 0, 4_000))).collect()
}

#[test]
fn members_of_one_zone_keep_others_from_half_of_a_spans_places_and_no_more() {
	test(span_market(), || {
		let members = newcomers();
		let others = others(&members[30..]);
		// The best that there can be: nobody else's are worth as much.
		fill_span(&members, Buy, 5_000, &[240; 4]);
		let each = MAX_POINT_BLOCK_ORDERS as usize;
		let half = MAX_BLOCK_ORDERS as usize / 2;
		for n in 0..half {
			assert_ok!(block_at(others[n / each], Buy, 100, &[1]));
		}
		assert_noop!(block_at(others[half / each], Buy, 100, &[1]), Error::<Test>::TooManyBlockOrders);
		// They stand against whatever comes from the zone that has the other half.
		assert_ok!(block_at(members[20], Buy, 5_000, &[1_000; 4]));
		let taken = BlockOrderPlaces::<Test>::get(11, 0).taken;
		let here = |zone| taken.iter().filter(|place| place.zone == zone).count();
		assert_eq!((taken.len(), here(0), here(1)), (2 * half, half, half));
	});
}

#[test]
fn members_of_one_zone_keep_others_from_half_of_the_places_of_whole_orders_and_no_more() {
	test(open_market(), || {
		let members = newcomers();
		let others = others(&members[30..]);
		for n in 0..MAX_WAITING {
			assert_ok!(wait(members[n / 4], 5_000, 240));
		}
		for n in 0..MAX_WAITING / 2 {
			assert_ok!(wait(others[n / 4], 100, 1));
		}
		assert_noop!(wait(others[2], 100, 1), Error::<Test>::NoRoomToWait);
		assert_noop!(wait(members[9], 100, 1), Error::<Test>::NoRoomToWait);
		assert_ok!(wait(members[9], 5_000, 950));
		let waiting = Books::<Test>::get(N, BOOK).unwrap().waiting;
		let in_root = waiting.iter().filter(|place| place.zone == 0).count();
		assert_eq!((waiting.len(), in_root), (MAX_WAITING, MAX_WAITING / 2));
	});
}

#[test]
fn a_step_of_a_pass_counts_for_all_keys_that_it_may_look_at() {
	use crate::{products::continuous::pass::STEP_READS, Parameters};
	use busbar_clearing::book::price_map;
	// The next order: the one before it, the map of prices, the queue it finds, the order itself.
	let Parameters { price_floor, price_cap, tick, .. } = Parameters::default();
	let slots = price_cap.abs_diff(price_floor) / u64::from(tick) + 1;
	assert!(3 + 2 * u64::from(price_map::layers(slots)) <= STEP_READS);
}
