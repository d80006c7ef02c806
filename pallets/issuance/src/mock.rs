//! A runtime with this pallet, and members with roles.

use busbar_primitives::{traits::Participants, Balance, ParticipantId, Right, Role, ZoneId};
use frame_support::{
	derive_impl,
	traits::{ConstU128, ConstU32},
};
use frame_system::EnsureRoot;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub type AccountId = u64;

pub const AGENT: AccountId = 1;
pub const OTHER_AGENT: AccountId = 2;
pub const UTILITY: AccountId = 3;
pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
/// No member.
pub const STRANGER: AccountId = 90;

pub const MEMBERS: [AccountId; 5] = [AGENT, OTHER_AGENT, UTILITY, HOME, PLANT];

/// 1 EUR in nEUR.
pub const EUR: Balance = 1_000_000_000;
/// What every member has at genesis, in nEUR.
pub const WEALTH: Balance = 1_000 * EUR;
pub const CEILING: Balance = 10_000 * EUR;

#[frame_support::runtime]
mod test_runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Issuance = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

impl crate::Config for Test {
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = Members;
	type MaxPayments = ConstU32<4>;
	type MaxPending = ConstU32<3>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Members;
}

/// The members; the two agents are settlement agents.
pub struct Members;

/// The participant behind an account.
pub fn participant(account: AccountId) -> ParticipantId {
	ParticipantId([account as u8; 16])
}

impl Participants<AccountId> for Members {
	fn participant(account: &AccountId) -> Option<ParticipantId> {
		MEMBERS.contains(account).then(|| participant(*account))
	}

	fn account(id: ParticipantId) -> Option<AccountId> {
		MEMBERS.into_iter().find(|account| participant(*account) == id)
	}

	fn ensure(account: &AccountId, role: Role, _zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let agent = role == Role::SettlementAgent && [AGENT, OTHER_AGENT].contains(account);
		agent.then(|| participant(*account)).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Self::ensure(account, role, None)
	}

	fn ensure_acts_for(account: &AccountId, id: ParticipantId, _right: Right) -> DispatchResult {
		(Self::participant(account) == Some(id)).then_some(()).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_active(id: ParticipantId) -> DispatchResult {
		Self::account(id).map(|_| ()).ok_or(DispatchError::BadOrigin)
	}
}

/// The state at genesis, every member owning [`WEALTH`].
pub fn empty() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: MEMBERS.into_iter().map(|account| (account, WEALTH)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	crate::GenesisConfig::<Test> { ceiling: CEILING, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut state = sp_io::TestExternalities::new(storage);
	state.execute_with(|| {
		System::set_block_number(1);
		for member in MEMBERS {
			// As membership does: a member's account outlives its money.
			System::inc_providers(&member);
		}
	});
	state
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		Issuance::do_try_state().unwrap();
	});
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Members {
	fn agents() -> (AccountId, AccountId) {
		(AGENT, OTHER_AGENT)
	}
}
