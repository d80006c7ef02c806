//! A runtime with this pallet, and members with roles.

use busbar_mocks::MockParticipants;
use busbar_primitives::{Balance, Role, Scope};
use frame_support::{
	derive_impl,
	traits::{ConstU128, ConstU32},
};
use frame_system::EnsureRoot;
use sp_runtime::BuildStorage;

pub use busbar_mocks::{id as participant, refused, AccountId};

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
	type Participants = MockParticipants;
	type MaxPayments = ConstU32<4>;
	type MaxPending = ConstU32<3>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
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
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	for agent in [AGENT, OTHER_AGENT] {
		MockParticipants::grant(agent, Role::SettlementAgent, Scope::Grid);
	}
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

/// What the benchmarks start from.
#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn agents() -> (AccountId, AccountId) {
		(AGENT, OTHER_AGENT)
	}
}
