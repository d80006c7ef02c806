//! Money as ESPI counts it: charges positive, in hundred-thousandths of the currency unit.

use crate::billing::bill::BillLine;
use anyhow::{Context, Result};
use busbar_primitives::{Amount, Interval};
use std::collections::BTreeMap;

/// nEUR in a hundred-thousandth of a euro.
const UNIT: Amount = 10_000;

/// What a point is charged: positive what it pays, in units of 10^-5 EUR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs {
	/// By interval. They sum to [`Self::total`].
	pub intervals: BTreeMap<Interval, Amount>,
	pub total: Amount,
}

impl Costs {
	/// The costs of a connection point's lines. Money on chain is finer than ESPI's unit: the running sum is rounded, half up, and an
	/// interval's cost is by how much the rounded sum grows. So each cost is within one unit of the exact one, and all of
	/// them sum to the rounded total.
	///
	/// # Errors
	/// If the sum exceeds its type.
	pub fn of(lines: &[&BillLine]) -> Result<Self> {
		let mut exact: BTreeMap<Interval, Amount> = BTreeMap::new();
		for line in lines {
			let sum = exact.entry(line.interval).or_default();
			*sum = sum.checked_sub(line.amount).context("the charges exceed 128 bits")?;
		}
		let (mut running, mut rounded): (Amount, Amount) = (0, 0);
		let mut intervals = BTreeMap::new();
		for (interval, charge) in exact {
			running = running.checked_add(charge).context("the charges exceed 128 bits")?;
			let now = running.saturating_add(UNIT / 2).div_euclid(UNIT);
			intervals.insert(interval, now - rounded);
			rounded = now;
		}
		Ok(Self { intervals, total: rounded })
	}

	/// An interval's cost; 0 if it has no line.
	pub fn at(&self, interval: Interval) -> Amount {
		self.intervals.get(&interval).copied().unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::{
		super::super::bill::{tests::*, Bill},
		*,
	};

	fn costs(bill: &Bill) -> Costs {
		Costs::of(&bill.lines.iter().collect::<Vec<_>>()).unwrap()
	}

	#[test]
	fn a_charge_is_positive_and_in_hundred_thousandths() {
		// 1,000 Wh at 200,001 nEUR/Wh are 0.200001 EUR.
		let bill = sample_of("2026-03-29", vec![line(8_348, 0, "contract", 1_000)], Vec::new()).0;
		assert_eq!(bill.lines.len(), 1);
		assert_eq!(costs(&bill).total, 20_000);
	}

	#[test]
	fn costs_sum_to_the_rounded_total_without_drift() {
		// 2,000.01 units in each interval: rounded one by one, 2,972 of them would lose 30.
		let bill = sample("2026-03").0;
		let costs = costs(&bill);
		assert_eq!(costs.intervals.values().sum::<Amount>(), costs.total);
		assert!((costs.total * UNIT + bill.totals.amount).abs() <= UNIT / 2);
		for line in bill.lines.chunks(2) {
			let exact: Amount = line.iter().map(|line| -line.amount).sum();
			assert!((costs.at(line[0].interval) * UNIT - exact).abs() <= UNIT);
		}
	}
}
