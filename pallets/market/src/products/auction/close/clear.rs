//! Clearing the intervals of a span together with the block orders over them.

use super::{
	decide::{Decision, Standing},
	load::Part,
	market::{assemble, index_of},
};
use crate::{pallet::*, types::clearing_side};
use alloc::vec::Vec;
use busbar_clearing::{
	block_orders::{inject, joint, Search},
	BlockOrderError,
};
use busbar_primitives::Side;

impl<T: Config> Pallet<T> {
	/// Clears the intervals of a span together with its block orders, of which it says which are accepted. `None` if
	/// clearing refuses the zones.
	pub(super) fn clear(parts: &[Part], block_orders: &mut [Standing<T>], steps: u32) -> Option<Vec<Decision>> {
		let markets = parts.iter().map(|part| assemble(&part.zones, part.levels.iter().copied()));
		let mut markets = markets.collect::<Option<Vec<_>>>()?;
		let first = parts.first()?;
		let ids = |part: &Part| part.zones.iter().map(|zone| zone.id).collect::<Vec<_>>();
		// A block order names its zone in every interval alike, so a tree that changes within the span takes none.
		let one_tree = parts.iter().all(|part| ids(part) == ids(first));
		let seen = |(_, block_order, _): &Standing<T>| {
			Some(busbar_clearing::BlockOrder {
				zone: index_of(&first.zones, block_order.zone)?,
				side: clearing_side(block_order.side),
				price: block_order.price,
				first: block_order.first.checked_sub(first.interval)?,
				wh: block_order.wh.to_vec(),
			})
		};
		let seen = if one_tree { block_orders.iter().map(seen).collect::<Option<Vec<_>>>()? } else { Vec::new() };
		let refused = |error: BlockOrderError| log::error!(target: "runtime::market", "the span from interval {} is not cleared: {error}", first.interval);
		let mut search =
			Search::new(&seen, u32::try_from(parts.len()).ok()?).inspect_err(|error| refused(*error)).ok()?;
		for _ in 0..steps {
			let Some(at) = search.next_interval() else { break };
			let market = markets.get_mut(at as usize)?;
			search.step(&seen, market).inspect_err(|error| refused(*error)).ok()?;
		}
		let accepted = search.accepted();
		let mut clearings = Vec::with_capacity(parts.len());
		for (at, market) in (0u32..).zip(&mut markets) {
			inject(market, &seen, &accepted, at).inspect_err(|error| refused(*error)).ok()?;
			let refuse = |error: &_| refused(BlockOrderError::Interval { interval: at, error: *error });
			clearings.push(busbar_clearing::clear(market).inspect_err(refuse).ok()?);
		}
		let joint = joint(&seen, accepted, clearings)?;
		for (at, (_, block_order, in_the_money)) in (0u32..).zip(block_orders.iter_mut()) {
			block_order.accepted = Some(joint.accepted.get(at as usize).copied().unwrap_or(false));
			*in_the_money = joint.rejected_in_the_money.contains(&at);
		}
		let decisions = parts.iter().zip(&joint.intervals).map(|(part, clearing)| {
			let mut decision = Self::decision(clearing)?;
			for (_, block_order, _) in
				block_orders.iter().filter(|(_, block_order, _)| block_order.accepted == Some(true))
			{
				let outcome = &mut decision.1;
				outcome.welfare = outcome.welfare.checked_add(block_order.worth(part.interval))?;
				if block_order.side == Side::Buy {
					outcome.traded = outcome.traded.checked_add(block_order.energy(part.interval))?;
				}
			}
			Some(decision)
		});
		decisions.collect()
	}

	/// The first interval's market as the search for block orders sees it.
	#[cfg(feature = "runtime-benchmarks")]
	pub(crate) fn market(
		closing: super::load::Closing,
		members: &[crate::types::Member],
	) -> Option<Vec<busbar_clearing::Zone>> {
		let parts = Self::unload(closing, members);
		parts.first().and_then(|part| assemble(&part.zones, part.levels.iter().copied()))
	}
}
