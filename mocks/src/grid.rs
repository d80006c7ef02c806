//! The grid, and what is sold of it.

use crate::register::mock;
use busbar_primitives::{
	traits::{Flows, Grid, OnLimits, Zones},
	Fee, Interval, ParticipantId, Point, PointId, SignedWh, ZoneId, ZoneView,
};
use std::ops::Range;

mock! {
	/// Zones, links and connection points. [`MockGrid::tree`] fills what the shape of the tree answers.
	MockGrid: Grid {
		on_zones: fn zones(interval: Interval, zones: Range<ZoneId>) -> Vec<ZoneView>;
		on_zone_count: fn zone_count() -> u32 = 0;
		on_point: fn point(point: PointId) -> Option<Point>;
		on_point_count: fn point_count() -> PointId;
		on_points_of: fn points_of(participant: ParticipantId, limit: u32) -> Vec<PointId>;
		on_points_from: fn points_from(participant: ParticipantId, from: PointId, limit: u32) -> Vec<PointId>
			= Self::points_of(participant, u32::MAX).into_iter().filter(|id| *id >= from).take(limit as usize).collect();
		on_is_published: fn is_published(interval: Interval, zone: ZoneId) -> bool = false;
		on_max_path_fee: fn max_path_fee() -> Fee;
	}
}

/// What the shape of a tree says of a zone.
trait Within {
	fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool;
}

impl MockGrid {
	/// Says whether a zone is one of some others or lies below one of them.
	pub fn on_is_within_any(answer: impl Fn(ZoneId, &[ZoneId]) -> bool + 'static) {
		ZonesRegister::on_is_within_any(answer);
	}

	/// Lets the tree be one of zones whose parents these are, the first one being the root. A zone that is none of them lies
	/// below nothing, and is not within itself.
	pub fn tree<const ZONES: usize>(parents: [Option<ZoneId>; ZONES]) {
		Self::on_zone_count(move || ZONES as u32);
		Self::on_is_within_any(move |zone, ancestors| {
			let parent = |zone: &ZoneId| parents.get(*zone as usize).copied().flatten();
			(zone as usize) < ZONES && std::iter::successors(Some(zone), parent).any(|at| ancestors.contains(&at))
		});
	}

	/// Lets the connection points be these, numbered from 0.
	pub fn points(points: Vec<Point>) {
		let count = points.len() as PointId;
		let owned = points.clone();
		Self::on_point(move |point| points.get(point as usize).copied());
		Self::on_point_count(move || count);
		Self::on_points_of(move |participant, limit| {
			let of = (0..).zip(&owned).filter(|(_, point)| point.owner == participant);
			of.map(|(id, _)| id).take(limit as usize).collect()
		});
	}
}

mock! {
	/// The register behind [`MockGrid`]'s and everybody else's [`Zones`]: all that they answer follows from this.
	ZonesRegister: Within {
		on_is_within_any: fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool;
	}
}

impl Zones for MockGrid {
	fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool {
		ZonesRegister::is_within_any(zone, ancestors)
	}

	fn first_within(zone: ZoneId, groups: &[Vec<ZoneId>]) -> Option<usize> {
		groups.iter().position(|group| Self::is_within_any(zone, group))
	}

	fn all_within(zones: &[ZoneId], ancestors: &[ZoneId]) -> (bool, u32) {
		(zones.iter().all(|zone| Self::is_within_any(*zone, ancestors)), zones.len() as u32)
	}
}

mock! {
	/// What is sold of the grid.
	MockFlows: Flows {
		on_sold: fn sold(interval: Interval, zones: &[ZoneId]) -> Vec<SignedWh>;
	}
}

impl MockFlows {
	/// Listens to changes of limits; by default nobody does.
	pub fn on_limits_changed(listener: impl Fn(Interval) + 'static) {
		LimitsRegister::on_limits_changed(listener);
	}
}

mock! {
	/// The register behind [`MockFlows`]' [`OnLimits`].
	LimitsRegister: OnLimits {
		on_limits_changed: fn limits_changed(interval: Interval) -> () = ();
	}
}

impl OnLimits for MockFlows {
	fn limits_changed(interval: Interval) {
		LimitsRegister::limits_changed(interval);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::PointKind;

	#[test]
	fn a_zone_lies_within_itself_and_within_all_zones_above_it() {
		MockGrid::tree([None, Some(0), Some(0), Some(1)]);
		let within =
			|zone| (0..4).filter(move |ancestor| MockGrid::is_within_any(zone, &[*ancestor])).collect::<Vec<_>>();
		assert_eq!((0..5).map(within).collect::<Vec<_>>(), [vec![0], vec![0, 1], vec![0, 2], vec![0, 1, 3], vec![]]);
		assert_eq!(MockGrid::zone_count(), 4);
	}

	#[test]
	fn points_are_found_by_number_and_by_owner() {
		let point = |owner| Point {
			owner: crate::id(owner),
			zone: 0,
			kind: PointKind::Metered,
			import_w: 1,
			export_w: 1,
			from: 0,
			until: None,
		};
		MockGrid::points(vec![point(1), point(2), point(1)]);
		assert_eq!(MockGrid::point(1), Some(point(2)));
		assert_eq!((MockGrid::point(3), MockGrid::point_count()), (None, 3));
		assert_eq!(MockGrid::points_of(crate::id(1), 9), [0, 2]);
		assert_eq!(MockGrid::points_of(crate::id(1), 1), [0]);
	}
}
