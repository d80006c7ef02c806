//! What settlement tells. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Who is paid and debited beside the connection points changed, from `from` on.
		AccountsSet { from: Interval, grid: T::AccountId, rent: T::AccountId, balancing: ParticipantId },
		/// The default prices changed, from `from` on.
		LadderSet { from: Interval, short: Price, long: Price },
		/// Prices were posted for an interval.
		PricesPosted { interval: Interval, short: Price, long: Price },
		/// The mutual fund's levy changed, in nEUR per Wh of imbalance, from `from` on.
		LevySet { from: Interval, levy: Price },
		/// The tolerance band of imbalances changed, from `from` on.
		ToleranceSet { from: Interval, tolerance: Permill },
		/// How surpluses of the balance-responsible party are shared changed, from `from` on.
		SharingSet { from: Interval, sharing: Sharing },
		/// Debts and credits of a participant in one interval set off `amount` more.
		SetOff { interval: Interval, participant: ParticipantId, amount: Balance },
		/// What secures connection points was looked at for what their payers are short of; `left` more wait for it.
		Drawn { interval: Interval, left: u32 },
		/// A debtor could not pay `amount`.
		Defaulted { interval: Interval, party: Party, amount: Balance },
		/// A later run showed that a debtor owed `amount` less than it defaulted on, which goes back to who bore it.
		DefaultUndone { interval: Interval, participant: ParticipantId, amount: Balance },
		/// What a debtor repaid of what it could not pay in an interval went to who bore it.
		Allotted { interval: Interval, debtor: ParticipantId, amount: Balance },
		/// Who bore a part of an interval's losses has `amount` of it back; of that it pays its own debts first.
		LossRepaid { interval: Interval, party: Party, amount: Balance },
		/// The mutual fund paid `amount` in defaulters' places.
		Covered { interval: Interval, amount: Balance },
		/// A batch of debits of a run was collected; `done` of its `points` connection points are through.
		Debited { interval: Interval, run: u16, done: u32, points: u32 },
		/// All debits are done: of `due` after netting, `collected` can be paid.
		DebitsClosed { interval: Interval, due: Balance, collected: Balance },
		/// Who receives a credit has no account; it went to the rent account.
		Unclaimed { interval: Interval, party: Party, amount: Balance },
		/// A batch of credits of a run was paid; `done` of its `points` connection points are through.
		Credited { interval: Interval, run: u16, done: u32, points: u32 },
		/// Every line of a run is paid. The root covers all lines of the interval so far.
		Settled { interval: Interval, run: u16, root: H256, lines: u32 },
		/// The council voided an interval: its contracts are cancelled, and what its debits did is taken back.
		Voided { interval: Interval },
		/// The council dropped a run after the first: `points` that it had not counted yet stay as they were settled.
		RunDropped { interval: Interval, run: u16, points: u32 },
		/// Money that was collected for a void interval, repaid of a default while it was undone, or drawn of a guarantor for what
		/// was not owed, went back to where it came from.
		Returned { interval: Interval, account: T::AccountId, amount: Balance },
		/// All debits of a void interval are taken back.
		Unwound { interval: Interval },
		/// All contracts of a void interval are cancelled: from now on it settles without them.
		ContractsCancelled { interval: Interval },
	}
}
