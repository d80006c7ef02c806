//! Who bore what debtors of an interval could not pay, and who has back what they repay. Pure: no storage.
//!
//! ```text
//! bears:    the balance-responsible party's own credit -> its security -> the fund -> other credits, by one factor
//! has back: scaled credits, of the latest run first    -> the fund     -> that security -> that credit
//! ```
//!
//! What comes back of scaled credits waits until each is paid its share, credit x what came back / all credits of its kind,
//! rounded down: so nobody has back more than it lost, whoever asks first.

use crate::{Ranks, LAST_RUN};
use busbar_primitives::{stored, Balance};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Credits of one kind that a run scaled by one factor, in nEUR.
#[stored(Copy, Default)]
pub struct Scaled {
	/// All of them.
	pub credits: Balance,
	/// What was lost of them.
	pub lost: Balance,
	/// What of that came back.
	pub recovered: Balance,
}

impl Scaled {
	/// What of the loss has not come back.
	fn open(&self) -> Balance {
		self.lost.saturating_sub(self.recovered)
	}

	/// Gives back as much of `left` as is lost.
	fn give_back(&mut self, left: &mut Balance) {
		let part = self.open().min(*left);
		self.recovered = self.recovered.saturating_add(part);
		*left = left.saturating_sub(part);
	}

	/// Forgets as much of `left` as is lost.
	fn write_off(&mut self, left: &mut Balance) {
		let part = self.open().min(*left);
		self.lost = self.lost.saturating_sub(part);
		*left = left.saturating_sub(part);
	}

	/// What of that came back is one credit's. `None` beyond the type's range.
	fn share(&self, credit: Balance) -> Option<Balance> {
		if self.credits == 0 {
			return Some(0);
		}
		multiply_by_rational_with_rounding(credit, self.recovered, self.credits, Rounding::Down)
	}
}

/// Credits that one run scaled.
#[stored(Copy, Default)]
pub struct ScaledRun {
	/// Those of contracts.
	pub contracts: Scaled,
	/// Those of imbalances, without the balance-responsible party's.
	pub imbalances: Scaled,
	/// What of that came back was paid to who bore it, in nEUR.
	pub paid: Balance,
}

impl ScaledRun {
	/// What came back and was not paid yet, in nEUR.
	pub fn waiting(&self) -> Balance {
		self.contracts.recovered.saturating_add(self.imbalances.recovered).saturating_sub(self.paid)
	}

	/// What of that came back is due to who had these credits. `None` beyond the types' ranges.
	pub fn share(&self, share: &Share) -> Option<Balance> {
		let all = self.contracts.share(share.contracts)?.checked_add(self.imbalances.share(share.imbalances)?)?;
		all.checked_sub(share.paid)
	}

	/// The kinds, in the order in which they have back.
	fn kinds(&mut self) -> [&mut Scaled; 2] {
		[&mut self.contracts, &mut self.imbalances]
	}
}

/// Credits of who bore a part of a run's loss.
#[stored(Copy, Default)]
pub struct Share {
	/// Of contracts, if any of these was lost, in nEUR.
	pub contracts: Balance,
	/// Of imbalances, if any of these was lost, in nEUR.
	pub imbalances: Balance,
	/// What it has back, in nEUR.
	pub paid: Balance,
}

/// Who bore what debtors of an interval could not pay, of all runs whose debits are closed, less what came back, in nEUR.
#[stored(Copy, Default)]
pub struct Loss {
	/// Credits that were scaled, by run.
	pub runs: [ScaledRun; LAST_RUN as usize],
	/// The mutual fund.
	pub fund: Balance,
	/// The balance-responsible party's security.
	pub secured: Balance,
	/// The balance-responsible party's own credits.
	pub own: Balance,
	/// What of all that nobody owes: a party that is no participant could not pay it.
	pub unowed: Balance,
}

/// What of an amount goes to whom, in nEUR.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Back {
	/// To credits that were scaled.
	pub scaled: Balance,
	/// To the mutual fund.
	pub fund: Balance,
	/// To the balance-responsible party's security.
	pub secured: Balance,
	/// To the balance-responsible party.
	pub own: Balance,
}

impl Loss {
	/// Counts what a run lost. `None` beyond the types' ranges.
	#[must_use]
	pub fn bear(&mut self, run: u16, credits: &Ranks, lost: &Ranks, fund: Balance, secured: Balance) -> Option<()> {
		let of_run = self.runs.get_mut(usize::from(run.checked_sub(1)?))?;
		let scaled = |credits, lost| Scaled { credits, lost, recovered: 0 };
		of_run.contracts = scaled(credits.contracts, lost.contracts);
		of_run.imbalances = scaled(credits.imbalances, lost.imbalances);
		for (sum, more) in [(&mut self.fund, fund), (&mut self.secured, secured), (&mut self.own, lost.balancing)] {
			*sum = sum.checked_add(more)?;
		}
		Some(())
	}

	/// What has not come back.
	pub fn open(&self) -> Balance {
		let kinds = self.runs.iter().flat_map(|run| [run.contracts, run.imbalances]);
		let scaled = kinds.fold(0, |sum: Balance, kind| sum.saturating_add(kind.open()));
		[self.fund, self.secured, self.own].into_iter().fold(scaled, Balance::saturating_add)
	}

	/// Of runs before `before`, the latest first, the kinds of credits that were scaled.
	fn scaled(&mut self, before: u16) -> impl Iterator<Item = &mut Scaled> {
		let runs = usize::from(before.saturating_sub(1));
		self.runs.iter_mut().take(runs).rev().flat_map(ScaledRun::kinds)
	}

	/// Gives back what runs before `before` lost of credits that were scaled. Returns what of `amount` is left.
	pub fn give_back_scaled(&mut self, amount: Balance, before: u16) -> Balance {
		let mut left = amount;
		self.scaled(before).for_each(|kind| kind.give_back(&mut left));
		left
	}

	/// Forgets as much of what runs before `before` lost of credits that were scaled.
	pub fn write_off_scaled(&mut self, amount: Balance, before: u16) {
		let mut left = amount;
		self.scaled(before).for_each(|kind| kind.write_off(&mut left));
	}

	/// Gives back in reverse order of the loss, of runs before `before`. What is beyond all that was lost is the fund's.
	pub fn give_back(&mut self, amount: Balance, before: u16) -> Back {
		let mut left = self.give_back_scaled(amount, before);
		let scaled = amount.saturating_sub(left);
		let mut take = |share: &mut Balance| {
			let taken = left.min(*share);
			*share = share.saturating_sub(taken);
			left = left.saturating_sub(taken);
			taken
		};
		let [fund, secured, own] = [&mut self.fund, &mut self.secured, &mut self.own].map(&mut take);
		Back { scaled, fund: fund.saturating_add(left), secured, own }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const CREDITS: Ranks = Ranks { contracts: 100, imbalances: 40, balancing: 10 };

	/// 5 of 100 of contracts, 40 of 40 of imbalances and the balance-responsible party's 10 are lost, after 7 of its security
	/// and 30 of the fund.
	fn loss() -> Loss {
		let mut loss = Loss::default();
		loss.bear(1, &CREDITS, &Ranks { contracts: 5, imbalances: 40, balancing: 10 }, 30, 7).unwrap();
		loss
	}

	#[test]
	fn who_bore_last_has_back_first() {
		let mut all = loss();
		assert_eq!(all.open(), 92);
		let back = |scaled, fund, secured, own| Back { scaled, fund, secured, own };
		assert_eq!(all.give_back(4, 5), back(4, 0, 0, 0));
		assert_eq!((all.runs[0].contracts.recovered, all.runs[0].imbalances.recovered), (4, 0));
		assert_eq!(all.give_back(43, 5), back(41, 2, 0, 0));
		assert_eq!(all.give_back(30, 5), back(0, 28, 2, 0));
		assert_eq!(all.give_back(14, 5), back(0, 0, 5, 9));
		assert_eq!(all.open(), 1);
		assert_eq!(all.give_back(3, 5), back(0, 2, 0, 1), "what nobody bore is the fund's");
	}

	#[test]
	fn the_latest_run_has_back_first_and_a_run_gives_nothing_back_to_itself() {
		let mut all = loss();
		all.bear(3, &CREDITS, &Ranks { contracts: 0, imbalances: 20, balancing: 0 }, 0, 0).unwrap();
		assert_eq!(all.give_back_scaled(60, 3), 15);
		assert_eq!((all.runs[0].waiting(), all.runs[2].waiting()), (45, 0));
		assert_eq!(all.give_back_scaled(15, 5), 0);
		assert_eq!(all.runs[2].waiting(), 15);
		all.write_off_scaled(2, 5);
		assert_eq!(all.runs[2].imbalances.open(), 3);
	}

	#[test]
	fn each_has_back_its_share_and_never_more_than_it_lost() {
		let mut all = loss();
		all.give_back(45, 5);
		let run = all.runs[0];
		// 5 x 30 / 100, and 40 x 7 / 40.
		assert_eq!(run.share(&Share { contracts: 30, imbalances: 7, paid: 0 }), Some(1 + 7));
		assert_eq!(run.share(&Share { contracts: 30, imbalances: 7, paid: 8 }), Some(0));
	}

	proptest! {
		#[test]
		fn shares_come_to_no_more_than_came_back_however_it_comes(
			credits in prop::collection::vec((0..1_000_000_000_000u128, 0..1_000_000_000_000u128), 1..20),
			lost in (0..=1_000u128, 0..=1_000u128),
			parts in prop::collection::vec(0..=1_000u128, 1..6),
		) {
			let (contracts, imbalances) = credits.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
			let credited = Ranks { contracts, imbalances, balancing: 0 };
			let gone = Ranks { contracts: contracts * lost.0 / 1_000, imbalances: imbalances * lost.1 / 1_000, balancing: 0 };
			let mut loss = Loss::default();
			loss.bear(2, &credited, &gone, 0, 0).unwrap();
			let whole = loss.open();
			let mut shares: Vec<_> =
				credits.iter().map(|one| Share { contracts: one.0, imbalances: one.1, paid: 0 }).collect();
			for part in parts {
				loss.give_back(whole * part / 4_000, 5);
				for share in &mut shares {
					let due = loss.runs[1].share(share).unwrap();
					share.paid += due;
					loss.runs[1].paid += due;
				}
			}
			let run = loss.runs[1];
			let paid: u128 = shares.iter().map(|share| share.paid).sum();
			prop_assert_eq!(run.paid, paid);
			let recovered = run.contracts.recovered + run.imbalances.recovered;
			prop_assert!(recovered - paid < 2 * shares.len() as u128 + 1, "at most 1 nEUR of each kind is left of each");
			for share in &shares {
				let left = credited.share(&gone, share.contracts, share.imbalances).unwrap();
				prop_assert!(share.paid <= left, "{} came back of {left}", share.paid);
			}
		}
	}
}
