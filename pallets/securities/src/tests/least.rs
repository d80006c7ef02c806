//! The least that must secure a point: what counts of its consumption, who is told, and what is refused.

use super::*;
use crate::{
	mock::{self, *},
	Backing, Consumptions, Error, Event, KNOWN_DAYS,
};
use busbar_mocks::MockGrid;
use busbar_primitives::{
	api::SecurityView,
	traits::{Grid, Securities as _, Solvency},
	Balance, Interval, Point, PointId, PointKind, SignedWh,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use Backing::{Deposit, Guarantee};

const OF_A_DAY: Interval = 96;
/// What a Wh costs at most in three intervals: 3 x (100 + 10).
const PER_WH: Balance = 330;
/// A quarter of 10 kW over a quarter hour, in Wh.
const NEW: Balance = 625;

fn consumed(day: u32, point: PointId, wh: SignedWh) {
	Securities::consumed(day * OF_A_DAY, point, &mock::point(HOME), &terms(), true, wh);
}

fn known(point: PointId, wh: SignedWh) {
	(0..KNOWN_DAYS).for_each(|day| consumed(day, point, wh));
}

fn may_buy(point: PointId) -> DispatchResult {
	Securities::ensure_secured(point, &<MockGrid as Grid>::point(point).unwrap(), &terms())
}

fn view(point: PointId) -> SecurityView {
	Securities::security_of(point).unwrap()
}

fn low() -> Vec<(PointId, Balance, Balance)> {
	let told = |event| match event {
		Event::SecurityLow { point, used, posted, .. } => Some((point, used, posted)),
		_ => None,
	};
	events().into_iter().filter_map(told).collect()
}

#[test]
fn a_new_point_buys_once_a_quarter_of_its_rating_is_secured_and_is_told_how_much_that_is() {
	run(|| {
		assert_eq!((terms().unsettled_at_once(), terms().dearest_short(MAX_PATH_FEE)), (3, 110));
		let shown = view(0);
		assert_eq!((shown.used, shown.least, shown.suffices), (NEW * PER_WH, 229_167, false));
		assert_eq!((shown.greatest, shown.days, shown.intervals, shown.price), (625, 0, 3, 110));
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		assert_ok!(Securities::deposit(signed(HOME), 0, shown.least - 1));
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		assert_ok!(Securities::deposit(signed(HOME), 0, 1));
		assert_ok!(may_buy(0));
		assert_eq!((view(0).free, view(0).suffices), (0, true));
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_eq!(view(0).free, 5);
	});
}

#[test]
fn the_greatest_consumption_of_thirty_days_counts_and_a_small_one_only_of_a_point_that_is_known() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 50_000));
		for day in 0..KNOWN_DAYS - 1 {
			consumed(day, 0, 100);
			assert_eq!(view(0).used, NEW * PER_WH, "it is new on day {day}");
		}
		consumed(KNOWN_DAYS - 1, 0, 100);
		assert_eq!((view(0).used, view(0).least), (33_000, 36_667));
		assert_ok!(may_buy(0));
		// The dearest of any of its intervals, whenever its reading comes. What is fed in secures nothing.
		consumed(3, 0, 700);
		consumed(16, 0, -9_000);
		assert_eq!(view(0).used, 700 * PER_WH);
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		consumed(32, 0, 0);
		assert_eq!(view(0).used, 700 * PER_WH);
		consumed(33, 0, 0);
		assert_eq!(
			(view(0).greatest, view(0).days),
			(625, 14),
			"of fourteen of the last thirty days there are readings"
		);
	});
}

#[test]
fn a_silent_point_does_not_become_cheaper_and_after_long_silence_it_is_new() {
	run(|| {
		known(0, 900);
		// However much later it is: only readings let others age.
		FirstUnopened::set(&(400 * OF_A_DAY));
		assert_eq!(view(0).greatest, 900);
		consumed(399, 0, 1);
		assert_eq!((view(0).greatest, view(0).days), (625, 1));
	});
}

#[test]
fn many_small_points_are_secured_no_less_than_a_great_one_and_none_stands_in_for_another() {
	run(|| {
		let point = |import_w| Point { import_w, ..mock::point(HOME) };
		let small: Vec<_> = [3, 5, 6, 10, 4_976, 5_000].map(point).to_vec();
		MockGrid::points([vec![point(10_000)], small].concat());
		let least = |points: core::ops::Range<PointId>| points.map(|point| view(point).used).sum::<Balance>();
		assert!(least(1..7) >= least(0..1), "a point of next to no rating has a quarter of it, rounded up");
		assert_ok!(Securities::deposit(signed(HOME), 5, 1_000_000));
		for point in [0, 2, 3, 4, 6] {
			assert_noop!(may_buy(point), Error::<Test>::SecurityTooSmall);
		}
		assert_ok!(may_buy(5));
	});
}

#[test]
fn a_guarantor_counts_for_each_point_that_it_posted_money_for() {
	run(|| {
		known(0, 900);
		known(1, 900);
		let least = view(0).least;
		assert_ok!(Securities::guarantee(signed(AGGREGATOR), 0, least - 7));
		assert_ok!(Securities::deposit(signed(HOME), 0, 7));
		assert_ok!(may_buy(0));
		assert_noop!(may_buy(1), Error::<Test>::SecurityTooSmall);
	});
}

#[test]
fn what_leaves_or_is_drawn_secures_nothing_more_of_what_comes() {
	run(|| {
		known(0, 100);
		assert_ok!(Securities::deposit(signed(HOME), 0, 50_000));
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 13_334));
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 13_333));
		assert_ok!(may_buy(0));
		assert_eq!((view(0).deposit, view(0).free), (36_667, 0));
		assert_ok!(Securities::guarantee(signed(AGGREGATOR), 0, 10_000));
		assert_ok!(Securities::draw(0, 0, participant(HOME), 20_000, &POT));
		// Of 30,000 nEUR that are left 13,333 leave.
		assert_eq!((view(0).deposit, view(0).guarantee), (16_667, 10_000));
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		LastFinal::set(&Some(7));
		assert_ok!(Securities::release(signed(HOME), 0, Deposit));
		assert_eq!(view(0).deposit, 16_667);
	});
}

#[test]
fn an_owners_deposit_does_not_count_while_a_retailer_answers_for_the_point() {
	run(|| {
		let served =
			|day, by_owner| Securities::consumed(day * OF_A_DAY, 0, &mock::point(HOME), &terms(), by_owner, 100);
		assert_ok!(Securities::deposit(signed(HOME), 0, 1_000_000));
		served(7, false);
		assert_noop!(may_buy(0), Error::<Test>::SecurityTooSmall);
		assert!(!view(0).by_owner);
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 300_000));
		assert_ok!(may_buy(0));
		// A correction of an earlier interval says nothing of who answers now.
		served(6, true);
		assert!(!view(0).by_owner);
		served(8, true);
		assert!(view(0).by_owner);
	});
}

#[test]
fn at_four_fifths_it_is_told_once_and_again_only_after_it_was_better() {
	run(|| {
		assert_ok!(Securities::deposit(signed(HOME), 0, 257_813));
		assert_eq!(low(), []);
		// One Wh more than a quarter of the rating.
		(0..5).for_each(|day| consumed(day, 0, 626));
		let (used, posted) = (626 * PER_WH, 257_813);
		assert_eq!(low(), [(0, used, posted)]);
		// It is told before anything is refused.
		assert_ok!(may_buy(0));
		consumed(5, 0, 627);
		assert_eq!(low().len(), 1);
		assert_ok!(Securities::deposit(signed(HOME), 0, 10_000));
		consumed(6, 0, 1);
		assert_eq!(low().len(), 1);
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 10_000));
		assert_eq!(low().len(), 2);
		assert_ok!(Securities::deposit(signed(HOME), 0, 1));
		assert_eq!(low().len(), 2);
		assert_ok!(Securities::draw(0, 0, participant(HOME), 200_000, &POT));
		assert_eq!(low().len(), 2, "it was told");
	});
}

#[test]
fn couplings_and_points_that_draw_nothing_need_no_security() {
	run(|| {
		let plant = Point { import_w: 0, ..mock::point(PLANT) };
		let coupling = Point { kind: PointKind::Coupling, ..mock::point(SHOP) };
		MockGrid::points(vec![plant, coupling]);
		Securities::consumed(0, 1, &coupling, &terms(), true, 900_000);
		assert_ok!(may_buy(0));
		assert_ok!(may_buy(1));
		assert_eq!((view(0).least, Securities::security_of(1)), (0, None));
		assert_eq!(Securities::security_of(2), None);
		assert!(!Consumptions::<Test>::contains_key(1));
		assert_eq!(low(), []);
	});
}

#[test]
fn of_a_point_that_is_secured_by_nothing_and_never_metered_nothing_is_kept() {
	run(|| {
		MockGrid::points(vec![Point { import_w: 0, ..mock::point(HOME) }]);
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::give_notice(signed(HOME), 0, Deposit, 5));
		LastFinal::set(&Some(7));
		assert_ok!(Securities::release(signed(HOME), 0, Deposit));
		assert_eq!(Consumptions::<Test>::get(0), None);
	});
}

#[test]
fn try_state_sees_a_security_that_is_known_and_was_not_posted() {
	run(|| {
		assert_ok!(Securities::guarantee(signed(SHOP), 0, 5));
		let known = Consumptions::<Test>::get(0).unwrap();
		Consumptions::<Test>::mutate_extant(0, |known| known.guarantee = 6);
		assert!(Securities::do_try_state().is_err());
		Consumptions::<Test>::remove(0);
		assert!(Securities::do_try_state().is_err());
		Consumptions::<Test>::insert(0, known);
		assert_eq!(crate::Secured::<Test>::get(0, Guarantee).map(|security| security.amount), Some(5));
	});
}
