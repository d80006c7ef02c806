//! The council: the only authority above the roles. There is no sudo.

use super::motions;
use crate::{AccountId, BlockNumber, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, MINUTES};
use frame_support::{parameter_types, traits::ConstU32, weights::Weight};
use pallet_collective::{
	EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1, MoreThanMajorityThenPrimeDefaultVote,
};

/// More than half of the council.
pub type CouncilMajority = EnsureProportionMoreThan<AccountId, Instance1, 1, 2>;

/// At least two thirds of the council: for who is a member, what code runs, how much money there may be, and who finalises. Less
/// than that is what may fail or lie.
pub type CouncilTwoThirds = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;

/// All of the council: for what cannot wait.
pub type CouncilWhole = EnsureProportionAtLeast<AccountId, Instance1, 1, 1>;

/// At least a third of the council: as many as a decision of two thirds cannot do without, to refuse one once its text is read.
pub type CouncilThird = EnsureProportionAtLeast<AccountId, Instance1, 1, 3>;

/// Fewest seats of the council: with fewer, one member is half of it.
pub const LEAST_SEATS: usize = 3;
/// Most seats of the council.
pub const MOST_SEATS: u32 = 32;

/// Most motions that wait at a time, each seat with an equal share of them.
pub type MaxMotions = ConstU32<64>;

parameter_types! {
	pub const MotionDuration: BlockNumber = 7 * 24 * 60 * MINUTES;
	/// 150 ms and 16 MiB of proof. A motion is closed within what a block reserves for operations, a quarter, so that no flood
	/// of other transactions delays it.
	pub const MaxProposalWeight: Weight = Weight::from_parts(150_000_000_000, 16 << 20);
}

impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = MaxMotions;
	type MaxMembers = ConstU32<MOST_SEATS>;
	type DefaultVote = MoreThanMajorityThenPrimeDefaultVote;
	type WeightInfo = motions::Weights;
	type SetMembersOrigin = CouncilTwoThirds;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = CouncilMajority;
	type KillOrigin = CouncilMajority;
	type Consideration = motions::MotionPlace;
}

/// Longest pause, in blocks: a day.
pub type MaxPause = ConstU32<{ 24 * 60 * MINUTES }>;

/// Most seats of the emergency committee: few, so that they are quick.
pub const MOST_COMMITTEE: u32 = 7;

impl pallet_governance::Config for Runtime {
	type AdminOrigin = CouncilTwoThirds;
	type UrgentOrigin = CouncilWhole;
	type VetoOrigin = CouncilThird;
	type ResumeOrigin = CouncilMajority;
	type MaxPause = MaxPause;
	/// An hour.
	type WordLife = ConstU32<{ 60 * MINUTES }>;
	type MaxPauses = ConstU32<32>;
	/// One of three is no majority.
	type MinSeats = ConstU32<3>;
	type MaxSeats = ConstU32<MOST_COMMITTEE>;
	type WeightInfo = crate::weights::Governance;
}
