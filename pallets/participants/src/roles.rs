//! Roles and their scopes: who holds them, who grants and revokes them.

use crate::*;
use busbar_primitives::{traits::Zones, ZoneId};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Weight},
	traits::{EnsureOrigin, Get},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};

/// In whose names an account may exercise a role.
pub(crate) struct Held<T> {
	/// Its own participant and the one that it operates for, as far as they are active.
	pub participants: Vec<ParticipantId>,
	/// Where each of them holds the role; empty where it does not.
	pub scopes: Vec<Vec<Scope>>,
	/// Why it is refused where none of the scopes is enough.
	pub refusal: Error<T>,
}

impl<T: Config> Pallet<T> {
	/// What a role check costs at worst: the roles of the account's own participant and of the one it operates for, and a walk
	/// to the root of the zone tree.
	pub fn ensure_weight() -> Weight {
		let walk = u64::from(T::MaxDepth::get()).saturating_add(1);
		T::DbWeight::get().reads(walk.saturating_add(6))
	}

	/// In whose name the account may exercise `role`, and where: its own participant first, then the one that it operates for.
	pub(crate) fn held(account: &T::AccountId, role: Role) -> Result<Held<T>, Error<T>> {
		let own = MemberOf::<T>::get(account);
		if let Some(own) = own {
			Self::ensure_active(&own)?;
		}
		let principal = DelegateOf::<T>::get(account).and_then(|delegation| delegation.operates_for);
		let refusal = if own.is_none() && principal.is_none() { Error::NotMember } else { Error::RoleMissing };
		let mut held = Held { participants: Vec::new(), scopes: Vec::new(), refusal };
		for participant in own.into_iter().chain(principal) {
			if let Err(inactive) = Self::ensure_active(&participant) {
				held.refusal = inactive;
				continue;
			}
			let roles = Roles::<T>::get(participant).into_iter();
			let scopes: Vec<_> = roles.filter(|(held, _)| *held == role).map(|(_, scope)| scope).collect();
			if !scopes.is_empty() {
				held.refusal = Error::RoleOutOfScope;
			}
			held.participants.push(participant);
			held.scopes.push(scopes);
		}
		Ok(held)
	}

	/// The participant in whose name the account exercises `role`: the one whose scopes have the number that `first` tells.
	pub(crate) fn holder(
		account: &T::AccountId,
		role: Role,
		first: impl FnOnce(&[Vec<Scope>]) -> Option<usize>,
	) -> Result<ParticipantId, Error<T>> {
		let Held { participants, scopes, refusal } = Self::held(account, role)?;
		first(&scopes).and_then(|number| participants.get(number).copied()).ok_or(refusal)
	}

	/// The first of these scopes to cover the zone, or everything if there is none. Walks the tree only if it must, and once.
	pub(crate) fn first_covering(held: &[Vec<Scope>], zone: Option<ZoneId>) -> Option<usize> {
		let everywhere = held.iter().position(|scopes| scopes.contains(&Scope::Grid));
		let Some(zone) = zone.filter(|_| everywhere != Some(0)) else { return everywhere };
		let zones: Vec<Vec<_>> =
			held.iter().map(|scopes| scopes.iter().filter_map(|scope| scope.zone()).collect()).collect();
		let named = zones.iter().position(|zones| zones.contains(&zone));
		if named == Some(0) {
			return named;
		}
		let below = if zones.iter().all(Vec::is_empty) { None } else { T::Zones::first_within(zone, &zones) };
		[everywhere, named, below].into_iter().flatten().min()
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
		Self::holder(who, Role::MembershipProvider, |held| Self::first_covering(held, scope.zone())).map(|_| ())
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
