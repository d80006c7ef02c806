//! Readings that did not come in time: whose fault that is, and what it costs.
//!
//! Of every operator the last [`COUNTED_DAYS`] days are counted, however many points it reads. Up to one reading of
//! [`FREE_OF`] may be missing; each that is reported beyond costs what the silence could have been worth.

use crate::{
	Accuser, Config, DayCount, Error, Event, FittedMeters, Harmed, HoldReason, Meters, Operators, Pallet, Proven,
	Punctuality, Readings, Reported, COUNTED_DAYS, FREE_OF,
};
use busbar_primitives::{
	metering::{energy, estimates, intervals_per_day, Duty, LIKE_READINGS},
	traits::{self, Calendar, Grid},
	Balance, Interval, ParticipantId, Point, PointId, SignedWh, Terms, FIRST_RUN,
};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_report_missing(interval: Interval, points: &[PointId]) -> DispatchResult {
		ensure!(!points.is_empty(), Error::<T>::EmptyBatch);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		// Until then readings come, which say who lost.
		ensure!(T::Calendar::now() >= terms.dispute_end, Error::<T>::WindowOpen);
		points.iter().try_for_each(|point| Self::report(&terms, interval, *point))
	}

	fn report(terms: &Terms, interval: Interval, point: PointId) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(details.is_in_force(interval), Error::<T>::PointNotInForce);
		ensure!(!Reported::<T>::contains_key(interval, point), Error::<T>::AlreadyReported);
		let operator = Self::reader_of(point, interval)?;
		let reading = Readings::<T>::get(interval, point).filter(Proven::settles);
		ensure!(reading.is_none_or(|reading| reading.late), Error::<T>::NotMissing);
		Reported::<T>::insert(interval, point, ());
		let (due, missing) = Self::count(operator, interval, 0, 1);
		let mut charged = 0;
		if u64::from(missing).saturating_mul(FREE_OF.into()) > u64::from(due) {
			let harmed = Self::harmed_by_silence(terms, interval, point, &details, reading);
			charged = Self::charge(operator, interval, point, harmed, Self::worth(terms, &details))?;
		}
		Self::deposit_event(Event::Missing { interval, point, operator, charged });
		Ok(())
	}

	/// Who had to read a point's main meter in an interval.
	fn reader_of(point: PointId, interval: Interval) -> Result<ParticipantId, DispatchError> {
		let fitted = FittedMeters::<T>::get(point, Duty::Main).ok_or(Error::<T>::NoMeter)?;
		let mut meters = [Some(fitted.meter), fitted.before].into_iter().flatten().filter_map(Meters::<T>::get);
		let meter = meters.find(|meter| meter.counts(interval)).ok_or(Error::<T>::MeterNotInForce)?;
		Ok(meter.operator)
	}

	/// What the first run takes a point to have metered that has no reading, in Wh; of two the one with more consumption.
	pub(crate) fn expected(interval: Interval, point: PointId) -> Result<SignedWh, DispatchError> {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		Ok(Self::estimated(&terms, interval, point, &details))
	}

	fn estimated(terms: &Terms, interval: Interval, point: PointId, details: &Point) -> SignedWh {
		let at = terms.known_at(FIRST_RUN);
		let like = <Self as traits::Readings>::like(point, interval, LIKE_READINGS, at);
		let wh = estimates(&like, details, T::Calendar::interval_s(), false);
		wh.into_iter().max().unwrap_or(0)
	}

	/// The owner, if it was charged for more than it metered until the reading came. Of what never came nobody knows, and
	/// the owner who kept its meter silent must not gain by it.
	fn harmed_by_silence(
		terms: &Terms,
		interval: Interval,
		point: PointId,
		details: &Point,
		reading: Option<Proven>,
	) -> Harmed {
		let Some(reading) = reading else { return Harmed::Balancing };
		Harmed::by(Self::estimated(terms, interval, point, details), reading.net())
	}

	/// What a silent point could be worth, in nEUR: all energy between its ratings, times what its prices may differ by.
	fn worth(terms: &Terms, details: &Point) -> Balance {
		let interval_s = T::Calendar::interval_s();
		let wh = |power_w| Balance::from(energy(power_w, interval_s));
		let highest = terms.price_cap.max(terms.posted.short_max);
		let lowest = terms.price_floor.min(terms.posted.long_min);
		let span = Balance::from(highest.saturating_sub(lowest).max(0).unsigned_abs());
		wh(details.import_w).saturating_add(wh(details.export_w)).saturating_mul(span)
	}

	/// Takes up to `amount` nEUR of an operator's bond for a missing reading.
	fn charge(
		operator: ParticipantId,
		interval: Interval,
		point: PointId,
		harmed: Harmed,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let Some(mut record) = Operators::<T>::get(operator) else { return Ok(0) };
		let to = Self::payee(&record.account, interval, point, harmed, &Accuser::Nobody);
		let amount = record.bond.min(amount);
		let paid = Self::pay_from_hold(HoldReason::OperatorBond, &record.account, &to, amount)?;
		record.bond = record.bond.saturating_sub(paid);
		let bond = record.bond;
		Operators::<T>::insert(operator, record);
		Self::deposit_event(Event::BondChanged { operator, bond });
		Ok(paid)
	}

	/// Counts readings of an operator that came in time and that did not. Returns how many were due on the last
	/// [`COUNTED_DAYS`] up to the interval's, and how many of them are missing.
	pub(crate) fn count(operator: ParticipantId, interval: Interval, proven: u32, missing: u32) -> (u32, u32) {
		let day = interval.checked_div(intervals_per_day(T::Calendar::interval_s())).unwrap_or(0);
		Punctuality::<T>::mutate(operator, |days| {
			let at = days.partition_point(|counted| counted.day < day);
			if days.get(at).is_none_or(|counted| counted.day != day) {
				let new = DayCount { day, ..Default::default() };
				if days.is_full() && at > 0 {
					// The oldest day goes.
					days.remove(0);
					let _ = days.try_insert(at.saturating_sub(1), new);
				} else {
					// Of a day before all that are counted nothing is kept.
					let _ = days.try_insert(at, new);
				}
			}
			if let Some(counted) = days.iter_mut().find(|counted| counted.day == day) {
				counted.proven = counted.proven.saturating_add(proven);
				counted.missing = counted.missing.saturating_add(missing);
			}
			let first = day.saturating_sub(COUNTED_DAYS.saturating_sub(1));
			let counted = days.iter().filter(|counted| (first..=day).contains(&counted.day));
			counted.fold((0u32, 0u32), |(due, missing), counted| {
				let all = counted.proven.saturating_add(counted.missing);
				(due.saturating_add(all), missing.saturating_add(counted.missing))
			})
		})
	}
}
