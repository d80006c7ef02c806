//! A runtime of this pallet and money, with mocks of the market, the participants and the grid.

use crate::{
	self as pallet_metering, Datasets, Error, FittedMeters, HoldReason, Meters, Proven, ProvenReading, Readings, Worth,
};
use busbar_mocks::{MockCalendar, MockCounterparties, MockGrid, MockOnReading, MockParticipants};
use busbar_primitives::{
	metering::{Basis, Duty, MeterClass, MeterId, Reading, Registers, Salt, SignedReading},
	traits::{Grid, Readings as _},
	Balance, Interval, Moment, Point, PointId, PointKind, PostedBounds, Quality, Role, Scope, Terms, Wh,
};
use frame_support::{
	assert_ok, parameter_types,
	traits::{fungible::InspectHold, ConstU128, ConstU32, ConstU64},
};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::DispatchResult;

pub use busbar_mocks::{id, refused, AccountId};

/// Reads meters everywhere.
pub const OPERATOR: AccountId = 1;
/// Reads meters in zone 1.
pub const LOCAL_OPERATOR: AccountId = 2;
/// A member without a role, who owns all points.
pub const MEMBER: AccountId = 3;
/// A member without a role or a point.
pub const ATTESTER: AccountId = 4;
pub const REGULATOR: AccountId = 5;
/// Balance-responsible party.
pub const BALANCING: AccountId = 6;
/// Grid operator, without money.
pub const DSO: AccountId = 7;
/// A member whom nothing concerns.
pub const OTHER: AccountId = 8;

/// The mutual fund's, which is no member's.
pub const FUND: AccountId = 20;

/// Free money of everyone but the grid operator, in nEUR.
pub const WEALTH: Balance = 1_000_000;
/// What operators post in [`run`].
pub const BOND: Balance = 20_000;
pub const OPERATOR_BOND: Balance = 10_000;
pub const PENALTY: Balance = 3_000;
pub const DISPUTE_BOND: Balance = 500;
pub const RULING_PERIOD: Moment = CLOCK;
pub const TOLERANCE: Wh = 2;
pub const MAX_AHEAD: Interval = 100;
/// Of every point, in both directions, in W: 10,000 Wh in an interval.
pub const RATING: u64 = 40_000;
/// The most that a point's meter may count in one direction, in Wh.
pub const MOST: Wh = 20_000;

/// Points in zone 1, then points in zone 2.
pub const POINTS: PointId = 40;
pub const POINTS_IN_ZONE_1: PointId = 20;
/// Exists only from the interval after [`INTERVAL`] on.
pub const YOUNG_POINT: PointId = 18;
/// Exists only before [`INTERVAL`].
pub const OLD_POINT: PointId = 19;

/// The interval that tests read; its delivery is over in [`run`].
pub const INTERVAL: Interval = 400;
pub const CLOCK: Moment = 10_000;

busbar_mocks::test_runtime!(with money; 2: Metering = pallet_metering);

parameter_types! {
	pub static Now: Moment = 0;
	pub static MaxVersions: u16 = 5;
	pub const MaxReadings: u32 = 16;
	pub const MaxHolders: u32 = 3;
}

impl pallet_metering::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Counterparties = MockCounterparties;
	type OnReading = MockOnReading;
	type MaxReadings = MaxReadings;
	type MaxHolders = MaxHolders;
	type MaxVersions = MaxVersions;
	type MaxAhead = ConstU32<MAX_AHEAD>;
	type OperatorBond = ConstU128<OPERATOR_BOND>;
	type Penalty = ConstU128<PENALTY>;
	type DisputeBond = ConstU128<DISPUTE_BOND>;
	type Tolerance = ConstU64<TOLERANCE>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn operator() -> (AccountId, ParticipantId) {
		(OPERATOR, id(OPERATOR))
	}
	fn add_points(_: u32) {}
	fn add_scattered_points(_: u32) {}
	fn delivered_interval() -> Interval {
		Now::set(delivery_end(INTERVAL));
		INTERVAL
	}
	fn end_disputes(interval: Interval) {
		Now::set(dispute_end(interval));
	}
	fn endow(account: &AccountId, amount: Balance) {
		use frame_support::traits::fungible::Mutate;
		Balances::mint_into(account, amount).expect("an account takes money");
	}
	fn regulator() -> AccountId {
		REGULATOR
	}
	fn owner(_: PointId) -> AccountId {
		MEMBER
	}
	fn grid_operator() -> AccountId {
		DSO
	}
}

/// A connection point of the root's two feeders.
fn point(point: PointId) -> Option<Point> {
	(point < POINTS).then_some(Point {
		owner: id(MEMBER),
		zone: if point < POINTS_IN_ZONE_1 { 1 } else { 2 },
		kind: PointKind::Metered,
		import_w: RATING,
		export_w: RATING,
		from: if point == YOUNG_POINT { INTERVAL + 1 } else { 0 },
		until: (point == OLD_POINT).then_some(INTERVAL),
	})
}

pub const fn dispute_end(interval: Interval) -> Moment {
	attestation_end(interval) + CLOCK
}

pub const fn delivery_end(interval: Interval) -> Moment {
	CLOCK * (interval as Moment + 1)
}

pub const fn attestation_end(interval: Interval) -> Moment {
	delivery_end(interval) + 2 * CLOCK
}

/// The four intervals after the one in delivery are open.
fn first_unopened() -> Interval {
	(Now::get() / CLOCK) as Interval + 5
}

/// The attestation window is two intervals long.
fn terms(interval: Interval) -> Option<Terms> {
	(interval < first_unopened()).then_some(Terms {
		delivery_start: delivery_end(interval) - CLOCK,
		delivery_end: delivery_end(interval),
		gate_closure: delivery_end(interval) - CLOCK,
		last_gate_closure: delivery_end(interval) - CLOCK,
		first_run: attestation_end(interval),
		attestation_end: attestation_end(interval),
		dispute_end: dispute_end(interval),
		tick: 1,
		price_floor: 0,
		price_cap: 1,
		posted: PostedBounds::default(),
	})
}

/// Who there is, the grid and chain time.
pub fn set_up() {
	busbar_mocks::reset();
	MaxVersions::set(5);
	Now::set(delivery_end(INTERVAL));
	MockParticipants::register(OPERATOR..=OTHER);
	MockParticipants::grant(OPERATOR, Role::MeterOperator, Scope::Grid);
	MockParticipants::grant(LOCAL_OPERATOR, Role::MeterOperator, Scope::Zone(1));
	MockParticipants::grant(REGULATOR, Role::Regulator, Scope::Grid);
	MockParticipants::grant(BALANCING, Role::BalanceResponsibleParty, Scope::Grid);
	MockParticipants::grant(DSO, Role::Dso, Scope::Grid);
	MockGrid::tree([None, Some(0), Some(0)]);
	MockGrid::on_point(point);
	MockGrid::on_point_count(|| POINTS);
	MockCalendar::on_now(Now::get);
	MockCalendar::on_interval_s(|| 900);
	MockCalendar::on_first_unopened(first_unopened);
	MockCalendar::on_terms_until_gates(terms);
	MockCounterparties::on_balancing(|_| Some(BALANCING));
	MockCounterparties::on_fund(|| FUND);
}

/// The salt of a point's reading.
pub fn salt(point: PointId) -> Salt {
	[point as u8; 16]
}

/// Signs for the point's main meter.
pub fn device(point: PointId) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[point as u8; 32])
}

/// Signs for the point's check meter.
pub fn check_device(point: PointId) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[100 + point as u8; 32])
}

/// The newest meter of this duty at a point, or a number that no meter has.
pub fn meter_at(point: PointId, duty: Duty) -> MeterId {
	FittedMeters::<Test>::get(point, duty).map_or(MeterId::MAX, |fitted| fitted.meter)
}

/// What the main meter of a point counted.
pub fn reading(point: PointId) -> Reading {
	Reading {
		meter: meter_at(point, Duty::Main),
		point,
		interval: INTERVAL,
		import: 100 + u64::from(point),
		export: 3,
		import_varh: -7,
		export_varh: 8,
		quality: Quality::Measured,
	}
}

/// What the check meter of a point counted.
pub fn check_reading(point: PointId) -> Reading {
	Reading { meter: meter_at(point, Duty::Check), ..reading(point) }
}

/// Signs a reading with its meter's device, unless it is an estimate.
pub fn sign(reading: &Reading) -> SignedReading {
	let check = Meters::<Test>::get(reading.meter).is_some_and(|meter| meter.duty == Duty::Check);
	let device = if check { check_device(reading.point) } else { device(reading.point) };
	let signature =
		(reading.quality != Quality::Estimated).then(|| device.sign(&reading.signing_payload(&Metering::genesis())));
	SignedReading { reading: *reading, signature }
}

/// The dataset of these readings: its root, and each reading with its proof.
pub fn dataset(readings: &[SignedReading]) -> (H256, Vec<ProvenReading>) {
	let leaves: Vec<_> = readings.iter().map(|signed| signed.leaf(&salt(signed.reading.point))).collect();
	let proven = (0u32..).zip(readings).map(|(index, signed)| ProvenReading {
		signed: *signed,
		salt: salt(signed.reading.point),
		index,
		proof: busbar_merkle::proof(&leaves, index).unwrap().try_into().unwrap(),
	});
	(busbar_merkle::root(&leaves), proven.collect())
}

/// The first interval of the meters that [`register`] registers.
pub const FIRST: Interval = 5;

/// Registers the main meters of these points for an operator, whom the owner admits, before the first delivery began.
pub fn register(operator: AccountId, points: impl IntoIterator<Item = PointId>) {
	let now = Now::get();
	Now::set(0);
	for point in points {
		assert_ok!(Metering::admit_operator(RuntimeOrigin::signed(MEMBER), point, Some(id(operator))));
		let (device, origin) = (device(point).public().0, RuntimeOrigin::signed(operator));
		assert_ok!(Metering::register_meter(origin, point, device, MeterClass::A, Duty::Main, 0));
	}
	Now::set(now);
}

/// Names [`ATTESTER`] at these points, whose check meters count from before [`INTERVAL`] on, and posts its bond.
pub fn name_attester(points: impl IntoIterator<Item = PointId>) {
	let now = Now::get();
	Now::set(0);
	for point in points {
		assert_ok!(Metering::name_attester(RuntimeOrigin::signed(MEMBER), point, Some(id(ATTESTER))));
		let (device, origin) = (check_device(point).public().0, RuntimeOrigin::signed(ATTESTER));
		assert_ok!(Metering::register_meter(origin, point, device, MeterClass::B, Duty::Check, 1));
	}
	Now::set(now);
	assert_ok!(Metering::post_bond(RuntimeOrigin::signed(ATTESTER), BOND));
}

/// Attests these signed readings of [`INTERVAL`] and returns them with their proofs.
pub fn attest_signed(operator: AccountId, readings: &[SignedReading]) -> Vec<ProvenReading> {
	let (root, proven) = dataset(readings);
	let content = H256::repeat_byte(9);
	let origin = RuntimeOrigin::signed(operator);
	assert_ok!(Metering::attest(origin, INTERVAL, root, readings.len() as u32, 1_000, content));
	proven
}

/// The same, of readings that their devices sign.
pub fn attest(operator: AccountId, readings: &[Reading]) -> Vec<ProvenReading> {
	attest_signed(operator, &readings.iter().map(sign).collect::<Vec<_>>())
}

/// Has [`MEMBER`] prove these readings of an operator in [`INTERVAL`].
pub fn prove(operator: AccountId, readings: &[ProvenReading]) -> DispatchResult {
	let origin = RuntimeOrigin::signed(MEMBER);
	Metering::prove(origin, INTERVAL, id(operator), readings.to_vec().try_into().unwrap())
}

/// Attests one reading and proves it.
pub fn deliver(operator: AccountId, reading: Reading) -> DispatchResult {
	let proven = attest(operator, &[reading]);
	prove(operator, &proven)
}

/// Disputes with a reading that its device signs, and a leaf of the newest version of [`OPERATOR`]'s dataset.
pub fn dispute(who: AccountId, claim: &Reading, attested: Option<&ProvenReading>) -> DispatchResult {
	let newest = Datasets::<Test>::get(INTERVAL, id(OPERATOR)).map_or(1, |dataset| dataset.version);
	let attested = attested.map(|leaf| (newest, leaf.clone()));
	Metering::dispute(RuntimeOrigin::signed(who), sign(claim), attested)
}

/// Doubts the reading of point 0.
pub fn challenge(who: AccountId, claim: Option<Registers>) -> DispatchResult {
	Metering::challenge(RuntimeOrigin::signed(who), INTERVAL, 0, claim)
}

/// Lets a point have counted this much import in another interval, as it stands.
pub fn counted(interval: Interval, point: PointId, import: Wh) -> Proven {
	let registers = Registers { import, ..Default::default() };
	let (meter, operator, quality) = (meter_at(point, Duty::Main), id(OPERATOR), Quality::Measured);
	let (version, dataset, faulted, worth, late, since) = (1, 0, false, Worth::Sound, false, Some(0));
	let proven = Proven { meter, operator, version, dataset, registers, quality, faulted, worth, late, since };
	Readings::<Test>::insert(interval, point, proven);
	proven
}

/// Lets a point have counted this on the four days before [`INTERVAL`], the last of them first.
pub fn like(point: PointId, imports: [Wh; 4]) {
	for (days, import) in (1..).zip(imports) {
		counted(INTERVAL - days * 96, point, import);
	}
}

/// What a point settles on in the first run, or the `last`.
pub fn basis(point: PointId, last: bool) -> Basis {
	let details = MockGrid::point(point).expect("the point exists");
	let standing = Metering::standing(point, INTERVAL, Now::get());
	Metering::basis(point, &details, INTERVAL, standing, last, Now::get())
}

/// What is held of an account for a reason, in nEUR.
pub fn held(account: AccountId, reason: HoldReason) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
}

/// The last event of the pallet.
pub fn last_event() -> crate::Event<Test> {
	let events = System::events().into_iter().rev();
	let mut ours = events.filter_map(|record| match record.event {
		RuntimeEvent::Metering(event) => Some(event),
		_ => None,
	});
	ours.next().expect("there is an event")
}

/// Runs a test at the moment when the delivery of [`INTERVAL`] is over, with both operators' bonds posted, and checks the
/// invariants after it.
pub fn run<R>(test: impl FnOnce() -> R) -> R {
	let rich: Vec<_> = (OPERATOR..=OTHER).filter(|account| *account != DSO).collect();
	wealthy(&rich, WEALTH, |_| ()).execute_with(|| {
		set_up();
		for operator in [OPERATOR, LOCAL_OPERATOR] {
			assert_ok!(Metering::post_bond(RuntimeOrigin::signed(operator), BOND));
		}
		let issuance = Balances::total_issuance();
		let result = test();
		Metering::do_try_state().unwrap();
		assert_eq!(Balances::total_issuance(), issuance);
		result
	})
}

pub type MeteringError = Error<Test>;
