//! How large books may be, so that gates are decided in time.

use crate::{mock::*, parameters::ParameterError, Error, Parameters, WeightInfo};
use busbar_primitives::{traits::Calendar, Product, ProductKind};
use frame_support::{assert_noop, assert_ok};

fn spanning(span: u32, closes_s: u32) -> Parameters {
	let product = Product { kind: ProductKind::Auction, opens_s: 3_600, closes_s, span };
	Parameters { products: products(&[product]), horizon: 400, ..parameters() }
}

#[test]
fn parameters_whose_spans_have_more_zones_than_clearing_has_room_for_are_refused() {
	test(market(), || {
		MaxZones::set(&96);
		chain_of_zones(2);
		assert_eq!(spanning(48, 600).validate_time::<Test>(2), Ok(()));
		assert_eq!(spanning(48, 600).validate_time::<Test>(3), Err(ParameterError::Time));
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), spanning(48, 600)));
		assert_eq!(Market::most_zones(), 2);
		assert_noop!(Market::set_parameters(RuntimeOrigin::root(), spanning(49, 600)), Error::<Test>::NoTimeToClear);
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), spanning(32, 600)));
		assert_eq!(Market::most_zones(), 3);
	});
}

#[test]
fn the_time_between_closure_and_delivery_bounds_the_books_and_the_zones() {
	test(market(), || {
		MaxZones::set(&2_000);
		MaxLevels::set(&50_000_000);
		let most = |closes_s, zones| {
			let product = spanning(1, closes_s).products[0];
			Market::most_levels(&product, 1, zones)
		};
		// A single slot leaves none: the block that clears comes with delivery.
		assert_eq!(most(2, 10), 0);
		assert_eq!(spanning(1, 2).validate_time::<Test>(10), Err(ParameterError::Time));
		assert!(0 < most(4, 10) && most(4, 10) < most(6, 10) && most(6, 10) < most(60, 10));
		assert!(most(4, 1_000) < most(4, 10));
		for (closes_s, zones) in [(4, 10), (6, 700), (20, 1_500)] {
			let product = spanning(1, closes_s).products[0];
			let levels = most(closes_s, zones);
			assert!(Market::blocks(&product, 1, zones, levels) <= u64::from(closes_s / 2));
			assert!(Market::blocks(&product, 1, zones, levels + 1) > u64::from(closes_s / 2));
			// Two products share the room, so that the gates of both are in time when they pass together.
			assert!(Market::most_levels(&product, 2, zones) <= levels / 2 + 1);
		}
	});
}

#[test]
fn a_gate_is_decided_within_the_declared_weight_divided_by_its_room_and_one_more_block() {
	for (zones, levels) in [(2u32, 16u32), (8, 64), (5, 40)] {
		for parts in 1..5 {
			test(market(), || {
				chain_of_zones(zones);
				for zone in 0..zones {
					let owner = 100 + u64::from(zone);
					let point = add_point(owner, zone, 4_000);
					Free::insert(owner, MONEY);
					for steps in (0..levels / zones).collect::<Vec<_>>().chunks(4) {
						let steps: Vec<_> = steps.iter().map(|step| buy(100 + 10 * i64::from(*step), 1)).collect();
						// A point has one order: the last ones stand.
						let _ = Market::cancel(RuntimeOrigin::signed(owner), 1, 0, point);
						assert_ok!(place(owner, 1, point, &steps));
					}
				}
				let placed = session(1, 0).levels;
				assert!(placed > 0);
				let decide = <() as WeightInfo>::decide(zones, placed);
				let work = <() as WeightInfo>::load_zones(zones)
					.saturating_add(<() as WeightInfo>::load_levels(placed))
					.saturating_add(decide);
				let lost = <() as WeightInfo>::load_zones(1).saturating_add(<() as WeightInfo>::load_levels(1));
				let room = work.div(parts).max(decide).saturating_add(lost);
				let bound = Market::blocks_of(&spanning(1, 60).products[0], room, zones, placed);
				let before = <() as WeightInfo>::poll().saturating_add(<() as WeightInfo>::begin(1));
				assert!(bound < 20, "{bound}");
				let mut took = 0;
				while session(1, 0).outcome.is_none() {
					run_with(start(1) - LEAD + took, before.saturating_add(room));
					took += 1;
					assert!(took <= bound, "{took} blocks of {bound}: {zones} zones, {placed} levels in {parts} parts");
				}
			});
		}
	}
	// The bound that parameters and zones are held against is the same sum.
	let product = spanning(1, 60).products[0];
	market().execute_with(|| assert_eq!(Market::blocks(&product, 1, 2, 16), 2));
}
