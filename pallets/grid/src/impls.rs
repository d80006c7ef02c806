//! The traits through which other pallets read the grid.

use crate::{Config, NextPoint, NextZone, Pallet, Points, PointsOf, Publications, Zones};
use alloc::vec::Vec;
use busbar_primitives::{traits, Fee, Interval, ParticipantId, Point, PointId, ZoneId, ZoneView};
use core::ops::Range;
use frame_support::traits::Get;

impl<T: Config> traits::Zones for Pallet<T> {
	fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool {
		let Some(least) = ancestors.iter().min() else { return false };
		let mut at = zone;
		for _ in 0..=T::MaxDepth::get() {
			let Some(zone) = Zones::<T>::get(at) else { return false };
			if ancestors.contains(&at) {
				return true;
			}
			// Numbers fall on the way up, so below the least ancestor's there is nothing to find.
			match zone.parent {
				Some(parent) if parent >= *least => at = parent,
				_ => return false,
			}
		}
		false
	}
}

impl<T: Config> traits::Grid for Pallet<T> {
	fn zones(interval: Interval, zones: Range<ZoneId>) -> Vec<ZoneView> {
		(zones.start..zones.end.min(NextZone::<T>::get()))
			.filter_map(|id| Zones::<T>::get(id).map(|zone| (id, zone)))
			.filter(|(_, zone)| zone.exists_in(interval))
			.map(|(id, zone)| {
				let published = zone.parent.and_then(|_| Publications::<T>::get(interval, id));
				let link = published.unwrap_or_else(|| zone.static_link(interval));
				ZoneView { id, parent: zone.parent, link }
			})
			.collect()
	}

	fn zone_count() -> u32 {
		NextZone::<T>::get()
	}

	fn point(point: PointId) -> Option<Point> {
		Points::<T>::get(point)
	}

	fn point_count() -> PointId {
		NextPoint::<T>::get()
	}

	fn points_of(participant: ParticipantId, limit: u32) -> Vec<PointId> {
		PointsOf::<T>::iter_key_prefix(participant)
			.take(usize::try_from(limit).unwrap_or(usize::MAX))
			.map(PointId::from_be_bytes)
			.collect()
	}

	fn max_path_fee() -> Fee {
		T::MaxPathFee::get()
	}
}

impl<T: Config> traits::Prune for Pallet<T> {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let limit = usize::try_from(limit).unwrap_or(usize::MAX);
		let removed = Publications::<T>::drain_prefix(interval).take(limit).count();
		u32::try_from(removed).unwrap_or(u32::MAX)
	}
}
