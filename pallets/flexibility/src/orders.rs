//! What members offer to leave, what the grid operator orders left, and what is held for charges.

use crate::{Activations, Charges, Config, Error, Event, HoldReason, Offers, Pallet};
use busbar_primitives::{
	traits::{Calendar, Grid, Participants},
	Balance, Flexibility, Interval, ParticipantId, Point, PointId, PointKind, Right, Role, Terms,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What is paid if nothing of an order is delivered, in nEUR. `None` beyond the type's range.
fn charge(order: &Flexibility) -> Option<Balance> {
	Balance::from(order.penalty.max(0).unsigned_abs()).checked_mul(order.wh.into())
}

impl<T: Config> Pallet<T> {
	/// Holds `amount` nEUR for a charge, in place of what is held for it.
	fn hold_charge(interval: Interval, point: PointId, owner: ParticipantId, amount: Balance) -> DispatchResult {
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

	/// The point, if it is part of the interval and its delivery has not ended, and the interval's terms.
	fn point_to_order(interval: Interval, point: PointId) -> Result<(Point, Terms), DispatchError> {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(details.is_in_force(interval), Error::<T>::UnknownPoint);
		// What flows there is everybody's, not its owner's to leave.
		ensure!(details.kind == PointKind::Metered, Error::<T>::IsCoupling);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		ensure!(T::Calendar::now() < terms.delivery_end, Error::<T>::DeliveryEnded);
		ensure!(!Activations::<T>::contains_key(interval, point), Error::<T>::AlreadyOrdered);
		Ok((details, terms))
	}

	/// No energy is dearer than the dearest of the interval: a price beyond it moves money, not energy. Whoever ordered at such
	/// a price and did not pay would let the mutual fund pay it.
	fn ensure_sound(flexibility: &Flexibility, terms: &Terms) -> DispatchResult {
		ensure!(flexibility.wh > 0, Error::<T>::ZeroEnergy);
		ensure!(flexibility.price >= 0 && flexibility.penalty >= 0, Error::<T>::NegativePrice);
		let most = terms.price_cap.max(terms.posted.short_max);
		ensure!(flexibility.price <= most && flexibility.penalty <= most, Error::<T>::BeyondPrices);
		Ok(())
	}

	pub(crate) fn do_offer(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		offer: Option<Flexibility>,
	) -> DispatchResult {
		let (details, terms) = Self::point_to_order(interval, point)?;
		T::Participants::ensure_acts_for(who, details.owner, Right::Trade)?;
		offer.as_ref().map_or(Ok(()), |offer| Self::ensure_sound(offer, &terms))?;
		let most = offer.map_or(Some(0), |offer| charge(&offer)).ok_or(Error::<T>::Overflow)?;
		Self::hold_charge(interval, point, details.owner, most)?;
		Offers::<T>::set(interval, point, offer);
		Self::deposit_event(Event::FlexibilityOffered { interval, point, offer });
		Ok(())
	}

	/// With a charge for non-delivery only as the member offered it: such a charge needs consent.
	pub(crate) fn do_order(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		order: Flexibility,
	) -> DispatchResult {
		let (details, terms) = Self::point_to_order(interval, point)?;
		T::Participants::ensure(who, Role::Dso, Some(details.zone))?;
		Self::ensure_sound(&order, &terms)?;
		let offered = |offer: Flexibility| {
			let terms = (order.reduction, order.price, order.penalty);
			(offer.reduction, offer.price, offer.penalty) == terms && order.wh <= offer.wh
		};
		ensure!(order.penalty == 0 || Offers::<T>::get(interval, point).is_some_and(offered), Error::<T>::NotOffered);
		// No more than what was held for the offer.
		let most = charge(&order).ok_or(Error::<T>::Overflow)?;
		Self::hold_charge(interval, point, details.owner, most)?;
		Offers::<T>::remove(interval, point);
		Activations::<T>::insert(interval, point, order);
		Self::deposit_event(Event::ReductionOrdered { interval, point, order });
		Ok(())
	}
}
