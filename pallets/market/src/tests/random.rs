//! Random markets: what the chain derives equals what replaying the orders one by one gives.

use crate::{
	collateral::{worst_net_debt, Bounds},
	mock::*,
	Orders, WeightInfo,
};
use busbar_primitives::{
	traits::{Collateral, Grid, OrderCollateral, Positions},
	Interval, Link, Price, Side, Step, Wh, ZoneId, ZoneView,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const N: Interval = 1;
const POINTS: u32 = 24;

#[derive(Clone, Debug)]
enum Action {
	Place(u32, Vec<Step>),
	Replace(u32, Vec<Step>),
	Cancel(u32),
}

/// A curve of up to two buys below up to two sells, few prices apart so that many orders meet at one price.
fn curve() -> impl Strategy<Value = Vec<Step>> {
	let side = || prop::collection::vec((0i64..5, 1u64..60), 0..=2);
	(-8i64..8, side(), side())
		.prop_map(|(middle, buys, sells)| {
			let buys = buys.into_iter().map(move |(below, wh)| buy((middle - below) * TICK, wh));
			let sells = sells.into_iter().map(move |(above, wh)| sell((middle + 1 + above) * TICK, wh));
			buys.chain(sells).collect::<Vec<_>>()
		})
		.prop_filter("an order has steps", |steps| !steps.is_empty())
}

fn action() -> impl Strategy<Value = Action> {
	prop_oneof![
		6 => (0..POINTS, curve()).prop_map(|(point, curve)| Action::Place(point, curve)),
		2 => (0..POINTS, curve()).prop_map(|(point, curve)| Action::Replace(point, curve)),
		1 => (0..POINTS).prop_map(Action::Cancel),
	]
}

/// Up to seven zones: parent (taken modulo the zone's number), limits in W (4 W are 1 Wh), fee.
fn tree() -> impl Strategy<Value = Vec<ZoneView>> {
	let limit = || prop_oneof![Just(None), (0u64..400).prop_map(Some)];
	prop::collection::vec((0u32..100, limit(), limit(), 0u32..15), 1..7).prop_map(|zones| {
		let zone = |(id, (parent, import_w, export_w, fee)): (u32, (u32, Option<u64>, Option<u64>, u32))| match id {
			0 => ZoneView { id, parent: None, link: Link::default() },
			_ => ZoneView { id, parent: Some(parent % id), link: Link { import_w, export_w, fee } },
		};
		(0u32..).zip(zones).map(zone).collect()
	})
}

/// A market of `POINTS` points spread over the tree.
fn random_market(tree: &[ZoneView]) -> sp_io::TestExternalities {
	random_market_of(tree, parameters())
}

fn random_market_of(tree: &[ZoneView], parameters: crate::Parameters) -> sp_io::TestExternalities {
	let mut ext = bare_of(parameters);
	ext.execute_with(|| {
		// Room for all levels that orders can have, beside those that zones have for themselves.
		MaxLevels::set(&512);
		set_tree(tree.to_vec());
		for point in 0..POINTS {
			Free::insert(u64::from(point), MONEY);
			add_point(point.into(), (point * 7) % tree.len() as u32, 4_000);
		}
		run_to(EPOCH);
	});
	ext
}

/// Carries out an action, and says whether it should have been possible.
fn act(action: &Action, orders: &mut BTreeMap<u32, (u32, Vec<Step>)>, arrivals: &mut u32) {
	let origin = |point: u32| RuntimeOrigin::signed(point.into());
	let done = match action {
		Action::Place(point, curve) => {
			let done = place((*point).into(), N, *point, curve).is_ok();
			assert_eq!(done, !orders.contains_key(point));
			done.then_some((point, curve))
		},
		Action::Replace(point, curve) => {
			let done = Market::replace(origin(*point), N, 0, *point, steps(curve)).is_ok();
			assert_eq!(done, orders.contains_key(point));
			done.then_some((point, curve))
		},
		Action::Cancel(point) => {
			let done = Market::cancel(origin(*point), N, 0, *point).is_ok();
			assert_eq!(done, orders.remove(point).is_some());
			None
		},
	};
	if let Some((point, curve)) = done {
		orders.insert(*point, (*arrivals, curve.clone()));
		*arrivals += 1;
	}
}

/// Fills per point and step when the accepted energy of each zone and side goes to its steps one by one: the best price
/// first, then whoever came first.
fn replay(orders: &BTreeMap<u32, (u32, Vec<Step>)>, accepted: &BTreeMap<(ZoneId, Side), Wh>) -> BTreeMap<u32, Vec<Wh>> {
	let mut queues: BTreeMap<(ZoneId, Side), Vec<(Price, u32, usize, u32, Wh)>> = BTreeMap::new();
	for (point, (arrival, curve)) in orders {
		let zone = MockGrid::point(*point).unwrap().zone;
		for (i, step) in curve.iter().enumerate() {
			let worse = if step.side == Side::Buy { -step.price } else { step.price };
			queues.entry((zone, step.side)).or_default().push((worse, *arrival, i, *point, step.wh));
		}
	}
	let mut fills: BTreeMap<u32, Vec<Wh>> = orders.iter().map(|(p, (_, curve))| (*p, vec![0; curve.len()])).collect();
	for (at, mut queue) in queues {
		queue.sort();
		let mut left = accepted.get(&at).copied().unwrap_or(0);
		for (_, _, i, point, wh) in queue {
			fills.get_mut(&point).unwrap()[i] = wh.min(left);
			left -= wh.min(left);
		}
		assert_eq!(left, 0, "more accepted in {at:?} than offered");
	}
	fills
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn any_sequence_of_orders_leaves_the_book_right(
		tree in tree(), actions in prop::collection::vec(action(), 1..80),
	) {
		random_market(&tree).execute_with(|| {
			let (mut orders, mut arrivals) = (BTreeMap::new(), 0);
			for action in &actions {
				act(action, &mut orders, &mut arrivals);
				check();
			}
			let standing: Vec<_> = Market::orders(N, 0, 0, u32::MAX).into_iter().map(|o| (o.point, (o.arrival, o.steps))).collect();
			assert_eq!(standing, orders.clone().into_iter().collect::<Vec<_>>());
			for point in orders.keys() {
				Market::cancel(RuntimeOrigin::signed((*point).into()), N, 0, *point).unwrap();
			}
			check();
			assert_eq!(crate::Levels::<Test>::iter().count() + crate::Queues::<Test>::iter().count(), 0);
			assert!((0..POINTS).all(|n| Free::get(u64::from(n)) == Some(MONEY)));
		});
	}

	#[test]
	fn fills_equal_those_of_a_replay_and_every_outcome_is_covered(
		tree in tree(), actions in prop::collection::vec(action(), 1..120),
	) {
		random_market(&tree).execute_with(|| {
			let (mut orders, mut arrivals) = (BTreeMap::new(), 0);
			actions.iter().for_each(|action| act(action, &mut orders, &mut arrivals));
			run_to(start(N) - LEAD);
			let outcome = Market::outcome(N).unwrap();
			assert!(outcome.cleared);
			check();

			// What each zone accepted, from its levels and its result alone.
			let mut accepted = BTreeMap::new();
			for zone in &tree {
				let result = Market::result((N, 0), zone.id).unwrap().result;
				let price = result.price.unwrap();
				let (mut bought, mut sold) = (result.margin_buy, result.margin_sell);
				for level in Market::book(N, 0, zone.id, None, u32::MAX) {
					bought += if level.price > price { level.buy } else { 0 };
					sold += if level.price < price { level.sell } else { 0 };
				}
				let below: i64 = tree.iter().filter(|z| z.parent == Some(zone.id))
					.map(|z| Market::result((N, 0), z.id).unwrap().result.flow).sum();
				assert_eq!(result.flow + sold as i64, bought as i64 + below, "zone {} balances", zone.id);
				accepted.insert((zone.id, Side::Buy), bought);
				accepted.insert((zone.id, Side::Sell), sold);
			}

			let fills = replay(&orders, &accepted);
			let (mut bought, mut sold) = (0, 0);
			for view in Market::orders(N, 0, 0, u32::MAX) {
				assert_eq!(view.accepted, fills[&view.point], "point {}", view.point);
				let position = Market::of(view.point, N);
				bought += position.bought;
				sold += position.sold;

				// Whatever its owner delivers and whichever prices are posted, the money held covers the debt.
				let held = Orders::<Test>::get((N, 0, view.point)).unwrap().held as i128;
				assert_eq!(held, worst_net_debt(&view.steps, &Bounds::new(&parameters().terms(N), MaxPathFee::get())) as i128);
				let result = Market::result((N, 0), view.zone).unwrap().result;
				let (price, fee) = (i128::from(result.price.unwrap()), i128::from(result.path_fee));
				let net = i128::from(position.net().unwrap());
				for halves in 0..=2 {
					let metered = net * halves / 2;
					for long in [-500, 4_000] {
						for short in [long, 4_000] {
							let imbalance = metered - net;
							let unit = if imbalance > 0 { (short + fee).max(price) } else { (long - fee).min(price) };
							assert!(net * price + imbalance * unit <= held, "point {}", view.point);
						}
					}
				}
			}
			assert_eq!((bought, sold), (outcome.traded, outcome.traded));
		});
	}

	#[test]
	fn two_sessions_with_limits_that_move_between_them_keep_every_invariant(
		tree in tree(),
		early in prop::collection::vec(action(), 1..40),
		late in prop::collection::vec(action(), 1..40),
		slack in prop::collection::vec((0u64..400, 0u64..400), 7),
		room in 1u32..40,
	) {
		let two = crate::Parameters { products: products(&[auction(36, 24), auction(24, 4)]), ..parameters() };
		let interval: Interval = 3;
		random_market_of(&tree, two).execute_with(|| {
			// So little per block that most closings take several.
			let weight = <() as WeightInfo>::poll()
				.saturating_add(<() as WeightInfo>::open())
				.saturating_add(<() as WeightInfo>::begin(1))
				.saturating_add(<() as WeightInfo>::load_levels(room).max(<() as WeightInfo>::load_zones(7).saturating_add(<() as WeightInfo>::decide(7, 64))));
			for (product, actions, gate) in [(0u8, &early, start(3) - 24_000), (1, &late, start(3) - 4_000)] {
				for action in actions {
					// Whether it is possible or not, for example within the rating, it leaves the books right.
					let origin = |point: &u32| RuntimeOrigin::signed((*point).into());
					let _ = match action {
						Action::Place(point, curve) => {
							Market::place(origin(point), interval, product, *point, steps(curve)).map(|_| ()).map_err(|e| e.error)
						},
						Action::Replace(point, curve) => {
							Market::replace(origin(point), interval, product, *point, steps(curve)).map(|_| ()).map_err(|e| e.error)
						},
						Action::Cancel(point) => {
							Market::cancel(origin(point), interval, product, *point).map(|_| ()).map_err(|e| e.error)
						},
					};
				}
				check();
				let mut now = gate;
				while session(interval, product).outcome.is_none() {
					run_with(now, weight);
					check();
					now += 1;
				}
				assert!(session(interval, product).outcome.unwrap().cleared);
				// The operator moves every limit, not below what is sold.
				for (zone, (import, export)) in tree.iter().skip(1).zip(&slack) {
					let sold = Market::sold_flow(interval, zone.id);
					let watt = |wh: u64| Some(wh * 4);
					let import_w = watt(sold.max(0) as u64 + import);
					let export_w = watt((-sold).max(0) as u64 + export);
					set_link(zone.id, Link { import_w, export_w, fee: zone.link.fee });
				}
				check();
			}

			let outcome = Market::outcome(interval).unwrap();
			let (mut bought, mut sold, mut amounts) = (0, 0, 0i128);
			for point in 0..POINTS {
				let contracts = Market::contracts(point, interval);
				let position = Market::of(point, interval);
				bought += position.bought;
				sold += position.sold;
				amounts += contracts.iter().map(|contract| contract.amount).sum::<i128>();
				let details = MockGrid::point(point).unwrap();
				assert!(position.bought <= details.import_w / 4 && position.sold <= details.export_w / 4);

				// Whatever its owner delivers and whichever prices are posted, the money held covers the debt.
				let held: i128 = Market::take_collateral(point, interval).into_iter().map(|(owner, amount)| {
					MockCollateral::release(owner, amount).unwrap();
					amount as i128
				}).sum();
				let net = i128::from(position.net().unwrap());
				let contract: i128 = contracts.iter().map(|contract| contract.amount).sum();
				let highest = contracts.iter().map(|contract| i128::from(contract.highest)).max();
				let lowest = contracts.iter().map(|contract| i128::from(contract.lowest)).min();
				for halves in 0..=2 {
					let imbalance = net * halves / 2 - net;
					let rate = if imbalance > 0 {
						(4_000 + 100).max(highest.unwrap_or(i128::MIN))
					} else {
						(-500 - 100).min(lowest.unwrap_or(i128::MAX))
					};
					assert!(imbalance * rate - contract <= held, "point {point}");
				}
			}
			assert_eq!((bought, sold), (outcome.traded, outcome.traded));
			assert_eq!(amounts + (outcome.fees + outcome.rent) as i128, 0);
		});
	}
}
