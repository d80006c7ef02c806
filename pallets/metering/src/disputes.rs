//! Disputes: what the chain decides by itself, and what the regulator does.

use crate::{
	net, Accuser, Attesters, Config, Dataset, Datasets, Decision, Dispute, Disputes, Earlier, EarlierRoot, Error,
	Event, Ground, Harmed, HoldReason, Operators, Pallet, Proven, ProvenReading, Readings, Verdict, Weighing, Worth,
};
use busbar_primitives::{
	metering::{Duty, Meter, Registers, SignedReading},
	traits::{Calendar, Grid, OnReading, Participants},
	Interval, ParticipantId, Point, PointId, Quality, Right, Role, Terms,
};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_dispute(
		who: T::AccountId,
		claim: SignedReading,
		attested: Option<(u16, ProvenReading)>,
	) -> DispatchResult {
		let (interval, point) = (claim.reading.interval, claim.reading.point);
		let terms = Self::ensure_window(interval)?;
		let (details, meter) = Self::meter_of(&claim.reading)?;
		Self::ensure_affected(&who, point, &details)?;
		ensure!(meter.duty == Duty::Main, Error::<T>::NotMainMeter);
		ensure!(claim.reading.quality != Quality::Estimated, Error::<T>::ClaimEstimated);
		let genesis = Self::genesis();
		ensure!(claim.is_authentic(&genesis, &meter.device), Error::<T>::WrongSignature);
		T::OnReading::changing(point, interval);
		let sound = Self::is_sound(&details, &claim.reading.registers());
		if let Some((version, leaf)) = attested {
			let dataset = Datasets::<T>::get(interval, meter.operator).ok_or(Error::<T>::NoDataset)?;
			let of = |signed: &SignedReading| (signed.reading.meter, signed.reading.point, signed.reading.interval);
			ensure!(of(&leaf.signed) == of(&claim), Error::<T>::OtherReading);
			let EarlierRoot { root, count } = Self::root_of(interval, meter.operator, &dataset, version)?;
			Self::ensure_in_dataset(root, count, &leaf)?;
			if !leaf.signed.is_authentic(&genesis, &meter.device) {
				return Self::decide_forged(&terms, &meter, &leaf, &claim, sound, who);
			}
			// An estimate that nobody proved gives way to what the device counted in any case, and what was attested anew to what
			// it was attested as.
			let reading = &leaf.signed.reading;
			let counts = reading.quality != Quality::Estimated && reading.is_in_range() && version == dataset.version;
			if counts && !Readings::<T>::contains_key(interval, point) {
				let is_sound = Self::is_sound(&details, &reading.registers());
				let proven = Self::successor(&terms, None, &meter, reading, is_sound, dataset.version);
				Self::put(interval, point, None, proven);
			}
		}
		let standing = Readings::<T>::get(interval, point);
		let registers = claim.reading.registers();
		let weighing = standing.map(|standing| standing.weigh(claim.reading.quality, &registers, sound));
		let decision = match weighing {
			None => Decision::Filled,
			Some(Weighing::Replaces) => Decision::Superseded,
			Some(Weighing::Same) => return Err(Error::<T>::NoContradiction.into()),
			Some(Weighing::Weaker) => return Err(Error::<T>::Weaker.into()),
			Some(Weighing::Contradicts) => {
				ensure!(sound, Error::<T>::Implausible);
				let (ground, accused) = (Ground::TwoSignatures, meter.operator);
				return Self::open(&terms, interval, point, ground, Some(who), accused, None, Some(registers));
			},
		};
		ensure!(sound || !standing.is_some_and(|standing| standing.settles()), Error::<T>::Implausible);
		let proven = Self::successor(&terms, standing, &meter, &claim.reading, sound, 0);
		Self::put(interval, point, standing, proven);
		Self::decided(interval, point, decision);
		Self::reconsider(&terms, interval, point)
	}

	/// The root of a version of what an operator attested, and how many readings it is over.
	fn root_of(
		interval: Interval,
		operator: ParticipantId,
		dataset: &Dataset,
		version: u16,
	) -> Result<EarlierRoot, DispatchError> {
		if version == dataset.version {
			return Ok(EarlierRoot { root: dataset.root, count: dataset.count });
		}
		let earlier = Earlier::<T>::get(interval, operator);
		let index = usize::from(version).checked_sub(1);
		index.and_then(|index| earlier.get(index).copied()).ok_or_else(|| Error::<T>::NoVersion.into())
	}

	/// Opens a dispute by who doubts a reading without having what its device signed.
	pub(crate) fn do_challenge(
		who: T::AccountId,
		interval: Interval,
		point: PointId,
		claim: Option<Registers>,
	) -> DispatchResult {
		let terms = Self::ensure_window(interval)?;
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let holds = |role| T::Participants::ensure(&who, role, Some(details.zone)).is_ok();
		let decides = holds(Role::Regulator);
		ensure!(decides || holds(Role::Dso) || holds(Role::BalanceResponsibleParty), Error::<T>::NotAffected);
		let standing = Readings::<T>::get(interval, point).filter(Proven::settles);
		let standing = standing.ok_or(Error::<T>::NothingToChallenge)?;
		if let Some(claim) = &claim {
			ensure!(claim.is_in_range(), Error::<T>::OutOfRange);
			ensure!(Self::is_sound(&details, claim), Error::<T>::Implausible);
			ensure!(*claim != standing.registers, Error::<T>::NoContradiction);
		}
		// Who rules on it pays no bond to itself.
		let disputant = (!decides).then_some(who);
		Self::open(&terms, interval, point, Ground::Challenged, disputant, standing.operator, None, claim)
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
		claim: Option<Registers>,
	) -> DispatchResult {
		ensure!(!Disputes::<T>::contains_key(interval, point), Error::<T>::Contested);
		ensure!(Self::is_disputable(interval, point), Error::<T>::ReplacedTooOften);
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
	fn decide_forged(
		terms: &Terms,
		meter: &Meter,
		leaf: &ProvenReading,
		claim: &SignedReading,
		sound: bool,
		who: T::AccountId,
	) -> DispatchResult {
		let (interval, point) = (claim.reading.interval, meter.point);
		let standing = Readings::<T>::get(interval, point);
		ensure!(!standing.is_some_and(|standing| standing.faulted), Error::<T>::AlreadyFaulted);
		let registers = claim.reading.registers();
		let weighing = standing.map(|standing| standing.weigh(claim.reading.quality, &registers, sound));
		let settled = standing.filter(Proven::settles);
		let replaces = matches!(weighing, None | Some(Weighing::Replaces)) && (sound || settled.is_none());
		let mut proven = match standing {
			Some(standing) if !replaces => standing,
			_ => Self::successor(terms, standing, meter, &claim.reading, sound, 0),
		};
		proven.faulted = true;
		Self::put(interval, point, standing, proven);
		let harmed = Harmed::by(net(&leaf.signed.reading.registers()), net(&registers));
		Self::penalise(meter.operator, interval, point, harmed, Accuser::Account(who))?;
		Self::decided(interval, point, Decision::Forged);
		if replaces {
			Self::reconsider(terms, interval, point)?;
		}
		Ok(())
	}

	pub(crate) fn do_rule(who: T::AccountId, interval: Interval, point: PointId, verdict: Verdict) -> DispatchResult {
		let zone = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?.zone;
		T::Participants::ensure(&who, Role::Regulator, Some(zone))?;
		let dispute = Disputes::<T>::get(interval, point).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Calendar::now() < dispute.deadline, Error::<T>::DeadlinePassed);
		T::OnReading::changing(point, interval);
		Disputes::<T>::remove(interval, point);
		let standing = Readings::<T>::get(interval, point);
		match verdict {
			Verdict::Upheld => {
				if let Some(reading) = standing {
					Self::replace_by_ruling(interval, point, &dispute, reading)?;
				}
				Self::return_bond(&dispute)?;
			},
			Verdict::Dismissed | Verdict::Frivolous => {
				if let Some(reading) = standing.filter(|reading| reading.worth == Worth::Implausible) {
					// However much it is, the point carried it.
					let version = reading.version.saturating_add(1);
					Self::put(interval, point, standing, Proven { worth: Worth::Sound, version, ..reading });
				}
				if verdict == Verdict::Dismissed {
					Self::return_bond(&dispute)?;
				} else {
					if let (Some(accuser), Some(claim), Some(reading)) = (dispute.accuser, &dispute.claim, standing) {
						let harmed = Harmed::by(net(claim), reading.net());
						Self::penalise(accuser, interval, point, harmed, Accuser::Nobody)?;
					}
					Self::forfeit_bond(&dispute)?;
				}
			},
		}
		Self::decided(interval, point, Decision::Ruled(verdict));
		Ok(())
	}

	/// Lets the claim of a dispute stand as corrected, or, without one, strikes the reading. The operator that attested it as
	/// counted is at fault.
	fn replace_by_ruling(
		interval: Interval,
		point: PointId,
		dispute: &Dispute<T::AccountId>,
		reading: Proven,
	) -> DispatchResult {
		// Neither an estimate nor what a dispute brought is its operator's word.
		let wrong = reading.quality != Quality::Estimated && reading.dataset > 0;
		let right = match &dispute.claim {
			Some(claim) => net(claim),
			None => Self::expected(interval, point)?,
		};
		let ruled = Proven {
			registers: dispute.claim.unwrap_or(reading.registers),
			quality: if dispute.claim.is_some() { Quality::Corrected } else { Quality::Estimated },
			version: reading.version.saturating_add(1),
			dataset: 0,
			worth: if dispute.claim.is_some() { Worth::Sound } else { Worth::Struck },
			..reading
		};
		Self::put(interval, point, Some(reading), ruled);
		if !wrong {
			return Ok(());
		}
		let accuser = match (&dispute.disputant, dispute.accuser) {
			(Some(account), _) => Accuser::Account(account.clone()),
			(None, Some(attester)) => Accuser::Attester(attester),
			(None, None) => Accuser::Nobody,
		};
		Self::penalise(dispute.accused, interval, point, Harmed::by(reading.net(), right), accuser)
	}

	pub(crate) fn do_close_dispute(interval: Interval, point: PointId) -> DispatchResult {
		let dispute = Disputes::<T>::get(interval, point).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Calendar::now() >= dispute.deadline, Error::<T>::DeadlineAhead);
		T::OnReading::changing(point, interval);
		Disputes::<T>::remove(interval, point);
		Self::return_bond(&dispute)?;
		Self::decided(interval, point, Decision::Expired);
		Ok(())
	}

	pub(crate) fn return_bond(dispute: &Dispute<T::AccountId>) -> DispatchResult {
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

	pub(crate) fn decided(interval: Interval, point: PointId, decision: Decision) {
		let version = Readings::<T>::get(interval, point).map_or(0, |reading| reading.version);
		Self::deposit_event(Event::DisputeDecided { interval, point, decision, version });
	}

	/// That a reading of the point concerns the account: its owner, its second attester, the balance-responsible party
	/// or the grid operator of its zone.
	fn ensure_affected(who: &T::AccountId, point: PointId, details: &Point) -> DispatchResult {
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
