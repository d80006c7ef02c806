//! Orders of continuous sessions: submitting, withdrawing, amending.

use super::{
	area::area_of,
	desk::{tree, Desk},
	floor::Floor,
	types::{EndReason, LimitOrder, Trader, CALL_STEPS, FILLS},
};
use crate::{
	orders::add,
	pallet::*,
	products::kind::OrderCall,
	types::{clearing_side, Record, SessionId},
	WeightInfo,
};
use busbar_clearing::book::{self, aggress, keeps_priority, Budget, End, Order};
use busbar_primitives::{
	traits::{Collateral, Participants, Solvency},
	AreaId, ParticipantId, PointId, Price, Side, Step, TimeInForce, Wh,
};
use frame_support::{ensure, weights::Weight};
use sp_runtime::{DispatchError, DispatchResult};

/// A new order of a continuous session.
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
	pub point: PointId,
	pub side: Side,
	pub price: Price,
	pub wh: Wh,
	pub time_in_force: TimeInForce,
}

impl<T: Config> Floor<T> {
	/// Matches an arriving order and lets stand what is left of it, if its time in force says so.
	fn arrive(
		&mut self,
		ticket: Ticket,
		zone: u8,
		owner: ParticipantId,
		account: T::AccountId,
	) -> Result<(u64, u32), DispatchError> {
		let Ticket { point, side, price, wh, time_in_force } = ticket;
		let id = self.book.next;
		self.book.next = id.checked_add(1).ok_or(Error::<T>::Overflow)?;
		let order = Order { id, owner, zone: zone.into(), side: clearing_side(side), price, wh };
		let time = match time_in_force {
			TimeInForce::GoodTillGate => book::TimeInForce::GoodTillGate,
			TimeInForce::ImmediateOrCancel => book::TimeInForce::ImmediateOrCancel,
			TimeInForce::FillOrKill => book::TimeInForce::FillOrKill,
			TimeInForce::AllOrNothing => book::TimeInForce::AllOrNothing,
		};
		let tree = tree(&self.book).ok_or(Error::<T>::Corrupt)?;
		let budget = Budget { steps: CALL_STEPS, fills: FILLS };
		let mut desk = Desk { session: self.session, book: &self.book, shelf: &self.shelf };
		let outcome = aggress(&mut desk, &tree, &order, time, budget);
		// One that is to wait has not traded, so that what gives way ends before anything of it is written.
		let waits = outcome.end == End::Waits;
		let took = waits && self.make_room((owner, zone), side, price, wh)?;

		T::Collateral::hold(owner, self.hold_for(side, price, wh))?;
		let mut trader = self.trader(point).unwrap_or_else(|| Trader::new(account.clone()));
		ensure!(trader.account == account, Error::<T>::UnknownOwner);
		for trade in &outcome.trades {
			self.write(trade, Some((point, &mut trader)))?;
		}
		let left = outcome.remaining;
		let held = self.hold_for(side, price, left);
		if matches!(outcome.end, End::Rests | End::Waits) {
			let order = LimitOrder {
				account,
				owner,
				point,
				zone,
				side,
				price,
				wh: left,
				whole: waits,
				held,
				before: None,
				behind: None,
			};
			self.stand(&mut trader, id, order, took)?;
		} else {
			T::Collateral::release(owner, held)?;
		}
		self.put_trader(point, trader);
		match outcome.end {
			End::Rests | End::Waits => {},
			End::Filled => self.tell_end(id, 0, EndReason::Filled),
			End::Cancelled | End::Killed => self.tell_end(id, left, EndReason::NotFilled),
			End::SelfTrade => self.tell_end(id, left, EndReason::SelfTrade),
		}
		if outcome.needs_pass {
			Due::<T>::insert(self.session.0, self.session.1, ());
		}
		Ok((id, outcome.trades.len() as u32))
	}
}

impl<T: Config> Pallet<T> {
	/// What it takes to end the order that may give way to a new one: as much as withdrawing it.
	pub(crate) fn giving_way(time_in_force: TimeInForce) -> Weight {
		if time_in_force == TimeInForce::AllOrNothing {
			T::WeightInfo::withdraw()
		} else {
			Weight::zero()
		}
	}

	/// A continuous session that trades at this moment, its interval and its area.
	fn trading(session: SessionId) -> Result<(Record, AreaId), Error<T>> {
		let (record, _) = Self::open_session(session)?;
		let spec = record.products.get(usize::from(session.1)).ok_or(Error::<T>::UnknownProduct)?;
		Self::ensure_takes(spec, OrderCall::Submit, Error::NotContinuous)?;
		let area = area_of(spec).ok_or(Error::<T>::NotContinuous)?;
		ensure!(!Self::is_closing(session.0), Error::<T>::SessionPaused);
		Ok((record, area))
	}

	/// Checks and matches an order. Returns its number, how many trades it made, and how many zones were read to know that its
	/// owner may trade there.
	pub(crate) fn do_submit(
		who: &T::AccountId,
		session: SessionId,
		ticket: Ticket,
	) -> Result<(u64, u32, u32), DispatchError> {
		let (record, area) = Self::trading(session)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		let submitted = Self::submit_on(&mut floor, who, &record, ticket, 0)?;
		floor.close();
		Ok(submitted)
	}

	/// An order in place of one that would have `bought` so much.
	fn submit_on(
		floor: &mut Floor<T>,
		who: &T::AccountId,
		record: &Record,
		ticket: Ticket,
		bought: Wh,
	) -> Result<(u64, u32, u32), DispatchError> {
		let session = floor.session;
		let (at, walked) = Self::tradable(who, session.0, ticket.point)?;
		Self::ensure_own(session.0, ticket.point)?;
		Self::ensure_metered(session.0, ticket.point, &at)?;
		T::Collateral::ensure_solvent(at.owner)?;
		let step = [Step { side: ticket.side, price: ticket.price, wh: ticket.wh }];
		Self::ensure_may_buy(ticket.point, &at, &record.terms, &step, bought)?;
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;
		let place = floor.book.zones.iter().position(|zone| zone.zone == at.zone).ok_or(Error::<T>::OutsideArea)?;
		ensure!(ticket.wh > 0, Error::<T>::ZeroQuantity);
		Self::check_price(&record.terms, ticket.price)?;
		let mut committed = Self::committed_elsewhere(record, session, ticket.point);
		if let Some(trader) = floor.trader(ticket.point) {
			add(&mut committed, trader.committed());
		}
		Self::check_rating(&step, committed, &at)?;
		let Ticket { point, side, price, wh, time_in_force } = ticket;
		Self::deposit_event(Event::LimitOrderSubmitted {
			interval: session.0,
			product: session.1,
			id: floor.book.next,
			point,
			zone: at.zone,
			account: account.clone(),
			side,
			price,
			wh,
			time_in_force,
		});
		let (id, trades) = floor.arrive(ticket, place as u8, at.owner, account)?;
		Ok((id, trades, walked))
	}

	fn standing(session: SessionId, id: u64) -> Result<LimitOrder<T::AccountId>, Error<T>> {
		LimitOrders::<T>::get((session.0, session.1, id)).ok_or(Error::<T>::NoOrder)
	}

	/// Takes an order back.
	pub(crate) fn do_withdraw(who: &T::AccountId, session: SessionId, id: u64) -> DispatchResult {
		let (record, area) = Self::trading(session)?;
		Self::cancellable(who, session.0, Self::standing(session, id)?.point)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		floor.ensure_may_leave(id)?;
		floor.end(id, EndReason::Withdrawn)?;
		// An order that was out of the way may let a waiting one trade.
		if !floor.book.waiting.is_empty() {
			Due::<T>::insert(session.0, session.1, ());
		}
		floor.close();
		Ok(())
	}

	/// Changes an order: in its place if only its quantity falls, else as a new one. Returns what [`Self::do_submit`] does.
	pub(crate) fn do_amend(
		who: &T::AccountId,
		session: SessionId,
		id: u64,
		price: Price,
		wh: Wh,
	) -> Result<(u64, u32, u32), DispatchError> {
		let (record, area) = Self::trading(session)?;
		let mut order = Self::standing(session, id)?;
		let (_, walked) = Self::tradable(who, session.0, order.point)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		floor.ensure_may_leave(id)?;
		if wh > 0 && keeps_priority(order.price, order.wh, price, wh) {
			let mut trader = floor.trader(order.point).ok_or(Error::<T>::Corrupt)?;
			let standing = trader.standing.side_mut(order.side);
			*standing = standing.checked_sub(order.wh.saturating_sub(wh)).ok_or(Error::<T>::Corrupt)?;
			let held = floor.hold_for(order.side, price, wh);
			T::Collateral::release(order.owner, order.held.checked_sub(held).ok_or(Error::<T>::Corrupt)?)?;
			(order.wh, order.held) = (wh, held);
			let whole = order.whole;
			let worth = floor.shelf.worth(order.side, price, wh);
			floor.book.waiting.iter_mut().filter(|place| place.id == id).for_each(|place| place.worth = worth);
			floor.put_trader(order.point, trader);
			LimitOrders::<T>::insert(floor.key(id), order);
			Self::deposit_event(Event::LimitOrderReduced { interval: session.0, product: session.1, id, wh });
			// A smaller whole order may be filled now.
			if whole || !floor.book.waiting.is_empty() {
				Due::<T>::insert(session.0, session.1, ());
			}
			floor.close();
			return Ok((id, 0, walked));
		}
		let time_in_force = if order.whole { TimeInForce::AllOrNothing } else { TimeInForce::GoodTillGate };
		floor.end(id, EndReason::Withdrawn)?;
		let ticket = Ticket { point: order.point, side: order.side, price, wh, time_in_force };
		let bought = if order.side == Side::Buy { order.wh } else { 0 };
		let submitted = Self::submit_on(&mut floor, who, &record, ticket, bought)?;
		floor.close();
		Ok(submitted)
	}
}
