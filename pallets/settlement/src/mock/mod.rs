//! A runtime with the five pallets that are about money, and a world that stands in for the other ones: these tests are
//! about how the five work together.

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod world;

use crate::{Accounts, InTransit, PostedPrices};
use busbar_primitives::{
	payment, Balance, Contract, Fee, Interval, Margin, Metered, Moment, Outcome, ParticipantId, Point, PointId,
	PointKind, Position, PostedBounds, Price, ProductId, Quality, Role, SignedWh, Terms, ZoneId, ZoneResult,
};
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		ConstU32,
	},
	PalletId,
};
use frame_system::EnsureRoot;
use sp_runtime::{BuildStorage, DispatchResult};

pub use pallet_securities::HoldReason;
use world::HeldCollateral;
pub use world::{participant, world, World};

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
/// A dispute window is a ruling period.
pub const RULINGS_END: Moment = 5_000;
/// A dispute window is a ruling period; after the last ruling there is one more to settle it.
pub const FINAL: Moment = 6_000;

busbar_mocks::test_runtime!(
	with money;
	2: Settlement = crate,
	3: Issuance = pallet_issuance,
	4: Securities = pallet_securities,
	5: Supply = pallet_supply,
	6: Flexibility = pallet_flexibility,
);

parameter_types! {
	pub const SettlementPalletId: PalletId = PalletId(*b"bb/setmt");
	pub const FundId: PalletId = PalletId(*b"fund/set");
}

impl crate::Config for Test {
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Positions = World;
	type Readings = World;
	type Certificates = busbar_mocks::MockCertificates;
	type Securities = Securities;
	type Supply = Supply;
	type Flexibility = Flexibility;
	type PalletId = SettlementPalletId;
	type MaxPoints = ConstU32<16>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

impl pallet_issuance::Config for Test {
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = World;
	type MaxPayments = ConstU32<4>;
	type MaxPending = ConstU32<3>;
	type MaxPendingOf = ConstU32<3>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

impl pallet_securities::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = World;
	type Traders = World;
	type Grid = World;
	type Calendar = World;
	type Settlement = Settlement;
	type FundId = FundId;
	type MaxPoints = ConstU32<16>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

impl pallet_supply::Config for Test {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Settlement = Settlement;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

impl pallet_flexibility::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = World;
	type Grid = World;
	type Calendar = World;
	type Positions = World;
	type Readings = World;
	type Finality = Settlement;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = World;
}

/// What is pruned with an interval, as the market does it.
pub type Prunable = (Flexibility, Settlement);

/// Terms that every interval of the tests has.
pub fn terms() -> Terms {
	Terms {
		delivery_start: 1_000,
		delivery_end: DELIVERY_END,
		gate_closure: GATE_CLOSURE,
		last_gate_closure: GATE_CLOSURE,
		first_run: ATTESTATION_END,
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

/// Holds collateral for an order, as the market does. What the margin lacks is moved in first.
pub fn hold_collateral(point: PointId, interval: Interval, account: AccountId, amount: Balance) -> DispatchResult {
	let owner = participant(account);
	let lacks = amount.saturating_sub(margin(account).free());
	if lacks > 0 {
		Securities::margin_in(RuntimeOrigin::signed(account), owner, lacks)?;
	}
	<Securities as busbar_primitives::traits::Collateral<AccountId>>::hold(owner, amount)?;
	HeldCollateral::insert((point, interval), (account, amount));
	Ok(())
}

/// A participant's money for orders; none of who is no member.
pub fn margin(account: AccountId) -> Margin {
	use busbar_primitives::traits::Traders;
	World::margin(participant(account)).map(|(_, margin)| margin).unwrap_or_default()
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

/// Says that something of a point's reading changes.
pub fn changing(point: PointId, interval: Interval) {
	<Settlement as busbar_primitives::traits::OnReading>::changing(point, interval);
}

/// A reading of a point that had none.
pub fn read(point: PointId, interval: Interval, net: SignedWh) {
	changing(point, interval);
	replacing(point, interval);
	world(|w| w.readings.insert((point, interval), metered(net)));
}

/// Remembers what a point's reading says, which is replaced now.
fn replacing(point: PointId, interval: Interval) {
	use busbar_primitives::traits::Readings;
	let before = World::stood(point, interval, Moment::MAX);
	world(|w| w.replaced.entry((point, interval)).or_default().push((w.now, before)));
}

/// Readings of the days before an interval were replaced: what its like ones say now.
pub fn relike(point: PointId, interval: Interval, like: Vec<SignedWh>) {
	use busbar_primitives::traits::Readings;
	let before = World::like(point, interval, u32::MAX, Moment::MAX);
	world(|w| {
		w.like_before.entry((point, interval)).or_default().push((w.now, before));
		w.like.insert((point, interval), like);
	});
}

/// A newer version of a point's reading.
pub fn revise(point: PointId, interval: Interval, net: SignedWh) {
	let version = <World as busbar_primitives::traits::Readings>::version(point, interval) + 1;
	changing(point, interval);
	replacing(point, interval);
	world(|w| {
		w.readings.insert((point, interval), Metered { quality: Quality::Corrected, ..metered(net) });
		w.versions.insert((point, interval), version);
	});
}

/// Money of the mutual fund, in nEUR.
pub fn fund() -> Balance {
	Balances::balance(&Securities::fund_account())
}

/// Money that was repaid and has not reached who bore the loss, in nEUR.
pub fn repaid() -> Balance {
	Balances::balance(&Securities::repaid_account())
}

/// Money in the settlement account, in nEUR.
pub fn pot() -> Balance {
	Balances::balance(&Settlement::account_id())
}

/// Money held in an account for a reason, in nEUR.
pub fn held(account: AccountId, reason: impl Into<RuntimeHoldReason>) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&reason.into(), &account)
}

/// The state at genesis, every member owning [`WEALTH`].
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
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
	let ceiling = pallet_issuance::GenesisConfig::<Test> { ceiling: CEILING, ..Default::default() };
	let accounts = Some(Accounts { grid: GRID, rent: RENT, balancing: participant(UTILITY) });
	let settlement = crate::GenesisConfig::<Test> { accounts, ladder: LADDER };
	wealthy(&MEMBERS, WEALTH, |storage| {
		ceiling.assimilate_storage(storage).unwrap();
		settlement.assimilate_storage(storage).unwrap();
	})
}

/// Checks the invariants of the five pallets.
pub fn try_state() {
	Settlement::do_try_state().unwrap();
	Issuance::do_try_state().unwrap();
	Securities::do_try_state().unwrap();
	Supply::do_try_state().unwrap();
	Flexibility::do_try_state().unwrap();
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		try_state();
		assert_eq!(pot(), InTransit::<Test>::get());
		assert_eq!(repaid(), Settlement::all_repaid());
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
