//! What the runtime answers to those who read: a page, whatever they ask for. `state_call` asks as these tests do.

use super::{chain::*, *};
use busbar_primitives::{
	api::{runtime_decl_for_energy_api::EnergyApiV1, MAX_ACCOUNT_POINTS, MAX_ORDERS, MAX_PAGE, MAX_ZONES},
	Point, PointId, PointKind, Price, ZoneId, ZoneResult,
};
use busbar_runtime::{pallet_market, AccountId, Block, Runtime};
use pallet_grid::Zone;
use pallet_market::{auction::Level, types::ClearedZone};

const ALL: u32 = u32::MAX;

/// So many points of one owner.
fn points(count: u32) {
	let (owner, kind) = (devnet_id("Utility"), PointKind::Metered);
	for point in 0..count {
		let record = Point { owner, zone: 0, kind, import_w: 1, export_w: 1, from: 0, until: None };
		pallet_grid::Points::<Runtime>::insert(point, record);
		pallet_grid::PointsOf::<Runtime>::insert(owner, pallet_grid::point_key(point), ());
	}
	pallet_grid::NextPoint::<Runtime>::put(count);
}

fn order(point: PointId) {
	let (account, steps) = (account("Utility"), BoundedVec::default());
	let order = pallet_market::auction::Order { account, zone: 0, arrival: 0, steps, held: 0 };
	pallet_market::Orders::<Runtime>::insert((7, 0, point), order);
}

#[test]
fn an_answer_about_orders_looks_at_a_page_of_points_and_no_further() {
	run(|| {
		points(2 * MAX_ORDERS + 5);
		let orders = |from, limit| -> Vec<PointId> {
			let orders = <Runtime as EnergyApiV1<Block, AccountId>>::orders(7, 0, from, limit);
			orders.into_iter().map(|order| order.point).collect()
		};
		// Whoever asks for everything is not answered by reading everything.
		order(2 * MAX_ORDERS + 4);
		assert!(orders(0, ALL).is_empty());
		assert!(orders(MAX_ORDERS + 4, ALL).is_empty());
		assert_eq!(orders(MAX_ORDERS + 5, ALL), [2 * MAX_ORDERS + 4]);
		assert_eq!(orders(2 * MAX_ORDERS + 4, 1), [2 * MAX_ORDERS + 4]);
		assert!(orders(ALL, ALL).is_empty());
		// In pages, all of them.
		(0..2 * MAX_ORDERS).for_each(order);
		let pages: Vec<_> = (0..3).flat_map(|page| orders(page * MAX_ORDERS, MAX_ORDERS)).collect();
		assert_eq!(pages, (0..2 * MAX_ORDERS).chain([2 * MAX_ORDERS + 4]).collect::<Vec<_>>());
	});
}

#[test]
fn an_answer_about_zones_and_their_prices_is_a_page() {
	run(|| {
		let count = 2 * MAX_ZONES + 5;
		for zone in 0..count {
			let (parent, depth, terms) = ((zone > 0).then_some(0), u32::from(zone > 0), BoundedVec::default());
			let record = Zone { parent, depth, terms, from: 0, until: None, children: 0, points: 0, numbers: 0 };
			pallet_grid::Zones::<Runtime>::insert(zone, record);
		}
		pallet_grid::NextZone::<Runtime>::put(count);
		for page in 0..count.div_ceil(32) {
			let result = ZoneResult::default();
			let zones = vec![Some(ClearedZone { import: None, export: None, fee: 0, result }); 32];
			pallet_market::Results::<Runtime>::insert((7, 0, page), BoundedVec::truncate_from(zones));
		}
		let zones = |from, limit| -> Vec<ZoneId> {
			let zones = <Runtime as EnergyApiV1<Block, AccountId>>::zones(7, from, limit);
			zones.into_iter().map(|zone| zone.id).collect()
		};
		let prices = |from, limit| -> Vec<ZoneId> {
			let prices = <Runtime as EnergyApiV1<Block, AccountId>>::prices(7, 0, from, limit);
			prices.into_iter().map(|price| price.zone).collect()
		};
		// Whoever asks for everything has a page, and the rest page by page.
		for page in [&zones as &dyn Fn(u32, u32) -> Vec<ZoneId>, &prices] {
			assert_eq!(page(0, ALL), (0..MAX_ZONES).collect::<Vec<_>>());
			assert_eq!(page(MAX_ZONES, MAX_ZONES), (MAX_ZONES..2 * MAX_ZONES).collect::<Vec<_>>());
			assert_eq!(page(31, 3), [31, 32, 33]);
			assert_eq!(page(2 * MAX_ZONES + 4, 1), [2 * MAX_ZONES + 4]);
			assert!(page(0, 0).is_empty() && page(ALL, ALL).is_empty());
		}
		assert_eq!(zones(2 * MAX_ZONES, ALL).len(), 5);
	});
}

#[test]
fn an_answer_about_points_accounts_and_books_is_a_page() {
	run(|| {
		points(MAX_PAGE + 10);
		let asked = <Runtime as EnergyApiV1<Block, AccountId>>::points(0, ALL);
		assert_eq!(asked.len(), MAX_PAGE as usize);
		assert_eq!(<Runtime as EnergyApiV1<Block, AccountId>>::points(MAX_PAGE, ALL).len(), 10);
		let positions = |from, limit| -> Vec<PointId> {
			let of = <Runtime as EnergyApiV1<Block, AccountId>>::positions(account("Utility"), 7, from, limit);
			of.into_iter().map(|position| position.point).collect()
		};
		assert_eq!(positions(0, ALL), (0..MAX_ACCOUNT_POINTS).collect::<Vec<_>>());
		assert_eq!(positions(MAX_ACCOUNT_POINTS, 2), [MAX_ACCOUNT_POINTS, MAX_ACCOUNT_POINTS + 1]);
		assert!(positions(0, 0).is_empty());
		for price in 0..MAX_PAGE as Price + 1 {
			let key = (7, 0, 0, pallet_market::PriceKey::from(price));
			pallet_market::Levels::<Runtime>::insert(key, Level { buy: 1, ..Default::default() });
		}
		let page = |from| <Runtime as EnergyApiV1<Block, AccountId>>::book(7, 0, 0, from, ALL);
		let book = page(None);
		assert_eq!((book.len(), book[0].price), (MAX_PAGE as usize, 0));
		let rest: Vec<Price> = page(Some(MAX_PAGE as Price)).iter().map(|level| level.price).collect();
		assert_eq!(rest, [MAX_PAGE as Price]);
		assert_eq!(pallet_market::Levels::<Runtime>::iter_prefix((7, 0, 0)).count(), MAX_PAGE as usize + 1);
	});
}
