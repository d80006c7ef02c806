//! The calls of participants. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Admits a newcomer.
		///
		/// - `origin`: an account that exercises [`Role::MembershipProvider`], in any scope.
		/// - `participant`: a fresh UUID.
		/// - `account`: what it will sign with and be paid on.
		/// - `commitment`: salted hash of its record off chain.
		/// - `acceptance`: the account's signature over [`acceptance_payload`].
		///
		/// # Errors
		/// Those of a role check, [`Error::AlreadyRegistered`], [`Error::AccountInUse`],
		/// [`Error::BadAcceptance`].
		///
		/// # Events
		/// [`Event::Registered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register().saturating_add(Pallet::<T>::ensure_weight()))]
		pub fn register(
			origin: OriginFor<T>,
			participant: ParticipantId,
			account: T::AccountId,
			commitment: H256,
			acceptance: MultiSignature,
		) -> DispatchResult {
			let provider = Self::provider(&ensure_signed(origin)?)?;
			Self::do_register(provider, participant, account, commitment, acceptance)
		}

		/// Grants `participant` the `role` in `scope`, from now on without an end. If it holds it there for another time, it
		/// holds it for this time instead.
		///
		/// - `origin`: the council, or for ordinary roles an account that exercises [`Role::MembershipProvider`] where the
		///   role will hold.
		///
		/// # Errors
		/// [`Error::PrivilegedRole`], [`Error::NeverHolds`], [`Error::UnknownParticipant`], [`Error::Removed`],
		/// [`Error::RoleHeld`], [`Error::TooManyRoles`], and those of a role check.
		///
		/// # Events
		/// [`Event::RoleGranted`].
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::grant_role()
				.saturating_add(Pallet::<T>::ensure_weight())
				.saturating_add(T::DbWeight::get().reads_writes(2, 3))
		)]
		pub fn grant_role(
			origin: OriginFor<T>,
			participant: ParticipantId,
			role: Role,
			scope: Scope,
		) -> DispatchResult {
			let issuer = Self::ensure_may_grant(origin, role, scope)?;
			Self::do_grant_role(participant, RoleGrant { role, scope, validity: Validity::ALWAYS, issuer })
		}

		/// Takes the `role` in `scope` from `participant`.
		///
		/// - `origin`: as for [`Pallet::grant_role`].
		///
		/// # Errors
		/// [`Error::PrivilegedRole`], [`Error::UnknownParticipant`], [`Error::RoleMissing`], and those of a role check.
		///
		/// # Events
		/// [`Event::RoleRevoked`].
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::revoke_role()
				.saturating_add(Pallet::<T>::ensure_weight())
				.saturating_add(T::DbWeight::get().reads_writes(2, 2))
		)]
		pub fn revoke_role(
			origin: OriginFor<T>,
			participant: ParticipantId,
			role: Role,
			scope: Scope,
		) -> DispatchResult {
			Self::ensure_may_grant(origin, role, scope)?;
			Self::do_revoke_role(participant, role, scope)
		}

		/// Keeps `participant` from acting, and has its standing orders cancelled. A higher authority may also take over the
		/// suspension of a lower one.
		///
		/// - `origin`: the council, or an account that exercises [`Role::Regulator`] or [`Role::MembershipProvider`] where
		///   `participant` has its roles.
		///
		/// # Errors
		/// [`Error::UnknownParticipant`], [`Error::Removed`], [`Error::Suspended`] if it is already,
		/// [`Error::CouncilOnly`], and those of a role check.
		///
		/// # Events
		/// [`Event::Suspended`].
		#[pallet::call_index(3)]
		#[pallet::weight((
			T::WeightInfo::suspend(T::MaxDelegates::get()).saturating_add(Pallet::<T>::authority_weight()),
			DispatchClass::Operational,
		))]
		pub fn suspend(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			let by = Self::authority(origin, &participant)?;
			Self::do_suspend(participant, by)
		}

		/// Lets a suspended `participant` act again.
		///
		/// - `origin`: as for [`Pallet::suspend`].
		///
		/// # Errors
		/// [`Error::UnknownParticipant`], [`Error::Removed`], [`Error::NotSuspended`], [`Error::CouncilOnly`] if a higher
		/// authority suspended it, and those of a role check.
		///
		/// # Events
		/// [`Event::Resumed`].
		#[pallet::call_index(4)]
		#[pallet::weight((
			T::WeightInfo::resume(T::MaxDelegates::get()).saturating_add(Pallet::<T>::authority_weight()),
			DispatchClass::Operational,
		))]
		pub fn resume(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			let by = Self::authority(origin, &participant)?;
			Self::do_resume(participant, by)
		}

		/// Removes `participant` for good, with its roles and delegates. Its identifier and account are not free again, and
		/// the account keeps its provider reference.
		///
		/// - `origin`: the council.
		///
		/// # Errors
		/// [`Error::UnknownParticipant`], [`Error::Removed`].
		///
		/// # Events
		/// [`Event::Removed`].
		#[pallet::call_index(5)]
		#[pallet::weight(
			T::WeightInfo::remove(T::MaxDelegates::get()).saturating_add(T::DbWeight::get().reads_writes(2, 1))
		)]
		pub fn remove(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_remove(participant)
		}

		/// Lets `delegate` act for the signer with `right`.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`] or [`Error::Removed`] (of signer or
		/// delegate), [`Error::OwnAccount`],
		/// [`Error::AlreadyDelegate`], [`Error::OperatesAlready`], [`Error::TooManyDelegates`], [`Error::TooManyPrincipals`].
		///
		/// # Events
		/// [`Event::DelegateAdded`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::add_delegate())]
		pub fn add_delegate(origin: OriginFor<T>, delegate: T::AccountId, right: Right) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_add_delegate(&who, delegate, right)
		}

		/// Takes `right` from `delegate`.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`], [`Error::Removed`],
		/// [`Error::NotDelegate`].
		///
		/// # Events
		/// [`Event::DelegateRemoved`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::remove_delegate())]
		pub fn remove_delegate(origin: OriginFor<T>, delegate: T::AccountId, right: Right) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let participant = Self::active_member(&who)?;
			Self::do_remove_delegate(participant, delegate, right)
		}

		/// Gives up `right` for `participant`.
		///
		/// - `origin`: the delegate.
		///
		/// # Errors
		/// [`Error::NotDelegate`].
		///
		/// # Events
		/// [`Event::DelegateRemoved`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::resign())]
		pub fn resign(origin: OriginFor<T>, participant: ParticipantId, right: Right) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_delegate(participant, who, right)
		}

		/// Opens the signer's `data` of the intervals from `from` to before `until` to `grantee`, instead of what was open
		/// to it before.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`] or [`Error::Removed`] (of signer or
		/// grantee), [`Error::OwnData`], [`Error::NoInterval`], [`Error::TooManyDataGrants`].
		///
		/// # Events
		/// [`Event::DataGranted`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::grant_data())]
		pub fn grant_data(
			origin: OriginFor<T>,
			grantee: ParticipantId,
			data: Data,
			from: Interval,
			until: Interval,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_grant_data(&who, grantee, data, from, until)
		}

		/// Closes the signer's `data` to `grantee`.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`], [`Error::Removed`],
		/// [`Error::NoDataGrant`].
		///
		/// # Events
		/// [`Event::DataRevoked`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::revoke_data())]
		pub fn revoke_data(origin: OriginFor<T>, grantee: ParticipantId, data: Data) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_revoke_data(&who, grantee, data)
		}

		/// Admits newcomers, as [`Pallet::register`] admits one, and grants them ordinary roles in one scope: all or none.
		///
		/// - `origin`: an account that exercises [`Role::MembershipProvider`] in any scope, and where there are roles in all of
		///   `scope`.
		/// - `newcomers`: the arguments of [`Pallet::register`] for each, and its roles.
		/// - `scope`: where those roles hold.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], those of [`Pallet::register`], and those of [`Pallet::grant_role`].
		///
		/// # Events
		/// [`Event::Registered`] and [`Event::RoleGranted`] of each.
		#[pallet::call_index(11)]
		#[pallet::weight(
			T::WeightInfo::register_many(newcomers.len() as u32)
				.saturating_add(Pallet::<T>::ensure_weight().saturating_mul(2))
		)]
		pub fn register_many(
			origin: OriginFor<T>,
			newcomers: BoundedVec<Newcomer<T::AccountId>, T::MaxBatch>,
			scope: Scope,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_many(&who, newcomers, scope)
		}

		/// Opens `fields` of the signer's record to `grantee` for a `purpose`, while an interval from `from` to before `until` is
		/// in delivery, instead of what was open to it for that purpose before.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`] or [`Error::Removed`] (of signer or
		/// grantee), [`Error::OwnRecord`], [`Error::NoField`], [`Error::NoInterval`], [`Error::TooManyRecordGrants`].
		///
		/// # Events
		/// [`Event::RecordGranted`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::grant_record())]
		pub fn grant_record(
			origin: OriginFor<T>,
			grantee: ParticipantId,
			purpose: Purpose,
			fields: Fields,
			from: Interval,
			until: Interval,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_grant_record(&who, RecordGrant { grantee, purpose, fields, from, until })
		}

		/// Closes the signer's record to `grantee` for a `purpose`.
		///
		/// - `origin`: an active participant's own account.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`], [`Error::Removed`],
		/// [`Error::NoRecordGrant`].
		///
		/// # Events
		/// [`Event::RecordRevoked`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::revoke_record())]
		pub fn revoke_record(origin: OriginFor<T>, grantee: ParticipantId, purpose: Purpose) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_revoke_record(&who, grantee, purpose)
		}

		/// Commits the signer to another record, after it was rectified.
		///
		/// - `origin`: an active participant's own account.
		/// - `commitment`: salted hash of the record off chain.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`], [`Error::Removed`],
		/// [`Error::SameCommitment`].
		///
		/// # Events
		/// [`Event::CommitmentChanged`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::set_commitment())]
		pub fn set_commitment(origin: OriginFor<T>, commitment: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_commitment(&who, commitment)
		}

		/// Publishes how far the log of accesses to the signer's vault has grown.
		///
		/// - `origin`: an active participant's own account.
		/// - `entries`: so many since it began.
		/// - `root`: Merkle root over them.
		///
		/// # Errors
		/// [`Error::NotMember`], [`Error::UnknownParticipant`], [`Error::Suspended`], [`Error::Removed`],
		/// [`Error::LogShrinks`].
		///
		/// # Events
		/// [`Event::AccessLogPublished`].
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::publish_access_log())]
		pub fn publish_access_log(origin: OriginFor<T>, entries: u32, root: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_publish_access_log(&who, entries, root)
		}

		/// Grants `participant` the `role` in `scope` for a time, whose end needs no further transaction. If it holds it there
		/// for another time, it holds it for this time instead.
		///
		/// - `origin`: as for [`Pallet::grant_role`].
		/// - `from`: the first moment of chain time, in ms, at which it holds.
		/// - `until`: the first one at which it does not hold any more.
		///
		/// # Errors
		/// those of [`Pallet::grant_role`].
		///
		/// # Events
		/// [`Event::RoleGranted`].
		#[pallet::call_index(16)]
		#[pallet::weight(
			T::WeightInfo::grant_role()
				.saturating_add(Pallet::<T>::ensure_weight())
				.saturating_add(T::DbWeight::get().reads_writes(2, 3))
		)]
		pub fn grant_role_for(
			origin: OriginFor<T>,
			participant: ParticipantId,
			role: Role,
			scope: Scope,
			from: Moment,
			until: Moment,
		) -> DispatchResult {
			let issuer = Self::ensure_may_grant(origin, role, scope)?;
			Self::do_grant_role(participant, RoleGrant { role, scope, validity: Validity { from, until }, issuer })
		}
	}
}
