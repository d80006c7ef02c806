//! What must hold after every call.

use crate::{Config, Pallet, Serving};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariant over the whole state.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for served in Serving::<T>::iter_values() {
			ensure!(!served.is_empty(), "a connection point without retailers is kept");
			for pair in served.windows(2) {
				let [earlier, later] = pair else { continue };
				let ordered = earlier.until.is_some_and(|until| earlier.from <= until && until <= later.from);
				ensure!(ordered, "two retailers answer for a connection point in one interval");
			}
		}
		Ok(())
	}
}
