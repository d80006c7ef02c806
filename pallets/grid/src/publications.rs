//! Limits and fees that the operator publishes for one interval.

use crate::{Config, Error, Event, Pallet, Publications, Zones};
use alloc::collections::BTreeSet;
use busbar_primitives::{
	energy,
	traits::{Calendar, Flows, OnLimits, Participants},
	Interval, Link, Role, ZoneId,
};
use frame_support::{ensure, BoundedVec};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_publish(
		who: T::AccountId,
		interval: Interval,
		links: BoundedVec<(ZoneId, Link), T::MaxBatch>,
	) -> DispatchResult {
		ensure!(!links.is_empty(), Error::<T>::EmptyPublication);
		ensure!(T::Calendar::takes_limits(interval), Error::<T>::IntervalNotOpen);
		let interval_s = T::Calendar::interval_s();
		let mut named = BTreeSet::new();
		for (id, link) in &links {
			ensure!(named.insert(*id), Error::<T>::DuplicateZone);
			let zone = Zones::<T>::get(id).ok_or(Error::<T>::UnknownZone)?;
			T::Participants::ensure(&who, Role::Dso, Some(*id))?;
			ensure!(zone.parent.is_some(), Error::<T>::RootHasNoLink);
			ensure!(zone.exists_in(interval), Error::<T>::ZoneRetired);
			ensure!(link.fee <= zone.static_link(interval).fee, Error::<T>::FeeAboveStatic);
			let flow = T::Flows::sold(interval, *id);
			let limit = if flow < 0 { link.export_w } else { link.import_w };
			let carries = |watt| energy(watt, interval_s) >= flow.unsigned_abs();
			ensure!(limit.is_none_or(carries), Error::<T>::BelowSoldFlow);
			Publications::<T>::insert(interval, id, link);
		}
		T::Flows::limits_changed(interval);
		Self::deposit_event(Event::Published { interval, links });
		Ok(())
	}
}
