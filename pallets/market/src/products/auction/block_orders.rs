//! Block orders: one price and an energy for each of several consecutive intervals of a span, all or nothing.
//!
//! They stand with the last interval of their span, so that they are pruned with it. When the span's gate closes,
//! `close` clears its intervals together with them, by the method of `docs/block-orders.md`: no accepted
//! block order is ever out of the money, and rejected ones that are in the money are told. As many steps of the search
//! run as the block's share has room for; a search that is broken off leaves a choice that keeps this promise.
//!
//! A block order holds, for each of its intervals, the worst that its energy can cost there at any price within the
//! bounds: its limit holds for its sum, not for each interval, and intervals settle one by one.
//!
//! A span has so many places for them and no more: who has them, and who gives way when all are taken, says
//! [`crate::products::places`].

use super::types::{BlockOrder, Energies, BLOCK_ORDER_LIMIT};
use crate::{
	collateral::{worst_per_wh, Bounds},
	orders::add,
	pallet::*,
	products::{
		kind::OrderCall,
		places::{self, NoPlace, Place},
	},
	types::SessionId,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Collateral, Grid, Participants, Solvency},
	Balance, Interval, ParticipantId, PointId, Position, Price, Product, ProductId, Side, Step, Wh, ZoneId,
};
use frame_support::{ensure, BoundedVec};
use sp_runtime::DispatchError;

/// A block order to be placed.
pub(crate) struct BlockOrderTicket<'a> {
	pub point: PointId,
	pub side: Side,
	pub price: Price,
	pub wh: &'a Energies,
}

/// Whose money is held for a block order that has been placed.
pub(crate) struct Placed<AccountId> {
	pub id: u32,
	pub zone: ZoneId,
	pub account: AccountId,
	pub held: Balance,
	/// Zones that were read to know that its owner may trade there.
	pub walked: u32,
}

/// A block order of the span: its number, the order, and whether it was rejected in the money.
pub(crate) type Standing<T> = (u32, BlockOrder<<T as frame_system::Config>::AccountId>, bool);

/// The last interval of the span that an interval belongs to: block orders stand with it.
pub(crate) fn last(interval: Interval, spec: &Product) -> Interval {
	spec.first(interval).saturating_add(spec.span.saturating_sub(1))
}

impl<T: Config> Pallet<T> {
	/// The block orders of a span, in the order of their arrival.
	pub(crate) fn block_orders(
		interval: Interval,
		product: ProductId,
		spec: &Product,
	) -> Vec<(u32, BlockOrder<T::AccountId>)> {
		if spec.span <= 1 {
			return Vec::new();
		}
		let mut block_orders: Vec<_> = BlockOrders::<T>::iter_prefix((last(interval, spec), product)).collect();
		block_orders.sort_unstable_by_key(|(id, _)| *id);
		block_orders
	}

	/// Energy of a point's block orders in an interval: accepted ones, and those that may still be.
	pub(crate) fn block_orders_of((interval, product): SessionId, spec: &Product, point: PointId) -> Position {
		let mut sum = Position::default();
		if spec.span > 1 {
			let last = last(interval, spec);
			for id in PointBlockOrders::<T>::get((last, product, point)) {
				if let Some(block_order) = BlockOrders::<T>::get((last, product, id)) {
					if block_order.accepted != Some(false) {
						add(&mut sum, block_order.position(interval));
					}
				}
			}
		}
		sum
	}

	/// Takes the collateral that a point's block orders hold for an interval.
	pub(crate) fn take_from_block_orders(
		(interval, product): SessionId,
		spec: &Product,
		point: PointId,
	) -> Vec<(T::AccountId, Balance)> {
		let mut taken = Vec::new();
		if spec.span <= 1 {
			return taken;
		}
		let last = last(interval, spec);
		for id in PointBlockOrders::<T>::get((last, product, point)) {
			let key = (last, product, id);
			let Some(mut block_order) = BlockOrders::<T>::get(key) else { continue };
			let at = interval.checked_sub(block_order.first).map(|at| at as usize);
			let Some(held) = at.and_then(|at| block_order.held.get_mut(at)).filter(|held| **held > 0) else { continue };
			taken.push((block_order.account.clone(), core::mem::take(held)));
			BlockOrders::<T>::insert(key, block_order);
		}
		taken
	}

	/// Checks and places a block order whose energy begins in an interval.
	pub(crate) fn do_place_block_order(
		who: &T::AccountId,
		(interval, product): SessionId,
		ticket: BlockOrderTicket,
	) -> Result<Placed<T::AccountId>, DispatchError> {
		let BlockOrderTicket { point, side, price, wh } = ticket;
		let (record, _) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		Self::ensure_takes(spec, OrderCall::PlaceBlockOrder, Error::NoBlockOrders)?;
		let last = last(interval, spec);
		let end = (wh.len() as u32).checked_sub(1).and_then(|more| interval.checked_add(more));
		let end = end.filter(|end| *end <= last).ok_or(Error::<T>::BeyondSpan)?;
		ensure!(Intervals::<T>::contains_key(last), Error::<T>::NotOpenYet);
		ensure!(wh.iter().any(|wh| *wh > 0), Error::<T>::ZeroQuantity);
		let (at, walked) = Self::tradable(who, interval, point)?;
		T::Collateral::ensure_solvent(at.owner)?;
		let all = wh.iter().fold(0, |sum: Wh, wh| sum.saturating_add(*wh));
		Self::ensure_may_buy(point, &at, &record.terms, &[Step { side, price, wh: all }], 0)?;
		ensure!(at.until.is_none_or(|until| end < until), Error::<T>::PointNotInForce);
		// What is metered in the first of them is in all.
		Self::ensure_metered(interval, point, &at)?;
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;

		let (mut held, mut worth) = (BoundedVec::new(), 0 as Balance);
		let max_path_fee = T::Grid::max_path_fee();
		for (interval, wh) in (interval..).zip(wh) {
			let record = Intervals::<T>::get(interval).ok_or(Error::<T>::UnknownInterval)?;
			let terms = &record.terms;
			Self::ensure_own(interval, point)?;
			Self::check_price(terms, price)?;
			ensure!(*wh <= BLOCK_ORDER_LIMIT, Error::<T>::Overflow);
			let mut committed = Self::committed_elsewhere(&record, (interval, product), point);
			add(&mut committed, Self::committed_in_auction((interval, product), spec, point));
			Self::check_rating(&[Step { side, price, wh: *wh }], committed, &at)?;
			let worst = if side == Side::Buy { terms.price_cap } else { terms.price_floor };
			let per_wh = worst_per_wh(side, worst, &Bounds::new(terms, max_path_fee));
			let _ = held.try_push(per_wh.saturating_mul((*wh).into()));
			let bounds = (terms.price_floor, terms.price_cap);
			worth = worth.saturating_add(places::worth(bounds, side, price, *wh));
		}
		let id = Self::take_place((last, product), interval, (at.owner, at.zone), side, worth)?;
		let sum = held.iter().fold(0, |sum: Balance, held| sum.saturating_add(*held));
		T::Collateral::hold(at.owner, sum)?;

		PointBlockOrders::<T>::try_mutate((last, product, point), |own| own.try_push(id))
			.map_err(|_| Error::<T>::TooManyOrders)?;
		let block_order = BlockOrder {
			account: account.clone(),
			point,
			zone: at.zone,
			side,
			price,
			first: interval,
			wh: wh.clone(),
			held,
			accepted: None,
		};
		BlockOrders::<T>::insert((last, product, id), block_order);
		Ok(Placed { id, zone: at.zone, account, held: sum, walked })
	}

	/// Takes a block order out of the span that an interval belongs to. Returns what was released, in nEUR.
	pub(crate) fn do_cancel_block_order(
		who: &T::AccountId,
		(interval, product): SessionId,
		id: u32,
	) -> Result<Balance, DispatchError> {
		let (record, _) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		let last = last(interval, spec);
		let block_order = BlockOrders::<T>::get((last, product, id)).ok_or(Error::<T>::NoOrder)?;
		let owner = Self::cancellable(who, interval, block_order.point)?.owner;
		BlockOrderPlaces::<T>::try_mutate(last, product, |places| {
			ensure!(places::may_leave(&places.taken, id), Error::<T>::TookAPlace);
			places::leave(&mut places.taken, id);
			Ok::<_, Error<T>>(())
		})?;
		Self::take_out((last, product, id), owner, &block_order)
	}

	/// Takes a place of a span for a block order that begins in `interval`, from another one if it must. Returns its number.
	fn take_place(
		(last, product): SessionId,
		interval: Interval,
		(owner, zone): (ParticipantId, ZoneId),
		side: Side,
		worth: Balance,
	) -> Result<u32, DispatchError> {
		let mut places = BlockOrderPlaces::<T>::get(last, product);
		let by = places.next;
		places.next = by.checked_add(1).ok_or(Error::<T>::Overflow)?;
		let gone = places::gives_way(&places.taken, (owner, zone), side, worth).map_err(|reason| match reason {
			NoPlace::Quota => Error::<T>::QuotaReached,
			NoPlace::Full => Error::<T>::TooManyBlockOrders,
		})?;
		if let Some(id) = gone {
			let worse = BlockOrders::<T>::get((last, product, id)).ok_or(Error::<T>::Corrupt)?;
			let loser = places.taken.iter().find(|place| place.id == id).ok_or(Error::<T>::Corrupt)?.owner;
			places::leave(&mut places.taken, id);
			let released = Self::take_out((last, product, id), loser, &worse)?;
			Self::deposit_event(Event::BlockOrderEvicted { interval, product, id, by, released });
		}
		let place = Place { id: by, owner, zone, side, worth, took: gone.is_some() };
		places.taken.try_push(place).map_err(|_| Error::<T>::Corrupt)?;
		BlockOrderPlaces::<T>::insert(last, product, places);
		Ok(by)
	}

	/// Takes a block order that has no place any more out of its span. Returns what was released, in nEUR.
	pub(crate) fn take_out(
		(last, product, id): (Interval, ProductId, u32),
		owner: ParticipantId,
		block_order: &BlockOrder<T::AccountId>,
	) -> Result<Balance, DispatchError> {
		let sum = block_order.held.iter().fold(0, |sum: Balance, held| sum.saturating_add(*held));
		T::Collateral::release(owner, sum)?;
		BlockOrders::<T>::remove((last, product, id));
		PointBlockOrders::<T>::mutate((last, product, block_order.point), |own| own.retain(|other| *other != id));
		Ok(sum)
	}
}
