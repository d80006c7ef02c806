//! A runtime with this pallet, with mocks of the market, the participants and the grid.

use busbar_mocks::{MockCalendar, MockGrid, MockParticipants};
use busbar_primitives::{Interval, Point, PointKind, Role, Scope};
use frame_support::{parameter_types, traits::ConstU32};
use sp_runtime::BuildStorage;

pub use busbar_mocks::{id as participant, refused, AccountId};

pub const REGULATOR: AccountId = 1;
pub const PLANT: AccountId = 2;
pub const HOME: AccountId = 3;
pub const SHOP: AccountId = 4;
pub const UTILITY: AccountId = 5;

busbar_mocks::test_runtime!(1: Certificates = crate);

parameter_types! {
	pub storage FirstUnopened: Interval = 0;
}

impl crate::Config for Test {
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Period = ConstU32<10>;
	type Lifetime = ConstU32<2>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

/// A connection point that has always been there.
pub fn point() -> Point {
	let owner = participant(PLANT);
	Point { owner, zone: 7, kind: PointKind::Metered, import_w: 1, export_w: 1, from: 0, until: None }
}

/// What the other pallets know: every account is its own participant, the points 0 to 9 are alike.
fn set_up() {
	busbar_mocks::reset();
	MockParticipants::register(REGULATOR..=UTILITY);
	MockParticipants::grant(REGULATOR, Role::Regulator, Scope::Grid);
	MockGrid::on_point(|id| (id < 10).then(point));
	MockCalendar::on_first_unopened(FirstUnopened::get);
}

/// The state at genesis.
pub fn empty() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("the genesis is sound");
	let mut state = sp_io::TestExternalities::new(storage);
	set_up();
	state.execute_with(|| System::set_block_number(1));
	state
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		Certificates::do_try_state().expect("every invariant holds");
	});
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn regulator() -> (AccountId, PointId) {
		(REGULATOR, 0)
	}
	fn members() -> [(ParticipantId, AccountId); 2] {
		[(participant(HOME), HOME), (participant(SHOP), SHOP)]
	}
	fn open(intervals: u32) {
		FirstUnopened::set(&intervals);
	}
}
