//! Connection points.

use crate::{
	point_key, zones::ROOT, Config, Couplings, Error, Event, NewPoint, NextPoint, NextZone, Pallet, Points, PointsOf,
	Zones,
};
use busbar_primitives::{
	traits::{Balancing, Calendar, Participants},
	Point, PointId, PointKind, Role, ZoneId,
};
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Adds points in order, each in a zone that the origin operates.
	pub(crate) fn do_add_points(origin: OriginFor<T>, points: &[NewPoint]) -> DispatchResult {
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		points.iter().try_for_each(|point| Self::do_add_point_as(origin.clone(), *point))
	}

	/// Adds a point, if the origin operates its zone and the zone has room, which it always has for who operates the root.
	pub(crate) fn do_add_point_as(origin: OriginFor<T>, point: NewPoint) -> DispatchResult {
		let everywhere = Self::ensure_may_add(origin, point.zone, T::MaxPoints::get(), |added| &mut added.points)?;
		let numbers = Zones::<T>::get(point.zone).map_or(0, |zone| zone.numbers);
		ensure!(everywhere || numbers < T::MaxZonePoints::get(), Error::<T>::TooManyPointsInZone);
		// What a coupling sells nobody has to deliver: the counterparty of all imbalances answers for it.
		let balances = point.kind == PointKind::Metered || T::Balancing::party() == Some(point.owner);
		ensure!(balances, Error::<T>::NotBalancingParty);
		Self::do_add_point(point)
	}

	/// Adds a point, whoever wants it. Who balances a chain that starts is not known here yet.
	pub(crate) fn do_add_point(NewPoint { zone: id, owner, kind, import_w, export_w }: NewPoint) -> DispatchResult {
		let mut zone = Zones::<T>::get(id).ok_or(Error::<T>::UnknownZone)?;
		ensure!(zone.until.is_none(), Error::<T>::ZoneRetired);
		let stands = kind == PointKind::Metered || id == ROOT || Couplings::<T>::contains_key(id);
		ensure!(stands, Error::<T>::NoCouplingsHere);
		T::Participants::ensure_active(owner)?;
		let point = NextPoint::<T>::get();
		ensure!(point < T::MaxPoints::get(), Error::<T>::TooManyPoints);
		let from = T::Calendar::first_unopened();
		Points::<T>::insert(point, Point { owner, zone: id, kind, import_w, export_w, from, until: None });
		PointsOf::<T>::insert(owner, point_key(point), ());
		NextPoint::<T>::put(point.saturating_add(1));
		zone.points = zone.points.saturating_add(1);
		zone.numbers = zone.numbers.saturating_add(1);
		Zones::<T>::insert(id, zone);
		Self::deposit_event(Event::PointAdded { point, zone: id, owner, kind, from });
		Ok(())
	}

	/// Lets couplings be added in a zone, or no more.
	pub(crate) fn do_allow_couplings(zone: ZoneId, allowed: bool) -> DispatchResult {
		ensure!(zone < NextZone::<T>::get(), Error::<T>::UnknownZone);
		Couplings::<T>::set(zone, allowed.then_some(()));
		Self::deposit_event(Event::CouplingsAllowed { zone, allowed });
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
}
