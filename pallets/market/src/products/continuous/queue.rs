//! Queues of orders at one zone, side and price, and the map of prices that hold any.

use super::types::{index, Book, LimitOrder};
use crate::{pallet::*, products::places, types::SessionId};
use busbar_clearing::book::price_map::{self, Node, Nodes};
use busbar_primitives::{stored, Balance, Price, Side, Terms, Wh};
use core::marker::PhantomData;

/// A queue: zone by its place in the book, side, and price by its number from the best on.
#[stored(Copy, PartialOrd, Ord)]
pub struct QueueKey {
	pub zone: u8,
	pub side: Side,
	pub slot: u64,
}

/// A node of a price map: zone, side, layer and place.
#[stored(Copy, PartialOrd, Ord)]
pub struct PriceMapKey {
	pub zone: u8,
	pub side: Side,
	pub layer: u8,
	pub index: u64,
}

/// The first and the last order of a queue.
#[stored(Copy)]
pub struct Ends {
	pub first: u64,
	pub last: u64,
}

/// The order book contradicts itself.
#[derive(Debug)]
pub(crate) struct Corrupt;

/// The queues of one session.
pub(crate) struct Shelf<T> {
	session: SessionId,
	floor: Price,
	cap: Price,
	tick: Price,
	_config: PhantomData<T>,
}

/// The price map of one zone and side.
struct PriceMap<'a, T> {
	shelf: &'a Shelf<T>,
	zone: u8,
	side: Side,
}

impl<T: Config> PriceMap<'_, T> {
	fn key(&self, layer: u8, index: u64) -> (u32, u8, PriceMapKey) {
		let (interval, product) = self.shelf.session;
		(interval, product, PriceMapKey { zone: self.zone, side: self.side, layer, index })
	}
}

impl<T: Config> Nodes for PriceMap<'_, T> {
	fn get(&self, layer: u8, index: u64) -> Node {
		PriceMaps::<T>::get(self.key(layer, index))
	}

	fn set(&mut self, layer: u8, index: u64, node: Node) {
		if node == Node::default() {
			PriceMaps::<T>::remove(self.key(layer, index));
		} else {
			PriceMaps::<T>::insert(self.key(layer, index), node);
		}
	}
}

/// Changes a queue that is there.
fn set(ends: &mut Option<Ends>, change: impl FnOnce(&mut Ends)) {
	if let Some(ends) = ends {
		change(ends);
	}
}

impl<T: Config> Shelf<T> {
	/// The queues of a session under its interval's terms.
	pub(crate) fn new(session: SessionId, terms: &Terms) -> Self {
		let (floor, cap, tick) = (terms.price_floor, terms.price_cap, Price::from(terms.tick.max(1)));
		Self { session, floor, cap, tick, _config: PhantomData }
	}

	/// Number of a price, from the best on.
	fn slot(&self, side: Side, price: Price) -> u64 {
		let from_best = match side {
			Side::Buy => self.cap.saturating_sub(price),
			Side::Sell => price.saturating_sub(self.floor),
		};
		from_best.checked_div(self.tick).map_or(0, Price::unsigned_abs)
	}

	/// The most that an order can add to welfare, in nEUR.
	pub(crate) fn worth(&self, side: Side, price: Price, wh: Wh) -> Balance {
		places::worth((self.floor, self.cap), side, price, wh)
	}

	fn layers(&self) -> u32 {
		price_map::layers(self.slot(Side::Buy, self.floor).saturating_add(1))
	}

	fn key(&self, order: &LimitOrder<T::AccountId>) -> (u32, u8, QueueKey) {
		let slot = self.slot(order.side, order.price);
		(self.session.0, self.session.1, QueueKey { zone: order.zone, side: order.side, slot })
	}

	fn order(&self, id: u64) -> Option<LimitOrder<T::AccountId>> {
		LimitOrders::<T>::get((self.session.0, self.session.1, id))
	}

	fn put(&self, id: u64, order: LimitOrder<T::AccountId>) {
		LimitOrders::<T>::insert((self.session.0, self.session.1, id), order);
	}

	/// The first order at the next worse price that holds any.
	pub(crate) fn behind_price(&self, order: &LimitOrder<T::AccountId>) -> Option<u64> {
		let (interval, product, QueueKey { zone, side, slot }) = self.key(order);
		let map = PriceMap { shelf: self, zone, side };
		let slot = price_map::next(&map, self.layers(), slot.checked_add(1)?)?;
		PriceQueues::<T>::get((interval, product, QueueKey { zone, side, slot })).map(|ends| ends.first)
	}

	/// Puts an order behind all others of its queue.
	pub(crate) fn enqueue(&self, book: &mut Book, id: u64, mut order: LimitOrder<T::AccountId>) -> Result<(), Corrupt> {
		let key = self.key(&order);
		let (zone, side, price) = (order.zone, order.side, order.price);
		match PriceQueues::<T>::get(key) {
			Some(Ends { first, last }) => {
				let mut before = self.order(last).ok_or(Corrupt)?;
				before.behind = Some(id);
				self.put(last, before);
				order.before = Some(last);
				PriceQueues::<T>::insert(key, Ends { first, last: id });
			},
			None => {
				PriceQueues::<T>::insert(key, Ends { first: id, last: id });
				price_map::insert(&mut PriceMap { shelf: self, zone, side }, self.layers(), key.2.slot);
				let head = &mut book.zones.get_mut(usize::from(zone)).ok_or(Corrupt)?.heads[index(side)];
				if head.is_none_or(|(best, _)| self.slot(side, price) < self.slot(side, best)) {
					*head = Some((price, id));
				}
			},
		}
		self.put(id, order);
		Ok(())
	}

	/// Takes an order out of its queue and of the storage.
	pub(crate) fn dequeue(&self, book: &mut Book, id: u64, order: &LimitOrder<T::AccountId>) -> Result<(), Corrupt> {
		let key = self.key(order);
		let head = book.zones.get(usize::from(order.zone)).ok_or(Corrupt)?.heads[index(order.side)];
		if head.is_some_and(|(_, first)| first == id) {
			let next = order.behind.or_else(|| self.behind_price(order));
			let next = match next {
				Some(next) => Some((self.order(next).ok_or(Corrupt)?.price, next)),
				None => None,
			};
			book.zones.get_mut(usize::from(order.zone)).ok_or(Corrupt)?.heads[index(order.side)] = next;
		}
		if let Some(before) = order.before {
			let mut neighbour = self.order(before).ok_or(Corrupt)?;
			neighbour.behind = order.behind;
			self.put(before, neighbour);
		}
		if let Some(behind) = order.behind {
			let mut neighbour = self.order(behind).ok_or(Corrupt)?;
			neighbour.before = order.before;
			self.put(behind, neighbour);
		}
		match (order.before, order.behind) {
			(None, None) => {
				PriceQueues::<T>::remove(key);
				let mut map = PriceMap { shelf: self, zone: order.zone, side: order.side };
				price_map::remove(&mut map, self.layers(), key.2.slot);
			},
			(None, Some(first)) => PriceQueues::<T>::mutate(key, |ends| set(ends, |ends| ends.first = first)),
			(Some(last), None) => PriceQueues::<T>::mutate(key, |ends| set(ends, |ends| ends.last = last)),
			(Some(_), Some(_)) => {},
		}
		LimitOrders::<T>::remove((self.session.0, self.session.1, id));
		Ok(())
	}
}
