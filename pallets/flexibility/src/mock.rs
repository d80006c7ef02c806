//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::HoldReason;
use busbar_primitives::{
	traits::{Calendar, Finality, Grid, Participants, Zones},
	Balance, Fee, Interval, Moment, ParticipantId, Point, PointId, PointKind, PostedBounds, Right, Role, Terms, ZoneId,
	ZoneView,
};
use frame_support::{
	derive_impl,
	traits::{fungible::InspectHold, ConstU128},
};
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};
use std::{cell::RefCell, collections::BTreeSet};

pub type AccountId = u64;

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
	pub type Flexibility = crate;
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

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Finality = World;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

/// What the other pallets know.
#[derive(Clone, Default)]
pub struct World {
	pub now: Moment,
	pub points: Vec<Point>,
	pub finals: BTreeSet<Interval>,
	pub delegates: BTreeSet<(AccountId, ParticipantId, Right)>,
	pub gone: BTreeSet<AccountId>,
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
		(MEMBERS.contains(account) && !world(|w| w.gone.contains(account))).then(|| participant(*account))
	}

	fn account(id: ParticipantId) -> Option<AccountId> {
		MEMBERS.into_iter().find(|account| participant(*account) == id && Self::participant(account).is_some())
	}

	fn ensure(account: &AccountId, role: Role, _zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let holds = (*account, role) == (GRID_OPERATOR, Role::Dso);
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
		world(|w| w.points.get(point as usize).copied())
	}

	fn point_count() -> PointId {
		world(|w| w.points.len() as u32)
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
		world(|w| w.now)
	}

	fn interval_s() -> u32 {
		900
	}

	fn first_unopened() -> Interval {
		8
	}

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

	fn is_open(_interval: Interval) -> bool {
		false
	}

	fn takes_limits(_interval: Interval) -> bool {
		false
	}
}

impl Finality for World {
	fn is_final(interval: Interval) -> bool {
		world(|w| w.finals.contains(&interval))
	}
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
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: MEMBERS.into_iter().map(|account| (account, WEALTH)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	world(|w| *w = World { points: vec![point(HOME), point(PLANT)], ..World::default() });
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
		Flexibility::do_try_state().unwrap();
	});
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for World {
	fn point() -> (PointId, AccountId) {
		(0, HOME)
	}

	fn open_interval() -> Interval {
		3
	}

	fn dso() -> AccountId {
		GRID_OPERATOR
	}
}
