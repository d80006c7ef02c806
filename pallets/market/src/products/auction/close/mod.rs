//! Closing an auction: its zones and price levels are loaded ([`load`]), cleared ([`clear`]), and the results written
//! ([`decide`]), over as many blocks as it takes.
//!
//! Intervals of one span share a gate and are decided in one block, together with the block orders over them
//! ([`super::block_orders`]): their zones together are no more than `MaxZones`, their levels no more than `MaxLevels`.

mod clear;
mod decide;
pub(crate) mod load;
pub(super) mod market;
pub(super) mod results;

use super::block_orders::last;
use crate::{pallet::*, products::kind::Passed, types::FailReason, WeightInfo};
use busbar_clearing::block_orders::Search;
use busbar_primitives::{traits::Grid, Moment};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// Goes on with closing an auction's gate. Returns whether it is done.
	pub(super) fn close_auction(passed: Passed, now: Moment, meter: &mut WeightMeter) -> bool {
		let Passed { key, product, members } = passed;
		let (_, id) = key.session();
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
		let steps = if product.span > 1 && reason.is_none() {
			let block_orders = BlockOrderCounts::<T>::get(last(*interval, &product), id).standing;
			let greatest = members.iter().map(|(.., session)| session.levels).max().unwrap_or(0);
			let step = T::WeightInfo::choose(closing.gate.zone_count, greatest);
			let most = u32::try_from(Search::most_steps(block_orders, count)).unwrap_or(u32::MAX);
			let most = if block_orders == 0 { 0 } else { most };
			let room = meter.remaining().checked_div_per_component(&step).unwrap_or(u64::MAX);
			let steps = most.min(u32::try_from(room).unwrap_or(u32::MAX));
			if steps < most && closing.has_loaded() {
				// A block of its own has more room for the search.
				Self::park(closing);
				return false;
			}
			meter.consume(step.saturating_mul(steps.into()));
			steps
		} else {
			0
		};
		Self::decide(key, members, closing, reason, steps);
		true
	}
}
