//! The invariants that the pallet's documentation numbers.

use crate::{
	point_key, Added, Additions, Config, Couplings, NextPoint, NextProposal, NextZone, Pallet, Points, PointsOf,
	Proposal, Proposals, Publications, Zones,
};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet. Reads the whole grid.
	///
	/// # Errors
	/// Names the first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_zones()?;
		Self::check_points()?;
		Self::check_added()?;
		Self::check_proposals()?;
		let known = |zone| Zones::<T>::contains_key(zone);
		ensure!(Couplings::<T>::iter_keys().all(known), "grid: couplings are allowed in an unknown zone");
		Self::check_publications()
	}

	fn check_zones() -> Result<(), TryRuntimeError> {
		let count = NextZone::<T>::get();
		ensure!(count <= T::MaxZones::get(), "grid: more zones than MaxZones");
		ensure!(Zones::<T>::iter_keys().count() == count as usize, "grid: zones are not numbered without gaps");
		let mut children = BTreeMap::<_, u32>::new();
		for (id, zone) in Zones::<T>::iter() {
			ensure!(id < count, "grid: a zone's number is not below NextZone");
			ensure!(zone.until.is_none_or(|until| zone.from <= until), "grid: a zone ends before it begins");
			ensure!(
				zone.terms.windows(2).all(|pair| pair[0].from < pair[1].from && pair[0].link.fee >= pair[1].link.fee),
				"grid: link terms are out of order or the fee rises"
			);
			ensure!(
				Self::static_path_fee(id) <= u64::from(T::MaxPathFee::get()),
				"grid: static fees of a path exceed MaxPathFee"
			);
			let Some(parent) = zone.parent else {
				ensure!(id == 0 && zone.depth == 0 && zone.terms.is_empty(), "grid: a root that is not zone 0");
				continue;
			};
			ensure!(parent < id, "grid: a parent's number is not smaller than its child's");
			ensure!(!zone.terms.is_empty(), "grid: a zone without link terms");
			let above = Zones::<T>::get(parent).ok_or("grid: a zone's parent does not exist")?;
			ensure!(zone.depth == above.depth.saturating_add(1), "grid: depth does not grow by one");
			ensure!(zone.depth <= T::MaxDepth::get(), "grid: a zone is deeper than MaxDepth");
			ensure!(above.from <= zone.from, "grid: a zone is older than its parent");
			match (zone.until, above.until) {
				(None, Some(_)) => return Err("grid: a zone outlives its parent".into()),
				(Some(zone), Some(above)) => ensure!(zone <= above, "grid: a zone outlives its parent"),
				_ => (),
			}
			if zone.until.is_none() {
				let count = children.entry(parent).or_default();
				*count = count.saturating_add(1);
			}
		}
		for (id, zone) in Zones::<T>::iter() {
			ensure!(children.get(&id).copied().unwrap_or(0) == zone.children, "grid: wrong count of children");
		}
		Ok(())
	}

	fn check_points() -> Result<(), TryRuntimeError> {
		let count = NextPoint::<T>::get();
		ensure!(count <= T::MaxPoints::get(), "grid: more points than MaxPoints");
		ensure!(Points::<T>::iter_keys().count() == count as usize, "grid: points are not numbered without gaps");
		ensure!(PointsOf::<T>::iter_keys().count() == count as usize, "grid: the index by owner has stray points");
		let (mut points, mut numbers) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
		for (id, point) in Points::<T>::iter() {
			let count_all = numbers.entry(point.zone).or_default();
			*count_all = count_all.saturating_add(1);
			ensure!(id < count, "grid: a point's number is not below NextPoint");
			ensure!(
				PointsOf::<T>::contains_key(point.owner, point_key(id)),
				"grid: a point is missing from the index by owner"
			);
			let most = point.import_w.max(point.export_w);
			ensure!(most <= T::MaxRating::get(), "grid: a point's rating is above MaxRating");
			let zone = Zones::<T>::get(point.zone).ok_or("grid: a point's zone does not exist")?;
			ensure!(zone.from <= point.from, "grid: a point is older than its zone");
			match (point.until, zone.until) {
				(None, Some(_)) => return Err("grid: a point outlives its zone".into()),
				(Some(point), Some(zone)) => ensure!(point <= zone, "grid: a point outlives its zone"),
				_ => (),
			}
			if point.until.is_none() {
				let count = points.entry(point.zone).or_default();
				*count = count.saturating_add(1);
			}
		}
		for Proposal { point, .. } in Proposals::<T>::iter_values() {
			let count_all = numbers.entry(point.zone).or_default();
			*count_all = count_all.saturating_add(1);
		}
		for (id, zone) in Zones::<T>::iter() {
			ensure!(points.get(&id).copied().unwrap_or(0) == zone.points, "grid: wrong count of points");
			ensure!(
				numbers.get(&id).copied().unwrap_or(0) == zone.numbers,
				"grid: wrong count of points ever added or proposed in a zone"
			);
		}
		Ok(())
	}

	/// Quotas are a quarter of what there can be, which for zones the market's parameters may since have lowered.
	fn check_added() -> Result<(), TryRuntimeError> {
		let mut sum = Additions::default();
		for (_, Additions { zones, points }) in Added::<T>::iter() {
			ensure!(zones <= T::MaxZones::get() / 4, "grid: an operator has added more zones than its quota");
			ensure!(points <= T::MaxPoints::get() / 4, "grid: an operator has added more points than its quota");
			sum.zones = sum.zones.saturating_add(zones);
			sum.points = sum.points.saturating_add(points);
		}
		let proposed = Proposals::<T>::iter_keys().count();
		let points = u32::try_from(proposed).unwrap_or(u32::MAX).saturating_add(NextPoint::<T>::get());
		let within = sum.zones <= NextZone::<T>::get() && sum.points <= points;
		ensure!(within, "grid: operators have added more than there is");
		Ok(())
	}

	fn check_proposals() -> Result<(), TryRuntimeError> {
		let mut open = BTreeMap::<_, u32>::new();
		for (id, Proposal { operator, point, .. }) in Proposals::<T>::iter() {
			ensure!(id < NextProposal::<T>::get(), "grid: a proposal's number was not given yet");
			let most = point.import_w.max(point.export_w);
			ensure!(most <= T::MaxRating::get(), "grid: a proposal's rating is above MaxRating");
			let count = open.entry(operator).or_default();
			*count = count.saturating_add(1);
		}
		let counted = |(operator, count): (&_, &u32)| *count <= Added::<T>::get(operator).points;
		ensure!(open.iter().all(counted), "grid: an operator has proposed more points than its quota counts");
		Ok(())
	}

	fn check_publications() -> Result<(), TryRuntimeError> {
		for (interval, id, link) in Publications::<T>::iter() {
			let zone = Zones::<T>::get(id).ok_or("grid: a publication for an unknown zone")?;
			ensure!(zone.parent.is_some(), "grid: a publication for the root");
			ensure!(link.fee <= zone.static_link(interval).fee, "grid: a published fee is above the static one");
		}
		Ok(())
	}
}
