//! What members offer to leave, and what the grid operator orders left; and who answers for points that do not trade.

use crate::{Activations, Choices, Config, Error, Event, Flexibility, Offers, Pallet, Roots, Served, Serving};
use busbar_primitives::{
	in_force,
	traits::{Calendar, Grid, Participants},
	Interval, ParticipantId, Point, PointId, Right, Role,
};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// The point, while the interval's delivery has not ended.
	fn point_to_order(interval: Interval, point: PointId) -> Result<Point, DispatchError> {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
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
