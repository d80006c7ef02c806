//! A runtime with this pallet, and a world that stands in for the other ones.

use busbar_primitives::{
	traits::{Calendar, Grid, Participants, Settled, Zones},
	Fee, Interval, Moment, ParticipantId, Point, PointId, PointKind, Right, Role, Terms, ZoneId, ZoneView,
};
use frame_support::derive_impl;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};
use std::{cell::RefCell, collections::BTreeSet};

pub type AccountId = u64;

/// The owner of the one connection point.
pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
/// Retailers.
pub const SHOP: AccountId = 12;
pub const OTHER_SHOP: AccountId = 13;
/// No member.
pub const STRANGER: AccountId = 90;

pub const MEMBERS: [AccountId; 4] = [HOME, PLANT, SHOP, OTHER_SHOP];

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
	pub type Supply = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

impl crate::Config for Test {
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Settlement = World;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

/// What the other pallets know.
#[derive(Clone, Default)]
pub struct World {
	pub first_unopened: Interval,
	pub settled: BTreeSet<Interval>,
	pub delegates: BTreeSet<(AccountId, ParticipantId, Right)>,
}

thread_local! {
	static WORLD: RefCell<World> = RefCell::new(World::default());
}

/// Changes the world.
pub fn world<R>(change: impl FnOnce(&mut World) -> R) -> R {
	WORLD.with(|world| change(&mut world.borrow_mut()))
}

/// The participant behind an account.
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

	fn ensure(account: &AccountId, role: Role, _zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let holds = role == Role::Retailer && [SHOP, OTHER_SHOP].contains(account);
		holds.then(|| participant(*account)).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Self::ensure(account, role, None)
	}

	fn ensure_acts_for(account: &AccountId, id: ParticipantId, right: Right) -> DispatchResult {
		let acts = Self::participant(account) == Some(id) || world(|w| w.delegates.contains(&(*account, id, right)));
		acts.then_some(()).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_active(id: ParticipantId) -> DispatchResult {
		Self::account(id).map(|_| ()).ok_or(DispatchError::BadOrigin)
	}
}

impl Zones for World {
	fn is_within_any(_zone: ZoneId, ancestors: &[ZoneId]) -> bool {
		ancestors.contains(&0)
	}
}

impl Grid for World {
	fn zones(_interval: Interval, _zones: core::ops::Range<ZoneId>) -> Vec<ZoneView> {
		Vec::new()
	}

	fn zone_count() -> u32 {
		0
	}

	fn point(point: PointId) -> Option<Point> {
		let (kind, owner) = (PointKind::Metered, participant(HOME));
		let details = Point { owner, zone: 1, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None };
		(point == 0).then_some(details)
	}

	fn point_count() -> PointId {
		1
	}

	fn points_of(_participant: ParticipantId, _limit: u32) -> Vec<PointId> {
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
		world(|w| w.first_unopened)
	}

	fn terms(_interval: Interval) -> Option<Terms> {
		None
	}

	fn is_open(_interval: Interval) -> bool {
		false
	}

	fn takes_limits(_interval: Interval) -> bool {
		false
	}
}

impl Settled for World {
	fn is_settled(interval: Interval) -> bool {
		world(|w| w.settled.contains(&interval))
	}
}

/// The state at genesis.
pub fn empty() -> sp_io::TestExternalities {
	world(|w| *w = World::default());
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

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for World {
	fn point() -> (PointId, AccountId) {
		(0, HOME)
	}

	fn retailer() -> (ParticipantId, AccountId) {
		(participant(SHOP), SHOP)
	}

	fn settle(interval: Interval) {
		world(|w| w.settled.insert(interval));
	}
}
