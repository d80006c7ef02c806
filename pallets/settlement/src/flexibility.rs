//! What members offer to leave, and what the grid operator orders left; and who answers for points that do not trade.

use crate::{
	Activations, Charges, Choices, Config, Error, Event, Flexibility, HoldReason, Offers, Pallet, Roots, Served,
	Serving,
};
use busbar_primitives::{
	in_force,
	traits::{Calendar, Grid, Participants},
	Balance, Interval, ParticipantId, Point, PointId, Right, Role,
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
		T::Currency::hold(&HoldReason::Flexibility.into(), &account, amount).map_err(|_| Error::<T>::BeyondCharge)?;
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
			T::Currency::release(&HoldReason::Flexibility.into(), account, *amount, Precision::Exact)?;
		}
		Ok(charge)
	}

	/// The point, if it is part of the interval and its delivery has not ended.
	fn point_to_order(interval: Interval, point: PointId) -> Result<Point, DispatchError> {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(details.is_in_force(interval), Error::<T>::UnknownPoint);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		ensure!(T::Calendar::now() < terms.delivery_end, Error::<T>::DeliveryEnded);
		ensure!(!Activations::<T>::contains_key(interval, point), Error::<T>::AlreadyOrdered);
		Ok(details)
	}

	pub(crate) fn do_offer(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		offer: Option<Flexibility>,
	) -> DispatchResult {
		let details = Self::point_to_order(interval, point)?;
		T::Participants::ensure_acts_for(who, details.owner, Right::Trade)?;
		if let Some(offer) = &offer {
			ensure!(offer.wh > 0, Error::<T>::ZeroAmount);
			ensure!(offer.price >= 0 && offer.penalty >= 0, Error::<T>::NegativePrice);
		}
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
		let details = Self::point_to_order(interval, point)?;
		T::Participants::ensure(who, Role::Dso, Some(details.zone))?;
		ensure!(order.wh > 0, Error::<T>::ZeroAmount);
		ensure!(order.price >= 0 && order.penalty >= 0, Error::<T>::NegativePrice);
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

	pub(crate) fn do_choose_retailer(
		who: &T::AccountId,
		point: PointId,
		retailer: Option<ParticipantId>,
	) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		T::Participants::ensure_acts_for(who, details.owner, Right::Operate)?;
		if let Some(retailer) = retailer {
			T::Participants::ensure_active(retailer)?;
		} else {
			Self::end_service(point);
		}
		Choices::<T>::set(point, retailer);
		Self::deposit_event(Event::RetailerChosen { point, retailer });
		Ok(())
	}

	/// From the first interval on whose session has not opened.
	pub(crate) fn do_serve(who: &T::AccountId, point: PointId) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let retailer = T::Participants::ensure(who, Role::Retailer, Some(details.zone))?;
		ensure!(Choices::<T>::get(point) == Some(retailer), Error::<T>::NotChosen);
		Self::end_service(point);
		let from = T::Calendar::first_unopened();
		Serving::<T>::try_mutate(point, |served| {
			if served.is_full() {
				let over = |served: &Served| {
					let last = served.until.unwrap_or(from).saturating_sub(1);
					Roots::<T>::contains_key(last) || served.until == Some(served.from)
				};
				ensure!(served.first().is_some_and(over), Error::<T>::TooManyRetailers);
				served.remove(0);
			}
			let service = Served { retailer, from, until: None };
			served.try_push(service).map_err(|_| Error::<T>::TooManyRetailers)
		})?;
		Choices::<T>::remove(point);
		Self::deposit_event(Event::RetailerServes { point, retailer, from });
		Ok(())
	}

	/// Intervals that are open stay the retailer's.
	fn end_service(point: PointId) {
		let until = T::Calendar::first_unopened();
		Serving::<T>::mutate_exists(point, |slot| {
			if let Some(service) = slot.as_mut().and_then(|served| served.last_mut()) {
				service.until = service.until.or(Some(until));
			}
		});
	}

	/// Who pays and is paid for a point: its owner, or in an interval in which it did not trade its retailer.
	pub(crate) fn payer(interval: Interval, point: PointId, details: &Point, traded: bool) -> ParticipantId {
		if traded {
			return details.owner;
		}
		let serves = |served: &&Served| in_force(served.from, served.until, interval);
		Serving::<T>::get(point).iter().find(serves).map_or(details.owner, |served| served.retailer)
	}
}
