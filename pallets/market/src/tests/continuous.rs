//! Continuous sessions: trades as orders arrive, what is held for them, and what an auction beside them has left.

use crate::{
	collateral::{worst_per_wh, Bounds},
	continuous::EndReason,
	mock::*,
	Error, Event, LimitOrders, Parameters, Traders, WeightInfo,
};
use busbar_primitives::{
	traits::{Collateral, OnLimits, OrderCollateral, Positions},
	Link, PointId, Position, Price, Product, ProductKind, Side, TimeInForce, Wh,
};
use frame_support::{assert_noop, assert_ok, weights::Weight, BoundedVec};
use proptest::prelude::*;
use sp_runtime::{DispatchError, DispatchResult};
use Side::{Buy, Sell};
use TimeInForce::*;

/// Of an interval's products the second one: continuous from 30 to 4 s before delivery, with an auction at 20 s.
pub(super) const BOOK: u8 = 1;

fn both() -> Parameters {
	let continuous = Product { kind: ProductKind::Continuous { area: 0 }, opens_s: 30, closes_s: 4, span: 1 };
	Parameters { products: products(&[auction(36, 20), continuous]), ..parameters() }
}

fn area(zones: &[u32]) -> BoundedVec<u32, frame_support::traits::ConstU32<64>> {
	zones.to_vec().try_into().unwrap()
}

/// A market with zone 0 and zone 1 below it as area 0, at a time when the book of interval [`N`] is open.
pub(super) fn open_market() -> sp_io::TestExternalities {
	let mut ext = market();
	ext.execute_with(|| {
		assert_ok!(Market::set_area(RuntimeOrigin::root(), 0, area(&[0, 1])));
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), both()));
		// Intervals up to 3 had opened under the old parameters.
		for _ in 0..8 {
			run_to(start(N - 2) - 4_000);
		}
	});
	ext
}

/// An interval that opened with a book.
pub(super) const N: u32 = 7;

pub(super) fn submit_as(n: u64, point: PointId, side: Side, price: Price, wh: Wh, time: TimeInForce) -> DispatchResult {
	Market::submit(RuntimeOrigin::signed(n), N, BOOK, point, side, price, wh, time)
		.map(|_| ())
		.map_err(|error| error.error)
}

/// An order of participant `n` at its own point: 10 stands in the root, the others below it.
pub(super) fn submit(n: u64, side: Side, price: Price, wh: Wh, time: TimeInForce) -> DispatchResult {
	submit_as(n, if n == 10 { 0 } else { n as u32 }, side, price, wh, time)
}

fn position(point: PointId) -> (Wh, Wh) {
	let Position { bought, sold } = Market::of(point, N);
	(bought, sold)
}

pub(super) fn ended(id: u64) -> Option<(Wh, EndReason)> {
	events().into_iter().find_map(|event| match event {
		Event::LimitOrderEnded { id: of, left, reason, .. } if of == id => Some((left, reason)),
		_ => None,
	})
}

fn bounds() -> Bounds {
	Bounds::new(&both().terms(N), MaxPathFee::get())
}

#[test]
fn orders_trade_as_they_arrive_at_the_resting_price_best_and_oldest_first() {
	test(open_market(), || {
		assert_ok!(submit(1, Sell, 120, 10, GoodTillGate));
		assert_ok!(submit(2, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit(3, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit(4, Buy, 110, 15, GoodTillGate));
		assert_eq!([1, 2, 3].map(position), [(0, 0), (0, 10), (0, 5)]);
		assert_eq!(position(4), (15, 0));
		let contract = Market::contracts(4, N)[0];
		assert_eq!((contract.product, contract.amount, contract.lowest, contract.highest), (BOOK, -1_500, 100, 100));
		assert_eq!(ended(3), Some((0, EndReason::Filled)));
		// What does not trade rests, and trades with whoever comes.
		assert_ok!(submit(5, Buy, 100, 9, GoodTillGate));
		assert_eq!((position(3), position(5)), ((0, 10), (5, 0)));
		assert_ok!(submit(6, Sell, 90, 4, ImmediateOrCancel));
		assert_eq!((position(5), Market::contracts(6, N)[0].amount), ((9, 0), 400));
	});
}

#[test]
fn an_aggressor_bears_the_fees_of_the_path_within_its_limit() {
	test(open_market(), || {
		// The link's fee is 10.
		assert_ok!(submit(10, Sell, 100, 50, GoodTillGate));
		assert_ok!(submit(1, Buy, 100, 5, ImmediateOrCancel));
		assert_eq!(position(1), (0, 0));
		assert_noop!(submit(1, Buy, 105, 5, GoodTillGate), Error::<Test>::PriceOffTick);
		assert_ok!(submit(1, Buy, 110, 5, GoodTillGate));
		assert_eq!((position(1), Market::contracts(1, N)[0].amount), ((5, 0), -550));
		assert_eq!((Market::contracts(0, N)[0].amount, Market::sold_flow(N, 1)), (500, 5));
		// A seller that arrives bears them, too.
		let root = add_point(4, 0, 40_000);
		assert_ok!(submit_as(4, root, Buy, 90, 5, GoodTillGate));
		assert_ok!(submit(3, Sell, 80, 5, GoodTillGate));
		assert_eq!((Market::contracts(3, N)[0].amount, Market::sold_flow(N, 1)), (5 * 80, 0));
	});
}

#[test]
fn a_trade_uses_the_links_room_and_an_opposite_one_gives_it_back() {
	test(open_market(), || {
		// 10 Wh either way.
		set_link(1, Link { import_w: Some(40), export_w: Some(40), fee: 0 });
		assert_ok!(submit(10, Sell, 100, 50, GoodTillGate));
		assert_ok!(submit(1, Buy, 100, 15, GoodTillGate));
		assert_eq!((position(1), Market::sold_flow(N, 1)), ((10, 0), 10));
		// The rest crosses but has no room. Whoever sells from below trades with it first, then over the link.
		let root = add_point(4, 0, 40_000);
		assert_ok!(submit_as(4, root, Buy, 90, 3, GoodTillGate));
		assert_ok!(submit(2, Sell, 90, 8, GoodTillGate));
		assert_eq!((position(1), position(root), Market::sold_flow(N, 1)), ((15, 0), (3, 0), 7));
		assert_ok!(submit(3, Buy, 100, 4, GoodTillGate));
		assert_eq!((position(3), Market::sold_flow(N, 1)), ((3, 0), 10));
	});
}

#[test]
fn raised_limits_let_crossing_orders_trade_in_the_next_block() {
	test(open_market(), || {
		set_link(1, Link { import_w: Some(0), export_w: Some(0), fee: 0 });
		assert_ok!(submit(10, Sell, 100, 50, GoodTillGate));
		assert_ok!(submit(1, Buy, 130, 15, GoodTillGate));
		assert_eq!(position(1), (0, 0));
		set_link(1, Link { import_w: None, export_w: None, fee: 0 });
		Market::limits_changed(N);
		run_to(Now::get() + 2_000);
		// The older one counts as resting.
		assert_eq!((position(1), Market::contracts(1, N)[0].highest), ((15, 0), 100));
	});
}

#[test]
fn an_order_behind_a_link_limit_of_zero_rests_and_trades_with_its_own_side_of_the_link() {
	test(open_market(), || {
		set_link(1, Link { import_w: Some(0), export_w: Some(0), fee: 10 });
		assert_ok!(submit(10, Sell, 100, 50, GoodTillGate));
		assert_ok!(submit(1, Buy, 500, 5, GoodTillGate));
		assert_eq!((position(1), position(0)), ((0, 0), (0, 0)));
		assert!(Held::get(1).unwrap() > 0);
		assert_ok!(submit(2, Sell, 300, 5, GoodTillGate));
		assert_eq!((position(1), position(2)), ((5, 0), (0, 5)));
		// What may not rest is refused nothing but its trade.
		assert_ok!(submit(3, Buy, 500, 5, ImmediateOrCancel));
		assert_eq!((position(3), Held::get(3).unwrap()), ((0, 0), 0));
	});
}

#[test]
fn whole_orders_trade_whole_or_not_at_all() {
	test(open_market(), || {
		assert_ok!(submit(1, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit(2, Buy, 100, 11, FillOrKill));
		assert_eq!((position(2), ended(1)), ((0, 0), Some((11, EndReason::NotFilled))));
		assert_ok!(submit(3, Buy, 100, 15, AllOrNothing));
		assert_eq!(position(3), (0, 0));
		assert_ok!(submit(4, Sell, 100, 5, GoodTillGate));
		run_to(Now::get() + 2_000);
		assert_eq!([1, 3, 4].map(position), [(0, 10), (15, 0), (0, 5)]);
	});
}

#[test]
fn nobody_trades_with_itself() {
	test(open_market(), || {
		let second = add_point(1, 1, 4_000);
		assert_ok!(submit(1, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit_as(1, second, Buy, 100, 4, GoodTillGate));
		assert_eq!((ended(1), position(second)), (Some((4, EndReason::SelfTrade)), (0, 0)));
		assert_eq!(LimitOrders::<Test>::iter().count(), 1);
	});
}

#[test]
fn an_order_holds_what_it_can_cost_and_a_trade_what_it_did() {
	test(open_market(), || {
		let per_wh = |side, price| worst_per_wh(side, price, &bounds());
		assert_ok!(submit(1, Buy, 300, 10, GoodTillGate));
		assert_eq!(Held::get(1).unwrap(), 10 * per_wh(Buy, 300));
		// It rests at 300, so that is what it pays; the seller's limit was lower, and so is its hold now.
		assert_ok!(submit(2, Sell, 100, 4, GoodTillGate));
		assert_eq!((Held::get(1).unwrap(), Held::get(2).unwrap()), (10 * per_wh(Buy, 300), 4 * per_wh(Sell, 300)));
		assert_ok!(Market::withdraw(RuntimeOrigin::signed(1), N, BOOK, 0));
		assert_eq!(Held::get(1).unwrap(), 4 * per_wh(Buy, 300));
		assert_noop!(submit(3, Buy, 300, 1_001, GoodTillGate), Error::<Test>::BeyondRating);
		Free::insert(3, per_wh(Buy, 300) - 1);
		assert_noop!(submit(3, Buy, 300, 1, GoodTillGate), DispatchError::Other(NO_FUNDS));
	});
}

#[test]
fn amending_keeps_the_place_in_time_only_if_the_quantity_falls_at_the_same_price() {
	test(open_market(), || {
		let amend = |id, price, wh| Market::amend(RuntimeOrigin::signed(1), N, BOOK, id, price, wh);
		assert_ok!(submit(1, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit(2, Sell, 100, 10, GoodTillGate));
		assert_ok!(amend(0, 100, 6));
		assert!(events().contains(&Event::LimitOrderReduced { interval: N, product: BOOK, id: 0, wh: 6 }));
		assert_ok!(submit(3, Buy, 100, 2, GoodTillGate));
		assert_eq!([1, 2].map(position), [(0, 2), (0, 0)]);
		assert_ok!(amend(0, 100, 5));
		assert_ok!(submit(4, Buy, 100, 2, GoodTillGate));
		assert_eq!([1, 2].map(position), [(0, 2), (0, 2)]);
		assert_noop!(amend(0, 100, 5).map(|_| ()).map_err(|e| e.error), Error::<Test>::NoOrder);
		assert_noop!(amend(1, 100, 5).map(|_| ()).map_err(|e| e.error), refused::NOT_DELEGATE);
		assert_noop!(amend(3, 100, 0).map(|_| ()).map_err(|e| e.error), Error::<Test>::ZeroQuantity);
	});
}

#[test]
fn the_rating_binds_orders_trades_and_the_auction_together() {
	test(open_market(), || {
		// 4 kW are 1_000 Wh.
		assert_ok!(place_in((N, 0), 1, 1, &[buy(100, 400)]));
		assert_ok!(submit(1, Buy, 100, 300, GoodTillGate));
		assert_ok!(submit(2, Sell, 100, 200, GoodTillGate));
		assert_noop!(submit(1, Buy, 90, 301, GoodTillGate), Error::<Test>::BeyondRating);
		assert_ok!(submit(1, Buy, 90, 300, GoodTillGate));
		assert_noop!(
			Market::replace(RuntimeOrigin::signed(1), N, 0, 1, steps(&[buy(100, 401)])).map_err(|e| e.error),
			Error::<Test>::BeyondRating
		);
	});
}

#[test]
fn the_auction_clears_on_what_the_book_left_and_the_book_goes_on_behind_it() {
	test(open_market(), || {
		set_link(1, Link { import_w: Some(400), export_w: Some(400), fee: 0 });
		assert_ok!(submit(10, Sell, 100, 500, GoodTillGate));
		assert_ok!(submit(1, Buy, 100, 30, GoodTillGate));
		assert_ok!(place_in((N, 0), 10, 0, &[sell(50, 1_000)]));
		assert_ok!(place_in((N, 0), 2, 2, &[buy(300, 500)]));
		let gate = start(N) - 20_000;
		while Market::sessions(N)[0].outcome.is_none() {
			run_to(gate.max(Now::get() + 1));
		}
		assert_eq!((Market::of(2, N).bought, Market::sold_flow(N, 1)), (70, 100));
		assert_ok!(submit(3, Buy, 500, 5, GoodTillGate));
		assert_eq!(position(3), (0, 0));
		// What was bought in the auction can be sold on.
		assert_ok!(submit(2, Sell, 40, 5, GoodTillGate));
		assert_eq!((position(3), position(2)), ((5, 0), (70, 5)));
		while Market::outcome(N).is_none() {
			run_to((start(N) - 4_000).max(Now::get() + 1));
		}
		let outcome = Market::outcome(N).unwrap();
		assert_eq!((outcome.cleared, outcome.traded), (true, 70 + 30 + 5));
		assert_noop!(submit(4, Buy, 500, 5, GoodTillGate), Error::<Test>::GateClosed);
		for point in 0..10 {
			for (owner, held) in Market::take_collateral(point, N) {
				assert_ok!(MockCollateral::release(owner, held));
			}
		}
		assert_eq!(Held::iter().map(|(_, held)| held).sum::<u128>(), 0);
	});
}

#[test]
fn what_the_book_traded_stands_when_the_chain_stops_over_its_gate() {
	test(open_market(), || {
		assert_ok!(submit(1, Sell, 100, 10, GoodTillGate));
		assert_ok!(submit(2, Buy, 100, 7, GoodTillGate));
		for _ in 0..12 {
			run_to(start(N + 1).max(Now::get() + 1));
		}
		let outcome = Market::outcome(N).unwrap();
		assert_eq!((outcome.cleared, outcome.traded, position(2)), (true, 7, (7, 0)));
	});
}

#[test]
fn trading_pauses_while_an_auction_of_the_interval_is_being_cleared() {
	test(open_market(), || {
		assert_ok!(submit(1, Sell, 100, 10, GoodTillGate));
		let little = <() as WeightInfo>::poll()
			.saturating_add(<() as WeightInfo>::begin(1))
			.saturating_add(<() as WeightInfo>::load_zones(1));
		let gate = start(N) - 20_000;
		while crate::ClosingGate::<Test>::get().is_none_or(|closing| closing.session != (N, 0)) {
			let weight = if Now::get() + 1 < gate { Weight::MAX } else { little };
			run_with((Now::get() + 1).max(gate - 1), weight);
		}
		assert_noop!(submit(2, Buy, 100, 7, GoodTillGate), Error::<Test>::SessionPaused);
		assert_noop!(Market::withdraw(RuntimeOrigin::signed(1), N, BOOK, 0), Error::<Test>::SessionPaused);
		run_to(Now::get() + 1);
		assert_ok!(submit(2, Buy, 100, 7, GoodTillGate));
	});
}

#[test]
fn every_reason_to_refuse_changes_nothing() {
	test(open_market(), || {
		// The area is read when the first order arrives.
		assert_ok!(Market::set_area(RuntimeOrigin::root(), 0, area(&[1])));
		assert_noop!(submit(10, Buy, 100, 1, GoodTillGate), Error::<Test>::OutsideArea);
		assert_noop!(submit_as(2, 1, Buy, 100, 1, GoodTillGate), refused::NOT_DELEGATE);
		assert_noop!(submit(1, Buy, 5_010, 1, GoodTillGate), Error::<Test>::PriceOutOfBounds);
		assert_noop!(submit(1, Buy, 100, 0, GoodTillGate), Error::<Test>::ZeroQuantity);
		assert_noop!(
			Market::submit(RuntimeOrigin::signed(1), N, 0, 1, Buy, 100, 1, GoodTillGate).map_err(|e| e.error),
			Error::<Test>::NotContinuous
		);
		assert_noop!(place_in((N, BOOK), 1, 1, &[buy(100, 1)]), Error::<Test>::NotAnAuction);
		assert_noop!(Market::withdraw(RuntimeOrigin::signed(1), N, BOOK, 9), Error::<Test>::NoOrder);
		for n in 0..8 {
			assert_ok!(submit(1, Buy, 100 + n * 10, 1, GoodTillGate));
		}
		assert_noop!(submit(1, Buy, 50, 1, GoodTillGate), Error::<Test>::TooManyOrders);
		assert_ok!(submit(1, Buy, 50, 1, ImmediateOrCancel));
		for n in 0..16u64 {
			assert_ok!(submit(2 + n / 4, Buy, 40, 7, AllOrNothing));
		}
		assert_noop!(submit(9, Buy, 40, 7, AllOrNothing), Error::<Test>::NoRoomToWait);
	});
}

/// What a point traded in a session settles for the account that it began with.
#[test]
fn who_takes_a_point_over_does_not_trade_on_in_a_session_of_its_former_owner() {
	test(open_market(), || {
		assert_ok!(submit(1, Buy, 40, 10, GoodTillGate));
		let owner = GridPoints::get()[2].owner;
		change_point(1, |point| point.owner = owner);
		assert_noop!(submit_as(2, 1, Buy, 40, 10, GoodTillGate), Error::<Test>::UnknownOwner);
	});
}

#[test]
fn areas_are_parts_of_the_tree_and_set_by_the_council() {
	test(market(), || {
		let set = |zones: &[u32]| Market::set_area(RuntimeOrigin::root(), 3, area(zones));
		assert_noop!(set(&[]), Error::<Test>::NoSubtree);
		assert_noop!(set(&[1, 0]), Error::<Test>::NoSubtree);
		assert_noop!(set(&[0, 1, 1]), Error::<Test>::NoSubtree);
		assert_noop!(set(&[0, 7]), Error::<Test>::NoSubtree);
		assert_noop!(Market::set_area(RuntimeOrigin::signed(1), 3, area(&[0])), DispatchError::BadOrigin);
		assert_noop!(Market::set_parameters(RuntimeOrigin::root(), both()), Error::<Test>::UnknownArea);
		assert_ok!(set(&[0, 1]));
		let only = Product { kind: ProductKind::Continuous { area: 3 }, opens_s: 30, closes_s: 4, span: 1 };
		let parameters = Parameters { products: products(&[only]), ..parameters() };
		assert_noop!(Market::set_parameters(RuntimeOrigin::root(), parameters), Error::<Test>::InvalidProducts);
	});
}

#[derive(Clone, Debug)]
enum Act {
	Submit { n: u64, buys: bool, price: i64, wh: Wh, time: TimeInForce },
	Withdraw(prop::sample::Index),
	Amend(prop::sample::Index, i64, Wh),
	Limits(u64, u64),
	Block,
}

fn act() -> impl Strategy<Value = Act> {
	let time = prop_oneof![
		6 => Just(GoodTillGate), 1 => Just(ImmediateOrCancel), 1 => Just(FillOrKill), 2 => Just(AllOrNothing)
	];
	let submit = (1u64..=10, any::<bool>(), -6i64..6, 1u64..90, time);
	let index = any::<prop::sample::Index>;
	prop_oneof![
		10 => submit.prop_map(|(n, buys, price, wh, time)| Act::Submit { n, buys, price: price * TICK, wh, time }),
		2 => index().prop_map(Act::Withdraw),
		2 => (index(), -6i64..6, 0u64..90).prop_map(|(which, price, wh)| Act::Amend(which, price * TICK, wh)),
		1 => (0u64..200, 0u64..200).prop_map(|(import, export)| Act::Limits(import, export)),
		2 => Just(Act::Block),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn any_history_of_a_book_keeps_every_invariant_and_is_covered(acts in prop::collection::vec(act(), 1..60)) {
		open_market().execute_with(|| {
			let mut now = Now::get();
			for act in &acts {
				let standing: Vec<_> = LimitOrders::<Test>::iter().map(|((_, _, id), order)| (id, order)).collect();
				let pick = |index: &prop::sample::Index| {
					(!standing.is_empty()).then(|| {
						let (id, order) = &standing[index.index(standing.len())];
						(*id, RuntimeOrigin::signed(order.account))
					})
				};
				let _ = match act {
					Act::Submit { n, buys, price, wh, time } => {
						submit(*n, if *buys { Buy } else { Sell }, *price, *wh, *time)
					},
					Act::Withdraw(index) => pick(index).map_or(Ok(()), |(id, who)| Market::withdraw(who, N, BOOK, id)),
					Act::Amend(index, price, wh) => pick(index).map_or(Ok(()), |(id, who)| {
						Market::amend(who, N, BOOK, id, *price, *wh).map(|_| ()).map_err(|error| error.error)
					}),
					Act::Limits(import, export) => {
						let sold = Market::sold_flow(N, 1);
						let import_w = Some((sold.max(0) as u64 + import) * 4);
						let export_w = Some(((-sold).max(0) as u64 + export) * 4);
						set_link(1, Link { import_w, export_w, fee: 10 });
						Market::limits_changed(N);
						Ok(())
					},
					Act::Block => {
						// Slowly, so that the gate stays open.
						now += 1;
						run_to(now);
						Ok(())
					},
				};
				check();
			}
			while Market::outcome(N).is_none() {
				run_to((start(N) - 4_000).max(Now::get() + 1));
				check();
			}
			let outcome = Market::outcome(N).unwrap();
			let mut amounts = 0i128;
			for point in 0..10u32 {
				let Some(contract) = Market::contracts(point, N).first().copied() else { continue };
				amounts += contract.amount;
				let held: u128 = Traders::<Test>::get((N, BOOK, point)).unwrap().held;
				let net = i128::from(contract.position.net().unwrap());
				for halves in 0..=2 {
					let imbalance = net * halves / 2 - net;
					let rate = if imbalance > 0 {
						(4_000 + 100).max(i128::from(contract.highest))
					} else {
						(-500 - 100).min(i128::from(contract.lowest))
					};
					assert!(imbalance * rate - contract.amount <= held as i128, "point {point}");
				}
				for (owner, held) in Market::take_collateral(point, N) {
					MockCollateral::release(owner, held).unwrap();
				}
			}
			assert_eq!(amounts + outcome.fees as i128, 0);
		});
	}
}
