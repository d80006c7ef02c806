//! The invariants, as a function that tests call after every step and `try_state` on a live chain.

use crate::{
	block_orders::last,
	gate::assemble,
	pallet::*,
	sums,
	types::{ClearedZone, GateKey, LoadedLevel, LoadedZone, Record, Session, SessionId},
	PriceKey,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use busbar_primitives::{
	energy,
	traits::{Calendar, Flows, Grid},
	Amount, Interval, Outcome, Price, Product, ProductKind, Side, Wh, ZoneId, ZoneView,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the module's documentation. Reads all records: not for use in a call.
	///
	/// # Errors
	/// The first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let (open, prune) = (NextToOpen::<T>::get(), NextToPrune::<T>::get());
		ensure!(prune <= open, "the cursors are out of order");
		ensure!(ParametersValue::<T>::get().validate(T::SlotDuration::get()).is_ok(), "the parameters make no sense");
		let mut gates = BTreeSet::new();
		for (interval, record) in Intervals::<T>::iter() {
			ensure!((prune..open).contains(&interval), "an interval stands outside the cursors");
			let mut sum = Record::new(record.terms, record.products.clone());
			for (product, spec) in record.product_ids().zip(&record.products) {
				let session = Sessions::<T>::get(interval, product).ok_or("an interval lacks a session")?;
				let closure = spec.gate_closure(interval, &record.terms);
				let gate = GateKey::new(closure, (spec.first(interval), product));
				let open = Gates::<T>::get(gate) == Some(spec.span);
				ensure!(open == session.outcome.is_none(), "a gate and its session disagree");
				if session.outcome.is_none() {
					gates.insert(gate);
				}
				Self::check_block_orders_of((interval, product), spec)?;
				Self::check_book((interval, product), &session)?;
				if spec.kind != ProductKind::Auction {
					Self::check_continuous((interval, product), &record.terms)?;
					ensure!(
						session == Session { outcome: session.outcome, ..Session::default() },
						"orders of no auction"
					);
				}
				match session.outcome {
					Some(_) if spec.kind != ProductKind::Auction => {},
					Some(outcome) if outcome.cleared => Self::check_cleared((interval, product), spec, &outcome)?,
					Some(outcome) => Self::check_failed((interval, product), &outcome)?,
					None => {
						let results = Results::<T>::iter_prefix((interval, product)).next();
						ensure!(results.is_none(), "results before the session has ended");
					},
				}
				if let Some(outcome) = session.outcome {
					sum.end_session(&outcome);
				}
			}
			// Points are those of the session that ended last, whichever it was.
			sum.ended.points = record.ended.points;
			ensure!(sum == record, "an interval is not the sum of its sessions");
			Self::check_flows(interval)?;
		}
		ensure!(Gates::<T>::iter_keys().count() == gates.len(), "a gate has no session");
		Self::check_closing()
	}

	/// What earlier blocks loaded of a gate is there, and belongs to the first gate of all.
	fn check_closing() -> Result<(), TryRuntimeError> {
		let pages = LoadedPages::<T>::iter_keys().count();
		let Some(gate) = ClosingGate::<T>::get() else {
			ensure!(pages == 0, "pages of no gate");
			return Ok(());
		};
		ensure!(Gates::<T>::iter_keys().next().map(|key| key.session()) == Some(gate.session), "a gate out of turn");
		let loaded =
			(0..gate.pages).map(LoadedPages::<T>::get).collect::<Option<Vec<_>>>().ok_or("a page is missing")?;
		ensure!(loaded.len() == pages, "pages of no gate");
		let current = loaded.iter().filter(|page| page.interval == gate.interval);
		let levels: usize = current.map(|page| page.levels.len()).sum();
		ensure!(levels == gate.levels as usize, "the count of loaded levels is wrong");
		Ok(())
	}

	/// No contracted flow, over all sessions, exceeds its link's limit in force.
	fn check_flows(interval: Interval) -> Result<(), TryRuntimeError> {
		let interval_s = <Self as Calendar>::interval_s();
		for zone in T::Grid::zones(interval, 0..T::Grid::zone_count()).iter().filter(|zone| zone.parent.is_some()) {
			let flow = <Self as Flows>::sold(interval, zone.id);
			let limit = if flow < 0 { zone.link.export_w } else { zone.link.import_w };
			let within = limit.is_none_or(|watt| flow.unsigned_abs() <= energy(watt, interval_s));
			ensure!(within, "a flow exceeds its link's limit");
		}
		Ok(())
	}

	/// Levels equal the orders' steps, queues equal the levels, and the session counts them.
	fn check_book(id: SessionId, session: &Session) -> Result<(), TryRuntimeError> {
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
			let at = crate::book::Queue::<T>::at(id, zone, price);
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
			let sum = (0..32).try_fold(0, |sum: Wh, slot| {
				sum.checked_add(Queues::<T>::get((id.0, id.1, zone, price, key)).get(slot))
			});
			let (total, _) = level.side(key.side);
			ensure!(sum.is_some_and(|sum| 0 < sum && sum <= total), "a queue holds energy that its level does not");
		}
		Ok(())
	}

	/// The checker of `busbar-clearing` passes; energy balances; nobody is filled worse than their limit.
	fn check_cleared(id: SessionId, spec: &Product, outcome: &Outcome) -> Result<(), TryRuntimeError> {
		let tree = T::Grid::zones(id.0, 0..T::MaxZones::get());
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
		let (mut bought, mut sold, mut worth) = (0 as Wh, 0 as Wh, 0 as Amount);
		for (_, block_order) in
			Self::block_orders(id.0, id.1, spec).iter().filter(|(_, block_order)| block_order.accepted == Some(true))
		{
			let at = zones
				.iter()
				.position(|zone| zone.id == block_order.zone)
				.ok_or("a block order's zone is not in the tree")?;
			let (wh, zone) =
				(block_order.energy(id.0), market.get_mut(at).ok_or("a block order's zone is not in the tree")?);
			let signed = i64::try_from(wh).map_err(|_| "a block order's energy is out of range")?;
			worth = worth.checked_add(block_order.worth(id.0)).ok_or("block orders' worth overflows")?;
			if block_order.side == Side::Buy {
				zone.injection = zone.injection.saturating_sub(signed);
				bought = bought.checked_add(wh).ok_or("accepted energy overflows")?;
			} else {
				zone.injection = zone.injection.saturating_add(signed);
				sold = sold.checked_add(wh).ok_or("accepted energy overflows")?;
			}
		}
		let of_block_orders = bought;
		let prices: BTreeMap<ZoneId, Price> = tree.iter().zip(&results).map(|(zone, r)| (zone.id, r.price)).collect();
		let clearing = busbar_clearing::Clearing {
			zones: results,
			welfare: outcome.welfare.checked_sub(worth).ok_or("welfare is out of range")?,
			traded: outcome.traded.checked_sub(of_block_orders).ok_or("block orders buy more than is traded")?,
			fees: outcome.fees,
			rent: outcome.rent,
		};
		if let Err(violation) = busbar_clearing::check(&market, &clearing) {
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
	fn check_block_orders_of((interval, product): SessionId, spec: &Product) -> Result<(), TryRuntimeError> {
		if interval != last(interval, spec) {
			return Ok(());
		}
		let block_orders = Self::block_orders(interval, product, spec);
		let count = BlockOrderCounts::<T>::get(interval, product);
		ensure!(count.standing as usize == block_orders.len(), "the count of block orders is wrong");
		for (id, block_order) in block_orders {
			ensure!(
				id < count.next && block_order.held.len() == block_order.wh.len(),
				"a block order that cannot stand"
			);
			let own = PointBlockOrders::<T>::get((interval, product, block_order.point));
			ensure!(own.contains(&id), "a point does not know its block order");
			if block_order.accepted == Some(true) {
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
