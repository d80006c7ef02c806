//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::HoldReason;
use busbar_mocks::{MockCalendar, MockFinality, MockGrid, MockParticipants};
use busbar_primitives::{Balance, Interval, Moment, Point, PointKind, PostedBounds, Role, Scope, Terms};
use frame_support::traits::fungible::InspectHold;

pub use busbar_mocks::{id as participant, refused, AccountId};

pub const UTILITY: AccountId = 3;
/// Owner of point 0.
pub const HOME: AccountId = 10;
/// Owner of point 1.
pub const PLANT: AccountId = 11;
pub const GRID_OPERATOR: AccountId = 13;

pub const MEMBERS: [AccountId; 4] = [UTILITY, HOME, PLANT, GRID_OPERATOR];

/// What every member has at genesis, in nEUR.
pub const WEALTH: Balance = 1_000_000_000_000;

pub const DELIVERY_END: Moment = 2_000;

busbar_mocks::test_runtime!(with money; 2: Flexibility = crate);

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Finality = MockFinality;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

/// Terms of intervals up to 7.
fn terms(interval: Interval) -> Option<Terms> {
	(interval < 8).then_some(Terms {
		delivery_start: 1_000,
		delivery_end: DELIVERY_END,
		gate_closure: 500,
		last_gate_closure: 500,
		attestation_end: 3_000,
		dispute_end: 4_000,
		tick: 1,
		price_floor: -500_000,
		price_cap: 500_000,
		posted: PostedBounds { short_max: 400_000, long_min: -100_000 },
	})
}

/// A connection point that has always been there.
pub fn point(owner: AccountId) -> Point {
	let (kind, owner) = (PointKind::Metered, participant(owner));
	Point { owner, zone: 1, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None }
}

/// Money held in an account for charges, in nEUR.
pub fn held(account: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Charge.into(), &account)
}

/// The state at genesis: every member owns [`WEALTH`], intervals up to 7 are open.
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	MockParticipants::grant(GRID_OPERATOR, Role::Dso, Scope::Grid);
	MockGrid::points(vec![point(HOME), point(PLANT)]);
	MockCalendar::on_now(|| 0);
	MockCalendar::on_terms_until_gates(terms);
	MockFinality::on_is_final(|_| false);
	wealthy(&MEMBERS, WEALTH, |_| ())
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		Flexibility::do_try_state().unwrap();
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

	fn open_interval() -> Interval {
		3
	}

	fn dso() -> AccountId {
		GRID_OPERATOR
	}
}
