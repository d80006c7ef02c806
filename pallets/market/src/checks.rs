//! The invariants, as a function that tests call after every step and `try_state` on a live chain.

use crate::{pallet::*, sums, types::Record, PriceKey};
use alloc::{collections::BTreeMap, vec::Vec};
use busbar_primitives::{traits::Grid, Interval, Outcome, Price, Side, Wh, ZoneId, ZoneView};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the module's documentation. Reads all records: not for use in a call.
	///
	/// # Errors
	/// The first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let (open, close, prune) = (NextToOpen::<T>::get(), NextToClose::<T>::get(), NextToPrune::<T>::get());
		ensure!(prune <= close && close <= open, "the cursors are out of order");
		ensure!(ParametersValue::<T>::get().validate(T::SlotDuration::get()).is_ok(), "the parameters make no sense");
		for (interval, record) in Intervals::<T>::iter() {
			ensure!((prune..open).contains(&interval), "an interval stands outside the cursors");
			ensure!((interval < close) == record.outcome.is_some(), "an interval is closed before its turn");
			Self::check_book(interval, &record)?;
			match record.outcome {
				Some(outcome) if outcome.cleared => Self::check_cleared(interval, &outcome)?,
				Some(outcome) => Self::check_failed(interval, &outcome)?,
				None => ensure!(Results::<T>::iter_prefix(interval).next().is_none(), "results before the gate closed"),
			}
		}
		Ok(())
	}

	/// Levels equal the orders' steps, queues equal the levels, and the record counts them.
	fn check_book(interval: Interval, record: &Record) -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<(ZoneId, Price), (Wh, Wh)> = BTreeMap::new();
		let mut queues: BTreeMap<(ZoneId, Price, Side), BTreeMap<u32, Wh>> = BTreeMap::new();
		let (mut orders, mut buy, mut sell) = (0u32, 0 as Wh, 0 as Wh);
		for (_, order) in Orders::<T>::iter_prefix(interval) {
			orders = orders.saturating_add(1);
			ensure!(order.arrival < record.arrivals, "an order arrived after the last one");
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
		ensure!(record.orders == orders, "the count of orders is wrong");
		ensure!(record.levels as usize == sums.len(), "the count of levels is wrong");
		ensure!(record.levels <= T::MaxLevels::get(), "there are too many levels");
		ensure!((record.offered_buy, record.offered_sell) == (buy, sell), "the offered energy is wrong");
		ensure!(Levels::<T>::iter_prefix((interval,)).count() == sums.len(), "a level has no orders");
		for ((zone, price), (buy, sell)) in sums {
			let level = Levels::<T>::get((interval, zone, PriceKey::from(price))).ok_or("an order has no level")?;
			ensure!((level.buy, level.sell) == (buy, sell), "a level is not the sum of its orders");
		}
		for ((zone, price, side), queue) in queues {
			let price = PriceKey::from(price);
			let level = Levels::<T>::get((interval, zone, price)).ok_or("an order has no level")?;
			let (total, arrivals) = level.side(side);
			let at = crate::book::Queue::<T>::at(interval, zone, price);
			let mut ahead: Wh = 0;
			for (arrival, wh) in queue {
				ensure!(arrival < arrivals, "a step arrived after the last one");
				ensure!(sums::ahead(&at, side, arrival) == Some(ahead), "a queue's running sum is wrong");
				ahead = ahead.checked_add(wh).ok_or("a queue overflows")?;
			}
			ensure!(ahead == total, "a queue is not its level's sum");
		}
		for (zone, price, key) in Queues::<T>::iter_key_prefix((interval,)) {
			let level = Levels::<T>::get((interval, zone, price)).ok_or("a queue has no level")?;
			let sum = (0..32)
				.try_fold(0, |sum: Wh, slot| sum.checked_add(Queues::<T>::get((interval, zone, price, key)).get(slot)));
			let (total, _) = level.side(key.side);
			ensure!(sum.is_some_and(|sum| 0 < sum && sum <= total), "a queue holds energy that its level does not");
		}
		Ok(())
	}

	/// The checker of `busbar-clearing` passes; energy balances; nobody is filled worse than their limit.
	fn check_cleared(interval: Interval, outcome: &Outcome) -> Result<(), TryRuntimeError> {
		let tree = T::Grid::zones(interval, None, T::MaxZones::get());
		let zones = Self::rebuild(interval, &tree).ok_or("the zones form no tree")?;
		let mut results = Vec::with_capacity(tree.len());
		for ZoneView { id, .. } in &tree {
			let result = Results::<T>::get(interval, id).ok_or("a zone has no result")?;
			results.push(busbar_clearing::ZoneResult {
				price: result.price.ok_or("a cleared zone has no price")?,
				flow: result.flow,
				margin_buy: result.margin_buy,
				margin_sell: result.margin_sell,
				path_fee: result.path_fee.into(),
				fees: result.fees,
				rent: result.rent,
			});
		}
		for (zone, result) in zones.iter().zip(&results).skip(1) {
			let limit = if result.flow < 0 { zone.export } else { zone.import };
			ensure!(limit.is_none_or(|limit| result.flow.unsigned_abs() <= limit), "a flow exceeds its link's limit");
		}
		let prices: BTreeMap<ZoneId, Price> = tree.iter().zip(&results).map(|(zone, r)| (zone.id, r.price)).collect();
		let clearing = busbar_clearing::Clearing {
			zones: results,
			welfare: outcome.welfare,
			traded: outcome.traded,
			fees: outcome.fees,
			rent: outcome.rent,
		};
		if let Err(violation) = busbar_clearing::check(&zones, &clearing) {
			log::error!(target: "runtime::market", "interval {interval}: {violation}");
			return Err("a cleared interval does not pass the checker".into());
		}

		let (mut bought, mut sold) = (0 as Wh, 0 as Wh);
		for (_, order) in Orders::<T>::iter_prefix(interval) {
			let price = *prices.get(&order.zone).ok_or("an order's zone is not in the tree")?;
			for (queued, wh) in order.steps.iter().zip(Self::accepted(interval, &order)) {
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

	/// No prices, no flows, no positions.
	fn check_failed(interval: Interval, outcome: &Outcome) -> Result<(), TryRuntimeError> {
		let zero = Outcome { cleared: false, points: outcome.points, traded: 0, fees: 0, rent: 0, welfare: 0 };
		ensure!(*outcome == zero, "a failed interval has an outcome");
		for (_, result) in Results::<T>::iter_prefix(interval) {
			let empty = result.flow == 0 && result.margin_buy == 0 && result.margin_sell == 0;
			ensure!(result.price.is_none() && empty, "a failed interval has a price or a flow");
		}
		for (_, order) in Orders::<T>::iter_prefix(interval) {
			ensure!(Self::accepted(interval, &order).iter().all(|wh| *wh == 0), "a failed interval has a position");
		}
		Ok(())
	}
}
