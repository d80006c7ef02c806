//! The book of an auction: adding a curve to its price levels and queues, taking it out again.

use super::{
	sums::{self, Node, NodeKey, Nodes},
	types::{Order, QueuedStep},
};
use crate::{
	admitted::assured_levels,
	collateral::{worst_net_debt, Bounds},
	orders::add,
	pallet::*,
	products::{kind::OrderCall, places::quota},
	types::{PriceKey, Session, SessionId, OFFERED_LIMIT},
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Collateral, Grid, OnTrader, Participants, Solvency, Traders as _},
	Balance, Interval, ParticipantId, PointId, Side, Step, Wh, ZoneId,
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
	/// Checks and places an order, in place of one that would have `bought` so much. Returns its zone, whose money is held, its
	/// arrival number, how much is held, and how many zones were read to know that its owner may trade there.
	pub(crate) fn do_place(
		who: &T::AccountId,
		(interval, product): SessionId,
		point: PointId,
		steps: &BoundedVec<Step, T::MaxSteps>,
		bought: Wh,
	) -> Result<(ZoneId, T::AccountId, u32, Balance, u32), DispatchError> {
		let (record, mut session) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		Self::ensure_takes(spec, OrderCall::Place, Error::NotAnAuction)?;
		let most = record.admitted.get(usize::from(product)).copied().unwrap_or(0);
		let (at, walked) = Self::tradable(who, interval, point)?;
		Self::ensure_own(interval, point)?;
		Self::ensure_metered(interval, point, &at)?;
		T::Collateral::ensure_solvent(at.owner)?;
		Self::ensure_may_buy(point, &at, &record.terms, steps, bought)?;
		let zone = at.zone;
		ensure!(!Orders::<T>::contains_key((interval, product, point)), Error::<T>::OrderExists);
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;
		Self::check_steps(&record.terms, steps)?;
		let mut committed = Self::committed_elsewhere(&record, (interval, product), point);
		add(&mut committed, Self::block_orders_of((interval, product), spec, point));
		Self::check_rating(steps, committed, &at)?;
		Self::count_steps((interval, product), at.owner, steps.len() as u32, most)?;

		let most = Self::most_levels_of((interval, product), zone, &session, steps.len() as u32, (most, record.zones));
		let mut queued = Vec::with_capacity(steps.len());
		for step in steps {
			queued.push(Self::add_step(&mut session, (interval, product), most, zone, *step)?);
		}
		let steps_held = BoundedVec::try_from(queued).map_err(|_| Error::<T>::Corrupt)?;
		let held = worst_net_debt(steps, &Bounds::new(&record.terms, T::Grid::max_path_fee()));
		T::Collateral::hold(at.owner, held)?;

		let arrival = session.arrivals;
		session.arrivals = arrival.checked_add(1).ok_or(Error::<T>::Overflow)?;
		session.orders = session.orders.checked_add(1).ok_or(Error::<T>::Overflow)?;
		Sessions::<T>::insert(interval, product, session);
		let order = Order { account: account.clone(), zone, arrival, steps: steps_held, held };
		Orders::<T>::insert((interval, product, point), order);
		Ok((zone, account, arrival, held, walked))
	}

	/// Takes an order out, and returns it.
	pub(crate) fn do_cancel(
		who: &T::AccountId,
		(interval, product): SessionId,
		point: PointId,
	) -> Result<OrderOf<T>, DispatchError> {
		let (_, session) = Self::open_session((interval, product))?;
		let owner = Self::cancellable(who, interval, point)?.owner;
		Self::take_order_out(owner, session, (interval, product), point)
	}

	/// The same, whoever wants it, of an order in a session that is open.
	pub(crate) fn take_order_out(
		owner: ParticipantId,
		mut session: Session,
		(interval, product): SessionId,
		point: PointId,
	) -> Result<OrderOf<T>, DispatchError> {
		let order = Orders::<T>::take((interval, product, point)).ok_or(Error::<T>::NoOrder)?;
		Self::discount_steps((interval, product), owner, order.steps.len() as u32)?;
		for step in &order.steps {
			Self::remove_step(&mut session, (interval, product), order.zone, *step)?;
		}
		T::Collateral::release(owner, order.held)?;
		session.orders = session.orders.checked_sub(1).ok_or(Error::<T>::Corrupt)?;
		Sessions::<T>::insert(interval, product, session);
		Ok(order)
	}

	/// Most steps that one participant may have in a session with so many price levels: a quarter of them, so that it does
	/// not take all, and at least those of one order.
	pub(crate) fn most_steps(levels: u32) -> u32 {
		quota(levels).max(T::MaxSteps::get())
	}

	/// How many price levels a session may come to have by an order of so many steps in a zone: those that no zone has for
	/// itself, and what the zone has not yet used of its own. Reads the zone's levels only where it could matter.
	fn most_levels_of(
		(interval, product): SessionId,
		zone: ZoneId,
		session: &Session,
		steps: u32,
		(most, zones): (u32, u32),
	) -> u32 {
		let assured = assured_levels(most, zones);
		let common = most.saturating_sub(assured.saturating_mul(zones));
		if session.levels.saturating_add(steps) <= common {
			return common;
		}
		let own = Levels::<T>::iter_key_prefix((interval, product, zone)).take(assured as usize).count() as u32;
		common.max(session.levels.saturating_add(assured.saturating_sub(own))).min(most)
	}

	/// Counts steps of a participant's order that comes to stand, and forgets those of sessions whose gates have closed because
	/// their delivery has begun: so the count is as long as intervals are open ahead.
	fn count_steps(session: SessionId, owner: ParticipantId, steps: u32, most: u32) -> Result<(), Error<T>> {
		let standing = T::Traders::standing(owner).since(Self::first_ahead());
		let steps = standing.of(session).saturating_add(steps);
		ensure!(steps <= Self::most_steps(most), Error::<T>::QuotaReached);
		let standing = standing.with(session, steps).ok_or(Error::<T>::QuotaReached)?;
		T::Traders::standing_changed(owner, standing);
		Ok(())
	}

	/// Counts steps of a participant's order off that is gone.
	fn discount_steps(session: SessionId, owner: ParticipantId, steps: u32) -> Result<(), Error<T>> {
		let standing = T::Traders::standing(owner);
		let left = standing.of(session).checked_sub(steps).ok_or(Error::<T>::Corrupt)?;
		let standing = standing.with(session, left).ok_or(Error::<T>::Corrupt)?;
		T::Traders::standing_changed(owner, standing);
		Ok(())
	}

	/// The first interval whose delivery has not begun: only of such ones do sessions take orders.
	pub(crate) fn first_ahead() -> Interval {
		ParametersValue::<T>::get().first_ahead_at(Self::now())
	}

	/// Adds a step to the end of its queue, if the session then has no more than `most` price levels.
	fn add_step(
		session: &mut Session,
		id: SessionId,
		most: u32,
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
