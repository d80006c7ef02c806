//! What is stored survives a new `STORAGE_VERSION`.

use crate::{
	migrations::v2::{after, before, IssuedSoFar, Migration},
	mock::*,
	Pallet,
};
use frame_support::{
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::Weight,
};

type DbWeight = <Test as frame_system::Config>::DbWeight;

/// The state of a chain that runs version 1 of the pallet.
fn of_version_1(test: impl FnOnce()) {
	empty().execute_with(|| {
		StorageVersion::new(1).put::<Pallet<Test>>();
		before::Issued::<Test>::put(7 * EUR);
		test();
	});
}

#[test]
fn what_was_issued_before_counts_as_minted() {
	of_version_1(|| {
		let weight = Migration::<Test>::on_runtime_upgrade();
		assert_eq!(after::Issued::<Test>::get(), IssuedSoFar::from(7 * EUR));
		assert_eq!(after::Issued::<Test>::get().net(), 7 * EUR);
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), 2);
		// The item, and the pallet's version.
		assert_eq!(weight, DbWeight::get().reads_writes(2, 2));
		assert!(weight.all_gte(Weight::from_parts(1, 0)));
	});
}

#[test]
fn a_migration_runs_once() {
	of_version_1(|| {
		Migration::<Test>::on_runtime_upgrade();
		let spent = after::Issued::<Test>::get().checked_sub(EUR).unwrap();
		after::Issued::<Test>::put(spent);
		let weight = Migration::<Test>::on_runtime_upgrade();
		assert_eq!(after::Issued::<Test>::get(), spent);
		assert_eq!(weight, DbWeight::get().reads(1));
	});
}

#[test]
fn no_more_is_burned_than_was_minted() {
	let issued = IssuedSoFar::from(5);
	assert_eq!(issued.checked_sub(2).map(IssuedSoFar::net), Some(3));
	assert_eq!(issued.checked_sub(6), None);
	assert_eq!(issued.checked_add(u128::MAX), None);
}
