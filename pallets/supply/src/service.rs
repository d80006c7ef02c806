//! Who is chosen, and who serves.

use crate::{Choices, Config, Error, Event, Pallet, Served, Serving};
use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Settled},
	ParticipantId, PointId, Right, Role,
};
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_choose(who: &T::AccountId, point: PointId, retailer: Option<ParticipantId>) -> DispatchResult {
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
					T::Settlement::is_settled(last) || served.until == Some(served.from)
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
}
