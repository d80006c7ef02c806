//! Limits and fees that the operator publishes for one interval.

use crate::{Config, Error, Event, Pallet, Publications, WeightInfo, Zones};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{
	energy,
	traits::{Calendar, Flows, OnLimits, Participants},
	Interval, Link, Role, ZoneId,
};
use frame_support::{ensure, traits::Get, weights::Weight, BoundedVec};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// What a publication for so many links costs whose role check reads so many zones.
	pub(crate) fn publish_weight(links: usize, read: u32) -> Weight {
		let links = u32::try_from(links).unwrap_or(u32::MAX);
		T::WeightInfo::publish(links).saturating_add(T::WeightInfo::walk(read))
	}

	/// Most zones that the role check of so many links reads: those on their paths to the root, none of them twice.
	pub(crate) fn most_read(links: usize) -> u32 {
		let links = u32::try_from(links).unwrap_or(u32::MAX);
		links.saturating_mul(T::MaxDepth::get().saturating_add(1)).min(T::MaxZones::get())
	}

	/// Publishes the links' terms. Gives the number of zones that the role check read.
	pub(crate) fn do_publish(
		who: T::AccountId,
		interval: Interval,
		links: BoundedVec<(ZoneId, Link), T::MaxBatch>,
	) -> Result<u32, DispatchError> {
		ensure!(!links.is_empty(), Error::<T>::EmptyPublication);
		ensure!(T::Calendar::takes_limits(interval), Error::<T>::IntervalNotOpen);
		let ids: Vec<_> = links.iter().map(|(id, _)| *id).collect();
		ensure!(ids.iter().collect::<BTreeSet<_>>().len() == ids.len(), Error::<T>::DuplicateZone);
		let zones: Option<Vec<_>> = ids.iter().map(Zones::<T>::get).collect();
		let zones = zones.ok_or(Error::<T>::UnknownZone)?;
		let read = T::Participants::ensure_each(&who, Role::Dso, &ids)?;
		let interval_s = T::Calendar::interval_s();
		let sold = T::Flows::sold(interval, &ids);
		for (((id, link), zone), flow) in links.iter().zip(zones).zip(sold) {
			ensure!(zone.parent.is_some(), Error::<T>::RootHasNoLink);
			ensure!(zone.exists_in(interval), Error::<T>::ZoneRetired);
			ensure!(link.fee <= zone.static_link(interval).fee, Error::<T>::FeeAboveStatic);
			let limit = if flow < 0 { link.export_w } else { link.import_w };
			let carries = |watt| energy(watt, interval_s) >= flow.unsigned_abs();
			ensure!(limit.is_none_or(carries), Error::<T>::BelowSoldFlow);
			Publications::<T>::insert(interval, id, link);
		}
		T::Flows::limits_changed(interval);
		Self::deposit_event(Event::Published { interval, links });
		Ok(read)
	}
}
