//! Cancelling what stands in auctions of who trades no more.

use crate::{
	pallet::*,
	products::auction::Order,
	recall::{walk, PAGE, SHARED},
	types::SessionId,
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Grid, Traders},
	ParticipantId, PointId, Product,
};
use frame_support::{traits::Get, weights::WeightMeter};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	pub(super) fn recall_from_auction(
		session: SessionId,
		product: &Product,
		participant: ParticipantId,
		from: PointId,
		meter: &mut WeightMeter,
	) -> Result<Option<PointId>, DispatchError> {
		if product.span > 1 && !Self::recall_block_orders(session, product, participant, meter)? {
			return Ok(Some(from));
		}
		let mut from = from;
		// Its record says how many steps of its orders stand: without any, no point is looked at.
		while T::Traders::standing(participant).of(session) > 0 {
			if meter.try_consume(walk::<T>(PAGE).saturating_add(SHARED)).is_err() {
				return Ok(Some(from));
			}
			let points = T::Grid::points_from(participant, from, PAGE);
			let Some(last) = points.last().copied() else { break };
			for point in points {
				let Some(order) = Orders::<T>::get((session.0, session.1, point)) else { continue };
				let weight = T::WeightInfo::cancel(order.steps.len() as u32).saturating_sub(SHARED);
				if meter.try_consume(weight).is_err() {
					return Ok(Some(point));
				}
				let open = Sessions::<T>::get(session.0, session.1).ok_or(Error::<T>::Corrupt)?;
				let Order { account, held: released, .. } = Self::take_order_out(participant, open, session, point)?;
				let (interval, product) = session;
				Self::deposit_event(Event::OrderCancelled { interval, product, point, account, released });
			}
			from = last.saturating_add(1);
		}
		Ok(None)
	}

	/// Of the span that the session belongs to, also those that took another's place. Returns whether it is done.
	fn recall_block_orders(
		(interval, id): SessionId,
		product: &Product,
		participant: ParticipantId,
		meter: &mut WeightMeter,
	) -> Result<bool, DispatchError> {
		if meter.try_consume(T::DbWeight::get().reads(1)).is_err() {
			return Ok(false);
		}
		let last = super::block_orders::last(interval, product);
		let places = BlockOrderPlaces::<T>::get(last, id).taken;
		let own: Vec<u32> = places.iter().filter(|place| place.owner == participant).map(|place| place.id).collect();
		for number in own {
			if meter.try_consume(T::WeightInfo::cancel_block_order()).is_err() {
				return Ok(false);
			}
			let key = (last, id, number);
			let block_order = BlockOrders::<T>::get(key).ok_or(Error::<T>::Corrupt)?;
			BlockOrderPlaces::<T>::mutate(last, id, |places| {
				crate::products::places::leave(&mut places.taken, number);
			});
			let released = Self::take_out(key, participant, &block_order)?;
			Self::deposit_event(Event::BlockOrderCancelled { interval, product: id, id: number, released });
		}
		Ok(true)
	}
}
