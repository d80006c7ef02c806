//! The states that the benchmarks start from.

use super::{world::World, *};
use busbar_primitives::{Flexibility as Terms, Reduction, Wh};
use frame_support::BoundedVec;

const LESS: Terms = Terms { reduction: Reduction::Load, wh: 1, price: 1, penalty: 1 };

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn one_home() {
	world(|w| w.points = vec![point(HOME, 1, PointKind::Metered)]);
}

/// Lets an interval count as settled.
fn settle(interval: Interval) {
	crate::Roots::<Test>::insert(interval, crate::StatementRoot { root: Default::default(), count: 0 });
}

impl pallet_issuance::BenchmarkHelper<AccountId> for World {
	fn agents() -> (AccountId, AccountId) {
		(AGENT, OTHER_AGENT)
	}

	fn payee(number: u32) -> AccountId {
		MEMBERS[number as usize % MEMBERS.len()]
	}
}

impl pallet_securities::BenchmarkHelper<AccountId> for World {
	fn member() -> (ParticipantId, AccountId) {
		(participant(UTILITY), UTILITY)
	}

	fn points(count: u32) -> (Vec<PointId>, AccountId) {
		world(|w| w.points = (0..count).map(|_| point(HOME, 1, PointKind::Metered)).collect());
		((0..count).collect(), HOME)
	}

	fn retailer() -> AccountId {
		SHOP
	}

	fn balancing() -> AccountId {
		UTILITY
	}

	fn finish(interval: Interval) {
		(0..interval).for_each(settle);
		settle(interval);
	}
}

impl pallet_supply::BenchmarkHelper<AccountId> for World {
	fn point() -> (PointId, AccountId) {
		one_home();
		(0, HOME)
	}

	fn retailer() -> (ParticipantId, AccountId) {
		(participant(SHOP), SHOP)
	}

	fn settle(interval: Interval) {
		settle(interval);
	}
}

impl pallet_flexibility::BenchmarkHelper<AccountId> for World {
	fn point() -> (PointId, AccountId) {
		one_home();
		(0, HOME)
	}

	fn open_interval() -> Interval {
		world(|w| w.now = 0);
		3
	}

	fn dso() -> AccountId {
		GRID_OPERATOR
	}
}

impl crate::BenchmarkHelper<AccountId> for World {
	fn balancing() -> (ParticipantId, AccountId) {
		(participant(UTILITY), UTILITY)
	}

	fn open_interval() -> Interval {
		world(|w| w.now = 0);
		3
	}

	fn delivered_interval(points: u32) -> Interval {
		world(|w| {
			w.points = (0..points).map(|_| point(HOME, 0, PointKind::Metered)).collect();
			w.results.insert((0, 0), result(Some(100), 0, 0, 0, 0));
			w.outcomes.insert(0, outcome(points, 0, 0));
			for id in 0..points {
				// Buyers and sellers in turn; of an odd number the last seller sells what two buy.
				let net = match (id % 2 == 1, points % 2 == 1 && id + 2 == points) {
					_ if points == 1 => 0,
					(false, _) => 1,
					(true, false) => -1,
					(true, true) => -2,
				};
				w.positions.insert((id, 0), position(net * 1_000));
				w.readings.insert((id, 0), metered(net * 900 + 10_000_000));
			}
			w.now = 0;
		});
		for id in 0..points {
			hold_collateral(id, 0, HOME, 1).unwrap();
			Securities::deposit(signed(HOME), id, 1).unwrap();
			Securities::guarantee(signed(SHOP), id, 1).unwrap();
			Flexibility::offer(signed(HOME), 0, id, Some(LESS)).unwrap();
			Flexibility::order_reduction(signed(GRID_OPERATOR), 0, id, LESS).unwrap();
			let served = pallet_supply::Served { retailer: participant(SHOP), from: 0, until: Some(0) };
			let most = vec![served; pallet_supply::MAX_RETAILERS as usize];
			pallet_supply::Serving::<Test>::insert(id, BoundedVec::truncate_from(most));
		}
		leave(HOME, points.into());
		world(|w| w.now = DELIVERY_END);
		0
	}

	fn order(interval: Interval, point: PointId, order: Terms) {
		pallet_flexibility::Activations::<Test>::insert(interval, point, order);
		pallet_flexibility::Orders::<Test>::remove(interval, point);
	}

	fn read(interval: Interval, points: u32, wh: Wh) {
		world(|w| w.readings.extend((0..points).map(|id| ((id, interval), metered(wh as SignedWh)))));
	}

	fn revise(interval: Interval, points: u32) {
		Balances::mint_into(&HOME, Balance::from(points) * 3).unwrap();
		Securities::margin_in(signed(HOME), participant(HOME), points.into()).unwrap();
		for id in 0..points {
			revise(id, interval, i64::from(id) + 100_000_000);
			Securities::deposit(signed(HOME), id, 1).unwrap();
			Securities::guarantee(signed(SHOP), id, 1).unwrap();
		}
		world(|w| w.now = DISPUTE_END);
	}

	fn owner(point: PointId) -> ParticipantId {
		world(|w| w.points[point as usize].owner)
	}

	fn silent_interval(points: u32) -> Interval {
		world(|w| w.points = (0..points).map(|_| point(HOME, 0, PointKind::Metered)).collect());
		0
	}
}
