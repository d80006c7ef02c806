//! Continuous sessions: orders trade as they arrive, until the gate closes.
//!
//! The rules of matching are those of [`busbar_clearing::book`], which reads the book through `desk` and says what
//! trades; this module keeps the book and writes what the library says. A session spans the zones of an area, at most 64.
//! The fees of its links are fixed when its first order arrives; limits are those in force when a trade needs them, less
//! what all sessions of the interval have sold.
//!
//! A queue of one zone, side and price is a doubly linked list of orders (`queue`), the prices that hold orders are
//! found through a map of bits, and the first order of every queue stands in the session's [`Book`]. So arriving,
//! trading and leaving touch a constant number of keys per order.
//!
//! Work that one call has no room for is left to passes: sessions that are [`Due`] get one in the next
//! blocks, so that crossing orders trade, the older one as resting. A pass is due, too, where limits were raised and where
//! an auction freed room.
//!
//! While an auction of the interval is being cleared over blocks, continuous trading in it pauses.

mod area;
mod desk;
mod end;
pub(crate) mod floor;
mod invariants;
mod orders;
pub(crate) mod pass;
pub(crate) mod queue;
mod recall;
pub mod types;
mod writing;

pub(crate) use orders::Ticket;
pub use types::{Area, Book, BookZone, EndReason, LimitOrder, Trader, CALL_STEPS, FILLS, MAX_OPEN};

use super::kind::{Kind, OrderCall, Passed, Sold};
use crate::{
	pallet::*,
	pruning::remove,
	types::{Record, Session, SessionId},
};
use alloc::{boxed::Box, vec::Vec};
use area::area_of;
use busbar_primitives::{
	Balance, Contract, Interval, Moment, ParticipantId, PointId, Position, Product, SignedWh, ZoneId,
};
use core::marker::PhantomData;
use frame_support::{ensure, weights::WeightMeter};
use sp_runtime::{DispatchError, TryRuntimeError};

/// [`busbar_primitives::ProductKind::Continuous`].
pub(super) struct Continuous;

impl<T: Config> Kind<T> for Continuous {
	fn takes(&self, call: OrderCall, _: &Product) -> bool {
		call == OrderCall::Submit
	}

	fn longest_span(&self) -> u32 {
		1
	}

	fn tells_path_fees(&self) -> bool {
		false
	}

	fn has_books(&self) -> bool {
		false
	}

	fn ensure_known(&self, product: &Product) -> Result<(), Error<T>> {
		ensure!(area_of(product).is_some_and(Areas::<T>::contains_key), Error::<T>::UnknownArea);
		Ok(())
	}

	fn committed(&self, (interval, id): SessionId, _: &Product, point: PointId) -> Position {
		let ended = Sessions::<T>::get(interval, id).is_some_and(|session| session.outcome.is_some());
		Traders::<T>::get((interval, id, point)).map_or_else(Position::default, |trader| {
			if ended {
				trader.position
			} else {
				trader.committed()
			}
		})
	}

	fn contract(&self, (interval, id): SessionId, _: &Product, point: PointId) -> Option<Contract> {
		let Trader { position, amount, lowest, highest, .. } = Traders::<T>::get((interval, id, point))?;
		let traded = position != Position::default();
		traded.then_some(Contract { product: id, position, amount, lowest, highest })
	}

	fn take_collateral(&self, (interval, id): SessionId, _: &Product, point: PointId) -> Vec<(T::AccountId, Balance)> {
		let Some(mut trader) = Traders::<T>::get((interval, id, point)) else { return Vec::new() };
		let mut held = core::mem::take(&mut trader.held);
		for number in &trader.open {
			LimitOrders::<T>::mutate((interval, id, *number), |order| {
				let own = order.as_mut().map_or(0, |order| core::mem::take(&mut order.held));
				held = held.saturating_add(own);
			});
		}
		if held == 0 {
			return Vec::new();
		}
		let taken = alloc::vec![(trader.account.clone(), held)];
		Traders::<T>::insert((interval, id, point), trader);
		taken
	}

	fn close(&self, passed: Passed, _: Moment, _: &mut WeightMeter) -> bool {
		Pallet::<T>::end_continuous(passed);
		true
	}

	fn sold(&self, interval: Interval, record: &Record) -> Option<Box<dyn Sold>> {
		let any = record.products.iter().any(|product| area_of(product).is_some());
		any.then(|| Box::new(SoldByTrades::<T> { interval, _config: PhantomData }) as Box<dyn Sold>)
	}

	fn recall(
		&self,
		session: SessionId,
		record: &Record,
		product: &Product,
		participant: ParticipantId,
		from: PointId,
		meter: &mut WeightMeter,
	) -> Result<Option<PointId>, DispatchError> {
		let Some(area) = area_of(product) else { return Ok(None) };
		Pallet::<T>::recall_from_book(session, (record, area), participant, from, meter)
	}

	fn room_was_freed(&self, (interval, id): SessionId) {
		if Books::<T>::contains_key(interval, id) {
			Due::<T>::insert(interval, id, ());
		}
	}

	fn check(&self, id: SessionId, record: &Record, _: &Product, session: &Session) -> Result<(), TryRuntimeError> {
		Pallet::<T>::check_continuous(id, &record.terms, session)
	}

	fn prune(&self, interval: Interval, left: &mut u32) {
		let all = (interval,);
		remove(left, LimitOrders::<T>::iter_key_prefix(all), |(a, b)| LimitOrders::<T>::remove((interval, a, b)));
		remove(left, PriceQueues::<T>::iter_key_prefix(all), |(a, b)| PriceQueues::<T>::remove((interval, a, b)));
		remove(left, PriceMaps::<T>::iter_key_prefix(all), |(a, b)| PriceMaps::<T>::remove((interval, a, b)));
		remove(left, Traders::<T>::iter_key_prefix(all), |(a, b)| Traders::<T>::remove((interval, a, b)));
		remove(left, TradedFlows::<T>::iter_key_prefix(interval), |a| TradedFlows::<T>::remove(interval, a));
		remove(left, Books::<T>::iter_key_prefix(interval), |a| Books::<T>::remove(interval, a));
	}
}

/// Flow of continuous trades: summed over all continuous sessions of an interval when they trade.
struct SoldByTrades<T> {
	interval: Interval,
	_config: PhantomData<T>,
}

impl<T: Config> Sold for SoldByTrades<T> {
	fn flow_into(&mut self, zone: ZoneId) -> SignedWh {
		TradedFlows::<T>::get(self.interval, zone)
	}
}
