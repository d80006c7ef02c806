//! Zones, and the static terms of their links.

use crate::{Added, Additions, Config, Error, Event, LinkTerms, NewZone, NextZone, Pallet, Zone, Zones};
use busbar_primitives::{
	traits::{Calendar, Participants},
	Link, ParticipantId, Role, ZoneId,
};
use frame_support::{
	ensure,
	traits::{EnsureOrigin, Get},
	weights::Weight,
	BoundedVec,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::{DispatchError, DispatchResult};

/// Number of the root: whoever operates it operates all.
pub(crate) const ROOT: ZoneId = 0;

impl<T: Config> Pallet<T> {
	/// Adds zones in order, each where the origin may. A zone may hang below one before it in the list.
	pub(crate) fn do_add_zones(origin: OriginFor<T>, zones: &[NewZone]) -> DispatchResult {
		ensure!(!zones.is_empty(), Error::<T>::EmptyBatch);
		let most = Self::most_zones();
		zones.iter().try_for_each(|zone| Self::do_add_zone_as(origin.clone(), *zone, most))
	}

	/// Adds a zone, or the root if it has no parent, if the origin may and there are fewer than `most`.
	pub(crate) fn do_add_zone_as(origin: OriginFor<T>, zone: NewZone, most: u32) -> DispatchResult {
		match zone.parent {
			None => Self::ensure_may_add_root(origin)?,
			Some(parent) => {
				Self::ensure_may_add(origin, parent, most, |added| &mut added.zones)?;
			},
		}
		Self::insert(zone, most)
	}

	/// That the origin operates the zone and, unless it operates the root, has added less than a quarter of `most`. Counts
	/// what it adds. Returns who it is and for whom it acts, unless it operates the root.
	pub(crate) fn ensure_may_add(
		origin: OriginFor<T>,
		zone: ZoneId,
		most: u32,
		count: impl FnOnce(&mut Additions) -> &mut u32,
	) -> Result<Option<(T::AccountId, ParticipantId)>, DispatchError> {
		let who = ensure_signed(origin)?;
		ensure!(zone < NextZone::<T>::get(), Error::<T>::UnknownZone);
		if T::Participants::ensure(&who, Role::Dso, Some(ROOT)).is_ok() {
			return Ok(None);
		}
		let operator = T::Participants::ensure(&who, Role::Dso, Some(zone))?;
		Added::<T>::try_mutate(operator, |added| {
			let added = count(added);
			ensure!(*added < most / 4, Error::<T>::QuotaReached);
			*added = added.saturating_add(1);
			Ok(Some((who, operator)))
		})
	}

	/// Most zones that there may be: what that is takes a search over the market's gates, so it is asked for once.
	pub(crate) fn most_zones() -> u32 {
		T::MaxZones::get().min(T::Calendar::most_zones())
	}

	/// Adds a zone, or the root if it has no parent, whoever wants it, if there are fewer than `most`.
	pub(crate) fn insert(NewZone { parent, link }: NewZone, most: u32) -> DispatchResult {
		match parent {
			None => Self::do_add_root(link, most),
			Some(parent) => Self::do_add_zone(parent, link, most),
		}
	}

	/// What the walks of so many role checks and path fees to the root read beside what the benchmarks count, in which all of
	/// a batch lies on one path.
	pub(crate) fn paths_weight(count: usize) -> Weight {
		let paths = u64::try_from(count).unwrap_or(u64::MAX).saturating_sub(1);
		T::DbWeight::get().reads(paths.saturating_mul(u64::from(T::MaxDepth::get()).saturating_add(1)))
	}

	fn ensure_may_add_root(origin: OriginFor<T>) -> DispatchResult {
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

	/// That the origin operates the zone, and its parent if the link is to carry more than it does.
	pub(crate) fn ensure_sets_link(origin: OriginFor<T>, zone: ZoneId, link: &Link) -> DispatchResult {
		let who = ensure_signed(origin)?;
		let known = Zones::<T>::get(zone).ok_or(Error::<T>::UnknownZone)?;
		let operates = |zone| T::Participants::ensure(&who, Role::Dso, Some(zone)).map(drop);
		match known.parent {
			Some(parent) if link.lifts(&known.last_link()) && operates(parent).is_err() => {
				operates(zone)?;
				Err(Error::<T>::LimitLifted.into())
			},
			_ => operates(zone),
		}
	}

	fn do_add_root(link: Link, most: u32) -> DispatchResult {
		ensure!(NextZone::<T>::get() == 0, Error::<T>::RootExists);
		ensure!(link == Link::default(), Error::<T>::RootHasNoLink);
		Self::insert_zone(None, 0, link, most)
	}

	fn do_add_zone(parent: ZoneId, link: Link, most: u32) -> DispatchResult {
		let mut above = Zones::<T>::get(parent).ok_or(Error::<T>::UnknownZone)?;
		ensure!(above.until.is_none(), Error::<T>::ZoneRetired);
		let depth = above.depth.saturating_add(1);
		ensure!(depth <= T::MaxDepth::get(), Error::<T>::TooDeep);
		let path_fee = Self::static_path_fee(parent).saturating_add(u64::from(link.fee));
		ensure!(path_fee <= u64::from(T::MaxPathFee::get()), Error::<T>::PathFeeTooHigh);
		Self::insert_zone(Some(parent), depth, link, most)?;
		above.children = above.children.saturating_add(1);
		Zones::<T>::insert(parent, above);
		Ok(())
	}

	fn insert_zone(parent: Option<ZoneId>, depth: u32, link: Link, most: u32) -> DispatchResult {
		let zone = NextZone::<T>::get();
		ensure!(zone < most, Error::<T>::TooManyZones);
		let from = T::Calendar::first_unopened();
		let terms = BoundedVec::truncate_from(parent.iter().map(|_| LinkTerms { from, link }).collect());
		Zones::<T>::insert(zone, Zone { parent, depth, terms, from, until: None, children: 0, points: 0, numbers: 0 });
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
}
