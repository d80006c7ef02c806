//! Moving money into the settlement account.

use crate::{Config, Error, Pallet};
use busbar_primitives::{Amount, Balance};
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	tokens::{Fortitude, Preservation},
	Get,
};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchError,
};

impl<T: Config> Pallet<T> {
	/// The account that holds money between debits and credits.
	pub fn account_id() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Free money of an account that settlement can take, in nEUR.
	pub(crate) fn free(who: &T::AccountId) -> Balance {
		T::Currency::reducible_balance(who, Preservation::Expendable, Fortitude::Polite)
	}

	/// Moves up to `amount` nEUR of free money to the settlement account and returns how much it was.
	pub(crate) fn take_free(who: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		if amount.is_zero() {
			return Ok(0);
		}
		let taken = Self::free(who).min(amount);
		if !taken.is_zero() {
			T::Currency::transfer(who, &Self::account_id(), taken, Preservation::Expendable)?;
		}
		Ok(taken)
	}

	/// An amount as a line counts it.
	pub(crate) fn amount(amount: Balance) -> Result<Amount, DispatchError> {
		Amount::try_from(amount).map_err(|_| Error::<T>::Overflow.into())
	}
}
