//! Benchmarks of the calls and hooks.

use crate::{
	blocks::{Energies, MAX_BLOCKS},
	continuous::{trade::Floor, FILLS},
	gate::Closing,
	pallet::*,
	types::{GateKey, Level, Record, Session, SessionId},
	Parameters, PriceKey,
};
use alloc::vec::Vec;
use busbar_clearing::{blocks::Search, Block};
use busbar_primitives::{
	traits::{Calendar, Grid},
	Moment, PointId, Price, Product, ProductKind, Side, Step, TimeInForce, Wh, ZoneId, MAX_PRODUCTS, MAX_SPAN,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::RawOrigin;

/// What a runtime sets up for the market's benchmarks.
pub trait BenchmarkHelper<AccountId> {
	/// Sets chain time, in ms.
	fn set_time(now: Moment);
	/// Makes a tree of `zones` zones, numbered from 0.
	fn grid(zones: u32);
	/// Adds a point of ample rating in a zone, whose owner has ample money.
	fn point(zone: ZoneId) -> (AccountId, PointId);
}

/// A market whose first sessions are open, and the first of them.
fn session<T: Config>(zones: u32) -> SessionId {
	T::BenchmarkHelper::grid(zones);
	T::BenchmarkHelper::set_time(parameters::<T>().epoch);
	Pallet::<T>::open_and_close(&mut WeightMeter::new());
	Gates::<T>::iter_keys().next().map(|key| key.session()).expect("sessions are open; qed")
}

/// Lets chain time be the session's gate closure, and its record count `levels` levels, spread over all zones, each with
/// energy to buy and to sell, so that they meet all along the curve.
fn close<T: Config>(id: SessionId, zones: u32, levels: u32) {
	let Parameters { tick, price_floor, .. } = parameters::<T>();
	for i in 0..levels {
		let price = price_floor.saturating_add(Price::from(tick).saturating_mul((i / zones).into()));
		let level = Level { buy: 3, sell: 2, buy_arrivals: 1, sell_arrivals: 1 };
		Levels::<T>::insert((id.0, id.1, i % zones, PriceKey::from(price)), level);
	}
	let (_, session) = records::<T>(id);
	Sessions::<T>::insert(id.0, id.1, Session { levels, ..session });
	T::BenchmarkHelper::set_time(gate::<T>().closure());
}

/// A market of one auction whose gate `count` intervals share, with all of them open and their gate ahead.
fn span<T: Config>(zones: u32, count: u32) -> SessionId {
	T::BenchmarkHelper::grid(zones);
	let clock = parameters::<T>().interval_clock_s;
	let closes_s = parameters::<T>().products.iter().map(|product| product.closes_s).min().unwrap_or(1);
	ParametersValue::<T>::mutate(|parameters| {
		let reach = closes_s.saturating_div(clock).saturating_add(2);
		parameters.horizon = count.saturating_mul(2).saturating_add(reach);
		let opens_s = parameters.horizon.saturating_mul(clock);
		let product = Product { kind: ProductKind::Auction, opens_s, closes_s, span: count };
		parameters.products = BoundedVec::truncate_from(alloc::vec![product]);
	});
	let parameters = parameters::<T>();
	// The first span that can open as a whole.
	let first = NextToOpen::<T>::get().div_ceil(count).saturating_add(1).saturating_mul(count);
	for interval in first..first.saturating_add(count) {
		Pallet::<T>::open(interval, &parameters);
	}
	NextToOpen::<T>::put(first.saturating_add(count));
	T::BenchmarkHelper::set_time(parameters.terms(first).gate_closure.saturating_sub(1));
	// Those of before are of no interest.
	let others: Vec<_> = Gates::<T>::iter_keys().filter(|key| key.session() != (first, 0)).collect();
	others.into_iter().for_each(Gates::<T>::remove);
	(first, 0)
}

/// 1 Wh in each of so many intervals.
fn energies(count: u32) -> Energies {
	BoundedVec::truncate_from(alloc::vec![1; count as usize])
}

/// A gate all of whose zones and levels earlier blocks have loaded.
fn loaded<T: Config>(id: SessionId) -> Closing {
	let (_, session) = records::<T>(id);
	let mut closing = Pallet::<T>::resume(id, id.0);
	Pallet::<T>::load_zones(&mut closing, &mut WeightMeter::new());
	Pallet::<T>::load_levels(&mut closing, &session, &mut WeightMeter::new());
	Pallet::<T>::park(closing);
	Pallet::<T>::resume(id, id.0)
}

/// The next gate to close.
fn gate<T: Config>() -> GateKey {
	Gates::<T>::iter_keys().next().expect("a gate is open; qed")
}

/// What the market keeps of a session and its interval.
fn records<T: Config>(id: SessionId) -> (Record, Session) {
	let record = Intervals::<T>::get(id.0).expect("the interval is open; qed");
	(record, Sessions::<T>::get(id.0, id.1).expect("the session is open; qed"))
}

fn parameters<T: Config>() -> Parameters {
	ParametersValue::<T>::get()
}

/// A curve of `count` steps at prices of their own, every one a purchase.
fn curve<T: Config>(count: u32) -> BoundedVec<Step, T::MaxSteps> {
	let Parameters { tick, price_floor, .. } = parameters::<T>();
	let price = |i: u32| price_floor.saturating_add(Price::from(tick).saturating_mul(i.into()));
	let steps: Vec<_> = (0..count).map(|i| Step { side: Side::Buy, price: price(i), wh: 1 }).collect();
	BoundedVec::truncate_from(steps)
}

fn assert_order<T: Config>((interval, product): SessionId, point: PointId, stands: bool) {
	assert_eq!(Orders::<T>::contains_key((interval, product, point)), stands);
}

/// A market with a continuous session over as many zones as there can be, that takes orders at this moment.
fn book<T: Config>() -> SessionId {
	let zones = (busbar_clearing::book::MAX_ZONES as u32).min(T::MaxZones::get());
	T::BenchmarkHelper::grid(zones);
	Areas::<T>::insert(0, BoundedVec::truncate_from((0..zones).collect::<Vec<_>>()));
	ParametersValue::<T>::mutate(|parameters| {
		let auction = parameters.products[0];
		let continuous = Product { kind: ProductKind::Continuous { area: 0 }, ..auction };
		parameters.products = BoundedVec::truncate_from(alloc::vec![auction, continuous]);
	});
	T::BenchmarkHelper::set_time(parameters::<T>().epoch);
	Pallet::<T>::open_and_close(&mut WeightMeter::new());
	let (interval, _) = Gates::<T>::iter_keys().next().map(|key| key.session()).expect("sessions are open; qed");
	(interval, 1)
}

/// An order of a new member in a zone, put into the book as if it had arrived and not traded. Returns its number.
fn rest<T: Config>(id: SessionId, zone: ZoneId, side: Side, price: Price) -> u64 {
	let (account, point) = T::BenchmarkHelper::point(zone);
	let record = Intervals::<T>::get(id.0).expect("the interval is open; qed");
	let owner = T::Grid::point(point).expect("it has just been added; qed").owner;
	let mut floor = Floor::<T>::open(id, &record, 0).ok().expect("the area is set; qed");
	let number = floor.rest(point, zone as u8, owner, account, side, price).expect("there is room; qed");
	floor.close();
	number
}

/// A limit in the middle of the bounds, on the tick.
fn middle<T: Config>() -> Price {
	let Parameters { tick, price_floor, price_cap, .. } = parameters::<T>();
	let tick = Price::from(tick);
	(price_floor + price_cap) / 2 / tick * tick
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn place(s: Linear<1, { T::MaxSteps::get() }>) {
		let id = session::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), id.0, id.1, point, curve::<T>(s));

		assert_order::<T>(id, point, true);
	}

	#[benchmark]
	fn replace(
		o: Linear<1, { T::MaxSteps::get() }>,
		n: Linear<1, { T::MaxSteps::get() }>,
	) -> Result<(), BenchmarkError> {
		let id = session::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(o))?;

		#[extrinsic_call]
		_(origin, id.0, id.1, point, curve::<T>(n));

		assert_order::<T>(id, point, true);
		Ok(())
	}

	#[benchmark]
	fn cancel(s: Linear<1, { T::MaxSteps::get() }>) -> Result<(), BenchmarkError> {
		let id = session::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), id.0, id.1, point, curve::<T>(s))?;

		#[extrinsic_call]
		_(origin, id.0, id.1, point);

		assert_order::<T>(id, point, false);
		Ok(())
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
			Pallet::<T>::load_zones(&mut closing, &mut WeightMeter::new());
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

		#[block]
		{
			Pallet::<T>::decide(key, members, closing, None, 0);
		}

		assert!(records::<T>(id).1.outcome.is_some_and(|outcome| outcome.cleared));
	}

	/// One clearing of one interval, in memory.
	#[benchmark]
	fn choose(z: Linear<1, { T::MaxZones::get() }>, l: Linear<1, { T::MaxLevels::get() }>) {
		let id = session::<T>(z);
		close::<T>(id, z, l);
		let market = Pallet::<T>::market(loaded::<T>(id), &Pallet::<T>::members(id, 1));
		let block = Block { zone: 0, side: busbar_clearing::orders::Side::Buy, price: 0, first: 0, wh: alloc::vec![1] };
		let mut market = market.expect("the zones form a tree; qed");
		let mut search = Search::new(core::slice::from_ref(&block), 1).expect("the block is in order; qed");

		#[block]
		{
			let _ = search.step(core::slice::from_ref(&block), &mut market);
		}
	}

	/// As many block orders, over as many intervals, as a span can have, in a market of one zone.
	#[benchmark]
	fn blocks() -> Result<(), BenchmarkError> {
		let id = span::<T>(1, MAX_SPAN);
		let price = middle::<T>();
		for _ in 0..MAX_BLOCKS {
			let (account, point) = T::BenchmarkHelper::point(0);
			let wh = energies(MAX_SPAN);
			let origin = RawOrigin::Signed(account).into();
			Pallet::<T>::place_block(origin, id.0, id.1, point, Side::Buy, price, wh)?;
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
	fn place_block(n: Linear<1, MAX_SPAN>) {
		let id = span::<T>(1, MAX_SPAN);
		let (account, point) = T::BenchmarkHelper::point(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), id.0, id.1, point, Side::Buy, middle::<T>(), energies(n));

		let last = id.0.saturating_add(MAX_SPAN).saturating_sub(1);
		assert!(BlockOrders::<T>::contains_key((last, id.1, 0)));
	}

	#[benchmark]
	fn cancel_block() -> Result<(), BenchmarkError> {
		let id = span::<T>(1, MAX_SPAN);
		let (account, point) = T::BenchmarkHelper::point(0);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place_block(
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
		let id = book::<T>();
		let price = middle::<T>();
		for _ in 0..t {
			rest::<T>(id, 0, Side::Sell, price);
		}
		let lowest = Areas::<T>::get(0).and_then(|area| area.last().copied()).expect("the area is set; qed");
		let (account, point) = T::BenchmarkHelper::point(lowest);
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

	/// The one in the middle of a queue, so that both neighbours change.
	#[benchmark]
	fn withdraw() {
		let id = book::<T>();
		let price = middle::<T>();
		rest::<T>(id, 0, Side::Buy, price);
		let number = rest::<T>(id, 0, Side::Buy, price);
		rest::<T>(id, 0, Side::Buy, price);
		let order = LimitOrders::<T>::get((id.0, id.1, number)).expect("it rests; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(order.account), id.0, id.1, number);

		assert!(!LimitOrders::<T>::contains_key((id.0, id.1, number)));
	}

	/// As many crossing orders as a pass can match, between the two ends of the area.
	#[benchmark]
	fn pass() {
		let id = book::<T>();
		let price = middle::<T>();
		let lowest = Areas::<T>::get(0).and_then(|area| area.last().copied()).expect("the area is set; qed");
		for _ in 0..FILLS {
			rest::<T>(id, 0, Side::Sell, price);
			rest::<T>(id, lowest, Side::Buy, parameters::<T>().price_cap);
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
		book::<T>();
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

		#[block]
		{
			<Pallet<T> as busbar_primitives::traits::Prune>::prune(interval, k);
		}

		assert_eq!(Levels::<T>::iter_prefix((interval,)).count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::bare(), crate::mock::Test);
}
