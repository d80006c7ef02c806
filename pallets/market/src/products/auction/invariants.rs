//! The invariants of auctions.

use super::{block_orders::last, book::Queue, close::market::assemble, sums, BlockOrder, SpanPlaces};
use crate::{
	pallet::*,
	products::places::{self, Place},
	types::{ClearedZone, LoadedLevel, LoadedZone, PriceKey, Record, Session, SessionId},
};
use alloc::{collections::BTreeMap, vec::Vec};
use busbar_clearing::{Clearing, Lean, Zone};
use busbar_primitives::{
	traits::{Grid, Traders as _},
	Amount, Balance, Outcome, ParticipantId, Price, Product, Side, Wh, ZoneId, ZoneView,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Book and block orders of an auction are counted right; one that has cleared passes the checker, one that has failed
	/// has decided nothing.
	pub(super) fn check_auction(id: SessionId, product: &Product, session: &Session) -> Result<(), TryRuntimeError> {
		Self::check_block_orders_of(id, product)?;
		Self::check_book(id, session)?;
		match session.outcome {
			Some(outcome) if outcome.cleared => Self::check_cleared(id, product, session, &outcome),
			Some(outcome) => Self::check_failed(id, &outcome),
			None => Ok(()),
		}
	}

	/// Levels equal the orders' steps, queues equal the levels, and the session counts them.
	pub(crate) fn check_book(id: SessionId, session: &Session) -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<(ZoneId, Price), (Wh, Wh)> = BTreeMap::new();
		let mut queues: BTreeMap<(ZoneId, Price, Side), BTreeMap<u32, Wh>> = BTreeMap::new();
		let (mut orders, mut buy, mut sell) = (0u32, 0 as Wh, 0 as Wh);
		for (_, order) in Orders::<T>::iter_prefix(id) {
			orders = orders.saturating_add(1);
			ensure!(order.arrival < session.arrivals, "an order arrived after the last one");
			for queued in &order.steps {
				let step = queued.step;
				let sum = sums.entry((order.zone, step.price)).or_default();
				let (of_level, of_all) =
					if step.side == Side::Buy { (&mut sum.0, &mut buy) } else { (&mut sum.1, &mut sell) };
				*of_level = of_level.checked_add(step.wh).ok_or("a level overflows")?;
				*of_all = of_all.checked_add(step.wh).ok_or("the offered energy overflows")?;
				let queue = queues.entry((order.zone, step.price, step.side)).or_default();
				ensure!(queue.insert(queued.arrival, step.wh).is_none(), "two steps have one place in a queue");
			}
		}
		ensure!(session.orders == orders, "the count of orders is wrong");
		ensure!(session.levels as usize == sums.len(), "the count of levels is wrong");
		ensure!(session.levels <= T::MaxLevels::get(), "there are too many levels");
		ensure!((session.offered_buy, session.offered_sell) == (buy, sell), "the offered energy is wrong");
		ensure!(Levels::<T>::iter_prefix(id).count() == sums.len(), "a level has no orders");
		for ((zone, price), (buy, sell)) in sums {
			let level = Levels::<T>::get((id.0, id.1, zone, PriceKey::from(price))).ok_or("an order has no level")?;
			ensure!((level.buy, level.sell) == (buy, sell), "a level is not the sum of its orders");
		}
		for ((zone, price, side), queue) in queues {
			let price = PriceKey::from(price);
			let level = Levels::<T>::get((id.0, id.1, zone, price)).ok_or("an order has no level")?;
			let (total, arrivals) = level.side(side);
			let at = Queue::<T>::at(id, zone, price);
			let mut ahead: Wh = 0;
			for (arrival, wh) in queue {
				ensure!(arrival < arrivals, "a step arrived after the last one");
				ensure!(sums::ahead(&at, side, arrival) == Some(ahead), "a queue's running sum is wrong");
				ahead = ahead.checked_add(wh).ok_or("a queue overflows")?;
			}
			ensure!(ahead == total, "a queue is not its level's sum");
		}
		for (zone, price, key) in Queues::<T>::iter_key_prefix(id) {
			let level = Levels::<T>::get((id.0, id.1, zone, price)).ok_or("a queue has no level")?;
			let node = Queues::<T>::get((id.0, id.1, zone, price, key));
			let sum = (0..32).try_fold(0, |sum: Wh, slot| sum.checked_add(node.get(slot)));
			let (total, _) = level.side(key.side);
			ensure!(sum.is_some_and(|sum| 0 < sum && sum <= total), "a queue holds energy that its level does not");
		}
		Ok(())
	}

	/// Of the intervals ahead, each owner's record counts the steps of its orders. What records say of earlier ones is of no
	/// use any more, and goes with their owners' next orders.
	pub(crate) fn check_standing() -> Result<(), TryRuntimeError> {
		let ahead = Self::first_ahead();
		let mut steps: BTreeMap<(ParticipantId, SessionId), u32> = BTreeMap::new();
		for ((interval, product, point), order) in Orders::<T>::iter().filter(|((interval, ..), _)| *interval >= ahead)
		{
			let owner = T::Grid::point(point).ok_or("an order has no point")?.owner;
			let count = steps.entry((owner, (interval, product))).or_default();
			*count = count.saturating_add(order.steps.len() as u32);
		}
		let all = T::Traders::all_standing().into_iter();
		let counted = all.flat_map(|(owner, standing)| {
			standing.since(ahead).iter().map(|(session, steps)| ((owner, session), steps)).collect::<Vec<_>>()
		});
		ensure!(counted.collect::<BTreeMap<_, _>>() == steps, "the count of a participant's steps is wrong");
		Ok(())
	}

	/// A cleared session as the clearing library sees it, with the energy of the accepted block orders.
	fn cleared_market(
		id: SessionId,
		accepted: &[BlockOrder<T::AccountId>],
	) -> Result<(Vec<LoadedZone>, Vec<Zone>, Clearing), TryRuntimeError> {
		let record = Intervals::<T>::get(id.0).ok_or("a session has no interval")?;
		let tree = T::Grid::zones(id.0, 0..record.zones);
		let (mut zones, mut results) = (Vec::with_capacity(tree.len()), Vec::with_capacity(tree.len()));
		for ZoneView { id: zone, parent, .. } in &tree {
			let decided = Self::result(id, *zone).ok_or("a zone has no result")?;
			let ClearedZone { import, export, fee, .. } = decided;
			zones.push(LoadedZone { id: *zone, parent: *parent, import, export, fee });
			results.push(decided.cleared().ok_or("a cleared zone has no price")?);
		}
		let levels = Levels::<T>::iter_prefix(id).map(|((zone, price), level)| LoadedLevel {
			zone,
			price: price.into(),
			buy: level.buy,
			sell: level.sell,
		});
		let mut market = assemble(&zones, levels).ok_or("the zones form no tree")?;
		let session = Sessions::<T>::get(id.0, id.1).ok_or("a product has no session")?;
		let outcome = session.outcome.ok_or("a cleared session has no outcome")?;
		let Outcome { mut welfare, mut traded, fees, rent, .. } = outcome;
		for block_order in accepted {
			let at = zones.iter().position(|zone| zone.id == block_order.zone);
			let zone = at.and_then(|at| market.get_mut(at)).ok_or("a block order's zone is not in the tree")?;
			let wh = block_order.energy(id.0);
			let signed = i64::try_from(wh).map_err(|_| "a block order's energy is out of range")?;
			welfare = welfare.checked_sub(block_order.worth(id.0)).ok_or("welfare is out of range")?;
			if block_order.side == Side::Buy {
				zone.injection = zone.injection.saturating_sub(signed);
				traded = traded.checked_sub(wh).ok_or("block orders buy more than is traded")?;
			} else {
				zone.injection = zone.injection.saturating_add(signed);
			}
		}
		Ok((zones, market, Clearing { zones: results, welfare, traded, fees, rent }))
	}

	/// The block orders of a session's span that were accepted.
	fn accepted_block_orders(id: SessionId, spec: &Product) -> Vec<BlockOrder<T::AccountId>> {
		let all = Self::block_orders(id.0, id.1, spec).into_iter().map(|(_, block_order)| block_order);
		all.filter(|block_order| block_order.accepted == Some(true)).collect()
	}

	/// The checker of `busbar-clearing` passes; energy balances; nobody is filled worse than their limit.
	fn check_cleared(
		id: SessionId,
		spec: &Product,
		session: &Session,
		outcome: &Outcome,
	) -> Result<(), TryRuntimeError> {
		let block_orders = Self::accepted_block_orders(id, spec);
		let (zones, market, clearing) = Self::cleared_market(id, &block_orders)?;
		let (mut bought, mut sold) = (0 as Wh, 0 as Wh);
		for block_order in &block_orders {
			let sum = if block_order.side == Side::Buy { &mut bought } else { &mut sold };
			*sum = sum.checked_add(block_order.energy(id.0)).ok_or("accepted energy overflows")?;
		}
		let prices: BTreeMap<ZoneId, Price> =
			zones.iter().zip(&clearing.zones).map(|(zone, result)| (zone.id, result.price)).collect();
		let lean = lean_of(session)?;
		if let Err(violation) = busbar_clearing::check_leaning(&market, &clearing, lean) {
			log::error!(target: "runtime::market", "session {id:?}: {violation}");
			return Err("a cleared session does not pass the checker".into());
		}

		for (_, order) in Orders::<T>::iter_prefix(id) {
			let price = *prices.get(&order.zone).ok_or("an order's zone is not in the tree")?;
			for (queued, wh) in order.steps.iter().zip(Self::accepted(id, &order)) {
				ensure!(wh <= queued.step.wh, "more is accepted than was offered");
				let (sum, worse) = match queued.step.side {
					Side::Buy => (&mut bought, queued.step.price < price),
					Side::Sell => (&mut sold, queued.step.price > price),
				};
				ensure!(wh == 0 || !worse, "an order is filled worse than its limit");
				*sum = sum.checked_add(wh).ok_or("accepted energy overflows")?;
			}
		}
		ensure!(bought == outcome.traded && sold == outcome.traded, "accepted buys and sells do not balance");
		Ok(())
	}

	/// Block orders of a span are counted and indexed, and none that is accepted is out of the money.
	pub(crate) fn check_block_orders_of((interval, product): SessionId, spec: &Product) -> Result<(), TryRuntimeError> {
		if interval != last(interval, spec) {
			return Ok(());
		}
		let block_orders = Self::block_orders(interval, product, spec);
		let SpanPlaces { next, taken } = BlockOrderPlaces::<T>::get(interval, product);
		ensure!(taken.len() == block_orders.len(), "the count of block orders is wrong");
		ensure!(places::keeps_quotas(&taken), "a participant has more places than its quota");
		for (place, (id, block_order)) in taken.iter().zip(block_orders) {
			ensure!(id < next && block_order.held.len() == block_order.wh.len(), "a block order that cannot stand");
			ensure!(*place == Self::place_of(place, id, &block_order)?, "a block order stands on another's place");
			let own = PointBlockOrders::<T>::get((interval, product, block_order.point));
			ensure!(own.contains(&id), "a point does not know its block order");
			// Earlier intervals of a span are pruned before it.
			let mut intervals = (block_order.first..).zip(&block_order.wh).map(|(at, _)| at);
			if block_order.accepted == Some(true) && intervals.all(Intervals::<T>::contains_key) {
				let (mut amount, mut limit) = (0 as Amount, 0 as Amount);
				for (at, wh) in (block_order.first..).zip(&block_order.wh) {
					let price = Self::result((at, product), block_order.zone).and_then(|zone| zone.result.price);
					let price = price.ok_or("an accepted block order has no price")?;
					amount = amount.saturating_add(busbar_primitives::payment(price, *wh));
					limit = limit.saturating_add(busbar_primitives::payment(block_order.price, *wh));
				}
				let right = if block_order.side == Side::Buy { amount <= limit } else { amount >= limit };
				ensure!(right, "an accepted block order is out of the money");
			}
		}
		Self::check_lean((interval, product), spec)
	}

	/// The place that a block order should have, except for how it got it.
	fn place_of(
		place: &Place<u32>,
		id: u32,
		block_order: &BlockOrder<T::AccountId>,
	) -> Result<Place<u32>, TryRuntimeError> {
		let BlockOrder { point, zone, side, price, first, wh, .. } = block_order;
		let mut worth: Balance = 0;
		for (interval, wh) in (*first..).zip(wh) {
			// Earlier intervals of a span are pruned before it.
			let Some(Record { terms, .. }) = Intervals::<T>::get(interval) else {
				worth = place.worth;
				break;
			};
			worth = worth.saturating_add(places::worth((terms.price_floor, terms.price_cap), *side, *price, *wh));
		}
		let owner = T::Grid::point(*point).ok_or("a block order has no point")?.owner;
		Ok(Place { id, owner, zone: *zone, side: *side, worth, took: place.took })
	}

	/// Prices of a span lean all alike, and no further from the middle than its accepted block orders need.
	fn check_lean((last, product): SessionId, spec: &Product) -> Result<(), TryRuntimeError> {
		let first = spec.first(last);
		let sessions = (first..=last).map(|interval| Sessions::<T>::get(interval, product));
		let sessions = sessions.collect::<Option<Vec<_>>>().unwrap_or_default();
		let Some(lean) = sessions.first().map(lean_of).transpose()? else { return Ok(()) };
		ensure!(sessions.iter().all(|session| session.lean == sessions[0].lean), "prices of a span lean differently");
		let Some(nearer) = lean.nearer() else { return Ok(()) };
		let mut ranges = Vec::new();
		let block_orders = Self::accepted_block_orders((last, product), spec);
		for interval in first..=last {
			let (zones, market, clearing) = Self::cleared_market((interval, product), &block_orders)?;
			let supporting = busbar_clearing::supporting_prices_leaning(&market, &clearing, lean);
			let supporting = supporting.map_err(|_| "a cleared session does not pass the checker")?;
			ranges.push(zones.iter().map(|zone| zone.id).zip(supporting).collect::<BTreeMap<_, _>>());
		}
		let loses = |block_order: &BlockOrder<T::AccountId>| {
			let amounts = (block_order.first..).zip(&block_order.wh).map(|(interval, wh)| {
				let range =
					ranges.get(interval.saturating_sub(first) as usize).and_then(|zones| zones.get(&block_order.zone));
				let (low, high) = range.copied().unwrap_or_default();
				let better = i128::from(nearer.price(low, high)) - i128::from(block_order.price);
				better.saturating_mul(i128::from(*wh))
			});
			let sum: i128 = amounts.sum();
			if block_order.side == Side::Buy {
				sum > 0
			} else {
				sum < 0
			}
		};
		ensure!(block_orders.iter().any(loses), "prices lean further than any block order needs");
		Ok(())
	}

	/// No prices, no flows, no positions.
	fn check_failed(id: SessionId, outcome: &Outcome) -> Result<(), TryRuntimeError> {
		let zero = Outcome { points: outcome.points, ..Outcome::default() };
		ensure!(*outcome == zero, "a failed session has an outcome");
		for ClearedZone { result, .. } in Results::<T>::iter_prefix(id).flat_map(|(_, page)| page).flatten() {
			let empty = result.flow == 0 && result.margin_buy == 0 && result.margin_sell == 0;
			ensure!(result.price.is_none() && empty, "a failed session has a price or a flow");
		}
		for (_, order) in Orders::<T>::iter_prefix(id) {
			ensure!(Self::accepted(id, &order).iter().all(|wh| *wh == 0), "a failed session has a position");
		}
		Ok(())
	}
}

/// How a session's prices lean.
fn lean_of(session: &Session) -> Result<Lean, TryRuntimeError> {
	let lean = session.lean.map_or(Some(Lean::MIDDLE), Lean::new);
	Ok(lean.ok_or("prices lean beyond what supports them")?)
}
