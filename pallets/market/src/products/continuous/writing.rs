//! Writing what the matching library says: trades, orders that come to stand, orders that end.

use super::{
	desk::tree,
	floor::Floor,
	types::{EndReason, LimitOrder, Trader},
};
use crate::{
	pallet::*,
	products::places::{self, NoPlace, Place},
	types::own_side,
};
use busbar_clearing::book::{Order, Trade, Way};
use busbar_primitives::{payment, traits::Collateral, Balance, ParticipantId, PointId, Price, Side, SignedWh, Wh};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Floor<T> {
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
			places::leave(&mut self.book.waiting, id);
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
		T::Collateral::release(order.owner, released)?;
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
				let Order { side, price: limit, owner, .. } = trade.aggressor;
				let released = self.write_side(trader, own_side(side), limit, price, trade.wh)?;
				T::Collateral::release(owner, released)?;
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
		T::Collateral::release(order.owner, order.held)?;
		self.put_trader(point, trader);
		self.take(id, order, left)?;
		self.tell_end(id, left, reason);
		Ok(())
	}

	/// Tells that an order does not stand (any more), and what is left of it.
	pub(super) fn tell_end(&self, id: u64, left: Wh, reason: EndReason) {
		let (interval, product) = self.session;
		Pallet::<T>::deposit_event(Event::LimitOrderEnded { interval, product, id, left, reason });
	}

	/// Makes room for an order that is to wait. Returns whether another one, which ends, gave way to it.
	pub(super) fn make_room(
		&mut self,
		(owner, zone): (ParticipantId, u8),
		side: Side,
		price: Price,
		wh: Wh,
	) -> Result<bool, DispatchError> {
		let worth = self.shelf.worth(side, price, wh);
		let gone =
			places::gives_way(&self.book.waiting, (owner, zone.into()), side, worth).map_err(
				|reason| match reason {
					NoPlace::Quota => Error::<T>::QuotaReached,
					NoPlace::Full => Error::<T>::NoRoomToWait,
				},
			)?;
		if let Some(id) = gone {
			self.end(id, EndReason::Evicted)?;
		}
		Ok(gone.is_some())
	}

	/// That an order may be taken back.
	pub(super) fn ensure_may_leave(&self, id: u64) -> Result<(), Error<T>> {
		places::may_leave(&self.book.waiting, id).then_some(()).ok_or(Error::<T>::TookAPlace)
	}

	/// Lets an order stand whose collateral is held. One that is to wait may have taken another's place.
	pub(super) fn stand(
		&mut self,
		trader: &mut Trader<T::AccountId>,
		id: u64,
		order: LimitOrder<T::AccountId>,
		took: bool,
	) -> Result<(), Error<T>> {
		trader.open.try_push(id).map_err(|_| Error::<T>::TooManyOrders)?;
		let standing = trader.standing.side_mut(order.side);
		*standing = standing.checked_add(order.wh).ok_or(Error::<T>::Overflow)?;
		if order.whole {
			let LimitOrder { owner, zone, side, price, wh, .. } = order;
			let place = Place { id, owner, zone: zone.into(), side, worth: self.shelf.worth(side, price, wh), took };
			self.book.waiting.try_push(place).map_err(|_| Error::<T>::NoRoomToWait)?;
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
		T::Collateral::hold(owner, held)?;
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
		self.stand(&mut trader, id, order, false)?;
		self.put_trader(point, trader);
		Ok(id)
	}
}
