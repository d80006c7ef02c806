//! A runtime of this pallet alone, with a calendar, participants and a grid that tests set.

use crate::{self as pallet_metering, leaf, Error, ProvenReading, Reading, Salt};
use busbar_primitives::{
	traits::{self, Zones as _},
	Fee, Interval, Moment, ParticipantId, Point, PointId, PointKind, PostedBounds, Quality, Right, Role, Terms, ZoneId,
	ZoneView,
};
use frame_support::{assert_ok, derive_impl, parameter_types};
use frame_system::mocking::MockBlock;
use sp_core::H256;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub type AccountId = u64;

/// Reads meters everywhere.
pub const OPERATOR: AccountId = 1;
/// Reads meters in zone 1.
pub const LOCAL_OPERATOR: AccountId = 2;
/// A member without a role.
pub const MEMBER: AccountId = 3;

/// Points in zone 1, then points in zone 2.
pub const POINTS: PointId = 40;
pub const POINTS_IN_ZONE_1: PointId = 20;
/// Exists only from interval 6 on.
pub const YOUNG_POINT: PointId = 18;
/// Exists only before interval 5.
pub const OLD_POINT: PointId = 19;

/// The interval that tests read; its delivery is over in [`run`].
pub const INTERVAL: Interval = 5;
pub const CLOCK: Moment = 10_000;

pub const fn id(account: AccountId) -> ParticipantId {
	let mut bytes = [0; 16];
	bytes[0] = account as u8;
	ParticipantId(bytes)
}

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
	pub type Metering = pallet_metering;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlock<Test>;
}

parameter_types! {
	pub static Now: Moment = 0;
	pub const MaxReadings: u32 = 16;
}

impl pallet_metering::Config for Test {
	type Participants = Members;
	type Grid = Feeders;
	type Calendar = Clock;
	type MaxReadings = MaxReadings;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Members;
}

pub struct Members;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Members {
	fn operator() -> (AccountId, ParticipantId) {
		(OPERATOR, id(OPERATOR))
	}
	fn add_points(_: u32) {}
	fn delivered_interval() -> Interval {
		Now::set(delivery_end(INTERVAL));
		INTERVAL
	}
}

impl traits::Participants<AccountId> for Members {
	fn participant(account: &AccountId) -> Option<ParticipantId> {
		(*account <= MEMBER).then(|| id(*account))
	}

	fn account(participant: ParticipantId) -> Option<AccountId> {
		(OPERATOR..=MEMBER).find(|account| id(*account) == participant)
	}

	fn ensure(account: &AccountId, role: Role, zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let holds = match (*account, role) {
			(OPERATOR, Role::MeterOperator) => true,
			(LOCAL_OPERATOR, Role::MeterOperator) => zone.is_some_and(|zone| Feeders::is_within(zone, 1)),
			_ => false,
		};
		holds.then(|| id(*account)).ok_or(DispatchError::Other("no role"))
	}

	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Self::ensure(account, role, Some(1))
	}

	fn ensure_acts_for(_: &AccountId, _: ParticipantId, _: Right) -> DispatchResult {
		Err(DispatchError::Other("nobody acts for another here"))
	}

	fn ensure_active(_: ParticipantId) -> DispatchResult {
		Ok(())
	}
}

/// The root with two zones below it.
pub struct Feeders;

impl traits::Zones for Feeders {
	fn is_within(zone: ZoneId, ancestor: ZoneId) -> bool {
		zone <= 2 && (ancestor == 0 || zone == ancestor)
	}
}

impl traits::Grid for Feeders {
	fn zones(_: Interval, _: core::ops::Range<ZoneId>) -> Vec<ZoneView> {
		Vec::new()
	}

	fn zone_count() -> u32 {
		3
	}

	fn point(point: PointId) -> Option<Point> {
		(point < POINTS).then_some(Point {
			owner: id(MEMBER),
			zone: if point < POINTS_IN_ZONE_1 { 1 } else { 2 },
			kind: PointKind::Metered,
			import_w: 4_000,
			export_w: 4_000,
			from: if point == YOUNG_POINT { INTERVAL + 1 } else { 0 },
			until: (point == OLD_POINT).then_some(INTERVAL),
		})
	}

	fn point_count() -> PointId {
		POINTS
	}

	fn points_of(_: ParticipantId, _: u32) -> Vec<PointId> {
		Vec::new()
	}

	fn max_path_fee() -> Fee {
		0
	}
}

/// The attestation window is two intervals long; the four intervals after the one in delivery are open.
pub struct Clock;

pub const fn delivery_end(interval: Interval) -> Moment {
	CLOCK * (interval as Moment + 1)
}

pub const fn attestation_end(interval: Interval) -> Moment {
	delivery_end(interval) + 2 * CLOCK
}

impl traits::Calendar for Clock {
	fn now() -> Moment {
		Now::get()
	}

	fn interval_s() -> u32 {
		900
	}

	fn first_unopened() -> Interval {
		(Now::get() / CLOCK) as Interval + 5
	}

	fn terms(interval: Interval) -> Option<Terms> {
		(interval < Self::first_unopened()).then_some(Terms {
			delivery_start: delivery_end(interval) - CLOCK,
			delivery_end: delivery_end(interval),
			gate_closure: delivery_end(interval) - CLOCK,
			last_gate_closure: delivery_end(interval) - CLOCK,
			attestation_end: attestation_end(interval),
			dispute_end: attestation_end(interval) + CLOCK,
			tick: 1,
			price_floor: 0,
			price_cap: 1,
			posted: PostedBounds::default(),
		})
	}

	fn takes_limits(interval: Interval) -> bool {
		Self::is_open(interval)
	}
}

/// The salt of a point's reading.
pub fn salt(point: PointId) -> Salt {
	[point as u8; 16]
}

pub fn reading(point: PointId) -> Reading {
	Reading {
		point,
		interval: INTERVAL,
		import: 100 + u64::from(point),
		export: 3,
		import_varh: -7,
		export_varh: 8,
		quality: Quality::Measured,
	}
}

/// The dataset of these readings: its root, and each reading with its proof.
pub fn dataset(readings: &[Reading]) -> (H256, Vec<ProvenReading>) {
	let leaves: Vec<_> = readings.iter().map(|reading| leaf(&salt(reading.point), reading)).collect();
	let proven = (0u32..).zip(readings).map(|(index, reading)| ProvenReading {
		reading: *reading,
		salt: salt(reading.point),
		index,
		proof: busbar_merkle::proof(&leaves, index).unwrap().try_into().unwrap(),
	});
	(busbar_merkle::root(&leaves), proven.collect())
}

/// Registers the meters of these points for an operator.
pub fn register(operator: AccountId, points: impl IntoIterator<Item = PointId>) {
	for point in points {
		assert_ok!(Metering::register_meter(RuntimeOrigin::signed(operator), point, [point as u8; 32]));
	}
}

/// Attests these readings of [`INTERVAL`] and returns them with their proofs.
pub fn attest(operator: AccountId, readings: &[Reading]) -> Vec<ProvenReading> {
	let (root, proven) = dataset(readings);
	let content = H256::repeat_byte(9);
	let origin = RuntimeOrigin::signed(operator);
	assert_ok!(Metering::attest(origin, INTERVAL, root, readings.len() as u32, 1_000, content));
	proven
}

/// Has [`MEMBER`] prove these readings of an operator in [`INTERVAL`].
pub fn prove(operator: AccountId, readings: &[ProvenReading]) -> DispatchResult {
	let origin = RuntimeOrigin::signed(MEMBER);
	Metering::prove(origin, INTERVAL, id(operator), readings.to_vec().try_into().unwrap())
}

/// Runs a test at the moment when the delivery of [`INTERVAL`] is over, and checks the invariants after it.
pub fn run<R>(test: impl FnOnce() -> R) -> R {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		Now::set(delivery_end(INTERVAL));
		let result = test();
		Metering::do_try_state().unwrap();
		result
	})
}

pub type MeteringError = Error<Test>;
