//! The meters and bonds that a chain starts with.

use crate::{Config, GenesisConfig, NewMeter, Pallet};
use busbar_primitives::{metering::Duty, traits::Participants};

impl<T: Config> GenesisConfig<T> {
	/// Posts the bonds of the specification, and registers its meters, from interval 0 on.
	///
	/// # Panics
	/// On what the calls would refuse, and on a second meter at a point: a chain must not start on such a specification. Says
	/// which bond or meter it is and why.
	pub(crate) fn register_all(&self) {
		for (number, (operator, bond)) in self.bonds.iter().enumerate() {
			let Some(account) = T::Participants::account(*operator) else {
				panic!("bond {number} of the genesis is posted by {operator}, who is no participant");
			};
			if let Err(error) = Pallet::<T>::do_post_bond(account, *bond) {
				panic!("bond {number} of the genesis, {bond} nEUR of {operator}, is refused: {error:?}");
			}
		}
		for (number, meter) in self.meters.iter().enumerate() {
			let Some(operator) = T::Participants::account(meter.operator) else {
				panic!("meter {number} of the genesis, {meter:?}, has an operator that is no participant");
			};
			let new =
				NewMeter { point: meter.point, device: meter.device.0, class: meter.class, duty: Duty::Main, from: 0 };
			if let Err(error) = Pallet::<T>::register(&operator, new, true) {
				panic!("meter {number} of the genesis, {meter:?}, is refused: {error:?}");
			}
		}
	}
}
