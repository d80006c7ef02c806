//! The market's pallets, joined through the traits of `busbar_primitives::traits`.

use super::{CouncilMajority, CouncilTwoThirds};
use crate::{
	AccountId, Balance, Balances, Certificates, Council, Flexibility, Grid, Market, Metering, Participants, Runtime,
	RuntimeHoldReason, Securities, Settlement, Supply, Timestamp, Validators, SLOT_DURATION_MS,
};
use frame_support::{
	parameter_types,
	traits::{ConstU16, ConstU32, ConstU64, Contains},
	PalletId,
};
use sp_runtime::Perbill;

/// 1 EUR, in nEUR.
const EUR: Balance = 1_000_000_000;

/// Most zones of a grid. Together with `MaxMarketLevels` it makes the largest clearing fit its share of a block.
pub type MaxMarketZones = ConstU32<10_240>;
/// Most price levels of a session, over all zones.
pub type MaxMarketLevels = ConstU32<131_072>;
/// Most links between a zone and the root.
pub type MaxDepth = ConstU32<64>;
/// Most newcomers, meters, or connection points of a batch of readings or of a settlement phase.
pub type MaxBatch = ConstU32<128>;

/// Council members and validators, whom only the council may suspend.
pub struct Governing;
impl Contains<AccountId> for Governing {
	fn contains(account: &AccountId) -> bool {
		Council::is_member(account) || Validators::contains(account)
	}
}

impl pallet_participants::Config for Runtime {
	type AdminOrigin = CouncilTwoThirds;
	type Zones = Grid;
	type Time = Timestamp;
	type OnLeaving = Market;
	type Protected = Governing;
	type MaxRoles = ConstU32<16>;
	type MaxDelegates = ConstU32<8>;
	type MaxDataGrants = ConstU32<32>;
	type MaxDepth = MaxDepth;
	type MaxBatch = MaxBatch;
	type Calls = super::calls::Table;
	type Allowances = super::budgets::Budgets;
	type MaxWaiting = ConstU32<16>;
	type WeightInfo = crate::weights::Participants;
}

impl pallet_grid::Config for Runtime {
	type AdminOrigin = CouncilMajority;
	type Participants = Participants;
	type Calendar = Market;
	type Flows = Market;
	type Balancing = Settlement;
	type MaxZones = MaxMarketZones;
	type MaxDepth = MaxDepth;
	/// 10 ct/kWh. Collateral counts on it.
	type MaxPathFee = ConstU32<100_000>;
	type MaxPoints = ConstU32<131_072>;
	/// An eighth of them.
	type MaxZonePoints = ConstU32<16_384>;
	/// 3 GW: the reference incident of Continental Europe, the greatest loss of one connection that the synchronous area is
	/// dimensioned for (Regulation (EU) 2017/1485, Article 153(2)(b)(i)).
	type MaxRating = ConstU64<3_000_000_000>;
	/// 14 days of quarter hours.
	type ProposalLife = ConstU32<1_344>;
	type MaxBatch = ConstU32<256>;
	type WeightInfo = crate::weights::Grid;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

parameter_types! {
	/// Share of a block that opening intervals and closing gates may take.
	pub const ClearingShare: Perbill = Perbill::from_percent(40);
}

impl pallet_market::Config for Runtime {
	type AdminOrigin = CouncilMajority;
	type Participants = Participants;
	type Grid = Grid;
	type Collateral = Securities;
	type Supply = Supply;
	type Meters = Metering;
	type Traders = Participants;
	type Finality = Settlement;
	type Prunable = (Grid, Metering, Flexibility, Settlement);
	type Time = Timestamp;
	type SlotDuration = ConstU64<SLOT_DURATION_MS>;
	type MaxDepth = MaxDepth;
	type MaxSteps = ConstU32<16>;
	type MaxZones = MaxMarketZones;
	type MaxLevels = MaxMarketLevels;
	type MaxOpenPerBlock = ConstU32<8>;
	type MaxClosePerBlock = ConstU32<4>;
	type MaxPrunePerBlock = ConstU32<512>;
	type ClearingShare = ClearingShare;
	type WeightInfo = crate::weights::Market;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

parameter_types! {
	/// 1,000 EUR, ten times the penalty.
	pub const OperatorBond: Balance = 1_000 * EUR;
	/// 100 EUR.
	pub const MeteringPenalty: Balance = 100 * EUR;
	/// 10 EUR.
	pub const DisputeBond: Balance = 10 * EUR;
}

impl pallet_metering::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = Participants;
	type Grid = Grid;
	type Calendar = Market;
	type OnReading = Settlement;
	type Counterparties = Settlement;
	type MaxReadings = MaxBatch;
	type MaxHolders = ConstU32<16>;
	type MaxVersions = ConstU16<16>;
	/// 30 days of quarter hours.
	type MaxAhead = ConstU32<2_880>;
	type OperatorBond = OperatorBond;
	type Penalty = MeteringPenalty;
	type DisputeBond = DisputeBond;
	type Tolerance = ConstU64<2>;
	type WeightInfo = crate::weights::Metering;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

parameter_types! {
	pub const SettlementPalletId: PalletId = PalletId(*b"bb/settl");
	pub const FundId: PalletId = PalletId(*b"bb/funds");
}

impl pallet_settlement::Config for Runtime {
	type Currency = Balances;
	type AdminOrigin = CouncilMajority;
	type Participants = Participants;
	type Grid = Grid;
	type Calendar = Market;
	type Positions = Market;
	type Readings = Metering;
	type Certificates = Certificates;
	type Securities = Securities;
	type Supply = Supply;
	type Flexibility = Flexibility;
	type PalletId = SettlementPalletId;
	type MaxPoints = MaxBatch;
	type WeightInfo = crate::weights::Settlement;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

impl pallet_issuance::Config for Runtime {
	type Currency = Balances;
	type AdminOrigin = CouncilTwoThirds;
	type Participants = Participants;
	type MaxPayments = ConstU32<256>;
	type MaxPending = ConstU32<64>;
	type MaxPendingOf = ConstU32<16>;
	type WeightInfo = crate::weights::Issuance;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

impl pallet_securities::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = Participants;
	type Traders = Participants;
	type Grid = Grid;
	type Calendar = Market;
	type Settlement = Settlement;
	type FundId = FundId;
	type MaxPoints = MaxBatch;
	type WeightInfo = crate::weights::Securities;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

impl pallet_supply::Config for Runtime {
	type AdminOrigin = CouncilMajority;
	type Participants = Participants;
	type Grid = Grid;
	type Calendar = Market;
	type Settlement = Settlement;
	type WeightInfo = crate::weights::Supply;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

impl pallet_flexibility::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Participants = Participants;
	type Grid = Grid;
	type Calendar = Market;
	type Positions = Market;
	type Readings = Metering;
	type Finality = Settlement;
	type WeightInfo = crate::weights::Flexibility;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}

impl pallet_certificates::Config for Runtime {
	type Participants = Participants;
	type Grid = Grid;
	type Calendar = Market;
	/// 30 days of quarter hours.
	type Period = ConstU32<2_880>;
	/// A year, as guarantees of origin have.
	type Lifetime = ConstU32<12>;
	type WeightInfo = crate::weights::Certificates;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helpers::Helper;
}
