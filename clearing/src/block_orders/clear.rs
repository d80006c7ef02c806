//! Clearing a session with its block orders: the choice, then every interval, then what follows.

use super::{
	order::{inject, BlockOrder, BlockOrderError},
	search::Search,
};
use crate::{clear_leaning, Clearing, Lean, Zone};
use alloc::vec::Vec;

/// The joint result of a session's intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joint {
	/// Where the zone prices of all intervals lie between the least and the greatest supporting ones: the nearest to the
	/// middle that keeps every accepted block order in the money.
	pub lean: Lean,
	/// One result per interval, with the accepted block orders as injections.
	pub intervals: Vec<Clearing>,
	/// Whether each block order is accepted.
	pub accepted: Vec<bool>,
	/// Money for each accepted block order at the zone prices, in nEUR: what a sell receives and a buy pays; 0 if
	/// rejected.
	pub amounts: Vec<i128>,
	/// The rejected block orders that would have gained at the zone prices, by index.
	pub rejected_in_the_money: Vec<u32>,
	/// Gains from trade net of fees over all intervals and accepted block orders, in nEUR.
	pub welfare: i128,
}

/// Clears the intervals of a session together with its block orders. Without block orders this clears every interval by
/// itself.
///
/// The injections of the zones are overwritten: they are the accepted block orders' on return.
///
/// # Errors
/// If a block order or an interval is malformed, or a number leaves its type: see [`BlockOrderError`].
pub fn clear_block_orders(intervals: &mut [Vec<Zone>], block_orders: &[BlockOrder]) -> Result<Joint, BlockOrderError> {
	let count = u32::try_from(intervals.len()).map_err(|_| BlockOrderError::TooLarge)?;
	let mut search = Search::new(block_orders, count)?;
	while let Some(interval) = search.next_interval() {
		search.step(block_orders, &mut intervals[interval as usize])?;
	}
	conclude(intervals, block_orders, &search)
}

/// Clears every interval with the block orders that a search has chosen so far.
///
/// The injections of the zones are overwritten: they are the accepted block orders' on return.
///
/// # Errors
/// As [`clear_block_orders`].
pub fn conclude(
	intervals: &mut [Vec<Zone>],
	block_orders: &[BlockOrder],
	search: &Search,
) -> Result<Joint, BlockOrderError> {
	let (accepted, lean) = (search.accepted(), search.lean(block_orders));
	let mut results = Vec::with_capacity(intervals.len());
	for (interval, zones) in (0u32..).zip(intervals) {
		inject(zones, block_orders, &accepted, interval)?;
		results.push(clear_leaning(zones, lean).map_err(|error| BlockOrderError::Interval { interval, error })?);
	}
	joint(block_orders, accepted, lean, results).ok_or(BlockOrderError::TotalOverflow)
}

/// What follows from the accepted block orders and the intervals' results. `None` if money leaves its type.
pub fn joint(block_orders: &[BlockOrder], accepted: Vec<bool>, lean: Lean, intervals: Vec<Clearing>) -> Option<Joint> {
	let mut joint = Joint { accepted, lean, intervals, ..Default::default() };
	joint.welfare = joint.intervals.iter().try_fold(0i128, |sum, interval| sum.checked_add(interval.welfare))?;
	for (number, (block_order, accepted)) in (0u32..).zip(block_orders.iter().zip(&joint.accepted)) {
		let price = |interval: u32| {
			let zones = joint.intervals.get(interval as usize).map(|interval| &interval.zones);
			zones.and_then(|zones| zones.get(block_order.zone as usize)).map_or(0, |zone| zone.price)
		};
		let amount = block_order.amount(price);
		joint.amounts.push(if *accepted { amount } else { 0 });
		if *accepted {
			joint.welfare = joint.welfare.checked_add(block_order.worth())?;
		} else if block_order.gain(amount) > 0 {
			joint.rejected_in_the_money.push(number);
		}
	}
	Some(joint)
}
