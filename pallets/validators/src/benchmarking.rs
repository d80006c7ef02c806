//! Benchmarks of the calls. The runtime's session keys are opaque here, so that adding is measured on a validator that the
//! set had and lost.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};

#[benchmarks]
mod benchmarks {
	use super::*;

	fn a_validator<T: Config>() -> Result<T::AccountId, BenchmarkError> {
		let set = Validators::<T>::get();
		set.last().cloned().ok_or(BenchmarkError::Stop("the genesis set is empty"))
	}

	#[benchmark]
	fn add() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let validator = a_validator::<T>()?;
		Validators::<T>::mutate(|set| set.retain(|other| *other != validator));
		AdmittedAt::<T>::remove(&validator);

		#[extrinsic_call]
		add(origin as T::RuntimeOrigin, validator.clone());

		assert!(Validators::<T>::get().contains(&validator));
		Ok(())
	}

	#[benchmark]
	fn remove() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		// The last of as many as there may be: all of them are looked at, and enough are left.
		Validators::<T>::mutate(|set| {
			let others = (0..T::MaxValidators::get()).map(|index| account("validator", index, 0));
			*set = BoundedVec::truncate_from(others.collect());
		});
		let validator = a_validator::<T>()?;

		#[extrinsic_call]
		remove(origin as T::RuntimeOrigin, validator.clone());

		assert!(!Validators::<T>::get().contains(&validator));
		Ok(())
	}
}
