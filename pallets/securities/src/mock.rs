//! A runtime with this pallet, and a world that stands in for the other ones.

use crate::{HoldReason, Secured};
use busbar_mocks::{MockCalendar, MockGrid, MockOnTrader, MockParticipants, MockTraders};
use busbar_primitives::{
	traits::{Finality, Participants},
	Balance, Interval, Margin, ParticipantId, Point, PointKind, PostedBounds, Role, Scope, Terms,
};
use frame_support::{
	pallet_prelude::ValueQuery,
	parameter_types, storage_alias,
	traits::{fungible::InspectHold, ConstU32},
	PalletId, Twox64Concat,
};

pub use busbar_mocks::{id as participant, refused, AccountId};

pub const HOME: AccountId = 10;
pub const PLANT: AccountId = 11;
/// A retailer.
pub const SHOP: AccountId = 12;
pub const AGGREGATOR: AccountId = 13;
/// Where settlement collects.
pub const POT: AccountId = 50;

pub const MEMBERS: [AccountId; 4] = [HOME, PLANT, SHOP, AGGREGATOR];

/// What every member has at genesis, in nEUR.
pub const WEALTH: Balance = 1_000_000_000_000;

busbar_mocks::test_runtime!(with money; 2: Securities = crate);

parameter_types! {
	pub const FundId: PalletId = PalletId(*b"fund/sec");
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = MockParticipants;
	type Traders = MockTraders;
	type Grid = MockGrid;
	type Calendar = MockCalendar;
	type Settlement = Settlement;
	type FundId = FundId;
	type MaxPoints = ConstU32<4>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Setup;
}

parameter_types! {
	/// What the calendar and settlement say. In the state, so that benchmarks may begin with it.
	pub storage FirstUnopened: Interval = 8;
	pub storage LastFinal: Option<Interval> = None;
}

/// Of whom the trading record says that they are in debt.
#[storage_alias]
pub type Marked = StorageMap<Mock, Twox64Concat, ParticipantId, ()>;

/// Margins as the trading record has them.
#[storage_alias]
pub type Margins = StorageMap<Mock, Twox64Concat, ParticipantId, Margin, ValueQuery>;

/// Which intervals are final: all up to [`LastFinal`].
pub struct Settlement;

impl Finality for Settlement {
	fn is_final(interval: Interval) -> bool {
		interval < Self::first_not_final()
	}

	fn first_not_final() -> Interval {
		LastFinal::get().map_or(0, |last| last + 1)
	}
}

/// Fees of the longest path to the root, in nEUR/Wh.
pub const MAX_PATH_FEE: u32 = 10;

/// Quarter hours, whose first run is due five minutes after delivery: the consumption of three can be unsettled at once. A Wh of
/// it costs 110 nEUR at most.
pub fn terms() -> Terms {
	Terms {
		delivery_start: 0,
		delivery_end: 900_000,
		gate_closure: 0,
		last_gate_closure: 0,
		first_run: 1_200_000,
		attestation_end: 2_000_000,
		dispute_end: 3_000_000,
		tick: 1,
		price_floor: 0,
		price_cap: 90,
		posted: PostedBounds { short_max: 100, long_min: 0 },
	}
}

/// A connection point that has always been there.
pub fn point(owner: AccountId) -> Point {
	let (kind, owner) = (PointKind::Metered, participant(owner));
	Point { owner, zone: 1, kind, import_w: 10_000, export_w: 10_000, from: 0, until: None }
}

/// Money held in an account for a reason, in nEUR.
pub fn held(account: AccountId, reason: HoldReason) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
}

/// The state at genesis: every member owns [`WEALTH`], the home has two points, intervals up to 7 are open.
pub fn empty() -> sp_io::TestExternalities {
	busbar_mocks::reset();
	MockParticipants::register(MEMBERS);
	MockParticipants::grant(SHOP, Role::Retailer, Scope::Grid);
	MockParticipants::grant(AGGREGATOR, Role::Aggregator, Scope::Grid);
	MockParticipants::grant(SHOP, Role::BalanceResponsibleParty, Scope::Grid);
	MockGrid::points(vec![point(HOME), point(HOME)]);
	MockCalendar::on_first_unopened(FirstUnopened::get);
	MockCalendar::on_interval_s(|| 900);
	MockCalendar::on_terms(|interval| (interval < FirstUnopened::get()).then(terms));
	MockGrid::on_max_path_fee(|| MAX_PATH_FEE);
	MockTraders::on_is_in_debt(Marked::contains_key);
	MockTraders::on_all_in_debt(|| Marked::iter_keys().collect());
	let margin = |id| Some((MockParticipants::account(id)?, Margins::get(id)));
	MockTraders::on_margin(margin);
	MockTraders::on_margins(move || Margins::iter_keys().filter_map(margin).collect());
	MockOnTrader::on_margin_changed(Margins::insert);
	MockOnTrader::on_debt_changed(|participant, in_debt| Marked::set(participant, in_debt.then_some(())));
	wealthy(&MEMBERS, WEALTH, |_| ())
}

/// Runs a test and checks all invariants after it.
pub fn run(test: impl FnOnce()) {
	empty().execute_with(|| {
		test();
		Securities::do_try_state().unwrap();
		let sum = |account| Secured::<Test>::iter_values().filter(|s| s.account == account).map(|s| s.amount).sum();
		for account in MEMBERS {
			let secured: Balance = sum(account);
			assert_eq!(held(account, HoldReason::Deposit) + held(account, HoldReason::Guarantee), secured);
		}
	});
}

/// What the benchmarks start from.
#[cfg(feature = "runtime-benchmarks")]
pub struct Setup;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Setup {
	fn member() -> (busbar_primitives::ParticipantId, AccountId) {
		(participant(HOME), HOME)
	}

	fn points(count: u32) -> (Vec<busbar_primitives::PointId>, AccountId) {
		let owners = [HOME, PLANT, SHOP];
		MockGrid::points(owners.into_iter().cycle().map(point).take(count as usize).collect());
		for owner in owners {
			MockParticipants::delegate(owner, AGGREGATOR, busbar_primitives::Right::Funds);
		}
		((0..count).collect(), AGGREGATOR)
	}

	fn retailer() -> AccountId {
		SHOP
	}

	fn balancing() -> AccountId {
		SHOP
	}

	fn finish(interval: Interval) {
		LastFinal::set(&Some(interval));
	}
}
