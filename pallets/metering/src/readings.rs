//! Proving readings, weighing them against those that stand, and estimates.

use crate::{
	Attesters, Checks, Config, Dataset, Datasets, Disputes, Error, Event, Ground, Meters, Pallet, Proven,
	ProvenReading, Readings, Weighing,
};
use alloc::vec::Vec;
use busbar_primitives::{
	metering::{estimate, intervals_per_day, Duty, Meter, Reading, Registers, ESTIMATE_DAYS},
	traits::{Calendar, Grid},
	Interval, ParticipantId, PointId, Quality, Terms,
};
use frame_support::{ensure, traits::Get, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_prove(
		interval: Interval,
		operator: ParticipantId,
		readings: &BoundedVec<ProvenReading, T::MaxReadings>,
	) -> DispatchResult {
		ensure!(!readings.is_empty(), Error::<T>::EmptyBatch);
		let terms = Self::ensure_window(interval)?;
		let dataset = Datasets::<T>::get(interval, operator).ok_or(Error::<T>::NoDataset)?;
		let genesis = Self::genesis();
		let mut points = BoundedVec::new();
		for item in readings {
			ensure!(item.signed.reading.interval == interval, Error::<T>::WrongInterval);
			let meter = Self::meter_of(&item.signed.reading)?;
			ensure!(meter.operator == operator, Error::<T>::WrongOperator);
			Self::ensure_in_dataset(&dataset, item)?;
			ensure!(item.signed.is_authentic(&genesis, &meter.device), Error::<T>::WrongSignature);
			Self::take_reading(&terms, &meter, &item.signed.reading, dataset.version)?;
			points.try_push(meter.point).map_err(|_| Error::<T>::EmptyBatch)?;
		}
		Self::deposit_event(Event::Proven { interval, operator, points });
		Ok(())
	}

	/// The meter of a reading, which counts in the reading's interval at the point that the reading names.
	pub(crate) fn meter_of(reading: &Reading) -> Result<Meter, DispatchError> {
		let interval = reading.interval;
		let point = T::Grid::point(reading.point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(point.is_in_force(interval), Error::<T>::PointNotInForce);
		let meter = Meters::<T>::get(reading.meter).ok_or(Error::<T>::NoMeter)?;
		ensure!(meter.point == reading.point, Error::<T>::WrongPoint);
		ensure!(meter.counts(interval), Error::<T>::MeterNotInForce);
		ensure!(reading.is_in_range(), Error::<T>::OutOfRange);
		Ok(meter)
	}

	pub(crate) fn ensure_in_dataset(dataset: &Dataset, item: &ProvenReading) -> DispatchResult {
		let leaf = item.signed.leaf(&item.salt);
		let proven = busbar_merkle::verify(dataset.root, dataset.count, item.index, leaf, &item.proof);
		ensure!(proven, Error::<T>::WrongProof);
		Ok(())
	}

	/// Lets an authentic reading stand if it is the first or outweighs the one that does, and compares both meters.
	fn take_reading(terms: &Terms, meter: &Meter, reading: &Reading, dataset: u16) -> DispatchResult {
		let (interval, point) = (reading.interval, meter.point);
		ensure!(!Disputes::<T>::contains_key(interval, point), Error::<T>::Contested);
		if reading.quality == Quality::Estimated {
			let expected = Self::estimate_of(meter, interval).ok_or(Error::<T>::NoBasis)?;
			ensure!(expected == reading.registers(), Error::<T>::WrongEstimate);
		}
		let standing = match meter.duty {
			Duty::Main => Readings::<T>::get(interval, point),
			Duty::Check => {
				ensure!(Attesters::<T>::get(point) == Some(meter.operator), Error::<T>::NotNamed);
				Checks::<T>::get(interval, point)
			},
		};
		match standing.map(|standing| standing.weigh(reading.quality, &reading.registers())) {
			None | Some(Weighing::Replaces) => {
				let proven = Self::successor(standing, meter, reading, dataset);
				match meter.duty {
					Duty::Main => Readings::<T>::insert(interval, point, proven),
					Duty::Check => Checks::<T>::insert(interval, point, proven),
				}
				Self::compare(terms, interval, point)
			},
			Some(Weighing::Contradicts) if meter.duty == Duty::Main => {
				let claim = reading.registers();
				Self::open(terms, interval, point, Ground::TwoSignatures, None, meter.operator, None, claim)
			},
			// A check meter that contradicts itself proves nothing.
			Some(Weighing::Same | Weighing::Contradicts) => Err(Error::<T>::AlreadyProven.into()),
			Some(Weighing::Weaker) => Err(Error::<T>::Weaker.into()),
		}
	}

	/// The record of a reading that follows the one that stands.
	pub(crate) fn successor(standing: Option<Proven>, meter: &Meter, reading: &Reading, dataset: u16) -> Proven {
		Proven {
			meter: reading.meter,
			operator: meter.operator,
			version: standing.map_or(0, |standing| standing.version).saturating_add(1),
			dataset,
			registers: reading.registers(),
			quality: reading.quality,
			faulted: standing.is_some_and(|standing| standing.faulted),
		}
	}

	/// Opens a dispute if both meters of a point have a reading and differ beyond tolerance.
	pub(crate) fn compare(terms: &Terms, interval: Interval, point: PointId) -> DispatchResult {
		let Some(check) = Checks::<T>::get(interval, point) else { return Ok(()) };
		let Some(main) = Readings::<T>::get(interval, point) else { return Ok(()) };
		let class = |meter| Meters::<T>::get(meter).map(|meter| meter.class).ok_or(Error::<T>::NoMeter);
		let classes = [class(main.meter)?, class(check.meter)?];
		if main.registers.agrees_with(&check.registers, classes, T::Tolerance::get()) {
			return Ok(());
		}
		let accuser = Some(check.operator);
		Self::open(terms, interval, point, Ground::Quorum, None, main.operator, accuser, check.registers)
	}

	/// The estimate of a main meter's interval from the readings that stand: the same interval of the day on the last days.
	/// `None` if there are none, and for check meters.
	pub fn estimate_of(meter: &Meter, interval: Interval) -> Option<Registers> {
		if meter.duty == Duty::Check {
			return None;
		}
		let day = intervals_per_day(T::Calendar::interval_s());
		let days: Vec<_> = (1..=ESTIMATE_DAYS)
			.filter_map(|days| interval.checked_sub(day.checked_mul(days)?))
			.filter_map(|interval| Readings::<T>::get(interval, meter.point))
			.filter(|reading| reading.quality != Quality::Estimated)
			.map(|reading| reading.registers)
			.collect();
		estimate(&days)
	}

	/// Hash of the first block, which readings are signed for.
	pub fn genesis() -> H256 {
		let hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		H256::from_slice(hash.as_ref())
	}
}
