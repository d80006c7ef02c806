//! Deciding: clearing what is loaded, or failing safe, and ending the sessions.
//!
//! One block clears and writes the results, together with the sessions' outcomes: nobody ever sees half of a clearing.

use super::{
	load::{Loaded, Part},
	market::index_of,
	results::{pages, Decision},
	span::{kept, Span},
};
use crate::{
	pallet::*,
	products::auction::{
		block_orders::{last, Standing},
		BlockOrder,
	},
	types::{FailReason, GateKey, LoadedZone, Member, Record, Session, SessionId},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_clearing::{block_orders::Search, Lean};
use busbar_primitives::{traits::Grid, Fee, Outcome, Product, ProductId, ZoneResult};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// The block orders that stand over a gate's intervals.
	pub(crate) fn over(key: &GateKey, spec: &Product) -> Vec<Standing<T>> {
		let (first, product) = key.session();
		let block_orders = Self::block_orders(first, product, spec);
		block_orders.into_iter().map(|(id, block_order)| (id, block_order, false)).collect()
	}

	/// Clears what is loaded with the block orders that a search has chosen, or fails safe, and ends the sessions.
	pub(crate) fn decide(
		(key, spec): (GateKey, Product),
		members: Vec<Member>,
		Loaded { parts, pages: parked }: Loaded,
		mut block_orders: Vec<Standing<T>>,
		chosen: Result<(Span, Search), FailReason>,
	) {
		let (_, product) = key.session();
		let mut clear = |(mut span, search): (Span, Search)| {
			let joint = span.clear(&search)?;
			Some((Self::decisions(&parts, &mut block_orders, &joint)?, joint.lean))
		};
		let decided = chosen.and_then(|chosen| clear(chosen).ok_or(FailReason::Refused));
		let (decisions, lean, reason) = match decided {
			Ok((decisions, lean)) => (decisions, lean, None),
			Err(reason) => {
				block_orders.iter_mut().for_each(|(_, block_order, _)| block_order.accepted = Some(false));
				let failed = parts.iter().map(|part: &Part| Self::fail_safe(&part.zones)).collect();
				(failed, Lean::MIDDLE, Some(reason))
			},
		};
		if let Some(lean) = kept(lean) {
			Self::deposit_event(Event::PricesLean { interval: key.session().0, product, lean });
		}
		// Told first, so that whoever reads events in order knows what each interval cleared with.
		for (id, block_order, rejected_in_the_money) in block_orders {
			Self::end_block_order((product, id), &spec, block_order, rejected_in_the_money);
		}
		for (((interval, record, mut session), part), decision) in members.into_iter().zip(&parts).zip(decisions) {
			session.lean = kept(lean);
			Self::end_auction((interval, product), (record, session), &part.zones, decision, reason);
		}
		Gates::<T>::remove(key);
		Self::forget(parked);
	}

	/// Ends the sessions of a gate without prices and positions, one interval after the other, as far as the meter goes: what
	/// would not fit a block to clear need not fit one to fail. Returns whether all have ended.
	pub(crate) fn fail(
		key: GateKey,
		spec: Product,
		members: Vec<Member>,
		reason: FailReason,
		meter: &mut WeightMeter,
	) -> bool {
		let (_, product) = key.session();
		if spec.span > 1 && meter.try_consume(T::WeightInfo::block_orders()).is_err() {
			return false;
		}
		for (id, mut block_order, _) in Self::over(&key, &spec) {
			if block_order.accepted.is_none() {
				block_order.accepted = Some(false);
				Self::end_block_order((product, id), &spec, block_order, false);
			}
		}
		// What was loaded to be cleared is of no use.
		if let Some(gate) = ClosingGate::<T>::get() {
			Self::forget(gate.pages);
		}
		for (interval, record, session) in members {
			let all = record.zones.min(T::MaxZones::get());
			let needed = T::WeightInfo::load_zones(all).saturating_add(T::WeightInfo::decide(all, 0));
			if meter.try_consume(needed).is_err() {
				return false;
			}
			let zones = Self::zones(interval, 0..all);
			let decision = Self::fail_safe(&zones);
			Self::end_auction((interval, product), (record, session), &zones, decision, Some(reason));
		}
		Gates::<T>::remove(key);
		true
	}

	/// Writes what became of a block order, and tells it.
	fn end_block_order(
		(product, id): (ProductId, u32),
		spec: &Product,
		block_order: BlockOrder<T::AccountId>,
		rejected_in_the_money: bool,
	) {
		let (interval, accepted) = (block_order.first, block_order.accepted == Some(true));
		BlockOrders::<T>::insert((last(interval, spec), product, id), block_order);
		Self::deposit_event(Event::BlockOrderDecided { interval, product, id, accepted, rejected_in_the_money });
	}

	/// Writes the results of a session's zones, ends it, and tells how: failed for a reason, or cleared.
	fn end_auction(
		(interval, product): SessionId,
		(mut record, session): (Record, Session),
		zones: &[LoadedZone],
		(results, outcome): Decision,
		failed: Option<FailReason>,
	) {
		for (page, results) in pages(zones, results) {
			Results::<T>::insert((interval, product, page), results);
		}
		record.auction_traded(product, outcome.traded);
		Self::end_session((interval, product), record, session, outcome);
		Self::room_was_freed(interval);
		Self::deposit_event(match failed {
			None => Event::Cleared { interval, product, outcome },
			Some(reason) => Event::Failed { interval, product, reason },
		});
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
