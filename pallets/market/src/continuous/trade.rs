//! Orders of continuous sessions: submitting, withdrawing, amending, and writing what trades.

use super::{
	desk::{tree, Desk},
	own_side,
	queue::Shelf,
	Area, Book, BookZone, EndReason, LimitOrder, Trader, CALL_STEPS, FILLS,
};
use crate::{
	book::add,
	collateral::{worst_per_wh, Bounds},
	pallet::*,
	types::{Record, SessionId},
};
use alloc::collections::BTreeMap;
use busbar_clearing::book::{self, aggress, keeps_priority, Budget, End, Order, Trade, Way};
use busbar_primitives::{
	payment,
	traits::{Collateral, Grid, Participants, Solvency},
	AreaId, Balance, Interval, ParticipantId, PointId, Position, Price, ProductKind, Side, SignedWh, Step, TimeInForce,
	Wh, ZoneId, ZoneView,
};
use core::marker::PhantomData;
use frame_support::ensure;
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

/// A session's book while a call or a pass works on it.
pub(crate) struct Floor<T: Config> {
	pub session: SessionId,
	pub book: Book,
	pub shelf: Shelf<T>,
	bounds: Bounds,
	/// Flow of the trades written, by place of the zone.
	flows: BTreeMap<u32, SignedWh>,
	_config: PhantomData<T>,
}

impl<T: Config> Floor<T> {
	/// Opens a session's book, and makes it if this is its first order.
	pub(crate) fn open(session: SessionId, record: &Record, area: AreaId) -> Result<Self, Error<T>> {
		let book = match Books::<T>::get(session.0, session.1) {
			Some(book) => book,
			None => Self::first(session.0, &Areas::<T>::get(area).ok_or(Error::<T>::UnknownArea)?)?,
		};
		Ok(Self {
			session,
			book,
			shelf: Shelf::new(session, &record.terms),
			bounds: Bounds::new(&record.terms, T::Grid::max_path_fee()),
			flows: BTreeMap::new(),
			_config: PhantomData,
		})
	}

	/// A new book over an area's zones, as far as they are in the interval's tree.
	fn first(interval: Interval, area: &Area) -> Result<Book, Error<T>> {
		let mut book = Book::default();
		for id in area {
			let view = T::Grid::zones(interval, *id..id.saturating_add(1));
			let Some(ZoneView { parent, link, .. }) = view.first() else { continue };
			let parent = parent.and_then(|parent| book.zones.iter().position(|zone| zone.zone == parent));
			// The top has no parent here; a zone whose parent is not in the tree is cut off.
			ensure!(parent.is_some() || book.zones.is_empty(), Error::<T>::NoSubtree);
			let zone = BookZone { zone: *id, parent: parent.map(|at| at as u8), fee: link.fee, heads: [None; 2] };
			book.zones.try_push(zone).map_err(|_| Error::<T>::NoSubtree)?;
		}
		ensure!(!book.zones.is_empty(), Error::<T>::NoSubtree);
		Ok(book)
	}

	/// Keeps the book, and the flows of what was traded.
	pub(crate) fn close(self) {
		let (interval, product) = self.session;
		for (zone, flow) in &self.flows {
			let Some(zone) = self.book.zones.get(*zone as usize) else { continue };
			TradedFlows::<T>::mutate(interval, zone.zone, |sum| *sum = sum.saturating_add(*flow));
		}
		Books::<T>::insert(interval, product, self.book);
	}

	fn key(&self, id: u64) -> (Interval, u8, u64) {
		(self.session.0, self.session.1, id)
	}

	fn trader(&self, point: PointId) -> Option<Trader<T::AccountId>> {
		Traders::<T>::get((self.session.0, self.session.1, point))
	}

	fn put_trader(&self, point: PointId, trader: Trader<T::AccountId>) {
		let key = (self.session.0, self.session.1, point);
		let empty = trader.open.is_empty() && trader.position == Position::default();
		if empty {
			Traders::<T>::remove(key);
		} else {
			Traders::<T>::insert(key, trader);
		}
	}

	fn per_wh(&self, side: Side, price: Price) -> Balance {
		worst_per_wh(side, price, &self.bounds)
	}

	/// Collateral for `wh` at a limit, in nEUR.
	fn hold_for(&self, side: Side, price: Price, wh: Wh) -> Balance {
		self.per_wh(side, price).saturating_mul(wh.into())
	}

	/// Writes one side of a trade: position, money, and collateral at the price paid instead of the limit. Returns what is
	/// released, in nEUR.
	fn write_side(
		&self,
		trader: &mut Trader<T::AccountId>,
		side: Side,
		limit: Price,
		price: Price,
		wh: Wh,
	) -> Result<Balance, Error<T>> {
		let sum = trader.position.side_mut(side);
		*sum = sum.checked_add(wh).ok_or(Error::<T>::Overflow)?;
		let amount = payment(price, wh);
		let amount = if side == Side::Buy { amount.saturating_neg() } else { amount };
		trader.amount = trader.amount.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		trader.lowest = trader.lowest.min(price);
		trader.highest = trader.highest.max(price);
		let (before, after) = (self.hold_for(side, limit, wh), self.hold_for(side, price, wh));
		trader.held = trader.held.checked_add(after).ok_or(Error::<T>::Overflow)?;
		before.checked_sub(after).ok_or(Error::<T>::Corrupt)
	}

	/// Takes `wh` off a standing order, and the order out of the book if nothing is left.
	fn take(&mut self, id: u64, mut order: LimitOrder<T::AccountId>, wh: Wh) -> Result<(), Error<T>> {
		order.wh = order.wh.checked_sub(wh).ok_or(Error::<T>::Corrupt)?;
		if order.wh > 0 {
			order.held = self.hold_for(order.side, order.price, order.wh);
			LimitOrders::<T>::insert(self.key(id), order);
			return Ok(());
		}
		if order.whole {
			self.book.waiting.retain(|waiting| *waiting != id);
			LimitOrders::<T>::remove(self.key(id));
			return Ok(());
		}
		self.shelf.dequeue(&mut self.book, id, &order).map_err(|_| Error::<T>::Corrupt)
	}

	/// Writes the standing side of a trade.
	fn write_standing(&mut self, id: u64, price: Price, wh: Wh) -> Result<PointId, DispatchError> {
		let order = LimitOrders::<T>::get(self.key(id)).ok_or(Error::<T>::Corrupt)?;
		let (point, side, filled) = (order.point, order.side, order.wh == wh);
		let mut trader = self.trader(point).ok_or(Error::<T>::Corrupt)?;
		let released = self.write_side(&mut trader, side, order.price, price, wh)?;
		let standing = trader.standing.side_mut(side);
		*standing = standing.checked_sub(wh).ok_or(Error::<T>::Corrupt)?;
		if filled {
			trader.open.retain(|open| *open != id);
		}
		T::Collateral::release(&order.account, released)?;
		self.put_trader(point, trader);
		self.take(id, order, wh)?;
		Ok(point)
	}

	/// Writes a trade of which the aggressor stands in the book, too, or is `arriving`.
	pub(crate) fn write(
		&mut self,
		trade: &Trade<ParticipantId>,
		arriving: Option<(PointId, &mut Trader<T::AccountId>)>,
	) -> DispatchResult {
		let (paid, received) = trade.prices();
		let (sell, buy) = trade.sell_and_buy();
		let own = |order: &Order<ParticipantId>| if order.id == buy.id { paid } else { received };
		let resting = self.write_standing(trade.resting.id, own(&trade.resting), trade.wh)?;
		let price = own(&trade.aggressor);
		let aggressor = match arriving {
			Some((point, trader)) => {
				let Order { side, price: limit, .. } = trade.aggressor;
				let released = self.write_side(trader, own_side(side), limit, price, trade.wh)?;
				T::Collateral::release(&trader.account, released)?;
				point
			},
			None => self.write_standing(trade.aggressor.id, price, trade.wh)?,
		};

		let fees = Balance::from(trade.fee).checked_mul(trade.wh.into()).ok_or(Error::<T>::Overflow)?;
		let gain = payment(buy.price.saturating_sub(sell.price), trade.wh).saturating_sub_unsigned(fees);
		self.book.traded = self.book.traded.checked_add(trade.wh).ok_or(Error::<T>::Overflow)?;
		self.book.fees = self.book.fees.checked_add(fees).ok_or(Error::<T>::Overflow)?;
		self.book.welfare = self.book.welfare.checked_add(gain).ok_or(Error::<T>::Overflow)?;
		let tree = tree(&self.book).ok_or(Error::<T>::Corrupt)?;
		let wh = SignedWh::try_from(trade.wh).map_err(|_| Error::<T>::Overflow)?;
		for (link, way) in tree.path(sell.zone, buy.zone) {
			let flow = self.flows.entry(link).or_default();
			let signed = if way == Way::Import { wh } else { wh.saturating_neg() };
			*flow = flow.checked_add(signed).ok_or(Error::<T>::Overflow)?;
		}
		let (seller, buyer) = if sell.id == trade.resting.id { (resting, aggressor) } else { (aggressor, resting) };
		Pallet::<T>::deposit_event(Event::Traded {
			interval: self.session.0,
			product: self.session.1,
			resting: trade.resting.id,
			aggressor: trade.aggressor.id,
			seller,
			buyer,
			wh: trade.wh,
			price: trade.resting.price,
			fees,
		});
		Ok(())
	}

	/// Takes a standing order out of the book and releases its collateral.
	pub(crate) fn end(&mut self, id: u64, reason: EndReason) -> DispatchResult {
		let order = LimitOrders::<T>::get(self.key(id)).ok_or(Error::<T>::NoOrder)?;
		let (point, side, left) = (order.point, order.side, order.wh);
		let mut trader = self.trader(point).ok_or(Error::<T>::Corrupt)?;
		let standing = trader.standing.side_mut(side);
		*standing = standing.checked_sub(left).ok_or(Error::<T>::Corrupt)?;
		trader.open.retain(|open| *open != id);
		T::Collateral::release(&order.account, order.held)?;
		self.put_trader(point, trader);
		self.take(id, order, left)?;
		self.tell_end(id, left, reason);
		Ok(())
	}

	fn tell_end(&self, id: u64, left: Wh, reason: EndReason) {
		let (interval, product) = self.session;
		Pallet::<T>::deposit_event(Event::LimitOrderEnded { interval, product, id, left, reason });
	}

	/// Lets an order stand whose collateral is held.
	fn stand(
		&mut self,
		trader: &mut Trader<T::AccountId>,
		id: u64,
		order: LimitOrder<T::AccountId>,
	) -> Result<(), Error<T>> {
		trader.open.try_push(id).map_err(|_| Error::<T>::TooManyOrders)?;
		let standing = trader.standing.side_mut(order.side);
		*standing = standing.checked_add(order.wh).ok_or(Error::<T>::Overflow)?;
		if order.whole {
			self.book.waiting.try_push(id).map_err(|_| Error::<T>::NoRoomToWait)?;
			LimitOrders::<T>::insert(self.key(id), order);
			return Ok(());
		}
		self.shelf.enqueue(&mut self.book, id, order).map_err(|_| Error::<T>::Corrupt)
	}

	/// Lets 1 Wh of a point rest, whether or not it could trade.
	#[cfg(feature = "runtime-benchmarks")]
	pub(crate) fn rest(
		&mut self,
		point: PointId,
		zone: u8,
		owner: ParticipantId,
		account: T::AccountId,
		side: Side,
		price: Price,
	) -> Result<u64, DispatchError> {
		let id = self.book.next;
		self.book.next = id.saturating_add(1);
		let held = self.hold_for(side, price, 1);
		T::Collateral::hold(&account, held)?;
		let mut trader = Trader::new(account.clone());
		let order = LimitOrder {
			account,
			owner,
			point,
			zone,
			side,
			price,
			wh: 1,
			whole: false,
			held,
			before: None,
			behind: None,
		};
		self.stand(&mut trader, id, order)?;
		self.put_trader(point, trader);
		Ok(id)
	}

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
		let order = Order { id, owner, zone: zone.into(), side: super::side(side), price, wh };
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

		T::Collateral::hold(&account, self.hold_for(side, price, wh))?;
		let mut trader = self.trader(point).unwrap_or_else(|| Trader::new(account.clone()));
		ensure!(trader.account == account, Error::<T>::UnknownOwner);
		for trade in &outcome.trades {
			self.write(trade, Some((point, &mut trader)))?;
		}
		let left = outcome.remaining;
		let held = self.hold_for(side, price, left);
		if matches!(outcome.end, End::Rests | End::Waits) {
			let whole = outcome.end == End::Waits;
			let order = LimitOrder {
				account,
				owner,
				point,
				zone,
				side,
				price,
				wh: left,
				whole,
				held,
				before: None,
				behind: None,
			};
			self.stand(&mut trader, id, order)?;
		} else {
			T::Collateral::release(&account, held)?;
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
	/// A continuous session that trades at this moment, its interval and its area.
	fn trading(session: SessionId) -> Result<(Record, AreaId), Error<T>> {
		let (record, _) = Self::open_session(session)?;
		let spec = record.products.get(usize::from(session.1)).ok_or(Error::<T>::UnknownProduct)?;
		let ProductKind::Continuous { area } = spec.kind else { return Err(Error::<T>::NotContinuous) };
		ensure!(!Self::is_closing(session.0), Error::<T>::SessionPaused);
		Ok((record, area))
	}

	/// Checks and matches an order. Returns its number and how many trades it made.
	pub(crate) fn do_submit(
		who: &T::AccountId,
		session: SessionId,
		ticket: Ticket,
	) -> Result<(u64, u32), DispatchError> {
		let (record, area) = Self::trading(session)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		let submitted = Self::submit_on(&mut floor, who, &record, ticket)?;
		floor.close();
		Ok(submitted)
	}

	fn submit_on(
		floor: &mut Floor<T>,
		who: &T::AccountId,
		record: &Record,
		ticket: Ticket,
	) -> Result<(u64, u32), DispatchError> {
		let session = floor.session;
		let at = Self::tradable(who, session.0, ticket.point)?;
		T::Collateral::ensure_solvent(at.owner)?;
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;
		let place = floor.book.zones.iter().position(|zone| zone.zone == at.zone).ok_or(Error::<T>::OutsideArea)?;
		let step = [Step { side: ticket.side, price: ticket.price, wh: ticket.wh }];
		Self::check_steps(&record.terms, &step)?;
		let mut committed = Self::committed_elsewhere(record, session, ticket.point);
		if let Some(Trader { position, standing, .. }) = floor.trader(ticket.point) {
			add(&mut committed, position);
			add(&mut committed, standing);
		}
		Self::check_rating(&step, committed, &at)?;
		if ticket.time_in_force == TimeInForce::AllOrNothing {
			ensure!(!floor.book.waiting.is_full(), Error::<T>::NoRoomToWait);
		}
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
		floor.arrive(ticket, place as u8, at.owner, account)
	}

	/// A standing order that `who` may change.
	fn standing(who: &T::AccountId, session: SessionId, id: u64) -> Result<LimitOrder<T::AccountId>, DispatchError> {
		let order = LimitOrders::<T>::get((session.0, session.1, id)).ok_or(Error::<T>::NoOrder)?;
		Self::tradable(who, session.0, order.point)?;
		Ok(order)
	}

	/// Takes an order back.
	pub(crate) fn do_withdraw(who: &T::AccountId, session: SessionId, id: u64) -> DispatchResult {
		let (record, area) = Self::trading(session)?;
		Self::standing(who, session, id)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		floor.end(id, EndReason::Withdrawn)?;
		// An order that was out of the way may let a waiting one trade.
		if !floor.book.waiting.is_empty() {
			Due::<T>::insert(session.0, session.1, ());
		}
		floor.close();
		Ok(())
	}

	/// Changes an order: in its place if only its quantity falls, else as a new one. Returns its number and how many trades
	/// it made.
	pub(crate) fn do_amend(
		who: &T::AccountId,
		session: SessionId,
		id: u64,
		price: Price,
		wh: Wh,
	) -> Result<(u64, u32), DispatchError> {
		let (record, area) = Self::trading(session)?;
		let mut order = Self::standing(who, session, id)?;
		let mut floor = Floor::<T>::open(session, &record, area)?;
		if wh > 0 && keeps_priority(order.price, order.wh, price, wh) {
			let mut trader = floor.trader(order.point).ok_or(Error::<T>::Corrupt)?;
			let standing = trader.standing.side_mut(order.side);
			*standing = standing.checked_sub(order.wh.saturating_sub(wh)).ok_or(Error::<T>::Corrupt)?;
			let held = floor.hold_for(order.side, price, wh);
			T::Collateral::release(&order.account, order.held.checked_sub(held).ok_or(Error::<T>::Corrupt)?)?;
			(order.wh, order.held) = (wh, held);
			let whole = order.whole;
			floor.put_trader(order.point, trader);
			LimitOrders::<T>::insert(floor.key(id), order);
			Self::deposit_event(Event::LimitOrderReduced { interval: session.0, product: session.1, id, wh });
			// A smaller whole order may be filled now.
			if whole || !floor.book.waiting.is_empty() {
				Due::<T>::insert(session.0, session.1, ());
			}
			floor.close();
			return Ok((id, 0));
		}
		let time_in_force = if order.whole { TimeInForce::AllOrNothing } else { TimeInForce::GoodTillGate };
		floor.end(id, EndReason::Withdrawn)?;
		let ticket = Ticket { point: order.point, side: order.side, price, wh, time_in_force };
		let submitted = Self::submit_on(&mut floor, who, &record, ticket)?;
		floor.close();
		Ok(submitted)
	}

	/// Whether zones are a part of the grid's tree: the top first, every other one below an earlier one, as the tree stands
	/// in the interval that opens next.
	pub(crate) fn check_area(zones: &[ZoneId]) -> DispatchResult {
		ensure!(!zones.is_empty(), Error::<T>::NoSubtree);
		let interval = NextToOpen::<T>::get();
		for (at, id) in zones.iter().enumerate() {
			let view = T::Grid::zones(interval, *id..id.saturating_add(1));
			let parent = view.first().ok_or(Error::<T>::NoSubtree)?.parent;
			let below = parent.is_some_and(|parent| zones.iter().take(at).any(|zone| *zone == parent));
			let twice = zones.iter().take(at).any(|zone| zone == id);
			ensure!((at == 0 || below) && !twice, Error::<T>::NoSubtree);
		}
		Ok(())
	}
}
