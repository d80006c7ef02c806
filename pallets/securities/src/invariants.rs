//! What must hold after every call.

use crate::{Backing, Balancing, Claims, Config, Consumptions, Debts, HoldReason, Pallet, Secured};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use busbar_primitives::{
	traits::{Participants, Traders},
	Balance,
};
use codec::Encode;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants over the whole state.
	///
	/// # Errors
	/// Says which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_held(Backing::Deposit)?;
		Self::check_held(Backing::Guarantee)?;
		let posted = |point, backing| Secured::<T>::get(point, backing).map_or(0, |security| security.staying());
		for (point, known) in Consumptions::<T>::iter() {
			let both = [posted(point, Backing::Deposit), posted(point, Backing::Guarantee)];
			ensure!([known.deposit, known.guarantee] == both, "what is known to secure a point was not posted");
			ensure!(!known.is_empty(), "nothing is known of a point, and that is kept");
		}
		let unknown = |(point, _, security): &(_, _, crate::Security<_>)| {
			security.staying() > 0 && !Consumptions::<T>::contains_key(point)
		};
		ensure!(!Secured::<T>::iter().any(|entry| unknown(&entry)), "it is not known what secures a point");
		ensure!(Claims::<T>::iter_values().all(|claim| claim > 0), "a guarantor without a claim counts as one with");
		for security in Balancing::<T>::iter_values() {
			let on_hold = T::Currency::balance_on_hold(&HoldReason::Balancing.into(), &security.account);
			ensure!(on_hold == security.amount, "what balance-responsible parties posted differs from what is held");
		}
		ensure!(Debts::<T>::iter_values().all(|owed| owed > 0), "a participant without debt counts as a debtor");
		for (account, margin) in T::Traders::margins() {
			let on_hold = T::Currency::balance_on_hold(&HoldReason::Order.into(), &account);
			ensure!(on_hold == margin.own, "what is on hold for orders differs from the margin");
			ensure!(margin.held <= margin.own, "orders hold more than the margin");
		}
		let marked = T::Traders::all_in_debt();
		ensure!(marked.iter().all(Debts::<T>::contains_key), "orders are kept from a participant that owes nothing");
		// Of whom the chain does not know there is no record, and there are no orders.
		let mut debtors = Debts::<T>::iter_keys().filter(|debtor| T::Participants::account(*debtor).is_some());
		ensure!(debtors.all(|debtor| marked.contains(&debtor)), "orders are taken from a participant in debt");
		Ok(())
	}

	/// That accounts hold for their deposits, or guarantees, what these say.
	fn check_held(backing: Backing) -> Result<(), TryRuntimeError> {
		let mut accounts = BTreeMap::<Vec<u8>, (T::AccountId, Balance)>::new();
		for (_, _, security) in Secured::<T>::iter().filter(|(_, kind, _)| *kind == backing) {
			ensure!(security.amount > 0, "an empty deposit or guarantee is kept");
			let entry = accounts.entry(security.account.encode()).or_insert((security.account, 0));
			entry.1 = entry.1.saturating_add(security.amount);
		}
		let reason = HoldReason::from(backing).into();
		let differs = |(account, sum): &(T::AccountId, Balance)| T::Currency::balance_on_hold(&reason, account) != *sum;
		ensure!(!accounts.values().any(differs), "deposits or guarantees differ from what is held for them");
		Ok(())
	}
}
