//! Registering, suspending, resuming and removing participants.

use crate::{roles::Held, *};
use busbar_primitives::{
	traits::{OnLeaving, Zones},
	Margin, StandingSteps, Validity,
};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{Contains, EnsureOrigin, Get, Time},
	BoundedVec,
};
use frame_system::{
	ensure_signed,
	pallet_prelude::{BlockNumberFor, OriginFor},
};
use sp_core::H256;
use sp_runtime::{
	traits::{Verify, Zero},
	DispatchError, MultiSignature,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn get(participant: &ParticipantId) -> Result<ParticipantOf<T>, Error<T>> {
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

	/// In which capacity the origin suspends and resumes a participant. The regulator and a membership provider do so where one
	/// of their scopes covers all roles that the participant has, or has yet to have; of one without a role, the whole grid.
	pub(crate) fn authority(origin: OriginFor<T>, participant: &ParticipantId) -> Result<Authority, DispatchError> {
		let Err(origin) = T::AdminOrigin::try_origin(origin) else { return Ok(Authority::Council) };
		let who = ensure_signed(origin)?;
		let now = T::Time::now();
		let roles = Self::get(participant)?.roles;
		let scopes: Vec<Scope> =
			roles.iter().filter(|grant| !grant.validity.is_over_at(now)).map(|grant| grant.scope).collect();
		let covers = |role| Self::ensure_covers(&who, role, &scopes);
		covers(Role::Regulator)
			.map(|()| Authority::Regulator)
			.or_else(|_| covers(Role::MembershipProvider).map(|()| Authority::Provider))
			.map_err(Into::into)
	}

	/// That the account exercises the role in all of these scopes, or, where there are none, in the whole grid.
	fn ensure_covers(who: &T::AccountId, role: Role, scopes: &[Scope]) -> Result<(), Error<T>> {
		let Held { scopes: held, refusal, .. } = Self::held(who, role)?;
		let covering = |held: &Vec<Scope>| {
			if held.contains(&Scope::Grid) {
				return true;
			}
			let zones: Option<Vec<_>> = scopes.iter().map(Scope::zone).collect();
			let ancestors: Vec<_> = held.iter().filter_map(Scope::zone).collect();
			let zones = zones.filter(|zones| !zones.is_empty() && !ancestors.is_empty());
			zones.is_some_and(|zones| T::Zones::all_within(&zones, &ancestors).0)
		};
		ensure!(held.iter().any(covering), refusal);
		Ok(())
	}

	/// Writes a new participant and lets its account have a nonce.
	pub(crate) fn admit(
		participant: ParticipantId,
		account: &T::AccountId,
		commitment: H256,
		budget: Budget<BlockNumberFor<T>>,
	) {
		let joined = frame_system::Pallet::<T>::block_number();
		Participants::<T>::insert(
			participant,
			Participant {
				account: account.clone(),
				commitment,
				status: Status::Active,
				joined,
				budget,
				in_debt: false,
				margin: Margin::default(),
				standing: StandingSteps::default(),
				roles: BoundedVec::new(),
				delegates: BoundedVec::new(),
			},
		);
		MemberOf::<T>::insert(account, participant);
		frame_system::Pallet::<T>::inc_providers(account);
	}

	/// The membership provider in whose name the account admits participants.
	pub(crate) fn provider(who: &T::AccountId) -> Result<ParticipantId, Error<T>> {
		Self::holder(who, Role::MembershipProvider, |held| held.iter().position(|scopes| !scopes.is_empty()))
	}

	/// Admits newcomers in order, with roles in a scope of which each must be the provider's to grant there.
	pub(crate) fn do_register_many(
		who: &T::AccountId,
		newcomers: BoundedVec<Newcomer<T::AccountId>, T::MaxBatch>,
		scope: Scope,
	) -> DispatchResult {
		ensure!(!newcomers.is_empty(), Error::<T>::EmptyBatch);
		let provider = Self::provider(who)?;
		let has_roles = newcomers.iter().any(|newcomer| !newcomer.roles.is_empty());
		let issuer = if has_roles { Some(Self::ensure_provides(who, scope)?) } else { None };
		for Newcomer { participant, account, commitment, acceptance, roles } in newcomers {
			Self::do_register(provider, participant, account, commitment, acceptance)?;
			for role in roles {
				ensure!(is_ordinary(role), Error::<T>::PrivilegedRole);
				let grant = RoleGrant { role, scope, validity: Validity::ALWAYS, issuer };
				Self::do_grant_role(participant, grant)?;
			}
		}
		Ok(())
	}

	pub(crate) fn do_register(
		provider: ParticipantId,
		participant: ParticipantId,
		account: T::AccountId,
		commitment: H256,
		acceptance: MultiSignature,
	) -> DispatchResult {
		ensure!(!Participants::<T>::contains_key(participant), Error::<T>::AlreadyRegistered);
		ensure!(!MemberOf::<T>::contains_key(&account), Error::<T>::AccountInUse);
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let payload = acceptance_payload(&genesis, &participant, &account, &commitment);
		ensure!(Self::signed(&acceptance, &payload, &account), Error::<T>::BadAcceptance);

		// With nothing, so that many newcomers are no more budget than one member that waits as long.
		let now = frame_system::Pallet::<T>::block_number();
		let spent = Spent::all(now, &T::Allowances::get().member);
		let budget = Budget { provider: Some(provider), spent };
		Self::admit(participant, &account, commitment, budget);
		Self::deposit_event(Event::Registered { participant, account, commitment, provider });
		Ok(())
	}

	fn signed(signature: &MultiSignature, payload: &[u8], account: &T::AccountId) -> bool {
		signature.verify(payload, account)
			|| signature.verify(&[b"<Bytes>", payload, b"</Bytes>"].concat()[..], account)
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
			let now = T::Time::now();
			let may = |role| if by == Authority::Provider { is_ordinary(role) } else { may_be_suspended(role) };
			let all = record.roles.iter().all(|grant| may(grant.role) || grant.validity.is_over_at(now));
			ensure!(all && !T::Protected::contains(&record.account), Error::<T>::CouncilOnly);
		}
		record.status = Status::Suspended(by);
		Participants::<T>::insert(participant, record);
		if was_active {
			Self::for_each_delegation(&participant, |delegation| {
				delegation.active = delegation.active.saturating_sub(1);
			});
			T::OnLeaving::leaves(participant, true);
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

	pub(crate) fn do_remove(participant: ParticipantId) -> DispatchResult {
		let mut record = Self::get(&participant)?;
		ensure!(record.status != Status::Removed, Error::<T>::Removed);
		let was_active = record.status == Status::Active;
		for (delegate, right) in core::mem::take(&mut record.delegates) {
			Self::drop_grant(participant, &delegate, right, was_active, true);
		}
		record.roles = BoundedVec::new();
		DataGrants::<T>::remove(participant);
		RecordGrants::<T>::remove(participant);
		AccessLogs::<T>::remove(participant);
		record.status = Status::Removed;
		record.budget = Budget::default();
		Participants::<T>::insert(participant, record);
		T::OnLeaving::leaves(participant, true);
		Self::deposit_event(Event::Removed { participant });
		Ok(())
	}
}
