//! What orders of every kind are checked for: the gate, the point and its owner, limits, the rating.

use crate::{
	pallet::*,
	parameters::on_tick,
	types::{Record, Session, SessionId},
};
use busbar_primitives::{
	energy,
	traits::{Calendar, Grid, Meters, Participants, Solvency, Supply},
	Interval, Point, PointId, PointKind, Position, Price, Right, Role, Side, Step, Terms, Wh,
};
use frame_support::{ensure, traits::Get, weights::Weight};
use sp_runtime::{DispatchError, DispatchResult};

/// What a zone adds to the proof of what a call reads, at most, in bytes.
const ZONE: u64 = 256;

impl<T: Config> Pallet<T> {
	/// A session that accepts orders, and its interval.
	pub(crate) fn open_session((interval, product): SessionId) -> Result<(Record, Session), Error<T>> {
		let Some(record) = Intervals::<T>::get(interval) else {
			let unopened = interval >= NextToOpen::<T>::get();
			return Err(if unopened { Error::<T>::NotOpenYet } else { Error::<T>::UnknownInterval });
		};
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		let session = Sessions::<T>::get(interval, product).ok_or(Error::<T>::Corrupt)?;
		let (now, terms) = (Self::now(), &record.terms);
		ensure!(session.outcome.is_none() && now < spec.gate_closure(interval, terms), Error::<T>::GateClosed);
		ensure!(now >= spec.gate_opening(interval, terms), Error::<T>::NotOpenYet);
		Ok((record, session))
	}

	/// The connection point, if it is in force in the interval, `who` may trade there for its owner, and the owner has a role
	/// that trades there; and how many zones were read to know it.
	pub(crate) fn tradable(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
	) -> Result<(Point, u32), DispatchError> {
		let point = Self::point_in_force(interval, point)?;
		let walked = T::Participants::ensure_trades(who, point.owner, Role::trading(point.kind), point.zone)?;
		Ok((point, walked))
	}

	/// What the look at so many zones weighs that the check of a role may need.
	pub(crate) fn walk(zones: u32) -> Weight {
		T::DbWeight::get().reads(zones.into()).saturating_add(Weight::from_parts(0, ZONE).saturating_mul(zones.into()))
	}

	/// The longest such look: from a zone as deep as there may be to the root.
	pub(crate) fn longest_walk() -> Weight {
		Self::walk(T::MaxDepth::get().saturating_add(1))
	}

	/// The connection point, if it is in force in the interval and `who` may take orders back there: whoever may trade for its
	/// owner, whatever roles that one has left.
	pub(crate) fn cancellable(who: &T::AccountId, interval: Interval, point: PointId) -> Result<Point, DispatchError> {
		let point = Self::point_in_force(interval, point)?;
		T::Participants::ensure_acts_for(who, point.owner, Right::Trade)?;
		Ok(point)
	}

	fn point_in_force(interval: Interval, point: PointId) -> Result<Point, Error<T>> {
		let point = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(point.is_in_force(interval), Error::<T>::PointNotInForce);
		Ok(point)
	}

	/// That a point is nobody's but its owner's in an interval. Whose it is was decided before the interval's session opened,
	/// so that an owner who knows what an interval will come to does not choose by an order who pays for it.
	pub(crate) fn ensure_own(interval: Interval, point: PointId) -> Result<(), Error<T>> {
		ensure!(T::Supply::retailer(interval, point).is_none(), Error::<T>::RetailersPoint);
		Ok(())
	}

	/// That something tells in an interval what a point delivered: what never had a meter, nobody can settle.
	pub(crate) fn ensure_metered(interval: Interval, id: PointId, point: &Point) -> Result<(), Error<T>> {
		let metered = || T::Meters::metered_from(id).is_some_and(|from| from <= interval);
		ensure!(point.kind == PointKind::Coupling || metered(), Error::<T>::NotMetered);
		Ok(())
	}

	/// Whether a limit keeps within the interval's terms.
	pub(crate) fn check_price(terms: &Terms, price: Price) -> Result<(), Error<T>> {
		ensure!((terms.price_floor..=terms.price_cap).contains(&price), Error::<T>::PriceOutOfBounds);
		ensure!(on_tick(price, terms.tick), Error::<T>::PriceOffTick);
		Ok(())
	}

	/// Whether a curve keeps within the interval's terms.
	pub(crate) fn check_steps(terms: &Terms, steps: &[Step]) -> Result<(), Error<T>> {
		ensure!(!steps.is_empty(), Error::<T>::NoSteps);
		for step in steps {
			ensure!(step.wh > 0, Error::<T>::ZeroQuantity);
			Self::check_price(terms, step.price)?;
		}
		let side = |side| steps.iter().filter(move |step| step.side == side).map(|step| step.price);
		if let (Some(buy), Some(sell)) = (side(Side::Buy).max(), side(Side::Sell).min()) {
			ensure!(buy < sell, Error::<T>::CrossedSteps);
		}
		Ok(())
	}

	/// That what secures a point lets it buy more than the `bought` Wh of the order that this one replaces. What only sells, or
	/// buys no more, is asked for nothing.
	pub(crate) fn ensure_may_buy(
		point: PointId,
		details: &Point,
		terms: &Terms,
		steps: &[Step],
		bought: Wh,
	) -> DispatchResult {
		if bought_by(steps) > bought {
			T::Collateral::ensure_secured(point, details, terms)?;
		}
		Ok(())
	}

	/// Whether a point's rating carries a curve beside what is committed in other sessions.
	pub(crate) fn check_rating(steps: &[Step], elsewhere: Position, point: &Point) -> Result<(), Error<T>> {
		let interval_s = <Self as Calendar>::interval_s();
		for (side, rating, committed) in
			[(Side::Buy, point.import_w, elsewhere.bought), (Side::Sell, point.export_w, elsewhere.sold)]
		{
			let mut own = steps.iter().filter(|step| step.side == side);
			let wh =
				own.try_fold(committed, |sum: Wh, step| sum.checked_add(step.wh)).ok_or(Error::<T>::BeyondRating)?;
			ensure!(wh <= energy(rating, interval_s), Error::<T>::BeyondRating);
		}
		Ok(())
	}

	/// What a point has bought and sold in the other sessions of an interval, and still may where they have not ended.
	pub(crate) fn committed_elsewhere(record: &Record, (interval, product): SessionId, point: PointId) -> Position {
		let others = record.product_ids().zip(&record.products).filter(|(other, _)| *other != product);
		others.fold(Position::default(), |mut sum, (other, spec)| {
			add(&mut sum, Self::kind(spec).committed((interval, other), spec, point));
			sum
		})
	}
}

/// What steps would buy, in Wh. Saturates at the type's bound.
pub(crate) fn bought_by(steps: &[Step]) -> Wh {
	let buys = steps.iter().filter(|step| step.side == Side::Buy);
	buys.fold(0, |sum: Wh, step| sum.saturating_add(step.wh))
}

/// Adds one position to another.
pub(crate) fn add(sum: &mut Position, part: Position) {
	sum.bought = sum.bought.saturating_add(part.bought);
	sum.sold = sum.sold.saturating_add(part.sold);
}
