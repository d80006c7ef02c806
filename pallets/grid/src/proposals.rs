//! Connection points that an operator of a part of the grid proposes: they exist once their owners accept them.
//!
//! Whose point is silent owes what it may draw by its rating, so nobody is given one unasked. A proposal counts in the quotas of
//! its operator and of its zone as the point would; what ends without a point counts no more. One that nobody ends keeps its
//! place there, after its time too, until anybody withdraws it: so there are never more of them than the quotas allow.

use crate::{
	Added, Config, Error, Event, NewPoint, NextPoint, NextProposal, Pallet, Proposal, ProposalId, Proposals, Zones,
};
use busbar_primitives::{
	traits::{Calendar, Participants},
	ParticipantId, Right, Role,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Keeps a point until its owner accepts it. The operator's quota counts it already.
	pub(crate) fn propose(by: T::AccountId, operator: ParticipantId, point: NewPoint) -> DispatchResult {
		let mut zone = Self::ensure_stands(&point)?;
		zone.numbers = zone.numbers.saturating_add(1);
		Zones::<T>::insert(point.zone, zone);
		let proposal = NextProposal::<T>::get();
		NextProposal::<T>::put(proposal.checked_add(1).ok_or(Error::<T>::TooManyPoints)?);
		let until = T::Calendar::first_unopened().saturating_add(T::ProposalLife::get());
		Proposals::<T>::insert(proposal, Proposal { by, operator, point, until });
		Self::deposit_event(Event::PointProposed { proposal, operator, point, until });
		Ok(())
	}

	/// Lets a proposed point exist, as its owner, if who proposed it still operates its zone.
	pub(crate) fn do_accept_point(who: &T::AccountId, id: ProposalId) -> DispatchResult {
		let Proposal { by, operator, point, until } = Proposals::<T>::take(id).ok_or(Error::<T>::UnknownProposal)?;
		Self::ensure_consents(who, point.owner)?;
		ensure!(T::Calendar::first_unopened() < until, Error::<T>::ProposalExpired);
		let still = T::Participants::ensure(&by, Role::Dso, Some(point.zone))?;
		ensure!(still == operator, Error::<T>::UnknownProposal);
		Self::ensure_carried(&point)?;
		// The point takes the proposal's place in the zone's count.
		Self::discount_in_zone(&point);
		let added = NextPoint::<T>::get();
		Self::do_add_point(point)?;
		Self::deposit_event(Event::ProposalEnded { proposal: id, point: Some(added) });
		Ok(())
	}

	/// Ends a proposal: as its owner, who proposed it or operates the zone, or anybody when its time is over.
	pub(crate) fn do_withdraw_point(who: &T::AccountId, id: ProposalId) -> DispatchResult {
		let Proposal { operator, point, until, .. } = Proposals::<T>::take(id).ok_or(Error::<T>::UnknownProposal)?;
		let acts = |participant| T::Participants::ensure_acts_for(who, participant, Right::Operate).is_ok();
		let may = T::Calendar::first_unopened() >= until
			|| acts(point.owner)
			|| acts(operator)
			|| T::Participants::ensure(who, Role::Dso, Some(point.zone)).is_ok();
		ensure!(may, Error::<T>::NotYourProposal);
		Self::discount_in_zone(&point);
		Added::<T>::mutate(operator, |added| added.points = added.points.saturating_sub(1));
		Self::deposit_event(Event::ProposalEnded { proposal: id, point: None });
		Ok(())
	}

	fn discount_in_zone(point: &NewPoint) {
		Zones::<T>::mutate_extant(point.zone, |zone| zone.numbers = zone.numbers.saturating_sub(1));
	}
}
