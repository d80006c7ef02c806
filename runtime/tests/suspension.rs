//! An aggregator with ten thousand connection points is suspended: its orders go in bounded pages, ahead of gates.

#![allow(clippy::unwrap_used)]

use busbar_harness::{account, calls, id, market, submit, Blocks, Genesis, Party, AGGREGATOR, DSO, EUR, REGULATOR};
use busbar_primitives::{
	metering::Duty, traits::Calendar, Interval, Link, Moment, PointId, PointKind, Product, ProductKind, Role, Side,
	Step,
};
use busbar_runtime::{
	configs::system::RuntimeBlockWeights, frame_system::limits::BlockWeights, pallet_grid, pallet_market,
	pallet_metering, pallet_participants, pallet_securities, pallet_settlement, Market, Participants, Runtime,
	RuntimeEvent, Securities, System,
};
use frame_support::{
	weights::{Weight, WeightMeter},
	BoundedVec,
};

const POINTS: PointId = 10_000;
const INTERVAL: Interval = 8;
const SLOT: Moment = 2_000;

fn world() -> sp_io::TestExternalities {
	let auction = Product { kind: ProductKind::Auction, opens_s: 86_400, closes_s: 900, span: 1 };
	let parameters = market(12, vec![auction]);
	let aggregator = Party { money: 1_000_000_000 * EUR, ..Party::officer(AGGREGATOR, Role::Aggregator) };
	let parties = Party::officers().into_iter().chain([aggregator]).collect();
	let ladder = pallet_settlement::PostedPrices { short: 220_000, long: 90_000 };
	Genesis { parties, parameters, ladder }.build()
}

fn orders() -> u32 {
	pallet_market::Sessions::<Runtime>::get(INTERVAL, 0).unwrap().orders
}

#[test]
fn ten_thousand_orders_of_a_suspended_aggregator_are_gone_within_forty_blocks_and_no_gate_is_late() {
	world().execute_with(|| {
		System::set_block_number(1);
		submit(&account(DSO), calls::add_zone(None, Link::default())).unwrap();
		submit(&account(DSO), calls::add_zone(Some(0), Link::default())).unwrap();
		let point = pallet_grid::NewPoint {
			zone: 1,
			owner: id(AGGREGATOR),
			kind: PointKind::Metered,
			import_w: 40_000,
			export_w: 40_000,
		};
		for _ in 0..POINTS / 250 {
			let points = BoundedVec::truncate_from(vec![point; 250]);
			submit(&account(DSO), pallet_grid::Call::add_points { points }).unwrap();
		}
		for point in 0..POINTS {
			// Registering as many meters tells nothing of orders.
			let fitted = pallet_metering::Fitted { meter: point, before: None, ended: false, first: 0 };
			pallet_metering::FittedMeters::<Runtime>::insert(point, Duty::Main, fitted);
		}
		let mut blocks = Blocks::default();
		for now in [1_000, 3_000] {
			blocks.next(now, WeightMeter::new(), Weight::zero());
		}
		for point in 0..POINTS {
			let price = 100_000 + i64::from(point % 100) * 1_000;
			let steps = BoundedVec::truncate_from(vec![Step { side: Side::Buy, price, wh: 10 }]);
			let deposit = pallet_securities::Call::deposit { point, amount: 100 * EUR };
			submit(&account(AGGREGATOR), deposit).unwrap();
			let place = pallet_market::Call::place { interval: INTERVAL, product: 0, point, steps };
			submit(&account(AGGREGATOR), place).unwrap();
		}
		assert_eq!(orders(), POINTS);
		let held = || pallet_participants::Participants::<Runtime>::get(id(AGGREGATOR)).unwrap().margin.held;
		assert!(held() > 0);
		let suspend = pallet_participants::Call::suspend { participant: id(AGGREGATOR) };
		submit(&account(REGULATOR), suspend).unwrap();

		let weights: BlockWeights = RuntimeBlockWeights::get();
		let (mut used, mut now, mut most) = (0, 5_000, Weight::zero());
		while orders() > 0 {
			System::reset_events();
			let mut meter = WeightMeter::with_limit(weights.max_block);
			System::set_block_number(10 + used);
			busbar_runtime::pallet_timestamp::Now::<Runtime>::put(now);
			<Market as frame_support::traits::Hooks<u32>>::on_poll(10 + used, &mut meter);
			most = most.max(meter.consumed());
			(used, now) = (used + 1, now + SLOT);
			assert!(used < 1_000, "{} orders are left", orders());
		}
		println!("{POINTS} orders went in {used} blocks of 2 s; the fullest took {most:?} of {:?}", weights.max_block);
		assert!(used <= 40, "{used} blocks");
		// A fifth of the block, and what an ordinary one takes.
		let share = sp_runtime::Perbill::from_percent(25) * weights.max_block;
		assert!(most.all_lte(share), "{most:?} of {share:?}");
		assert_eq!(held(), 0);
		let gone = |event: &RuntimeEvent| {
			matches!(event, RuntimeEvent::Market(pallet_market::Event::Recalled { participant }) if *participant == id(AGGREGATOR))
		};
		blocks.next(now, WeightMeter::new(), Weight::zero());
		assert!(System::events().iter().any(|record| gone(&record.event)));
		assert!(Market::first_unopened() > INTERVAL);
		Market::do_try_state().unwrap();
		Participants::do_try_state().unwrap();
		Securities::do_try_state().unwrap();
	});
}
