//! The end of a continuous session.

use crate::{pallet::*, products::kind::Passed};
use busbar_primitives::{traits::Grid, Outcome};

impl<T: Config> Pallet<T> {
	/// The gate of a continuous session closes: its trades stand, whatever the time, and orders trade no more.
	pub(super) fn end_continuous(Passed { key, members, .. }: Passed) {
		let (_, product) = key.session();
		for (interval, record, session) in members {
			let book = Books::<T>::get(interval, product).unwrap_or_default();
			let outcome = Outcome {
				cleared: true,
				points: T::Grid::point_count(),
				traded: book.traded,
				fees: book.fees,
				rent: 0,
				welfare: book.welfare,
			};
			Due::<T>::remove(interval, product);
			Self::end_session((interval, product), record, session, outcome);
			Self::deposit_event(Event::Cleared { interval, product, outcome });
		}
		Gates::<T>::remove(key);
	}
}
