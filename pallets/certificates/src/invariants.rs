//! What must hold after every call.

use crate::{Config, Debtors, Holdings, Owed, Pallet, Pools, Retirements, Supplies};
use alloc::collections::btree_map::BTreeMap;
use busbar_primitives::{certificates::Class, Wh};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants over the whole state.
	///
	/// # Errors
	/// Says which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut there = BTreeMap::<Class, u128>::new();
		let mut retired = BTreeMap::<Class, u128>::new();
		let count = |sums: &mut BTreeMap<Class, u128>, class: Class, wh: Wh| {
			let sum = sums.entry(class).or_default();
			*sum = sum.saturating_add(wh.into());
		};
		for (class, _, wh) in Holdings::<T>::iter() {
			ensure!(wh > 0, "a holding of nothing is kept");
			count(&mut there, class, wh);
		}
		for (class, _, wh) in Retirements::<T>::iter() {
			ensure!(wh > 0, "a retirement of nothing is kept");
			count(&mut there, class, wh);
			count(&mut retired, class, wh);
		}
		for (class, _, left) in Pools::<T>::iter_values().flat_map(|pool| pool.classes) {
			count(&mut there, class, left);
		}
		ensure!(Owed::<T>::iter().all(|(_, _, wh)| wh > 0), "a debt of nothing is kept");
		let mut debtors = BTreeMap::<_, u32>::new();
		for (class, debtor, _) in Owed::<T>::iter() {
			let named = Debtors::<T>::get((class.source, class.zone), debtor) == Some(class.period);
			ensure!(named, "a debt stands under another period than it began in");
			debtors.insert((class.source, class.zone, debtor), class.period);
		}
		ensure!(Debtors::<T>::iter_keys().count() == debtors.len(), "who owes nothing counts as a debtor");
		for (class, supply) in Supplies::<T>::iter() {
			let is = there.remove(&class).unwrap_or(0);
			ensure!(is == u128::from(supply.issued), "what was issued is not what is held, retired and pooled");
			let gone = retired.remove(&class).unwrap_or(0);
			ensure!(gone == u128::from(supply.retired), "what was retired differs from its sum");
		}
		ensure!(there.values().all(|wh| *wh == 0), "certificates exist that were not issued");
		Ok(())
	}
}
