//! What must hold after every call.

use crate::{
	Attesters, Checks, Config, Datasets, Disputes, Earlier, FittedMeters, HoldReason, Holders, Meters, Named,
	NextMeter, Operators, Pallet, Punctuality, Readings, FULL_REPUTATION, LEAST_REPUTATION,
};
use alloc::{
	collections::{btree_map::BTreeMap, btree_set::BTreeSet},
	vec::Vec,
};
use busbar_primitives::{traits::Grid, Balance, ParticipantId};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet. Reads its whole state.
	///
	/// # Errors
	/// Names the first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_meters()?;
		Self::check_readings()?;
		Self::check_bonds()?;
		Self::check_holders()
	}

	fn check_holders() -> Result<(), TryRuntimeError> {
		for (interval, _, holders) in Holders::<T>::iter() {
			ensure!(!holders.is_empty(), "metering: an empty list of holders is stored");
			ensure!(Datasets::<T>::iter_prefix(interval).next().is_some(), "metering: holders of a pruned interval");
			let distinct: BTreeSet<_> = holders.iter().collect();
			ensure!(distinct.len() == holders.len(), "metering: a participant holds a dataset twice");
		}
		Ok(())
	}

	fn check_meters() -> Result<(), TryRuntimeError> {
		let mut fitted = 0usize;
		for (point, duty, at) in FittedMeters::<T>::iter() {
			ensure!(T::Grid::point(point).is_some(), "metering: a meter of an unknown point");
			let meter = Meters::<T>::get(at.meter).ok_or("metering: a fitted meter has no record")?;
			ensure!(meter.point == point && meter.duty == duty, "metering: a meter is fitted elsewhere");
			ensure!(at.first <= meter.from, "metering: a point was metered before its first meter");
			fitted = fitted.saturating_add(1);
			if let Some(before) = at.before {
				let before = Meters::<T>::get(before).ok_or("metering: a replaced meter has no record")?;
				ensure!(at.first <= before.from, "metering: a point was metered before its first meter");
				ensure!(before.until.is_some_and(|until| until <= meter.from), "metering: meters overlap");
				ensure!(before.point == point && before.duty == duty, "metering: a meter replaced another point's");
				fitted = fitted.saturating_add(1);
			}
		}
		for (id, meter) in Meters::<T>::iter() {
			ensure!(id < NextMeter::<T>::get(), "metering: a meter's number was not given yet");
			ensure!(meter.until.is_none_or(|until| meter.from < until), "metering: a meter counts nothing");
		}
		ensure!(Meters::<T>::iter().count() == fitted, "metering: a meter is fitted nowhere");
		let mut named = BTreeMap::<ParticipantId, u32>::new();
		for attester in Attesters::<T>::iter_values() {
			let count = named.entry(attester).or_default();
			*count = count.saturating_add(1);
		}
		let counted: BTreeMap<_, _> = Named::<T>::iter().collect();
		ensure!(named == counted, "metering: second attesters are miscounted");
		Ok(())
	}

	fn check_readings() -> Result<(), TryRuntimeError> {
		for (interval, point, reading) in Readings::<T>::iter().chain(Checks::<T>::iter()) {
			ensure!(T::Grid::point(point).is_some(), "metering: a reading of an unknown point");
			ensure!(reading.registers.is_in_range(), "metering: a reading is out of range");
			ensure!(reading.version > 0, "metering: a reading without a version");
			if reading.dataset > 0 {
				let dataset =
					Datasets::<T>::get(interval, reading.operator).ok_or("metering: a reading without its dataset")?;
				ensure!(reading.dataset <= dataset.version, "metering: a reading of a version that never was");
			}
		}
		for (_, _, dataset) in Datasets::<T>::iter() {
			let within = (1..=T::MaxVersions::get()).contains(&dataset.version);
			ensure!(within, "metering: a dataset's version is out of bounds");
		}
		for (interval, operator, earlier) in Earlier::<T>::iter() {
			let newest = Datasets::<T>::get(interval, operator).ok_or("metering: an earlier root without a dataset")?;
			let kept = earlier.len().saturating_add(1) == usize::from(newest.version);
			ensure!(kept, "metering: a version of a dataset has no root");
		}
		for days in Punctuality::<T>::iter_values() {
			let ascend = days.iter().zip(days.iter().skip(1)).all(|(one, next)| one.day < next.day);
			ensure!(ascend, "metering: days are counted out of order");
		}
		for (interval, point, _) in Disputes::<T>::iter() {
			ensure!(Readings::<T>::contains_key(interval, point), "metering: a dispute over no reading");
		}
		Ok(())
	}

	fn check_bonds() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::<Vec<u8>, (T::AccountId, Balance, Balance)>::new();
		for operator in Operators::<T>::iter_values() {
			let within = (LEAST_REPUTATION..=FULL_REPUTATION).contains(&operator.reputation);
			ensure!(within, "metering: a reputation is out of bounds");
			let entry = held.entry(operator.account.encode()).or_insert((operator.account, 0, 0));
			entry.1 = entry.1.saturating_add(operator.bond);
		}
		for (_, _, dispute) in Disputes::<T>::iter() {
			let Some(disputant) = dispute.disputant else {
				ensure!(dispute.bond == 0, "metering: a bond of nobody");
				continue;
			};
			let entry = held.entry(disputant.encode()).or_insert((disputant, 0, 0));
			entry.2 = entry.2.saturating_add(dispute.bond);
		}
		for (account, operator, dispute) in held.values() {
			let on_hold = |reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), account);
			ensure!(on_hold(HoldReason::OperatorBond) == *operator, "metering: an operator's bond is not what is held");
			ensure!(on_hold(HoldReason::DisputeBond) == *dispute, "metering: dispute bonds are not what is held");
		}
		Ok(())
	}
}
