//! Benchmarks of the calls, in the state that costs most.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::Saturating;

fn session(interval: u32) -> Subject {
	Subject::Session { interval, product: 0 }
}

/// As many pauses as there may be, less `room`.
fn fill_pauses<T: Config>(room: u32) {
	let from = frame_system::Pallet::<T>::block_number();
	let blocks: BlockNumberFor<T> = T::MaxPause::get().into();
	let until = from.saturating_add(blocks);
	let count = T::MaxPauses::get().saturating_sub(room);
	let pauses =
		(0..count).map(|number| Pause { subject: session(number), from, until, again: until.saturating_add(blocks) });
	Pauses::<T>::put(BoundedVec::truncate_from(pauses.collect()));
}

/// A full committee.
fn fill_committee<T: Config>() -> BoundedVec<T::AccountId, T::MaxSeats> {
	let seats = (0..T::MaxSeats::get()).map(|number| account("seat", number, 0));
	let seats = BoundedVec::truncate_from(seats.collect());
	Committee::<T>::put(&seats);
	seats
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn announce_upgrade() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		announce_upgrade(origin as T::RuntimeOrigin, T::Hash::default());

		assert!(Announced::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn veto_upgrade() -> Result<(), BenchmarkError> {
		let origin = T::VetoOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		Announced::<T>::put(Upgrade { code_hash: T::Hash::default(), from: 0u32.into() });

		#[extrinsic_call]
		veto_upgrade(origin as T::RuntimeOrigin, T::Hash::default());

		assert!(!Announced::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn enact_upgrade() {
		Announced::<T>::put(Upgrade { code_hash: T::Hash::default(), from: 0u32.into() });

		#[extrinsic_call]
		enact_upgrade(RawOrigin::Signed(whitelisted_caller()));

		assert!(frame_system::Pallet::<T>::authorized_upgrade().is_some());
	}

	#[benchmark]
	fn authorize_upgrade() -> Result<(), BenchmarkError> {
		let origin = T::UrgentOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		authorize_upgrade(origin as T::RuntimeOrigin, T::Hash::default());

		assert!(frame_system::Pallet::<T>::authorized_upgrade().is_some());
		Ok(())
	}

	#[benchmark]
	fn set_committee() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let seats = fill_committee::<T>();
		Committee::<T>::kill();

		#[extrinsic_call]
		set_committee(origin as T::RuntimeOrigin, seats.clone());

		assert_eq!(Committee::<T>::get(), seats);
		Ok(())
	}

	/// The last word that is needed, with all other pauses there may be.
	#[benchmark]
	fn act() {
		fill_pauses::<T>(1);
		let seats = fill_committee::<T>();
		let action = Action::Pause { subject: Subject::Class(Class::Payments), blocks: T::MaxPause::get() };
		let at = frame_system::Pallet::<T>::block_number();
		let words = seats.iter().skip(1).map(|seat| Word { seat: seat.clone(), action, at });
		Words::<T>::put(BoundedVec::truncate_from(words.collect()));

		#[extrinsic_call]
		act(RawOrigin::Signed(account("seat", 0, 0)), action);

		assert!(Pallet::<T>::paused().contains(&Subject::Class(Class::Payments)));
	}

	#[benchmark]
	fn resume() -> Result<(), BenchmarkError> {
		let origin = T::ResumeOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		fill_pauses::<T>(0);
		let last = session(T::MaxPauses::get().saturating_sub(1));

		#[extrinsic_call]
		resume(origin as T::RuntimeOrigin, last);

		assert!(!Pallet::<T>::paused().contains(&last));
		Ok(())
	}
}
