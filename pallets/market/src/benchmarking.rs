//! Benchmarks of the calls and hooks.

use crate::{
	pallet::*,
	types::{GateKey, Level, Record, Session, SessionId},
	Parameters, PriceKey,
};
use alloc::vec::Vec;
use busbar_primitives::{Moment, PointId, Price, Side, Step, ZoneId, MAX_PRODUCTS};
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
	Sessions::<T>::mutate_extant(id.0, id.1, |session| session.levels = levels);
	T::BenchmarkHelper::set_time(gate::<T>().closure());
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

	/// Taking a gate up and leaving it to the next block.
	#[benchmark]
	fn begin() {
		let id = session::<T>(1);
		close::<T>(id, 1, 0);

		#[block]
		{
			let key = gate::<T>();
			let _ = records::<T>(key.session());
			Pallet::<T>::park(Pallet::<T>::resume(key.session()));
		}

		assert!(ClosingGate::<T>::exists());
	}

	#[benchmark]
	fn load_zones(z: Linear<1, { T::MaxZones::get() }>) {
		let id = session::<T>(z);
		close::<T>(id, z, 0);
		let mut closing = Pallet::<T>::resume(id);

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
		let mut closing = Pallet::<T>::resume(id);

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
		let (record, session) = records::<T>(id);
		let mut closing = Pallet::<T>::resume(id);
		Pallet::<T>::load_zones(&mut closing, &mut WeightMeter::new());
		Pallet::<T>::load_levels(&mut closing, &session, &mut WeightMeter::new());
		Pallet::<T>::park(closing);
		let (key, closing) = (gate::<T>(), Pallet::<T>::resume(id));

		#[block]
		{
			Pallet::<T>::decide(key, record, session, closing, None);
		}

		assert!(records::<T>(id).1.outcome.is_some_and(|outcome| outcome.cleared));
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
