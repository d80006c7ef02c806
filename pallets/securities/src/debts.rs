//! What participants owe after defaults, and to those who stood in for them, and pay back.
//!
//! What they repay of defaults lies on an account of its own until settlement allots it to who bore the loss.

use crate::{Claims, Config, Debts, Error, Event, Pallet};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{OnTrader, Participants},
	Balance, ParticipantId,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Get,
	},
	PalletId,
};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchResult,
};

/// Most guarantors that one repayment pays.
const CLAIMS_PAID: u32 = 4;

impl<T: Config> Pallet<T> {
	/// The mutual fund's account.
	pub fn fund_account() -> T::AccountId {
		T::FundId::get().into_account_truncating()
	}

	/// The account where what is repaid lies until it is allotted to who bore the loss.
	pub fn repaid_account() -> T::AccountId {
		let [_, _, _, _, own @ ..] = T::FundId::get().0;
		let [first, second, third, fourth] = *b"paid";
		let [fifth, sixth, seventh, eighth] = own;
		PalletId([first, second, third, fourth, fifth, sixth, seventh, eighth]).into_account_truncating()
	}

	/// Counts `amount` nEUR more that a participant owes.
	pub(crate) fn add_debt(participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let before = Debts::<T>::get(participant);
		let owed = before.unwrap_or(0).saturating_add(amount);
		Debts::<T>::insert(participant, owed);
		if before.is_none() {
			T::Traders::debt_changed(participant, true);
		}
		Self::deposit_event(Event::Owed { participant, amount, owed });
	}

	/// Counts `amount` nEUR that were repaid, or are not owed any more, against a participant's debt.
	pub(crate) fn reduce_debt(participant: ParticipantId, amount: Balance) {
		if amount.is_zero() {
			return;
		}
		let owed = Debts::<T>::get(participant).unwrap_or(0).saturating_sub(amount);
		if owed.is_zero() {
			Debts::<T>::remove(participant);
			T::Traders::debt_changed(participant, false);
		} else {
			Debts::<T>::insert(participant, owed);
		}
		Self::deposit_event(Event::Recovered { participant, amount, owed });
	}

	/// Counts `amount` nEUR that a guarantor paid in a participant's place.
	pub(crate) fn add_claim(debtor: ParticipantId, guarantor: ParticipantId, amount: Balance) {
		if amount.is_zero() || debtor == guarantor {
			return;
		}
		let claim = Claims::<T>::get(debtor, guarantor).unwrap_or(0).saturating_add(amount);
		Claims::<T>::insert(debtor, guarantor, claim);
		Self::deposit_event(Event::Claimed { debtor, guarantor, amount, claim });
	}

	/// Takes `amount` nEUR off a guarantor's claim, and returns what is left of that.
	pub(crate) fn reduce_claim(debtor: ParticipantId, guarantor: ParticipantId, amount: Balance) -> Balance {
		let claim = Claims::<T>::get(debtor, guarantor).unwrap_or(0).saturating_sub(amount);
		Claims::<T>::set(debtor, guarantor, Some(claim).filter(|claim| !claim.is_zero()));
		claim
	}

	/// Whoever bore a default did so later than the guarantors, so it is repaid before them.
	pub(crate) fn do_repay(who: &T::AccountId, participant: ParticipantId, amount: Balance) -> DispatchResult {
		let owed = Debts::<T>::get(participant).unwrap_or(0);
		let most = usize::try_from(CLAIMS_PAID).unwrap_or(usize::MAX);
		let claims: Vec<_> = Claims::<T>::iter_prefix(participant).take(most).collect();
		ensure!(!owed.is_zero() || !claims.is_empty(), Error::<T>::NoDebt);
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let all = claims.iter().fold(owed, |sum, (_, claim)| sum.saturating_add(*claim));
		let mut left = amount.min(all);
		let free = T::Currency::reducible_balance(who, Preservation::Expendable, Fortitude::Polite);
		ensure!(free >= left, Error::<T>::BeyondFreeMoney);
		let paid = left.min(owed);
		if !paid.is_zero() {
			T::Currency::transfer(who, &Self::repaid_account(), paid, Preservation::Expendable)?;
			Self::reduce_debt(participant, paid);
			left = left.saturating_sub(paid);
		}
		for (guarantor, claim) in claims {
			let amount = left.min(claim);
			let Some(account) = T::Participants::account(guarantor).filter(|_| !amount.is_zero()) else { continue };
			if account != *who {
				T::Currency::transfer(who, &account, amount, Preservation::Expendable)?;
			}
			left = left.saturating_sub(amount);
			let claim = Self::reduce_claim(participant, guarantor, amount);
			Self::deposit_event(Event::ClaimPaid { debtor: participant, guarantor, amount, claim });
		}
		Ok(())
	}
}
