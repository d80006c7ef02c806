//! The traits that other pallets use.

use crate::{Backing, Claims, Config, Debts, Error, Pallet};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{self, Traders},
	Balance, Interval, ParticipantId, Point, PointId, SignedWh, Terms,
};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// Asked of the trading record, not of [`Debts`]: so an order touches no key of its owner but that one.
impl<T: Config> traits::Solvency for Pallet<T> {
	fn ensure_solvent(participant: ParticipantId) -> DispatchResult {
		ensure!(!T::Traders::is_in_debt(participant), Error::<T>::InDebt);
		Ok(())
	}

	fn ensure_secured(point: PointId, details: &Point, terms: &Terms) -> DispatchResult {
		Self::ensure_point_secured(point, details, terms)
	}
}

impl<T: Config> traits::Debts<T::AccountId> for Pallet<T> {
	fn fund() -> T::AccountId {
		Self::fund_account()
	}

	fn repaid() -> T::AccountId {
		Self::repaid_account()
	}

	fn owed(participant: ParticipantId) -> Balance {
		Debts::<T>::get(participant).unwrap_or(0)
	}
}

impl<T: Config> traits::Securities<T::AccountId> for Pallet<T> {
	fn draw(
		interval: Interval,
		point: PointId,
		payer: ParticipantId,
		amount: Balance,
		to: &T::AccountId,
	) -> Result<Vec<(T::AccountId, Balance)>, DispatchError> {
		let (mut missing, mut drawn) = (amount, Vec::new());
		for backing in [Backing::Deposit, Backing::Guarantee] {
			if !missing.is_zero() {
				if let Some((account, taken)) = Self::draw_on(interval, point, payer, backing, missing, to)? {
					missing = missing.saturating_sub(taken);
					drawn.push((account, taken));
				}
			}
		}
		Ok(drawn)
	}

	fn unclaim(debtor: ParticipantId, guarantor: ParticipantId, amount: Balance) -> Balance {
		let claimed = Claims::<T>::get(debtor, guarantor).unwrap_or(0).min(amount);
		Self::reduce_claim(debtor, guarantor, claimed);
		amount.saturating_sub(claimed)
	}

	fn draw_balancing(
		interval: Interval,
		party: ParticipantId,
		amount: Balance,
		to: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		Self::draw_on_balancing(interval, party, amount, to)
	}

	fn repost_balancing(party: ParticipantId, amount: Balance, from: &T::AccountId) -> Result<Balance, DispatchError> {
		Self::give_back_to_balancing(party, amount, from)
	}

	fn balancing_earned(interval: Interval, party: ParticipantId, amount: Balance) {
		Self::count_earned(interval, party, amount);
	}

	fn consumed(interval: Interval, point: PointId, details: &Point, terms: &Terms, by_owner: bool, wh: SignedWh) {
		Self::count_consumption(interval, point, details, terms, by_owner, wh);
	}

	fn owe(participant: ParticipantId, amount: Balance) {
		Self::add_debt(participant, amount);
	}

	fn recovered(participant: ParticipantId, amount: Balance) {
		Self::reduce_debt(participant, amount);
	}
}
