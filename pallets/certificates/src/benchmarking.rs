//! Benchmarks of the calls.

use super::*;
use alloc::vec;
use busbar_primitives::{
	certificates::{Class, Source},
	traits::Calendar,
	ParticipantId, PointId, Wh,
};
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
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

/// Of an earlier period than what pays it, in a state in which that was another one.
fn owe<T: Config>(who: ParticipantId) {
	Debtors::<T>::insert((CLASS.source, CLASS.zone), who, CLASS.period.saturating_add(1));
	Owed::<T>::insert(Class { period: CLASS.period.saturating_add(1), ..CLASS }, who, 1);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Another source, with as many earlier ones as are remembered.
	#[benchmark]
	fn certify() {
		let (regulator, point) = T::BenchmarkHelper::regulator();
		let over = Certified { source: Source::Wind, from: 0, until: Some(1) };
		Earlier::<T>::insert(point, BoundedVec::truncate_from(vec![over; MAX_EARLIER as usize]));
		Sources::<T>::insert(point, over);
		T::BenchmarkHelper::open(T::Period::get().saturating_mul(3));

		#[extrinsic_call]
		_(RawOrigin::Signed(regulator), point, Some(Source::Solar));

		assert_eq!(Sources::<T>::get(point).map(|certified| certified.source), Some(Source::Solar));
	}

	/// Of one who owes to one who does, so that every key is touched.
	#[benchmark]
	fn transfer() {
		let [(holder, account), (to, _)] = T::BenchmarkHelper::members();
		hold::<T>(holder, 11);
		owe::<T>(holder);
		owe::<T>(to);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), holder, CLASS, to, 9);

		assert_eq!((Holdings::<T>::get(CLASS, holder), Holdings::<T>::get(CLASS, to)), (Some(1), Some(8)));
	}

	#[benchmark]
	fn retire() {
		let [(holder, account), _] = T::BenchmarkHelper::members();
		hold::<T>(holder, 11);
		owe::<T>(holder);

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
		let old = T::Lifetime::get().saturating_add(2).saturating_mul(T::Period::get());
		T::BenchmarkHelper::open(old);
		assert!(T::Calendar::first_unopened() >= old);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), CLASS, holder);

		assert!(!Supplies::<T>::contains_key(CLASS));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
