//! Why a call of settlement is refused. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// The balancing party is no participant.
		UnknownParticipant,
		/// The long price lies above the short price.
		CrossedPrices,
		/// The prices lie outside the bounds that the interval's terms set.
		PricesOutOfBounds,
		/// Only the balance-responsible party that settles imbalances posts prices.
		NotBalancingParty,
		/// The interval has not opened, or its records are pruned.
		UnknownInterval,
		/// The interval's gate is closed.
		GateClosed,
		/// No such connection point, or none that belongs to this interval.
		UnknownPoint,
		/// The shares of a surplus must not be more than all of it.
		SharesTooGreat,
		/// The levy must not be below zero.
		NegativeLevy,
		/// Intervals whose records are kept rest on as many earlier values as there is room for: wait until some are pruned.
		TooManyChanges,
		/// The interval is final: nothing moves any more.
		Final,
		/// Another run became due before this one and is not done: settle that first, or try again when an interval's time has
		/// passed since this one was due (`busbar settle` does), after which nothing before it is waited for any more.
		EarlierRunDue,
		/// Readings changed, and settle in the interval's next run, which is not due yet: try again when the attestation window
		/// has ended, or the dispute window, or for the last run the regulator's time to rule.
		RunNotDue,
		/// The run does not settle this point: nothing of its reading had changed when the run became due.
		NotChanged,
		/// Who receives fees and rent, and who balances, must be set first.
		AccountsNotSet,
		/// A batch must name at least one connection point.
		EmptyBatch,
		/// The interval's market has not ended yet.
		NotCleared,
		/// The interval is still being delivered.
		DeliveryNotEnded,
		/// A connection point has no reading yet, and the attestation window is open.
		NotAttestedYet,
		/// The connection point, or all of the interval whose readings have not changed since, is already through this phase.
		AlreadySettled,
		/// Nothing that secures this point need be looked at: it owes nothing, its payer paid, or it was done.
		NothingToDraw,
		/// Securities are drawn on after all debits, and credits are paid after that.
		DebitsNotDone,
		/// Contract payments less receipts differ from grid fees and rent: a defect.
		ContractMismatch,
		/// Debits and credits of the interval differ: a defect.
		NotBalanced,
		/// An amount is beyond the range of its type.
		Overflow,
		/// Nothing that came back of the run's losses is due to these parties: they bore none, or have it already. What debtors repay
		/// comes back some blocks later.
		NothingCameBack,
		/// The run has begun to pay, so that it cannot be voided or dropped any more. Later readings settle in a later run.
		CreditsBegun,
		/// The council voided the interval, and what was collected for it is going back: try again some blocks later.
		Unwinding,
	}
}
