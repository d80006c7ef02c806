use super::*;
use crate::{
	mock::{Flexibility as Reductions, *},
	Activations, Charges, Error, Event, Funds, Offers, Orders,
};
use busbar_mocks::{MockCalendar, MockFinality, MockGrid, MockParticipants, MockReadings};
use busbar_primitives::{
	traits::{Charges as _, Prune, Reductions as _},
	Baseline, Flexibility, Interval, PointId, PointKind, Reduction, Right, Role, Scope,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult, traits::fungible::Inspect};
use refused::{NOT_DELEGATE, ROLE_MISSING};

const LESS: Flexibility = Flexibility { reduction: Reduction::Load, wh: 200, price: 30_000, penalty: 0 };
const CHARGED: Flexibility = Flexibility { penalty: 50_000, ..LESS };

fn offer(interval: Interval, point: PointId, offer: Option<Flexibility>) -> DispatchResult {
	Reductions::offer(signed(HOME), interval, point, offer)
}

fn order(interval: Interval, point: PointId, order: Flexibility) -> DispatchResult {
	Reductions::order_reduction(signed(GRID_OPERATOR), interval, point, order)
}

#[test]
fn a_charge_for_non_delivery_needs_the_same_offer() {
	run(|| {
		assert_noop!(order(0, 0, CHARGED), Error::<Test>::NotOffered);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		for other in [
			Flexibility { wh: 201, ..CHARGED },
			Flexibility { price: 29_999, ..CHARGED },
			Flexibility { penalty: 50_001, ..CHARGED },
			Flexibility { reduction: Reduction::Generation, ..CHARGED },
		] {
			assert_noop!(order(0, 0, other), Error::<Test>::NotOffered);
		}
		assert_ok!(offer(0, 0, None));
		assert_noop!(order(0, 0, CHARGED), Error::<Test>::NotOffered);
		assert_ok!(offer(0, 0, Some(CHARGED)));
		assert_ok!(order(0, 0, Flexibility { wh: 100, ..CHARGED }));
		assert_noop!(order(0, 0, Flexibility { wh: 100, ..LESS }), Error::<Test>::AlreadyOrdered);
		assert_noop!(offer(0, 0, None), Error::<Test>::AlreadyOrdered);
	});
}

#[test]
fn nothing_is_offered_or_ordered_at_a_point_outside_the_interval() {
	run(|| {
		MockGrid::points(vec![busbar_primitives::Point { from: 1, ..point(HOME) }]);
		assert_noop!(offer(0, 0, Some(LESS)), Error::<Test>::UnknownPoint);
		assert_noop!(order(0, 0, LESS), Error::<Test>::UnknownPoint);
		assert_ok!(offer(1, 0, Some(LESS)));
	});
}

#[test]
fn only_the_owner_offers_and_only_the_operator_orders_before_delivery_has_ended() {
	run(|| {
		assert_noop!(Reductions::offer(signed(PLANT), 0, 0, Some(LESS)), NOT_DELEGATE);
		MockParticipants::delegate(HOME, PLANT, Right::Trade);
		assert_ok!(Reductions::offer(signed(PLANT), 0, 0, Some(LESS)));
		assert_noop!(Reductions::order_reduction(signed(UTILITY), 0, 0, LESS), ROLE_MISSING);
		assert_noop!(offer(0, 9, Some(LESS)), Error::<Test>::UnknownPoint);
		assert_noop!(offer(9, 0, Some(LESS)), Error::<Test>::UnknownInterval);
		assert_noop!(order(0, 0, Flexibility { wh: 0, ..LESS }), Error::<Test>::ZeroEnergy);
		assert_noop!(offer(0, 0, Some(Flexibility { wh: 0, ..LESS })), Error::<Test>::ZeroEnergy);
		for bad in [Flexibility { price: -1, ..LESS }, Flexibility { penalty: -1, ..LESS }] {
			assert_noop!(order(0, 0, bad), Error::<Test>::NegativePrice);
			assert_noop!(offer(0, 0, Some(bad)), Error::<Test>::NegativePrice);
		}
		MockCalendar::on_now(|| DELIVERY_END);
		assert_noop!(order(0, 0, LESS), Error::<Test>::DeliveryEnded);
		assert_noop!(offer(0, 0, None), Error::<Test>::DeliveryEnded);
	});
}

#[test]
fn no_reduction_is_dearer_than_the_dearest_energy_of_its_interval() {
	run(|| {
		for price in [DEAREST + 1, i64::MAX] {
			assert_noop!(order(0, 0, Flexibility { price, ..LESS }), Error::<Test>::BeyondPrices);
			for beyond in [Flexibility { price, ..LESS }, Flexibility { penalty: price, ..LESS }] {
				assert_noop!(offer(0, 0, Some(beyond)), Error::<Test>::BeyondPrices);
			}
		}
		assert_ok!(order(0, 0, Flexibility { price: DEAREST, ..LESS }));
	});
}

#[test]
fn nothing_is_offered_or_ordered_at_a_coupling_point() {
	run(|| {
		MockGrid::points(vec![busbar_primitives::Point { kind: PointKind::Coupling, ..point(HOME) }]);
		assert_noop!(offer(0, 0, Some(LESS)), Error::<Test>::IsCoupling);
		assert_noop!(order(0, 0, LESS), Error::<Test>::IsCoupling);
	});
}

#[test]
fn an_order_takes_the_place_of_the_offer_and_is_what_settlement_reads() {
	run(|| {
		assert_ok!(offer(3, 0, Some(CHARGED)));
		assert_eq!(Reductions::ordered(3, 0), None);
		let less = Flexibility { wh: 150, ..CHARGED };
		assert_ok!(order(3, 0, less));
		assert_eq!(Reductions::ordered(3, 0), Some(less));
		assert!(!Offers::<Test>::contains_key(3, 0));
		let offered = Event::FlexibilityOffered { interval: 3, point: 0, offer: Some(CHARGED) };
		assert_eq!(events(), [offered, Event::ReductionOrdered { interval: 3, point: 0, order: less }]);
	});
}

#[test]
fn a_charge_is_held_with_its_offer_or_order_and_released_once() {
	run(|| {
		assert_ok!(offer(3, 0, Some(CHARGED)));
		assert_eq!(held(HOME), 10_000_000);
		assert_ok!(offer(3, 0, Some(Flexibility { wh: 300, ..CHARGED })));
		assert_eq!(held(HOME), 15_000_000);
		assert_ok!(order(3, 0, Flexibility { wh: 150, ..CHARGED }));
		assert_eq!(held(HOME), 7_500_000);
		assert_ok!(offer(4, 0, Some(CHARGED)));
		assert_ok!(offer(4, 0, None));
		assert_eq!(held(HOME), 7_500_000);
		assert_eq!(Reductions::release(3, 0), Ok(Some((HOME, 7_500_000))));
		assert_eq!((held(HOME), Balances::balance(&HOME)), (0, WEALTH));
		assert_eq!(Reductions::release(3, 0), Ok(None));
	});
}

#[test]
fn a_charge_beyond_free_money_or_without_an_account_is_refused() {
	run(|| {
		let most = Flexibility { penalty: DEAREST, wh: u64::MAX, ..CHARGED };
		assert_noop!(offer(3, 0, Some(most)), Error::<Test>::BeyondCharge);
		MockParticipants::change(HOME, |home| home.account = None);
		MockParticipants::delegate(HOME, PLANT, Right::Trade);
		let offered = Reductions::offer(signed(PLANT), 3, 0, Some(CHARGED));
		assert_noop!(offered, Error::<Test>::UnknownParticipant);
	});
}

#[test]
fn offers_and_orders_go_in_bounded_steps_once_their_interval_is_final() {
	run(|| {
		for point in [0, 1] {
			assert_ok!(order(3, point, LESS));
			assert_ok!(order(4, point, LESS));
		}
		MockGrid::points(vec![point(HOME), point(PLANT), point(HOME)]);
		assert_ok!(offer(3, 2, Some(LESS)));
		assert_eq!(Reductions::prune(3, 10), 0, "not before it is final");
		MockFinality::on_is_final(|interval| interval == 3);
		for point in [0, 1] {
			assert_ok!(Reductions::release_funds(3, point));
		}
		assert_eq!(Reductions::prune(3, 0), 0);
		assert_eq!([2; 4].map(|limit| Reductions::prune(3, limit)), [2, 2, 1, 0]);
		assert_eq!((Offers::<Test>::iter().count(), Activations::<Test>::iter().count()), (0, 2));
		assert_eq!(Orders::<Test>::iter().count(), 2);
	});
}

#[test]
fn try_state_sees_a_charge_that_is_not_held_and_an_offer_beside_its_order() {
	run(|| {
		Funds::<Test>::insert(3, 0, (HOME, 5));
		assert!(Reductions::do_try_state().is_err());
		Funds::<Test>::remove(3, 0);
		Charges::<Test>::insert(3, 0, (HOME, 5));
		assert!(Reductions::do_try_state().is_err());
		Charges::<Test>::remove(3, 0);
		assert_ok!(order(3, 0, LESS));
		Offers::<Test>::insert(3, 0, LESS);
		assert!(Reductions::do_try_state().is_err());
		Offers::<Test>::remove(3, 0);
	});
}

#[test]
fn the_most_that_an_order_can_cost_is_held_on_its_operators_account_until_the_point_is_settled() {
	run(|| {
		// For each Wh its price, 500,000 at most for what was bought, and 100,000 at most for what is left.
		assert_ok!(order(3, 0, LESS));
		assert_eq!(funds(GRID_OPERATOR), 200 * 630_000);
		// The point can carry 10 kW, which are 2,500 Wh.
		assert_ok!(order(3, 1, Flexibility { wh: 5_000, ..LESS }));
		assert_eq!(funds(GRID_OPERATOR), 200 * 630_000 + 2_500 * 630_000);
		assert_ok!(Reductions::release_funds(3, 1));
		assert_ok!(Reductions::release_funds(3, 0));
		assert_ok!(Reductions::release_funds(3, 0));
		assert_eq!((funds(GRID_OPERATOR), Balances::balance(&GRID_OPERATOR)), (0, WEALTH));
		// Once the market has ended it is known what was contracted.
		contract(150);
		assert_ok!(order(4, 0, LESS));
		assert_eq!(funds(GRID_OPERATOR), 150 * 630_000);
		// 400,000 at most for what is missing, and 500,000 for what was sold below zero and is still fed in.
		contract(-150);
		assert_ok!(order(4, 1, Flexibility { reduction: Reduction::Generation, ..LESS }));
		assert_eq!(funds(GRID_OPERATOR), 150 * 630_000 + 150 * 930_000);
		assert_eq!((held(HOME), held(PLANT)), (0, 0));
	});
}

/// Safety does not wait for money. A bargain with a charge does.
#[test]
fn an_order_without_a_charge_stands_whatever_its_operator_has() {
	run(|| {
		assert_ok!(offer(3, 0, Some(CHARGED)));
		assert_ok!(Balances::transfer_allow_death(signed(GRID_OPERATOR), PLANT, WEALTH - 5));
		assert_noop!(order(3, 0, CHARGED), Error::<Test>::BeyondFunds);
		assert_ok!(order(3, 0, LESS));
		assert_eq!(funds(GRID_OPERATOR), 5);
		assert_eq!(Reductions::ordered(3, 0), Some(LESS));
		assert_ok!(order(3, 1, LESS));
		assert_eq!((funds(GRID_OPERATOR), Funds::<Test>::contains_key(3, 1)), (5, false));
	});
}

#[test]
fn an_order_in_delivery_takes_what_is_contracted_in_proportion_to_the_time_that_is_left() {
	run(|| {
		contract(-10_000);
		let less = Flexibility { reduction: Reduction::Generation, wh: 9_000, ..LESS };
		let at = |now| MockCalendar::on_now(move || now);
		at(DELIVERY_START);
		assert_noop!(order(3, 0, Flexibility { penalty: 1, ..less }), Error::<Test>::DeliveryBegun);
		assert_noop!(order(3, 0, LESS), Error::<Test>::NothingLeft);
		// A quarter of the time is over.
		at(1_250);
		assert_ok!(order(3, 0, less));
		assert_eq!(Reductions::ordered(3, 0).unwrap().wh, 7_500);
		// Of the 2,500 Wh that are left the half, which is less than the 1,500 that were wanted.
		at(1_500);
		assert_noop!(order(3, 0, LESS), Error::<Test>::NothingLeft);
		assert_ok!(order(3, 0, less));
		assert_eq!(Reductions::ordered(3, 0).unwrap().wh, 8_750);
		// What stands is no reason to take more than is wanted.
		assert_ok!(order(3, 0, Flexibility { wh: 8_760, ..less }));
		assert_eq!(Reductions::ordered(3, 0).unwrap().wh, 8_760);
		// 1,240 Wh x 1 / 1,000.
		at(DELIVERY_END - 1);
		assert_ok!(order(3, 0, less));
		assert_eq!(Reductions::ordered(3, 0).unwrap().wh, 8_761);
		assert_ok!(order(3, 1, less));
		assert_eq!(Reductions::ordered(3, 1).unwrap().wh, 10);
		at(DELIVERY_END);
		assert_noop!(order(4, 0, less), Error::<Test>::DeliveryEnded);
	});
}

#[test]
fn offers_close_when_limits_are_published_or_delivery_begins() {
	run(|| {
		assert_ok!(offer(3, 0, Some(CHARGED)));
		MockGrid::on_is_published(|interval, zone| (interval, zone) == (3, 1));
		assert_noop!(offer(3, 0, Some(LESS)), Error::<Test>::OffersClosed);
		assert_noop!(offer(3, 0, None), Error::<Test>::OffersClosed);
		assert_ok!(offer(4, 0, Some(LESS)));
		// What was offered before is ordered after.
		assert_ok!(order(3, 0, CHARGED));
		MockCalendar::on_now(|| DELIVERY_START);
		assert_noop!(offer(4, 0, None), Error::<Test>::DeliveryBegun);
	});
}

/// Whoever operates a part of the grid cannot keep an order of the whole grid's operator out with one of 1 Wh.
#[test]
fn an_order_that_takes_more_stands_in_place_of_one_that_takes_less() {
	run(|| {
		MockGrid::tree([None, Some(0)]);
		MockParticipants::grant(UTILITY, Role::Dso, Scope::Zone(1));
		let small = Flexibility { wh: 1, price: DEAREST, ..LESS };
		assert_ok!(Reductions::order_reduction(signed(UTILITY), 3, 0, small));
		assert_eq!(funds(UTILITY), 1_100_000);
		assert_noop!(order(3, 0, Flexibility { wh: 1, ..LESS }), Error::<Test>::AlreadyOrdered);
		let other = Flexibility { reduction: Reduction::Generation, ..LESS };
		assert_noop!(order(3, 0, other), Error::<Test>::AlreadyOrdered);
		assert_ok!(order(3, 0, LESS));
		assert_eq!((funds(UTILITY), funds(GRID_OPERATOR)), (0, 200 * 630_000));
		assert_eq!(Reductions::ordered(3, 0), Some(LESS));
		assert_eq!(Reductions::placed(3, 0).unwrap().operator, participant(GRID_OPERATOR));
		assert_eq!(Reductions::placed(4, 0), None);
	});
}

#[test]
fn an_order_remembers_what_like_days_say_of_its_interval_and_of_those_before() {
	run(|| {
		MockCalendar::on_terms_until_gates(|_| Some(open_terms()));
		MockReadings::on_like(|point, interval, most, at| {
			// As it stands when the order is given.
			assert_eq!((most, at), (10, 0));
			match (point, interval) {
				(0, 20) => vec![900, 1_000, 1_101],
				(0, 12..=15) => vec![490, 510],
				(1, 20) => vec![-900, -1_001],
				(1, 12..=14) => vec![-500],
				_ => vec![],
			}
		});
		let baseline = |interval, point, order: Flexibility| {
			assert_ok!(super::orders::order(interval, point, order));
			Reductions::placed(interval, point).unwrap().baseline
		};
		assert_eq!(baseline(20, 0, LESS), Some(Baseline { mean: 1_000, before: 2_000 }));
		// Of one of the four nothing is known.
		let generation = Flexibility { reduction: Reduction::Generation, ..LESS };
		assert_eq!(baseline(20, 1, generation), Some(Baseline { mean: -950, before: 0 }));
		assert_eq!(baseline(19, 0, LESS), None);
		assert_eq!(baseline(7, 0, LESS), None);
	});
}
