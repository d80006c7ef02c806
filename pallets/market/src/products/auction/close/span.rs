//! The intervals of a span and the block orders over them, as the clearing library sees them.

use super::{
	load::Part,
	market::{assemble, index_of},
	results::Decision,
};
use crate::{pallet::*, products::auction::block_orders::Standing, types::clearing_side};
use alloc::vec::Vec;
use busbar_clearing::{
	block_orders::{conclude, Search},
	BlockOrder, BlockOrderError, Joint, Lean, Zone,
};
use busbar_primitives::{Interval, Side};

/// Markets of consecutive intervals, and the block orders over them.
pub(crate) struct Span {
	first: Interval,
	markets: Vec<Vec<Zone>>,
	/// None if the tree changes within the span: they are rejected then.
	block_orders: Vec<BlockOrder>,
}

impl Span {
	/// `None` if an interval's zones form no tree, or a block order's zone is not among them.
	pub(crate) fn new<T: Config>(parts: &[Part], standing: &[Standing<T>]) -> Option<Self> {
		let markets = parts.iter().map(|part| assemble(&part.zones, part.levels.iter().copied()));
		let markets = markets.collect::<Option<Vec<_>>>()?;
		let first = parts.first()?;
		let ids = |part: &Part| part.zones.iter().map(|zone| zone.id).collect::<Vec<_>>();
		// A block order names its zone in every interval alike, so a tree that changes within the span takes none.
		let one_tree = parts.iter().all(|part| ids(part) == ids(first));
		let seen = |(_, block_order, _): &Standing<T>| {
			Some(BlockOrder {
				zone: index_of(&first.zones, block_order.zone)?,
				side: clearing_side(block_order.side),
				price: block_order.price,
				first: block_order.first.checked_sub(first.interval)?,
				wh: block_order.wh.to_vec(),
			})
		};
		let block_orders = if one_tree { standing.iter().map(seen).collect::<Option<Vec<_>>>()? } else { Vec::new() };
		Some(Self { first: first.interval, markets, block_orders })
	}

	/// Goes on with the choice of block orders, from where an earlier block left it, for at most `steps` steps. `None` if
	/// clearing refuses the span.
	pub(crate) fn search(&mut self, kept: Option<Search>, steps: u32) -> Option<Search> {
		let intervals = u32::try_from(self.markets.len()).ok()?;
		let mut search = match kept {
			Some(search) => search,
			None => self.told(Search::new(&self.block_orders, intervals))?,
		};
		for _ in 0..steps {
			let Some(at) = search.next_interval() else { break };
			let market = self.markets.get_mut(at as usize)?;
			let step = search.step(&self.block_orders, market);
			self.told(step)?;
		}
		Some(search)
	}

	/// What the block orders chosen so far come to. `None` if clearing refuses the span.
	pub(super) fn clear(&mut self, search: &Search) -> Option<Joint> {
		let joint = conclude(&mut self.markets, &self.block_orders, search);
		self.told(joint)
	}

	/// Tells the operator of a node why clearing refuses a span: it should not.
	fn told<V>(&self, result: Result<V, BlockOrderError>) -> Option<V> {
		let tell = |error: &BlockOrderError| {
			log::error!(target: "runtime::market", "the span from interval {} is not cleared: {error}", self.first);
		};
		result.inspect_err(tell).ok()
	}

	/// The first interval's market.
	#[cfg(feature = "runtime-benchmarks")]
	pub(crate) fn market(&self) -> Option<&Vec<Zone>> {
		self.markets.first()
	}
}

impl<T: Config> Pallet<T> {
	/// The decisions of a span's intervals, and what becomes of its block orders.
	pub(super) fn decisions(parts: &[Part], standing: &mut [Standing<T>], joint: &Joint) -> Option<Vec<Decision>> {
		for (at, (_, block_order, in_the_money)) in (0u32..).zip(standing.iter_mut()) {
			block_order.accepted = Some(joint.accepted.get(at as usize).copied().unwrap_or(false));
			*in_the_money = joint.rejected_in_the_money.contains(&at);
		}
		let decisions = parts.iter().zip(&joint.intervals).map(|(part, clearing)| {
			let mut decision = Self::decision(clearing)?;
			for (_, block_order, _) in standing.iter().filter(|(_, block_order, _)| block_order.accepted == Some(true))
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
}

/// A lean as it is kept: nothing in the middle.
pub(super) fn kept(lean: Lean) -> Option<u32> {
	(lean != Lean::MIDDLE).then_some(lean.parts())
}
