//! What plants feed in.

use crate::{Certified, Config, Earlier, Error, Event, Pallet, Sources};
use busbar_primitives::{
	certificates::{Class, Source},
	in_force,
	traits::{Calendar, Grid, Participants},
	Interval, Point, PointId, Role,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

/// Periods for which a certification that is over is remembered. An interval is final long before.
const REMEMBERED: u32 = 2;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_certify(who: &T::AccountId, point: PointId, source: Option<Source>) -> DispatchResult {
		let zone = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.zone;
		T::Participants::ensure(who, Role::Regulator, Some(zone))?;
		let next = T::Calendar::first_unopened();
		let current = Sources::<T>::get(point);
		let certified = match source {
			Some(source) => Self::certified(point, current, source, next)?,
			None => {
				let current = current.ok_or(Error::<T>::NotCertified)?;
				Certified { until: current.until.or(Some(next)), ..current }
			},
		};
		Sources::<T>::insert(point, certified);
		let from = if source.is_some() { certified.from } else { next };
		Self::deposit_event(Event::Certified { point, source, from });
		Ok(())
	}

	/// A plant's certification of a source, which goes on if there is one. What it was certified to feed in before stays so
	/// for earlier intervals: those in settlement, and those whose readings may be corrected, keep their class.
	fn certified(
		point: PointId,
		current: Option<Certified>,
		source: Source,
		next: Interval,
	) -> Result<Certified, DispatchError> {
		let new = Certified { source, from: next, until: None };
		let Some(current) = current else { return Ok(new) };
		let until = current.until.unwrap_or(next);
		if current.source == source && until >= next {
			return Ok(Certified { until: None, ..current });
		}
		if current.from < until {
			Self::remember(point, Certified { until: Some(until), ..current }, next)?;
		}
		Ok(new)
	}

	fn remember(point: PointId, over: Certified, next: Interval) -> DispatchResult {
		Earlier::<T>::try_mutate(point, |earlier| {
			if earlier.is_full() {
				let kept = T::Period::get().saturating_mul(REMEMBERED);
				let old = |first: &Certified| first.until.is_some_and(|until| until.saturating_add(kept) <= next);
				ensure!(earlier.first().is_some_and(old), Error::<T>::TooManyChanges);
				earlier.remove(0);
			}
			earlier.try_push(over).map_err(|_| Error::<T>::TooManyChanges.into())
		})
	}

	/// The class of what a point feeds in, if it is certified in the interval.
	pub(crate) fn class_of(interval: Interval, point: PointId, details: &Point) -> Option<Class> {
		let current = Sources::<T>::get(point)?;
		let stands = |certified: &Certified| in_force(certified.from, certified.until, interval);
		let certified = if interval < current.from {
			Earlier::<T>::get(point).into_iter().find(stands)?
		} else {
			Some(current).filter(stands)?
		};
		let period = interval.checked_div(T::Period::get())?;
		Some(Class { source: certified.source, zone: details.zone, period })
	}
}
