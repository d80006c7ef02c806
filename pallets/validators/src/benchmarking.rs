//! Benchmarks of the calls. The runtime's session keys are opaque here, so that adding is measured on a validator that the
//! set had and lost.

use super::*;
use busbar_primitives::{peers::PeerKey, traits::Participants, ParticipantId};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;

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

	/// A validator's participant, which has no nodes, in the largest set as its last one, while all places of others are taken.
	fn late_owner<T: Config>() -> Result<(T::AccountId, ParticipantId), BenchmarkError> {
		let validator = a_validator::<T>()?;
		Validators::<T>::mutate(|set| {
			let others = (1..T::MaxValidators::get()).map(|index| account("validator", index, 0));
			*set = BoundedVec::truncate_from(others.chain([validator.clone()]).collect());
		});
		for index in 0..T::MaxPeerOwners::get() {
			let mut id = [0xff; 16];
			id[..4].copy_from_slice(&index.to_le_bytes());
			Peers::<T>::insert(ParticipantId(id), BoundedVec::truncate_from(alloc::vec![PeerKey::repeat_byte(1)]));
		}
		let owner = T::Members::participant(&validator);
		let owner = owner.ok_or(BenchmarkError::Stop("the genesis' last validator is no participant's account"))?;
		Peers::<T>::remove(owner);
		Ok((validator, owner))
	}

	#[benchmark]
	fn register_peer() -> Result<(), BenchmarkError> {
		let (validator, owner) = late_owner::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(validator), owner, PeerKey::zero());

		assert_eq!(Peers::<T>::get(owner).into_inner(), [PeerKey::zero()]);
		Ok(())
	}

	#[benchmark]
	fn remove_peer() -> Result<(), BenchmarkError> {
		let (validator, owner) = late_owner::<T>()?;
		Peers::<T>::insert(owner, BoundedVec::truncate_from(alloc::vec![PeerKey::zero()]));

		#[extrinsic_call]
		_(RawOrigin::Signed(validator), owner, PeerKey::zero());

		assert!(!Peers::<T>::contains_key(owner));
		Ok(())
	}

	#[benchmark]
	fn evict_peers() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (_, owner) = late_owner::<T>()?;
		let peers = (0..T::MaxPeers::get()).map(|index| PeerKey::repeat_byte(index as u8));
		Peers::<T>::insert(owner, BoundedVec::truncate_from(peers.collect()));

		#[extrinsic_call]
		evict_peers(origin as T::RuntimeOrigin, owner);

		assert!(!Peers::<T>::contains_key(owner));
		Ok(())
	}
}
