//! Benchmarks of the calls and hooks.

use crate::{pallet::*, types::Level, Parameters, PriceKey};
use alloc::vec::Vec;
use busbar_primitives::{traits::Calendar, Interval, Moment, PointId, Price, Product, Side, Step, ZoneId};
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
fn open<T: Config>(zones: u32) -> Interval {
	T::BenchmarkHelper::grid(zones);
	T::BenchmarkHelper::set_time(parameters::<T>().epoch);
	Pallet::<T>::open_and_close(&mut WeightMeter::new());
	Pallet::<T>::clock().next_gate.expect("sessions are open; qed")
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

fn assert_order<T: Config>(interval: Interval, point: PointId, stands: bool) {
	assert_eq!(Orders::<T>::contains_key(interval, point), stands);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn place(s: Linear<1, { T::MaxSteps::get() }>) {
		let interval = open::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), interval, point, Product::Energy, curve::<T>(s));

		assert_order::<T>(interval, point, true);
	}

	#[benchmark]
	fn replace(
		o: Linear<1, { T::MaxSteps::get() }>,
		n: Linear<1, { T::MaxSteps::get() }>,
	) -> Result<(), BenchmarkError> {
		let interval = open::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), interval, point, Product::Energy, curve::<T>(o))?;

		#[extrinsic_call]
		_(origin, interval, point, Product::Energy, curve::<T>(n));

		assert_order::<T>(interval, point, true);
		Ok(())
	}

	#[benchmark]
	fn cancel(s: Linear<1, { T::MaxSteps::get() }>) -> Result<(), BenchmarkError> {
		let interval = open::<T>(1);
		let (account, point) = T::BenchmarkHelper::point(0);
		let origin = RawOrigin::Signed(account);
		Pallet::<T>::place(origin.clone().into(), interval, point, Product::Energy, curve::<T>(s))?;

		#[extrinsic_call]
		_(origin, interval, point);

		assert_order::<T>(interval, point, false);
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
		open::<T>(1);

		#[block]
		{
			Pallet::<T>::open_and_close(&mut WeightMeter::new());
		}
	}

	#[benchmark]
	fn open_session() {
		let interval = open::<T>(1);
		let next = NextToOpen::<T>::get();
		T::BenchmarkHelper::set_time(Pallet::<T>::terms(interval).map_or(0, |terms| terms.delivery_start));

		#[block]
		{
			Pallet::<T>::open_and_close(&mut WeightMeter::new());
		}

		assert!(NextToOpen::<T>::get() > next);
	}

	/// Levels spread over all zones, each with energy to buy and to sell, so that they meet all along the curve.
	#[benchmark]
	fn close(z: Linear<1, { T::MaxZones::get() }>, l: Linear<0, { T::MaxLevels::get() }>) {
		let interval = open::<T>(z);
		let Parameters { tick, price_floor, .. } = parameters::<T>();
		for i in 0..l {
			let price = price_floor.saturating_add(Price::from(tick).saturating_mul((i / z).into()));
			let level = Level { buy: 3, sell: 2, buy_arrivals: 1, sell_arrivals: 1 };
			Levels::<T>::insert((interval, i % z, PriceKey::from(price)), level);
		}
		T::BenchmarkHelper::set_time(Pallet::<T>::terms(interval).map_or(0, |terms| terms.gate_closure));

		#[block]
		{
			// The record counts no levels, so that the share of the block does not bound what is measured.
			Pallet::<T>::open_and_close(&mut WeightMeter::new());
		}

		assert!(Pallet::<T>::record(interval).is_some_and(|record| record.outcome.is_some()));
	}

	#[benchmark]
	fn prune(k: Linear<0, { T::MaxPrunePerBlock::get() }>) {
		let interval = open::<T>(1);
		for zone in 0..k {
			Levels::<T>::insert((interval, zone, PriceKey::from(0)), Level::default());
		}

		#[block]
		{
			<Pallet<T> as busbar_primitives::traits::Prune>::prune(interval, k);
		}

		assert_eq!(Levels::<T>::iter_prefix((interval,)).count(), 0);
	}
	impl_benchmark_test_suite!(Pallet, crate::mock::bare(), crate::mock::Test);
}
