//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{Flexibility, Interval, PointId, Reduction};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::MutateHold;
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// A connection point as far from the root as can be, and an account that acts for its owner, who has money.
	fn point() -> (PointId, AccountId);
	/// An interval whose delivery has not ended.
	fn open_interval() -> Interval;
	/// The account of the distribution system operator everywhere, whose role is found at the root, and who has money.
	fn dso() -> AccountId;
}

const LESS: Flexibility = Flexibility { reduction: Reduction::Load, wh: 1, price: 1, penalty: 1 };

#[benchmarks]
mod benchmarks {
	use super::*;

	/// In place of an earlier offer, for whose charge money is held.
	#[benchmark]
	fn offer() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let interval = T::BenchmarkHelper::open_interval();
		let more = Flexibility { wh: 2, ..LESS };
		Pallet::<T>::offer(RawOrigin::Signed(owner.clone()).into(), interval, point, Some(more))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), interval, point, Some(LESS));

		assert_eq!(Offers::<T>::get(interval, point), Some(LESS));
		Ok(())
	}

	/// In place of an offer with a charge, and of an order that takes less, for which money is held.
	#[benchmark]
	fn order_reduction() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let interval = T::BenchmarkHelper::open_interval();
		let more = Flexibility { wh: 2, ..LESS };
		Pallet::<T>::offer(RawOrigin::Signed(owner).into(), interval, point, Some(more))?;
		let dso = T::BenchmarkHelper::dso();
		T::Currency::hold(&HoldReason::Order.into(), &dso, 1)?;
		Funds::<T>::insert(interval, point, (dso.clone(), 1));
		Activations::<T>::insert(interval, point, LESS);

		#[extrinsic_call]
		_(RawOrigin::Signed(dso), interval, point, more);

		assert_eq!(Activations::<T>::get(interval, point), Some(more));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
