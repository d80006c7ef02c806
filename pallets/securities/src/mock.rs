//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::{HoldReason, Secured};
use busbar_mocks::{MockCalendar, MockGrid, MockParticipants};
use busbar_primitives::{traits::Settled, Balance, Interval, Point, PointKind, Role, Scope};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::InspectHold, ConstU128, ConstU32},
	PalletId,
};
use sp_runtime::BuildStorage;

pub use busbar_mocks::{id as participant, refused, AccountId};

pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
/// A retailer.
pub const SHOP: AccountId = 12;
pub const AGGREGATOR: AccountId = 13;
/// Where settlement collects.
pub const POT: AccountId = 50;

pub const MEMBERS: [AccountId; 4] = [HOME, PLANT, SHOP, AGGREGATOR];

/// What every member has at genesis, in nEUR.
pub const WEALTH: Balance = 1_000_000_000_000;

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
	pub type Securities = crate;
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
	type RuntimeHoldReason = RuntimeHoldReason;
}

parameter_types! {
	pub const FundId: PalletId = PalletId(*b"fund/sec");
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Settlement = Settlement;
	type FundId = FundId;
	type MaxPoints = ConstU32<4>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

parameter_types! {
	/// What the calendar and settlement say. In the state, so that benchmarks may begin with it.
	pub storage FirstUnopened: Interval = 8;
	pub storage LastSettled: Option<Interval> = None;
}

/// Whether an interval is settled: [`LastSettled`] is.
pub struct Settlement;

impl Settled for Settlement {
	fn is_settled(interval: Interval) -> bool {
		LastSettled::get() == Some(interval)
	}
}

/// A connection point that has always been there.
pub fn point(owner: AccountId) -> Point {
	let (kind, owner) = (PointKind::Metered, participant(owner));
	Point { owner, zone: 1, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None }
}

/// Money held in an account for a reason, in nEUR.
pub fn held(account: AccountId, reason: HoldReason) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
}

/// The state at genesis: every member owns [`WEALTH`], the home has two points, intervals up to 7 are open.
pub fn empty() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: MEMBERS.into_iter().map(|account| (account, WEALTH)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	MockParticipants::grant(SHOP, Role::Retailer, Scope::Grid);
	MockParticipants::grant(AGGREGATOR, Role::Aggregator, Scope::Grid);
	MockGrid::points(vec![point(HOME), point(HOME)]);
	MockCalendar::on_first_unopened(FirstUnopened::get);
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
		Securities::do_try_state().unwrap();
		let sum = |account| Secured::<Test>::iter_values().filter(|s| s.account == account).map(|s| s.amount).sum();
		for account in MEMBERS {
			let secured: Balance = sum(account);
			assert_eq!(held(account, HoldReason::Deposit) + held(account, HoldReason::Guarantee), secured);
		}
	});
}

/// What the benchmarks start from.
#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn member() -> (busbar_primitives::ParticipantId, AccountId) {
		(participant(HOME), HOME)
	}

	fn points(count: u32) -> (Vec<busbar_primitives::PointId>, AccountId) {
		let owners = [HOME, PLANT, SHOP];
		MockGrid::points(owners.into_iter().cycle().map(point).take(count as usize).collect());
		for owner in owners {
			MockParticipants::delegate(owner, AGGREGATOR, busbar_primitives::Right::Funds);
		}
		((0..count).collect(), AGGREGATOR)
	}

	fn retailer() -> AccountId {
		SHOP
	}

	fn settle(interval: Interval) {
		LastSettled::set(&Some(interval));
	}
}
