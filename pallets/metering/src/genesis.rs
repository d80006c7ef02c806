//! The meters that a chain starts with.

use crate::{Config, GenesisConfig, NewMeter, Pallet};
use busbar_primitives::{metering::Duty, traits::Participants};

impl<T: Config> GenesisConfig<T> {
	/// Registers the meters of the specification, from interval 0 on.
	///
	/// # Panics
	/// On what the call would refuse, and on a second meter at a point: a chain must not start on such a specification. Says
	/// which meter it is and why.
	pub(crate) fn register_all(&self) {
		for (number, meter) in self.meters.iter().enumerate() {
			let Some(operator) = T::Participants::account(meter.operator) else {
				panic!("meter {number} of the genesis, {meter:?}, has an operator that is no participant");
			};
			let new =
				NewMeter { point: meter.point, device: meter.device.0, class: meter.class, duty: Duty::Main, from: 0 };
			if let Err(error) = Pallet::<T>::do_register_meter(&operator, new) {
				panic!("meter {number} of the genesis, {meter:?}, is refused: {error:?}");
			}
		}
	}
}
