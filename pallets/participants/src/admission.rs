//! Whose transactions are let in, at whose expense, and how many of them.

use crate::*;
use alloc::vec;
use busbar_primitives::refusals::Refusal;
use frame_support::{
	dispatch::DispatchInfo,
	ensure,
	traits::{Get, Time},
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionPriority, TransactionValidityError};

/// What a chain says of its calls. Calls that carry others are judged with all that they carry.
pub trait Calls<Call, AccountId> {
	/// What the table says of a call. It reads no storage.
	///
	/// # Errors
	/// [`Refusal::NotListed`].
	fn terms(call: &Call) -> Result<Terms, Refusal>;

	/// That the signer may make the call, as far as the table says who may.
	///
	/// # Errors
	/// What it is refused with.
	fn ensure(call: &Call, signer: &AccountId) -> Result<(), Refusal>;

	/// Keys that `ensure` reads at most.
	fn reads(call: &Call) -> u64;
}

/// Whom a transaction is charged to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payer {
	pub participant: ParticipantId,
	/// Whether it signs itself, so that no delegation was looked up.
	pub own: bool,
}

/// What of a participant's budget and its provider's is left.
struct Left {
	own: Load,
	own_most: Load,
	/// `None` for those who share none.
	shared: Option<(Load, Load)>,
}

/// A priority above all that budgets give.
const REMEDY: TransactionPriority = 100;

impl<T: Config> Pallet<T> {
	/// Whether the account's transactions are let in: an active participant's own account, or, of those without a
	/// participant, one that an active participant delegates to.
	pub fn is_admitted(account: &T::AccountId) -> bool {
		Self::is_admitted_for(account, &Terms::default())
	}

	/// The same of a call with these terms: of those by which one settles what it owes a suspended participant's own account
	/// makes transactions, too.
	pub(crate) fn is_admitted_for(account: &T::AccountId, terms: &Terms) -> bool {
		match MemberOf::<T>::get(account) {
			Some(participant) => Self::ensure_pays(&participant, terms).is_ok(),
			None => DelegateOf::<T>::get(account).is_some_and(|delegation| delegation.active > 0),
		}
	}

	/// The participant, if it acts, or is suspended and settles what it owes.
	fn ensure_pays(participant: &ParticipantId, terms: &Terms) -> Result<ParticipantOf<T>, Error<T>> {
		let record = Self::get(participant)?;
		match record.status {
			Status::Suspended(_) if terms.settles => Ok(record),
			_ => Self::ensure_active(participant),
		}
	}

	/// What a transaction takes of a block as it is declared.
	pub(crate) fn declared(info: &DispatchInfo, len: usize) -> Load {
		let base = T::BlockWeights::get().get(info.class).base_extrinsic;
		Load::of(info.total_weight().saturating_add(base), len)
	}

	/// The participant whose budget is charged: the signer's own, or the first active one that delegates to it and has
	/// enough left.
	pub(crate) fn payer(signer: &T::AccountId, terms: &Terms, cost: &Load) -> Result<Payer, TransactionValidityError> {
		let own = MemberOf::<T>::get(signer);
		let candidates = match own {
			Some(own) => vec![own],
			None => DelegateOf::<T>::get(signer).map(|of| of.principals.into_inner()).unwrap_or_default(),
		};
		let mut refusal = InvalidTransaction::BadSigner.into();
		for participant in candidates {
			let found =
				if own.is_some() { Self::ensure_pays(&participant, terms) } else { Self::ensure_active(&participant) };
			let Ok(record) = found else { continue };
			match Self::ensure_affords(&Self::left(&record, terms), cost) {
				Ok(()) => return Ok(Payer { participant, own: own.is_some() }),
				Err(error) => refusal = error.into(),
			}
		}
		Err(refusal)
	}

	/// By which rule a participant's budget fills: that of the roles which it holds now.
	fn class(record: &ParticipantOf<T>) -> Class {
		Class::of(&record.roles, T::Time::now())
	}

	/// The provider with whose other members a participant shares a budget. Whom the council trusts with a role shares none.
	pub(crate) fn shares_with(record: &ParticipantOf<T>) -> Option<ParticipantId> {
		record.budget.provider.filter(|_| Self::class(record) == Class::Member)
	}

	pub(crate) fn rule(record: &ParticipantOf<T>, terms: &Terms) -> Allowance {
		let rules = T::Allowances::get();
		if terms.governing {
			rules.governing
		} else {
			*rules.of(Self::class(record))
		}
	}

	fn left(record: &ParticipantOf<T>, terms: &Terms) -> Left {
		let now = frame_system::Pallet::<T>::block_number();
		let rule = Self::rule(record, terms);
		let shared = Self::shares_with(record).map(|provider| {
			let rule = T::Allowances::get().provider;
			(SharedBudgets::<T>::get(provider).left(now, &rule), rule.most)
		});
		Left { own: record.budget.spent.left(now, &rule), own_most: rule.most, shared }
	}

	fn ensure_affords(left: &Left, cost: &Load) -> Result<(), Refusal> {
		ensure!(cost.fits(&left.own_most), Refusal::BeyondBudget);
		ensure!(cost.fits(&left.own), Refusal::BudgetSpent);
		ensure!(left.shared.is_none_or(|(left, _)| cost.fits(&left)), Refusal::ProviderSpent);
		Ok(())
	}

	/// What of a participant's budget is left for ordinary calls in this block; nothing of one that never was.
	pub fn budget_left(participant: ParticipantId) -> Load {
		let left = |record: ParticipantOf<T>| Self::left(&record, &Terms::default()).own;
		Participants::<T>::get(participant).map(left).unwrap_or_default()
	}

	/// Charges a transaction. `false`, and nothing is charged, if less is left.
	pub(crate) fn charge(participant: ParticipantId, terms: &Terms, cost: &Load) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		let Some(mut record) = Participants::<T>::get(participant) else { return false };
		let rule = Self::rule(&record, terms);
		if !record.budget.spent.take(now, &rule, cost) {
			return false;
		}
		if let Some(provider) = Self::shares_with(&record) {
			let mut shared = SharedBudgets::<T>::get(provider);
			if !shared.take(now, &T::Allowances::get().provider, cost) {
				return false;
			}
			SharedBudgets::<T>::insert(provider, shared);
		}
		Participants::<T>::insert(participant, record);
		true
	}

	/// Gives back what a transaction of this block was charged and did not take.
	pub(crate) fn give_back(participant: ParticipantId, load: &Load) {
		// It may have removed itself.
		let provider = Participants::<T>::mutate_extant(participant, |record| {
			record.budget.spent.give_back(load);
			Self::shares_with(record)
		});
		if let Some(provider) = provider {
			SharedBudgets::<T>::mutate(provider, |shared| shared.give_back(load));
		}
	}

	/// The place of a transaction among those that wait, `ahead` of which from the same account come before it.
	///
	/// Each is counted as if those before it were as heavy: so the `n`th that waits takes at most an `n`th of what is left,
	/// and what of one account waits is bounded by its budget. Due work costs nothing but its bytes if it succeeds.
	pub(crate) fn place_in_pool(
		signer: &T::AccountId,
		terms: &Terms,
		cost: &Load,
		ahead: u64,
	) -> Result<TransactionPriority, TransactionValidityError> {
		ensure!(ahead < u64::from(T::MaxWaiting::get()), Refusal::TooFarAhead);
		let participant = Self::payer(signer, terms, cost)?.participant;
		let left = Self::left(&Self::get(&participant).map_err(|_| InvalidTransaction::BadSigner)?, terms);
		let mut all = cost.times(ahead.saturating_add(1));
		if terms.due {
			all = Load { bytes: all.bytes, ..*cost };
		}
		ensure!(all.fits(&left.own), Refusal::TooMuchWaits);
		if terms.remedy {
			return Ok(REMEDY);
		}
		let own = left.own.less(&all).eighths(&left.own_most);
		Ok(left.shared.map_or(own, |(left, most)| left.less(&all).eighths(&most).min(own)))
	}
}
