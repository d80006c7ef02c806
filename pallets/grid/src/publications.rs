//! Limits and fees that the operator publishes for one interval.

use crate::{Config, Error, Event, Pallet, Publications, WeightInfo, Zone, Zones};
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

	/// Most zones that the role check of so many links reads: those on their paths to the root, none of them twice, and those on
	/// one path again, to say why it fails.
	pub(crate) fn most_read(links: usize) -> u32 {
		let links = u32::try_from(links).unwrap_or(u32::MAX);
		let path = T::MaxDepth::get().saturating_add(1);
		links.saturating_mul(path).min(T::MaxZones::get()).saturating_add(path)
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
		// Who operates a zone's parent operates the zone, and grants what its link carries.
		let grants = |((id, link), zone): (&(ZoneId, Link), &Zone)| match zone.parent {
			Some(parent) if link.lifts(&zone.static_link(interval)) => (*id, parent),
			_ => (*id, *id),
		};
		let scopes: Vec<_> = links.iter().zip(&zones).map(grants).collect();
		let wanted: Vec<_> = scopes.iter().map(|(_, scope)| *scope).collect();
		let checked = T::Participants::ensure_each(&who, Role::Dso, &wanted);
		let read = checked.map_err(|refused| {
			let lifted = scopes.iter().find(|(id, scope)| id != scope).map(|(id, _)| *id);
			let operates = |zone| T::Participants::ensure(&who, Role::Dso, Some(zone)).is_ok();
			if lifted.is_some_and(operates) {
				Error::<T>::LimitLifted.into()
			} else {
				refused
			}
		})?;
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
