//! The least that must secure a connection point: its greatest consumption over the intervals that can be unsettled at once, at
//! the most that a Wh can cost.
//!
//! A security secures its own point and no other, so that each point is asked for its own and nothing is summed over the points of a
//! participant. What a point can come to owe at worst for consumption that is not settled yet is *used* of what secures it.

use crate::{
	consumption::{is_low, least},
	Backing, Config, Consumption, Consumptions, Error, Event, Pallet,
};
use busbar_primitives::{
	api::SecurityView,
	metering::intervals_per_day,
	traits::{Calendar, Grid},
	Amount, Balance, Interval, Point, PointId, PointKind, Price, SignedWh, Terms,
};
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// What a point can come to owe for what can be unsettled at once, in nEUR. Couplings have no imbalance.
	fn used(known: &Consumption, details: &Point, terms: &Terms) -> Balance {
		if details.kind == PointKind::Coupling {
			return 0;
		}
		let wh = Balance::from(known.expected(details, T::Calendar::interval_s()));
		wh.saturating_mul(terms.unsettled_at_once().into()).saturating_mul(Self::price(terms).max(0).unsigned_abs())
	}

	fn price(terms: &Terms) -> Amount {
		terms.dearest_short(T::Grid::max_path_fee())
	}

	/// The terms of the last interval that opened.
	fn newest_terms() -> Option<Terms> {
		T::Calendar::terms(T::Calendar::first_unopened().checked_sub(1)?)
	}

	pub(crate) fn ensure_point_secured(point: PointId, details: &Point, terms: &Terms) -> DispatchResult {
		let known = Consumptions::<T>::get(point).unwrap_or_default();
		ensure!(known.posted() >= least(Self::used(&known, details, terms)), Error::<T>::SecurityTooSmall);
		Ok(())
	}

	/// Counts what a point's device metered in an interval.
	pub(crate) fn count_consumption(
		interval: Interval,
		point: PointId,
		details: &Point,
		terms: &Terms,
		by_owner: bool,
		wh: SignedWh,
	) {
		if details.kind == PointKind::Coupling {
			return;
		}
		let before = Consumptions::<T>::get(point);
		let mut known = before.clone().unwrap_or_default();
		let day = interval.checked_div(intervals_per_day(T::Calendar::interval_s())).unwrap_or(0);
		if known.count(day, wh.max(0).unsigned_abs()) {
			known.served = !by_owner;
		}
		Self::warn(point, details, terms, &mut known);
		if before.as_ref() != Some(&known) {
			Consumptions::<T>::insert(point, known);
		}
	}

	/// Notes what of a security of a point secures what comes: all of it that no notice was given of.
	pub(crate) fn cover(point: PointId, backing: Backing, amount: Balance) {
		let mut known = Consumptions::<T>::get(point).unwrap_or_default();
		*known.backing_mut(backing) = amount;
		if known.warned {
			known.warned = Self::now(point).is_some_and(|(details, terms)| Self::is_low(&known, &details, &terms));
		}
		Consumptions::<T>::set(point, Some(known).filter(|known| !known.is_empty()));
	}

	/// Tells that what secures a point is used up nearly, if it has come to be so.
	pub(crate) fn tell_if_low(point: PointId) {
		let Some((details, terms)) = Self::now(point) else { return };
		let mut known = Consumptions::<T>::get(point).unwrap_or_default();
		let before = known.warned;
		Self::warn(point, &details, &terms, &mut known);
		if known.warned != before {
			Consumptions::<T>::insert(point, known);
		}
	}

	/// A point, and the terms of the last interval that opened.
	fn now(point: PointId) -> Option<(Point, Terms)> {
		T::Grid::point(point).zip(Self::newest_terms())
	}

	fn is_low(known: &Consumption, details: &Point, terms: &Terms) -> bool {
		is_low(Self::used(known, details, terms), known.posted())
	}

	/// Tells it once, and not again as long as it is so.
	fn warn(point: PointId, details: &Point, terms: &Terms, known: &mut Consumption) {
		let low = Self::is_low(known, details, terms);
		if low && !known.warned {
			let (used, posted) = (Self::used(known, details, terms), known.posted());
			Self::deposit_event(Event::SecurityLow { point, used, posted, least: least(used) });
		}
		known.warned = low;
	}

	/// What secures a point and what of that is used, by the terms of the last interval that opened; `None` of a coupling, and of
	/// a point that there is not.
	pub fn security_of(point: PointId) -> Option<SecurityView> {
		let (details, terms) = Self::now(point).filter(|(details, _)| details.kind == PointKind::Metered)?;
		let known = Consumptions::<T>::get(point).unwrap_or_default();
		let used = Self::used(&known, &details, &terms);
		let (posted, least) = (known.posted(), least(used));
		Some(SecurityView {
			point,
			deposit: known.deposit,
			guarantee: known.guarantee,
			by_owner: !known.served,
			greatest: known.expected(&details, T::Calendar::interval_s()),
			days: known.days(),
			intervals: terms.unsettled_at_once(),
			price: Price::try_from(Self::price(&terms)).unwrap_or(Price::MAX),
			used,
			least,
			free: posted.saturating_sub(least),
			suffices: posted >= least,
		})
	}
}
