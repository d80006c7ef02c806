//! In which order the credits of a round bear what debtors could not pay. Pure: no storage.
//!
//! Credits rank by what they are for. A contract is funded before delivery, an imbalance when its debtor pays, so what debtors
//! of imbalances lack reaches no contract:
//!
//! ```text
//! lacking of imbalances -> the balance-responsible party's own credit of them -> what secures its part -> the fund -> all
//!                          other credits of them, by one factor -> only what they do not come to: contracts
//! lacking of contracts  -> the fund, which they have first -> contracts, by one factor -> imbalances, as above
//! ```

use busbar_primitives::{stored, Balance};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Sums by rank of a round's credits, or of what is lost of them, in nEUR.
#[stored(Copy, Default)]
pub struct Ranks {
	/// Credits of contracts: sales, fees of contracted flow, congestion rent.
	pub contracts: Balance,
	/// All other credits; after the debits are closed without the next.
	pub imbalances: Balance,
	/// The balance-responsible party's own of the latter, known when the debits are closed.
	pub balancing: Balance,
}

/// Moves as much of `loss` as there is of `credit` into what is lost of that. Returns the rest.
fn bear(credit: Balance, lost: &mut Balance, loss: Balance) -> Balance {
	let borne = loss.min(credit.saturating_sub(*lost));
	*lost = lost.saturating_add(borne);
	loss.saturating_sub(borne)
}

/// `credit` x (`all` - `lost`) / `all`, rounded down. `None` beyond the type's range.
fn left(credit: Balance, all: Balance, lost: Balance) -> Option<Balance> {
	if lost == 0 {
		return Some(credit);
	}
	multiply_by_rational_with_rounding(credit, all.saturating_sub(lost), all, Rounding::Down)
}

impl Ranks {
	/// What is lost of credits, when neither the balance-responsible party's part nor the fund covers this.
	pub fn lost(&self, of_contracts: Balance, of_imbalances: Balance) -> Self {
		let mut lost = Self::default();
		let rest = bear(self.balancing, &mut lost.balancing, of_imbalances);
		let rest = bear(self.imbalances, &mut lost.imbalances, rest);
		let rest = bear(self.contracts, &mut lost.contracts, of_contracts.saturating_add(rest));
		let rest = bear(self.balancing, &mut lost.balancing, rest);
		bear(self.imbalances, &mut lost.imbalances, rest);
		lost
	}

	/// What of a credit of contracts and of one of imbalances is lost, where `lost` is lost of all of them: the rest of each is
	/// rounded down. `None` beyond the types' ranges.
	pub fn share(&self, lost: &Self, of_contracts: Balance, of_imbalances: Balance) -> Option<Balance> {
		let contracts = left(of_contracts, self.contracts, lost.contracts)?;
		let imbalances = left(of_imbalances, self.imbalances, lost.imbalances)?;
		of_contracts.checked_sub(contracts)?.checked_add(of_imbalances.checked_sub(imbalances)?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const ALL: Ranks = Ranks { contracts: 100, imbalances: 40, balancing: 10 };

	fn lost(of_contracts: Balance, of_imbalances: Balance) -> [Balance; 3] {
		let Ranks { contracts, imbalances, balancing } = ALL.lost(of_contracts, of_imbalances);
		[contracts, imbalances, balancing]
	}

	#[test]
	fn what_lacks_of_imbalances_cuts_the_balancing_partys_credit_then_the_others_and_contracts_last() {
		assert_eq!([lost(0, 0), lost(0, 10), lost(0, 30)], [[0, 0, 0], [0, 0, 10], [0, 20, 10]]);
		assert_eq!([lost(0, 50), lost(0, 51), lost(0, 150)], [[0, 40, 10], [1, 40, 10], [100, 40, 10]]);
	}

	#[test]
	fn what_lacks_of_contracts_cuts_contracts() {
		assert_eq!([lost(30, 0), lost(30, 30), lost(120, 0)], [[30, 0, 0], [30, 20, 10], [100, 10, 10]]);
	}

	#[test]
	fn each_credit_bears_its_part_rounded_so_that_no_more_is_paid_than_there_is() {
		let lost = ALL.lost(50, 30);
		// 50 of 100, and 20 of 40.
		assert_eq!(
			[ALL.share(&lost, 10, 0), ALL.share(&lost, 0, 7), ALL.share(&lost, 3, 3)],
			[Some(5), Some(4), Some(4)]
		);
		assert_eq!(ALL.share(&Ranks::default(), 10, 7), Some(0));
	}

	proptest! {
		#[test]
		fn all_that_lacks_is_borne_and_no_contract_bears_what_imbalances_can(
			contracts in 0..1_000u128, imbalances in 0..1_000u128, balancing in 0..1_000u128,
			of_contracts in 0..1_500u128, of_imbalances in 0..1_500u128,
		) {
			let all = Ranks { contracts, imbalances, balancing };
			let lost = all.lost(of_contracts, of_imbalances);
			let borne = lost.contracts + lost.imbalances + lost.balancing;
			prop_assert_eq!(borne, (of_contracts + of_imbalances).min(contracts + imbalances + balancing));
			prop_assert!(lost.contracts <= contracts && lost.imbalances <= imbalances && lost.balancing <= balancing);
			if of_contracts == 0 && of_imbalances <= imbalances + balancing {
				prop_assert_eq!(lost.contracts, 0);
			}
			if lost.imbalances > 0 {
				prop_assert_eq!(lost.balancing, balancing);
			}
		}
	}
}
