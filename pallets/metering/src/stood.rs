//! What stood when: readings that were replaced are kept with the times at which they were, so that who asks what stood at a time
//! that is over has one answer, whatever comes later.

use crate::{Config, Pallet, Proven, Readings, Replaced, DISPUTED_UP_TO};
use busbar_primitives::{traits::Calendar, Interval, Moment, PointId, SignedWh};

impl<T: Config> Pallet<T> {
	/// Lets a main meter's reading stand in the place of what did, which is remembered if the point settled on it.
	pub(crate) fn put(interval: Interval, point: PointId, standing: Option<Proven>, proven: Proven) {
		let now = T::Calendar::now();
		let since = standing.and_then(|standing| standing.since);
		let (before, after) = (standing.and_then(|standing| standing.settled()), proven.settled());
		if since.is_some() && before != after {
			Replaced::<T>::mutate(interval, point, |replaced| {
				// What came and went within one moment stood at none.
				if replaced.last().is_none_or(|(until, _)| *until < now) {
					// There is room: beyond [`DISPUTED_UP_TO`] nothing is disputed any more.
					let _ = replaced.try_push((now, before));
				}
			});
		}
		let since = since.or_else(|| after.map(|_| now));
		Readings::<T>::insert(interval, point, Proven { since, ..proven });
	}

	/// What a point's reading said that settled at chain time `at`: of what changed at that moment or later, what stood before.
	pub(crate) fn what_stood(interval: Interval, point: PointId, at: Moment) -> Option<SignedWh> {
		let reading = Readings::<T>::get(interval, point)?;
		if at <= reading.since? {
			return None;
		}
		// What never was replaced has no record of it.
		if reading.version > 1 {
			let replaced = Replaced::<T>::get(interval, point);
			if let Some((_, wh)) = replaced.iter().find(|(until, _)| at <= *until) {
				return *wh;
			}
		}
		reading.settled()
	}

	/// Whether a reading was replaced so seldom that another dispute over it may be decided.
	pub(crate) fn is_disputable(interval: Interval, point: PointId) -> bool {
		Replaced::<T>::decode_len(interval, point).unwrap_or(0) < DISPUTED_UP_TO
	}
}
