//! What one participant owes and is owed in one round, over all its connection points and roles. Pure: no storage.
//!
//! Only the difference moves: a participant that sells at one point and buys at another pays, or is paid, what is left. All
//! sums are over sets, so that the order in which points are settled changes nobody's money: what was taken before a
//! credit was known is returned in full, and what is missing is shared out over the debts in proportion.

use busbar_primitives::{stored, Balance};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// A participant's debts and credits of one round.
#[stored(Copy, Default)]
pub struct Net {
	/// Sum of its debts, in nEUR.
	pub owed: Balance,
	/// Sum of its credits, in nEUR.
	pub earned: Balance,
	/// What it paid of its own money, in nEUR.
	pub taken: Balance,
	/// Connection points in debt.
	pub in_debt: u32,
	/// Connection points that are not through the credit phase.
	pub points: u32,
	/// Of the debts, those whose share of what is short was met or booked, in nEUR.
	pub met: Balance,
	/// Of the credits, those that were paid, in nEUR.
	pub credited: Balance,
	/// Whether [`Self::surplus`] was returned.
	pub returned: bool,
}

/// `whole` x `part` / `of`, rounded down; nothing of nothing. `None` beyond the type's range.
fn portion(whole: Balance, part: Balance, of: Balance) -> Option<Balance> {
	if of == 0 {
		return Some(0);
	}
	multiply_by_rational_with_rounding(whole, part, of, Rounding::Down)
}

impl Net {
	/// What is to be paid in, in nEUR.
	pub fn debt(&self) -> Balance {
		self.owed.saturating_sub(self.earned)
	}

	/// What is to be paid out, in nEUR.
	pub fn due(&self) -> Balance {
		self.earned.saturating_sub(self.owed)
	}

	/// What its own money did not cover, in nEUR.
	pub fn short(&self) -> Balance {
		self.debt().saturating_sub(self.taken)
	}

	/// What was taken for a debt that a later credit set off, in nEUR. It is returned in full, whoever defaults.
	pub fn surplus(&self) -> Balance {
		self.taken.saturating_sub(self.debt())
	}

	/// Connection points whose securities must be looked at.
	pub fn to_draw(&self) -> u32 {
		if self.short() > 0 {
			self.in_debt
		} else {
			0
		}
	}

	/// The next debt's share of what is short. The shares of all debts sum to it exactly.
	pub fn next_short(&mut self, debt: Balance) -> Option<Balance> {
		let before = portion(self.short(), self.met, self.owed)?;
		self.met = self.met.checked_add(debt)?;
		portion(self.short(), self.met, self.owed)?.checked_sub(before)
	}

	/// The next credit's share of what is due. The shares of all credits sum to it exactly.
	pub fn next_due(&mut self, credit: Balance) -> Option<Balance> {
		let before = portion(self.due(), self.credited, self.earned)?;
		self.credited = self.credited.checked_add(credit)?;
		portion(self.due(), self.credited, self.earned)?.checked_sub(before)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn only_the_difference_moves() {
		let net = Net { owed: 10, earned: 4, taken: 5, in_debt: 2, ..Net::default() };
		assert_eq!((net.debt(), net.due(), net.short(), net.surplus(), net.to_draw()), (6, 0, 1, 0, 2));
		let net = Net { earned: 12, ..net };
		assert_eq!((net.debt(), net.due(), net.short(), net.surplus(), net.to_draw()), (0, 2, 0, 5, 0));
	}

	proptest! {
		#[test]
		fn shares_sum_to_the_whole_in_any_order(
			debts in prop::collection::vec(0..1_000_000_000_000u128, 1..20),
			credits in prop::collection::vec(0..1_000_000_000_000u128, 1..20),
			taken in 0..1_000_000_000_000u128,
		) {
			let (owed, earned) = (debts.iter().sum(), credits.iter().sum());
			let start = Net { owed, earned, taken, ..Net::default() };
			let mut net = start;
			let shares: Vec<_> = debts.iter().map(|debt| net.next_short(*debt).unwrap()).collect();
			prop_assert_eq!(shares.iter().sum::<Balance>(), start.short());
			let paid: Vec<_> = credits.iter().map(|credit| net.next_due(*credit).unwrap()).collect();
			prop_assert_eq!(paid.iter().sum::<Balance>(), start.due());
			for (share, debt) in shares.iter().zip(&debts) {
				prop_assert!(share <= debt, "nobody is asked for more than it owes");
			}
			// Another order moves a share by less than 2 nEUR.
			let mut net = start;
			for (debt, share) in debts.iter().zip(&shares).rev() {
				prop_assert!(net.next_short(*debt).unwrap().abs_diff(*share) <= 1);
			}
		}
	}
}
