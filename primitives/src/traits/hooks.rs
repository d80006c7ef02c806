//! What a pallet tells another one, so that something changes there.

use crate::{Balance, Interval, Margin, ParticipantId, Point, PointId, SignedWh, StandingSteps, Terms};
use alloc::vec::Vec;
use sp_runtime::{DispatchError, DispatchResult};

/// That the operator's limits are others. Implemented by `pallet-market`.
pub trait OnLimits {
	/// Limits of the interval have changed, so that orders may trade that could not.
	fn limits_changed(interval: Interval);
}

/// That readings change. Implemented by `pallet-settlement`.
pub trait OnReading {
	/// What stands of a point's reading is about to change, or may be. Told before anything of it does, so that a run which
	/// is due settles what stood when it became so.
	fn changing(point: PointId, interval: Interval);
}

/// What orders must find of participants. Implemented by `pallet-participants`, where they do.
pub trait OnTrader {
	/// A participant's first debt was counted, or its last was paid. Of one that never was nothing is kept.
	fn debt_changed(participant: ParticipantId, in_debt: bool);

	/// A participant's money for orders changed. Of one that never was nothing is kept.
	fn margin_changed(participant: ParticipantId, margin: Margin);

	/// Orders of a participant came to stand, or went. Of one that never was nothing is kept.
	fn standing_changed(participant: ParticipantId, standing: StandingSteps);
}

/// That a participant trades no more. Implemented by `pallet-market`.
pub trait OnLeaving {
	/// All that stands of the participant's orders is to be cancelled and their collateral released: from the next block on if
	/// `at_once`, else from the beginning of the next interval. Nothing is, if it may trade again by then.
	fn leaves(participant: ParticipantId, at_once: bool);
}

/// The collateral that orders hold. Implemented by `pallet-market`.
pub trait OrderCollateral {
	/// Takes the collateral off a point's orders of an interval whose sessions have all ended, and says whose and how much
	/// it was, so that settlement can release and use it. Empty if there is none (any more).
	fn take_collateral(point: PointId, interval: Interval) -> Vec<(ParticipantId, Balance)>;

	/// Cancels all contracts of an interval whose sessions have all ended: positions, prices and fees of contracted flow do not
	/// count any more, fees of paths do. Collateral stays where it is until it is taken.
	fn void(interval: Interval);
}

/// Holding money for orders. Implemented by `pallet-securities`.
pub trait Collateral<AccountId> {
	/// Holds `amount` nEUR of the participant's margin for an order. The account is not touched.
	///
	/// # Errors
	/// If the margin has less that no order holds.
	fn hold(participant: ParticipantId, amount: Balance) -> DispatchResult;

	/// Releases `amount` nEUR that was held for an order: the margin has it again.
	///
	/// # Errors
	/// If less than that is held, which would be a defect.
	fn release(participant: ParticipantId, amount: Balance) -> DispatchResult;

	/// Moves up to `amount` nEUR of a participant's margin that no order holds to an account. Returns how much it was.
	///
	/// # Errors
	/// If less is on hold than the margin says, which would be a defect.
	fn take(participant: ParticipantId, amount: Balance, to: &AccountId) -> Result<Balance, DispatchError>;
}

/// What stands in for debts, and what is owed where nothing does. Implemented by `pallet-securities`.
pub trait Securities<AccountId> {
	/// Moves up to `amount` nEUR of what secures a point to an account: first of its deposit, unless another than the payer
	/// posted it, then of its guarantee. Returns how much it was, and of which accounts.
	///
	/// # Errors
	/// If less is held than what was posted, which would be a defect.
	fn draw(
		interval: Interval,
		point: PointId,
		payer: ParticipantId,
		amount: Balance,
		to: &AccountId,
	) -> Result<Vec<(AccountId, Balance)>, DispatchError>;

	/// Takes back that a guarantor has a claim of `amount` nEUR on who it stood in for, because it gets that back. Returns what of
	/// it the debtor has repaid meanwhile.
	fn unclaim(debtor: ParticipantId, guarantor: ParticipantId, amount: Balance) -> Balance;

	/// Moves up to `amount` nEUR of what the balance-responsible party posted for its part of losses to an account. Returns how
	/// much it was.
	///
	/// # Errors
	/// If less is held than what was posted, which would be a defect.
	fn draw_balancing(
		interval: Interval,
		party: ParticipantId,
		amount: Balance,
		to: &AccountId,
	) -> Result<Balance, DispatchError>;

	/// Gives up to `amount` nEUR back to what the balance-responsible party posted, from an account. Returns how much it was:
	/// nothing if it never posted any.
	///
	/// # Errors
	/// If the account has less, which would be a defect.
	fn repost_balancing(party: ParticipantId, amount: Balance, from: &AccountId) -> Result<Balance, DispatchError>;

	/// Counts `amount` nEUR that the balance-responsible party earned with the imbalances of an interval, of which what it must
	/// have posted depends.
	fn balancing_earned(interval: Interval, party: ParticipantId, amount: Balance);

	/// Counts what a point's device metered in an interval with these terms, import less export in Wh, of which it depends what
	/// must secure the point. `by_owner`: whether the owner itself answers for the point.
	fn consumed(interval: Interval, point: PointId, details: &Point, terms: &Terms, by_owner: bool, wh: SignedWh);

	/// Counts `amount` nEUR that a participant defaulted on as its debt.
	fn owe(participant: ParticipantId, amount: Balance);

	/// Counts `amount` nEUR that were repaid, or are not owed any more, against a participant's debt.
	fn recovered(participant: ParticipantId, amount: Balance);
}

/// What is held for charges for non-delivery, and for orders. Implemented by `pallet-flexibility`.
pub trait Charges<AccountId> {
	/// Releases what is held for an offer or an order at a point, and says whose and how much it was, in nEUR. `None` if
	/// there is nothing (any more).
	///
	/// # Errors
	/// If less is held, which would be a defect.
	fn release(interval: Interval, point: PointId) -> Result<Option<(AccountId, Balance)>, DispatchError>;

	/// Releases what is held of an operator's money for its order at a point. Does nothing if nothing is (any more).
	///
	/// # Errors
	/// If less is held, which would be a defect.
	fn release_funds(interval: Interval, point: PointId) -> DispatchResult;
}

/// What moves beside the money when energy is settled. Implemented by `pallet-certificates`; on a chain without
/// certificates `()` moves nothing.
///
/// # Errors
/// Of all functions: if a sum leaves the range of its type, which fails the settlement that told it.
pub trait Certificates {
	/// A point is through the debit phase: `position` and `metered` are import less export, in Wh. `metered` is what a device
	/// counted; `None` where an estimate stands in, the chain's or a meter operator's.
	fn settled(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		position: SignedWh,
		metered: Option<SignedWh>,
	) -> DispatchResult;

	/// A point is through the credit phase.
	fn paid(interval: Interval, point: PointId, payer: ParticipantId) -> DispatchResult;

	/// All points are.
	fn closed(interval: Interval, balancing: ParticipantId) -> DispatchResult;

	/// A later version of a reading was settled: what the point metered `before` and `after` it, in Wh; `None` for estimates.
	fn corrected(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		before: Option<SignedWh>,
		after: Option<SignedWh>,
	) -> DispatchResult;

	/// What [`Self::settled`] did with these values is taken back: the interval is void, and no credit of it was paid.
	fn unsettled(
		interval: Interval,
		point: PointId,
		details: &Point,
		payer: ParticipantId,
		position: SignedWh,
		metered: Option<SignedWh>,
	) -> DispatchResult;
}

impl Certificates for () {
	fn settled(
		_: Interval,
		_: PointId,
		_: &Point,
		_: ParticipantId,
		_: SignedWh,
		_: Option<SignedWh>,
	) -> DispatchResult {
		Ok(())
	}

	fn paid(_: Interval, _: PointId, _: ParticipantId) -> DispatchResult {
		Ok(())
	}

	fn closed(_: Interval, _: ParticipantId) -> DispatchResult {
		Ok(())
	}

	fn corrected(
		_: Interval,
		_: PointId,
		_: &Point,
		_: ParticipantId,
		_: Option<SignedWh>,
		_: Option<SignedWh>,
	) -> DispatchResult {
		Ok(())
	}

	fn unsettled(
		_: Interval,
		_: PointId,
		_: &Point,
		_: ParticipantId,
		_: SignedWh,
		_: Option<SignedWh>,
	) -> DispatchResult {
		Ok(())
	}
}

/// Records of intervals that are pruned after their retention. Implemented by every pallet that keeps such.
pub trait Prune {
	/// Removes at most `limit` keys of the interval. Returns how many were removed; fewer than `limit` means that none
	/// are left.
	fn prune(interval: Interval, limit: u32) -> u32;
}

#[impl_trait_for_tuples::impl_for_tuples(8)]
impl Prune for Tuple {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let mut removed = 0u32;
		for_tuples!( #( removed = removed.saturating_add(Tuple::prune(interval, limit.saturating_sub(removed))); )* );
		removed
	}
}
