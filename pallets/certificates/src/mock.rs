//! A runtime with this pallet, and a world that stands in for the other ones.

use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Zones},
	Fee, Interval, Moment, ParticipantId, Point, PointId, PointKind, Right, Role, Terms, ZoneId, ZoneView,
};
use frame_support::{derive_impl, parameter_types, traits::ConstU32};
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub type AccountId = u64;

pub const REGULATOR: AccountId = 1;
pub const PLANT: AccountId = 2;
pub const HOME: AccountId = 3;
pub const SHOP: AccountId = 4;
pub const UTILITY: AccountId = 5;
const MEMBERS: [AccountId; 5] = [REGULATOR, PLANT, HOME, SHOP, UTILITY];

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
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Certificates = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

parameter_types! {
	pub storage FirstUnopened: Interval = 0;
}

impl crate::Config for Test {
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Period = ConstU32<10>;
	type Lifetime = ConstU32<2>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

/// What the other pallets know: every account is its own participant, every point is in zone 7.
pub struct World;

pub fn participant(account: AccountId) -> ParticipantId {
	ParticipantId([account as u8; 16])
}

impl Participants<AccountId> for World {
	fn participant(account: &AccountId) -> Option<ParticipantId> {
		MEMBERS.contains(account).then(|| participant(*account))
	}
	fn account(id: ParticipantId) -> Option<AccountId> {
		MEMBERS.into_iter().find(|account| participant(*account) == id)
	}
	fn ensure(account: &AccountId, role: Role, _: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let is = *account == REGULATOR && role == Role::Regulator;
		is.then(|| participant(*account)).ok_or(DispatchError::BadOrigin)
	}
	fn ensure_acts_for(account: &AccountId, id: ParticipantId, _: Right) -> DispatchResult {
		(participant(*account) == id).then_some(()).ok_or(DispatchError::BadOrigin)
	}
	fn ensure_active(_: ParticipantId) -> DispatchResult {
		Ok(())
	}
}

impl Zones for World {
	fn is_within(_: ZoneId, _: ZoneId) -> bool {
		true
	}
}

/// A connection point that has always been there.
pub fn point() -> Point {
	let owner = participant(PLANT);
	Point { owner, zone: 7, kind: PointKind::Metered, import_w: 1, export_w: 1, from: 0, until: None }
}

impl Grid for World {
	fn zones(_: Interval, _: core::ops::Range<ZoneId>) -> Vec<ZoneView> {
		Vec::new()
	}
	fn zone_count() -> u32 {
		0
	}
	fn point(id: PointId) -> Option<Point> {
		(id < 10).then(point)
	}
	fn point_count() -> PointId {
		10
	}
	fn points_of(_: ParticipantId, _: u32) -> Vec<PointId> {
		Vec::new()
	}
	fn max_path_fee() -> Fee {
		0
	}
}

impl Calendar for World {
	fn now() -> Moment {
		0
	}
	fn interval_s() -> u32 {
		900
	}
	fn first_unopened() -> Interval {
		FirstUnopened::get()
	}
	fn terms(_: Interval) -> Option<Terms> {
		None
	}
	fn takes_limits(_: Interval) -> bool {
		false
	}
}

/// The state at genesis.
pub fn empty() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("the genesis is sound");
	let mut state = sp_io::TestExternalities::new(storage);
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
impl crate::BenchmarkHelper<AccountId> for World {
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
