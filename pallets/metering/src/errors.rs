//! Why metering refuses. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod errors {
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// There is no connection point of this number.
		UnknownPoint,
		/// There is no meter of this number.
		NoMeter,
		/// All meter numbers are given.
		TooManyMeters,
		/// A meter changes only in an interval whose delivery has not begun; it ends, and a point's first one is taken back, only
		/// from the first interval on whose session has not opened.
		TooLate,
		/// A meter must count at least one interval, and begins where the one before it has ended.
		Overlap,
		/// The interval is further ahead than a meter may be changed.
		TooFarAhead,
		/// A point's first meter is fitted by an operator of the whole grid's meters or by whom the owner or the grid operator
		/// admitted, and another operator's replaced by whom one of these two or that operator did; these three admit and cancel.
		NotAdmitted,
		/// The meter before the last one is still needed: its last interval can be disputed.
		ReplacedTooSoon,
		/// The meter has its last interval already.
		AlreadyRetired,
		/// The connection point's owner named no second attester, or another one.
		NotNamed,
		/// The meter is at another connection point than the reading says.
		WrongPoint,
		/// The meter does not count in this interval.
		MeterNotInForce,
		/// The interval's session never opened, or its records are pruned.
		UnknownInterval,
		/// The interval's delivery is not over.
		NotDelivered,
		/// The interval's dispute window is over.
		WindowClosed,
		/// The interval's dispute window is open: readings may still come.
		WindowOpen,
		/// The operator attested as many versions of this interval as it may.
		TooManyVersions,
		/// The operator has not attested this interval.
		NoDataset,
		/// The operator has not attested this version of the interval.
		NoVersion,
		/// The operator attested other bytes for the interval.
		OtherContent,
		/// The participant announced this dataset already.
		AlreadyHolder,
		/// The participant did not announce this dataset.
		NotHolder,
		/// As many participants as may have announced this dataset.
		TooManyHolders,
		/// The address must begin with http:// or https:// and have no blanks.
		BadUrl,
		/// The batch has no reading or no meter.
		EmptyBatch,
		/// The reading is of another interval than the batch.
		WrongInterval,
		/// The connection point does not exist in this interval.
		PointNotInForce,
		/// The meter belongs to another operator.
		WrongOperator,
		/// This reading stands already, or the check meter's reading does.
		AlreadyProven,
		/// A reading of better quality stands.
		Weaker,
		/// Imported or exported energy is beyond 2^63 - 1 Wh.
		OutOfRange,
		/// The point cannot carry this much, so that it displaces nothing that stands.
		Implausible,
		/// The proof does not lead from the reading to the operator's newest root.
		WrongProof,
		/// A measured or corrected reading is not signed by the meter's device, or an estimated one is signed.
		WrongSignature,
		/// There is no reading on the last days that an estimate could follow.
		NoBasis,
		/// The estimate is not what the rule gives.
		WrongEstimate,
		/// A dispute over this reading is open.
		Contested,
		/// The amount is zero.
		ZeroAmount,
		/// The bond was posted from another account.
		OtherAccount,
		/// The operator has no bond.
		NoBond,
		/// The bond is less than what is required of the operator's reputation, or than what should be withdrawn.
		BondTooSmall,
		/// What the operator attested can still be disputed.
		BondLocked,
		/// Only the point's owner, its second attester, the balance-responsible party and the grid operator dispute; without a
		/// claim that the device signed, these last two and the regulator.
		NotAffected,
		/// Only readings of the main meter are settled and disputed; a check meter's are proven.
		NotMainMeter,
		/// A dispute is made with what a device counted, not with an estimate.
		ClaimEstimated,
		/// The attested reading is of another meter, connection point or interval than the claim.
		OtherReading,
		/// The claim says what stands already.
		NoContradiction,
		/// No reading of the point stands on which it settles.
		NothingToChallenge,
		/// The point's reading stood when the attestation window ended.
		NotMissing,
		/// The point's reading was reported missing already.
		AlreadyReported,
		/// The operator was found at fault for this reading already.
		AlreadyFaulted,
		/// No dispute over this reading is open.
		NoDispute,
		/// The deadline for a ruling is over; the reading stands.
		DeadlinePassed,
		/// The regulator may still rule.
		DeadlineAhead,
		/// Nobody measures what it pays for itself: another meter operator registers the meter of one's own point.
		OwnPoint,
		/// The reading was replaced so often that it is not disputed again.
		ReplacedTooOften,
	}
}
