//! Benchmarks of the calls.

use super::*;
use alloc::vec::Vec;
use busbar_merkle::MAX_PROOF;
use busbar_primitives::{Interval, Quality};
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
use frame_system::RawOrigin;
use sp_core::H256;

type Helper<T> = <T as Config>::BenchmarkHelper;

fn reading(point: u32, interval: Interval) -> Reading {
	Reading { point, interval, import: 1, export: 2, import_varh: 3, export_varh: 4, quality: Quality::Measured }
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_meter() {
		Helper::<T>::add_points(1);
		let (who, _) = Helper::<T>::operator();
		#[extrinsic_call]
		_(RawOrigin::Signed(who), 0, [1; 32]);
		assert!(Meters::<T>::contains_key(0));
	}

	#[benchmark]
	fn attest() {
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, H256::zero(), 1, 57, H256::zero());
		assert!(Datasets::<T>::contains_key(interval, operator));
	}

	/// `n` readings in a dataset of no others, with the shortest proofs that there are.
	#[benchmark]
	fn prove(n: Linear<1, { T::MaxReadings::get() }>) -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(n);
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		let leaves: Vec<_> = (0..n).map(|point| leaf(&[7; 16], &reading(point, interval))).collect();
		let mut items = Vec::new();
		for point in 0..n {
			Pallet::<T>::do_register_meter(who.clone(), point, [1; 32])?;
			let proof = busbar_merkle::proof(&leaves, point).ok_or(BenchmarkError::Stop("the leaf exists"))?;
			let proof = proof.try_into().map_err(|_| BenchmarkError::Stop("proofs fit"))?;
			items.push(ProvenReading { reading: reading(point, interval), salt: [7; 16], index: point, proof });
		}
		Pallet::<T>::do_attest(who.clone(), interval, busbar_merkle::root(&leaves), n, 0, H256::zero())?;
		let items: BoundedVec<_, T::MaxReadings> =
			items.try_into().map_err(|_| BenchmarkError::Stop("as many readings as fit"))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, operator, items);
		assert_eq!(Readings::<T>::iter_prefix(interval).count(), n as usize);
		Ok(())
	}

	/// A proof of `h` hashes.
	#[benchmark]
	fn hash(h: Linear<0, { MAX_PROOF.saturating_sub(1) }>) {
		let path = alloc::vec![H256::zero(); h as usize];
		let proven;
		#[block]
		{
			proven = busbar_merkle::verify(H256::zero(), 1 << h, 0, H256::zero(), &path);
		}
		assert!(!proven);
	}
}
