//! Orders and the book: checking a curve, adding it to its price levels and queues, taking it out again.

use crate::{
	collateral::worst_net_debt,
	pallet::*,
	sums::{self, Node, NodeKey, Nodes},
	types::{on_tick, QueuedStep, Record, OFFERED_LIMIT},
	Order, PriceKey,
};
use alloc::vec::Vec;
use busbar_primitives::{
	energy,
	traits::{Calendar, Collateral, Grid, Participants},
	Balance, Interval, Point, PointId, Product, Right, Side, Step, Terms, Wh, ZoneId,
};
use frame_support::{ensure, traits::Get, BoundedVec};
use sp_runtime::DispatchError;

/// The queue nodes of one price level, in storage.
pub(crate) struct Queue<T> {
	pub interval: Interval,
	pub zone: ZoneId,
	pub price: PriceKey,
	pub _config: core::marker::PhantomData<T>,
}

impl<T: Config> Queue<T> {
	pub(crate) fn at(interval: Interval, zone: ZoneId, price: PriceKey) -> Self {
		Self { interval, zone, price, _config: core::marker::PhantomData }
	}
}

impl<T: Config> Nodes for Queue<T> {
	fn get(&self, key: NodeKey) -> Node {
		Queues::<T>::get((self.interval, self.zone, self.price, key))
	}

	fn set(&mut self, key: NodeKey, node: Node) {
		let at = (self.interval, self.zone, self.price, key);
		if node.is_empty() {
			Queues::<T>::remove(at);
		} else {
			Queues::<T>::insert(at, node);
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Checks and places an order. Returns its zone, whose money is held, its arrival number, and how much is held.
	pub(crate) fn do_place(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
		product: Product,
		steps: &BoundedVec<Step, T::MaxSteps>,
	) -> Result<(ZoneId, T::AccountId, u32, Balance), DispatchError> {
		let mut record = Self::open_record(interval)?;
		let at = Self::tradable(who, interval, point)?;
		let zone = at.zone;
		ensure!(!Orders::<T>::contains_key(interval, point), Error::<T>::OrderExists);
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;
		Self::check_steps(&record.terms, steps, &at)?;

		let mut queued = Vec::with_capacity(steps.len());
		for step in steps {
			queued.push(Self::add_step(&mut record, interval, zone, *step)?);
		}
		let steps_held = BoundedVec::try_from(queued).map_err(|_| Error::<T>::Corrupt)?;
		let held = worst_net_debt(steps, record.terms.posted, T::Grid::max_path_fee());
		T::Collateral::hold(&account, held)?;

		let arrival = record.arrivals;
		record.arrivals = arrival.checked_add(1).ok_or(Error::<T>::Overflow)?;
		record.orders = record.orders.checked_add(1).ok_or(Error::<T>::Overflow)?;
		Intervals::<T>::insert(interval, record);
		let order = Order { account: account.clone(), zone, product, arrival, steps: steps_held, held };
		Orders::<T>::insert(interval, point, order);
		Ok((zone, account, arrival, held))
	}

	/// Takes an order out. Returns whose money was released, how much, and the number of its steps.
	pub(crate) fn do_cancel(
		who: &T::AccountId,
		interval: Interval,
		point: PointId,
	) -> Result<(T::AccountId, Balance, u32), DispatchError> {
		let mut record = Self::open_record(interval)?;
		Self::tradable(who, interval, point)?;
		let order = Orders::<T>::take(interval, point).ok_or(Error::<T>::NoOrder)?;
		for step in &order.steps {
			Self::remove_step(&mut record, interval, order.zone, *step)?;
		}
		T::Collateral::release(&order.account, order.held)?;
		record.orders = record.orders.checked_sub(1).ok_or(Error::<T>::Corrupt)?;
		Intervals::<T>::insert(interval, record);
		Ok((order.account, order.held, order.steps.len() as u32))
	}

	/// The record of an interval that accepts orders.
	fn open_record(interval: Interval) -> Result<Record, Error<T>> {
		let Some(record) = Intervals::<T>::get(interval) else {
			let unopened = interval >= NextToOpen::<T>::get();
			return Err(if unopened { Error::<T>::NotOpenYet } else { Error::<T>::UnknownInterval });
		};
		let open = record.outcome.is_none() && Self::now() < record.terms.gate_closure;
		ensure!(open, Error::<T>::GateClosed);
		Ok(record)
	}

	/// The connection point, if it is in force in the interval and `who` may trade there.
	fn tradable(who: &T::AccountId, interval: Interval, point: PointId) -> Result<Point, DispatchError> {
		let point = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let in_force = point.from <= interval && point.until.is_none_or(|until| interval < until);
		ensure!(in_force, Error::<T>::PointNotInForce);
		T::Participants::ensure_acts_for(who, point.owner, Right::Trade)?;
		Ok(point)
	}

	/// Whether a curve keeps within the interval's terms and the point's rating.
	fn check_steps(terms: &Terms, steps: &[Step], point: &Point) -> Result<(), Error<T>> {
		ensure!(!steps.is_empty(), Error::<T>::NoSteps);
		for step in steps {
			ensure!(step.wh > 0, Error::<T>::ZeroQuantity);
			ensure!((terms.price_floor..=terms.price_cap).contains(&step.price), Error::<T>::PriceOutOfBounds);
			ensure!(on_tick(step.price, terms.tick), Error::<T>::PriceOffTick);
		}
		let side = |side| steps.iter().filter(move |step| step.side == side);
		if let (Some(buy), Some(sell)) =
			(side(Side::Buy).map(|step| step.price).max(), side(Side::Sell).map(|step| step.price).min())
		{
			ensure!(buy < sell, Error::<T>::CrossedSteps);
		}
		let interval_s = <Self as Calendar>::interval_s();
		for (of, rating) in [(Side::Buy, point.import_w), (Side::Sell, point.export_w)] {
			let wh = side(of).try_fold(0, |sum: Wh, step| sum.checked_add(step.wh)).ok_or(Error::<T>::BeyondRating)?;
			ensure!(wh <= energy(rating, interval_s), Error::<T>::BeyondRating);
		}
		Ok(())
	}

	/// Adds a step to the end of its queue.
	fn add_step(record: &mut Record, interval: Interval, zone: ZoneId, step: Step) -> Result<QueuedStep, Error<T>> {
		let offered = match step.side {
			Side::Buy => &mut record.offered_buy,
			Side::Sell => &mut record.offered_sell,
		};
		*offered = offered.checked_add(step.wh).filter(|sum| *sum <= OFFERED_LIMIT).ok_or(Error::<T>::Overflow)?;

		let price = PriceKey::from(step.price);
		let mut level = Levels::<T>::get((interval, zone, price)).unwrap_or_default();
		if level.is_empty() {
			record.levels = record.levels.saturating_add(1);
			ensure!(record.levels <= T::MaxLevels::get(), Error::<T>::TooManyLevels);
		}
		let (sum, arrivals) = level.side_mut(step.side);
		let arrival = *arrivals;
		ensure!(arrival < sums::CAPACITY, Error::<T>::QueueFull);
		sums::append(&mut Queue::<T>::at(interval, zone, price), step.side, arrival, *sum, step.wh)
			.ok_or(Error::<T>::Corrupt)?;
		*sum = sum.checked_add(step.wh).ok_or(Error::<T>::Overflow)?;
		*arrivals = arrivals.saturating_add(1);
		Levels::<T>::insert((interval, zone, price), level);
		Ok(QueuedStep { step, arrival })
	}

	/// Takes a step out of its queue. A level without energy goes, and its numbers start anew.
	fn remove_step(
		record: &mut Record,
		interval: Interval,
		zone: ZoneId,
		QueuedStep { step, arrival }: QueuedStep,
	) -> Result<(), Error<T>> {
		let offered = match step.side {
			Side::Buy => &mut record.offered_buy,
			Side::Sell => &mut record.offered_sell,
		};
		*offered = offered.checked_sub(step.wh).ok_or(Error::<T>::Corrupt)?;

		let price = PriceKey::from(step.price);
		let mut level = Levels::<T>::get((interval, zone, price)).ok_or(Error::<T>::Corrupt)?;
		let (sum, arrivals) = level.side_mut(step.side);
		sums::remove(&mut Queue::<T>::at(interval, zone, price), step.side, *arrivals, arrival, step.wh)
			.ok_or(Error::<T>::Corrupt)?;
		*sum = sum.checked_sub(step.wh).ok_or(Error::<T>::Corrupt)?;
		if level.is_empty() {
			record.levels = record.levels.checked_sub(1).ok_or(Error::<T>::Corrupt)?;
			Levels::<T>::remove((interval, zone, price));
		} else {
			Levels::<T>::insert((interval, zone, price), level);
		}
		Ok(())
	}
}
