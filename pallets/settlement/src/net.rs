//! What one participant owes and is owed in one round, over all its connection points and roles. Pure: no storage.
//!
//! Only the difference moves: a participant that sells at one point and buys at another pays, or is paid, what is left.
//! Contracts are netted with contracts first: what is left of them to pay is taken in full if the money is there, even where a
//! credit of imbalances sets it off, so that a contract is funded whoever defaults on an imbalance; it comes back with the
//! first credit. All sums are over sets, so that the order in which points are settled changes nobody's money: what was taken before a
//! credit was known is returned in full, and what is missing is shared out over the debts in proportion, each share rounded up.

use busbar_primitives::{stored, Amount, Balance};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// A participant's debts and credits of one round.
#[stored(Copy, Default)]
pub struct Net {
	/// Sum of its debts, in nEUR.
	pub owed: Balance,
	/// Sum of its credits, in nEUR.
	pub earned: Balance,
	/// What of both is of contracts, in nEUR; negative what it pays.
	pub contract: Amount,
	/// What it paid of its own money, in nEUR.
	pub taken: Balance,
	/// What was drawn on for it, in nEUR.
	pub drawn: Balance,
	/// Of the debts, what it defaulted on in an earlier run and does not owe by this one, in nEUR.
	pub undone: Balance,
	/// What it owes and nothing paid, in nEUR.
	pub missing: Balance,
	/// Connection points in debt.
	pub in_debt: u32,
	/// Connection points that are not through the credit phase.
	pub points: u32,
	/// Of those, how many were looked at for what secures them.
	pub looked: u32,
	/// Of the credits, those that were paid, in nEUR.
	pub credited: Balance,
	/// Whether [`Self::surplus`] was returned.
	pub returned: bool,
	/// Of its share of losses, what was not taken off its payments yet, in nEUR.
	pub withheld: Balance,
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

	/// What it receives beside its contracts, in nEUR; negative what it pays.
	fn beside_contracts(&self) -> Amount {
		let all = |sum: Balance| Amount::try_from(sum).unwrap_or(Amount::MAX);
		all(self.earned).saturating_sub(all(self.owed)).saturating_sub(self.contract)
	}

	/// What is to be taken of its own money, in nEUR: its debt, and what it owes of contracts whatever sets that off, because
	/// nobody has funded a credit of imbalances before all debts are counted.
	pub fn wanted(&self) -> Balance {
		self.debt().max(self.contract.min(0).unsigned_abs()).saturating_sub(self.taken)
	}

	/// What of its credits is of contracts, after all that it owes, in nEUR.
	pub fn due_of_contracts(&self) -> Balance {
		self.contract.max(0).unsigned_abs().min(self.due())
	}

	/// What of its credits is of imbalances, in nEUR: what is to be paid out, and what its own money was taken for although they
	/// set it off.
	pub fn due_of_imbalances(&self) -> Balance {
		let at_hand = self.due().saturating_sub(self.due_of_contracts()).saturating_add(self.surplus());
		self.beside_contracts().max(0).unsigned_abs().min(at_hand)
	}

	/// What of its debt is of contracts and was not paid, in nEUR: what it pays, contracts get first.
	pub fn missing_of_contracts(&self) -> Balance {
		let of_imbalances = self.beside_contracts().min(0).unsigned_abs().min(self.debt());
		self.missing.saturating_sub(of_imbalances)
	}

	/// What its own money did not cover, in nEUR.
	pub fn short(&self) -> Balance {
		self.debt().saturating_sub(self.taken)
	}

	/// What neither its own money nor what was drawn on for it covered, in nEUR.
	pub fn lacks(&self) -> Balance {
		self.short().saturating_sub(self.drawn)
	}

	/// What was taken beyond its debt, because a credit set that off or by the rounding of what was drawn, in nEUR. It is
	/// returned, less its share of losses in credits of imbalances.
	pub fn surplus(&self) -> Balance {
		self.taken.saturating_add(self.drawn).saturating_sub(self.debt())
	}

	/// Connection points whose securities must be looked at.
	pub fn to_draw(&self) -> u32 {
		if self.short() > 0 {
			self.in_debt
		} else {
			0
		}
	}

	/// A debt's share of what is short, rounded up, so that it is the same in whatever order debts are looked at. What the shares
	/// come to beyond that is returned.
	pub fn share_of_short(&self, debt: Balance) -> Option<Balance> {
		if self.owed == 0 {
			return Some(0);
		}
		multiply_by_rational_with_rounding(self.short(), debt, self.owed, Rounding::Up)
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

	/// Credits of contracts, of imbalances, and what is taken for.
	fn ranks(net: Net) -> [Balance; 3] {
		[net.due_of_contracts(), net.due_of_imbalances(), net.wanted()]
	}

	#[test]
	fn contracts_are_netted_with_contracts_before_imbalances() {
		// Sold for 100, and 30 long: both are credits.
		assert_eq!(ranks(Net { earned: 130, contract: 100, ..Net::default() }), [100, 30, 0]);
		// Sold for 100 and 30 short: what is left is of the contract.
		assert_eq!(ranks(Net { owed: 30, earned: 100, contract: 100, ..Net::default() }), [70, 0, 0]);
		// Sold for 100 and delivered nothing, at 150: a debt of imbalances.
		let net = Net { owed: 50, contract: 100, ..Net::default() };
		assert_eq!((ranks(net), net.debt()), ([0, 0, 50], 50));
		// Bought for 100 and sold 30 of that back: 100 are taken, of which 30 come back.
		let net = Net { owed: 70, contract: -100, ..Net::default() };
		assert_eq!((ranks(net), net.debt()), ([0, 0, 100], 70));
		assert_eq!(ranks(Net { taken: 100, ..net }), [0, 30, 0]);
		assert_eq!(ranks(Net { taken: 80, ..net }), [0, 10, 20], "what it has not cannot be lost");
		// A purchase for 100 at one point, a sale for 100 at another, and 30 long: no contract is left to be paid.
		assert_eq!(ranks(Net { owed: 100, earned: 130, contract: 0, ..Net::default() }), [0, 30, 0]);
	}

	#[test]
	fn what_is_paid_of_a_debt_pays_contracts_first() {
		let missing = |missing, contract| Net { owed: 100, contract, missing, ..Net::default() }.missing_of_contracts();
		assert_eq!([missing(30, -60), missing(40, -60), missing(70, -60), missing(100, -60)], [0, 0, 30, 60]);
		assert_eq!([missing(100, 0), missing(100, 50), missing(100, -120)], [0, 0, 100]);
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
			let shares: Vec<_> = debts.iter().map(|debt| net.share_of_short(*debt).unwrap()).collect();
			let all = shares.iter().sum::<Balance>();
			prop_assert!((start.short()..start.short() + debts.len() as Balance).contains(&all));
			let paid: Vec<_> = credits.iter().map(|credit| net.next_due(*credit).unwrap()).collect();
			prop_assert_eq!(paid.iter().sum::<Balance>(), start.due());
			for (share, debt) in shares.iter().zip(&debts) {
				prop_assert!(share <= debt, "nobody is asked for more than it owes");
			}
		}
	}
}
