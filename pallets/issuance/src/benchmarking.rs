//! Benchmarks of the calls.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// Accounts of two settlement agents that are different participants.
	fn agents() -> (AccountId, AccountId);
	/// The account of the participant with this number, which is registered.
	fn payee(number: u32) -> AccountId;
}

fn payments<T: Config>(n: u32) -> BoundedVec<(T::AccountId, u128), T::MaxPayments> {
	BoundedVec::truncate_from((0..n).map(|i| (T::BenchmarkHelper::payee(i), 1)).collect())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn propose(n: Linear<1, { T::MaxPayments::get() }>) {
		let (agent, _) = T::BenchmarkHelper::agents();
		let payments = payments::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(agent), Issue::Mint, payments);

		assert_eq!(Proposals::<T>::count(), 1);
	}

	#[benchmark]
	fn approve(n: Linear<1, { T::MaxPayments::get() }>) -> Result<(), BenchmarkError> {
		let (agent, other) = T::BenchmarkHelper::agents();
		Ceiling::<T>::put(u128::MAX);
		Pallet::<T>::propose(RawOrigin::Signed(agent).into(), Issue::Mint, payments::<T>(n))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(other), 0);

		assert_eq!(Proposals::<T>::count(), 0);
		Ok(())
	}

	#[benchmark]
	fn cancel() -> Result<(), BenchmarkError> {
		let (agent, _) = T::BenchmarkHelper::agents();
		let most = payments::<T>(T::MaxPayments::get());
		Pallet::<T>::propose(RawOrigin::Signed(agent.clone()).into(), Issue::Mint, most)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(agent), 0);

		assert_eq!(Proposals::<T>::count(), 0);
		Ok(())
	}

	#[benchmark]
	fn set_ceiling() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7);

		assert_eq!(Ceiling::<T>::get(), 7);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
