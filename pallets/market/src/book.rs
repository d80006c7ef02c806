//! Orders and the book: checking a curve, adding it to its price levels and queues, taking it out again.

use crate::{
	collateral::{worst_net_debt, Bounds},
	pallet::*,
	sums::{self, Node, NodeKey, Nodes},
	types::{on_tick, QueuedStep, Record, Session, SessionId, OFFERED_LIMIT},
	Order, PriceKey,
};
use alloc::vec::Vec;
use busbar_primitives::{
	energy,
	traits::{Calendar, Collateral, Grid, Participants, Solvency},
	Balance, Interval, Point, PointId, Position, Price, Product, ProductKind, Right, Side, Step, Terms, Wh, ZoneId,
};
use frame_support::{ensure, traits::Get, BoundedVec};
use sp_runtime::DispatchError;

/// The queue nodes of one price level, in storage.
pub(crate) struct Queue<T> {
	pub session: SessionId,
	pub zone: ZoneId,
	pub price: PriceKey,
	pub _config: core::marker::PhantomData<T>,
}

impl<T: Config> Queue<T> {
	pub(crate) fn at(session: SessionId, zone: ZoneId, price: PriceKey) -> Self {
		Self { session, zone, price, _config: core::marker::PhantomData }
	}
}

impl<T: Config> Nodes for Queue<T> {
	fn get(&self, key: NodeKey) -> Node {
		let (interval, product) = self.session;
		Queues::<T>::get((interval, product, self.zone, self.price, key))
	}

	fn set(&mut self, key: NodeKey, node: Node) {
		let (interval, product) = self.session;
		let at = (interval, product, self.zone, self.price, key);
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
		(interval, product): SessionId,
		point: PointId,
		steps: &BoundedVec<Step, T::MaxSteps>,
	) -> Result<(ZoneId, T::AccountId, u32, Balance), DispatchError> {
		let (record, mut session) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		ensure!(spec.kind == ProductKind::Auction, Error::<T>::NotAnAuction);
		let at = Self::tradable(who, interval, point)?;
		T::Collateral::ensure_solvent(at.owner)?;
		let zone = at.zone;
		ensure!(!Orders::<T>::contains_key((interval, product, point)), Error::<T>::OrderExists);
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;
		Self::check_steps(&record.terms, steps)?;
		let mut committed = Self::committed_elsewhere(&record, (interval, product), point);
		add(&mut committed, Self::block_orders_of((interval, product), spec, point));
		Self::check_rating(steps, committed, &at)?;

		let mut queued = Vec::with_capacity(steps.len());
		for step in steps {
			queued.push(Self::add_step(&mut session, (interval, product), spec, zone, *step)?);
		}
		let steps_held = BoundedVec::try_from(queued).map_err(|_| Error::<T>::Corrupt)?;
		let held = worst_net_debt(steps, &Bounds::new(&record.terms, T::Grid::max_path_fee()));
		T::Collateral::hold(&account, held)?;

		let arrival = session.arrivals;
		session.arrivals = arrival.checked_add(1).ok_or(Error::<T>::Overflow)?;
		session.orders = session.orders.checked_add(1).ok_or(Error::<T>::Overflow)?;
		Sessions::<T>::insert(interval, product, session);
		let order = Order { account: account.clone(), zone, arrival, steps: steps_held, held };
		Orders::<T>::insert((interval, product, point), order);
		Ok((zone, account, arrival, held))
	}

	/// Takes an order out. Returns whose money was released, how much, and the number of its steps.
	pub(crate) fn do_cancel(
		who: &T::AccountId,
		(interval, product): SessionId,
		point: PointId,
	) -> Result<(T::AccountId, Balance, u32), DispatchError> {
		let (_, mut session) = Self::open_session((interval, product))?;
		Self::tradable(who, interval, point)?;
		let order = Orders::<T>::take((interval, product, point)).ok_or(Error::<T>::NoOrder)?;
		for step in &order.steps {
			Self::remove_step(&mut session, (interval, product), order.zone, *step)?;
		}
		T::Collateral::release(&order.account, order.held)?;
		session.orders = session.orders.checked_sub(1).ok_or(Error::<T>::Corrupt)?;
		Sessions::<T>::insert(interval, product, session);
		Ok((order.account, order.held, order.steps.len() as u32))
	}

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

	/// The connection point, if it is in force in the interval and `who` may trade there.
	pub(crate) fn tradable(who: &T::AccountId, interval: Interval, point: PointId) -> Result<Point, DispatchError> {
		let point = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		ensure!(point.is_in_force(interval), Error::<T>::PointNotInForce);
		T::Participants::ensure_acts_for(who, point.owner, Right::Trade)?;
		Ok(point)
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

	/// Energy of a point's order in a session, accepted or, as long as it has not ended, standing.
	pub(crate) fn committed_in(session: SessionId, spec: &Product, point: PointId) -> Position {
		let (interval, product) = session;
		let mut sum = Self::block_orders_of(session, spec, point);
		let ended = Sessions::<T>::get(interval, product).is_some_and(|session| session.outcome.is_some());
		if let Some(trader) = Traders::<T>::get((interval, product, point)) {
			add(&mut sum, trader.position);
			if !ended {
				add(&mut sum, trader.standing);
			}
		}
		let Some(order) = Orders::<T>::get((interval, product, point)) else { return sum };
		let accepted = ended.then(|| Self::accepted(session, &order));
		for (i, queued) in order.steps.iter().enumerate() {
			let wh = accepted.as_ref().map_or(queued.step.wh, |accepted| accepted.get(i).copied().unwrap_or(0));
			let side = sum.side_mut(queued.step.side);
			*side = side.saturating_add(wh);
		}
		sum
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
			add(&mut sum, Self::committed_in((interval, other), spec, point));
			sum
		})
	}

	/// Adds a step to the end of its queue.
	fn add_step(
		session: &mut Session,
		id: SessionId,
		spec: &Product,
		zone: ZoneId,
		step: Step,
	) -> Result<QueuedStep, Error<T>> {
		let offered = match step.side {
			Side::Buy => &mut session.offered_buy,
			Side::Sell => &mut session.offered_sell,
		};
		*offered = offered.checked_add(step.wh).filter(|sum| *sum <= OFFERED_LIMIT).ok_or(Error::<T>::Overflow)?;

		let price = PriceKey::from(step.price);
		let key = (id.0, id.1, zone, price);
		let mut level = Levels::<T>::get(key).unwrap_or_default();
		if level.is_empty() {
			session.levels = session.levels.saturating_add(1);
			// The intervals of a span are cleared together.
			let most = T::MaxLevels::get().checked_div(spec.span).unwrap_or(0);
			ensure!(session.levels <= most, Error::<T>::TooManyLevels);
		}
		let (sum, arrivals) = level.side_mut(step.side);
		let arrival = *arrivals;
		ensure!(arrival < sums::CAPACITY, Error::<T>::QueueFull);
		sums::append(&mut Queue::<T>::at(id, zone, price), step.side, arrival, step.wh).ok_or(Error::<T>::Corrupt)?;
		*sum = sum.checked_add(step.wh).ok_or(Error::<T>::Overflow)?;
		*arrivals = arrivals.saturating_add(1);
		Levels::<T>::insert(key, level);
		Ok(QueuedStep { step, arrival })
	}

	/// Takes a step out of its queue. A level without energy goes, and its numbers start anew.
	fn remove_step(
		session: &mut Session,
		id: SessionId,
		zone: ZoneId,
		QueuedStep { step, arrival }: QueuedStep,
	) -> Result<(), Error<T>> {
		let offered = match step.side {
			Side::Buy => &mut session.offered_buy,
			Side::Sell => &mut session.offered_sell,
		};
		*offered = offered.checked_sub(step.wh).ok_or(Error::<T>::Corrupt)?;

		let price = PriceKey::from(step.price);
		let key = (id.0, id.1, zone, price);
		let mut level = Levels::<T>::get(key).ok_or(Error::<T>::Corrupt)?;
		let (sum, _) = level.side_mut(step.side);
		sums::remove(&mut Queue::<T>::at(id, zone, price), step.side, arrival, step.wh).ok_or(Error::<T>::Corrupt)?;
		*sum = sum.checked_sub(step.wh).ok_or(Error::<T>::Corrupt)?;
		if level.is_empty() {
			session.levels = session.levels.checked_sub(1).ok_or(Error::<T>::Corrupt)?;
			Levels::<T>::remove(key);
		} else {
			Levels::<T>::insert(key, level);
		}
		Ok(())
	}
}

/// Adds one position to another.
pub(crate) fn add(sum: &mut Position, part: Position) {
	sum.bought = sum.bought.saturating_add(part.bought);
	sum.sold = sum.sold.saturating_add(part.sold);
}
