//! A chain of sessions, their history and this pallet; every tenth block begins a session.

use crate as pallet_validators;
use crate::*;
use busbar_mocks::MockParticipants;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, OnInitialize},
};
use frame_system::EnsureRoot;
use pallet_session::{historical, PeriodicSessions};
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, OpaqueKeys},
	BuildStorage, KeyTypeId, RuntimeAppPublic,
};

pub type AccountId = u64;
pub type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	// Before the session pallet, whose genesis asks for the set.
	#[runtime::pallet_index(2)]
	pub type Validators = pallet_validators;
	#[runtime::pallet_index(3)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(4)]
	pub type Historical = historical;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

parameter_types! {
	/// The session keys in force, as the consensus engines see them.
	pub static Authorities: Vec<u64> = vec![];
	/// How often a set was said to have changed.
	pub static Changes: u32 = 0;
}

pub struct Engine;

impl pallet_session::SessionHandler<AccountId> for Engine {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = &[UintAuthorityId::ID];

	fn on_genesis_session<Ks: OpaqueKeys>(validators: &[(AccountId, Ks)]) {
		Authorities::set(keys(validators));
	}

	fn on_new_session<Ks: OpaqueKeys>(changed: bool, validators: &[(AccountId, Ks)], _: &[(AccountId, Ks)]) {
		Authorities::set(keys(validators));
		Changes::mutate(|changes| *changes += u32::from(changed));
	}

	fn on_disabled(_: u32) {}
}

fn keys<Ks: OpaqueKeys>(validators: &[(AccountId, Ks)]) -> Vec<u64> {
	validators
		.iter()
		.filter_map(|(_, keys)| keys.get::<UintAuthorityId>(UintAuthorityId::ID))
		.map(|key| key.0)
		.collect()
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = PeriodicSessions<ConstU64<10>, ConstU64<0>>;
	type NextSessionRotation = PeriodicSessions<ConstU64<10>, ConstU64<0>>;
	type SessionManager = historical::NoteHistoricalRoot<Test, Validators>;
	type SessionHandler = Engine;
	type Keys = Keys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<0>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = ByAccount<AccountId>;
}

/// Accounts from 1,000 on are those of participant 7; all others are each its own.
pub struct Hundreds;

impl Owners<AccountId> for Hundreds {
	type Owner = u64;
	fn owner(account: &AccountId) -> Option<u64> {
		Some(if *account >= 1_000 { 7 } else { *account })
	}
}

impl Config for Test {
	type Owners = Hundreds;
	type Members = MockParticipants;
	type MaxPeers = ConstU32<2>;
	type MaxPeerOwners = ConstU32<3>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Sessions = Historical;
	type MinValidators = ConstU32<3>;
	type MaxValidators = ConstU32<5>;
	type MaxReports = ConstU32<3>;
	type HistoryDepth = ConstU32<4>;
	type WeightInfo = ();
}

/// Lets the account register `key` for the sessions to come.
pub fn set_keys(account: AccountId, key: u64) {
	if System::providers(&account) == 0 {
		System::inc_providers(&account);
	}
	let keys = Keys { dummy: UintAuthorityId(key) };
	<Session as pallet_session::SessionInterface>::set_keys(&account, keys).expect("fresh keys");
}

/// Runs to the first block of the next session.
pub fn next_session() {
	let begin = (System::block_number() / 10 + 1) * 10;
	System::set_block_number(begin);
	Session::on_initialize(begin);
}

/// Validators 1 to 4 from genesis, whose keys are ten times their number.
pub fn run(test: impl FnOnce()) {
	Changes::set(0);
	busbar_mocks::reset();
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("system");
	GenesisConfig::<Test> { validators: vec![1, 2, 3, 4], peers: vec![] }
		.assimilate_storage(&mut storage)
		.expect("validators");
	pallet_session::GenesisConfig::<Test> {
		keys: (1..=4).map(|v| (v, v, Keys { dummy: UintAuthorityId(10 * v) })).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.expect("sessions");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		Validators::do_try_state().expect("the invariants hold");
	});
}
