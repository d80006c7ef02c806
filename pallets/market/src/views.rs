//! What the runtime API tells of the market.

use crate::{
	pallet::*,
	types::{ClearedZone, PriceKey, Record, Session, PAGE},
};
use alloc::vec::Vec;
use busbar_primitives::{
	api::{BookLevel, Clock, OrderView, SessionView, ZonePrice},
	traits::{Calendar, Grid},
	Interval, Phase, PointId, Price, Product, ProductId, ZoneId,
};
use core::ops::Range;

impl<T: Config> Pallet<T> {
	/// Chain time and the intervals around it.
	pub fn clock() -> Clock {
		let parameters = ParametersValue::<T>::get();
		let now = <Self as Calendar>::now();
		let first_unopened = NextToOpen::<T>::get();
		let current = parameters.interval_at(now);
		// Gates of this moment's interval and before it have passed.
		let next_gate = (current..first_unopened)
			.find(|interval| Self::terms(*interval).is_some_and(|terms| now < terms.last_gate_closure));
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
		Some(match record.outcome() {
			Some(outcome) if outcome.cleared => Phase::Cleared,
			Some(_) => Phase::Failed,
			None if <Self as Calendar>::now() < record.terms.last_gate_closure => Phase::Open,
			None => Phase::Closed,
		})
	}

	/// The sessions of an interval, in the order of its products.
	pub fn sessions(interval: Interval) -> Vec<SessionView> {
		let Some(record) = Intervals::<T>::get(interval) else { return Vec::new() };
		let view = |(product, spec): (ProductId, &Product)| {
			let Session { orders, levels, outcome, .. } = Sessions::<T>::get(interval, product).unwrap_or_default();
			SessionView {
				product: *spec,
				gate_opening: spec.gate_opening(interval, &record.terms),
				gate_closure: spec.gate_closure(interval, &record.terms),
				orders,
				levels,
				outcome,
			}
		};
		record.product_ids().zip(&record.products).map(view).collect()
	}

	/// Depth of a session's book in a zone, in ascending order of prices: the lowest `limit` levels, of all or of those at the
	/// price `from` and above.
	pub fn book(
		interval: Interval,
		product: ProductId,
		zone: ZoneId,
		from: Option<Price>,
		limit: u32,
	) -> Vec<BookLevel> {
		let in_zone = (interval, product, zone);
		let levels = match from.and_then(|from| from.checked_sub(1)) {
			Some(below) => {
				let below = Levels::<T>::hashed_key_for((interval, product, zone, PriceKey::from(below)));
				Levels::<T>::iter_prefix_from(in_zone, below)
			},
			None => Levels::<T>::iter_prefix(in_zone),
		};
		levels
			.take(usize::try_from(limit).unwrap_or(usize::MAX))
			.map(|(price, level)| BookLevel { price: Price::from(price), buy: level.buy, sell: level.sell })
			.collect()
	}

	/// A session's results of these zones, in ascending order; empty before it has ended.
	pub fn prices(interval: Interval, product: ProductId, zones: Range<ZoneId>) -> Vec<ZonePrice> {
		let pages = (zones.start / PAGE)..zones.end.div_ceil(PAGE);
		let results = pages.filter_map(|page| Some((page, Results::<T>::get((interval, product, page))?)));
		results
			.flat_map(|(page, results)| (page.saturating_mul(PAGE)..).zip(results))
			.filter(|(zone, _)| zones.contains(zone))
			.filter_map(|(zone, cleared)| {
				let ClearedZone { import, export, fee, result } = cleared?;
				Some(ZonePrice { zone, import, export, fee, result })
			})
			.collect()
	}

	/// The orders of a session at the `limit` points numbered `from` and following.
	pub fn orders(interval: Interval, product: ProductId, from: PointId, limit: u32) -> Vec<OrderView> {
		let void = Intervals::<T>::get(interval).is_none_or(|record| record.void);
		let session = Sessions::<T>::get(interval, product).filter(|_| !void);
		let ended = session.is_some_and(|session| session.outcome.is_some());
		(from..T::Grid::point_count().min(from.saturating_add(limit)))
			.filter_map(|point| Some((point, Orders::<T>::get((interval, product, point))?)))
			.map(|(point, order)| OrderView {
				point,
				zone: order.zone,
				arrival: order.arrival,
				accepted: if ended { Self::accepted((interval, product), &order) } else { Vec::new() },
				steps: order.steps.iter().map(|queued| queued.step).collect(),
				held: order.held,
			})
			.collect()
	}
}
