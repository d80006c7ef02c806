//! The invariants of what is stored.

use crate::*;
use alloc::collections::BTreeSet;
use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// What must hold between the stored items; see the module's documentation.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let seats = Committee::<T>::get();
		let distinct: BTreeSet<_> = seats.iter().collect();
		ensure!(distinct.len() == seats.len(), "governance: a seat stands in the committee twice");
		let words = Words::<T>::get();
		let speakers: BTreeSet<_> = words.iter().map(|word| &word.seat).collect();
		ensure!(speakers.len() == words.len(), "governance: a seat has two words");
		ensure!(speakers.is_subset(&distinct), "governance: a word is of no seat");
		let pauses = Pauses::<T>::get();
		for (at, pause) in pauses.iter().enumerate() {
			let lasts = pause.until.saturating_sub(pause.from);
			ensure!(
				pause.from <= pause.until && pause.until <= pause.again,
				"governance: a pause ends before it began"
			);
			ensure!(lasts <= T::MaxPause::get().into(), "governance: a pause lasts longer than it may");
			let others = pauses.iter().skip(at.saturating_add(1));
			ensure!(
				others.into_iter().all(|other| !other.subject.overlaps(&pause.subject)),
				"governance: a pause overlaps another"
			);
		}
		Ok(())
	}
}
