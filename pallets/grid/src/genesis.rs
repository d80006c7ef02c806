//! The grid that a chain starts with.

use crate::{Config, GenesisConfig, Pallet};

impl<T: Config> GenesisConfig<T> {
	/// Adds the zones and points of the specification, from interval 0 on.
	///
	/// # Panics
	/// On what the calls would refuse: a chain must not start on such a specification. Says which zone or point it is and
	/// why.
	pub(crate) fn add_all(&self) {
		let most = Pallet::<T>::most_zones();
		for (number, zone) in self.zones.iter().enumerate() {
			if let Err(error) = Pallet::<T>::insert(*zone, most) {
				panic!("zone {number} of the genesis grid, {zone:?}, is refused: {error:?}");
			}
		}
		for (number, point) in self.points.iter().enumerate() {
			if let Err(error) = Pallet::<T>::do_add_point(*point) {
				panic!("connection point {number} of the genesis grid, {point:?}, is refused: {error:?}");
			}
		}
	}
}
