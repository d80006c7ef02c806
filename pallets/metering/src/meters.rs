//! Meters, second attesters, and which intervals a meter counts.

use crate::{
	Attesters, Config, Error, Event, Fitted, FittedMeters, Meters, Named, NewMeter, NextMeter, Pallet, Successors,
};
use alloc::vec::Vec;
use busbar_primitives::{
	metering::{Duty, Meter, MeterId},
	traits::{Calendar, Grid, Participants},
	Interval, ParticipantId, Point, PointId, Right, Role, ZoneId,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

/// Number of the root: whose role covers it reads the whole grid.
const ROOT: ZoneId = 0;

impl<T: Config> Pallet<T> {
	/// Registers meters in order, each by whom its duty asks for.
	pub(crate) fn do_register_meters(who: &T::AccountId, meters: &[NewMeter]) -> DispatchResult {
		ensure!(!meters.is_empty(), Error::<T>::EmptyBatch);
		meters.iter().try_for_each(|meter| Self::do_register_meter(who, *meter))
	}

	pub(crate) fn do_register_meter(who: &T::AccountId, meter: NewMeter) -> DispatchResult {
		Self::register(who, meter, false)
	}

	/// Registers a meter, by whom its duty asks for. `admitted`: whoever may decide lets the operator in.
	pub(crate) fn register(
		who: &T::AccountId,
		NewMeter { point, device, class, duty, from }: NewMeter,
		admitted: bool,
	) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let operator = match duty {
			Duty::Main => {
				let operator = T::Participants::ensure(who, Role::MeterOperator, Some(details.zone))?;
				// Nobody measures what it pays for itself.
				ensure!(operator != details.owner, Error::<T>::OwnPoint);
				operator
			},
			Duty::Check => {
				let attester = Attesters::<T>::get(point).ok_or(Error::<T>::NotNamed)?;
				T::Participants::ensure_acts_for(who, attester, Right::Operate)?;
				attester
			},
		};
		ensure!(from <= Self::furthest(), Error::<T>::TooFarAhead);
		let fitted = FittedMeters::<T>::get(point, duty);
		if duty == Duty::Main && !admitted {
			Self::ensure_may_fit(who, operator, fitted.map(|fitted| fitted.meter), point, &details)?;
		}
		let (mut from, mut ended) = (from, false);
		match (fitted, duty) {
			(Some(fitted), _) => ended = Self::end_before(fitted, from)?,
			// Whether a point is metered in an interval stands before its delivery begins, so that nobody looks at what was
			// delivered first.
			(None, Duty::Main) if !Self::is_ahead(from) => from = T::Calendar::first_unopened(),
			(None, Duty::Main) => {},
			(None, Duty::Check) => ensure!(Self::is_ahead(from), Error::<T>::TooLate),
		}
		let id = NextMeter::<T>::get();
		NextMeter::<T>::put(id.checked_add(1).ok_or(Error::<T>::TooManyMeters)?);
		let meter = Meter { point, operator, device, class, duty, from, until: None, since: T::Calendar::now() };
		Meters::<T>::insert(id, meter);
		let replaced = fitted.map(|fitted| fitted.meter);
		let first = fitted.map_or(from, |fitted| fitted.first);
		FittedMeters::<T>::insert(point, duty, Fitted { meter: id, before: replaced, ended, first });
		Self::deposit_event(Event::MeterRegistered { meter: id, point, operator, device, duty, from, replaced });
		Ok(())
	}

	/// That `operator` may fit a point's main meter, in the place of another if there is one: in the place of its own, as the
	/// point's grid operator, or once the owner, the meter's operator or the grid operator admitted it, which is
	/// thereby used. Who reads all of the grid fits first ones besides: from then on a point's silence is its owner's debt.
	fn ensure_may_fit(
		who: &T::AccountId,
		operator: ParticipantId,
		meter: Option<MeterId>,
		point: PointId,
		details: &Point,
	) -> DispatchResult {
		let incumbent = match meter {
			Some(meter) => Some(Meters::<T>::get(meter).ok_or(Error::<T>::NoMeter)?.operator),
			None => None,
		};
		if incumbent == Some(operator) {
			return Ok(());
		}
		if Successors::<T>::get(point) == Some(operator) {
			Successors::<T>::remove(point);
			return Ok(());
		}
		let holds = |role, zone| T::Participants::ensure(who, role, Some(zone)).is_ok();
		let reads_all = incumbent.is_none() && holds(Role::MeterOperator, ROOT);
		ensure!(reads_all || holds(Role::Dso, details.zone), Error::<T>::NotAdmitted);
		Ok(())
	}

	/// That an account decides who reads a point: for its owner, for the operator of a meter there, or as its grid operator.
	fn ensure_decides(who: &T::AccountId, point: PointId, operators: &[ParticipantId]) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let acts = |participant| T::Participants::ensure_acts_for(who, participant, Right::Operate).is_ok();
		let decides = acts(details.owner)
			|| operators.iter().copied().any(acts)
			|| T::Participants::ensure(who, Role::Dso, Some(details.zone)).is_ok();
		ensure!(decides, Error::<T>::NotAdmitted);
		Ok(())
	}

	pub(crate) fn do_admit_operator(
		who: &T::AccountId,
		point: PointId,
		operator: Option<ParticipantId>,
	) -> DispatchResult {
		let fitted = FittedMeters::<T>::get(point, Duty::Main).and_then(|fitted| Meters::<T>::get(fitted.meter));
		let incumbent = fitted.map(|meter| meter.operator);
		Self::ensure_decides(who, point, incumbent.as_slice())?;
		if let Some(operator) = operator {
			T::Participants::ensure_active(operator)?;
		}
		Successors::<T>::set(point, operator);
		Self::deposit_event(Event::OperatorAdmitted { point, operator });
		Ok(())
	}

	pub(crate) fn do_cancel_meter(who: &T::AccountId, id: MeterId) -> DispatchResult {
		let meter = Meters::<T>::get(id).ok_or(Error::<T>::NoMeter)?;
		let fitted = FittedMeters::<T>::get(meter.point, meter.duty).filter(|fitted| fitted.meter == id);
		// One that has a successor counts until that one does.
		let fitted = fitted.ok_or(Error::<T>::Overlap)?;
		ensure!(Self::is_ahead(meter.from), Error::<T>::TooLate);
		// Orders of intervals that are open count on a point's first meter: nobody takes that back and leaves its owner silent.
		let is_first = fitted.before.is_none() && meter.duty == Duty::Main;
		ensure!(!is_first || meter.from >= T::Calendar::first_unopened(), Error::<T>::TooLate);
		let before = fitted.before.and_then(|before| Meters::<T>::get(before).map(|meter| (before, meter)));
		let operators: Vec<_> =
			[Some(meter.operator), before.map(|(_, before)| before.operator)].into_iter().flatten().collect();
		Self::ensure_decides(who, meter.point, &operators)?;
		Meters::<T>::remove(id);
		match before {
			Some((number, mut before)) => {
				if fitted.ended {
					before.until = None;
					Meters::<T>::insert(number, before);
				}
				FittedMeters::<T>::insert(
					meter.point,
					meter.duty,
					Fitted { meter: number, before: None, ended: false, first: fitted.first },
				);
			},
			None => FittedMeters::<T>::remove(meter.point, meter.duty),
		}
		Self::deposit_event(Event::MeterCancelled { meter: id, point: meter.point });
		Ok(())
	}

	/// The last interval that a change of meters may name.
	fn furthest() -> Interval {
		T::Calendar::first_unopened().saturating_add(T::MaxAhead::get())
	}

	/// Ends the newest meter where the next one begins, and forgets the one before it. Returns whether it had no end before.
	fn end_before(fitted: Fitted, from: Interval) -> Result<bool, DispatchError> {
		ensure!(Self::is_ahead(from), Error::<T>::TooLate);
		let mut old = Meters::<T>::get(fitted.meter).ok_or(Error::<T>::NoMeter)?;
		ensure!(from > old.from && old.until.is_none_or(|until| from >= until), Error::<T>::Overlap);
		if let Some(before) = fitted.before {
			let until = Meters::<T>::get(before).and_then(|meter| meter.until).unwrap_or(old.from);
			ensure!(until.checked_sub(1).is_none_or(Self::is_beyond_dispute), Error::<T>::ReplacedTooSoon);
			Meters::<T>::remove(before);
		}
		let ends = old.until.is_none();
		if ends {
			old.until = Some(from);
			Meters::<T>::insert(fitted.meter, old);
		}
		Ok(ends)
	}

	pub(crate) fn do_retire_meter(who: T::AccountId, id: MeterId, until: Interval) -> DispatchResult {
		let mut meter = Meters::<T>::get(id).ok_or(Error::<T>::NoMeter)?;
		T::Participants::ensure_acts_for(&who, meter.operator, Right::Operate)?;
		ensure!(meter.until.is_none(), Error::<T>::AlreadyRetired);
		// What its owner ordered in intervals that are open it is to be settled on.
		ensure!(until >= T::Calendar::first_unopened(), Error::<T>::TooLate);
		ensure!(until > meter.from, Error::<T>::Overlap);
		ensure!(until <= Self::furthest(), Error::<T>::TooFarAhead);
		meter.until = Some(until);
		Meters::<T>::insert(id, meter);
		Self::deposit_event(Event::MeterRetired { meter: id, point: meter.point, until });
		Ok(())
	}

	pub(crate) fn do_name_attester(
		who: T::AccountId,
		point: PointId,
		attester: Option<ParticipantId>,
	) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		T::Participants::ensure_acts_for(&who, details.owner, Right::Operate)?;
		if let Some(attester) = attester {
			T::Participants::ensure_active(attester)?;
		}
		let before = Attesters::<T>::mutate(point, |slot| core::mem::replace(slot, attester));
		if let Some(before) = before {
			Named::<T>::mutate_exists(before, |count| {
				*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
			});
		}
		if let Some(attester) = attester {
			Named::<T>::mutate(attester, |count| *count = Some(count.unwrap_or(0).saturating_add(1)));
		}
		Self::deposit_event(Event::AttesterNamed { point, attester });
		Ok(())
	}

	/// The participant in whose name an account attests: one with the role of meter operator somewhere, or one that a
	/// connection point named.
	pub(crate) fn attesting(who: &T::AccountId) -> Result<ParticipantId, DispatchError> {
		T::Participants::ensure_anywhere(who, Role::MeterOperator).or_else(|missing| {
			let own = T::Participants::participant(who).filter(|own| Named::<T>::contains_key(own)).ok_or(missing)?;
			T::Participants::ensure_active(own)?;
			Ok(own)
		})
	}

	/// Whether the interval's delivery has not begun, so that its meter may still change.
	fn is_ahead(interval: Interval) -> bool {
		match T::Calendar::terms(interval) {
			Some(terms) => T::Calendar::now() < terms.delivery_start,
			None => interval >= T::Calendar::first_unopened(),
		}
	}

	/// Whether the interval's dispute window is over, so that its meter is not needed any more.
	fn is_beyond_dispute(interval: Interval) -> bool {
		match T::Calendar::terms(interval) {
			Some(terms) => T::Calendar::now() >= terms.dispute_end,
			None => interval < T::Calendar::first_unopened(),
		}
	}
}
