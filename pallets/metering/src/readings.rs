//! Proving readings, weighing them against those that stand, and estimates.

use crate::{
	Attesters, Checks, Config, Datasets, Decision, Disputes, Error, Event, Ground, Meters, Pallet, Proven,
	ProvenReading, Readings, Weighing, Worth,
};
use alloc::vec::Vec;
use busbar_primitives::{
	metering::{estimate, intervals_per_day, is_plausible, Duty, Meter, Reading, Registers, ESTIMATE_DAYS},
	traits::{Calendar, Grid, OnReading},
	Interval, ParticipantId, Point, PointId, Quality, Terms,
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
		let (mut points, mut in_time) = (BoundedVec::new(), 0u32);
		for item in readings {
			ensure!(item.signed.reading.interval == interval, Error::<T>::WrongInterval);
			let (details, meter) = Self::meter_of(&item.signed.reading)?;
			ensure!(meter.operator == operator, Error::<T>::WrongOperator);
			Self::ensure_in_dataset(dataset.root, dataset.count, item)?;
			ensure!(item.signed.is_authentic(&genesis, &meter.device), Error::<T>::WrongSignature);
			let counts = Self::take_reading(&terms, &details, &meter, &item.signed.reading, dataset.version)?;
			in_time = in_time.saturating_add(u32::from(counts));
			points.try_push(meter.point).map_err(|_| Error::<T>::EmptyBatch)?;
		}
		if in_time > 0 {
			Self::count(operator, interval, in_time, 0);
		}
		Self::deposit_event(Event::Proven { interval, operator, points });
		Ok(())
	}

	/// The point that a reading names, and its meter, which counts there in the reading's interval.
	pub(crate) fn meter_of(reading: &Reading) -> Result<(Point, Meter), DispatchError> {
		let interval = reading.interval;
		let point = T::Grid::point(reading.point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(point.is_in_force(interval), Error::<T>::PointNotInForce);
		let meter = Meters::<T>::get(reading.meter).ok_or(Error::<T>::NoMeter)?;
		ensure!(meter.point == reading.point, Error::<T>::WrongPoint);
		ensure!(meter.counts(interval), Error::<T>::MeterNotInForce);
		ensure!(reading.is_in_range(), Error::<T>::OutOfRange);
		Ok((point, meter))
	}

	pub(crate) fn ensure_in_dataset(root: H256, count: u32, item: &ProvenReading) -> DispatchResult {
		let leaf = item.signed.leaf(&item.salt);
		let proven = busbar_merkle::verify(root, count, item.index, leaf, &item.proof);
		ensure!(proven, Error::<T>::WrongProof);
		Ok(())
	}

	/// Lets an authentic reading stand if it is the first or outweighs the one that does, and compares both meters. Returns
	/// whether it lets the point settle, in time, on what it metered.
	fn take_reading(
		terms: &Terms,
		details: &Point,
		meter: &Meter,
		reading: &Reading,
		dataset: u16,
	) -> Result<bool, DispatchError> {
		let (interval, point) = (reading.interval, meter.point);
		T::OnReading::changing(point, interval);
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
		let sound = Self::is_sound(details, &reading.registers());
		match standing.map(|standing| standing.weigh(reading.quality, &reading.registers(), sound)) {
			None | Some(Weighing::Replaces) => {
				ensure!(sound || !standing.is_some_and(|standing| standing.settles()), Error::<T>::Implausible);
				let proven = Self::successor(terms, standing, meter, reading, sound, dataset);
				let settled = standing.is_some_and(|standing| standing.settles());
				match meter.duty {
					Duty::Main => Self::put_reading(terms, interval, point, standing, proven)?,
					Duty::Check => {
						Checks::<T>::insert(interval, point, proven);
						Self::reconsider(terms, interval, point)?;
					},
				}
				Ok(meter.duty == Duty::Main && proven.settles() && !proven.late && !settled)
			},
			Some(Weighing::Contradicts) if meter.duty == Duty::Main => {
				ensure!(sound, Error::<T>::Implausible);
				let claim = Some(reading.registers());
				let (ground, accused) = (Ground::TwoSignatures, meter.operator);
				Self::open(terms, interval, point, ground, None, accused, None, claim)?;
				Ok(false)
			},
			// A check meter that contradicts itself proves nothing.
			Some(Weighing::Same | Weighing::Contradicts) => Err(Error::<T>::AlreadyProven.into()),
			Some(Weighing::Weaker) => Err(Error::<T>::Weaker.into()),
		}
	}

	/// Whether a point can carry what its meter says.
	pub(crate) fn is_sound(details: &Point, registers: &Registers) -> bool {
		is_plausible(details, registers, T::Calendar::interval_s())
	}

	/// Lets a main meter's reading stand, and looks at what there is to decide of it.
	fn put_reading(
		terms: &Terms,
		interval: Interval,
		point: PointId,
		standing: Option<Proven>,
		proven: Proven,
	) -> DispatchResult {
		Self::put(interval, point, standing, proven);
		Self::reconsider(terms, interval, point)
	}

	/// The record of a reading that follows the one that stands.
	pub(crate) fn successor(
		terms: &Terms,
		standing: Option<Proven>,
		meter: &Meter,
		reading: &Reading,
		sound: bool,
		dataset: u16,
	) -> Proven {
		let in_time = standing.filter(|standing| standing.settles()).map(|standing| !standing.late);
		Proven {
			meter: reading.meter,
			operator: meter.operator,
			version: standing.map_or(0, |standing| standing.version).saturating_add(1),
			dataset,
			registers: reading.registers(),
			quality: reading.quality,
			faulted: standing.is_some_and(|standing| standing.faulted),
			worth: if sound { Worth::Sound } else { Worth::Implausible },
			late: !in_time.unwrap_or_else(|| T::Calendar::now() < terms.attestation_end),
			since: None,
		}
	}

	/// Ends a dispute that what stands now leaves nothing to decide of, and opens one if the reading is beyond what the point
	/// can carry, or if both meters of the point have a reading and differ beyond tolerance, unless it was replaced too often.
	pub(crate) fn reconsider(terms: &Terms, interval: Interval, point: PointId) -> DispatchResult {
		let Some(main) = Readings::<T>::get(interval, point) else { return Ok(()) };
		let check = Checks::<T>::get(interval, point).filter(|check| check.worth == Worth::Sound);
		let differ = |check: &Proven| -> Result<bool, DispatchError> {
			let class = |meter| Meters::<T>::get(meter).map(|meter| meter.class).ok_or(Error::<T>::NoMeter);
			let classes = [class(main.meter)?, class(check.meter)?];
			Ok(!main.registers.agrees_with(&check.registers, classes, T::Tolerance::get()))
		};
		if let Some(mut dispute) = Disputes::<T>::get(interval, point) {
			let is_over = match (dispute.ground, &check) {
				(Ground::Implausible, _) => main.worth == Worth::Sound,
				(Ground::Quorum, Some(check)) if dispute.claim != Some(check.registers) => {
					dispute.claim = Some(check.registers);
					Disputes::<T>::insert(interval, point, &dispute);
					!differ(check)?
				},
				(Ground::Quorum, Some(check)) => !differ(check)?,
				_ => dispute.claim == Some(main.registers),
			};
			if !is_over {
				return Ok(());
			}
			Disputes::<T>::remove(interval, point);
			Self::return_bond(&dispute)?;
			Self::decided(interval, point, Decision::Superseded);
		}
		if !Self::is_disputable(interval, point) {
			return Ok(());
		}
		if main.worth == Worth::Implausible {
			let (ground, accused) = (Ground::Implausible, main.operator);
			return Self::open(terms, interval, point, ground, None, accused, None, None);
		}
		match check {
			Some(check) if differ(&check)? => {
				let (accuser, claim) = (Some(check.operator), Some(check.registers));
				Self::open(terms, interval, point, Ground::Quorum, None, main.operator, accuser, claim)
			},
			_ => Ok(()),
		}
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
			.filter(Proven::settles)
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
