//! The table of calls at work: what may be sent at all, and by whom. What is not in it is refused; a test walks the metadata.
//!
//! The pallets still decide about zones, rights and states. The table keeps what its sender may never make out of the pool,
//! and says which calls are paid from a budget and which are due work (`docs/budgets.md`).

use super::{
	governance::{MaxProposalWeight, LEAST_SEATS, MOST_SEATS},
	pauses, MAX_BLOCK_LENGTH,
};
use crate::{
	AccountId, BlockNumber, Council, Hash, Participants, Runtime, RuntimeCall, Securities, Settlement, System,
};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{
	calls::{
		Cover,
		Kind::{Carries, Due, Pays, Remedy, Settles},
		Row,
		Who::{
			self, Authors, Committee, Holders, Members, Motions, Nobody, Parties, PartiesOrHolders, Third, Traders,
			TwoThirds, Whole,
		},
	},
	refusals::Refusal,
	traits::{Debts, Participants as _},
	Role,
};
use codec::{Decode, Encode};
use frame_support::{
	ensure,
	traits::{Contains, GetCallMetadata},
};
use pallet_collective::Instance1 as CouncilInstance;
use pallet_participants::Terms;
use sp_runtime::MultiAddress;

/// The row of a call; `None` if the table has none.
pub fn row(call: &RuntimeCall) -> Option<&'static Row> {
	let name = call.get_call_metadata();
	busbar_primitives::calls::row(name.pallet_name, name.function_name)
}

/// The calls that a call carries.
fn carried(call: &RuntimeCall) -> &[RuntimeCall] {
	use pallet_utility::Call::{batch, batch_all, force_batch};
	match call {
		RuntimeCall::Utility(batch { calls } | batch_all { calls } | force_batch { calls }) => calls,
		_ => &[],
	}
}

/// Whether money may be sent there: to a participant's account, or to one that the rules name.
fn takes_money(account: &AccountId) -> bool {
	Participants::participant(account).is_some() || *account == Securities::fund() || Settlement::pays(account)
}

/// The account that a call moves money to; `Some(None)` if it names none that could be.
fn payee(call: &RuntimeCall) -> Option<Option<&AccountId>> {
	use pallet_balances::Call::{transfer_all, transfer_allow_death, transfer_keep_alive};
	let RuntimeCall::Balances(
		transfer_allow_death { dest, .. } | transfer_keep_alive { dest, .. } | transfer_all { dest, .. },
	) = call
	else {
		return None;
	};
	Some(if let MultiAddress::Id(account) = dest { Some(account) } else { None })
}

fn pays_well(call: &RuntimeCall) -> bool {
	payee(call).is_none_or(|payee| payee.is_some_and(takes_money))
}

/// Whether a council stays that can decide: `pallet-collective` would seat nobody, one member twice, or more than it counts.
fn seats_well(call: &RuntimeCall) -> bool {
	let RuntimeCall::Council(pallet_collective::Call::set_members { new_members, prime, .. }) = call else {
		return true;
	};
	let distinct: BTreeSet<_> = new_members.iter().collect();
	let sits = |account: &AccountId| distinct.contains(account);
	distinct.len() == new_members.len()
		&& (LEAST_SEATS..=MOST_SEATS as usize).contains(&distinct.len())
		&& prime.as_ref().is_none_or(sits)
}

/// What is dispatched at all, alone, in a batch or in a motion: what the table lets somebody make.
pub struct Listed;

impl Contains<RuntimeCall> for Listed {
	fn contains(call: &RuntimeCall) -> bool {
		row(call).is_some_and(|(_, who, _)| *who != Nobody) && pays_well(call) && seats_well(call)
	}
}

/// A motion's votes, as `pallet-collective` stores and does not show them.
#[derive(Decode)]
struct Motion {
	index: u32,
	threshold: u32,
	ayes: Vec<AccountId>,
	nays: Vec<AccountId>,
	end: BlockNumber,
}

impl Motion {
	fn of(hash: &Hash) -> Option<Self> {
		let votes = pallet_collective::Voting::<Runtime, CouncilInstance>::get(hash)?;
		Self::decode(&mut &votes.encode()[..]).ok()
	}

	/// Whether enough have agreed, or so many not that enough can not any more.
	fn is_decided(&self) -> bool {
		let seats = pallet_collective::Members::<Runtime, CouncilInstance>::get().len();
		let threshold = usize::try_from(self.threshold).unwrap_or(usize::MAX);
		self.ayes.len() >= threshold || seats.saturating_sub(self.nays.len()) < threshold
	}
}

/// That a council member's call is about a motion that there is, within bounds, and closes only what can be closed: so it
/// takes the weight of that motion and no more.
fn ensure_motion(call: &RuntimeCall) -> Result<(), Refusal> {
	use pallet_collective::Call::{close, vote};
	let RuntimeCall::Council(call) = call else { return Ok(()) };
	let (hash, number) = match call {
		vote { proposal, index, .. } => (proposal, index),
		close { proposal_hash, index, .. } => (proposal_hash, index),
		_ => return Ok(()),
	};
	let motion = Motion::of(hash).filter(|motion| motion.index == *number).ok_or(Refusal::NoSuchMotion)?;
	if let close { proposal_weight_bound, length_bound, .. } = call {
		ensure!(proposal_weight_bound.all_lte(MaxProposalWeight::get()), Refusal::NoSuchMotion);
		ensure!(*length_bound <= MAX_BLOCK_LENGTH, Refusal::NoSuchMotion);
		ensure!(motion.is_decided() || System::block_number() >= motion.end, Refusal::NoSuchMotion);
	}
	Ok(())
}

/// The table, as the extensions ask it.
pub struct Table;

impl pallet_participants::Calls<RuntimeCall, AccountId> for Table {
	fn terms(call: &RuntimeCall) -> Result<Terms, Refusal> {
		let (_, who, kind) = row(call).ok_or(Refusal::NotListed)?;
		ensure!(!matches!(who, Nobody | Authors | Motions | TwoThirds | Third | Whole), Refusal::NotListed);
		if *kind == Carries {
			let (mut terms, mut first) = (Terms::default(), true);
			for call in carried(call) {
				let each = Self::terms(call)?;
				let (governing, remedy, settles) = (each.governing, each.remedy, each.settles);
				terms = Terms {
					due: false,
					governing: governing && (first || terms.governing),
					remedy: remedy && (first || terms.remedy),
					settles: settles && (first || terms.settles),
				};
				first = false;
			}
			return Ok(terms);
		}
		let (due, remedy, settles) = (*kind == Due, *kind == Remedy, *kind == Settles);
		Ok(Terms { due, governing: matches!(who, Who::Council | Committee), remedy, settles })
	}

	fn ensure(call: &RuntimeCall, signer: &AccountId) -> Result<(), Refusal> {
		let (_, who, _) = row(call).ok_or(Refusal::NotListed)?;
		match who {
			// Whom it is about, and where, the pallets know.
			Members | Parties(_) | PartiesOrHolders(..) | Traders(_) => (),
			Holders(roles, cover) => {
				let holds = |role: &Role| match cover {
					Cover::Grid => Participants::ensure(signer, *role, None).is_ok(),
					Cover::Named | Cover::Somewhere => Participants::ensure_anywhere(signer, *role).is_ok(),
				};
				ensure!(roles.iter().any(holds), Refusal::NotYours);
			},
			Who::Council => {
				ensure!(Council::is_member(signer), Refusal::NotYours);
				ensure_motion(call)?;
			},
			Committee => {
				let sits = pallet_governance::Committee::<Runtime>::get().contains(signer);
				ensure!(sits, Refusal::NotYours);
			},
			Motions | TwoThirds | Third | Whole | Authors | Nobody => return Err(Refusal::NotListed),
		}
		pauses::ensure_goes_on(call, signer)?;
		ensure!(pays_well(call), Refusal::UnknownPayee);
		carried(call).iter().try_for_each(|call| Self::ensure(call, signer))
	}

	fn reads(call: &RuntimeCall) -> u64 {
		let own: u64 = match row(call) {
			// The record of the one that the signer operates for, how it is found, and the time; its own is known.
			Some((_, Holders(..), _)) => 3,
			// The council and the motion's votes.
			Some((_, Who::Council, _)) => 2,
			Some((_, Committee, _)) => 1,
			// The payee's membership and the accounts of the rules, before and in the dispatch.
			Some((_, _, Pays)) => 2,
			_ => 0,
		};
		let own = own.saturating_add(pauses::reads(call));
		carried(call).iter().fold(own, |sum: u64, call| sum.saturating_add(Self::reads(call)))
	}
}
