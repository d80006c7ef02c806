//! Deciding: clearing what is loaded, or failing safe, and ending the sessions.
//!
//! One block clears and writes the results, together with the sessions' outcomes: nobody ever sees half of a clearing.

use super::{load::Closing, market::index_of, results::pages};
use crate::{
	pallet::*,
	products::auction::{block_orders::last, BlockOrder},
	types::{FailReason, GateKey, LoadedZone, Member},
};
use alloc::vec::Vec;
use busbar_primitives::{traits::Grid, Fee, Outcome, ZoneResult};

/// A result for every zone, and how a session ended.
pub(super) type Decision = (Vec<ZoneResult>, Outcome);

/// A block order of the span: its number, the order, and whether it was rejected in the money.
pub(super) type Standing<T> = (u32, BlockOrder<<T as frame_system::Config>::AccountId>, bool);

impl<T: Config> Pallet<T> {
	/// Clears what is loaded, with at most `steps` steps of the search for block orders, or fails safe for `reason`,
	/// and ends the sessions.
	pub(crate) fn decide(key: GateKey, members: Vec<Member>, closing: Closing, reason: Option<FailReason>, steps: u32) {
		let (_, product) = key.session();
		let spec = members.first().and_then(|(_, record, _)| record.products.get(usize::from(product)).copied());
		let Some(spec) = spec else { return };
		let parts = Self::unload(closing, &members);
		let block_orders = Self::block_orders(key.session().0, product, &spec);
		let mut block_orders: Vec<Standing<T>> =
			block_orders.into_iter().map(|(id, block_order)| (id, block_order, false)).collect();
		let decided = match reason {
			Some(reason) => Err(reason),
			None => Self::clear(&parts, &mut block_orders, steps).ok_or(FailReason::Refused),
		};
		let (decisions, reason) = match decided {
			Ok(decisions) => (decisions, None),
			Err(reason) => {
				block_orders.iter_mut().for_each(|(_, block_order, _)| block_order.accepted = Some(false));
				(parts.iter().map(|part| Self::fail_safe(&part.zones)).collect(), Some(reason))
			},
		};
		// Told first, so that whoever reads events in order knows what each interval cleared with.
		for (id, block_order, rejected_in_the_money) in block_orders {
			let (first, accepted) = (block_order.first, block_order.accepted == Some(true));
			BlockOrders::<T>::insert((last(first, &spec), product, id), block_order);
			Self::deposit_event(Event::BlockOrderDecided {
				interval: first,
				product,
				id,
				accepted,
				rejected_in_the_money,
			});
		}
		for (((interval, record, session), part), (results, outcome)) in members.into_iter().zip(&parts).zip(decisions)
		{
			for (page, results) in pages(&part.zones, results) {
				Results::<T>::insert((interval, product, page), results);
			}
			Self::end_session((interval, product), record, session, outcome);
			Self::room_was_freed(interval);
			Self::deposit_event(match reason {
				None => Event::Cleared { interval, product, outcome },
				Some(reason) => Event::Failed { interval, product, reason },
			});
		}
		Gates::<T>::remove(key);
	}

	/// What clearing decided, as it is kept. `None` beyond the types' ranges.
	pub(super) fn decision(clearing: &busbar_clearing::Clearing) -> Option<Decision> {
		let results = clearing
			.zones
			.iter()
			.map(|zone| {
				Some(ZoneResult {
					price: Some(zone.price),
					flow: zone.flow,
					margin_buy: zone.margin_buy,
					margin_sell: zone.margin_sell,
					path_fee: Fee::try_from(zone.path_fee).ok()?,
					fees: zone.fees,
					rent: zone.rent,
				})
			})
			.collect::<Option<Vec<_>>>()?;
		let outcome = Outcome {
			cleared: true,
			points: T::Grid::point_count(),
			traded: clearing.traded,
			fees: clearing.fees,
			rent: clearing.rent,
			welfare: clearing.welfare,
		};
		Some((results, outcome))
	}

	/// No prices and no positions, but the path fees that imbalances pay.
	fn fail_safe(zones: &[LoadedZone]) -> Decision {
		let mut results: Vec<ZoneResult> = Vec::with_capacity(zones.len());
		for zone in zones {
			let above = zone.parent.and_then(|parent| index_of(zones, parent)).and_then(|at| results.get(at as usize));
			let path_fee = above.map_or(0, |above| above.path_fee.saturating_add(zone.fee));
			results.push(ZoneResult { path_fee, ..ZoneResult::default() });
		}
		(results, Outcome { points: T::Grid::point_count(), ..Outcome::default() })
	}
}
