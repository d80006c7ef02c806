//! Version 2: what was minted and what was burned, apart. Whatever had been issued before counts as minted.

use crate::{Config, Pallet};
use busbar_primitives::{stored, Balance};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	pallet_prelude::ValueQuery,
	storage_alias,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};

#[cfg(feature = "try-runtime")]
use {
	codec::{Decode, Encode},
	frame_support::{ensure, traits::fungible::Inspect},
	sp_runtime::TryRuntimeError,
};

/// What was minted, with the genesis issuance, and what was burned, in nEUR; never more than was minted.
#[stored(Copy)]
#[derive(Default)]
pub struct IssuedSoFar {
	minted: Balance,
	burned: Balance,
}

impl IssuedSoFar {
	/// Minted less burned.
	pub fn net(self) -> Balance {
		self.minted.saturating_sub(self.burned)
	}

	/// With more minted; `None` beyond the range of the type.
	pub fn checked_add(self, minted: Balance) -> Option<Self> {
		Some(Self { minted: self.minted.checked_add(minted)?, ..self })
	}

	/// With more burned; `None` if that would be more than there is.
	pub fn checked_sub(self, burned: Balance) -> Option<Self> {
		let burned = self.burned.checked_add(burned)?;
		(burned <= self.minted).then_some(Self { burned, ..self })
	}
}

impl From<Balance> for IssuedSoFar {
	fn from(minted: Balance) -> Self {
		Self { minted, burned: 0 }
	}
}

/// The item as version 1 reads it.
pub mod before {
	use super::*;

	#[storage_alias]
	pub type Issued<T: Config> = StorageValue<Pallet<T>, Balance, ValueQuery>;
}

/// The item as version 2 reads it.
pub mod after {
	use super::*;

	#[storage_alias]
	pub type Issued<T: Config> = StorageValue<Pallet<T>, IssuedSoFar, ValueQuery>;
}

/// Migrates from version 1, once.
pub type Migration<T> = VersionedMigration<1, 2, Split<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// The migration itself, whatever the version; [`Migration`] is what a runtime lists.
pub struct Split<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for Split<T> {
	fn on_runtime_upgrade() -> Weight {
		after::Issued::<T>::put(IssuedSoFar::from(before::Issued::<T>::get()));
		T::DbWeight::get().reads_writes(1, 1)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<alloc::vec::Vec<u8>, TryRuntimeError> {
		let issued = before::Issued::<T>::get();
		ensure!(issued == T::Currency::total_issuance(), "what was issued is not the issuance");
		Ok(issued.encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: alloc::vec::Vec<u8>) -> Result<(), TryRuntimeError> {
		let before = Balance::decode(&mut &state[..]).map_err(|_| "what was issued cannot be read")?;
		let after = after::Issued::<T>::get();
		ensure!(after.net() == before, "the migration changed what was issued");
		ensure!(after.burned == 0, "something is burned that was never");
		Ok(())
	}
}
