//! The standing deposits, margins and securities of balance-responsible parties that a chain starts with.

use crate::{Config, GenesisConfig, Pallet};

impl<T: Config> GenesisConfig<T> {
	/// Holds the deposits and margins of the specification on the accounts of their owners.
	///
	/// # Panics
	/// On what the calls would refuse: a chain must not start on such a specification. Says which one it is and why.
	pub(crate) fn post_all(&self) {
		for (number, (point, amount)) in self.deposits.iter().enumerate() {
			if let Err(error) = Pallet::<T>::post_for_owner(*point, *amount) {
				panic!("deposit {number} of the genesis, {amount} nEUR for connection point {point}, is refused: {error:?}");
			}
		}
		for (number, (participant, amount)) in self.balancing.iter().enumerate() {
			if let Err(error) = Pallet::<T>::post_balancing(*participant, *amount) {
				panic!("security {number} of a balance-responsible party of the genesis, {amount} nEUR of {participant}, is refused: {error:?}");
			}
		}
		for (number, (participant, amount)) in self.margins.iter().enumerate() {
			if let Err(error) = Pallet::<T>::move_in(*participant, *amount) {
				panic!("margin {number} of the genesis, {amount} nEUR of {participant}, is refused: {error:?}");
			}
		}
	}
}
