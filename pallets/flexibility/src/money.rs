//! What is held: a member's money for the charge of what it offers, an operator's for what its orders may cost.

use crate::{Charges, Config, Error, Funds, HoldReason, Pallet};
use busbar_primitives::{
	energy,
	traits::{Calendar, Participants, Positions},
	Balance, Flexibility, Interval, ParticipantId, Point, PointId, Price, Reduction, Terms, Wh,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
	},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What is paid if nothing of an order is delivered, in nEUR. `None` beyond the type's range.
fn charge(order: &Flexibility) -> Option<Balance> {
	Balance::from(order.penalty.max(0).unsigned_abs()).checked_mul(order.wh.into())
}

/// The most that `wh` of an order can cost, in nEUR. Of load: its price, what the member paid for the energy, and what the
/// balance-responsible party loses on energy that is left. Of generation: its price, what that party lacks, and what a member
/// that sold below zero gets back for what it still fed in. `None` beyond the type's range.
fn cost(order: &Flexibility, wh: Wh, terms: &Terms) -> Option<Balance> {
	let above_zero = |price: Price| Balance::from(price.max(0).unsigned_abs());
	let below_zero = |price: Price| Balance::from(price.min(0).unsigned_abs());
	let energy = match order.reduction {
		Reduction::Load => above_zero(terms.price_cap).checked_add(below_zero(terms.posted.long_min)),
		Reduction::Generation => above_zero(terms.posted.short_max).checked_add(below_zero(terms.price_floor)),
	};
	above_zero(order.price).checked_add(energy?)?.checked_mul(wh.into())
}

impl<T: Config> Pallet<T> {
	/// Holds what the charge of an offer or order comes to, in place of what is held there.
	pub(crate) fn hold_charge(
		interval: Interval,
		point: PointId,
		owner: ParticipantId,
		order: Option<&Flexibility>,
	) -> DispatchResult {
		let amount = order.map_or(Some(0), charge).ok_or(Error::<T>::Overflow)?;
		Self::release_charge(interval, point)?;
		if amount.is_zero() {
			return Ok(());
		}
		let account = T::Participants::account(owner).ok_or(Error::<T>::UnknownParticipant)?;
		T::Currency::hold(&HoldReason::Charge.into(), &account, amount).map_err(|_| Error::<T>::BeyondCharge)?;
		Charges::<T>::insert(interval, point, (account, amount));
		Ok(())
	}

	/// Releases what is held for a charge, and says whose and how much it was.
	pub(crate) fn release_charge(
		interval: Interval,
		point: PointId,
	) -> Result<Option<(T::AccountId, Balance)>, DispatchError> {
		let charge = Charges::<T>::take(interval, point);
		if let Some((account, amount)) = &charge {
			T::Currency::release(&HoldReason::Charge.into(), account, *amount, Precision::Exact)?;
		}
		Ok(charge)
	}

	/// Holds the most that an order can cost on its operator's account, in place of what is held there. An order without a
	/// charge stands whatever the account has, because safety may need it: then all that is free is held. One with a charge is
	/// a bargain, which both sides can pay.
	pub(crate) fn hold_funds(
		(interval, point): (Interval, PointId),
		operator: ParticipantId,
		details: &Point,
		terms: &Terms,
		order: &Flexibility,
	) -> DispatchResult {
		Self::do_release_funds(interval, point)?;
		let rating = match order.reduction {
			Reduction::Load => details.import_w,
			Reduction::Generation => details.export_w,
		};
		// Once all sessions have ended nothing is contracted any more; before, no more than the point can carry.
		let most = match T::Positions::outcome(interval) {
			Some(_) => Self::contracted(interval, point, order.reduction),
			None => energy(rating, T::Calendar::interval_s()),
		};
		let most = cost(order, order.wh.min(most), terms).ok_or(Error::<T>::Overflow)?;
		let account = T::Participants::account(operator);
		let free =
			|account: &T::AccountId| T::Currency::reducible_balance(account, Preservation::Protect, Fortitude::Polite);
		let amount = account.as_ref().map_or(0, free).min(most);
		ensure!(amount == most || order.penalty.is_zero(), Error::<T>::BeyondFunds);
		let Some(account) = account.filter(|_| !amount.is_zero()) else { return Ok(()) };
		T::Currency::hold(&HoldReason::Order.into(), &account, amount)?;
		Funds::<T>::insert(interval, point, (account, amount));
		Ok(())
	}

	/// Releases what is held for an order.
	pub(crate) fn do_release_funds(interval: Interval, point: PointId) -> DispatchResult {
		if let Some((account, amount)) = Funds::<T>::take(interval, point) {
			T::Currency::release(&HoldReason::Order.into(), &account, amount, Precision::Exact)?;
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{open_terms, DEAREST};

	#[test]
	fn an_orders_most_is_its_price_and_what_its_energy_can_cost() {
		let order = |reduction, price| Flexibility { reduction, wh: 1, price, penalty: 0 };
		let each = |reduction, price| cost(&order(reduction, price), 10, &open_terms());
		// 500,000 at most for what was bought; what is left may cost 100,000.
		assert_eq!(each(Reduction::Load, 30_000), Some(6_300_000));
		// 400,000 at most for what is missing; what was sold may have cost 500,000.
		assert_eq!(each(Reduction::Generation, 30_000), Some(9_300_000));
		let most = cost(&order(Reduction::Load, DEAREST), u64::MAX, &open_terms());
		assert_eq!(most, Some(1_100_000 * Balance::from(u64::MAX)));
	}
}
