//! Benchmarks of the calls.

use super::*;
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Traders},
	Balance, Interval, ParticipantId, PointId, Role,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, Get},
	BoundedVec,
};
use frame_system::RawOrigin;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// A member and its account.
	fn member() -> (ParticipantId, AccountId);
	/// As many connection points of different owners who have money, and one account that moves the funds of all of them.
	fn points(count: u32) -> (Vec<PointId>, AccountId);
	/// The account of a retailer everywhere.
	fn retailer() -> AccountId;
	/// The account of a balance-responsible party, with money.
	fn balancing() -> AccountId;
	/// Lets an interval, and all before it, be final.
	fn finish(interval: Interval);
}

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::mint_into(who, 1_000_000).expect("an account takes money");
}

/// Connection points of whose consumption as much is known as can be, and an account that moves their owners' funds.
fn points<T: Config>(count: u32) -> (Vec<PointId>, T::AccountId) {
	let (points, who) = T::BenchmarkHelper::points(count);
	for point in &points {
		Consumptions::<T>::insert(point, Consumption { guarantee: 0, ..Consumption::longest() });
	}
	(points, who)
}

/// One connection point and the account that moves its owner's funds.
fn point<T: Config>() -> (PointId, T::AccountId) {
	let (points, who) = points::<T>(1);
	(points[0], who)
}

/// The owner of a connection point, and the account that moves its funds.
fn delegated<T: Config>() -> (ParticipantId, T::AccountId) {
	let (point, delegate) = point::<T>();
	(T::Grid::point(point).expect("it was just added").owner, delegate)
}

fn free<T: Config>(participant: ParticipantId) -> Balance {
	T::Traders::margin(participant).map_or(0, |(_, margin)| margin.free())
}

/// A balance-responsible party that has posted 1 nEUR and earned on as many days as are kept, and its account.
fn balancing<T: Config>() -> Result<(ParticipantId, T::AccountId), BenchmarkError> {
	let who = T::BenchmarkHelper::balancing();
	fund::<T>(&who);
	Pallet::<T>::deposit_balancing(RawOrigin::Signed(who.clone()).into(), 1)?;
	let participant = T::Participants::participant(&who).ok_or(BenchmarkError::Stop("it is a participant"))?;
	Balancing::<T>::mutate_extant(participant, |security| (0..EARNING_DAYS).for_each(|day| security.earn(day, 0)));
	Ok((participant, who))
}

/// Lets another guarantee each of these points, whose owners chose a retailer, which is returned.
fn replaceable<T: Config>(retailer: &T::AccountId, points: &[PointId]) -> Result<ParticipantId, BenchmarkError> {
	let chosen = T::Participants::ensure_anywhere(retailer, Role::Retailer)?;
	let (other, _) = T::BenchmarkHelper::member();
	fund::<T>(&T::Participants::account(other).ok_or(BenchmarkError::Stop("it has an account"))?);
	for point in points {
		Pallet::<T>::post(other, *point, Backing::Guarantee, 1)?;
		Guarantors::<T>::insert(point, chosen);
	}
	Ok(chosen)
}

fn one_each<T: Config>(points: Vec<PointId>) -> BoundedVec<(PointId, Balance), T::MaxPoints> {
	BoundedVec::truncate_from(points.into_iter().map(|point| (point, 1)).collect())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn deposit() {
		let (point, who) = point::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), point, 1);

		assert!(Secured::<T>::contains_key(point, Backing::Deposit));
	}

	#[benchmark]
	fn deposit_many(n: Linear<1, { T::MaxPoints::get() }>) {
		let (points, who) = points::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), one_each::<T>(points));

		assert_eq!(Secured::<T>::iter().count(), n as usize);
	}

	/// In the place of another guarantor.
	#[benchmark]
	fn guarantee() -> Result<(), BenchmarkError> {
		let (point, _) = point::<T>();
		let retailer = T::BenchmarkHelper::retailer();
		fund::<T>(&retailer);
		let by = replaceable::<T>(&retailer, &[point])?;

		#[extrinsic_call]
		_(RawOrigin::Signed(retailer), point, 1);

		assert!(Secured::<T>::get(point, Backing::Guarantee).is_some_and(|security| security.by == by));
		Ok(())
	}

	#[benchmark]
	fn guarantee_many(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let (points, _) = points::<T>(n);
		let retailer = T::BenchmarkHelper::retailer();
		fund::<T>(&retailer);
		replaceable::<T>(&retailer, &points)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(retailer), one_each::<T>(points));

		assert_eq!(Secured::<T>::iter().count(), n as usize);
		Ok(())
	}

	#[benchmark]
	fn choose_guarantor() -> Result<(), BenchmarkError> {
		let (point, who) = point::<T>();
		let retailer = T::BenchmarkHelper::retailer();
		let chosen = T::Participants::ensure_anywhere(&retailer, Role::Retailer)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who), point, Some(chosen));

		assert_eq!(Guarantors::<T>::get(point), Some(chosen));
		Ok(())
	}

	#[benchmark]
	fn give_notice() -> Result<(), BenchmarkError> {
		let (point, who) = point::<T>();
		Pallet::<T>::deposit(RawOrigin::Signed(who.clone()).into(), point, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who), point, Backing::Deposit, 1);

		assert!(Secured::<T>::get(point, Backing::Deposit).is_some_and(|security| security.leaving.is_some()));
		Ok(())
	}

	#[benchmark]
	fn release() -> Result<(), BenchmarkError> {
		let (point, who) = point::<T>();
		let origin = RawOrigin::Signed(who);
		Pallet::<T>::deposit(origin.clone().into(), point, 1)?;
		Pallet::<T>::give_notice(origin.clone().into(), point, Backing::Deposit, 1)?;
		T::BenchmarkHelper::finish(T::Calendar::first_unopened().saturating_sub(1));

		#[extrinsic_call]
		_(origin, point, Backing::Deposit);

		assert!(!Secured::<T>::contains_key(point, Backing::Deposit));
		Ok(())
	}

	#[benchmark]
	fn repay() {
		let (participant, account) = T::BenchmarkHelper::member();
		fund::<T>(&account);
		Pallet::<T>::add_debt(participant, 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), participant, 1);

		assert!(!Debts::<T>::contains_key(participant));
	}

	/// By a delegate, which costs more than the participant's own hand.
	#[benchmark]
	fn margin_in() {
		let (participant, delegate) = delegated::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(delegate), participant, 1);

		assert_eq!(free::<T>(participant), 1);
	}

	#[benchmark]
	fn margin_out() -> Result<(), BenchmarkError> {
		let (participant, delegate) = delegated::<T>();
		Pallet::<T>::margin_in(RawOrigin::Signed(delegate.clone()).into(), participant, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(delegate), participant, 1);

		assert_eq!(free::<T>(participant), 0);
		Ok(())
	}

	#[benchmark]
	fn deposit_balancing() {
		let who = T::BenchmarkHelper::balancing();
		fund::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), 1);

		assert_eq!(Balancing::<T>::iter_values().map(|security| security.amount).sum::<Balance>(), 1);
	}

	#[benchmark]
	fn give_notice_balancing() -> Result<(), BenchmarkError> {
		let (participant, who) = balancing::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who), participant, 1);

		assert!(Balancing::<T>::get(participant).is_some_and(|security| security.leaving.is_some()));
		Ok(())
	}

	#[benchmark]
	fn release_balancing() -> Result<(), BenchmarkError> {
		let (participant, who) = balancing::<T>()?;
		let origin = RawOrigin::Signed(who);
		Pallet::<T>::give_notice_balancing(origin.clone().into(), participant, 1)?;
		T::BenchmarkHelper::finish(T::Calendar::first_unopened().saturating_sub(1));

		#[extrinsic_call]
		_(origin, participant);

		assert!(Balancing::<T>::get(participant).is_some_and(|security| security.amount == 0));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
