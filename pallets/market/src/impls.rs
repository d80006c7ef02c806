//! What other pallets and the runtime APIs read.

use crate::{
	book::Queue,
	pallet::*,
	sums,
	types::{QueuedStep, Record},
	PriceKey,
};
use alloc::vec::Vec;
use busbar_primitives::{
	api::{BookLevel, Clock, OrderView, ZonePrice},
	traits::{Calendar, Grid, Positions, Prune},
	Balance, Interval, Moment, Outcome, Phase, PointId, Position, Price, Side, Terms, Wh, ZoneId, ZoneResult,
};
use frame_support::traits::Time;

impl<T: Config> Calendar for Pallet<T> {
	fn now() -> Moment {
		T::Time::now()
	}

	fn interval_s() -> u32 {
		ParametersValue::<T>::get().interval_s
	}

	fn first_unopened() -> Interval {
		NextToOpen::<T>::get()
	}

	fn terms(interval: Interval) -> Option<Terms> {
		Intervals::<T>::get(interval).map(|record| record.terms)
	}
}

impl<T: Config> Positions<T::AccountId> for Pallet<T> {
	fn outcome(interval: Interval) -> Option<Outcome> {
		Intervals::<T>::get(interval).and_then(|record| record.outcome)
	}

	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult> {
		Results::<T>::get(interval, zone)
	}

	fn of(point: PointId, interval: Interval) -> Position {
		let Some(order) = Orders::<T>::get(interval, point) else { return Position::default() };
		let mut position = Position::default();
		for (queued, wh) in order.steps.iter().zip(Self::accepted(interval, &order)) {
			let sum = match queued.step.side {
				Side::Buy => &mut position.bought,
				Side::Sell => &mut position.sold,
			};
			*sum = sum.saturating_add(wh);
		}
		position
	}

	fn take_collateral(point: PointId, interval: Interval) -> Option<(T::AccountId, Balance)> {
		Self::outcome(interval)?;
		let mut order = Orders::<T>::get(interval, point).filter(|order| order.held > 0)?;
		let taken = (order.account.clone(), core::mem::take(&mut order.held));
		Orders::<T>::insert(interval, point, order);
		Some(taken)
	}
}

impl<T: Config> Prune for Pallet<T> {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let mut removed = 0u32;
		// Keys are listed before they are removed, and no more than there is room for.
		let room = |removed: u32| usize::try_from(limit.saturating_sub(removed)).unwrap_or(usize::MAX);
		for point in Orders::<T>::iter_key_prefix(interval).take(room(removed)).collect::<Vec<_>>() {
			Orders::<T>::remove(interval, point);
			removed = removed.saturating_add(1);
		}
		for key in Queues::<T>::iter_key_prefix((interval,)).take(room(removed)).collect::<Vec<_>>() {
			Queues::<T>::remove((interval, key.0, key.1, key.2));
			removed = removed.saturating_add(1);
		}
		for key in Levels::<T>::iter_key_prefix((interval,)).take(room(removed)).collect::<Vec<_>>() {
			Levels::<T>::remove((interval, key.0, key.1));
			removed = removed.saturating_add(1);
		}
		for zone in Results::<T>::iter_key_prefix(interval).take(room(removed)).collect::<Vec<_>>() {
			Results::<T>::remove(interval, zone);
			removed = removed.saturating_add(1);
		}
		removed
	}
}

impl<T: Config> Pallet<T> {
	/// Accepted energy of each step of an order, in Wh; all zero unless its interval cleared.
	pub fn accepted(interval: Interval, order: &OrderOf<T>) -> Vec<Wh> {
		let cleared = Results::<T>::get(interval, order.zone).and_then(|result| Some((result.price?, result))).map(
			|(price, result)| busbar_clearing::ZoneResult {
				price,
				flow: result.flow,
				margin_buy: result.margin_buy,
				margin_sell: result.margin_sell,
				path_fee: result.path_fee.into(),
				fees: result.fees,
				rent: result.rent,
			},
		);
		let accepted = |QueuedStep { step, arrival }: &QueuedStep| {
			let Some(result) = &cleared else { return 0 };
			// Only at the zone price does the queue matter.
			let ahead = if step.price == result.price {
				let queue = Queue::<T>::at(interval, order.zone, PriceKey::from(step.price));
				// The whole queue was counted when its last step was added, so no part of it overflows.
				sums::ahead(&queue, step.side, *arrival).unwrap_or(Wh::MAX)
			} else {
				0
			};
			busbar_clearing::fill(step.side == Side::Buy, step.price, step.wh, result, ahead)
		};
		order.steps.iter().map(accepted).collect()
	}

	/// Chain time and the intervals around it.
	pub fn clock() -> Clock {
		let parameters = ParametersValue::<T>::get();
		let now = <Self as Calendar>::now();
		let first_unopened = NextToOpen::<T>::get();
		let current = parameters.interval_at(now);
		// Gates of this moment's interval and before it have passed.
		let next_gate = (current..first_unopened).find(|interval| <Self as Calendar>::is_open(*interval));
		Clock {
			now,
			epoch: parameters.epoch,
			interval_clock_s: parameters.interval_clock_s,
			interval_s: parameters.interval_s,
			current,
			next_gate,
			first_unopened,
		}
	}

	/// What the market keeps of an interval; `None` if it has not opened or is pruned.
	pub fn record(interval: Interval) -> Option<Record> {
		Intervals::<T>::get(interval)
	}

	/// Where the market side of an interval stands: open, closed, cleared or failed. `None` if it has not opened or is
	/// pruned.
	pub fn phase(interval: Interval) -> Option<Phase> {
		let record = Intervals::<T>::get(interval)?;
		Some(match record.outcome {
			Some(outcome) if outcome.cleared => Phase::Cleared,
			Some(_) => Phase::Failed,
			None if <Self as Calendar>::now() < record.terms.gate_closure => Phase::Open,
			None => Phase::Closed,
		})
	}

	/// Depth of the book of a zone, in ascending order of prices.
	pub fn book(interval: Interval, zone: ZoneId) -> Vec<BookLevel> {
		Levels::<T>::iter_prefix((interval, zone))
			.map(|(price, level)| BookLevel { price: Price::from(price), buy: level.buy, sell: level.sell })
			.collect()
	}

	/// Results of all zones, in ascending order; empty before the interval has cleared or failed.
	pub fn prices(interval: Interval) -> Vec<ZonePrice> {
		let mut prices: Vec<_> =
			Results::<T>::iter_prefix(interval).map(|(zone, result)| ZonePrice { zone, result }).collect();
		prices.sort_unstable_by_key(|price| price.zone);
		prices
	}

	/// Up to `limit` orders of an interval at points numbered `from` and above.
	pub fn orders(interval: Interval, from: PointId, limit: u32) -> Vec<OrderView> {
		(from..T::Grid::point_count())
			.filter_map(|point| Some((point, Orders::<T>::get(interval, point)?)))
			.take(usize::try_from(limit).unwrap_or(usize::MAX))
			.map(|(point, order)| OrderView {
				point,
				zone: order.zone,
				arrival: order.arrival,
				accepted: match Self::outcome(interval) {
					Some(_) => Self::accepted(interval, &order),
					None => Vec::new(),
				},
				steps: order.steps.iter().map(|queued| queued.step).collect(),
				held: order.held,
			})
			.collect()
	}
}
