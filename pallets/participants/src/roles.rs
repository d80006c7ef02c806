//! Roles and their scopes: who holds them, who grants and revokes them.

use crate::*;
use busbar_primitives::{
	traits::{OnLeaving, Zones},
	Moment, Validity, ZoneId,
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Weight},
	traits::{EnsureOrigin, Get, Time},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::DispatchError;

/// Most ends of roles that one block looks at.
const MOST_ENDS: u32 = 8;

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
	/// What a role check costs at worst: the records of the account's own participant and of the one it operates for, how they
	/// are found, the time, and a walk to the root of the zone tree.
	pub fn ensure_weight() -> Weight {
		let walk = u64::from(T::MaxDepth::get()).saturating_add(1);
		T::DbWeight::get().reads(walk.saturating_add(6))
	}

	/// What it costs at worst to know in which capacity somebody suspends: of both roles, the walks from all scopes of the
	/// participant; and what the market notes.
	pub fn authority_weight() -> Weight {
		let walks = Self::ensure_weight().saturating_mul(u64::from(T::MaxRoles::get()).saturating_mul(2));
		walks.saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}

	/// Where a participant holds a role now.
	fn scopes(record: &ParticipantOf<T>, roles: &[Role], now: Moment) -> Vec<Scope> {
		let held = record.roles.iter().filter(|grant| roles.contains(&grant.role) && grant.validity.holds_at(now));
		held.map(|grant| grant.scope).collect()
	}

	/// Whether a participant holds now, somewhere, a role that trades.
	pub(crate) fn holds_trading(record: &ParticipantOf<T>) -> bool {
		let now = T::Time::now();
		record.roles.iter().any(|grant| grant.role.trades() && grant.validity.holds_at(now))
	}

	/// Tells that a participant trades no more, if that is so.
	fn tell_if_left(participant: ParticipantId) {
		if !<Self as busbar_primitives::traits::Participants<_>>::trades(participant) {
			T::OnLeaving::leaves(participant, false);
		}
	}

	/// Looks at the roles whose time is over, as far as the meter goes: who has lost its last one that trades by it has its
	/// orders cancelled.
	pub(crate) fn end_roles(meter: &mut WeightMeter) {
		for _ in 0..MOST_ENDS {
			// The key, the time, the participant, and what the market notes.
			if meter.try_consume(T::DbWeight::get().reads_writes(4, 2)).is_err() {
				return;
			}
			let now = T::Time::now();
			let Some(key) = Ends::<T>::iter_keys().next().filter(|(end, _)| Moment::from_be_bytes(*end) <= now) else {
				return;
			};
			Ends::<T>::remove(key);
			Self::tell_if_left(key.1);
		}
	}

	/// Forgets the end of a role that is gone, if no other one of the participant ends then.
	fn forget_end(participant: ParticipantId, roles: &[RoleGrant], gone: &RoleGrant) {
		let until = gone.validity.until;
		if !roles.iter().any(|grant| grant.role.trades() && grant.validity.until == until) {
			Ends::<T>::remove((until.to_be_bytes(), participant));
		}
	}

	/// That a participant holds now one of the roles in the zone. Gives the number of zones that were read for it.
	pub(crate) fn ensure_holds(record: &ParticipantOf<T>, roles: &[Role], zone: ZoneId) -> Result<u32, Error<T>> {
		let scopes = Self::scopes(record, roles, T::Time::now());
		if scopes.contains(&Scope::Grid) {
			return Ok(0);
		}
		let ancestors: Vec<_> = scopes.iter().filter_map(|scope| scope.zone()).collect();
		ensure!(!ancestors.is_empty(), Error::<T>::RoleMissing);
		let (within, read) = T::Zones::all_within(&[zone], &ancestors);
		ensure!(within, Error::<T>::RoleOutOfScope);
		Ok(read)
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
		let now = T::Time::now();
		for participant in own.into_iter().chain(principal) {
			let record = match Self::ensure_active(&participant) {
				Ok(record) => record,
				Err(inactive) => {
					held.refusal = inactive;
					continue;
				},
			};
			let scopes = Self::scopes(&record, &[role], now);
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

	/// That the origin may grant and revoke the role in the scope; as which membership provider, if it is not the council.
	pub(crate) fn ensure_may_grant(
		origin: OriginFor<T>,
		role: Role,
		scope: Scope,
	) -> Result<Option<ParticipantId>, DispatchError> {
		let Err(origin) = T::AdminOrigin::try_origin(origin) else { return Ok(None) };
		let who = ensure_signed(origin)?;
		ensure!(is_ordinary(role), Error::<T>::PrivilegedRole);
		Ok(Some(Self::ensure_provides(&who, scope)?))
	}

	/// The participant in whose name the account exercises the role of membership provider in all of the scope.
	pub(crate) fn ensure_provides(who: &T::AccountId, scope: Scope) -> Result<ParticipantId, Error<T>> {
		Self::holder(who, Role::MembershipProvider, |held| Self::first_covering(held, scope.zone()))
	}

	/// Grants a role, or changes how long it holds and who says so. What is over makes room for it.
	pub(crate) fn do_grant_role(participant: ParticipantId, grant: RoleGrant) -> DispatchResult {
		let RoleGrant { role, scope, validity, issuer } = grant;
		let now = T::Time::now();
		ensure!(validity.from < validity.until && !validity.is_over_at(now), Error::<T>::NeverHolds);
		let mut record = Self::get(&participant)?;
		ensure!(record.status != Status::Removed, Error::<T>::Removed);
		let same = |held: &RoleGrant| (held.role, held.scope) == (role, scope);
		ensure!(!record.roles.iter().any(|held| same(held) && held.validity == validity), Error::<T>::RoleHeld);
		let before = record.roles.clone();
		record.roles.retain(|held| !same(held) && !held.validity.is_over_at(now));
		ensure!(record.roles.len() < T::MaxRoles::get() as usize, Error::<T>::TooManyRoles);
		record.roles.try_push(grant).map_err(|_| Error::<T>::TooManyRoles)?;
		if let Some(old) = before.iter().find(|held| same(held)) {
			Self::forget_end(participant, &record.roles, old);
		}
		if role.trades() && validity.until != Moment::MAX {
			Ends::<T>::insert((validity.until.to_be_bytes(), participant), ());
		}
		Participants::<T>::insert(participant, record);
		if role.trades() && before.iter().any(|held| held.role.trades()) {
			// A role's time may have been cut short, or put off.
			Self::tell_if_left(participant);
		}
		let Validity { from, until } = validity;
		Self::deposit_event(Event::RoleGranted { participant, role, scope, from, until, issuer });
		Ok(())
	}

	pub(crate) fn do_revoke_role(participant: ParticipantId, role: Role, scope: Scope) -> DispatchResult {
		let mut record = Self::get(&participant)?;
		let index = record.roles.iter().position(|held| (held.role, held.scope) == (role, scope));
		let gone = record.roles.remove(index.ok_or(Error::<T>::RoleMissing)?);
		Self::forget_end(participant, &record.roles, &gone);
		Participants::<T>::insert(participant, record);
		if role.trades() {
			Self::tell_if_left(participant);
		}
		Self::deposit_event(Event::RoleRevoked { participant, role, scope });
		Ok(())
	}

	/// The roles that a participant holds now.
	pub fn roles_of(participant: ParticipantId) -> Vec<(Role, Scope)> {
		let now = T::Time::now();
		let held = Self::grants_of(participant).into_iter().filter(|grant| grant.validity.holds_at(now));
		held.map(|grant| (grant.role, grant.scope)).collect()
	}

	/// All roles that a participant was given and that were not taken back, those that are over or still to come as well.
	pub fn grants_of(participant: ParticipantId) -> Vec<RoleGrant> {
		Participants::<T>::get(participant).map(|record| record.roles.into_inner()).unwrap_or_default()
	}
}

/// Roles that hold from the beginning on without an end, by the council's word.
pub fn founding(roles: &[(Role, Scope)]) -> BoundedVec<RoleGrant, frame_support::traits::ConstU32<MAX_ROLES>> {
	let grant = |(role, scope): &(Role, Scope)| RoleGrant {
		role: *role,
		scope: *scope,
		validity: Validity::ALWAYS,
		issuer: None,
	};
	BoundedVec::try_from(roles.iter().map(grant).collect::<Vec<_>>()).expect("more roles than one participant may hold")
}
