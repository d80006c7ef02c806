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
