//! The checker of joint results. It shares nothing with the search: it reads the accepted block orders and proves the
//! rest.

use super::{
	clear::Joint,
	order::{inject, validate_block_orders, BlockOrder, BlockOrderError},
};
use crate::{check::supporting_prices_leaning, orders::Side, Violation, Zone};
use alloc::{format, string::String, vec::Vec};

/// What is wrong with a joint result. Block orders and intervals are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOrderViolation {
	/// The session itself cannot be cleared.
	BlockOrders(BlockOrderError),
	/// Not one result per interval.
	IntervalCount,
	/// Not one decision and one amount per block order.
	BlockOrderCount,
	/// An interval's result is wrong for the accepted block orders.
	Interval { interval: u32, violation: Violation },
	/// The prices lean further from the middle than the accepted block orders need.
	Lean,
	/// An accepted block order receives less, or pays more, than its limit times its energy.
	OutOfTheMoney { block_order: u32 },
	/// A block order's amount is not the sum of its energy at the zone prices, or not 0 for a rejected block order.
	Amount { block_order: u32 },
	/// The list of rejected block orders in the money lacks a block order or has one too many.
	RejectedInTheMoney { block_order: u32 },
	/// Welfare is not that of the intervals and the accepted block orders.
	Welfare,
}

impl core::fmt::Display for BlockOrderViolation {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		let reason: String = match self {
			BlockOrderViolation::BlockOrders(error) => error.reason(),
			BlockOrderViolation::IntervalCount => "not one result per interval".into(),
			BlockOrderViolation::BlockOrderCount => "not one decision and one amount per block order".into(),
			BlockOrderViolation::Interval { interval, violation } => format!("interval {interval}: {violation}"),
			BlockOrderViolation::Lean => {
				"prices lean further from the middle than the accepted block orders need".into()
			},
			BlockOrderViolation::OutOfTheMoney { block_order } => {
				format!("block order {block_order}: accepted out of the money")
			},
			BlockOrderViolation::Amount { block_order } => {
				format!("block order {block_order}: its amount does not follow from the prices")
			},
			BlockOrderViolation::RejectedInTheMoney { block_order } => {
				format!("block order {block_order}: wrongly listed, or not listed, as rejected in the money")
			},
			BlockOrderViolation::Welfare => {
				"welfare does not follow from the intervals and the accepted block orders".into()
			},
		};
		f.write_str(&reason)
	}
}

impl core::error::Error for BlockOrderViolation {}

/// Proves that a joint result is right: every interval passes [`check`](crate::check()) with the accepted block orders as injections,
/// prices lean no further from the middle than accepted block orders need to be in the money, none of them is out of the
/// money, rejected block orders in the money are listed, amounts and welfare are
/// right. It does not prove that no other choice of block orders has more welfare: the search does not promise that.
///
/// # Errors
/// The first violation found.
pub fn check_block_orders(
	intervals: &[Vec<Zone>],
	block_orders: &[BlockOrder],
	joint: &Joint,
) -> Result<(), BlockOrderViolation> {
	let count =
		u32::try_from(intervals.len()).map_err(|_| BlockOrderViolation::BlockOrders(BlockOrderError::TooLarge))?;
	validate_block_orders(block_orders, count).map_err(BlockOrderViolation::BlockOrders)?;
	if joint.intervals.len() != intervals.len() {
		return Err(BlockOrderViolation::IntervalCount);
	}
	if joint.accepted.len() != block_orders.len() || joint.amounts.len() != block_orders.len() {
		return Err(BlockOrderViolation::BlockOrderCount);
	}
	let mut welfare = Some(0i128);
	// Of the intervals, what supports their prices.
	let mut supporting = Vec::with_capacity(intervals.len());
	for (interval, (zones, clearing)) in (0u32..).zip(intervals.iter().zip(&joint.intervals)) {
		let mut zones = zones.clone();
		inject(&mut zones, block_orders, &joint.accepted, interval).map_err(BlockOrderViolation::BlockOrders)?;
		let violation = |violation| BlockOrderViolation::Interval { interval, violation };
		supporting.push(supporting_prices_leaning(&zones, clearing, joint.lean).map_err(violation)?);
		welfare = welfare.and_then(|sum| sum.checked_add(clearing.welfare));
	}
	if let Some(nearer) = joint.lean.nearer() {
		// What an accepted block order gains can only grow one way as prices lean, so one part nearer shows it.
		let price = |interval: u32, zone: u32| {
			let (low, high) = supporting[interval as usize][zone as usize];
			nearer.price(low, high)
		};
		let mut accepted = block_orders.iter().zip(&joint.accepted).filter(|(_, accepted)| **accepted);
		if accepted.all(|(block_order, _)| block_order.gain(block_order.amount(|at| price(at, block_order.zone))) >= 0)
		{
			return Err(BlockOrderViolation::Lean);
		}
	}
	let mut listed = joint.rejected_in_the_money.iter().copied().peekable();
	for (number, block_order) in (0u32..).zip(block_orders) {
		let at = number as usize;
		let (mut amount, mut limit) = (0i128, 0i128);
		for (interval, clearing) in (0u32..).zip(&joint.intervals) {
			let wh = i128::from(block_order.energy(interval));
			if wh > 0 {
				amount += wh * i128::from(clearing.zones[block_order.zone as usize].price);
				limit += wh * i128::from(block_order.price);
			}
		}
		let (better, worse) = match block_order.side {
			Side::Buy => (amount < limit, amount > limit),
			Side::Sell => (amount > limit, amount < limit),
		};
		if joint.accepted[at] {
			if worse {
				return Err(BlockOrderViolation::OutOfTheMoney { block_order: number });
			}
			let worth = if block_order.side == Side::Buy { limit } else { -limit };
			welfare = welfare.and_then(|sum| sum.checked_add(worth));
		}
		if joint.amounts[at] != if joint.accepted[at] { amount } else { 0 } {
			return Err(BlockOrderViolation::Amount { block_order: number });
		}
		let expected = !joint.accepted[at] && better;
		if listed.next_if_eq(&number).is_some() != expected {
			return Err(BlockOrderViolation::RejectedInTheMoney { block_order: number });
		}
	}
	if let Some(block_order) = listed.next() {
		return Err(BlockOrderViolation::RejectedInTheMoney { block_order });
	}
	if welfare == Some(joint.welfare) {
		Ok(())
	} else {
		Err(BlockOrderViolation::Welfare)
	}
}
