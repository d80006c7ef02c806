//! Disputes: what the chain decides by itself, and what the regulator does.

use crate::{
	Attesters, Config, Datasets, Decision, Dispute, Disputes, Error, Event, Ground, HoldReason, Operators, Pallet,
	ProvenReading, Readings, Verdict, Weighing,
};
use busbar_primitives::{
	metering::{Duty, Meter, Registers, SignedReading},
	traits::{Calendar, Grid, Participants},
	Interval, ParticipantId, PointId, Quality, Right, Role, Terms,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_dispute(
		who: T::AccountId,
		claim: SignedReading,
		attested: Option<ProvenReading>,
	) -> DispatchResult {
		let (interval, point) = (claim.reading.interval, claim.reading.point);
		let terms = Self::ensure_window(interval)?;
		let meter = Self::meter_of(&claim.reading)?;
		Self::ensure_affected(&who, point)?;
		ensure!(!Disputes::<T>::contains_key(interval, point), Error::<T>::Contested);
		ensure!(meter.duty == Duty::Main, Error::<T>::NotMainMeter);
		ensure!(claim.reading.quality != Quality::Estimated, Error::<T>::ClaimEstimated);
		let genesis = Self::genesis();
		ensure!(claim.is_authentic(&genesis, &meter.device), Error::<T>::WrongSignature);
		if let Some(attested) = attested {
			let dataset = Datasets::<T>::get(interval, meter.operator).ok_or(Error::<T>::NoDataset)?;
			let of = |signed: &SignedReading| (signed.reading.meter, signed.reading.point, signed.reading.interval);
			ensure!(of(&attested.signed) == of(&claim), Error::<T>::OtherReading);
			Self::ensure_in_dataset(&dataset, &attested)?;
			if !attested.signed.is_authentic(&genesis, &meter.device) {
				return Self::decide_forged(&terms, &meter, &claim);
			}
			// An estimate that nobody proved gives way to what the device counted in any case.
			let reading = &attested.signed.reading;
			let counts = reading.quality != Quality::Estimated && reading.is_in_range();
			if counts && !Readings::<T>::contains_key(interval, point) {
				let proven = Self::successor(None, &meter, reading, dataset.version);
				Readings::<T>::insert(interval, point, proven);
			}
		}
		let standing = Readings::<T>::get(interval, point);
		let weighing = standing.map(|standing| standing.weigh(claim.reading.quality, &claim.reading.registers()));
		let decision = match weighing {
			None => Decision::Filled,
			Some(Weighing::Replaces) => Decision::Superseded,
			Some(Weighing::Same) => return Err(Error::<T>::NoContradiction.into()),
			Some(Weighing::Weaker) => return Err(Error::<T>::Weaker.into()),
			Some(Weighing::Contradicts) => {
				let (ground, claim) = (Ground::TwoSignatures, claim.reading.registers());
				return Self::open(&terms, interval, point, ground, Some(who), meter.operator, None, claim);
			},
		};
		Readings::<T>::insert(interval, point, Self::successor(standing, &meter, &claim.reading, 0));
		Self::decided(interval, point, decision);
		Self::compare(&terms, interval, point)
	}

	/// Opens a dispute, for whose bond the disputant's money is held.
	#[allow(clippy::too_many_arguments)]
	pub(crate) fn open(
		terms: &Terms,
		interval: Interval,
		point: PointId,
		ground: Ground,
		disputant: Option<T::AccountId>,
		accused: ParticipantId,
		accuser: Option<ParticipantId>,
		claim: Registers,
	) -> DispatchResult {
		let opened = T::Calendar::now();
		let deadline = opened.max(terms.attestation_end).saturating_add(terms.ruling_period());
		let mut bond = 0;
		if let Some(disputant) = &disputant {
			bond = T::DisputeBond::get();
			T::Currency::hold(&HoldReason::DisputeBond.into(), disputant, bond)?;
		}
		let dispute = Dispute { ground, disputant, bond, accused, accuser, claim, opened, deadline };
		Disputes::<T>::insert(interval, point, dispute);
		Self::deposit_event(Event::DisputeOpened { interval, point, ground, accused, claim, deadline });
		Ok(())
	}

	/// The operator attested as counted what its device did not sign: it is at fault, once for a point and interval, and
	/// the device's own reading stands unless a better one does.
	fn decide_forged(terms: &Terms, meter: &Meter, claim: &SignedReading) -> DispatchResult {
		let (interval, point) = (claim.reading.interval, meter.point);
		let standing = Readings::<T>::get(interval, point);
		ensure!(!standing.is_some_and(|standing| standing.faulted), Error::<T>::AlreadyFaulted);
		let weighing = standing.map(|standing| standing.weigh(claim.reading.quality, &claim.reading.registers()));
		let replaces = matches!(weighing, None | Some(Weighing::Replaces));
		let mut proven = match standing {
			Some(standing) if !replaces => standing,
			_ => Self::successor(standing, meter, &claim.reading, 0),
		};
		proven.faulted = true;
		Readings::<T>::insert(interval, point, proven);
		Self::penalise(meter.operator, point)?;
		Self::decided(interval, point, Decision::Forged);
		if replaces {
			Self::compare(terms, interval, point)?;
		}
		Ok(())
	}

	pub(crate) fn do_rule(who: T::AccountId, interval: Interval, point: PointId, verdict: Verdict) -> DispatchResult {
		let zone = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.zone;
		T::Participants::ensure(&who, Role::Regulator, Some(zone))?;
		let dispute = Disputes::<T>::get(interval, point).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Calendar::now() < dispute.deadline, Error::<T>::DeadlinePassed);
		Disputes::<T>::remove(interval, point);
		match verdict {
			Verdict::Upheld => {
				let mut wrong = false;
				Readings::<T>::mutate(interval, point, |slot| {
					if let Some(reading) = slot {
						// Neither an estimate nor what a dispute brought is its operator's word.
						wrong = reading.quality != Quality::Estimated && reading.dataset > 0;
						reading.registers = dispute.claim;
						reading.quality = Quality::Corrected;
						reading.version = reading.version.saturating_add(1);
						reading.dataset = 0;
					}
				});
				if wrong {
					Self::penalise(dispute.accused, point)?;
				}
				Self::return_bond(&dispute)?;
			},
			Verdict::Dismissed => Self::return_bond(&dispute)?,
			Verdict::Frivolous => {
				if let Some(accuser) = dispute.accuser {
					Self::penalise(accuser, point)?;
				}
				Self::forfeit_bond(&dispute)?;
			},
		}
		Self::decided(interval, point, Decision::Ruled(verdict));
		Ok(())
	}

	pub(crate) fn do_close_dispute(interval: Interval, point: PointId) -> DispatchResult {
		let dispute = Disputes::<T>::get(interval, point).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Calendar::now() >= dispute.deadline, Error::<T>::DeadlineAhead);
		Disputes::<T>::remove(interval, point);
		Self::return_bond(&dispute)?;
		Self::decided(interval, point, Decision::Expired);
		Ok(())
	}

	fn return_bond(dispute: &Dispute<T::AccountId>) -> DispatchResult {
		if let Some(disputant) = &dispute.disputant {
			T::Currency::release(&HoldReason::DisputeBond.into(), disputant, dispute.bond, Precision::Exact)?;
		}
		Ok(())
	}

	/// The bond of a frivolous dispute goes to whom it accused.
	fn forfeit_bond(dispute: &Dispute<T::AccountId>) -> DispatchResult {
		let Some(disputant) = &dispute.disputant else { return Ok(()) };
		let accused = T::Participants::account(dispute.accused)
			.or_else(|| Operators::<T>::get(dispute.accused).map(|operator| operator.account));
		match accused {
			Some(accused) => {
				Self::pay_from_hold(HoldReason::DisputeBond, disputant, &accused, dispute.bond)?;
				Ok(())
			},
			None => Self::return_bond(dispute),
		}
	}

	fn decided(interval: Interval, point: PointId, decision: Decision) {
		let version = Readings::<T>::get(interval, point).map_or(0, |reading| reading.version);
		Self::deposit_event(Event::DisputeDecided { interval, point, decision, version });
	}

	/// That a reading of the point concerns the account: its owner, its second attester, the balance-responsible party
	/// or the grid operator of its zone.
	fn ensure_affected(who: &T::AccountId, point: PointId) -> DispatchResult {
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let acts = |participant| T::Participants::ensure_acts_for(who, participant, Right::Operate).is_ok();
		let holds = |role| T::Participants::ensure(who, role, Some(details.zone)).is_ok();
		let affected = acts(details.owner)
			|| Attesters::<T>::get(point).is_some_and(acts)
			|| holds(Role::BalanceResponsibleParty)
			|| holds(Role::Dso);
		ensure!(affected, Error::<T>::NotAffected);
		Ok(())
	}
}
