//! Issues: proposed, approved and executed, or cancelled.

use crate::{Ceiling, Config, Error, Event, Issue, Issued, NextProposal, Pallet, PendingOf, Proposal, Proposals};
use busbar_primitives::{traits::Participants, Balance, ParticipantId};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	BoundedVec,
};
use sp_runtime::{traits::Zero, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_propose(
		kind: Issue,
		proposer: ParticipantId,
		payments: BoundedVec<(T::AccountId, Balance), T::MaxPayments>,
	) -> DispatchResult {
		ensure!(!payments.is_empty(), Error::<T>::NoPayments);
		ensure!(payments.iter().all(|(_, amount)| !amount.is_zero()), Error::<T>::ZeroAmount);
		// Any other account would be a new one at will; and a pallet's, that money is taken from, would owe what it lacks.
		// Who is a participant stays one, so it is not asked again when the second key approves.
		let is_participant = |who: &T::AccountId| T::Participants::participant(who).is_some();
		ensure!(payments.iter().all(|(who, _)| is_participant(who)), Error::<T>::UnknownPayee);
		let sum = Self::sum(&payments)?;
		ensure!(Proposals::<T>::count() < T::MaxPending::get(), Error::<T>::TooManyPending);
		let pending = PendingOf::<T>::get(proposer);
		ensure!(pending < T::MaxPendingOf::get(), Error::<T>::QuotaReached);
		let id = NextProposal::<T>::get();
		NextProposal::<T>::put(id.checked_add(1).ok_or(Error::<T>::Overflow)?);
		PendingOf::<T>::insert(proposer, pending.saturating_add(1));
		Proposals::<T>::insert(id, Proposal { kind, proposer, payments });
		Self::deposit_event(Event::Proposed { id, kind, proposer, sum });
		Ok(())
	}

	pub(crate) fn do_approve(id: u32, approver: ParticipantId) -> DispatchResult {
		let proposal = Proposals::<T>::take(id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(proposal.proposer != approver, Error::<T>::SameParticipant);
		let sum = Self::sum(&proposal.payments)?;
		match proposal.kind {
			Issue::Mint => {
				let total = T::Currency::total_issuance().checked_add(sum).ok_or(Error::<T>::Overflow)?;
				ensure!(total <= Ceiling::<T>::get(), Error::<T>::AboveCeiling);
				for (who, amount) in &proposal.payments {
					T::Currency::mint_into(who, *amount)?;
				}
			},
			Issue::Burn => {
				for (who, amount) in &proposal.payments {
					let free = T::Currency::reducible_balance(who, Preservation::Expendable, Fortitude::Polite);
					ensure!(free >= *amount, Error::<T>::BeyondFreeMoney);
					T::Currency::burn_from(
						who,
						*amount,
						Preservation::Expendable,
						Precision::Exact,
						Fortitude::Polite,
					)?;
				}
			},
		}
		Self::note(proposal.kind, sum)?;
		Self::waits_no_more(proposal.proposer);
		Self::deposit_event(Event::Issued { id, kind: proposal.kind, approver, sum });
		Ok(())
	}

	/// `proposer`: `None` for the administration.
	pub(crate) fn do_cancel(id: u32, proposer: Option<ParticipantId>) -> DispatchResult {
		let proposal = Proposals::<T>::get(id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(proposer.is_none_or(|proposer| proposer == proposal.proposer), Error::<T>::NotProposer);
		Proposals::<T>::remove(id);
		Self::waits_no_more(proposal.proposer);
		Self::deposit_event(Event::Cancelled { id });
		Ok(())
	}

	/// One issue of an agent less waits.
	fn waits_no_more(proposer: ParticipantId) {
		PendingOf::<T>::mutate_exists(proposer, |pending| {
			*pending = pending.and_then(|pending| pending.checked_sub(1)).filter(|pending| *pending > 0);
		});
	}

	/// Minted less burned, with the genesis issuance, in nEUR.
	pub fn issued() -> Balance {
		let issued = Issued::<T>::get();
		#[cfg(feature = "upgrade-test")]
		let issued = issued.net();
		issued
	}

	fn note(kind: Issue, sum: Balance) -> Result<(), Error<T>> {
		Issued::<T>::try_mutate(|issued| {
			let noted = match kind {
				Issue::Mint => issued.checked_add(sum),
				Issue::Burn => issued.checked_sub(sum),
			};
			*issued = noted.ok_or(Error::Overflow)?;
			Ok(())
		})
	}

	fn sum(payments: &[(T::AccountId, Balance)]) -> Result<Balance, Error<T>> {
		payments.iter().try_fold(0, |sum: Balance, (_, amount)| sum.checked_add(*amount)).ok_or(Error::Overflow)
	}
}
