//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{Interval, ParticipantId, PointId};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// Accounts of two settlement agents that are different participants.
	fn agents() -> (AccountId, AccountId);
	/// A balance-responsible party and its account.
	fn balancing() -> (ParticipantId, AccountId);
	/// A connection point and the account of its owner.
	fn point() -> (PointId, AccountId);
	/// An interval whose gate is open.
	fn open_interval() -> Interval;
	/// An interval after delivery, whose connection points are those numbered below `points`, each with an order that was
	/// filled, collateral that does not cover it, and a reading that differs.
	fn delivered_interval(points: u32) -> Interval;
}

const RICH: u128 = 1_000_000_000_000_000;

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::mint_into(who, RICH).expect("an account takes money");
	Issued::<T>::mutate(|issued| *issued += RICH);
}

fn accounts<T: Config>() {
	let (balancing, account) = T::BenchmarkHelper::balancing();
	fund::<T>(&account);
	SystemAccounts::<T>::put(Accounts { grid: account.clone(), rent: account, balancing });
}

fn payments<T: Config>(n: u32) -> BoundedVec<(T::AccountId, u128), T::MaxPayments> {
	BoundedVec::truncate_from((0..n).map(|i| (account("payee", i, 0), 1)).collect())
}

fn points<T: Config>(n: u32) -> BoundedVec<PointId, T::MaxPoints> {
	BoundedVec::truncate_from((0..n).collect())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn propose_issue(n: Linear<1, { T::MaxPayments::get() }>) {
		let (agent, _) = T::BenchmarkHelper::agents();
		let payments = payments::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(agent), Issue::Mint, payments);

		assert_eq!(Proposals::<T>::count(), 1);
	}

	#[benchmark]
	fn approve_issue(n: Linear<1, { T::MaxPayments::get() }>) -> Result<(), BenchmarkError> {
		let (agent, other) = T::BenchmarkHelper::agents();
		Ceiling::<T>::put(u128::MAX);
		Pallet::<T>::propose_issue(RawOrigin::Signed(agent).into(), Issue::Mint, payments::<T>(n))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(other), 0);

		assert_eq!(Proposals::<T>::count(), 0);
		Ok(())
	}

	#[benchmark]
	fn cancel_issue() -> Result<(), BenchmarkError> {
		let (agent, _) = T::BenchmarkHelper::agents();
		let most = payments::<T>(T::MaxPayments::get());
		Pallet::<T>::propose_issue(RawOrigin::Signed(agent.clone()).into(), Issue::Mint, most)?;

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

	#[benchmark]
	fn set_accounts() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (balancing, account) = T::BenchmarkHelper::balancing();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, account.clone(), account, balancing);

		assert!(SystemAccounts::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn set_ladder() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7, 6);

		assert_eq!(Ladders::<T>::get().0.last().map(|(_, prices)| prices.short), Some(7));
		Ok(())
	}

	#[benchmark]
	fn post_prices() {
		accounts::<T>();
		let (_, account) = T::BenchmarkHelper::balancing();
		let interval = T::BenchmarkHelper::open_interval();

		#[extrinsic_call]
		_(RawOrigin::Signed(account), interval, 1, 1);

		assert!(Posted::<T>::contains_key(interval));
	}

	#[benchmark]
	fn deposit() {
		let (point, owner) = T::BenchmarkHelper::point();
		fund::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), point, 1);

		assert!(Securities::<T>::contains_key(point, Backing::Deposit));
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		fund::<T>(&owner);
		Pallet::<T>::deposit(RawOrigin::Signed(owner.clone()).into(), point, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), point, Backing::Deposit, 1);

		assert!(Securities::<T>::get(point, Backing::Deposit).is_some_and(|security| security.leaving.is_some()));
		Ok(())
	}

	#[benchmark]
	fn debit(n: Linear<1, { T::MaxPoints::get() }>) {
		accounts::<T>();
		let interval = T::BenchmarkHelper::delivered_interval(n);
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anyone", 0, 0)), interval, batch);

		assert_eq!(Pallet::<T>::progress(interval).map(|progress| progress.stage), Some(Stage::Credits));
	}

	#[benchmark]
	fn credit(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		accounts::<T>();
		let interval = T::BenchmarkHelper::delivered_interval(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(anyone, interval, batch);

		assert!(Roots::<T>::contains_key(interval));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
