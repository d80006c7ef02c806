//! Settlement of an interval that becomes void is taken back as if it had not been.

use super::*;
use crate::Sources;

fn taken_back(interval: Interval, point: PointId, owner: AccountId, position: SignedWh, metered: Option<SignedWh>) {
	assert_ok!(Certificates::unsettled(interval, point, &crate::mock::point(), participant(owner), position, metered));
}

#[test]
fn what_settlement_issued_and_pooled_is_withdrawn_and_issued_once_when_it_settles_again() {
	run(|| {
		trade();
		for (point, owner, position, metered) in
			[(1, HOME, 600, Some(500)), (PLANTED, PLANT, -900, Some(-1_000)), (2, UTILITY, 300, None)]
		{
			taken_back(0, point, owner, position, metered);
			Certificates::do_try_state().unwrap();
		}
		assert_eq!((Supplies::<Test>::iter().count(), Holdings::<Test>::iter().count()), (0, 0));
		assert_eq!((Claims::<Test>::iter().count(), Pools::<Test>::iter().count()), (0, 0));
		// Without contracts all of it is the plant's.
		settled(0, PLANTED, PLANT, 0, Some(-1_000));
		settled(0, 1, HOME, 0, Some(500));
		paid(0, 1, HOME);
		close(0);
		assert_eq!((held(PLANT), Supplies::<Test>::get(SOLAR).unwrap().issued), (1_000, 1_000));
	});
}

#[test]
fn what_its_owner_handed_on_meanwhile_it_owes_until_it_settles_again() {
	run(|| {
		trade();
		let [plant, shop] = [PLANT, SHOP].map(participant);
		assert_ok!(Certificates::transfer(RuntimeOrigin::signed(PLANT), plant, SOLAR, shop, 60));
		taken_back(0, PLANTED, PLANT, -900, Some(-1_000));
		assert_eq!((held(PLANT), Owed::<Test>::get(SOLAR, plant)), (0, Some(60)));
		settled(0, PLANTED, PLANT, 0, Some(-1_000));
		assert_eq!((held(PLANT), Owed::<Test>::get(SOLAR, plant)), (940, None));
		taken_back(0, 1, HOME, 600, Some(500));
		taken_back(0, 2, UTILITY, 300, None);
		close(0);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn taking_back_leaves_nothing_whatever_was_settled_and_in_any_order(
		points in prop::collection::vec((-2_000..2_000i64, prop::option::of(-2_000..2_000i64), 0..4usize), 1..9),
		turn in 0..9usize,
	) {
		run(|| {
			let owners = [PLANT, HOME, SHOP, UTILITY];
			let mut all: Vec<_> = (0..).zip(&points).collect();
			for (point, (position, metered, owner)) in &all {
				certify(*point);
				settled(0, *point, owners[*owner], *position, *metered);
			}
			let turn = turn % all.len();
			all.rotate_left(turn);
			for (point, (position, metered, owner)) in all {
				taken_back(0, point, owners[*owner], *position, *metered);
				Certificates::do_try_state().unwrap();
			}
			assert_eq!((Supplies::<Test>::iter().count(), Holdings::<Test>::iter().count()), (0, 0));
			assert_eq!((Claims::<Test>::iter().count(), Pools::<Test>::iter().count()), (0, 0));
			assert_eq!((Owed::<Test>::iter().count(), Sources::<Test>::count() as usize), (0, points.len()));
		});
	}
}
