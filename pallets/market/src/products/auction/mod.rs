//! Call auctions: orders stand until their gate closes, then all of them clear at once (`close`).
//!
//! A point has one order, a step curve, in a session (`book`); where intervals share a gate, it may have [block
//! orders](block_orders) over them, too. No order is touched by clearing: what it is filled with derives from its zone's
//! result and its place in the queue.

pub mod block_orders;
pub(crate) mod book;
pub(crate) mod close;
mod fills;
mod invariants;
mod recall;
pub mod sums;
pub mod types;

use close::results::SoldByResults;
pub use types::{BlockOrder, Energies, Level, Order, QueuedStep, SpanPlaces};

use super::kind::{Kind, OrderCall, Passed, Sold};
use crate::{
	pallet::*,
	pruning::remove,
	types::{Record, Session, SessionId},
};
use alloc::{boxed::Box, vec::Vec};
use busbar_primitives::{
	Balance, Contract, Interval, Moment, ParticipantId, PointId, Position, Product, ProductKind, MAX_SPAN,
};
use frame_support::weights::WeightMeter;
use sp_runtime::{DispatchError, TryRuntimeError};

/// [`ProductKind::Auction`].
pub(super) struct Auction;

impl<T: Config> Kind<T> for Auction {
	fn takes(&self, call: OrderCall, product: &Product) -> bool {
		match call {
			OrderCall::Place => true,
			OrderCall::PlaceBlockOrder => product.span > 1,
			OrderCall::Submit => false,
		}
	}

	fn longest_span(&self) -> u32 {
		MAX_SPAN
	}

	fn tells_path_fees(&self) -> bool {
		true
	}

	fn has_books(&self) -> bool {
		true
	}

	fn ensure_known(&self, _: &Product) -> Result<(), Error<T>> {
		Ok(())
	}

	fn committed(&self, session: SessionId, product: &Product, point: PointId) -> Position {
		Pallet::<T>::committed_in_auction(session, product, point)
	}

	fn contract(&self, session: SessionId, product: &Product, point: PointId) -> Option<Contract> {
		Pallet::<T>::auction_contract(session, product, point)
	}

	fn take_collateral(
		&self,
		(interval, id): SessionId,
		product: &Product,
		point: PointId,
	) -> Vec<(T::AccountId, Balance)> {
		let mut taken = Pallet::<T>::take_from_block_orders((interval, id), product, point);
		let key = (interval, id, point);
		if let Some(mut order) = Orders::<T>::get(key).filter(|order| order.held > 0) {
			taken.push((order.account.clone(), core::mem::take(&mut order.held)));
			Orders::<T>::insert(key, order);
		}
		taken
	}

	fn close(&self, passed: Passed, now: Moment, meter: &mut WeightMeter) -> bool {
		Pallet::<T>::close_auction(passed, now, meter)
	}

	fn sold(&self, interval: Interval, record: &Record) -> Option<Box<dyn Sold>> {
		let is_auction = |product: &Product| matches!(product.kind, ProductKind::Auction);
		Some(Box::new(SoldByResults::<T>::new(interval, record, is_auction)?))
	}

	fn recall(
		&self,
		session: SessionId,
		_: &Record,
		product: &Product,
		participant: ParticipantId,
		from: PointId,
		meter: &mut WeightMeter,
	) -> Result<Option<PointId>, DispatchError> {
		Pallet::<T>::recall_from_auction(session, product, participant, from, meter)
	}

	// Nothing trades before the gate.
	fn room_was_freed(&self, _: SessionId) {}

	fn check(&self, id: SessionId, _: &Record, product: &Product, session: &Session) -> Result<(), TryRuntimeError> {
		Pallet::<T>::check_auction(id, product, session)
	}

	fn prune(&self, interval: Interval, left: &mut u32) {
		let all = (interval,);
		remove(left, Orders::<T>::iter_key_prefix(all), |(a, b)| Orders::<T>::remove((interval, a, b)));
		remove(left, Queues::<T>::iter_key_prefix(all), |(a, b, c, d)| Queues::<T>::remove((interval, a, b, c, d)));
		remove(left, Levels::<T>::iter_key_prefix(all), |(a, b, c)| Levels::<T>::remove((interval, a, b, c)));
		remove(left, BlockOrders::<T>::iter_key_prefix(all), |(a, b)| BlockOrders::<T>::remove((interval, a, b)));
		remove(left, PointBlockOrders::<T>::iter_key_prefix(all), |(a, b)| {
			PointBlockOrders::<T>::remove((interval, a, b));
		});
		remove(left, BlockOrderPlaces::<T>::iter_key_prefix(interval), |a| BlockOrderPlaces::<T>::remove(interval, a));
	}
}
