//! Issuance, posted prices, deposits, and the traits that other pallets use.

use crate::{
	Activations, Ceiling, Config, Debts, Error, Event, HoldReason, Intervals, Issue, Issued, Ladders, NextProposal,
	Offers, Pallet, Posted, PostedPrices, Progress, Proposal, Proposals, Roots, Stage, Statements, SystemAccounts,
	SystemLines,
};
use busbar_primitives::{
	traits::{Calendar, Collateral, Finality, Prune, Solvency},
	Balance, Interval, ParticipantId, Terms,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	BoundedVec,
};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchError, DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// The account that holds money between debits and credits.
	pub fn account_id() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Free money of an account that settlement can take, in nEUR.
	pub(crate) fn free(who: &T::AccountId) -> Balance {
		T::Currency::reducible_balance(who, Preservation::Expendable, Fortitude::Polite)
	}

	pub(crate) fn do_propose(
		kind: Issue,
		proposer: ParticipantId,
		payments: BoundedVec<(T::AccountId, Balance), T::MaxPayments>,
	) -> DispatchResult {
		ensure!(!payments.is_empty(), Error::<T>::NoPayments);
		ensure!(payments.iter().all(|(_, amount)| !amount.is_zero()), Error::<T>::ZeroAmount);
		let sum = Self::sum(&payments)?;
		ensure!(Proposals::<T>::count() < T::MaxPending::get(), Error::<T>::TooManyPending);
		let id = NextProposal::<T>::get();
		NextProposal::<T>::put(id.checked_add(1).ok_or(Error::<T>::Overflow)?);
		Proposals::<T>::insert(id, Proposal { kind, proposer, payments });
		Self::deposit_event(Event::IssueProposed { id, kind, proposer, sum });
		Ok(())
	}

	pub(crate) fn do_approve(id: u32, approver: ParticipantId) -> DispatchResult {
		let proposal = Proposals::<T>::take(id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(proposal.proposer != approver, Error::<T>::SameParticipant);
		let sum = Self::sum(&proposal.payments)?;
		let issued = Issued::<T>::get();
		let issued = match proposal.kind {
			Issue::Mint => {
				let total = T::Currency::total_issuance().checked_add(sum).ok_or(Error::<T>::Overflow)?;
				ensure!(total <= Ceiling::<T>::get(), Error::<T>::AboveCeiling);
				for (who, amount) in &proposal.payments {
					T::Currency::mint_into(who, *amount)?;
				}
				issued.checked_add(sum)
			},
			Issue::Burn => {
				for (who, amount) in &proposal.payments {
					ensure!(Self::free(who) >= *amount, Error::<T>::BeyondFreeMoney);
					T::Currency::burn_from(
						who,
						*amount,
						Preservation::Expendable,
						Precision::Exact,
						Fortitude::Polite,
					)?;
				}
				issued.checked_sub(sum)
			},
		};
		Issued::<T>::put(issued.ok_or(Error::<T>::Overflow)?);
		Self::deposit_event(Event::Issued { id, kind: proposal.kind, approver, sum });
		Ok(())
	}

	/// `proposer`: `None` for the administration.
	pub(crate) fn do_cancel(id: u32, proposer: Option<ParticipantId>) -> DispatchResult {
		let proposal = Proposals::<T>::get(id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(proposer.is_none_or(|proposer| proposer == proposal.proposer), Error::<T>::NotProposer);
		Proposals::<T>::remove(id);
		Self::deposit_event(Event::IssueCancelled { id });
		Ok(())
	}

	fn sum(payments: &[(T::AccountId, Balance)]) -> Result<Balance, Error<T>> {
		payments.iter().try_fold(0, |sum: Balance, (_, amount)| sum.checked_add(*amount)).ok_or(Error::Overflow)
	}

	pub(crate) fn do_set_ladder(prices: PostedPrices) -> DispatchResult {
		ensure!(prices.long <= prices.short, Error::<T>::CrossedPrices);
		let from = T::Calendar::first_unopened();
		Ladders::<T>::mutate(|ladders| ladders.set(from, prices));
		Self::deposit_event(Event::LadderSet { from, short: prices.short, long: prices.long });
		Ok(())
	}

	pub(crate) fn do_post_prices(party: ParticipantId, interval: Interval, prices: PostedPrices) -> DispatchResult {
		let accounts = SystemAccounts::<T>::get().ok_or(Error::<T>::AccountsNotSet)?;
		ensure!(accounts.balancing == party, Error::<T>::NotBalancingParty);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		ensure!(T::Calendar::is_open(interval), Error::<T>::GateClosed);
		ensure!(prices.lie_within(&terms.posted), Error::<T>::PricesOutOfBounds);
		Posted::<T>::insert(interval, prices);
		Self::deposit_event(Event::PricesPosted { interval, short: prices.short, long: prices.long });
		Ok(())
	}

	/// Prices of an interval's imbalances: those posted, or else the default ones, within the interval's bounds.
	pub fn prices(interval: Interval, terms: &Terms) -> PostedPrices {
		let default = || Ladders::<T>::get().at(interval);
		Posted::<T>::get(interval).unwrap_or_else(default).clamped(&terms.posted)
	}
}

impl<T: Config> Solvency for Pallet<T> {
	fn ensure_solvent(participant: ParticipantId) -> DispatchResult {
		ensure!(!Debts::<T>::contains_key(participant), Error::<T>::InDebt);
		Ok(())
	}
}

impl<T: Config> Collateral<T::AccountId> for Pallet<T> {
	fn hold(account: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::hold(&HoldReason::Order.into(), account, amount).map_err(|_| Error::<T>::BeyondCollateral.into())
	}

	fn release(account: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::release(&HoldReason::Order.into(), account, amount, Precision::Exact)
			.map(|_| ())
			.map_err(|_| DispatchError::from(Error::<T>::CollateralMissing))
	}
}

impl<T: Config> Finality for Pallet<T> {
	/// A statement root without a running account belongs to an interval that is already pruned.
	fn is_final(interval: Interval) -> bool {
		let over = |progress: &Progress| progress.stage == Stage::Settled && T::Calendar::now() >= progress.final_from;
		Roots::<T>::contains_key(interval) && Intervals::<T>::get(interval).as_ref().is_none_or(over)
	}
}

impl<T: Config> Prune for Pallet<T> {
	/// Removes nothing of an interval that is not final. The statement root stays.
	fn prune(interval: Interval, limit: u32) -> u32 {
		if !Self::is_final(interval) {
			return 0;
		}
		let most = |left: u32| usize::try_from(left).unwrap_or(usize::MAX);
		let count = |removed: usize| u32::try_from(removed).unwrap_or(u32::MAX);
		let mut removed = count(Statements::<T>::drain_prefix(interval).take(most(limit)).count());
		for orders in [Offers::<T>::drain_prefix(interval), Activations::<T>::drain_prefix(interval)] {
			let left = limit.saturating_sub(removed);
			removed = removed.saturating_add(count(orders.take(most(left)).count()));
		}
		if removed < limit && Posted::<T>::take(interval).is_some() {
			removed = removed.saturating_add(1);
		}
		if removed < limit && SystemLines::<T>::contains_key(interval) {
			SystemLines::<T>::remove(interval);
			removed = removed.saturating_add(1);
		}
		if removed < limit && Intervals::<T>::take(interval).is_some() {
			removed = removed.saturating_add(1);
		}
		removed
	}
}
