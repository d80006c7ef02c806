//! A runtime of this pallet alone, with mocks of the market and the participants.

use crate::{self as pallet_grid, Error};
use busbar_mocks::{MockBalancing, MockCalendar, MockFlows, MockGrid, MockParticipants};
use busbar_primitives::{
	traits::Zones as _, Fee, Interval, Link, Moment, PointKind, PostedBounds, Role, Scope, SignedWh, Terms, ZoneId,
};
use frame_support::{assert_ok, parameter_types, traits::ConstU32};
use frame_system::EnsureRoot;
use sp_runtime::BuildStorage;

pub use busbar_mocks::{id, refused, AccountId};

/// Operates the whole grid.
pub const DSO: AccountId = 1;
/// Operates zone 1 and what is below it.
pub const FEEDER_DSO: AccountId = 2;
/// A member without a role, which balances.
pub const MEMBER: AccountId = 3;
/// A member that was suspended.
pub const SUSPENDED: AccountId = 4;

pub const EPOCH: Moment = 1_000_000;
pub const CLOCK: Moment = 10_000;
/// Intervals whose session is open ahead of the one in delivery.
pub const HORIZON: Interval = 4;
/// Intervals for which a proposal may be accepted.
pub const PROPOSAL_LIFE: Interval = 10;

busbar_mocks::test_runtime!(1: Grid = pallet_grid);

parameter_types! {
	pub static Now: Moment = EPOCH;
	/// Flow that is sold, by zone.
	pub static Sold: Vec<(ZoneId, SignedWh)> = Vec::new();
	/// Intervals whose limits were said to have changed.
	pub static Changed: Vec<Interval> = Vec::new();
	pub static MaxZones: u32 = 100;
	pub static MaxPoints: u32 = 50;
	pub static MaxZonePoints: u32 = 1_000;
	pub const MaxRating: u64 = 1_000_000;
	pub const MaxDepth: u32 = 8;
	pub const MaxPathFee: Fee = 1_000;
	pub const MaxBatch: u32 = 4;
}

impl pallet_grid::Config for Test {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = MockParticipants;
	type Calendar = MockCalendar;
	type Flows = MockFlows;
	type Balancing = MockBalancing;
	type MaxZones = MaxZones;
	type MaxDepth = MaxDepth;
	type MaxPathFee = MaxPathFee;
	type MaxPoints = MaxPoints;
	type MaxZonePoints = MaxZonePoints;
	type MaxRating = MaxRating;
	type ProposalLife = ConstU32<PROPOSAL_LIFE>;
	type MaxBatch = MaxBatch;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn dso() -> AccountId {
		DSO
	}
	fn dso_everywhere() -> AccountId {
		DSO
	}
	fn branches(zones: u32) -> Vec<ZoneId> {
		add_root();
		let depth = MaxDepth::get();
		(1..zones).for_each(|zone| {
			add_zone(if zone % depth == 1 { 0 } else { zone - 1 }, link(1, 0));
		});
		(0..zones).filter(|zone| zone % depth == 0 || zone + 1 == zones).collect()
	}
	fn sold_interval(zones: u32) -> (Vec<ZoneId>, Interval) {
		Self::branches(zones + 1);
		((1..=zones).collect(), Self::open_interval())
	}
	fn operator(zone: ZoneId) -> AccountId {
		MockParticipants::grant(MEMBER, Role::Dso, Scope::Zone(zone));
		MEMBER
	}
	fn owner() -> busbar_primitives::ParticipantId {
		id(MEMBER)
	}
	fn delegate(owner: busbar_primitives::ParticipantId, account: &AccountId) {
		let owner = (DSO..=SUSPENDED).find(|member| id(*member) == owner).expect("a member");
		MockParticipants::delegate(owner, *account, busbar_primitives::Right::Operate);
	}
	fn open_interval() -> Interval {
		at_interval(HORIZON);
		HORIZON + 1
	}
}

/// The first interval whose session has not opened.
pub fn first_unopened() -> Interval {
	((Now::get() - EPOCH) / CLOCK) as Interval + HORIZON + 1
}

/// Gates close half an interval before delivery; an interval is final five intervals after it began.
fn terms(interval: Interval) -> Option<Terms> {
	let delivery_start = EPOCH + CLOCK * Moment::from(interval);
	(interval < first_unopened()).then_some(Terms {
		delivery_start,
		delivery_end: delivery_start + CLOCK,
		gate_closure: delivery_start - CLOCK,
		last_gate_closure: delivery_start - CLOCK / 2,
		first_run: delivery_start + 2 * CLOCK,
		attestation_end: delivery_start + 2 * CLOCK,
		dispute_end: delivery_start + 5 * CLOCK,
		tick: 1,
		price_floor: -1_000,
		price_cap: 1_000,
		posted: PostedBounds::default(),
	})
}

/// Who there is, and what the market says.
pub fn set_up() {
	busbar_mocks::reset();
	Now::set(EPOCH);
	Sold::set(Vec::new());
	Changed::set(Vec::new());
	MockParticipants::register(DSO..=SUSPENDED);
	MockParticipants::grant(DSO, Role::Dso, Scope::Grid);
	MockParticipants::grant(FEEDER_DSO, Role::Dso, Scope::Zone(1));
	MockParticipants::suspend(SUSPENDED);
	MockBalancing::on_party(|| Some(id(MEMBER)));
	MockGrid::on_is_within_any(Grid::is_within_any);
	MockCalendar::on_now(Now::get);
	MockCalendar::on_interval_s(|| 900);
	MockCalendar::on_first_unopened(first_unopened);
	MockCalendar::on_terms_until_gates(terms);
	let sold = |zone: &ZoneId| Sold::get().into_iter().find(|(at, _)| at == zone).map_or(0, |(_, flow)| flow);
	MockFlows::on_sold(move |_, zones| zones.iter().map(sold).collect());
	MockFlows::on_limits_changed(|interval| Changed::mutate(|changed| changed.push(interval)));
}

/// Lets chain time be the start of an interval.
pub fn at_interval(interval: Interval) {
	Now::set(EPOCH + CLOCK * Moment::from(interval));
}

pub fn link(limit: u64, fee: Fee) -> Link {
	Link { import_w: Some(limit), export_w: Some(limit / 2), fee }
}

/// Adds the root.
pub fn add_root() {
	assert_ok!(Grid::add_zone(RawOrigin::Root.into(), None, Link::default()));
}

/// Adds a zone and returns its number.
pub fn add_zone(parent: ZoneId, link: Link) -> ZoneId {
	let zone = crate::NextZone::<Test>::get();
	assert_ok!(Grid::add_zone(RuntimeOrigin::signed(DSO), Some(parent), link));
	zone
}

/// Adds a point of [`MEMBER`] and returns its number.
pub fn add_point(zone: ZoneId) -> u32 {
	let point = crate::NextPoint::<Test>::get();
	assert_ok!(Grid::add_point(RuntimeOrigin::signed(DSO), zone, id(MEMBER), PointKind::Metered, 4_000, 2_000));
	point
}

/// The root, zone 1 below it with fee 100, zone 2 below that with fee 10, and zone 3 below the root with fee 7.
pub fn small_grid() {
	add_root();
	add_zone(0, link(1_000, 100));
	add_zone(1, link(500, 10));
	add_zone(0, link(200, 7));
}

/// Runs a test on an empty chain and checks the invariants after it.
pub fn run<R>(test: impl FnOnce() -> R) -> R {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		set_up();
		let result = test();
		Grid::do_try_state().unwrap();
		result
	})
}

pub use frame_system::RawOrigin;
pub type GridError = Error<Test>;
