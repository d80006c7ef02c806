//! The checker of joint results. It shares nothing with the search: it reads the accepted blocks and proves the rest.

use super::{inject, validate_blocks, Block, BlockError, Joint};
use crate::{check, orders::Side, Violation, Zone};
use alloc::{format, string::String, vec::Vec};

/// What is wrong with a joint result. Blocks and intervals are named by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockViolation {
	/// The session itself cannot be cleared.
	Blocks(BlockError),
	/// Not one result per interval.
	IntervalCount,
	/// Not one decision and one amount per block.
	BlockCount,
	/// An interval's result is wrong for the accepted blocks.
	Interval { interval: u32, violation: Violation },
	/// An accepted block receives less, or pays more, than its limit times its energy.
	OutOfTheMoney { block: u32 },
	/// A block's amount is not the sum of its energy at the zone prices, or not 0 for a rejected block.
	Amount { block: u32 },
	/// The list of rejected blocks in the money lacks a block or has one too many.
	RejectedInTheMoney { block: u32 },
	/// Welfare is not that of the intervals and the accepted blocks.
	Welfare,
}

impl core::fmt::Display for BlockViolation {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		let reason: String = match self {
			BlockViolation::Blocks(error) => error.reason(),
			BlockViolation::IntervalCount => "not one result per interval".into(),
			BlockViolation::BlockCount => "not one decision and one amount per block".into(),
			BlockViolation::Interval { interval, violation } => format!("interval {interval}: {violation}"),
			BlockViolation::OutOfTheMoney { block } => format!("block {block}: accepted out of the money"),
			BlockViolation::Amount { block } => format!("block {block}: its amount does not follow from the prices"),
			BlockViolation::RejectedInTheMoney { block } => {
				format!("block {block}: wrongly listed, or not listed, as rejected in the money")
			},
			BlockViolation::Welfare => "welfare does not follow from the intervals and the accepted blocks".into(),
		};
		f.write_str(&reason)
	}
}

impl core::error::Error for BlockViolation {}

/// Proves that a joint result is right: every interval passes [`check`] with the accepted blocks as injections, no
/// accepted block is out of the money, rejected blocks in the money are listed, amounts and welfare are right. It does
/// not prove that no other choice of blocks has more welfare: the search does not promise that.
///
/// # Errors
/// The first violation found.
pub fn check_blocks(intervals: &[Vec<Zone>], blocks: &[Block], joint: &Joint) -> Result<(), BlockViolation> {
	let count = u32::try_from(intervals.len()).map_err(|_| BlockViolation::Blocks(BlockError::TooLarge))?;
	validate_blocks(blocks, count).map_err(BlockViolation::Blocks)?;
	if joint.intervals.len() != intervals.len() {
		return Err(BlockViolation::IntervalCount);
	}
	if joint.accepted.len() != blocks.len() || joint.amounts.len() != blocks.len() {
		return Err(BlockViolation::BlockCount);
	}
	let mut welfare = Some(0i128);
	for (interval, (zones, clearing)) in (0u32..).zip(intervals.iter().zip(&joint.intervals)) {
		let mut zones = zones.clone();
		inject(&mut zones, blocks, &joint.accepted, interval).map_err(BlockViolation::Blocks)?;
		check(&zones, clearing).map_err(|violation| BlockViolation::Interval { interval, violation })?;
		welfare = welfare.and_then(|sum| sum.checked_add(clearing.welfare));
	}
	let mut listed = joint.rejected_in_the_money.iter().copied().peekable();
	for (number, block) in (0u32..).zip(blocks) {
		let at = number as usize;
		let (mut amount, mut limit) = (0i128, 0i128);
		for (interval, clearing) in (0u32..).zip(&joint.intervals) {
			let wh = i128::from(block.energy(interval));
			if wh > 0 {
				amount += wh * i128::from(clearing.zones[block.zone as usize].price);
				limit += wh * i128::from(block.price);
			}
		}
		let (better, worse) = match block.side {
			Side::Buy => (amount < limit, amount > limit),
			Side::Sell => (amount > limit, amount < limit),
		};
		if joint.accepted[at] {
			if worse {
				return Err(BlockViolation::OutOfTheMoney { block: number });
			}
			let worth = if block.side == Side::Buy { limit } else { -limit };
			welfare = welfare.and_then(|sum| sum.checked_add(worth));
		}
		if joint.amounts[at] != if joint.accepted[at] { amount } else { 0 } {
			return Err(BlockViolation::Amount { block: number });
		}
		let expected = !joint.accepted[at] && better;
		if listed.next_if_eq(&number).is_some() != expected {
			return Err(BlockViolation::RejectedInTheMoney { block: number });
		}
	}
	if let Some(block) = listed.next() {
		return Err(BlockViolation::RejectedInTheMoney { block });
	}
	if welfare == Some(joint.welfare) {
		Ok(())
	} else {
		Err(BlockViolation::Welfare)
	}
}
