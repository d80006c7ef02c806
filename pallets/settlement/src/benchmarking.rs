//! Benchmarks of the calls.

use super::*;
use busbar_primitives::{
	metering::{Standing, LIKE_READINGS},
	traits::{Calendar, Debts, Grid, Meters, Readings, Securities},
	Flexibility, Interval, ParticipantId, Party, PointId, Reduction, Wh,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::Permill;

/// Builds the states of the other pallets that the benchmarks start from.
pub trait BenchmarkHelper<AccountId> {
	/// A balance-responsible party and its account.
	fn balancing() -> (ParticipantId, AccountId);
	/// An interval whose gate is open.
	fn open_interval() -> Interval;
	/// An interval after delivery, whose connection points are those numbered below `points`. Each has all that settlement
	/// may have to look at: an order that was filled (unless it is a single one) with collateral that does not cover it, 1
	/// nEUR of deposit, of guarantee and of free money, an order of the grid operator with what is held for its charge, the
	/// most retailers that it may remember, a reading that differs from its position, and certificates that move with it.
	fn delivered_interval(points: u32) -> Interval;
	/// What the grid operator ordered at a point, in place of what it ordered before.
	fn order(interval: Interval, point: PointId, order: Flexibility);
	/// Makes `wh` of import the first reading of every one of these points. Those with even numbers bought more than a
	/// thousandth of that, the others sold it.
	fn read(interval: Interval, points: u32, wh: Wh);
	/// Gives every one of these points a newer reading that differs again, and 1 nEUR more of deposit, of guarantee, of margin
	/// and of free money, and lets the run be due that settles it.
	fn revise(interval: Interval, points: u32);
	/// Who owns a point.
	fn owner(point: PointId) -> ParticipantId;
	/// An interval of which none of these points has a reading. Of each of the days on which like readings are looked for one was
	/// replaced, and only on the last four it counted before.
	fn silent_interval(points: u32) -> Interval;
}

const RICH: u128 = 1_000_000_000_000_000;

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::mint_into(who, RICH).expect("an account takes money");
}

fn accounts<T: Config>() {
	let (balancing, account) = T::BenchmarkHelper::balancing();
	fund::<T>(&account);
	SystemAccounts::<T>::put(Schedule::new(Some(Accounts { grid: account.clone(), rent: account, balancing })));
}

fn points<T: Config>(n: u32) -> BoundedVec<PointId, T::MaxPoints> {
	BoundedVec::truncate_from((0..n).collect())
}

/// A delivered interval, and a fund that covers defaults.
fn delivered<T: Config>(n: u32) -> Interval {
	accounts::<T>();
	fund::<T>(&T::Securities::fund());
	T::BenchmarkHelper::delivered_interval(n)
}

#[benchmarks]
mod benchmarks {
	use super::*;

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
	fn debit(n: Linear<1, { T::MaxPoints::get() }>) {
		let interval = delivered::<T>(n);
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anyone", 0, 0)), interval, batch);

		assert_eq!(Pallet::<T>::to_draw(interval, 0, u32::MAX).len(), n as usize);
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

	// From two points on: a single one has nobody to trade with, and so nothing to be paid for.
	#[benchmark]
	fn credit(n: Linear<2, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		// All delivered what was ordered, at a price that nobody can pay, so that each credit is scaled and pays a debt
		// first.
		T::BenchmarkHelper::read(interval, n, 900);
		for point in 0..n {
			let reduction = if point % 2 == 0 { Reduction::Load } else { Reduction::Generation };
			let order = Flexibility { reduction, wh: 1, price: 1_000 * RICH as i64, penalty: 0 };
			T::BenchmarkHelper::order(interval, point, order);
			T::Securities::owe(T::BenchmarkHelper::owner(point), 1);
		}
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		let batch = points::<T>(n);

		#[extrinsic_call]
		_(anyone, interval, batch);

		assert!(Roots::<T>::contains_key(interval));
		let owes = |point| T::Securities::owed(T::BenchmarkHelper::owner(point)) > 0;
		assert!(!(0..n).any(owes), "only the grid operator owes something");
		Ok(())
	}

	#[benchmark]
	fn debit_changed(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		Pallet::<T>::draw(anyone.clone().into(), interval, points::<T>(n))?;
		Pallet::<T>::credit(anyone.clone().into(), interval, points::<T>(n))?;
		T::BenchmarkHelper::revise(interval, n);
		let batch = points::<T>(n);

		#[extrinsic_call]
		debit(anyone, interval, batch);

		let progress = Pallet::<T>::progress(interval).expect("the run has begun");
		assert_eq!((progress.run, progress.debits_done), (2, n));
		Ok(())
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
	fn set_tolerance() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let tolerance = Permill::from_percent(5);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, tolerance);

		assert_eq!(Tolerances::<T>::get().0.last().map(|(_, tolerance)| *tolerance), Some(tolerance));
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
	fn void() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let interval = delivered::<T>(2);
		Pallet::<T>::debit(RawOrigin::Signed(account("anyone", 0, 0)).into(), interval, points::<T>(1))?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, interval);

		assert!(Unwinding::<T>::contains_key(interval));
		Ok(())
	}

	// Everything of it was collected: of accounts, of securities, of the fund.
	#[benchmark]
	fn unwind(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		Pallet::<T>::draw(anyone.into(), interval, points::<T>(n))?;
		Pallet::<T>::void(origin, interval)?;

		#[block]
		{
			Pallet::<T>::unwind(interval, 0, n)?;
		}

		assert!(!Intervals::<T>::contains_key(interval));
		Ok(())
	}

	/// What stands in for the readings of silent points.
	#[benchmark]
	fn like(n: Linear<1, { T::MaxPoints::get() }>) {
		let interval = T::BenchmarkHelper::silent_interval(n);
		// What stands now stood at any later time.
		let (mut found, later) = (0, T::Calendar::now().saturating_add(1));
		#[block]
		{
			for point in 0..n {
				let Some(details) = T::Grid::point(point) else { continue };
				let silent = Standing::Silent { declared: false };
				let basis = T::Readings::basis(point, &details, interval, silent, true, later);
				let metered = T::Readings::metered_from(point).is_some_and(|from| from <= interval);
				found += u32::from(metered && basis.candidates().len() == LIKE_READINGS as usize);
			}
		}
		assert_eq!(found, n);
	}

	/// An interval of one point whose owner could not pay, all of it repaid. Everybody bore a part.
	#[benchmark]
	fn allot() -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(1);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(1))?;
		Pallet::<T>::draw(anyone.clone().into(), interval, points::<T>(1))?;
		Pallet::<T>::credit(anyone.into(), interval, points::<T>(1))?;
		let (debtor, (balancing, _)) = (T::BenchmarkHelper::owner(0), T::BenchmarkHelper::balancing());
		T::Securities::balancing_earned(interval, balancing, 1);
		let mut loss = Loss { fund: 1, secured: 1, own: 1, ..Loss::default() };
		loss.runs[0].contracts = borne::Scaled { credits: 1, lost: 1, recovered: 0 };
		Losses::<T>::insert(interval, loss);
		T::Securities::owe(balancing, 1);
		T::Securities::recovered(debtor, T::Securities::owed(debtor));
		fund::<T>(&T::Securities::repaid());

		#[block]
		{
			Pallet::<T>::allot(debtor)?;
		}

		assert!(!Defaults::<T>::contains_key(interval, debtor));
		Ok(())
	}

	/// Each bore a part of credits of both kinds, and owes something itself.
	#[benchmark]
	fn recover(n: Linear<1, { T::MaxPoints::get() }>) -> Result<(), BenchmarkError> {
		let interval = delivered::<T>(n);
		let anyone = RawOrigin::Signed(account("anyone", 0, 0));
		Pallet::<T>::debit(anyone.clone().into(), interval, points::<T>(n))?;
		let all = borne::Scaled { credits: n.into(), lost: n.into(), recovered: n.into() };
		let mut loss = Loss::default();
		(loss.runs[0].contracts, loss.runs[0].imbalances) = (all, all);
		Losses::<T>::insert(interval, loss);
		for point in 0..n {
			let share = Share { contracts: 1, imbalances: 1, paid: 0 };
			Shares::<T>::insert((interval, FIRST_RUN), Party::Point(point), share);
			T::Securities::owe(T::BenchmarkHelper::owner(point), 1);
		}
		fund::<T>(&T::Securities::repaid());
		let parties = BoundedVec::truncate_from((0..n).map(Party::Point).collect());

		#[extrinsic_call]
		_(anyone, interval, FIRST_RUN, parties);

		assert_eq!(Losses::<T>::get(interval).runs[0].waiting(), 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
