//! Who is chosen, who serves, and who resigns.

use crate::{Choices, Config, Error, Event, Pallet, ResortValue, Served, Serving, MAX_RETAILERS};
use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Settled},
	Interval, ParticipantId, PointId, Right, Role,
};
use frame_support::{ensure, traits::ConstU32, BoundedVec};
use sp_runtime::DispatchResult;

/// The retailers of a point, the latest last.
type Retailers = BoundedVec<Served, ConstU32<MAX_RETAILERS>>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_choose(who: &T::AccountId, point: PointId, retailer: Option<ParticipantId>) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		T::Participants::ensure_acts_for(who, details.owner, Right::Operate)?;
		if let Some(retailer) = retailer {
			T::Participants::ensure_active(retailer)?;
		} else {
			Serving::<T>::mutate_exists(point, |slot| {
				if let Some(served) = slot {
					Self::end_service(served, T::Calendar::first_unopened());
				}
			});
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
		let from = T::Calendar::first_unopened();
		Serving::<T>::try_mutate(point, |served| {
			Self::end_service(served, from);
			Self::add_service(served, retailer, from, from)
		})?;
		Choices::<T>::remove(point);
		Self::deposit_event(Event::RetailerServes { point, retailer, from });
		Ok(())
	}

	/// The supplier of last resort serves from the end of the notice on, without having been chosen.
	pub(crate) fn do_resign(who: &T::AccountId, point: PointId) -> DispatchResult {
		let mut served = Serving::<T>::get(point);
		let service = served.last_mut().filter(|service| service.until.is_none()).ok_or(Error::<T>::NotServing)?;
		let retailer = service.retailer;
		T::Participants::ensure_acts_for(who, retailer, Right::Operate)?;
		let (resort, next) = (ResortValue::<T>::get(), T::Calendar::first_unopened());
		ensure!(resort.supplier != Some(retailer), Error::<T>::IsLastResort);
		// A service that has not begun yet ends when it would have begun, if that is later.
		let until = next.saturating_add(resort.notice).max(service.from);
		service.until = Some(until);
		Self::deposit_event(Event::RetailerResigned { point, retailer, until });
		if let Some(supplier) = resort.supplier {
			Self::add_service(&mut served, supplier, until, next)?;
			Self::deposit_event(Event::RetailerServes { point, retailer: supplier, from: until });
		}
		Serving::<T>::insert(point, served);
		Ok(())
	}

	/// Adds a service from an interval on, in the place of the oldest one if there are as many as are remembered and that is
	/// over.
	fn add_service(
		served: &mut Retailers,
		retailer: ParticipantId,
		from: Interval,
		next: Interval,
	) -> Result<(), Error<T>> {
		if served.is_full() {
			let over = |served: &Served| {
				let last = served.until.unwrap_or(next).saturating_sub(1);
				T::Settlement::is_settled(last) || served.until == Some(served.from)
			};
			ensure!(served.first().is_some_and(over), Error::<T>::TooManyRetailers);
			served.remove(0);
		}
		served.try_push(Served { retailer, from, until: None }).map_err(|_| Error::<T>::TooManyRetailers)
	}

	/// Intervals that are open stay the retailer's. Who would have served only later does not.
	fn end_service(served: &mut Retailers, until: Interval) {
		served.retain(|service| service.from <= until);
		if let Some(service) = served.last_mut() {
			service.until = Some(service.until.map_or(until, |end| end.min(until)));
		}
	}
}
