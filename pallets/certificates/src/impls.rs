//! Issuing, moving and retiring.

use crate::{
	Certified, Claim, Claims, Config, Error, Event, Holdings, Owed, Pallet, Pools, Retirements, Sources, Supplies,
};
use busbar_primitives::{
	certificates::Class,
	in_force,
	traits::{Calendar, Certificates},
	Interval, ParticipantId, Point, PointId, SignedWh, Wh,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, DispatchError, DispatchResult, Rounding};

/// `whole` x `part` / `of`, rounded down; nothing of nothing.
fn share(whole: Wh, part: Wh, of: Wh) -> Option<Wh> {
	if of == 0 {
		return Some(0);
	}
	let share = multiply_by_rational_with_rounding(whole.into(), part.into(), of.into(), Rounding::Down)?;
	Wh::try_from(share).ok()
}

/// What flows out of a point.
fn fed_in(metered: SignedWh) -> Wh {
	metered.min(0).unsigned_abs()
}

impl<T: Config> Pallet<T> {
	/// The class of what a point feeds in, if it is certified in the interval.
	fn class_of(interval: Interval, point: PointId, details: &Point) -> Option<Class> {
		let Certified { source, from, until } = Sources::<T>::get(point)?;
		let period = interval.checked_div(T::Period::get())?;
		in_force(from, until, interval).then_some(Class { source, zone: details.zone, period })
	}

	/// Adds to what a participant holds. What it owes is paid first.
	pub(crate) fn give(class: Class, to: ParticipantId, wh: Wh) -> DispatchResult {
		let owed = Owed::<T>::get(class, to).unwrap_or(0);
		let paid = owed.min(wh);
		if paid > 0 {
			let left = owed.saturating_sub(paid);
			Owed::<T>::set(class, to, (left > 0).then_some(left));
			Self::issue(class, i128::from(paid).saturating_neg())?;
		}
		let rest = wh.saturating_sub(paid);
		if rest > 0 {
			Holdings::<T>::try_mutate(class, to, |held| {
				*held = Some(held.unwrap_or(0).checked_add(rest).ok_or(Error::<T>::Overflow)?);
				Ok::<_, DispatchError>(())
			})?;
		}
		Ok(())
	}

	/// Takes from what a participant holds.
	pub(crate) fn take(class: Class, from: ParticipantId, wh: Wh) -> DispatchResult {
		ensure!(wh > 0, Error::<T>::ZeroAmount);
		let held = Holdings::<T>::get(class, from).unwrap_or(0);
		let left = held.checked_sub(wh).ok_or(Error::<T>::BeyondHoldings)?;
		Holdings::<T>::set(class, from, (left > 0).then_some(left));
		Ok(())
	}

	pub(crate) fn count_retired(class: Class, participant: ParticipantId, wh: Wh) -> DispatchResult {
		if wh == 0 {
			return Ok(());
		}
		let sum = |sum: Wh| sum.checked_add(wh).ok_or(Error::<T>::Overflow);
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		supply.retired = sum(supply.retired)?;
		Supplies::<T>::insert(class, supply);
		let retired = sum(Retirements::<T>::get(class, participant).unwrap_or(0))?;
		Retirements::<T>::insert(class, participant, retired);
		Ok(())
	}

	/// Counts what is issued, or withdrawn if negative.
	fn issue(class: Class, wh: i128) -> DispatchResult {
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		let issued = i128::from(supply.issued).checked_add(wh).ok_or(Error::<T>::Overflow)?;
		supply.issued = Wh::try_from(issued).map_err(|_| Error::<T>::Overflow)?;
		Supplies::<T>::insert(class, supply);
		Ok(())
	}

	pub(crate) fn do_forget(class: Class, participant: ParticipantId) -> DispatchResult {
		let period = T::Calendar::first_unopened().checked_div(T::Period::get()).unwrap_or(0);
		ensure!(class.period.saturating_add(T::Lifetime::get()) < period, Error::<T>::StillCounts);
		let held = Holdings::<T>::take(class, participant);
		let retired = Retirements::<T>::take(class, participant);
		let owed = Owed::<T>::take(class, participant);
		ensure!(held.is_some() || retired.is_some() || owed.is_some(), Error::<T>::NothingHeld);
		let mut supply = Supplies::<T>::get(class).unwrap_or_default();
		let (held, retired) = (held.unwrap_or(0), retired.unwrap_or(0));
		// What is owed was issued and is somebody else's: it stays counted.
		supply.issued = supply.issued.saturating_sub(held).saturating_sub(retired);
		supply.retired = supply.retired.saturating_sub(retired);
		Supplies::<T>::set(class, (supply.issued > 0).then_some(supply));
		Self::deposit_event(Event::Forgotten { class, participant });
		Ok(())
	}
}

impl<T: Config> Certificates for Pallet<T> {
	fn settled(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		position: SignedWh,
		metered: Option<SignedWh>,
	) -> DispatchResult {
		if Sources::<T>::count() == 0 {
			return Ok(());
		}
		let bought = position.max(0).unsigned_abs();
		if bought > 0 {
			let mut pool = Pools::<T>::get(interval).unwrap_or_default();
			pool.bought = pool.bought.checked_add(bought).ok_or(Error::<T>::Overflow)?;
			Pools::<T>::insert(interval, pool);
			let consumed = metered.unwrap_or(0).max(0).unsigned_abs().min(bought);
			Claims::<T>::insert(interval, point, Claim { bought, consumed });
		}
		let wh = metered.map_or(0, fed_in);
		let Some(class) = Self::class_of(interval, point, details).filter(|_| wh > 0) else { return Ok(()) };
		Self::issue(class, wh.into())?;
		let sold = position.min(0).unsigned_abs().min(wh);
		let mut pool = Pools::<T>::get(interval).unwrap_or_default();
		if sold > 0 && pool.classes.iter().all(|(known, ..)| *known != class) {
			// Without room the seller keeps them.
			let _ = pool.classes.try_push((class, 0, 0));
		}
		let mut pooled = 0;
		if let Some((_, whole, left)) = pool.classes.iter_mut().find(|(known, ..)| *known == class) {
			*whole = whole.checked_add(sold).ok_or(Error::<T>::Overflow)?;
			*left = left.checked_add(sold).ok_or(Error::<T>::Overflow)?;
			pooled = sold;
		}
		Pools::<T>::insert(interval, pool);
		Self::give(class, payer, wh.saturating_sub(pooled))?;
		Self::deposit_event(Event::Issued { interval, point, class, wh, pooled });
		Ok(())
	}

	fn paid(interval: Interval, point: PointId, payer: ParticipantId) -> DispatchResult {
		let Some(Claim { bought, consumed }) = Claims::<T>::take(interval, point) else { return Ok(()) };
		let Some(mut pool) = Pools::<T>::get(interval) else { return Ok(()) };
		let all = pool.bought;
		for (class, whole, left) in pool.classes.iter_mut() {
			let wh = share(*whole, bought, all).ok_or(Error::<T>::Overflow)?;
			if wh == 0 {
				continue;
			}
			*left = left.checked_sub(wh).ok_or(Error::<T>::Overflow)?;
			let retired = share(wh, consumed, bought).ok_or(Error::<T>::Overflow)?;
			Self::count_retired(*class, payer, retired)?;
			Self::give(*class, payer, wh.saturating_sub(retired))?;
			Self::deposit_event(Event::Received { interval, participant: payer, class: *class, wh, retired });
		}
		Pools::<T>::insert(interval, pool);
		Ok(())
	}

	fn closed(interval: Interval, balancing: ParticipantId) -> DispatchResult {
		let Some(pool) = Pools::<T>::take(interval) else { return Ok(()) };
		for (class, _, left) in pool.classes {
			Self::give(class, balancing, left)?;
		}
		Ok(())
	}

	fn corrected(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		before: Option<SignedWh>,
		after: Option<SignedWh>,
	) -> DispatchResult {
		let Some(class) = Self::class_of(interval, point, details) else { return Ok(()) };
		let (before, after) = (before.map_or(0, fed_in), after.map_or(0, fed_in));
		if after > before {
			let wh = after.saturating_sub(before);
			Self::issue(class, wh.into())?;
			Self::give(class, payer, wh)?;
		} else if before > after {
			let wh = before.saturating_sub(after);
			let there = wh.min(Holdings::<T>::get(class, payer).unwrap_or(0));
			if there > 0 {
				Self::take(class, payer, there)?;
				Self::issue(class, i128::from(there).saturating_neg())?;
			}
			let missing = wh.saturating_sub(there);
			if missing > 0 {
				let owed = Owed::<T>::get(class, payer).unwrap_or(0);
				Owed::<T>::insert(class, payer, owed.checked_add(missing).ok_or(Error::<T>::Overflow)?);
			}
		} else {
			return Ok(());
		}
		let wh = i128::from(after).saturating_sub(before.into());
		let wh = i64::try_from(wh).map_err(|_| Error::<T>::Overflow)?;
		Self::deposit_event(Event::Corrected { interval, point, class, wh });
		Ok(())
	}
}
