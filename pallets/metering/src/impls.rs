//! What other pallets read, and the pruning of an interval.

use crate::{
	net, Checks, Config, Datasets, Dispute, Disputes, Earlier, FittedMeters, Ground, HoldReason, Holders, Pallet,
	Proven, Readings, Replaced, Reported,
};
use alloc::vec::Vec;
use busbar_primitives::{
	metering::{estimates, intervals_per_day, Basis, Duty, Standing, LIKE_DAYS, LIKE_READINGS},
	traits::{self, Calendar},
	Interval, Metered, Moment, Point, PointId, Quality, SignedWh,
};
use frame_support::traits::{fungible::MutateHold, tokens::Precision};

/// Pruned keys that a dispute's removal counts as: it may release money.
const DISPUTE_KEYS: u32 = 4;

impl<T: Config> traits::Readings for Pallet<T> {
	fn of(point: PointId, interval: Interval) -> Option<Metered> {
		Readings::<T>::get(interval, point).map(|reading| reading.metered())
	}

	fn version(point: PointId, interval: Interval) -> u16 {
		Readings::<T>::get(interval, point).map_or(0, |reading| reading.version)
	}

	fn is_contested(point: PointId, interval: Interval) -> bool {
		Disputes::<T>::get(interval, point).is_some_and(|dispute| T::Calendar::now() < dispute.deadline)
	}

	fn stood(point: PointId, interval: Interval, at: Moment) -> Option<SignedWh> {
		Self::what_stood(interval, point, at)
	}

	fn like(point: PointId, interval: Interval, most: u32, at: Moment) -> Vec<SignedWh> {
		let day = intervals_per_day(T::Calendar::interval_s());
		if day == 0 {
			return Vec::new();
		}
		(1..=LIKE_DAYS)
			.map_while(|days| interval.checked_sub(day.checked_mul(days)?))
			.filter_map(|interval| Self::what_stood(interval, point, at))
			.take(usize::try_from(most).unwrap_or(usize::MAX))
			.collect()
	}

	fn standing(point: PointId, interval: Interval, at: Moment) -> Standing {
		let standing = Readings::<T>::get(interval, point);
		let Some(reading) = standing.filter(Proven::settles) else {
			return Standing::Silent { declared: standing.is_some_and(|one| one.quality == Quality::Estimated) };
		};
		let (version, wh) = (reading.version, reading.net());
		// What nobody's device signed displaces nothing.
		let signed = |dispute: &Dispute<T::AccountId>| {
			at < dispute.deadline && matches!(dispute.ground, Ground::TwoSignatures | Ground::Quorum)
		};
		match Disputes::<T>::get(interval, point).filter(signed).and_then(|dispute| dispute.claim) {
			Some(claim) => Standing::Contested([wh, net(&claim)]),
			None => Standing::Reading { version, wh },
		}
	}

	fn basis(point: PointId, details: &Point, interval: Interval, standing: Standing, last: bool, at: Moment) -> Basis {
		Basis::new(standing, || {
			let like = Self::like(point, interval, LIKE_READINGS, at);
			estimates(&like, details, T::Calendar::interval_s(), last)
		})
	}
}

impl<T: Config> traits::Meters for Pallet<T> {
	fn metered_from(point: PointId) -> Option<Interval> {
		FittedMeters::<T>::get(point, Duty::Main).map(|fitted| fitted.first)
	}
}

impl<T: Config> traits::Prune for Pallet<T> {
	/// Disputes first, whose bonds go back; then readings, then the datasets that they stand in.
	fn prune(interval: Interval, limit: u32) -> u32 {
		let mut left = limit;
		loop {
			let Some((point, dispute)) = Disputes::<T>::iter_prefix(interval).next() else { break };
			if left < DISPUTE_KEYS {
				// Less than a dispute's share is left: it waits, and so does everything after it.
				return limit;
			}
			if let Some(disputant) = &dispute.disputant {
				let reason = HoldReason::DisputeBond.into();
				let _ = T::Currency::release(&reason, disputant, dispute.bond, Precision::BestEffort);
			}
			Disputes::<T>::remove(interval, point);
			left = left.saturating_sub(DISPUTE_KEYS);
		}
		let most = |left: u32| usize::try_from(left).unwrap_or(usize::MAX);
		let minus = |left: u32, removed: usize| left.saturating_sub(u32::try_from(removed).unwrap_or(u32::MAX));
		left = minus(left, Checks::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Readings::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Replaced::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Holders::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Reported::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Earlier::<T>::drain_prefix(interval).take(most(left)).count());
		left = minus(left, Datasets::<T>::drain_prefix(interval).take(most(left)).count());
		limit.saturating_sub(left)
	}
}
