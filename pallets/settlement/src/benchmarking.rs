//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{
	traits::{Calendar, Grid, Participants},
	Interval, ParticipantId, PointId, Wh,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Mutate, MutateHold},
		EnsureOrigin, Get,
	},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::Permill;

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
	/// filled, collateral that does not cover it, no more money, and a reading that differs; certificates move with it.
	fn delivered_interval(points: u32) -> Interval;
	/// Makes `wh` of import the first reading of every one of these points. Those with even numbers bought more than a
	/// thousandth of that, the others sold it.
	fn read(interval: Interval, points: u32, wh: Wh);
	/// Gives every one of these points a newer reading that differs again.
	fn revise(interval: Interval, points: u32);
	/// An account that is retailer everywhere, and its participant.
	fn retailer() -> (ParticipantId, AccountId);
	/// The account of the distribution system operator everywhere.
	fn dso() -> AccountId;
}

const RICH: u128 = 1_000_000_000_000_000;

fn fund<T: Config>(who: &T::AccountId) {
	fund_with::<T>(who, RICH);
}

fn fund_with<T: Config>(who: &T::AccountId, amount: u128) {
	T::Currency::mint_into(who, amount).expect("an account takes money");
	Issued::<T>::mutate(|issued| *issued += amount);
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

const LESS: Flexibility = Flexibility { reduction: Reduction::Load, wh: 1, price: 1, penalty: 1 };

fn owner<T: Config>(point: PointId) -> (ParticipantId, T::AccountId) {
	let owner = T::Grid::point(point).expect("the point exists").owner;
	(owner, T::Participants::account(owner).expect("an owner has an account"))
}

/// A delivered interval whose points have all that settlement may have to look at: a guarantor, an order of the grid
/// operator, retailers, and a fund that covers defaults.
fn delivered<T: Config>(n: u32) -> Interval {
	accounts::<T>();
	fund::<T>(&Pallet::<T>::fund_account());
	let interval = T::BenchmarkHelper::delivered_interval(n);
	let (retailer, account) = T::BenchmarkHelper::retailer();
	fund::<T>(&account);
	for point in 0..n {
		Pallet::<T>::guarantee(RawOrigin::Signed(account.clone()).into(), point, 1).expect("a retailer guarantees");
		Activations::<T>::insert(interval, point, LESS);
		let (_, owner) = owner::<T>(point);
		// One of them stays free.
		fund_with::<T>(&owner, 2);
		T::Currency::hold(&HoldReason::Flexibility.into(), &owner, 1).expect("it was given that");
		Charges::<T>::insert(interval, point, (owner, 1));
		let served = Served { retailer, from: interval, until: Some(interval) };
		Serving::<T>::insert(point, BoundedVec::truncate_from(alloc::vec![served; MAX_RETAILERS as usize]));
	}
	interval
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
		let interval = delivered::<T>(n);
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anyone", 0, 0)), interval, batch);

		assert_eq!(Pallet::<T>::to_draw(interval).len(), n as usize);
	}

	#[benchmark]
	fn draw(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(anyone, interval, batch);

		assert_eq!(Pallet::<T>::progress(interval).map(|progress| progress.stage), Some(Stage::Credits));
		Ok(())
	}

	#[benchmark]
	fn credit(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		// All delivered what was ordered, at a price that nobody can pay, so that each credit is scaled and pays a debt
		// first.
		T::BenchmarkHelper::read(interval, n, 900);
		for point in 0..n {
			let reduction = if point % 2 == 0 { Reduction::Load } else { Reduction::Generation };
			let order = Flexibility { reduction, wh: 1, price: 1_000 * RICH as i64, penalty: 0 };
			Activations::<T>::insert(interval, point, order);
			Debts::<T>::insert(owner::<T>(point).0, 1);
		}
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(anyone, interval, batch);

		assert!(Roots::<T>::contains_key(interval));
		assert!(Debts::<T>::iter_values().all(|debt| debt > 1), "only the grid operator owes something");
		Ok(())
	}

	#[benchmark]
	fn correct(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		Pallet::<T>::draw(anyone.clone().into(), interval, points::<T>(n))?;
		Pallet::<T>::credit(anyone.clone().into(), interval, points::<T>(n))?;
		// Everybody has a little money, deposit and guarantee left.
		let (_, retailer) = T::BenchmarkHelper::retailer();
		for point in 0..n {
			let (_, owner) = owner::<T>(point);
			fund_with::<T>(&owner, 2);
			Pallet::<T>::deposit(RawOrigin::Signed(owner).into(), point, 1)?;
			Pallet::<T>::guarantee(RawOrigin::Signed(retailer.clone()).into(), point, 1)?;
		}
		T::BenchmarkHelper::revise(interval, n);
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(anyone, interval, batch);

		assert_eq!(Pallet::<T>::progress(interval).map(|progress| progress.corrections), Some(n));
		Ok(())
	}

	#[benchmark]
	fn release() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		fund::<T>(&owner);
		let origin = RawOrigin::Signed(owner);
		Pallet::<T>::deposit(origin.clone().into(), point, 1)?;
		Pallet::<T>::withdraw(origin.clone().into(), point, Backing::Deposit, 1)?;
		let last = T::Calendar::first_unopened().saturating_sub(1);
		Roots::<T>::insert(last, StatementRoot { root: Default::default(), count: 0 });

		#[extrinsic_call]
		_(origin, point, Backing::Deposit);

		assert!(!Securities::<T>::contains_key(point, Backing::Deposit));
		Ok(())
	}

	#[benchmark]
	fn guarantee() {
		let (point, _) = T::BenchmarkHelper::point();
		let (_, account) = T::BenchmarkHelper::retailer();
		fund::<T>(&account);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), point, 1);

		assert!(Securities::<T>::contains_key(point, Backing::Guarantee));
	}

	#[benchmark]
	fn repay() {
		let (participant, account) = T::BenchmarkHelper::balancing();
		fund::<T>(&account);
		Debts::<T>::insert(participant, 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), participant, 1);

		assert!(!Debts::<T>::contains_key(participant));
	}

	#[benchmark]
	fn set_levy() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7);

		assert_eq!(Levies::<T>::get().0.last().map(|(_, levy)| *levy), Some(7));
		Ok(())
	}

	#[benchmark]
	fn set_sharing() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let sharing = Sharing { fund: Permill::from_percent(50), rent: Permill::from_percent(50) };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, sharing);

		assert_eq!(Sharings::<T>::get().0.last().map(|(_, sharing)| *sharing), Some(sharing));
		Ok(())
	}

	#[benchmark]
	fn offer_flexibility() {
		let (point, owner) = T::BenchmarkHelper::point();
		let interval = T::BenchmarkHelper::open_interval();
		fund::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), interval, point, Some(LESS));

		assert!(Offers::<T>::contains_key(interval, point));
	}

	#[benchmark]
	fn order_reduction() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let interval = T::BenchmarkHelper::open_interval();
		fund::<T>(&owner);
		let more = Flexibility { wh: 2, ..LESS };
		Pallet::<T>::offer_flexibility(RawOrigin::Signed(owner).into(), interval, point, Some(more))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(T::BenchmarkHelper::dso()), interval, point, LESS);

		assert!(Activations::<T>::contains_key(interval, point));
		Ok(())
	}

	#[benchmark]
	fn choose_retailer() -> Result<(), BenchmarkError> {
		let (point, owner) = T::BenchmarkHelper::point();
		let (retailer, account) = T::BenchmarkHelper::retailer();
		let owner = RawOrigin::Signed(owner);
		Pallet::<T>::choose_retailer(owner.clone().into(), point, Some(retailer))?;
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
		Pallet::<T>::choose_retailer(RawOrigin::Signed(owner).into(), point, Some(retailer))?;
		let over = Served { retailer, from: 0, until: Some(1) };
		Serving::<T>::insert(point, BoundedVec::truncate_from(alloc::vec![over; MAX_RETAILERS as usize]));
		Roots::<T>::insert(0, StatementRoot { root: Default::default(), count: 0 });

		#[extrinsic_call]
		_(RawOrigin::Signed(account), point);

		assert_eq!(Serving::<T>::get(point).last().map(|served| served.until), Some(None));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
