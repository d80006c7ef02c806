//! Closing an auction: its zones and price levels are loaded ([`load`]), cleared together with the block orders over them
//! ([`span`], whose choice over several blocks is kept by [`search`]), and the results written ([`decide`]), over as many blocks as it takes.
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
	types::{FailReason, GateKey},
	WeightInfo,
};
use busbar_clearing::block_orders::Search;
use search::KeptSearch;
use span::Span;
use busbar_primitives::{traits::Grid, Moment};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// Goes on with closing an auction's gate. Returns whether it is done.
	pub(super) fn close_auction(passed: Passed, now: Moment, meter: &mut WeightMeter) -> bool {
		let Passed { key, product, members } = passed;
		let Some((interval, record, _)) = members.first() else { return true };
		let late = now >= record.terms.delivery_start;
		let mut closing = Self::resume(key.session(), *interval);
		let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
		let zones = closing.gate.zone_count.saturating_mul(count);
		let reason = if late {
			Some(FailReason::DeliveryBegan)
		} else if T::Grid::zone_count() > closing.gate.zone_count || zones > T::MaxZones::get() {
			Some(FailReason::TooManyZones)
		} else {
			None
		};
		if !Self::load(&mut closing, &members, reason.is_none(), meter) {
			Self::park(closing);
			return false;
		}
		let levels = match reason {
			None => members.iter().fold(0, |sum: u32, (.., session)| sum.saturating_add(session.levels)),
			Some(_) => 0,
		};
		let mut needed = T::WeightInfo::decide(zones, levels);
		if product.span > 1 {
			needed = needed.saturating_add(T::WeightInfo::block_orders());
		}
		if meter.try_consume(needed).is_err() {
			Self::park(closing);
			return false;
		}
		let block_orders = Self::over(&key, &product);
		let searches = reason.is_none() && !block_orders.is_empty();
		let mut steps = 0;
		if searches {
			// The search may go on in the next blocks.
			let most = Search::most_steps(u32::try_from(block_orders.len()).unwrap_or(u32::MAX), count);
			let greatest = members.iter().map(|(.., session)| session.levels).max().unwrap_or(0);
			let step = T::WeightInfo::choose(closing.gate.zone_count, greatest);
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
		let chosen = match reason {
			Some(reason) => Err(reason),
			None => Span::new::<T>(&loaded.parts, &block_orders)
				.and_then(|mut span| {
					let kept = Searching::<T>::get().map(KeptSearch::resumed);
					let search = span.search(kept, steps)?;
					Some((span, search))
				})
				.ok_or(FailReason::Refused),
		};
		if let Ok((_, search)) = &chosen {
			if !search.done && !Self::has_to_end(key, record.terms.delivery_start, search, now) {
				if let Some(kept) = KeptSearch::of(search.clone()) {
					Searching::<T>::put(kept);
					return false;
				}
			}
		}
		Self::decide((key, product), members, loaded, block_orders, chosen);
		true
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
