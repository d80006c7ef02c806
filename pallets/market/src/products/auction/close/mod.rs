//! Closing an auction: its zones and price levels are loaded ([`load`]), cleared together with the block orders over them
//! ([`span`], whose choice over several blocks is kept by [`search`]), and the results written ([`decide`]), over as many
//! blocks as it takes.
//!
//! Intervals of one span share a gate and are decided in one block, together with the block orders over them
//! ([`super::block_orders`]): their zones together are no more than `MaxZones`, their levels no more than `MaxLevels`.

mod decide;
pub(crate) mod load;
pub(super) mod market;
pub(super) mod results;
pub(crate) mod search;
pub(crate) mod span;

use crate::{
	pallet::*,
	products::kind::Passed,
	types::{FailReason, GateKey, Record},
	WeightInfo,
};
use busbar_clearing::block_orders::Search;
use busbar_primitives::{Interval, Moment};
use frame_support::{traits::Get, weights::WeightMeter};
use search::KeptSearch;
use span::Span;

impl<T: Config> Pallet<T> {
	/// Goes on with closing an auction's gate. Returns whether it is done.
	pub(super) fn close_auction(passed: Passed, now: Moment, meter: &mut WeightMeter) -> bool {
		let Passed { key, product, members } = passed;
		let Some((interval, record, _)) = members.first() else { return true };
		let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
		let zones = members.iter().fold(0, |sum: u32, (_, record, _)| sum.saturating_add(record.zones));
		if let Some(reason) = Self::fails(key, (*interval, record), zones, now) {
			return Self::fail(key, product, members, reason, meter);
		}
		let mut closing = Self::resume(key.session(), *interval);
		if !Self::load(&mut closing, &members, meter) {
			Self::park(closing);
			return false;
		}
		let levels = members.iter().fold(0, |sum: u32, (.., session)| sum.saturating_add(session.levels));
		let mut needed = T::WeightInfo::decide(zones, levels);
		if product.span > 1 {
			needed = needed.saturating_add(T::WeightInfo::block_orders());
		}
		if meter.try_consume(needed).is_err() {
			Self::park(closing);
			return false;
		}
		let block_orders = Self::over(&key, &product);
		let mut steps = 0;
		if !block_orders.is_empty() {
			// The search may go on in the next blocks.
			let most = Search::most_steps(u32::try_from(block_orders.len()).unwrap_or(u32::MAX), count);
			let greatest = members.iter().map(|(.., session)| session.levels).max().unwrap_or(0);
			let most_zones = members.iter().map(|(_, record, _)| record.zones).max().unwrap_or(0);
			let step = T::WeightInfo::choose(most_zones, greatest);
			let room = meter.remaining().saturating_sub(T::WeightInfo::search());
			let room = room.checked_div_per_component(&step).unwrap_or(u64::MAX);
			if room < most && closing.has_loaded() {
				// A block of its own has more room for the search, and what is loaded is kept once for all of them.
				Self::park(closing);
				return false;
			}
			steps = u32::try_from(most.min(room)).unwrap_or(u32::MAX);
			meter.consume(step.saturating_mul(steps.into()));
			meter.consume(T::WeightInfo::search());
		}
		let loaded = Self::loaded(closing, &members);
		let chosen = Span::new::<T>(&loaded.parts, &block_orders).and_then(|mut span| {
			let search = span.search(Searching::<T>::get().map(KeptSearch::resumed), steps)?;
			Some((span, search))
		});
		if let Some((_, search)) = &chosen {
			if !search.done && !Self::has_to_end(key, record.terms.delivery_start, search, now) {
				if let Some(kept) = KeptSearch::of(search.clone()) {
					Searching::<T>::put(kept);
					return false;
				}
			}
		}
		Self::decide((key, product), members, loaded, block_orders, chosen.ok_or(FailReason::Refused));
		true
	}

	/// Why a gate's sessions cannot be cleared, if so. Once the first of them has ended without the others, they have failed.
	fn fails(key: GateKey, (interval, record): (Interval, &Record), zones: u32, now: Moment) -> Option<FailReason> {
		let (first, id) = key.session();
		// Most gates close with their first interval, and then there is nothing more to read.
		let (mut start, mut has_failed) = (record.terms.delivery_start, false);
		if interval != first {
			start = Intervals::<T>::get(first).map_or(start, |first| first.terms.delivery_start);
			has_failed = Sessions::<T>::get(first, id).is_some_and(|session| session.outcome.is_some());
		}
		if now >= start {
			Some(FailReason::DeliveryBegan)
		} else if zones > T::MaxZones::get() || has_failed {
			Some(FailReason::TooManyZones)
		} else {
			None
		}
	}

	/// Whether the choice of block orders has to do with what it has found: half of the time between the gate's closure and
	/// delivery is over, or another gate waits and something is found. So no search makes a session fail safe.
	fn has_to_end(key: GateKey, delivery_start: Moment, search: &Search, now: Moment) -> bool {
		let closure = key.closure();
		let until = closure.saturating_add(delivery_start.saturating_sub(closure) / 2);
		let another_waits = || Gates::<T>::iter_keys().nth(1).is_some_and(|other| other.closure() <= now);
		now >= until || (search.incumbent.is_some() && another_waits())
	}
}
