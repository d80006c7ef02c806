//! What orders of an auction are filled with. Nothing of it is kept: it derives from the result of the order's zone and, at
//! the zone price, from what stands ahead in the queue.

use super::{book::Queue, sums, types::QueuedStep};
use crate::{
	pallet::*,
	types::{PriceKey, SessionId},
};
use alloc::vec::Vec;
use busbar_primitives::{payment, traits::Grid, Contract, PointId, Position, Product, Side, Wh};

impl<T: Config> Pallet<T> {
	/// Accepted energy of each step of an order, in Wh; all zero unless its session cleared.
	pub fn accepted(session: SessionId, order: &OrderOf<T>) -> Vec<Wh> {
		let cleared = Self::result(session, order.zone).and_then(|zone| zone.cleared());
		let accepted = |QueuedStep { step, arrival }: &QueuedStep| {
			let Some(result) = &cleared else { return 0 };
			// Only at the zone price does the queue matter.
			let ahead = if step.price == result.price {
				let queue = Queue::<T>::at(session, order.zone, PriceKey::from(step.price));
				// The whole queue was counted when its last step was added, so no part of it overflows.
				sums::ahead(&queue, step.side, *arrival).unwrap_or(Wh::MAX)
			} else {
				0
			};
			busbar_clearing::fill(step.side == Side::Buy, step.price, step.wh, result, ahead)
		};
		order.steps.iter().map(accepted).collect()
	}

	/// Energy of a point's order and block orders in an auction, accepted or, as long as it has not ended, standing.
	pub(super) fn committed_in_auction(session: SessionId, spec: &Product, point: PointId) -> Position {
		let (interval, product) = session;
		let mut sum = Self::block_orders_of(session, spec, point);
		let ended = Sessions::<T>::get(interval, product).is_some_and(|session| session.outcome.is_some());
		let Some(order) = Orders::<T>::get((interval, product, point)) else { return sum };
		let accepted = ended.then(|| Self::accepted(session, &order));
		for (i, queued) in order.steps.iter().enumerate() {
			let wh = accepted.as_ref().map_or(queued.step.wh, |accepted| accepted.get(i).copied().unwrap_or(0));
			let side = sum.side_mut(queued.step.side);
			*side = side.saturating_add(wh);
		}
		sum
	}

	/// What a point bought or sold in an auction, at its zone's price; `None` if nothing.
	pub(super) fn auction_contract(session: SessionId, spec: &Product, point: PointId) -> Option<Contract> {
		let zone = T::Grid::point(point)?.zone;
		let price = Self::result(session, zone)?.result.price?;
		let position = Self::committed_in_auction(session, spec, point);
		let amount = payment(price, position.sold).saturating_sub(payment(price, position.bought));
		(position != Position::default()).then_some(Contract {
			product: session.1,
			position,
			amount,
			lowest: price,
			highest: price,
		})
	}
}
