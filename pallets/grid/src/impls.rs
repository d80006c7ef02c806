//! The traits through which other pallets read the grid.

use crate::{point_key, Config, NextPoint, NextZone, Pallet, Points, PointsOf, Publications, Zones};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{traits, Fee, Interval, ParticipantId, Point, PointId, ZoneId, ZoneView};
use core::ops::Range;
use frame_support::traits::Get;

impl<T: Config> traits::Zones for Pallet<T> {
	fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool {
		Self::first_within(zone, &[ancestors.to_vec()]).is_some()
	}

	fn first_within(zone: ZoneId, groups: &[Vec<ZoneId>]) -> Option<usize> {
		let least = groups.iter().flatten().min()?;
		let mut first = None;
		let mut at = zone;
		for _ in 0..=T::MaxDepth::get() {
			let Some(zone) = Zones::<T>::get(at) else { break };
			let mut better = groups.iter().take(first.unwrap_or(groups.len()));
			first = better.position(|group| group.contains(&at)).or(first);
			// Numbers fall on the way up, so below the least ancestor's there is nothing to find.
			match zone.parent {
				Some(parent) if parent >= *least && first != Some(0) => at = parent,
				_ => break,
			}
		}
		first
	}

	fn all_within(zones: &[ZoneId], ancestors: &[ZoneId]) -> (bool, u32) {
		let ancestors: BTreeSet<_> = ancestors.iter().copied().collect();
		let Some(least) = ancestors.first() else { return (zones.is_empty(), 0) };
		let (mut within, mut read) = (BTreeSet::new(), 0u32);
		for zone in zones {
			let mut walk = Vec::new();
			let mut at = *zone;
			while !within.contains(&at) {
				read = read.saturating_add(1);
				let Some(zone) = Zones::<T>::get(at) else { return (false, read) };
				walk.push(at);
				if ancestors.contains(&at) {
					break;
				}
				// A parent's number is smaller than its child's, so that this ends.
				match zone.parent.filter(|parent| parent >= least && *parent < at) {
					Some(parent) => at = parent,
					None => return (false, read),
				}
			}
			within.extend(walk);
		}
		(true, read)
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

	fn points_from(participant: ParticipantId, from: PointId, limit: u32) -> Vec<PointId> {
		let limit = usize::try_from(limit).unwrap_or(usize::MAX);
		let Some(before) = from.checked_sub(1) else {
			return PointsOf::<T>::iter_key_prefix(participant).take(limit).map(PointId::from_be_bytes).collect();
		};
		// Behind the key of the number before, whether or not it is the participant's.
		let behind = PointsOf::<T>::hashed_key_for(participant, point_key(before));
		let points = PointsOf::<T>::iter_key_prefix_from(participant, behind);
		points.take(limit).map(PointId::from_be_bytes).collect()
	}

	fn is_published(interval: Interval, zone: ZoneId) -> bool {
		let mut at = Some(zone);
		for _ in 0..=T::MaxDepth::get() {
			let Some(zone) = at else { break };
			if Publications::<T>::contains_key(interval, zone) {
				return true;
			}
			at = Zones::<T>::get(zone).and_then(|zone| zone.parent);
		}
		false
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
