//! Roles and their scopes: who holds them, who grants and revokes them.

use crate::*;
use busbar_primitives::{traits::Zones, ZoneId};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Weight},
	traits::{EnsureOrigin, Get},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};

impl<T: Config> Pallet<T> {
	/// What a role check costs at worst: the roles of the account's own participant and of the one it operates for, each
	/// with a walk to the root of the zone tree.
	pub fn ensure_weight() -> Weight {
		let walks = 2u64.saturating_mul(u64::from(T::MaxDepth::get()).saturating_add(1));
		T::DbWeight::get().reads(walks.saturating_add(6))
	}

	/// The participant in whose name the account exercises `role` in a scope that `covers` accepts.
	pub(crate) fn holder(
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
	pub(crate) fn covers(scopes: &[Scope], zone: Option<ZoneId>) -> bool {
		if scopes.contains(&Scope::Grid) {
			return true;
		}
		let Some(zone) = zone else { return false };
		let zones: Vec<_> = scopes.iter().filter_map(|scope| scope.zone()).collect();
		zones.contains(&zone) || (!zones.is_empty() && T::Zones::is_within_any(zone, &zones))
	}

	/// That the origin may grant and revoke the role in the scope.
	pub(crate) fn ensure_may_grant(origin: OriginFor<T>, role: Role, scope: Scope) -> DispatchResult {
		if let Err(origin) = T::AdminOrigin::try_origin(origin) {
			let who = ensure_signed(origin)?;
			ensure!(is_ordinary(role), Error::<T>::PrivilegedRole);
			Self::ensure_provides(&who, scope)?;
		}
		Ok(())
	}

	/// That the account exercises the role of membership provider in all of the scope.
	pub(crate) fn ensure_provides(who: &T::AccountId, scope: Scope) -> Result<(), Error<T>> {
		Self::holder(who, Role::MembershipProvider, |scopes| Self::covers(scopes, scope.zone())).map(|_| ())
	}

	pub(crate) fn do_grant_role(participant: ParticipantId, role: Role, scope: Scope) -> DispatchResult {
		ensure!(Self::get(&participant)?.status != Status::Removed, Error::<T>::Removed);
		Roles::<T>::try_mutate(participant, |roles| {
			ensure!(!roles.contains(&(role, scope)), Error::<T>::RoleHeld);
			roles.try_push((role, scope)).map_err(|_| Error::<T>::TooManyRoles)?;
			Self::classify(participant, roles);
			Ok::<_, Error<T>>(())
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
			Self::classify(participant, roles);
			if roles.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::RoleRevoked { participant, role, scope });
		Ok(())
	}

	/// Lets the participant's budget follow its roles.
	pub(crate) fn classify(participant: ParticipantId, roles: &[(Role, Scope)]) {
		Participants::<T>::mutate_extant(participant, |record| record.budget.class = Class::of(roles));
	}

	/// The roles of a participant.
	pub fn roles_of(participant: ParticipantId) -> Vec<(Role, Scope)> {
		Roles::<T>::get(participant).into_inner()
	}
}
