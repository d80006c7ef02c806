//! Benchmarks of the calls.

use super::*;
use alloc::vec::Vec;
use busbar_primitives::{traits::Participants, Link, PointKind, ZoneId};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;

type Helper<T> = <T as Config>::BenchmarkHelper;

/// A chain of zones as deep as the tree may be but one; returns the lowest.
fn deep_zone<T: Config>() -> Result<ZoneId, BenchmarkError> {
	if NextZone::<T>::get() == 0 {
		Pallet::<T>::insert(NewZone { parent: None, link: Link::default() }, Pallet::<T>::most_zones())?;
	}
	let mut zone = 0;
	for _ in 1..T::MaxDepth::get() {
		zone = add_zone_below::<T>(zone)?;
	}
	Ok(zone)
}

/// The highest zone of such a chain below the root: as far up as a walk goes that counts what is added.
fn highest_operated<T: Config>(lowest: ZoneId) -> ZoneId {
	lowest.saturating_add(2).saturating_sub(T::MaxDepth::get())
}

/// Who operates the part of the grid from there on.
fn operator<T: Config>(lowest: ZoneId) -> RawOrigin<T::AccountId> {
	RawOrigin::Signed(Helper::<T>::operator(highest_operated::<T>(lowest)))
}

/// The same, who acts for the owner besides, so that what it adds needs no acceptance.
fn operator_for_owner<T: Config>(lowest: ZoneId) -> RawOrigin<T::AccountId> {
	let account = Helper::<T>::operator(highest_operated::<T>(lowest));
	Helper::<T>::delegate(Helper::<T>::owner(), &account);
	RawOrigin::Signed(account)
}

fn add_zone_below<T: Config>(parent: ZoneId) -> Result<ZoneId, BenchmarkError> {
	let zone = NextZone::<T>::get();
	Pallet::<T>::insert(NewZone { parent: Some(parent), link: Link::default() }, Pallet::<T>::most_zones())?;
	Ok(zone)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn add_zone() -> Result<(), BenchmarkError> {
		let parent = deep_zone::<T>()?;
		let zone = NextZone::<T>::get();
		let dso = operator::<T>(parent);
		#[extrinsic_call]
		_(dso, Some(parent), Link::default());
		assert!(Zones::<T>::contains_key(zone));
		Ok(())
	}

	#[benchmark]
	fn add_zones(n: Linear<1, { T::MaxBatch::get() }>) -> Result<(), BenchmarkError> {
		let parent = deep_zone::<T>()?;
		let before = NextZone::<T>::get();
		let zones: BoundedVec<_, T::MaxBatch> =
			BoundedVec::truncate_from(alloc::vec![NewZone { parent: Some(parent), link: Link::default() }; n as usize]);
		let dso = operator::<T>(parent);
		#[extrinsic_call]
		_(dso, zones);
		assert_eq!(NextZone::<T>::get(), before.saturating_add(n));
		Ok(())
	}

	#[benchmark]
	fn add_points(n: Linear<1, { T::MaxBatch::get() }>) -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		Pallet::<T>::do_allow_couplings(zone, true)?;
		let (owner, kind, import_w, export_w) = (Helper::<T>::owner(), PointKind::Coupling, 1, 1);
		let points: BoundedVec<_, T::MaxBatch> =
			BoundedVec::truncate_from(alloc::vec![NewPoint { zone, owner, kind, import_w, export_w }; n as usize]);
		let dso = operator_for_owner::<T>(zone);
		#[extrinsic_call]
		_(dso, points);
		assert_eq!(NextPoint::<T>::get(), n);
		Ok(())
	}

	#[benchmark]
	fn set_link() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let link = Link { import_w: Some(1), export_w: Some(1), fee: 0 };
		let dso = RawOrigin::Signed(Helper::<T>::dso());
		#[extrinsic_call]
		_(dso, zone, link);
		assert_eq!(Zones::<T>::get(zone).map(|zone| zone.last_link()), Some(link));
		Ok(())
	}

	#[benchmark]
	fn retire_zone() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let dso = RawOrigin::Signed(Helper::<T>::dso());
		#[extrinsic_call]
		_(dso, zone);
		assert!(Zones::<T>::get(zone).is_some_and(|zone| zone.until.is_some()));
		Ok(())
	}

	#[benchmark]
	fn add_point() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let point = NextPoint::<T>::get();
		let dso = operator_for_owner::<T>(zone);
		Pallet::<T>::do_allow_couplings(zone, true)?;
		#[extrinsic_call]
		_(dso, zone, Helper::<T>::owner(), PointKind::Coupling, 1, 1);
		assert!(Points::<T>::contains_key(point));
		Ok(())
	}

	/// By a delegate of the owner, of a coupling far below the root.
	#[benchmark]
	fn accept_point() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		Pallet::<T>::do_allow_couplings(zone, true)?;
		let (id, point) = (NextProposal::<T>::get(), NextPoint::<T>::get());
		let top = highest_operated::<T>(zone);
		let account = Helper::<T>::operator(top);
		let new = NewPoint { zone, owner: Helper::<T>::owner(), kind: PointKind::Coupling, import_w: 1, export_w: 1 };
		let operator = T::Participants::participant(&account).ok_or(BenchmarkError::Stop("it is a member"))?;
		Pallet::<T>::propose(account.clone(), operator, new)?;
		Helper::<T>::delegate(new.owner, &account);
		#[extrinsic_call]
		_(RawOrigin::Signed(account), id);
		assert!(Points::<T>::contains_key(point));
		Ok(())
	}

	/// By an operator of the zone that neither made the proposal nor acts for the owner.
	#[benchmark]
	fn withdraw_point() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let id = NextProposal::<T>::get();
		let account = Helper::<T>::operator(highest_operated::<T>(zone));
		let owner = Helper::<T>::owner();
		let new = NewPoint { zone, owner, kind: PointKind::Metered, import_w: 1, export_w: 1 };
		Pallet::<T>::propose(account.clone(), owner, new)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(account), id);
		assert!(!Proposals::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn allow_couplings() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, zone, true);
		assert!(Couplings::<T>::contains_key(zone));
		Ok(())
	}

	#[benchmark]
	fn retire_point() -> Result<(), BenchmarkError> {
		let zone = deep_zone::<T>()?;
		let point = NextPoint::<T>::get();
		Pallet::<T>::do_add_point(NewPoint {
			zone,
			owner: Helper::<T>::owner(),
			kind: PointKind::Metered,
			import_w: 1,
			export_w: 1,
		})?;
		let dso = RawOrigin::Signed(Helper::<T>::dso());
		#[extrinsic_call]
		_(dso, point);
		assert!(Points::<T>::get(point).is_some_and(|point| point.until.is_some()));
		Ok(())
	}

	/// Links in different pages of results, in an interval of as many products as there may be, all but one of whose sessions
	/// have ended; by an account that holds the role for the whole grid, so that nothing is walked.
	#[benchmark]
	fn publish(n: Linear<1, { T::MaxBatch::get() }>) -> Result<(), BenchmarkError> {
		let (zones, interval) = Helper::<T>::sold_interval(n);
		let links: Vec<_> = zones.into_iter().map(|zone| (zone, Link::default())).collect();
		let links: BoundedVec<_, T::MaxBatch> =
			links.try_into().map_err(|_| BenchmarkError::Stop("as many links as fit"))?;
		let dso = RawOrigin::Signed(Helper::<T>::dso_everywhere());
		#[extrinsic_call]
		_(dso, interval, links);
		assert_eq!(Publications::<T>::iter_prefix(interval).count(), n as usize);
		Ok(())
	}

	/// A role check that reads `n` zones with as many link terms as they may have, for an account with as many scopes as two
	/// participants hold, of which only the root is above them.
	#[benchmark]
	fn walk(n: Linear<1, { T::MaxZones::get().min(4_096) }>) -> Result<(), BenchmarkError> {
		let leaves = Helper::<T>::branches(n);
		for zone in 0..n {
			Zones::<T>::mutate(zone, |zone| {
				if let Some(zone) = zone {
					let terms = zone.terms.first().copied();
					zone.terms =
						BoundedVec::truncate_from(terms.into_iter().cycle().take(MAX_LINK_CHANGES as usize).collect());
				}
			});
		}
		let ancestors: Vec<_> =
			(0..32).map(|scope| if scope == 0 { 0 } else { ZoneId::MAX.saturating_sub(scope) }).collect();
		let walked;
		#[block]
		{
			walked = <Pallet<T> as busbar_primitives::traits::Zones>::all_within(&leaves, &ancestors);
		}
		assert_eq!(walked, (true, n));
		Ok(())
	}
}
