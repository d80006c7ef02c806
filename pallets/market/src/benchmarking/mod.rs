//! Benchmarks of the calls and hooks.

mod setup;

use crate::{
	auction::close::{search::KeptSearch, span::Span},
	auction::{types::MAX_BLOCK_ORDERS, Level},
	continuous::FILLS,
	pallet::*,
	Parameters, PriceKey,
};
use alloc::vec::Vec;
use busbar_clearing::{block_orders::Search, BlockOrder};
use busbar_primitives::{
	traits::{Calendar, Grid},
	Moment, PointId, Side, Step, TimeInForce, Wh, ZoneId, MAX_PRODUCTS, MAX_SPAN,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::RawOrigin;
use setup::*;

/// What a runtime sets up for the market's benchmarks.
pub trait BenchmarkHelper<AccountId> {
	/// Sets chain time, in ms.
	fn set_time(now: Moment);
	/// Makes a tree of `zones` zones, numbered from 0.
	fn grid(zones: u32);
	/// Adds a point of ample rating in a zone, whose owner has ample money.
	fn point(zone: ZoneId) -> (AccountId, PointId);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn place(s: Linear<1, { T::MaxSteps::get() }>) {
		let (id, account, point) = trader::<T>(s);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), id.0, id.1, point, curve::<T>(0, s));

		assert_order::<T>(id, point, true);
	}

	/// At other prices than before, so that no level is touched twice.
	#[benchmark]
	fn replace(
		o: Linear<1, { T::MaxSteps::get() }>,
		n: Linear<1, { T::MaxSteps::get() }>,
	) -> Result<(), BenchmarkError> {
		let (id, account, point) = trader::<T>(o + n);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(0, o))?;

		#[extrinsic_call]
		_(origin, id.0, id.1, point, curve::<T>(o, n));

		assert_order::<T>(id, point, true);
		Ok(())
	}

	#[benchmark]
	fn cancel(s: Linear<1, { T::MaxSteps::get() }>) -> Result<(), BenchmarkError> {
		let (id, account, point) = trader::<T>(s);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(0, s))?;

		#[extrinsic_call]
		_(origin, id.0, id.1, point);

		assert_order::<T>(id, point, false);
		Ok(())
	}

	/// Placing an order of one step behind `n` others.
	#[benchmark(extra)]
	fn place_in_book(n: Linear<10, { MOST_IN_BOOK }>) {
		let (id, account, point) = trader_in_book::<T>(n);

		#[extrinsic_call]
		place(RawOrigin::Signed(account), id.0, id.1, point, curve::<T>(0, 1));

		assert_order::<T>(id, point, true);
	}

	/// Replacing an order of one step behind `n` others by one at the same price.
	#[benchmark(extra)]
	fn replace_in_book(n: Linear<10, { MOST_IN_BOOK }>) -> Result<(), BenchmarkError> {
		let (id, account, point) = trader_in_book::<T>(n);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(0, 1))?;

		#[extrinsic_call]
		replace(origin, id.0, id.1, point, curve::<T>(0, 1));

		assert_order::<T>(id, point, true);
		Ok(())
	}

	/// Cancelling an order of one step behind `n` others.
	#[benchmark(extra)]
	fn cancel_in_book(n: Linear<10, { MOST_IN_BOOK }>) -> Result<(), BenchmarkError> {
		let (id, account, point) = trader_in_book::<T>(n);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(0, 1))?;

		#[extrinsic_call]
		cancel(origin, id.0, id.1, point);

		assert_order::<T>(id, point, false);
		Ok(())
	}

	/// Clearing 1,000 zones in which `n` orders stand at 100 levels, whatever their number.
	#[benchmark(extra)]
	fn close_in_book(n: Linear<100, { MOST_IN_BOOK }>) {
		let zones = T::MaxZones::get().min(1_000);
		let id = session::<T>(zones);
		let at = |i| {
			let level = i % 100;
			// Far enough apart to pay the fees of any path.
			let (side, price) = if level % 2 == 0 {
				(Side::Buy, parameters::<T>().price_cap)
			} else {
				(Side::Sell, price::<T>(level % 7))
			};
			((level * 10) % zones, Step { side, price, wh: 1 })
		};
		stand::<T>(id, n, at);
		stand_elsewhere::<T>(id, n, at);
		T::BenchmarkHelper::set_time(gate::<T>().closure());

		#[block]
		{
			while records::<T>(id).1.outcome.is_none() {
				Pallet::<T>::open_and_close(&mut WeightMeter::new());
			}
		}

		assert!(records::<T>(id).1.outcome.is_some_and(|outcome| outcome.cleared && outcome.traded > 0));
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters::<T>());

		Ok(())
	}

	/// A block in which nothing opens or closes.
	#[benchmark]
	fn poll() {
		session::<T>(1);

		#[block]
		{
			Pallet::<T>::open_and_close(&mut WeightMeter::new());
		}
	}

	/// An interval with as many products as there can be.
	#[benchmark]
	fn open() {
		session::<T>(1);
		let next = NextToOpen::<T>::get();
		let spec = parameters::<T>().products[0];
		let products = BoundedVec::truncate_from(alloc::vec![spec; MAX_PRODUCTS as usize]);
		let parameters = Parameters { products, ..parameters::<T>() };

		#[block]
		{
			Pallet::<T>::open(next, &parameters);
		}

		assert!(Intervals::<T>::contains_key(next));
	}

	/// Taking a gate up and leaving it to the next block, with all intervals that share it open.
	#[benchmark]
	fn begin(s: Linear<1, MAX_SPAN>) {
		let id = span::<T>(1, s);

		#[block]
		{
			let (key, span) = Gates::<T>::iter().next().expect("a gate is open; qed");
			let members = Pallet::<T>::members(key.session(), span);
			assert_eq!(members.len(), s as usize);
			Pallet::<T>::park(Pallet::<T>::resume(id, id.0));
		}

		assert!(ClosingGate::<T>::exists());
	}

	#[benchmark]
	fn load_zones(z: Linear<1, { T::MaxZones::get() }>) {
		let id = session::<T>(z);
		close::<T>(id, z, 0);
		let mut closing = Pallet::<T>::resume(id, id.0);

		#[block]
		{
			Pallet::<T>::load_zones(&mut closing, T::Grid::zone_count(), &mut WeightMeter::new());
			Pallet::<T>::park(closing);
		}

		assert_eq!(LoadedPages::<T>::get(0).map(|page| page.zones.len() as u32), Some(z));
	}

	#[benchmark]
	fn load_levels(l: Linear<1, { T::MaxLevels::get() }>) {
		let zones = T::MaxZones::get().min(1_000);
		let id = session::<T>(zones);
		close::<T>(id, zones, l);
		let (_, session) = records::<T>(id);
		let mut closing = Pallet::<T>::resume(id, id.0);

		#[block]
		{
			Pallet::<T>::load_levels(&mut closing, &session, &mut WeightMeter::new());
			Pallet::<T>::park(closing);
		}

		assert_eq!(LoadedPages::<T>::get(0).map(|page| page.levels.len() as u32), Some(l));
	}

	#[benchmark]
	fn decide(z: Linear<1, { T::MaxZones::get() }>, l: Linear<1, { T::MaxLevels::get() }>) {
		let id = session::<T>(z);
		close::<T>(id, z, l);
		let closing = loaded::<T>(id);
		let key = gate::<T>();
		let members = Pallet::<T>::members(id, 1);
		let spec = members[0].1.products[usize::from(id.1)];

		#[block]
		{
			let loaded = Pallet::<T>::loaded(closing, &members);
			let standing = Pallet::<T>::over(&key, &spec);
			let mut span = Span::new::<T>(&loaded.parts, &standing).expect("the zones form a tree; qed");
			let choice = span.search(None, 0).expect("nothing is chosen from; qed");
			Pallet::<T>::decide((key, spec), members, loaded, standing, Ok((span, choice)));
		}

		assert!(records::<T>(id).1.outcome.is_some_and(|outcome| outcome.cleared));
	}

	/// One clearing of one interval, in memory.
	#[benchmark]
	fn choose(z: Linear<1, { T::MaxZones::get() }>, l: Linear<1, { T::MaxLevels::get() }>) {
		let id = session::<T>(z);
		close::<T>(id, z, l);
		let loaded = Pallet::<T>::loaded(loaded::<T>(id), &Pallet::<T>::members(id, 1));
		let span = Span::new::<T>(&loaded.parts, &[]);
		let market = span.and_then(|span| span.market().cloned());
		let block_order =
			BlockOrder { zone: 0, side: busbar_clearing::orders::Side::Buy, price: 0, first: 0, wh: alloc::vec![1] };
		let mut market = market.expect("the zones form a tree; qed");
		let mut choice = Search::new(core::slice::from_ref(&block_order), 1).expect("the block order is in order; qed");

		#[block]
		{
			let _ = choice.step(core::slice::from_ref(&block_order), &mut market);
		}
	}

	/// The largest state: as many block orders, over as many intervals, as a span can have, and something found.
	#[benchmark]
	fn search() {
		let block_order = |_| BlockOrder {
			zone: 0,
			side: busbar_clearing::orders::Side::Buy,
			price: 0,
			first: 0,
			wh: alloc::vec![1; MAX_SPAN as usize],
		};
		let standing: Vec<_> = (0..MAX_BLOCK_ORDERS).map(block_order).collect();
		let mut choice = Search::new(&standing, MAX_SPAN).expect("the block orders are in order; qed");
		choice.incumbent = Some(choice.current.clone());
		let kept = KeptSearch::of(choice).expect("a span's search can be kept; qed");
		Searching::<T>::put(&kept);

		#[block]
		{
			let kept = Searching::<T>::get().map(KeptSearch::resumed).and_then(KeptSearch::of);
			Searching::<T>::put(kept.expect("it was kept; qed"));
		}

		assert_eq!(Searching::<T>::get(), Some(kept));
	}

	/// As many block orders, over as many intervals, as a span can have, in a market of one zone.
	#[benchmark]
	fn block_orders() -> Result<(), BenchmarkError> {
		T::BenchmarkHelper::grid(1);
		let buyers: Vec<_> = (0..MAX_BLOCK_ORDERS).map(|_| T::BenchmarkHelper::point(0)).collect();
		let id = span::<T>(1, MAX_SPAN);
		let price = middle::<T>();
		for (account, point) in buyers {
			let wh = energies(MAX_SPAN);
			let origin = RawOrigin::Signed(account).into();
			Pallet::<T>::place_block_order(origin, id.0, id.1, point, Side::Buy, price, wh)?;
		}
		T::BenchmarkHelper::set_time(gate::<T>().closure());

		#[block]
		{
			Pallet::<T>::close_gates(gate::<T>().closure(), &mut WeightMeter::new());
		}

		assert!(records::<T>(id).1.outcome.is_some());
		Ok(())
	}

	#[benchmark]
	fn place_block_order(n: Linear<1, MAX_SPAN>) {
		T::BenchmarkHelper::grid(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let id = span::<T>(1, MAX_SPAN);
		crowd_places::<T>(id);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), id.0, id.1, point, Side::Buy, middle::<T>(), energies(n));

		let last = id.0.saturating_add(MAX_SPAN).saturating_sub(1);
		assert!(BlockOrders::<T>::contains_key((last, id.1, 0)));
	}

	#[benchmark]
	fn cancel_block_order() -> Result<(), BenchmarkError> {
		T::BenchmarkHelper::grid(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let id = span::<T>(1, MAX_SPAN);
		crowd_places::<T>(id);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place_block_order(
			origin.clone().into(),
			id.0,
			id.1,
			point,
			Side::Buy,
			middle::<T>(),
			energies(MAX_SPAN),
		)?;

		#[extrinsic_call]
		_(origin, id.0, id.1, 0);

		assert_eq!(BlockOrders::<T>::iter_keys().count(), 0);
		Ok(())
	}

	/// Trades with orders at the top of the area by one in its lowest zone, so that every link between is used.
	#[benchmark]
	fn submit(t: Linear<0, FILLS>) {
		let (id, sellers, buyers) = book::<T>(t, 1);
		for seller in &sellers {
			rest::<T>(id, seller, Side::Sell, middle::<T>());
		}
		let (account, point) = buyers[0].clone();
		let cap = parameters::<T>().price_cap;

		#[extrinsic_call]
		_(
			RawOrigin::Signed(account),
			id.0,
			id.1,
			point,
			Side::Buy,
			cap,
			Wh::from(t.saturating_add(1)),
			TimeInForce::GoodTillGate,
		);

		assert_eq!(Books::<T>::get(id.0, id.1).map(|book| book.traded), Some(t.into()));
	}

	/// The one in the middle of a queue, so that both neighbours change, while as many whole orders wait as can.
	#[benchmark]
	fn withdraw() {
		let (id, buyers, _) = book::<T>(3, 0);
		let numbers: Vec<_> = buyers.iter().map(|buyer| rest::<T>(id, buyer, Side::Buy, middle::<T>())).collect();
		let account = buyers[1].0.clone();
		crowd_waiting::<T>(id);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), id.0, id.1, numbers[1]);

		assert!(!LimitOrders::<T>::contains_key((id.0, id.1, numbers[1])));
	}

	/// As many crossing orders as a pass can match, between the two ends of the area.
	#[benchmark]
	fn pass() {
		let (id, sellers, buyers) = book::<T>(FILLS, FILLS);
		for (seller, buyer) in sellers.iter().zip(&buyers) {
			rest::<T>(id, seller, Side::Sell, middle::<T>());
			rest::<T>(id, buyer, Side::Buy, parameters::<T>().price_cap);
		}
		Due::<T>::insert(id.0, id.1, ());
		let now = Pallet::<T>::now();

		#[block]
		{
			Pallet::<T>::run_passes(now, &mut WeightMeter::new());
		}

		assert_eq!(Books::<T>::get(id.0, id.1).map(|book| book.traded), Some(FILLS.into()));
	}

	#[benchmark]
	fn set_area() -> Result<(), BenchmarkError> {
		book::<T>(0, 0);
		let area = Areas::<T>::get(0).ok_or(BenchmarkError::Weightless)?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7, area);

		Ok(())
	}

	#[benchmark]
	fn prune(k: Linear<0, { T::MaxPrunePerBlock::get() }>) {
		let (interval, product) = session::<T>(1);
		for zone in 0..k {
			Levels::<T>::insert((interval, product, zone, PriceKey::from(0)), Level::default());
		}
		// One that waits and the next one are looked at in vain.
		let mut record = Intervals::<T>::get(interval).expect("it has opened");
		record.unended = 0;
		Intervals::<T>::insert(interval, &record);
		let waits = interval.saturating_sub(1);
		Intervals::<T>::insert(waits, record);
		Waiting::<T>::insert(waits.to_be_bytes(), ());
		LastWaiting::<T>::put(waits.to_be_bytes());
		NextToLook::<T>::put(interval);
		T::BenchmarkHelper::set_time(busbar_primitives::Moment::MAX >> 1);

		#[block]
		{
			assert_eq!(Pallet::<T>::begin_to_prune(&mut WeightMeter::new()), None);
			<Pallet<T> as busbar_primitives::traits::Prune>::prune(interval, k);
		}

		assert_eq!(Levels::<T>::iter_prefix((interval,)).count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::bare(), crate::mock::Test);
}
