//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{
	certificates::{Class, Source},
	traits::Calendar,
	ParticipantId, PointId, Wh,
};
use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// An account that is regulator everywhere, and a connection point as far from the root as can be.
	fn regulator() -> (AccountId, PointId);
	/// Two members with their accounts.
	fn members() -> [(ParticipantId, AccountId); 2];
	/// Lets so many intervals have opened.
	fn open(intervals: u32);
}

const CLASS: Class = Class { source: Source::Solar, zone: 0, period: 0 };

fn hold<T: Config>(who: ParticipantId, wh: Wh) {
	Holdings::<T>::insert(CLASS, who, wh);
	Supplies::<T>::mutate(CLASS, |supply| supply.get_or_insert_default().issued += wh);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn certify() {
		let (regulator, point) = T::BenchmarkHelper::regulator();

		#[extrinsic_call]
		_(RawOrigin::Signed(regulator), point, Some(Source::Solar));

		assert!(Sources::<T>::contains_key(point));
	}

	/// To one who owes, so that every key is touched.
	#[benchmark]
	fn transfer() {
		let [(holder, account), (to, _)] = T::BenchmarkHelper::members();
		hold::<T>(holder, 10);
		Owed::<T>::insert(CLASS, to, 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), holder, CLASS, to, 9);

		assert_eq!(Holdings::<T>::get(CLASS, to), Some(8));
	}

	#[benchmark]
	fn retire() {
		let [(holder, account), _] = T::BenchmarkHelper::members();
		hold::<T>(holder, 10);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), holder, CLASS, 9);

		assert_eq!(Retirements::<T>::get(CLASS, holder), Some(9));
	}

	#[benchmark]
	fn forget() {
		let [(holder, account), _] = T::BenchmarkHelper::members();
		hold::<T>(holder, 10);
		Retirements::<T>::insert(CLASS, holder, 1);
		Supplies::<T>::insert(CLASS, Supply { issued: 11, retired: 1 });
		Owed::<T>::insert(CLASS, holder, 1);
		let old = T::Lifetime::get().saturating_add(2).saturating_mul(T::Period::get());
		T::BenchmarkHelper::open(old);
		assert!(T::Calendar::first_unopened() >= old);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), CLASS, holder);

		assert!(!Supplies::<T>::contains_key(CLASS));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
