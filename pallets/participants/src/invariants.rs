//! The invariants of what is stored.

use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// What must hold between the stored items.
	///
	/// 1. Every participant's account leads back to it, and nothing else leads to it.
	/// 2. Roles and delegates are of participants that are not removed, without repetition; a role holds at some time, and nobody
	///    is its own delegate.
	/// 3. Each delegate's sums equal the grants that stand, and it operates for the one that says so.
	/// 4. Every participant's and delegate's account has a provider reference.
	/// 5. Grants of data are given by participants that are not removed, to others, for at least one interval, and once
	///    for each grantee and kind.
	///    Grants of records likewise: of fields that there are, and once for each grantee and purpose.
	/// 6. One that is removed has no budget.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let fail = |what: &'static str| TryRuntimeError::Other(what);
		let present = |id: &ParticipantId| Participants::<T>::get(id).filter(|p| p.status != Status::Removed);

		let mut accounts = 0usize;
		for (id, record) in Participants::<T>::iter() {
			ensure!(
				MemberOf::<T>::get(&record.account) == Some(id),
				fail("an account does not lead to its participant")
			);
			ensure!(frame_system::Pallet::<T>::providers(&record.account) > 0, fail("a participant lost its provider"));
			let distinct: BTreeSet<_> = record.roles.iter().map(|grant| (grant.role, grant.scope)).collect();
			ensure!(distinct.len() == record.roles.len(), fail("a role is held twice in the same scope"));
			let holds = record.roles.iter().all(|grant| grant.validity.from < grant.validity.until);
			ensure!(holds, fail("a role that never holds"));
			ensure!(record.roles.len() <= T::MaxRoles::get() as usize, fail("more roles than one may hold"));
			let none = record.status != Status::Removed || record.roles.is_empty();
			ensure!(none, fail("a removed participant has a role"));
			let none = record.status != Status::Removed || record.budget == Budget::default();
			ensure!(none, fail("a removed participant has a budget"));
			accounts = accounts.saturating_add(1);
		}
		ensure!(MemberOf::<T>::iter().count() == accounts, fail("an account leads to a foreign participant"));

		let mut sums = BTreeMap::<T::AccountId, Delegation>::new();
		let mut principals = BTreeMap::<T::AccountId, BTreeSet<ParticipantId>>::new();
		for (id, record) in Participants::<T>::iter() {
			let grants = &record.delegates;
			let none = grants.is_empty() || record.status != Status::Removed;
			ensure!(none, fail("a removed participant has a delegate"));
			ensure!(grants.len() <= T::MaxDelegates::get() as usize, fail("more delegates than one may have"));
			let distinct: BTreeSet<_> = grants.iter().collect();
			ensure!(distinct.len() == grants.len(), fail("a right is delegated twice to the same account"));
			for (delegate, right) in grants.clone() {
				ensure!(delegate != record.account, fail("a participant is its own delegate"));
				let sum = sums.entry(delegate.clone()).or_default();
				sum.grants = sum.grants.saturating_add(1);
				sum.active = sum.active.saturating_add(u32::from(record.status == Status::Active));
				principals.entry(delegate).or_default().insert(id);
				if right == Right::Operate {
					ensure!(sum.operates_for.replace(id).is_none(), fail("an account operates for two participants"));
				}
			}
		}
		for (account, delegation) in DelegateOf::<T>::iter() {
			let sum =
				Delegation { principals: delegation.principals.clone(), ..sums.remove(&account).unwrap_or_default() };
			ensure!(sum == delegation, fail("a delegate's sums are wrong"));
			let all = principals.remove(&account).unwrap_or_default();
			let listed: BTreeSet<_> = delegation.principals.iter().copied().collect();
			ensure!(listed.len() == delegation.principals.len(), fail("a principal is listed twice"));
			let complete = listed == all || (MemberOf::<T>::contains_key(&account) && listed.is_subset(&all));
			ensure!(complete, fail("a delegate's principals are others than those who delegate to it"));
			ensure!(frame_system::Pallet::<T>::providers(&account) > 0, fail("a delegate lost its provider"));
		}
		ensure!(sums.is_empty(), fail("a delegate has no sums"));

		for (id, grants) in DataGrants::<T>::iter() {
			ensure!(present(&id).is_some(), fail("a grant of data without a participant"));
			ensure!(!grants.is_empty(), fail("an empty list of data grants is stored"));
			let distinct: BTreeSet<_> = grants.iter().map(|grant| (grant.grantee, grant.data)).collect();
			ensure!(distinct.len() == grants.len(), fail("the same data are granted twice to the same participant"));
			for grant in grants {
				ensure!(grant.grantee != id && grant.from < grant.until, fail("a grant of data that opens nothing"));
				ensure!(Participants::<T>::contains_key(grant.grantee), fail("data are granted to nobody"));
			}
		}

		for (id, grants) in RecordGrants::<T>::iter() {
			ensure!(present(&id).is_some(), fail("a grant of a record without a participant"));
			ensure!(!grants.is_empty(), fail("an empty list of grants of a record is stored"));
			let distinct: BTreeSet<_> = grants.iter().map(|grant| (grant.grantee, grant.purpose)).collect();
			ensure!(
				distinct.len() == grants.len(),
				fail("a record is granted twice to one participant for one purpose")
			);
			for grant in grants {
				let opens = grant.grantee != id && grant.from < grant.until && grant.fields.is_valid();
				ensure!(opens, fail("a grant of a record that opens nothing"));
				ensure!(Participants::<T>::contains_key(grant.grantee), fail("a record is granted to nobody"));
			}
		}
		for id in AccessLogs::<T>::iter_keys() {
			ensure!(present(&id).is_some(), fail("a log of accesses without a participant"));
		}

		Ok(())
	}
}
