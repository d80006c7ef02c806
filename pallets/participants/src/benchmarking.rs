//! Benchmarks of the calls, at the bounds of their lists.

use super::*;
use busbar_primitives::{StandingSteps, Validity};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::H256;
use sp_runtime::{traits::Zero, AccountId32, MultiSignature};

fn id(n: u8) -> ParticipantId {
	ParticipantId([n; 16])
}

/// A participant with `d` delegates and the longest record of orders.
fn participant<T: Config>(n: u8, d: u32) -> (ParticipantId, T::AccountId) {
	let account = AccountId32::new([n; 32]);
	Pallet::<T>::admit(id(n), &account, H256::zero(), Budget::default());
	Participants::<T>::mutate_extant(id(n), |record| record.standing = StandingSteps::longest(0));
	for i in 0..d {
		let delegate: T::AccountId = account_of(i);
		Pallet::<T>::do_add_delegate(&account, delegate, Right::Trade).expect("within the bound");
	}
	(id(n), account)
}

fn forever(role: Role, scope: Scope) -> RoleGrant {
	RoleGrant { role, scope, validity: Validity::ALWAYS, issuer: None }
}

/// How many rights a participant delegates.
fn delegates<T: Config>(participant: ParticipantId) -> usize {
	Participants::<T>::get(participant).map_or(0, |record| record.delegates.len())
}

fn account_of(i: u32) -> AccountId32 {
	frame_benchmarking::account("delegate", i, 0)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
		T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
	}

	#[benchmark]
	fn register() -> Result<(), BenchmarkError> {
		// A key that the benchmarks' keystore makes and signs with.
		let kind = sp_core::crypto::KeyTypeId(*b"bbar");
		let public = sp_io::crypto::sr25519_generate(kind, None);
		let account = AccountId32::new(public.0);
		let (provider, provider_account) = participant::<T>(1, 0);
		Pallet::<T>::do_grant_role(provider, forever(Role::MembershipProvider, Scope::Grid))?;
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let payload = acceptance_payload(&genesis, &id(2), &account, &H256::zero());
		let signature =
			sp_io::crypto::sr25519_sign(kind, &public, &payload).ok_or(BenchmarkError::Stop("the key signs"))?;

		#[extrinsic_call]
		register(
			RawOrigin::Signed(provider_account),
			id(2),
			account.clone(),
			H256::zero(),
			MultiSignature::Sr25519(signature),
		);

		assert!(Pallet::<T>::is_admitted(&account));
		Ok(())
	}

	#[benchmark]
	fn register_many(n: Linear<1, { T::MaxBatch::get() }>) -> Result<(), BenchmarkError> {
		let kind = sp_core::crypto::KeyTypeId(*b"bbar");
		let (provider, provider_account) = participant::<T>(1, 0);
		Pallet::<T>::do_grant_role(provider, forever(Role::MembershipProvider, Scope::Grid))?;
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let roles = alloc::vec![Role::Prosumer, Role::Consumer, Role::Generator];
		let mut newcomers = Vec::new();
		for number in 0..n {
			let public = sp_io::crypto::sr25519_generate(kind, None);
			let account = AccountId32::new(public.0);
			let mut bytes = [0xaa; 16];
			bytes[..4].copy_from_slice(&number.to_le_bytes());
			let participant = ParticipantId(bytes);
			let payload = acceptance_payload(&genesis, &participant, &account, &H256::zero());
			// As wallets sign, which is tried second.
			let wrapped = [b"<Bytes>", &payload[..], b"</Bytes>"].concat();
			let signature =
				sp_io::crypto::sr25519_sign(kind, &public, &wrapped).ok_or(BenchmarkError::Stop("the key signs"))?;
			newcomers.push(Newcomer {
				participant,
				account,
				commitment: H256::zero(),
				acceptance: MultiSignature::Sr25519(signature),
				roles: roles.clone().try_into().map_err(|_| BenchmarkError::Stop("as many roles as there are"))?,
			});
		}
		let last = newcomers.last().map(|newcomer| newcomer.account.clone()).ok_or(BenchmarkError::Stop("n > 0"))?;
		let newcomers: BoundedVec<_, T::MaxBatch> =
			newcomers.try_into().map_err(|_| BenchmarkError::Stop("as many as fit"))?;

		#[extrinsic_call]
		register_many(RawOrigin::Signed(provider_account), newcomers, Scope::Grid);

		assert!(Pallet::<T>::is_admitted(&last));
		Ok(())
	}

	#[benchmark]
	fn grant_role() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let (participant, _) = participant::<T>(1, 0);
		for zone in 1..T::MaxRoles::get() {
			Pallet::<T>::do_grant_role(participant, forever(Role::Dso, Scope::Zone(zone)))?;
		}

		#[extrinsic_call]
		grant_role(origin as T::RuntimeOrigin, participant, Role::Dso, Scope::Grid);

		assert_eq!(Pallet::<T>::roles_of(participant).len(), T::MaxRoles::get() as usize);
		Ok(())
	}

	#[benchmark]
	fn revoke_role() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let (participant, _) = participant::<T>(1, 0);
		for zone in 0..T::MaxRoles::get() {
			Pallet::<T>::do_grant_role(participant, forever(Role::Dso, Scope::Zone(zone)))?;
		}

		#[extrinsic_call]
		revoke_role(origin as T::RuntimeOrigin, participant, Role::Dso, Scope::Zone(0));

		assert_eq!(Pallet::<T>::roles_of(participant).len(), (T::MaxRoles::get() as usize).saturating_sub(1));
		Ok(())
	}

	#[benchmark]
	fn suspend(d: Linear<0, { T::MaxDelegates::get() }>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let (participant, account) = participant::<T>(1, d);

		#[extrinsic_call]
		suspend(origin as T::RuntimeOrigin, participant);

		assert!(!Pallet::<T>::is_admitted(&account));
		Ok(())
	}

	#[benchmark]
	fn resume(d: Linear<0, { T::MaxDelegates::get() }>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let (participant, account) = participant::<T>(1, d);
		Pallet::<T>::do_suspend(participant, Authority::Council)?;

		#[extrinsic_call]
		resume(origin as T::RuntimeOrigin, participant);

		assert!(Pallet::<T>::is_admitted(&account));
		Ok(())
	}

	#[benchmark]
	fn remove(d: Linear<0, { T::MaxDelegates::get() }>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let (participant, account) = participant::<T>(1, d);

		#[extrinsic_call]
		remove(origin as T::RuntimeOrigin, participant);

		assert!(!Pallet::<T>::is_admitted(&account));
		Ok(())
	}

	#[benchmark]
	fn add_delegate() {
		let (participant, account) = participant::<T>(1, T::MaxDelegates::get().saturating_sub(1));
		let delegate = account_of(u32::MAX);

		#[extrinsic_call]
		add_delegate(RawOrigin::Signed(account), delegate, Right::Operate);

		assert_eq!(delegates::<T>(participant), T::MaxDelegates::get() as usize);
	}

	#[benchmark]
	fn remove_delegate() {
		let (participant, account) = participant::<T>(1, T::MaxDelegates::get());

		#[extrinsic_call]
		remove_delegate(RawOrigin::Signed(account), account_of(0), Right::Trade);

		assert_eq!(delegates::<T>(participant), (T::MaxDelegates::get() as usize).saturating_sub(1));
	}

	#[benchmark]
	fn resign() {
		let (participant, _) = participant::<T>(1, T::MaxDelegates::get());

		#[extrinsic_call]
		resign(RawOrigin::Signed(account_of(0)), participant, Right::Trade);

		assert_eq!(delegates::<T>(participant), (T::MaxDelegates::get() as usize).saturating_sub(1));
	}

	/// A participant that gives as many grants of data as it may, and one to whom none is given. Readings go to those with
	/// the numbers 3 and on.
	fn grantor<T: Config>(grants: u32) -> (ParticipantId, T::AccountId) {
		let (granter, account) = participant::<T>(1, 0);
		participant::<T>(2, 0);
		for n in 0..grants {
			let mut grantee = [3; 16];
			grantee[..4].copy_from_slice(&n.to_le_bytes());
			let mut key = [3; 32];
			key[..4].copy_from_slice(&n.to_le_bytes());
			Pallet::<T>::admit(ParticipantId(grantee), &AccountId32::new(key), H256::zero(), Budget::default());
			Pallet::<T>::do_grant_data(&account, ParticipantId(grantee), Data::Readings, 0, 1)
				.expect("within the bound");
		}
		(granter, account)
	}

	#[benchmark]
	fn grant_data() {
		let (granter, account) = grantor::<T>(T::MaxDataGrants::get().saturating_sub(1));

		#[extrinsic_call]
		grant_data(RawOrigin::Signed(account), id(2), Data::Datasets, 0, u32::MAX);

		assert!(Pallet::<T>::opens(granter, id(2), Data::Datasets, 7));
	}

	#[benchmark]
	fn revoke_data() {
		let (granter, account) = grantor::<T>(T::MaxDataGrants::get().saturating_sub(1));
		Pallet::<T>::do_grant_data(&account, id(2), Data::Datasets, 0, u32::MAX).expect("within the bound");

		#[extrinsic_call]
		revoke_data(RawOrigin::Signed(account), id(2), Data::Datasets);

		assert!(!Pallet::<T>::opens(granter, id(2), Data::Datasets, 7));
	}

	/// A participant that gives as many grants of its record as it may, but one, and one to whom none is given.
	fn granter_of_record<T: Config>(grants: u32) -> (ParticipantId, T::AccountId) {
		let (granter, account) = participant::<T>(1, T::MaxDelegates::get());
		participant::<T>(2, T::MaxDelegates::get());
		for n in 0..grants {
			let mut grantee = [3; 16];
			grantee[..4].copy_from_slice(&n.to_le_bytes());
			let mut key = [3; 32];
			key[..4].copy_from_slice(&n.to_le_bytes());
			Pallet::<T>::admit(ParticipantId(grantee), &AccountId32::new(key), H256::zero(), Budget::default());
			Pallet::<T>::do_grant_record(&account, record_grant(ParticipantId(grantee))).expect("within the bound");
		}
		(granter, account)
	}

	fn record_grant(grantee: ParticipantId) -> RecordGrant {
		RecordGrant { grantee, purpose: Purpose::Billing, fields: Fields::ALL, from: 0, until: u32::MAX }
	}

	#[benchmark]
	fn grant_record() {
		let (granter, account) = granter_of_record::<T>(T::MaxDataGrants::get().saturating_sub(1));

		#[extrinsic_call]
		grant_record(RawOrigin::Signed(account), id(2), Purpose::Billing, Fields::ALL, 0, u32::MAX);

		assert_eq!(RecordGrants::<T>::get(granter).len(), T::MaxDataGrants::get() as usize);
	}

	#[benchmark]
	fn revoke_record() {
		let (granter, account) = granter_of_record::<T>(T::MaxDataGrants::get().saturating_sub(1));
		Pallet::<T>::do_grant_record(&account, record_grant(id(2))).expect("within the bound");

		#[extrinsic_call]
		revoke_record(RawOrigin::Signed(account), id(2), Purpose::Billing);

		assert!(RecordGrants::<T>::get(granter).iter().all(|grant| grant.grantee != id(2)));
	}

	#[benchmark]
	fn set_commitment() {
		let (participant, account) = participant::<T>(1, T::MaxDelegates::get());

		#[extrinsic_call]
		set_commitment(RawOrigin::Signed(account), H256::repeat_byte(1));

		assert!(Participants::<T>::get(participant).is_some_and(|record| record.commitment == H256::repeat_byte(1)));
	}

	#[benchmark]
	fn publish_access_log() {
		let (participant, account) = participant::<T>(1, T::MaxDelegates::get());
		Pallet::<T>::do_publish_access_log(&account, 1, H256::zero()).expect("the first");

		#[extrinsic_call]
		publish_access_log(RawOrigin::Signed(account), 2, H256::zero());

		assert!(AccessLogs::<T>::get(participant).is_some_and(|log| log.entries == 2));
	}

	/// Lets the account's transaction be charged, and gives half of it back.
	fn pay<T: Config>(account: &T::AccountId) {
		let (terms, cost) = (Terms::default(), Load::new(2, 2, 2));
		assert!(Pallet::<T>::is_admitted(account));
		let payer = Pallet::<T>::payer(account, &terms, &cost).expect("somebody can");
		assert!(Pallet::<T>::charge(payer.participant, &terms, &cost));
		Pallet::<T>::give_back(payer.participant, &Load::new(1, 1, 1));
	}

	/// Lets a provider's members be charged, some of whom have nothing left.
	fn budget<T: Config>(participant: ParticipantId, empty: bool) {
		let now = frame_system::Pallet::<T>::block_number();
		let spent = if empty { Spent::all(now, &T::Allowances::get().member) } else { Spent::default() };
		SharedBudgets::<T>::insert(participant, Spent::default());
		let budget = Budget { provider: Some(participant), spent };
		// As many roles as there may be, none of which gives another budget.
		let roles = (0..T::MaxRoles::get()).map(|zone| forever(Role::Prosumer, Scope::Zone(zone))).collect();
		Participants::<T>::mutate_extant(participant, |record| {
			record.budget = budget;
			record.roles = BoundedVec::truncate_from(roles);
		});
	}

	#[benchmark]
	fn check_member() {
		let delegate = account_of(u32::MAX);
		for n in 1..=MAX_PRINCIPALS as u8 {
			let (participant, account) = participant::<T>(n, 0);
			Pallet::<T>::do_add_delegate(&account, delegate.clone(), Right::Trade).expect("within the bound");
			budget::<T>(participant, u32::from(n) < MAX_PRINCIPALS);
		}

		#[block]
		{
			pay::<T>(&delegate);
		}
	}

	#[benchmark]
	fn check_own() {
		let (participant, account) = participant::<T>(1, 0);
		budget::<T>(participant, false);

		#[block]
		{
			pay::<T>(&account);
		}
	}
}
