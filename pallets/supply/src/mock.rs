//! A runtime with this pallet, and a world that stands in for the other ones.

use busbar_mocks::{MockCalendar, MockGrid, MockParticipants};
use busbar_primitives::{traits::Settled, Interval, Point, PointKind, Role, Scope};
use frame_support::parameter_types;
use sp_runtime::BuildStorage;

pub use busbar_mocks::{id as participant, refused, AccountId};

/// The owner of the one connection point.
pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
/// Retailers.
pub const SHOP: AccountId = 12;
pub const OTHER_SHOP: AccountId = 13;
/// No member.
pub const STRANGER: AccountId = 90;

pub const MEMBERS: [AccountId; 4] = [HOME, PLANT, SHOP, OTHER_SHOP];

busbar_mocks::test_runtime!(1: Supply = crate);

impl crate::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Settlement = Settlement;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

parameter_types! {
	/// What the calendar and settlement say. In the state, so that benchmarks may begin with it.
	pub storage FirstUnopened: Interval = 0;
	pub storage LastSettled: Option<Interval> = None;
}

/// Whether an interval is settled: [`LastSettled`] is.
pub struct Settlement;

impl Settled for Settlement {
	fn is_settled(interval: Interval) -> bool {
		LastSettled::get() == Some(interval)
	}
}

/// The state at genesis.
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	for retailer in [SHOP, OTHER_SHOP] {
		MockParticipants::grant(retailer, Role::Retailer, Scope::Grid);
	}
	let (kind, owner) = (PointKind::Metered, participant(HOME));
	MockGrid::points(vec![Point { owner, zone: 1, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None }]);
	MockCalendar::on_first_unopened(FirstUnopened::get);
	let mut state: sp_io::TestExternalities =
		frame_system::GenesisConfig::<Test>::default().build_storage().unwrap().into();
	state.execute_with(|| System::set_block_number(1));
	state
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		Supply::do_try_state().unwrap();
	});
}

/// What the benchmarks start from.
#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn point() -> (busbar_primitives::PointId, AccountId) {
		(0, HOME)
	}

	fn retailer() -> (busbar_primitives::ParticipantId, AccountId) {
		(participant(SHOP), SHOP)
	}

	fn settle(interval: Interval) {
		LastSettled::set(&Some(interval));
	}
}
