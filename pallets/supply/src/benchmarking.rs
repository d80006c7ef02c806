//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{traits::Grid, Interval, ParticipantId, PointId};
use frame_benchmarking::v2::*;
use frame_support::{traits::EnsureOrigin, BoundedVec};
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// A connection point as far from the root as can be, and an account that acts for its owner.
	fn point() -> (PointId, AccountId);
	/// An account that is retailer everywhere, whose role is found at the root, and its participant.
	fn retailer() -> (ParticipantId, AccountId);
	/// Lets an interval be settled.
	fn settle(interval: Interval);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn choose() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let (retailer, account) = T::BenchmarkHelper::retailer();
		let owner = RawOrigin::Signed(owner);
		Pallet::<T>::choose(owner.clone().into(), point, Some(retailer))?;
		Pallet::<T>::serve(RawOrigin::Signed(account).into(), point)?;

		#[extrinsic_call]
		_(owner, point, None);

		assert!(Serving::<T>::get(point).last().is_some_and(|served| served.until.is_some()));
		Ok(())
	}

	#[benchmark]
	fn serve() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let (retailer, account) = T::BenchmarkHelper::retailer();
		Pallet::<T>::choose(RawOrigin::Signed(owner).into(), point, Some(retailer))?;
		let over = Served { retailer, from: 0, until: Some(1) };
		Serving::<T>::insert(point, BoundedVec::truncate_from(alloc::vec![over; MAX_RETAILERS as usize]));
		T::BenchmarkHelper::settle(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), point);

		assert_eq!(Serving::<T>::get(point).last().map(|served| served.until), Some(None));
		Ok(())
	}

	#[benchmark]
	fn resign() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (point, _) = T::BenchmarkHelper::point();
		let (retailer, account) = T::BenchmarkHelper::retailer();
		let owner = T::Grid::point(point).map(|point| point.owner).ok_or(BenchmarkError::Weightless)?;
		Pallet::<T>::set_last_resort(origin, Some(owner), 7)?;
		let over = Served { retailer, from: 0, until: Some(1) };
		let mut served = alloc::vec![over; MAX_RETAILERS as usize];
		served.truncate(MAX_RETAILERS as usize - 1);
		served.push(Served { retailer, from: 1, until: None });
		Serving::<T>::insert(point, BoundedVec::truncate_from(served));
		T::BenchmarkHelper::settle(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), point);

		assert_eq!(Serving::<T>::get(point).last().map(|served| served.retailer), Some(owner));
		Ok(())
	}

	#[benchmark]
	fn set_last_resort() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (retailer, _) = T::BenchmarkHelper::retailer();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, Some(retailer), 7);

		assert_eq!(ResortValue::<T>::get().notice, 7);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
