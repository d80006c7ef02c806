//! What the calls do, what settlement reads, and the invariants.

use crate::{leaf, Config, Dataset, Datasets, Error, Event, Meter, Meters, Pallet, Proven, ProvenReading, Readings};
use alloc::collections::BTreeMap;
use busbar_primitives::{
	traits::{self, Calendar, Grid, Participants},
	Interval, Metered, ParticipantId, PointId, Role,
};
use frame_support::{ensure, BoundedVec};
use sp_core::H256;
use sp_runtime::{DispatchResult, TryRuntimeError};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register_meter(who: T::AccountId, id: PointId, device: [u8; 32]) -> DispatchResult {
		let point = T::Grid::point(id).ok_or(Error::<T>::UnknownPoint)?;
		let operator = T::Participants::ensure(&who, Role::MeterOperator, Some(point.zone))?;
		let meter = Meter { operator, device, since: T::Calendar::now() };
		let replaced = Meters::<T>::mutate(id, |slot| slot.replace(meter)).map(|meter| meter.operator);
		Self::deposit_event(Event::MeterRegistered { point: id, operator, device, replaced });
		Ok(())
	}

	pub(crate) fn do_attest(
		who: T::AccountId,
		interval: Interval,
		root: H256,
		count: u32,
		bytes: u32,
		content: H256,
	) -> DispatchResult {
		// A dataset spans zones; that the operator may read each meter was checked when the meter was registered.
		let operator = T::Participants::ensure_anywhere(&who, Role::MeterOperator)?;
		Self::ensure_window(interval)?;
		ensure!(!Datasets::<T>::contains_key(interval, operator), Error::<T>::AlreadyAttested);
		let dataset = Dataset { root, count, bytes, content, version: 1, at: T::Calendar::now() };
		Datasets::<T>::insert(interval, operator, dataset);
		Self::deposit_event(Event::Attested { interval, operator, root, count, bytes, content });
		Ok(())
	}

	pub(crate) fn do_prove(
		interval: Interval,
		operator: ParticipantId,
		readings: &BoundedVec<ProvenReading, T::MaxReadings>,
	) -> DispatchResult {
		ensure!(!readings.is_empty(), Error::<T>::EmptyBatch);
		Self::ensure_window(interval)?;
		let dataset = Datasets::<T>::get(interval, operator).ok_or(Error::<T>::NoDataset)?;
		let mut points = BoundedVec::new();
		for item in readings {
			Self::prove_one(interval, operator, &dataset, item)?;
			points.try_push(item.reading.point).map_err(|_| Error::<T>::OutOfRange)?;
		}
		Self::deposit_event(Event::Proven { interval, operator, points });
		Ok(())
	}

	fn prove_one(
		interval: Interval,
		operator: ParticipantId,
		dataset: &Dataset,
		item: &ProvenReading,
	) -> DispatchResult {
		let reading = &item.reading;
		ensure!(reading.interval == interval, Error::<T>::WrongInterval);
		let point = T::Grid::point(reading.point).ok_or(Error::<T>::UnknownPoint)?;
		let exists = point.from <= interval && point.until.is_none_or(|until| interval < until);
		ensure!(exists, Error::<T>::PointNotInForce);
		let meter = Meters::<T>::get(reading.point).ok_or(Error::<T>::NoMeter)?;
		ensure!(meter.operator == operator, Error::<T>::WrongOperator);
		ensure!(!Readings::<T>::contains_key(interval, reading.point), Error::<T>::AlreadyProven);
		ensure!(reading.is_in_range(), Error::<T>::OutOfRange);
		let leaf = leaf(&item.salt, reading);
		let proven = busbar_merkle::verify(dataset.root, dataset.count, item.index, leaf, &item.proof);
		ensure!(proven, Error::<T>::WrongProof);
		let record = Proven {
			operator,
			metered: reading.metered(),
			import_varh: reading.import_varh,
			export_varh: reading.export_varh,
		};
		Readings::<T>::insert(interval, reading.point, record);
		Ok(())
	}

	/// That the interval is delivered and its attestation window is open.
	fn ensure_window(interval: Interval) -> DispatchResult {
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let now = T::Calendar::now();
		ensure!(now >= terms.delivery_end, Error::<T>::NotDelivered);
		ensure!(now < terms.attestation_end, Error::<T>::WindowClosed);
		Ok(())
	}

	/// Checks every invariant of the pallet. Reads all meters and readings.
	///
	/// # Errors
	/// Names the first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for point in Meters::<T>::iter_keys() {
			ensure!(T::Grid::point(point).is_some(), "metering: a meter of an unknown point");
		}
		let mut proven = BTreeMap::<_, u32>::new();
		for (interval, point, reading) in Readings::<T>::iter() {
			ensure!(T::Grid::point(point).is_some(), "metering: a reading of an unknown point");
			ensure!(reading.metered.net().is_some(), "metering: a reading is out of range");
			let count = proven.entry((interval, reading.operator)).or_default();
			*count = count.saturating_add(1);
		}
		for ((interval, operator), count) in proven {
			let dataset = Datasets::<T>::get(interval, operator).ok_or("metering: a reading without its dataset")?;
			ensure!(count <= dataset.count, "metering: more readings than the dataset has");
		}
		Ok(())
	}
}

impl<T: Config> traits::Readings for Pallet<T> {
	fn of(point: PointId, interval: Interval) -> Option<Metered> {
		Readings::<T>::get(interval, point).map(|reading| reading.metered)
	}
}

impl<T: Config> traits::Prune for Pallet<T> {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let most = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
		let count = |removed: usize| u32::try_from(removed).unwrap_or(u32::MAX);
		let readings = count(Readings::<T>::drain_prefix(interval).take(most(limit)).count());
		let left = limit.saturating_sub(readings);
		readings.saturating_add(count(Datasets::<T>::drain_prefix(interval).take(most(left)).count()))
	}
}
