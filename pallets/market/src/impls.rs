//! What other pallets and the runtime APIs read.

use crate::{
	book::Queue,
	continuous::Trader,
	pallet::*,
	sums,
	types::{ClearedZone, Gate, QueuedStep, Record, Session, SessionId, PAGE},
	PriceKey,
};
use alloc::vec::Vec;
use busbar_primitives::{
	api::{BookLevel, Clock, OrderView, SessionView, ZonePrice},
	payment,
	traits::{Calendar, Grid, OrderCollateral, Positions, Prune},
	Balance, Contract, Interval, Moment, Outcome, Phase, PointId, Position, Price, Product, ProductId, Side, Terms, Wh,
	ZoneId, ZoneResult,
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

	fn is_open(interval: Interval) -> bool {
		Self::terms(interval).is_some_and(|terms| Self::now() < terms.gate_closure)
	}

	fn takes_limits(interval: Interval) -> bool {
		let before_last = Self::terms(interval).is_some_and(|terms| Self::now() < terms.last_gate_closure);
		before_last && !Self::is_closing(interval)
	}
}

impl<T: Config> Positions for Pallet<T> {
	fn outcome(interval: Interval) -> Option<Outcome> {
		Intervals::<T>::get(interval).and_then(|record| record.outcome())
	}

	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult> {
		let record = Intervals::<T>::get(interval)?;
		let mut ended: Vec<_> = record.product_ids().zip(&record.products).collect();
		ended.sort_by_key(|(_, spec)| core::cmp::Reverse(spec.gate_closure(interval, &record.terms)));
		ended.into_iter().find_map(|(product, _)| Self::result((interval, product), zone)).map(|zone| zone.result)
	}

	fn contracts(point: PointId, interval: Interval) -> Vec<Contract> {
		let Some(record) = Intervals::<T>::get(interval) else { return Vec::new() };
		let products = record.product_ids().zip(&record.products);
		products.filter_map(|(product, spec)| Self::contract((interval, product), spec, point)).collect()
	}

	fn of(point: PointId, interval: Interval) -> Position {
		Self::contracts(point, interval).into_iter().map(|contract| contract.position).sum()
	}
}

impl<T: Config> OrderCollateral<T::AccountId> for Pallet<T> {
	fn take_collateral(point: PointId, interval: Interval) -> Vec<(T::AccountId, Balance)> {
		let Some(record) = Intervals::<T>::get(interval).filter(|record| record.unended == 0) else {
			return Vec::new();
		};
		let mut taken = Vec::new();
		for (product, spec) in record.product_ids().zip(&record.products) {
			let key = (interval, product, point);
			taken.extend(Self::take_from_block_orders((interval, product), spec, point));
			if let Some(mut trader) = Traders::<T>::get(key) {
				let mut held = core::mem::take(&mut trader.held);
				for id in &trader.open {
					LimitOrders::<T>::mutate((interval, product, *id), |order| {
						let own = order.as_mut().map_or(0, |order| core::mem::take(&mut order.held));
						held = held.saturating_add(own);
					});
				}
				if held > 0 {
					taken.push((trader.account.clone(), held));
					Traders::<T>::insert(key, trader);
				}
			}
			if let Some(mut order) = Orders::<T>::get(key).filter(|order| order.held > 0) {
				taken.push((order.account.clone(), core::mem::take(&mut order.held)));
				Orders::<T>::insert(key, order);
			}
		}
		taken
	}
}

impl<T: Config> Prune for Pallet<T> {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let mut left = limit;
		let all = (interval,);
		remove(&mut left, Orders::<T>::iter_key_prefix(all), |(a, b)| Orders::<T>::remove((interval, a, b)));
		remove(&mut left, Queues::<T>::iter_key_prefix(all), |(a, b, c, d)| {
			Queues::<T>::remove((interval, a, b, c, d));
		});
		remove(&mut left, Levels::<T>::iter_key_prefix(all), |(a, b, c)| Levels::<T>::remove((interval, a, b, c)));
		remove(&mut left, Results::<T>::iter_key_prefix(all), |(a, b)| Results::<T>::remove((interval, a, b)));
		remove(&mut left, LimitOrders::<T>::iter_key_prefix(all), |(a, b)| LimitOrders::<T>::remove((interval, a, b)));
		remove(&mut left, PriceQueues::<T>::iter_key_prefix(all), |(a, b)| PriceQueues::<T>::remove((interval, a, b)));
		remove(&mut left, PriceMaps::<T>::iter_key_prefix(all), |(a, b)| PriceMaps::<T>::remove((interval, a, b)));
		remove(&mut left, Traders::<T>::iter_key_prefix(all), |(a, b)| Traders::<T>::remove((interval, a, b)));
		remove(&mut left, TradedFlows::<T>::iter_key_prefix(interval), |a| TradedFlows::<T>::remove(interval, a));
		remove(&mut left, Books::<T>::iter_key_prefix(interval), |a| Books::<T>::remove(interval, a));
		remove(&mut left, BlockOrders::<T>::iter_key_prefix(all), |(a, b)| BlockOrders::<T>::remove((interval, a, b)));
		remove(&mut left, PointBlockOrders::<T>::iter_key_prefix(all), |(a, b)| {
			PointBlockOrders::<T>::remove((interval, a, b))
		});
		remove(&mut left, BlockOrderCounts::<T>::iter_key_prefix(interval), |a| {
			BlockOrderCounts::<T>::remove(interval, a)
		});
		remove(&mut left, Sessions::<T>::iter_key_prefix(interval), |a| Sessions::<T>::remove(interval, a));
		limit.saturating_sub(left)
	}
}

/// Removes as many keys as there is room left for. They are listed before any of them goes.
fn remove<K>(left: &mut u32, keys: impl Iterator<Item = K>, each: impl Fn(K)) {
	let listed: Vec<K> = keys.take(usize::try_from(*left).unwrap_or(usize::MAX)).collect();
	*left = left.saturating_sub(u32::try_from(listed.len()).unwrap_or(u32::MAX));
	listed.into_iter().for_each(each);
}

impl<T: Config> Pallet<T> {
	/// Whether a session of the interval is being cleared over several blocks.
	pub(crate) fn is_closing(interval: Interval) -> bool {
		ClosingGate::<T>::get().is_some_and(|Gate { session: (first, product), .. }| {
			let spec =
				Intervals::<T>::get(interval).and_then(|record| record.products.get(usize::from(product)).copied());
			spec.is_some_and(|spec| spec.first(interval) == first)
		})
	}

	/// What a session decided for a zone; `None` before it has ended.
	pub(crate) fn result((interval, product): SessionId, zone: ZoneId) -> Option<ClearedZone> {
		let (page, slot) = crate::gate::place(zone);
		Results::<T>::get((interval, product, page))?.get(slot).copied().flatten()
	}

	/// What a point bought or sold in a session; `None` if nothing.
	fn contract(session: SessionId, spec: &Product, point: PointId) -> Option<Contract> {
		if let Some(trader) = Traders::<T>::get((session.0, session.1, point)) {
			let Trader { position, amount, lowest, highest, .. } = trader;
			let traded = position != Position::default();
			return traded.then_some(Contract { product: session.1, position, amount, lowest, highest });
		}
		let zone = T::Grid::point(point)?.zone;
		let price = Self::result(session, zone)?.result.price?;
		let position = Self::committed_in(session, spec, point);
		let amount = payment(price, position.sold).saturating_sub(payment(price, position.bought));
		(position != Position::default()).then_some(Contract {
			product: session.1,
			position,
			amount,
			lowest: price,
			highest: price,
		})
	}

	/// Accepted energy of each step of an order, in Wh; all zero unless its session cleared.
	pub fn accepted(session: SessionId, order: &OrderOf<T>) -> Vec<Wh> {
		let cleared = Self::result(session, order.zone).and_then(|zone| zone.cleared());
		let accepted = |QueuedStep { step, arrival }: &QueuedStep| {
			let Some(result) = &cleared else { return 0 };
			// Only at the zone price does the queue matter.
			let ahead = if step.price == result.price {
				let queue = Queue::<T>::at(session, order.zone, PriceKey::from(step.price));
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

	/// Depth of a session's book in a zone, in ascending order of prices.
	pub fn book(interval: Interval, product: ProductId, zone: ZoneId) -> Vec<BookLevel> {
		Levels::<T>::iter_prefix((interval, product, zone))
			.map(|(price, level)| BookLevel { price: Price::from(price), buy: level.buy, sell: level.sell })
			.collect()
	}

	/// A session's results of all zones, in ascending order; empty before it has ended.
	pub fn prices(interval: Interval, product: ProductId) -> Vec<ZonePrice> {
		let mut pages: Vec<_> = Results::<T>::iter_prefix((interval, product)).collect();
		pages.sort_unstable_by_key(|(page, _)| *page);
		let zones = pages.into_iter().flat_map(|(page, zones)| (page.saturating_mul(PAGE)..).zip(zones));
		zones
			.filter_map(|(zone, cleared)| {
				let ClearedZone { import, export, fee, result } = cleared?;
				Some(ZonePrice { zone, import, export, fee, result })
			})
			.collect()
	}

	/// Up to `limit` orders of a session at points numbered `from` and above.
	pub fn orders(interval: Interval, product: ProductId, from: PointId, limit: u32) -> Vec<OrderView> {
		let ended = Sessions::<T>::get(interval, product).is_some_and(|session| session.outcome.is_some());
		(from..T::Grid::point_count())
			.filter_map(|point| Some((point, Orders::<T>::get((interval, product, point))?)))
			.take(usize::try_from(limit).unwrap_or(usize::MAX))
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
