//! What members offer to leave, and what the grid operator orders left.

use crate::{Activations, Config, Error, Event, Offers, Orders, Pallet};
use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Positions, Readings},
	Baseline, Flexibility, Interval, Placed, Point, PointId, PointKind, Reduction, Right, Role, SignedWh, Terms, Wh,
	ADJUSTED_BY, BASELINE_DAYS,
};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

/// The mean of so much energy, rounded towards zero; `None` of nothing, and beyond the type's range.
fn mean(readings: &[SignedWh]) -> Option<SignedWh> {
	let sum = readings.iter().try_fold(0i128, |sum, wh| sum.checked_add((*wh).into()))?;
	SignedWh::try_from(sum.checked_div(i128::try_from(readings.len()).ok()?)?).ok()
}

impl<T: Config> Pallet<T> {
	/// The point, if it is part of the interval and its delivery has not ended, and the interval's terms.
	fn point_to_order(interval: Interval, point: PointId) -> Result<(Point, Terms), DispatchError> {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(details.is_in_force(interval), Error::<T>::UnknownPoint);
		// What flows there is everybody's, not its owner's to leave.
		ensure!(details.kind == PointKind::Metered, Error::<T>::IsCoupling);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		ensure!(T::Calendar::now() < terms.delivery_end, Error::<T>::DeliveryEnded);
		Ok((details, terms))
	}

	/// No energy is dearer than the dearest of the interval: a price beyond it moves money, not energy.
	fn ensure_sound(flexibility: &Flexibility, terms: &Terms) -> DispatchResult {
		ensure!(flexibility.wh > 0, Error::<T>::ZeroEnergy);
		ensure!(flexibility.price >= 0 && flexibility.penalty >= 0, Error::<T>::NegativePrice);
		let most = terms.price_cap.max(terms.posted.short_max);
		ensure!(flexibility.price <= most && flexibility.penalty <= most, Error::<T>::BeyondPrices);
		Ok(())
	}

	/// Who knows the limits knows what will be ordered: whoever offers does so before.
	pub(crate) fn do_offer(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		offer: Option<Flexibility>,
	) -> DispatchResult {
		let (details, terms) = Self::point_to_order(interval, point)?;
		if offer.is_some() {
			T::Participants::ensure_trades(who, details.owner, Role::trading(details.kind), details.zone)?;
		} else {
			// What was offered is taken back whatever roles its owner has left.
			T::Participants::ensure_acts_for(who, details.owner, Right::Trade)?;
		}
		ensure!(T::Calendar::now() < terms.delivery_start, Error::<T>::DeliveryBegun);
		ensure!(!Activations::<T>::contains_key(interval, point), Error::<T>::AlreadyOrdered);
		offer.as_ref().map_or(Ok(()), |offer| Self::ensure_sound(offer, &terms))?;
		ensure!(!T::Grid::is_published(interval, details.zone), Error::<T>::OffersClosed);
		Self::hold_charge(interval, point, details.owner, offer.as_ref())?;
		Offers::<T>::set(interval, point, offer);
		Self::deposit_event(Event::FlexibilityOffered { interval, point, offer });
		Ok(())
	}

	/// With a charge for non-delivery only as the member offered it, and before delivery begins: such a charge needs consent.
	/// An order that takes more stands in place of one that takes less, so that no small one keeps out what safety needs.
	pub(crate) fn do_order(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		order: Flexibility,
	) -> DispatchResult {
		let (details, terms) = Self::point_to_order(interval, point)?;
		let operator = T::Participants::ensure(who, Role::Dso, Some(details.zone))?;
		Self::ensure_sound(&order, &terms)?;
		let standing = Activations::<T>::get(interval, point);
		let order = if T::Calendar::now() < terms.delivery_start {
			order
		} else {
			ensure!(order.penalty == 0, Error::<T>::DeliveryBegun);
			Self::in_delivery((interval, point), &terms, standing.as_ref(), order)?
		};
		let takes_more = |standing: Flexibility| standing.reduction == order.reduction && standing.wh < order.wh;
		ensure!(standing.is_none_or(takes_more), Error::<T>::AlreadyOrdered);
		let offered = |offer: Flexibility| {
			let terms = (order.reduction, order.price, order.penalty);
			(offer.reduction, offer.price, offer.penalty) == terms && order.wh <= offer.wh
		};
		ensure!(order.penalty == 0 || Offers::<T>::get(interval, point).is_some_and(offered), Error::<T>::NotOffered);
		// No more than what was held for the offer.
		Self::hold_charge(interval, point, details.owner, Some(&order))?;
		Self::hold_funds((interval, point), operator, &details, &terms, &order)?;
		Offers::<T>::remove(interval, point);
		Activations::<T>::insert(interval, point, order);
		Orders::<T>::insert(interval, point, Placed { operator, baseline: Self::baseline(interval, point) });
		Self::deposit_event(Event::ReductionOrdered { interval, point, order });
		Ok(())
	}

	/// What is contracted is delivered evenly: an emergency takes no more than its share of what is left of the interval,
	/// beside what an order before it takes.
	fn in_delivery(
		(interval, point): (Interval, PointId),
		terms: &Terms,
		standing: Option<&Flexibility>,
		order: Flexibility,
	) -> Result<Flexibility, DispatchError> {
		let contracted = Self::contracted(interval, point, order.reduction);
		let same = standing.filter(|standing| standing.reduction == order.reduction);
		let taken = same.map_or(0, |standing| standing.wh.min(contracted));
		let left = u128::from(contracted.saturating_sub(taken));
		let remaining = terms.delivery_end.saturating_sub(T::Calendar::now());
		let whole = terms.delivery_end.saturating_sub(terms.delivery_start);
		let most = left.saturating_mul(remaining.into()).checked_div(whole.into()).unwrap_or(0);
		let more = Wh::try_from(most).unwrap_or(Wh::MAX).min(order.wh.saturating_sub(taken));
		ensure!(more > 0, Error::<T>::NothingLeft);
		Ok(Flexibility { wh: taken.saturating_add(more), ..order })
	}

	/// Contracted energy so far that an order may take, in Wh.
	pub(crate) fn contracted(interval: Interval, point: PointId, reduction: Reduction) -> Wh {
		let position = T::Positions::of(point, interval).net().unwrap_or(0);
		match reduction {
			Reduction::Load => position.max(0).unsigned_abs(),
			Reduction::Generation => position.min(0).unsigned_abs(),
		}
	}

	/// What a point would draw, from what is known of like days when it is ordered to draw less.
	fn baseline(interval: Interval, point: PointId) -> Option<Baseline> {
		let now = T::Calendar::now();
		let like = |interval| mean(&T::Readings::like(point, interval, BASELINE_DAYS, now));
		let before = ADJUSTED_BY
			.into_iter()
			.try_fold(0, |sum: SignedWh, back| sum.checked_add(like(interval.checked_sub(back)?)?));
		Some(Baseline { mean: like(interval)?, before: before.unwrap_or(0) })
	}
}
