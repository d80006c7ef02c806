//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::{Accounts, HoldReason, InTransit, PostedPrices};
use busbar_primitives::{
	payment,
	traits::{Calendar, Grid, OrderCollateral, Participants, Positions, Readings, Zones},
	Balance, Contract, Fee, Interval, Metered, Moment, Outcome, ParticipantId, Point, PointId, PointKind, Position,
	PostedBounds, Price, ProductId, Quality, Right, Role, SignedWh, Terms, ZoneId, ZoneResult, ZoneView,
};
use frame_support::{
	derive_impl, parameter_types, storage_alias,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		ConstU128, ConstU32,
	},
	PalletId, Twox64Concat,
};
use frame_system::EnsureRoot;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
};

pub type AccountId = u64;

pub const AGENT: AccountId = 1;
pub const OTHER_AGENT: AccountId = 2;
pub const UTILITY: AccountId = 3;
pub const GRID: AccountId = 4;
pub const RENT: AccountId = 5;
pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
pub const SHOP: AccountId = 12;
/// Whose people order reductions; grid fees go to [`GRID`].
pub const GRID_OPERATOR: AccountId = 13;
/// No member.
pub const STRANGER: AccountId = 90;
/// Where tests send money that an account should not have.
pub const SINK: AccountId = 99;

pub const MEMBERS: [AccountId; 7] = [AGENT, OTHER_AGENT, UTILITY, HOME, PLANT, SHOP, GRID_OPERATOR];

/// 1 EUR in nEUR.
pub const EUR: Balance = 1_000_000_000;
/// What every member has at genesis, in nEUR.
pub const WEALTH: Balance = 1_000 * EUR;
pub const CEILING: Balance = 10_000 * EUR;
pub const LADDER: PostedPrices = PostedPrices { short: 250_000, long: 80_000 };

pub const GATE_CLOSURE: Moment = 500;
pub const DELIVERY_END: Moment = 2_000;
pub const ATTESTATION_END: Moment = 3_000;
pub const DISPUTE_END: Moment = 4_000;
/// A dispute window is a ruling period; after the last ruling there is one more to settle it.
pub const FINAL: Moment = 6_000;

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
	pub type Settlement = crate;
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

parameter_types! {
	pub const SettlementPalletId: PalletId = PalletId(*b"bb/setmt");
	pub const FundId: PalletId = PalletId(*b"fund/set");
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Positions = World;
	type Readings = World;
	type Certificates = ();
	type PalletId = SettlementPalletId;
	type FundId = FundId;
	type MaxPayments = ConstU32<4>;
	type MaxPending = ConstU32<3>;
	type MaxPoints = ConstU32<16>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

/// What the other pallets know. Collateral lies in storage, so that a failed call gives it back.
#[derive(Clone, Default)]
pub struct World {
	pub now: Moment,
	pub first_unopened: Interval,
	pub terms: BTreeMap<Interval, Terms>,
	pub points: Vec<Point>,
	pub outcomes: BTreeMap<Interval, Outcome>,
	pub results: BTreeMap<(Interval, ZoneId), ZoneResult>,
	/// Traded at the zone price.
	pub positions: BTreeMap<(PointId, Interval), Position>,
	/// Traded in further sessions.
	pub traded: BTreeMap<(PointId, Interval), Vec<Contract>>,
	pub readings: BTreeMap<(PointId, Interval), Metered>,
	/// Versions of readings other than the first.
	pub versions: BTreeMap<(PointId, Interval), u16>,
	pub contested: BTreeSet<(PointId, Interval)>,
	pub gone: BTreeSet<AccountId>,
	pub roles: BTreeSet<(AccountId, Role)>,
	pub delegates: BTreeSet<(AccountId, ParticipantId, Right)>,
}

thread_local! {
	static WORLD: RefCell<World> = RefCell::new(World::default());
}

/// Changes the world.
pub fn world<R>(change: impl FnOnce(&mut World) -> R) -> R {
	WORLD.with(|world| change(&mut world.borrow_mut()))
}

#[storage_alias]
type HeldCollateral = StorageMap<Mock, Twox64Concat, (PointId, Interval), (AccountId, Balance)>;

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
		let id = Self::participant(account).ok_or(DispatchError::BadOrigin)?;
		world(|w| w.roles.contains(&(*account, role))).then_some(id).ok_or(DispatchError::BadOrigin)
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
		100_000
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
		world(|w| w.first_unopened)
	}

	fn terms(interval: Interval) -> Option<Terms> {
		world(|w| w.terms.get(&interval).copied())
	}

	fn is_open(interval: Interval) -> bool {
		Self::terms(interval).is_some_and(|terms| Self::now() < terms.gate_closure)
	}

	fn takes_limits(interval: Interval) -> bool {
		Self::is_open(interval)
	}
}

impl Positions for World {
	fn outcome(interval: Interval) -> Option<Outcome> {
		world(|w| w.outcomes.get(&interval).copied())
	}

	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult> {
		world(|w| w.results.get(&(interval, zone)).copied())
	}

	fn contracts(point: PointId, interval: Interval) -> Vec<Contract> {
		let (position, traded) =
			world(|w| (w.positions.get(&(point, interval)).copied(), w.traded.get(&(point, interval)).cloned()));
		let zone = Self::point(point).map_or(0, |point| point.zone);
		let price = Self::zone_result(interval, zone).and_then(|result| result.price);
		let at_zone_price = position.zip(price).filter(|(position, _)| *position != Position::default());
		let contract = |(position, price)| contract(0, position, price);
		at_zone_price.map(contract).into_iter().chain(traded.unwrap_or_default()).collect()
	}

	fn of(point: PointId, interval: Interval) -> Position {
		Self::contracts(point, interval).into_iter().map(|contract| contract.position).sum()
	}
}

impl OrderCollateral<AccountId> for World {
	fn take_collateral(point: PointId, interval: Interval) -> Vec<(AccountId, Balance)> {
		HeldCollateral::take((point, interval)).into_iter().collect()
	}
}

impl Readings for World {
	fn of(point: PointId, interval: Interval) -> Option<Metered> {
		world(|w| w.readings.get(&(point, interval)).copied())
	}

	fn version(point: PointId, interval: Interval) -> u16 {
		let version = world(|w| w.versions.get(&(point, interval)).copied());
		<Self as Readings>::of(point, interval).map_or(0, |_| version.unwrap_or(1))
	}

	fn is_contested(point: PointId, interval: Interval) -> bool {
		world(|w| w.contested.contains(&(point, interval)))
	}
}

/// Terms that every interval of the tests has.
pub fn terms() -> Terms {
	Terms {
		delivery_start: 1_000,
		delivery_end: DELIVERY_END,
		gate_closure: GATE_CLOSURE,
		last_gate_closure: GATE_CLOSURE,
		attestation_end: ATTESTATION_END,
		dispute_end: DISPUTE_END,
		tick: 1,
		price_floor: -500_000,
		price_cap: 500_000,
		posted: PostedBounds { short_max: 400_000, long_min: -100_000 },
	}
}

/// A connection point that has always been there.
pub fn point(owner: AccountId, zone: ZoneId, kind: PointKind) -> Point {
	Point { owner: participant(owner), zone, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None }
}

/// A position of `net` Wh.
pub fn position(net: SignedWh) -> Position {
	Position { bought: net.max(0).unsigned_abs(), sold: net.min(0).unsigned_abs() }
}

/// A measured reading of `net` Wh.
pub fn metered(net: SignedWh) -> Metered {
	Metered { import: net.max(0).unsigned_abs(), export: net.min(0).unsigned_abs(), quality: Quality::Measured }
}

/// A zone's result.
pub fn result(price: Option<Price>, flow: SignedWh, path_fee: Fee, fees: Balance, rent: Balance) -> ZoneResult {
	ZoneResult { price, flow, margin_buy: 0, margin_sell: 0, path_fee, fees, rent }
}

/// A contract at one price.
pub fn contract(product: ProductId, position: Position, price: Price) -> Contract {
	let amount = payment(price, position.sold) - payment(price, position.bought);
	Contract { product, position, amount, lowest: price, highest: price }
}

/// An outcome over `points` connection points.
pub fn outcome(points: PointId, fees: Balance, rent: Balance) -> Outcome {
	Outcome { cleared: true, points, traded: 0, fees, rent, welfare: 0 }
}

/// Holds collateral for an order, as the market does.
pub fn hold_collateral(point: PointId, interval: Interval, account: AccountId, amount: Balance) -> DispatchResult {
	<Settlement as busbar_primitives::traits::Collateral<AccountId>>::hold(&account, amount)?;
	HeldCollateral::insert((point, interval), (account, amount));
	Ok(())
}

/// Leaves an account `amount` nEUR of free money.
pub fn leave(account: AccountId, amount: Balance) {
	let surplus = Balances::reducible_balance(
		&account,
		Preservation::Expendable,
		frame_support::traits::tokens::Fortitude::Polite,
	)
	.checked_sub(amount)
	.unwrap();
	Balances::transfer(&account, &SINK, surplus, Preservation::Expendable).unwrap();
}

/// A newer version of a point's reading.
pub fn revise(point: PointId, interval: Interval, net: SignedWh) {
	let version = <World as Readings>::version(point, interval) + 1;
	world(|w| {
		w.readings.insert((point, interval), Metered { quality: Quality::Corrected, ..metered(net) });
		w.versions.insert((point, interval), version);
	});
}

/// Money of the mutual fund, in nEUR.
pub fn fund() -> Balance {
	Balances::balance(&Settlement::fund_account())
}

/// Money in the settlement account, in nEUR.
pub fn pot() -> Balance {
	Balances::balance(&Settlement::account_id())
}

/// Money held in an account for a reason, in nEUR.
pub fn held(account: AccountId, reason: HoldReason) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&reason.into(), &account)
}

/// The state at genesis, every member owning [`WEALTH`].
pub fn empty() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: MEMBERS.into_iter().map(|account| (account, WEALTH)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	crate::GenesisConfig::<Test> {
		ceiling: CEILING,
		accounts: Some(Accounts { grid: GRID, rent: RENT, balancing: participant(UTILITY) }),
		ladder: LADDER,
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	world(|w| {
		*w = World { now: 0, first_unopened: 8, ..World::default() };
		w.terms = (0..8).map(|interval| (interval, terms())).collect();
		w.roles = [
			(AGENT, Role::SettlementAgent),
			(OTHER_AGENT, Role::SettlementAgent),
			(UTILITY, Role::BalanceResponsibleParty),
			(SHOP, Role::BalanceResponsibleParty),
			(SHOP, Role::Retailer),
			(OTHER_AGENT, Role::Aggregator),
			(GRID_OPERATOR, Role::Dso),
		]
		.into();
	});
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
		Settlement::do_try_state().unwrap();
		assert_eq!(pot(), InTransit::<Test>::get());
	});
}

/// Interval 0 after delivery, with readings. A home (point 0) bought 1000 Wh at 230_000 in zone 1, of which a plant (1)
/// there sold 600 and the utility's coupling (2) at the root 400 at 220_000; the link's fee is 10_000. The home took 100 Wh
/// more than it bought, the plant delivered 50 more than it sold.
pub fn trade() {
	world(|w| {
		w.points = vec![
			point(HOME, 1, PointKind::Metered),
			point(PLANT, 1, PointKind::Metered),
			point(UTILITY, 0, PointKind::Coupling),
		];
		w.results.insert((0, 0), result(Some(220_000), 0, 0, 0, 0));
		w.results.insert((0, 1), result(Some(230_000), 400, 10_000, 4_000_000, 0));
		w.outcomes.insert(0, outcome(3, 4_000_000, 0));
		w.positions.insert((0, 0), position(1_000));
		w.positions.insert((1, 0), position(-600));
		w.positions.insert((2, 0), position(-400));
		w.readings.insert((0, 0), metered(1_100));
		w.readings.insert((1, 0), metered(-650));
		w.now = DELIVERY_END;
	});
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for World {
	fn agents() -> (AccountId, AccountId) {
		(AGENT, OTHER_AGENT)
	}

	fn balancing() -> (ParticipantId, AccountId) {
		(participant(UTILITY), UTILITY)
	}

	fn point() -> (PointId, AccountId) {
		world(|w| w.points = vec![point(HOME, 1, PointKind::Metered)]);
		(0, HOME)
	}

	fn open_interval() -> Interval {
		world(|w| w.now = 0);
		3
	}

	fn delivered_interval(points: u32) -> Interval {
		for id in 0..points {
			hold_collateral(id, 0, HOME, 1).unwrap();
		}
		leave(HOME, 0);
		world(|w| {
			w.points = (0..points).map(|_| point(HOME, 0, PointKind::Metered)).collect();
			w.results.insert((0, 0), result(Some(100), 0, 0, 0, 0));
			w.outcomes.insert(0, outcome(points, 0, 0));
			for id in 0..points {
				// Buyers and sellers in turn; the last one without a counterpart holds no position.
				let net = if id == points - 1 && points % 2 == 1 { 0 } else { 1 - 2 * i64::from(id % 2) };
				w.positions.insert((id, 0), position(net * 1_000));
				w.readings.insert((id, 0), metered(net * 900 + 10_000_000));
			}
			w.now = DELIVERY_END;
		});
		0
	}

	fn read(interval: Interval, points: u32, wh: busbar_primitives::Wh) {
		world(|w| w.readings.extend((0..points).map(|id| ((id, interval), metered(wh as SignedWh)))));
	}

	fn revise(interval: Interval, points: u32) {
		for id in 0..points {
			revise(id, interval, i64::from(id) + 100_000_000);
		}
	}

	fn retailer() -> (ParticipantId, AccountId) {
		(participant(SHOP), SHOP)
	}

	fn dso() -> AccountId {
		GRID_OPERATOR
	}
}
