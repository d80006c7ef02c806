//! What the calls do, and the traits through which other pallets read the grid.

use crate::{
	point_key, Config, Error, Event, LinkTerms, NextPoint, NextZone, Pallet, Points, PointsOf, Publications, Zone,
	Zones,
};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{
	energy,
	traits::{self, Calendar, Flows, OnLimits, Participants},
	Fee, Interval, Link, ParticipantId, Point, PointId, PointKind, Role, Watt, ZoneId, ZoneView,
};
use core::ops::Range;
use frame_support::{ensure, traits::EnsureOrigin, traits::Get, BoundedVec};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn ensure_may_add_root(origin: OriginFor<T>) -> DispatchResult {
		if let Err(origin) = T::AdminOrigin::try_origin(origin) {
			T::Participants::ensure(&ensure_signed(origin)?, Role::Dso, None)?;
		}
		Ok(())
	}

	/// That the zone exists and the origin operates it.
	pub(crate) fn ensure_operates(origin: OriginFor<T>, zone: ZoneId) -> DispatchResult {
		let who = ensure_signed(origin)?;
		ensure!(zone < NextZone::<T>::get(), Error::<T>::UnknownZone);
		T::Participants::ensure(&who, Role::Dso, Some(zone)).map(|_| ())
	}

	pub(crate) fn do_add_root(link: Link) -> DispatchResult {
		ensure!(NextZone::<T>::get() == 0, Error::<T>::RootExists);
		ensure!(link == Link::default(), Error::<T>::RootHasNoLink);
		Self::insert_zone(None, 0, link)
	}

	pub(crate) fn do_add_zone(parent: ZoneId, link: Link) -> DispatchResult {
		let mut above = Zones::<T>::get(parent).ok_or(Error::<T>::UnknownZone)?;
		ensure!(above.until.is_none(), Error::<T>::ZoneRetired);
		let depth = above.depth.saturating_add(1);
		ensure!(depth <= T::MaxDepth::get(), Error::<T>::TooDeep);
		let path_fee = Self::static_path_fee(parent).saturating_add(u64::from(link.fee));
		ensure!(path_fee <= u64::from(T::MaxPathFee::get()), Error::<T>::PathFeeTooHigh);
		Self::insert_zone(Some(parent), depth, link)?;
		above.children = above.children.saturating_add(1);
		Zones::<T>::insert(parent, above);
		Ok(())
	}

	fn insert_zone(parent: Option<ZoneId>, depth: u32, link: Link) -> DispatchResult {
		let zone = NextZone::<T>::get();
		ensure!(zone < T::MaxZones::get(), Error::<T>::TooManyZones);
		let from = T::Calendar::first_unopened();
		let mut terms = BoundedVec::new();
		if parent.is_some() {
			terms.try_push(LinkTerms { from, link }).map_err(|_| Error::<T>::TooManyLinkChanges)?;
		}
		Zones::<T>::insert(zone, Zone { parent, depth, terms, from, until: None, children: 0, points: 0 });
		NextZone::<T>::put(zone.saturating_add(1));
		Self::deposit_event(Event::ZoneAdded { zone, parent, link, from });
		Ok(())
	}

	/// Sum of the static fees between a zone and the root, in nEUR/Wh, of the terms that were set last. Fees only fall, so
	/// no later sum is higher.
	pub(crate) fn static_path_fee(zone: ZoneId) -> u64 {
		let mut sum = 0u64;
		let mut at = Some(zone);
		for _ in 0..=T::MaxDepth::get() {
			let Some(zone) = at.and_then(Zones::<T>::get) else { break };
			sum = sum.saturating_add(u64::from(zone.last_link().fee));
			at = zone.parent;
		}
		sum
	}

	pub(crate) fn do_set_link(id: ZoneId, link: Link) -> DispatchResult {
		let mut zone = Zones::<T>::get(id).ok_or(Error::<T>::UnknownZone)?;
		ensure!(zone.parent.is_some(), Error::<T>::RootHasNoLink);
		ensure!(zone.until.is_none(), Error::<T>::ZoneRetired);
		ensure!(link.fee <= zone.last_link().fee, Error::<T>::FeeRaised);
		let from = T::Calendar::first_unopened();
		match zone.terms.last_mut() {
			// Not in force in any opened interval yet: nobody counted on it.
			Some(last) if last.from == from => last.link = link,
			_ => {
				if zone.terms.is_full() {
					ensure!(Self::first_terms_are_final(&zone), Error::<T>::TooManyLinkChanges);
					zone.terms.remove(0);
				}
				let terms = LinkTerms { from, link };
				zone.terms.try_push(terms).map_err(|_| Error::<T>::TooManyLinkChanges)?;
			},
		}
		Zones::<T>::insert(id, zone);
		Self::deposit_event(Event::LinkSet { zone: id, link, from });
		Ok(())
	}

	/// Whether every interval in which the oldest terms of the link were in force is final or pruned.
	fn first_terms_are_final(zone: &Zone) -> bool {
		let Some(last) = zone.terms.get(1).and_then(|next| next.from.checked_sub(1)) else { return false };
		T::Calendar::terms(last).is_none_or(|terms| terms.final_from() <= T::Calendar::now())
	}

	pub(crate) fn do_retire_zone(id: ZoneId) -> DispatchResult {
		let mut zone = Zones::<T>::get(id).ok_or(Error::<T>::UnknownZone)?;
		let parent = zone.parent.ok_or(Error::<T>::RootStays)?;
		ensure!(zone.until.is_none(), Error::<T>::ZoneRetired);
		ensure!(zone.children == 0, Error::<T>::ZoneHasChildren);
		ensure!(zone.points == 0, Error::<T>::ZoneHasPoints);
		let until = T::Calendar::first_unopened();
		zone.until = Some(until);
		Zones::<T>::insert(id, zone);
		Zones::<T>::mutate_extant(parent, |parent| parent.children = parent.children.saturating_sub(1));
		Self::deposit_event(Event::ZoneRetired { zone: id, until });
		Ok(())
	}

	pub(crate) fn do_add_point(
		id: ZoneId,
		owner: ParticipantId,
		kind: PointKind,
		import_w: Watt,
		export_w: Watt,
	) -> DispatchResult {
		let mut zone = Zones::<T>::get(id).ok_or(Error::<T>::UnknownZone)?;
		ensure!(zone.until.is_none(), Error::<T>::ZoneRetired);
		T::Participants::ensure_active(owner)?;
		let point = NextPoint::<T>::get();
		ensure!(point < T::MaxPoints::get(), Error::<T>::TooManyPoints);
		let from = T::Calendar::first_unopened();
		Points::<T>::insert(point, Point { owner, zone: id, kind, import_w, export_w, from, until: None });
		PointsOf::<T>::insert(owner, point_key(point), ());
		NextPoint::<T>::put(point.saturating_add(1));
		zone.points = zone.points.saturating_add(1);
		Zones::<T>::insert(id, zone);
		Self::deposit_event(Event::PointAdded { point, zone: id, owner, kind, from });
		Ok(())
	}

	pub(crate) fn do_retire_point(who: T::AccountId, id: PointId) -> DispatchResult {
		let mut point = Points::<T>::get(id).ok_or(Error::<T>::UnknownPoint)?;
		T::Participants::ensure(&who, Role::Dso, Some(point.zone))?;
		ensure!(point.until.is_none(), Error::<T>::PointRetired);
		let until = T::Calendar::first_unopened();
		point.until = Some(until);
		Zones::<T>::mutate_extant(point.zone, |zone| zone.points = zone.points.saturating_sub(1));
		Points::<T>::insert(id, point);
		Self::deposit_event(Event::PointRetired { point: id, until });
		Ok(())
	}

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
