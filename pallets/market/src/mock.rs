//! A market over a grid, members, money and finality that tests set as they like.

use crate::{
	self as pallet_market,
	types::{Session, SessionId, PAGE},
};
use busbar_mocks::{id, MockFinality, MockMeters, MockOnTrader, MockPrune, MockSolvency, MockSupply, MockTraders};
use busbar_primitives::{
	traits::{Grid, Participants},
	Balance, Fee, Interval, Link, Moment, ParticipantId, Point, PointId, PointKind, PostedBounds, Price, Product,
	ProductId, ProductKind, Right, Role, Scope, Side, StandingSteps, Step, Wh, ZoneId, ZoneResult, ZoneView,
};
use frame_support::{
	pallet_prelude::ValueQuery,
	parameter_types, storage_alias,
	traits::{ConstU32, ConstU64, Hooks, Time},
	weights::{Weight, WeightMeter},
	BoundedVec, Twox64Concat,
};
use frame_system::EnsureRoot;
use pallet_market::Parameters;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult, Perbill};

pub use busbar_mocks::{refused, AccountId, MockCollateral, MockGrid, MockParticipants};

busbar_mocks::test_runtime!(1: Market = pallet_market);

parameter_types! {
	pub storage Now: Moment = 0;
	pub storage Tree: Vec<ZoneView> = Vec::new();
	pub storage GridPoints: Vec<Point> = Vec::new();
	pub storage MaxPathFee: Fee = 100;
	pub storage FinalBelow: Interval = 0;
	pub storage Stuck: Vec<Interval> = Vec::new();
	/// From which interval on a retailer answers for point 1.
	pub storage Serves: Option<Interval> = None;
	pub storage Debtors: Vec<ParticipantId> = Vec::new();
	pub storage MaxZones: u32 = 8;
	pub storage MaxLevels: u32 = 64;
	pub storage MaxPrune: u32 = 1_000;
	pub ClearingShare: Perbill = Perbill::from_percent(50);
}

#[storage_alias]
pub type Free = StorageMap<MockMoney, Twox64Concat, AccountId, Balance>;
#[storage_alias]
pub type Held = StorageMap<MockMoney, Twox64Concat, AccountId, Balance>;
/// Steps of orders as the owners' records have them.
#[storage_alias]
pub type Standing = StorageMap<MockRecords, Twox64Concat, ParticipantId, StandingSteps, ValueQuery>;
#[storage_alias]
pub type Elsewhere = StorageDoubleMap<MockRecords, Twox64Concat, Interval, Twox64Concat, u32, u32>;

pub struct MockTime;
impl Time for MockTime {
	type Moment = Moment;
	fn now() -> Moment {
		Now::get()
	}
}

pub const NO_FUNDS: &str = "no funds";
pub const IN_DEBT: &str = "in debt";
/// A participant without an account, in whose name account 1_999 may trade.
pub const NOBODY: u64 = 999;

/// What the other pallets answer: what the state of the test says, so that a failed call gives it back.
fn set_up() {
	busbar_mocks::reset();
	MockGrid::on_is_within_any(|_, _| true);
	MockGrid::on_zones(|_, zones| Tree::get().into_iter().filter(|zone| zones.contains(&zone.id)).collect());
	MockGrid::on_zone_count(|| Tree::get().last().map_or(0, |zone| zone.id + 1));
	MockGrid::on_point(|point| GridPoints::get().get(point as usize).copied());
	MockGrid::on_point_count(|| GridPoints::get().len() as u32);
	MockGrid::on_points_of(|owner, limit| {
		let of = (0..).zip(GridPoints::get()).filter(|(_, point)| point.owner == owner);
		of.map(|(id, _)| id).take(limit as usize).collect()
	});
	MockGrid::on_max_path_fee(MaxPathFee::get);
	MockSolvency::on_ensure_solvent(|participant| {
		(!Debtors::get().contains(&participant)).then_some(()).ok_or(DispatchError::Other(IN_DEBT))
	});
	let of = |owner| MockParticipants::account(owner).ok_or(refused::UNKNOWN_PARTICIPANT);
	MockCollateral::on_hold(move |owner, amount| {
		let account = of(owner)?;
		let free = Free::get(account).unwrap_or(0).checked_sub(amount).ok_or(DispatchError::Other(NO_FUNDS))?;
		Free::insert(account, free);
		Held::insert(account, Held::get(account).unwrap_or(0) + amount);
		Ok(())
	});
	MockCollateral::on_release(move |owner, amount| {
		let account = of(owner)?;
		let held = Held::get(account).unwrap_or(0).checked_sub(amount).ok_or(DispatchError::Other("not held"))?;
		Held::insert(account, held);
		Free::insert(account, Free::get(account).unwrap_or(0) + amount);
		Ok(())
	});
	MockTraders::on_standing(Standing::get);
	MockTraders::on_all_standing(|| Standing::iter().collect());
	MockOnTrader::on_standing_changed(Standing::insert);
	MockSupply::on_retailer(|interval, point| {
		Serves::get().filter(|from| point == 1 && interval >= *from).map(|_| id(9))
	});
	MockFinality::on_is_final(|interval| interval < FinalBelow::get() && !Stuck::get().contains(&interval));
	MockPrune::on_prune(|interval, limit| {
		let keys: Vec<_> = Elsewhere::iter_key_prefix(interval).take(limit as usize).collect();
		keys.iter().for_each(|key| Elsewhere::remove(interval, key));
		keys.len() as u32
	});
}

impl pallet_market::Config for Test {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = MockParticipants;
	type Grid = MockGrid;
	type Collateral = MockCollateral;
	type Supply = MockSupply;
	type Meters = MockMeters;
	type Traders = MockTraders;
	type Finality = MockFinality;
	type Prunable = MockPrune;
	type Time = MockTime;
	type SlotDuration = ConstU64<2_000>;
	type MaxSteps = ConstU32<4>;
	type MaxDepth = ConstU32<8>;
	type MaxZones = MaxZones;
	type MaxLevels = MaxLevels;
	type MaxOpenPerBlock = ConstU32<4>;
	type MaxClosePerBlock = ConstU32<2>;
	type MaxPrunePerBlock = MaxPrune;
	type ClearingShare = ClearingShare;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = BenchmarkSetup;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkSetup;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_market::BenchmarkHelper<AccountId> for BenchmarkSetup {
	fn set_time(now: Moment) {
		Now::set(&now);
	}
	fn grid(zones: u32) {
		chain_of_zones(zones);
	}
	fn point(zone: ZoneId) -> (AccountId, PointId) {
		let n = GridPoints::get().len() as u64;
		Free::insert(n, Balance::MAX / 2);
		(n, add_point(n, zone, 1_000_000_000))
	}
}

/// Far enough that gates that open before interval 0 have a time.
pub const EPOCH: Moment = 1_000_000;
pub const CLOCK: Moment = 12_000;
pub const LEAD: Moment = 4_000;
pub const TICK: Price = 10;
pub const MONEY: Balance = 1_000_000_000_000;

/// An auction that opens and closes so many seconds before delivery.
pub fn auction(opens_s: u32, closes_s: u32) -> Product {
	Product { kind: ProductKind::Auction, opens_s, closes_s, span: 1 }
}

pub fn products(products: &[Product]) -> crate::types::Products {
	products.to_vec().try_into().unwrap()
}

pub fn parameters() -> Parameters {
	Parameters {
		interval_clock_s: 12,
		interval_s: 900,
		epoch: EPOCH,
		horizon: 3,
		products: products(&[auction(36, 4)]),
		first_run_s: 12,
		attestation_window_s: 12,
		dispute_window_s: 12,
		tick: TICK as u32,
		price_floor: -1_000,
		price_cap: 5_000,
		posted: PostedBounds { short_max: 4_000, long_min: -500 },
		retention: 2,
	}
}

/// Start of delivery of an interval.
pub fn start(interval: Interval) -> Moment {
	EPOCH + CLOCK * Moment::from(interval)
}

/// A chain at the epoch whose first block has passed, with a root zone 0 and a zone 1 below it, and participants 1 to 9
/// whose points 1 to 9 stand in zone 1 (point 0 is participant 10's, in zone 0), 4 kW each, with a thousand euros.
pub fn market() -> sp_io::TestExternalities {
	market_of(parameters())
}

/// The same under other parameters.
pub fn market_of(parameters: Parameters) -> sp_io::TestExternalities {
	let mut ext = bare_of(parameters);
	ext.execute_with(|| {
		chain_of_zones(2);
		add_point(10, 0, 40_000);
		for n in 1..10 {
			add_point(n, 1, 4_000);
		}
		run_to(EPOCH);
	});
	ext
}

/// A chain at the epoch without a grid.
pub fn bare() -> sp_io::TestExternalities {
	bare_of(parameters())
}

/// The same under other parameters.
pub fn bare_of(parameters: Parameters) -> sp_io::TestExternalities {
	set_up();
	let genesis = RuntimeGenesisConfig {
		market: pallet_market::GenesisConfig { parameters, ..Default::default() },
		..Default::default()
	};
	let mut ext = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
	ext.execute_with(|| {
		System::set_block_number(1);
		Now::set(&EPOCH);
		(1..20).for_each(|n| Free::insert(n, MONEY));
	});
	ext
}

/// Runs a test and checks all invariants afterwards.
pub fn test(mut ext: sp_io::TestExternalities, run: impl FnOnce()) {
	ext.execute_with(|| {
		run();
		check();
	});
}

/// All invariants, and that money held is what the orders say.
pub fn check() {
	Market::do_try_state().unwrap();
	let mut held = std::collections::BTreeMap::<AccountId, Balance>::new();
	for (_, order) in pallet_market::Orders::<Test>::iter() {
		*held.entry(order.account).or_default() += order.held;
	}
	for (_, order) in pallet_market::LimitOrders::<Test>::iter() {
		*held.entry(order.account).or_default() += order.held;
	}
	for (_, block_order) in pallet_market::BlockOrders::<Test>::iter() {
		*held.entry(block_order.account).or_default() += block_order.held.iter().sum::<Balance>();
	}
	for (_, trader) in pallet_market::Traders::<Test>::iter() {
		*held.entry(trader.account).or_default() += trader.held;
	}
	for (account, amount) in Held::iter() {
		assert_eq!(amount, held.remove(&account).unwrap_or(0), "held of account {account}");
	}
	assert!(held.values().all(|amount| *amount == 0));
}

/// Zones 0 to `count - 1`, each below the one before, without limits, with a fee of 10.
pub fn chain_of_zones(count: u32) {
	let zone = |id: ZoneId| ZoneView {
		id,
		parent: id.checked_sub(1),
		link: Link { import_w: None, export_w: None, fee: if id == 0 { 0 } else { 10 } },
	};
	set_tree((0..count).map(zone).collect());
}

/// Makes this the tree, of intervals that have opened, too, as if they had opened with it.
pub fn set_tree(tree: Vec<ZoneView>) {
	Tree::set(&tree);
	open_again();
}

/// Lets the intervals that are open take the number of zones, and the bounds of their books, from what is set now.
pub fn open_again() {
	let zones = MockGrid::zone_count();
	pallet_market::Intervals::<Test>::translate_values::<pallet_market::Record, _>(|mut record| {
		if record.unended > 0 {
			(record.zones, record.admitted) = (zones, Market::admitted(&record.products, zones));
		}
		Some(record)
	});
}

pub fn set_link(zone: ZoneId, link: Link) {
	let mut tree = Tree::get();
	tree.iter_mut().filter(|view| view.id == zone).for_each(|view| view.link = link);
	Tree::set(&tree);
}

/// Adds a point of participant `owner`, whose account has this number; account `1_000 + owner` may trade for it.
pub fn add_point(owner: u64, zone: ZoneId, watt: u64) -> PointId {
	if MockParticipants::ensure_active(id(owner)).is_err() {
		MockParticipants::register([owner]);
		MockParticipants::grant(owner, Role::Prosumer, Scope::Grid);
		MockParticipants::delegate(owner, 1_000 + owner, Right::Trade);
		if owner == NOBODY {
			MockParticipants::change(owner, |nobody| nobody.account = None);
		}
	}
	let mut points = GridPoints::get();
	let owner = id(owner);
	points.push(Point { owner, zone, kind: PointKind::Metered, import_w: watt, export_w: watt, from: 0, until: None });
	GridPoints::set(&points);
	points.len() as u32 - 1
}

pub fn change_point(point: PointId, change: impl FnOnce(&mut Point)) {
	let mut points = GridPoints::get();
	change(&mut points[point as usize]);
	GridPoints::set(&points);
}

/// One block at chain time `now`.
pub fn run_to(now: Moment) {
	run_with(now, Weight::MAX);
}

/// One block at chain time `now` that leaves `weight` to the hooks. Returns what they used.
pub fn run_with(now: Moment, weight: Weight) -> Weight {
	Now::set(&now);
	System::set_block_number(System::block_number() + 1);
	System::reset_events();
	let mut meter = WeightMeter::with_limit(weight);
	Market::on_poll(System::block_number(), &mut meter);
	meter.consumed()
}

/// An idle block.
pub fn idle(weight: Weight) -> Weight {
	System::reset_events();
	Market::on_idle(System::block_number(), weight)
}

pub fn buy(price: Price, wh: Wh) -> Step {
	Step { side: Side::Buy, price, wh }
}

pub fn sell(price: Price, wh: Wh) -> Step {
	Step { side: Side::Sell, price, wh }
}

pub fn steps(steps: &[Step]) -> BoundedVec<Step, ConstU32<4>> {
	BoundedVec::truncate_from(steps.to_vec())
}

/// Places an order in the first session of an interval.
pub fn place(account: AccountId, interval: Interval, point: PointId, curve: &[Step]) -> DispatchResult {
	place_in((interval, 0), account, point, curve)
}

/// Places an order in a session.
pub fn place_in(session: SessionId, account: AccountId, point: PointId, curve: &[Step]) -> DispatchResult {
	let placed = Market::place(RuntimeOrigin::signed(account), session.0, session.1, point, steps(curve));
	placed.map(|_| ()).map_err(|refused| refused.error)
}

/// A session that is there.
pub fn session(interval: Interval, product: ProductId) -> Session {
	crate::Sessions::<Test>::get(interval, product).unwrap()
}

/// What a session decided for a zone that is there, and how that could be changed.
pub fn change_result((interval, product): SessionId, zone: ZoneId, change: impl FnOnce(&mut ZoneResult)) {
	crate::Results::<Test>::mutate((interval, product, zone / PAGE), |page| {
		change(&mut page.as_mut().unwrap()[(zone % PAGE) as usize].as_mut().unwrap().result)
	});
}

pub fn events() -> Vec<pallet_market::Event<Test>> {
	System::read_events_for_pallet()
}
