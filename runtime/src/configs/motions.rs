//! Places for motions of the council: every seat has an equal share of them, so that no member fills them all and keeps the
//! others from proposing, whatever it proposes.
//!
//! `pallet-collective` keeps what a proposal costs, and whose it is, until somebody releases it. Here it costs nothing: what
//! is kept says whose motion it is, and goes when the next motion is proposed after it was closed.

use crate::{AccountId, Runtime};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	traits::{Consideration, Get, MaybeConsideration},
	weights::Weight,
};
use pallet_collective::{Config, CostOf, Error, Instance1 as CouncilInstance, Members, Proposals};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Motions that may wait.
type MaxMotions = <Runtime as Config<CouncilInstance>>::MaxProposals;

/// A place that a motion takes of its proposer's share.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct MotionPlace;

/// Motions of one member that may wait at a time.
fn share() -> u32 {
	let seats = u32::try_from(Members::<Runtime, CouncilInstance>::get().len()).unwrap_or(u32::MAX);
	<MaxMotions as Get<u32>>::get().checked_div(seats).unwrap_or(0)
}

impl Consideration<AccountId, u32> for MotionPlace {
	fn new(proposer: &AccountId, _: u32) -> Result<Self, DispatchError> {
		let waiting = Proposals::<Runtime, CouncilInstance>::get();
		// No more than there are places: those of motions that are closed go here, before another comes.
		let kept: Vec<_> = CostOf::<Runtime, CouncilInstance>::iter().collect();
		let mut own = 0u32;
		for (motion, (of, _)) in kept {
			if !waiting.contains(&motion) {
				CostOf::<Runtime, CouncilInstance>::remove(motion);
			} else if of == *proposer {
				own = own.saturating_add(1);
			}
		}
		ensure!(own < share(), Error::<Runtime, CouncilInstance>::TooManyProposals);
		Ok(Self)
	}

	fn update(self, _: &AccountId, _: u32) -> Result<Self, DispatchError> {
		Ok(self)
	}

	fn drop(self, _: &AccountId) -> Result<(), DispatchError> {
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn ensure_successful(_: &AccountId, _: u32) {}
}

impl MaybeConsideration<AccountId, u32> for MotionPlace {
	fn is_none(&self) -> bool {
		false
	}
}

/// The weights of `pallet-collective`, and what it takes to look through the places when a motion is proposed.
pub struct Weights;

type Own = pallet_collective::weights::SubstrateWeight<Runtime>;

impl pallet_collective::WeightInfo for Weights {
	fn propose_proposed(b: u32, m: u32, p: u32) -> Weight {
		let places = u64::from(<MaxMotions as Get<u32>>::get());
		let look = <Runtime as frame_system::Config>::DbWeight::get().reads_writes(places.saturating_add(2), places);
		// A key of 64 bytes, a proposer, and what a proof of both adds.
		let look = look.saturating_add(Weight::from_parts(0, places.saturating_mul(2_000)));
		Own::propose_proposed(b, m, p).saturating_add(look)
	}

	fn set_members(m: u32, n: u32, p: u32) -> Weight {
		Own::set_members(m, n, p)
	}

	fn execute(b: u32, m: u32) -> Weight {
		Own::execute(b, m)
	}

	fn propose_execute(b: u32, m: u32) -> Weight {
		Own::propose_execute(b, m)
	}

	fn vote(m: u32) -> Weight {
		Own::vote(m)
	}

	fn close_early_disapproved(m: u32, p: u32) -> Weight {
		Own::close_early_disapproved(m, p)
	}

	fn close_early_approved(b: u32, m: u32, p: u32) -> Weight {
		Own::close_early_approved(b, m, p)
	}

	fn close_disapproved(m: u32, p: u32) -> Weight {
		Own::close_disapproved(m, p)
	}

	fn close_approved(b: u32, m: u32, p: u32) -> Weight {
		Own::close_approved(b, m, p)
	}

	fn disapprove_proposal(p: u32) -> Weight {
		Own::disapprove_proposal(p)
	}

	fn kill(d: u32, p: u32) -> Weight {
		Own::kill(d, p)
	}

	fn release_proposal_cost() -> Weight {
		Own::release_proposal_cost()
	}
}
