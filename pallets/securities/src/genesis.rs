//! The standing deposits that a chain starts with.

use crate::{Config, GenesisConfig, Pallet};

impl<T: Config> GenesisConfig<T> {
	/// Holds the deposits of the specification on the accounts of the points' owners.
	///
	/// # Panics
	/// On what the call would refuse: a chain must not start on such a specification. Says which deposit it is and why.
	pub(crate) fn post_all(&self) {
		for (number, (point, amount)) in self.deposits.iter().enumerate() {
			if let Err(error) = Pallet::<T>::post_for_owner(*point, *amount) {
				panic!("deposit {number} of the genesis, {amount} nEUR for connection point {point}, is refused: {error:?}");
			}
		}
	}
}
