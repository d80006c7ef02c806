//! What plants feed in.

use crate::{Certified, Config, Error, Event, Pallet, Sources};
use busbar_primitives::{
	certificates::{Class, Source},
	in_force,
	traits::{Calendar, Grid, Participants},
	Interval, Point, PointId, Role,
};
use frame_support::traits::Get;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_certify(who: &T::AccountId, point: PointId, source: Option<Source>) -> DispatchResult {
		let zone = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.zone;
		T::Participants::ensure(who, Role::Regulator, Some(zone))?;
		let from = T::Calendar::first_unopened();
		match source {
			Some(source) => Sources::<T>::insert(point, Certified { source, from, until: None }),
			None => {
				let mut certified = Sources::<T>::get(point).ok_or(Error::<T>::NotCertified)?;
				certified.until = certified.until.or(Some(from));
				Sources::<T>::insert(point, certified);
			},
		}
		Self::deposit_event(Event::Certified { point, source, from });
		Ok(())
	}

	/// The class of what a point feeds in, if it is certified in the interval.
	pub(crate) fn class_of(interval: Interval, point: PointId, details: &Point) -> Option<Class> {
		let Certified { source, from, until } = Sources::<T>::get(point)?;
		let period = interval.checked_div(T::Period::get())?;
		in_force(from, until, interval).then_some(Class { source, zone: details.zone, period })
	}
}
