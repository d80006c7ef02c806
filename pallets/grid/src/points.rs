//! Connection points.

use crate::{
	point_key, zones::ROOT, Config, Couplings, Error, Event, NewPoint, NextPoint, NextZone, Pallet, Points, PointsOf,
	Zone, Zones,
};
use busbar_primitives::{
	traits::{Balancing, Calendar, Participants},
	ParticipantId, Point, PointId, PointKind, Right, Role, Watt, ZoneId,
};
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Adds points in order, each in a zone that the origin operates.
	pub(crate) fn do_add_points(origin: OriginFor<T>, points: &[NewPoint]) -> DispatchResult {
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		points.iter().try_for_each(|point| Self::do_add_point_as(origin.clone(), *point))
	}

	/// Adds a point, if the origin operates its zone and the zone has room, which it always has for who operates the root. Who
	/// operates a part of the grid proposes it, unless it acts for the owner: a point settles at its owner's cost.
	pub(crate) fn do_add_point_as(origin: OriginFor<T>, point: NewPoint) -> DispatchResult {
		let part = Self::ensure_may_add(origin, point.zone, T::MaxPoints::get(), |added| &mut added.points)?;
		// What a coupling sells nobody has to deliver: the counterparty of all imbalances answers for it.
		let balances = point.kind == PointKind::Metered || T::Balancing::party() == Some(point.owner);
		ensure!(balances, Error::<T>::NotBalancingParty);
		let Some((who, operator)) = part else { return Self::do_add_point(point) };
		let numbers = Zones::<T>::get(point.zone).map_or(0, |zone| zone.numbers);
		ensure!(numbers < T::MaxZonePoints::get(), Error::<T>::TooManyPointsInZone);
		Self::ensure_carried(&point)?;
		match Self::ensure_consents(&who, point.owner) {
			Ok(()) => Self::do_add_point(point),
			Err(_) => Self::propose(who, operator, point),
		}
	}

	/// That an account decides for the owner of a point.
	pub(crate) fn ensure_consents(who: &T::AccountId, owner: ParticipantId) -> DispatchResult {
		T::Participants::ensure_acts_for(who, owner, Right::Operate)
	}

	/// That no link between the point's zone and the root carries less than its ratings.
	pub(crate) fn ensure_carried(point: &NewPoint) -> DispatchResult {
		let (mut import_w, mut export_w) = (Watt::MAX, Watt::MAX);
		let mut at = Some(point.zone);
		for _ in 0..=T::MaxDepth::get() {
			let Some(zone) = at.and_then(Zones::<T>::get) else { break };
			let link = zone.last_link();
			import_w = import_w.min(link.import_w.unwrap_or(Watt::MAX));
			export_w = export_w.min(link.export_w.unwrap_or(Watt::MAX));
			at = zone.parent;
		}
		ensure!(point.import_w <= import_w && point.export_w <= export_w, Error::<T>::RatingBeyondLink);
		Ok(())
	}

	/// Adds a point, whoever wants it. Who balances a chain that starts is not known here yet.
	pub(crate) fn do_add_point(new: NewPoint) -> DispatchResult {
		let mut zone = Self::ensure_stands(&new)?;
		let NewPoint { zone: id, owner, kind, import_w, export_w } = new;
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

	/// That a point may stand in its zone, which it returns, by its ratings, its kind and its owner.
	pub(crate) fn ensure_stands(new: &NewPoint) -> Result<Zone, DispatchError> {
		let zone = Zones::<T>::get(new.zone).ok_or(Error::<T>::UnknownZone)?;
		ensure!(zone.until.is_none(), Error::<T>::ZoneRetired);
		let stands = new.kind == PointKind::Metered || new.zone == ROOT || Couplings::<T>::contains_key(new.zone);
		ensure!(stands, Error::<T>::NoCouplingsHere);
		ensure!(new.import_w.max(new.export_w) <= T::MaxRating::get(), Error::<T>::RatingTooHigh);
		T::Participants::ensure_active(new.owner)?;
		Ok(zone)
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
