//! A runtime with this pallet, and members with roles.

use busbar_mocks::MockParticipants;
use busbar_primitives::{Balance, Role, Scope};
use frame_support::traits::ConstU32;
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

busbar_mocks::test_runtime!(with money; 2: Issuance = crate);

frame_support::parameter_types! {
	/// By default as many as may wait at all.
	pub static MaxPendingOf: u32 = 3;
}

impl crate::Config for Test {
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = MockParticipants;
	type MaxPayments = ConstU32<4>;
	type MaxPending = ConstU32<3>;
	type MaxPendingOf = MaxPendingOf;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

/// The state at genesis, every member owning [`WEALTH`].
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	for agent in [AGENT, OTHER_AGENT] {
		MockParticipants::grant(agent, Role::SettlementAgent, Scope::Grid);
	}
	let ceiling = crate::GenesisConfig::<Test> { ceiling: CEILING, ..Default::default() };
	wealthy(&MEMBERS, WEALTH, |storage| ceiling.assimilate_storage(storage).unwrap())
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

	fn payee(number: u32) -> AccountId {
		let account = 1_000 + AccountId::from(number);
		MockParticipants::register([account]);
		account
	}
}
