//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::HoldReason;
use busbar_mocks::{MockCalendar, MockFinality, MockGrid, MockParticipants, MockPositions, MockReadings};
use busbar_primitives::{
	Balance, Interval, Moment, Point, PointKind, Position, PostedBounds, Price, Role, Scope, SignedWh, Terms,
};
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

pub const DELIVERY_START: Moment = 1_000;
pub const DELIVERY_END: Moment = 2_000;

/// The greatest price of the intervals' terms.
pub const DEAREST: Price = 500_000;

busbar_mocks::test_runtime!(with money; 2: Flexibility = crate);

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Positions = MockPositions;
	type Readings = MockReadings;
	type Finality = MockFinality;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

/// Terms of every interval.
pub fn open_terms() -> Terms {
	Terms {
		delivery_start: DELIVERY_START,
		delivery_end: DELIVERY_END,
		gate_closure: 500,
		last_gate_closure: 500,
		first_run: 3_000,
		attestation_end: 3_000,
		dispute_end: 4_000,
		tick: 1,
		price_floor: -500_000,
		price_cap: DEAREST,
		posted: PostedBounds { short_max: 400_000, long_min: -100_000 },
	}
}

/// Terms of intervals up to 7.
fn terms(interval: Interval) -> Option<Terms> {
	(interval < 8).then(open_terms)
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

/// Money held in an account for orders, in nEUR.
pub fn funds(account: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Order.into(), &account)
}

/// Lets the market have ended, after which every point has bought so much, or sold it if that is below zero.
pub fn contract(net: SignedWh) {
	let position = Position { bought: net.max(0).unsigned_abs(), sold: net.min(0).unsigned_abs() };
	MockPositions::on_of(move |_, _| position);
	MockPositions::on_outcome(|_| Some(Default::default()));
}

/// The state at genesis: every member owns [`WEALTH`], intervals up to 7 are open.
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	MockParticipants::grant(GRID_OPERATOR, Role::Dso, Scope::Grid);
	for trader in [HOME, PLANT] {
		MockParticipants::grant(trader, Role::Prosumer, Scope::Grid);
	}
	MockGrid::points(vec![point(HOME), point(PLANT)]);
	MockCalendar::on_now(|| 0);
	MockCalendar::on_interval_s(|| 900);
	MockCalendar::on_terms_until_gates(terms);
	MockPositions::on_outcome(|_| None);
	MockPositions::on_of(|_, _| Position::default());
	MockReadings::on_like(|_, _, _, _| Vec::new());
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
