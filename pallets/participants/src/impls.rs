//! What the calls do, and the answers to other pallets.

use crate::*;
use busbar_primitives::{
	traits::{self, Zones},
	ZoneId,
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Weight},
	traits::{Contains, EnsureOrigin, Get},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_core::H256;
use sp_runtime::{
	traits::{Verify, Zero},
	DispatchError, MultiSignature,
};

impl<T: Config> Pallet<T> {
	/// What a role check costs at worst: the roles of the account's own participant and of the one it operates for, each
	/// with a walk to the root of the zone tree.
	pub fn ensure_weight() -> Weight {
		let walks = 2u64.saturating_mul(u64::from(T::MaxDepth::get()).saturating_add(1));
		T::DbWeight::get().reads(walks.saturating_add(6))
	}

	/// Whether the account's transactions are let in: an active participant's own account, or, of those without a
	/// participant, one that an active participant delegates to.
	pub fn is_admitted(account: &T::AccountId) -> bool {
		match MemberOf::<T>::get(account) {
			Some(participant) => Self::ensure_active(&participant).is_ok(),
			None => DelegateOf::<T>::get(account).is_some_and(|delegation| delegation.active > 0),
		}
	}

	/// Counts a transaction of the account in this block. `false` if it has had its share.
	pub(crate) fn count_transaction(account: &T::AccountId) -> bool {
		let block = frame_system::Pallet::<T>::block_number();
		let before = match LastActivity::<T>::get(account) {
			Some(activity) if activity.block == block => activity.transactions,
			_ => 0,
		};
		if before >= T::MaxPerBlock::get() {
			return false;
		}
		LastActivity::<T>::insert(account, Activity { block, transactions: before.saturating_add(1) });
		true
	}

	fn get(participant: &ParticipantId) -> Result<ParticipantOf<T>, Error<T>> {
		Participants::<T>::get(participant).ok_or(Error::<T>::UnknownParticipant)
	}

	pub(crate) fn ensure_active(participant: &ParticipantId) -> Result<ParticipantOf<T>, Error<T>> {
		let record = Self::get(participant)?;
		match record.status {
			Status::Active => Ok(record),
			Status::Suspended(_) => Err(Error::<T>::Suspended),
			Status::Removed => Err(Error::<T>::Removed),
		}
	}

	/// The active participant whose own account it is.
	pub(crate) fn active_member(account: &T::AccountId) -> Result<ParticipantId, Error<T>> {
		let participant = MemberOf::<T>::get(account).ok_or(Error::<T>::NotMember)?;
		Self::ensure_active(&participant).map(|_| participant)
	}

	/// The participant in whose name the account exercises `role` in a scope that `covers` accepts.
	fn holder(
		account: &T::AccountId,
		role: Role,
		covers: impl Fn(&[Scope]) -> bool,
	) -> Result<ParticipantId, Error<T>> {
		let own = MemberOf::<T>::get(account);
		if let Some(own) = own {
			Self::ensure_active(&own)?;
		}
		let principal = DelegateOf::<T>::get(account).and_then(|delegation| delegation.operates_for);
		let mut error = if own.is_none() && principal.is_none() { Error::NotMember } else { Error::RoleMissing };
		for participant in own.into_iter().chain(principal) {
			if let Err(inactive) = Self::ensure_active(&participant) {
				error = inactive;
				continue;
			}
			let scopes: Vec<Scope> =
				Roles::<T>::get(participant).into_iter().filter(|(held, _)| *held == role).map(|(_, s)| s).collect();
			if covers(&scopes) {
				return Ok(participant);
			}
			if !scopes.is_empty() {
				error = Error::RoleOutOfScope;
			}
		}
		Err(error)
	}

	/// Whether one of the scopes covers the zone, or everything if there is none. Walks the tree only if it must.
	fn covers(scopes: &[Scope], zone: Option<ZoneId>) -> bool {
		if scopes.contains(&Scope::Grid) {
			return true;
		}
		let Some(zone) = zone else { return false };
		let zones: Vec<_> = scopes.iter().filter_map(|scope| scope.zone()).collect();
		zones.contains(&zone) || (!zones.is_empty() && T::Zones::is_within_any(zone, &zones))
	}

	/// In which capacity the origin suspends and resumes.
	pub(crate) fn authority(origin: OriginFor<T>) -> Result<Authority, DispatchError> {
		match T::AdminOrigin::try_origin(origin) {
			Ok(_) => Ok(Authority::Council),
			Err(origin) => {
				let who = ensure_signed(origin)?;
				Self::holder(&who, Role::MembershipProvider, |scopes| Self::covers(scopes, None))?;
				Ok(Authority::Provider)
			},
		}
	}

	/// That the origin may grant and revoke the role in the scope.
	pub(crate) fn ensure_may_grant(origin: OriginFor<T>, role: Role, scope: Scope) -> DispatchResult {
		if let Err(origin) = T::AdminOrigin::try_origin(origin) {
			let who = ensure_signed(origin)?;
			ensure!(is_ordinary(role), Error::<T>::PrivilegedRole);
			Self::holder(&who, Role::MembershipProvider, |scopes| Self::covers(scopes, scope.zone()))?;
		}
		Ok(())
	}

	/// Writes a new participant and lets its account have a nonce.
	pub(crate) fn admit(participant: ParticipantId, account: &T::AccountId, commitment: H256) {
		let joined = frame_system::Pallet::<T>::block_number();
		Participants::<T>::insert(
			participant,
			Participant { account: account.clone(), commitment, status: Status::Active, joined },
		);
		MemberOf::<T>::insert(account, participant);
		frame_system::Pallet::<T>::inc_providers(account);
	}

	pub(crate) fn do_register(
		who: &T::AccountId,
		participant: ParticipantId,
		account: T::AccountId,
		commitment: H256,
		acceptance: MultiSignature,
	) -> DispatchResult {
		let provider = Self::holder(who, Role::MembershipProvider, |scopes| !scopes.is_empty())?;
		ensure!(!Participants::<T>::contains_key(participant), Error::<T>::AlreadyRegistered);
		ensure!(!MemberOf::<T>::contains_key(&account), Error::<T>::AccountInUse);
		let genesis = frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::zero());
		let payload = acceptance_payload(&genesis, &participant, &account, &commitment);
		ensure!(Self::signed(&acceptance, &payload, &account), Error::<T>::BadAcceptance);

		Self::admit(participant, &account, commitment);
		Self::deposit_event(Event::Registered { participant, account, commitment, provider });
		Ok(())
	}

	fn signed(signature: &MultiSignature, payload: &[u8], account: &T::AccountId) -> bool {
		signature.verify(payload, account)
			|| signature.verify(&[b"<Bytes>", payload, b"</Bytes>"].concat()[..], account)
	}

	pub(crate) fn do_grant_role(participant: ParticipantId, role: Role, scope: Scope) -> DispatchResult {
		ensure!(Self::get(&participant)?.status != Status::Removed, Error::<T>::Removed);
		Roles::<T>::try_mutate(participant, |roles| {
			ensure!(!roles.contains(&(role, scope)), Error::<T>::RoleHeld);
			roles.try_push((role, scope)).map_err(|_| Error::<T>::TooManyRoles)
		})?;
		Self::deposit_event(Event::RoleGranted { participant, role, scope });
		Ok(())
	}

	pub(crate) fn do_revoke_role(participant: ParticipantId, role: Role, scope: Scope) -> DispatchResult {
		Self::get(&participant)?;
		Roles::<T>::try_mutate_exists(participant, |entry| {
			let roles = entry.as_mut().ok_or(Error::<T>::RoleMissing)?;
			let index = roles.iter().position(|held| *held == (role, scope)).ok_or(Error::<T>::RoleMissing)?;
			roles.remove(index);
			if roles.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::RoleRevoked { participant, role, scope });
		Ok(())
	}

	pub(crate) fn do_suspend(participant: ParticipantId, by: Authority) -> DispatchResult {
		let mut record = Self::get(&participant)?;
		let was_active = match record.status {
			Status::Active => true,
			Status::Suspended(before) if before < by => false,
			Status::Suspended(_) => return Err(Error::<T>::Suspended.into()),
			Status::Removed => return Err(Error::<T>::Removed.into()),
		};
		if by < Authority::Council {
			let ordinary = Roles::<T>::get(participant).iter().all(|(role, _)| is_ordinary(*role));
			ensure!(ordinary && !T::Protected::contains(&record.account), Error::<T>::CouncilOnly);
		}
		record.status = Status::Suspended(by);
		Participants::<T>::insert(participant, record);
		if was_active {
			Self::for_each_delegation(&participant, |delegation| {
				delegation.active = delegation.active.saturating_sub(1);
			});
		}
		Self::deposit_event(Event::Suspended { participant, by });
		Ok(())
	}

	pub(crate) fn do_resume(participant: ParticipantId, by: Authority) -> DispatchResult {
		let mut record = Self::get(&participant)?;
		match record.status {
			Status::Suspended(before) => ensure!(before <= by, Error::<T>::CouncilOnly),
			Status::Active => return Err(Error::<T>::NotSuspended.into()),
			Status::Removed => return Err(Error::<T>::Removed.into()),
		}
		record.status = Status::Active;
		Participants::<T>::insert(participant, record);
		Self::for_each_delegation(&participant, |delegation| {
			delegation.active = delegation.active.saturating_add(1);
		});
		Self::deposit_event(Event::Resumed { participant });
		Ok(())
	}

	fn for_each_delegation(participant: &ParticipantId, change: impl Fn(&mut Delegation)) {
		for (delegate, _) in Delegates::<T>::get(participant) {
			DelegateOf::<T>::mutate_extant(&delegate, &change);
		}
	}

	pub(crate) fn do_remove(participant: ParticipantId) -> DispatchResult {
		let mut record = Self::get(&participant)?;
		ensure!(record.status != Status::Removed, Error::<T>::Removed);
		let was_active = record.status == Status::Active;
		for (delegate, right) in Delegates::<T>::take(participant) {
			Self::drop_grant(&delegate, right, was_active);
		}
		Roles::<T>::remove(participant);
		DataGrants::<T>::remove(participant);
		record.status = Status::Removed;
		if DelegateOf::<T>::get(&record.account).is_none_or(|delegation| delegation.grants == 0) {
			LastActivity::<T>::remove(&record.account);
		}
		Participants::<T>::insert(participant, record);
		Self::deposit_event(Event::Removed { participant });
		Ok(())
	}

	pub(crate) fn do_add_delegate(who: &T::AccountId, delegate: T::AccountId, right: Right) -> DispatchResult {
		let participant = Self::active_member(who)?;
		ensure!(delegate != *who, Error::<T>::OwnAccount);
		if let Some(own) = MemberOf::<T>::get(&delegate) {
			Self::ensure_active(&own)?;
		}
		Delegates::<T>::try_mutate(participant, |grants| {
			let grant = (delegate.clone(), right);
			ensure!(!grants.contains(&grant), Error::<T>::AlreadyDelegate);
			grants.try_push(grant).map_err(|_| Error::<T>::TooManyDelegates)
		})?;
		DelegateOf::<T>::try_mutate(&delegate, |entry| {
			let is_new = entry.is_none();
			let delegation = entry.get_or_insert_with(Delegation::default);
			if right == Right::Operate {
				ensure!(delegation.operates_for.is_none(), Error::<T>::OperatesAlready);
				delegation.operates_for = Some(participant);
			}
			delegation.grants = delegation.grants.saturating_add(1);
			delegation.active = delegation.active.saturating_add(1);
			if is_new {
				frame_system::Pallet::<T>::inc_providers(&delegate);
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::DelegateAdded { participant, delegate, right });
		Ok(())
	}

	pub(crate) fn do_remove_delegate(
		participant: ParticipantId,
		delegate: T::AccountId,
		right: Right,
	) -> DispatchResult {
		Delegates::<T>::try_mutate_exists(participant, |entry| {
			let grants = entry.as_mut().ok_or(Error::<T>::NotDelegate)?;
			let index = grants
				.iter()
				.position(|(account, held)| *account == delegate && *held == right)
				.ok_or(Error::<T>::NotDelegate)?;
			grants.remove(index);
			if grants.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		// A resigning delegate's participant may be suspended, and then does not count.
		Self::drop_grant(&delegate, right, Self::ensure_active(&participant).is_ok());
		Self::deposit_event(Event::DelegateRemoved { participant, delegate, right });
		Ok(())
	}

	/// Takes one right off an account's sum, and with the last one what the account no longer needs.
	fn drop_grant(delegate: &T::AccountId, right: Right, was_active: bool) {
		DelegateOf::<T>::mutate_exists(delegate, |entry| {
			let Some(delegation) = entry else { return };
			delegation.grants = delegation.grants.saturating_sub(1);
			if was_active {
				delegation.active = delegation.active.saturating_sub(1);
			}
			if right == Right::Operate {
				delegation.operates_for = None;
			}
			if delegation.grants > 0 {
				return;
			}
			if !MemberOf::<T>::contains_key(delegate) {
				LastActivity::<T>::remove(delegate);
			}
			// An account that never sent a transaction has no nonce to lose. If something else depends on the reference,
			// it stays.
			if frame_system::Pallet::<T>::account_nonce(delegate).is_zero()
				&& frame_system::Pallet::<T>::dec_providers(delegate).is_ok()
			{
				*entry = None;
			}
		});
	}

	/// The roles of a participant.
	pub fn roles_of(participant: ParticipantId) -> Vec<(Role, Scope)> {
		Roles::<T>::get(participant).into_inner()
	}
}

impl<T: Config> traits::Participants<T::AccountId> for Pallet<T> {
	fn participant(account: &T::AccountId) -> Option<ParticipantId> {
		MemberOf::<T>::get(account)
	}

	fn account(participant: ParticipantId) -> Option<T::AccountId> {
		Participants::<T>::get(participant).map(|record| record.account)
	}

	fn ensure(account: &T::AccountId, role: Role, zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		Ok(Self::holder(account, role, |scopes| Self::covers(scopes, zone))?)
	}

	fn ensure_anywhere(account: &T::AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Ok(Self::holder(account, role, |scopes| !scopes.is_empty())?)
	}

	fn ensure_acts_for(account: &T::AccountId, participant: ParticipantId, right: Right) -> DispatchResult {
		let record = Self::ensure_active(&participant)?;
		if record.account == *account {
			return Ok(());
		}
		if let Some(own) = MemberOf::<T>::get(account) {
			Self::ensure_active(&own)?;
		}
		let granted = Delegates::<T>::get(participant).iter().any(|(who, held)| who == account && *held == right);
		ensure!(granted, Error::<T>::NotDelegate);
		Ok(())
	}

	fn ensure_active(participant: ParticipantId) -> DispatchResult {
		Self::ensure_active(&participant)?;
		Ok(())
	}
}
