//! What settlement moves beside the money.

use crate::{Claim, Claims, Config, Error, Event, Pallet, Pools, Sources};
use busbar_primitives::{traits::Certificates, Interval, ParticipantId, Point, PointId, SignedWh, Wh};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, DispatchResult, Rounding};

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
			Self::withdraw(class, payer, before.saturating_sub(after))?;
		} else {
			return Ok(());
		}
		let wh = i128::from(after).saturating_sub(before.into());
		let wh = i64::try_from(wh).map_err(|_| Error::<T>::Overflow)?;
		Self::deposit_event(Event::Corrected { interval, point, class, wh });
		Ok(())
	}

	fn unsettled(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		position: SignedWh,
		metered: Option<SignedWh>,
	) -> DispatchResult {
		let mut pool = Pools::<T>::get(interval).unwrap_or_default();
		if let Some(Claim { bought, .. }) = Claims::<T>::take(interval, point) {
			pool.bought = pool.bought.saturating_sub(bought);
		}
		let wh = metered.map_or(0, fed_in);
		if let Some(class) = Self::class_of(interval, point, details).filter(|_| wh > 0) {
			let sold = position.min(0).unsigned_abs().min(wh);
			let mut pooled = 0;
			if let Some((_, whole, left)) = pool.classes.iter_mut().find(|(known, ..)| *known == class) {
				*whole = whole.checked_sub(sold).ok_or(Error::<T>::Overflow)?;
				*left = left.checked_sub(sold).ok_or(Error::<T>::Overflow)?;
				pooled = sold;
			}
			Self::issue(class, i128::from(pooled).saturating_neg())?;
			Self::withdraw(class, payer, wh.saturating_sub(pooled))?;
			let wh = i64::try_from(wh).map_err(|_| Error::<T>::Overflow)?.saturating_neg();
			Self::deposit_event(Event::Corrected { interval, point, class, wh });
		}
		let is_empty = pool.bought == 0 && pool.classes.iter().all(|(_, whole, _)| *whole == 0);
		Pools::<T>::set(interval, (!is_empty).then_some(pool));
		Ok(())
	}
}
