use super::*;
use crate::{
	mock::{Flexibility as Reductions, *},
	Activations, Charges, Error, Event, Offers,
};
use busbar_mocks::{MockCalendar, MockFinality, MockGrid, MockParticipants};
use busbar_primitives::{
	traits::{Charges as _, Prune, Reductions as _},
	Flexibility, Interval, PointId, PointKind, Price, Reduction, Right,
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
		assert_noop!(order(0, 0, LESS), Error::<Test>::AlreadyOrdered);
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

/// The greatest price of the interval's terms.
const DEAREST: Price = 500_000;

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
		assert_eq!(Reductions::prune(3, 0), 0);
		assert_eq!(Reductions::prune(3, 2), 2);
		assert_eq!(Reductions::prune(3, 2), 1);
		assert_eq!(Reductions::prune(3, 2), 0);
		assert_eq!((Offers::<Test>::iter().count(), Activations::<Test>::iter().count()), (0, 2));
	});
}

#[test]
fn try_state_sees_a_charge_that_is_not_held_and_an_offer_beside_its_order() {
	run(|| {
		Charges::<Test>::insert(3, 0, (HOME, 5));
		assert!(Reductions::do_try_state().is_err());
		Charges::<Test>::remove(3, 0);
		assert_ok!(order(3, 0, LESS));
		Offers::<Test>::insert(3, 0, LESS);
		assert!(Reductions::do_try_state().is_err());
		Offers::<Test>::remove(3, 0);
	});
}
