//! What imbalances cost: the utility ladder and what is posted in its place, the levy, the tolerance, and who shares a
//! surplus; and who is paid and debited beside the points. None of it changes for an interval whose session has opened.

use crate::{
	Accounts, Config, Error, Event, Ladders, Levies, Pallet, Posted, PostedPrices, Schedule, Sharing, Sharings,
	SystemAccounts, Tolerances,
};
use busbar_primitives::{
	traits::{Calendar, Participants},
	Interval, ParticipantId, Price, Terms,
};
use frame_support::{ensure, StorageValue};
use sp_runtime::{DispatchError, DispatchResult, PerThing, Permill};

impl<T: Config> Pallet<T> {
	/// Sets a value for intervals whose session has not opened. Returns the first of them.
	fn schedule<V, S>(value: V) -> Result<Interval, DispatchError>
	where
		V: Clone + Default,
		Schedule<V>: codec::FullCodec,
		S: StorageValue<Schedule<V>, Query = Schedule<V>>,
	{
		let (from, kept) = (T::Calendar::first_unopened(), T::Calendar::first_kept());
		S::try_mutate(|schedule| schedule.set(from, value, kept).ok_or(Error::<T>::TooManyChanges))?;
		Ok(from)
	}

	pub(crate) fn do_set_accounts(accounts: Accounts<T::AccountId>) -> DispatchResult {
		ensure!(T::Participants::account(accounts.balancing).is_some(), Error::<T>::UnknownParticipant);
		let from = Self::schedule::<_, SystemAccounts<T>>(Some(accounts.clone()))?;
		let Accounts { grid, rent, balancing } = accounts;
		Self::deposit_event(Event::AccountsSet { from, grid, rent, balancing });
		Ok(())
	}

	/// Who is paid and debited beside the points of an interval; the first ever set, if none were when it opened.
	pub fn accounts(interval: Interval) -> Result<Accounts<T::AccountId>, DispatchError> {
		let set = SystemAccounts::<T>::get();
		let first = || set.0.iter().find_map(|(_, accounts)| accounts.clone());
		set.at(interval).or_else(first).ok_or(Error::<T>::AccountsNotSet.into())
	}

	/// Whether fees or congestion rent of an interval that is kept, or of a later one, are paid to an account.
	pub fn pays(account: &T::AccountId) -> bool {
		let named = |accounts: &Accounts<T::AccountId>| *account == accounts.grid || *account == accounts.rent;
		SystemAccounts::<T>::get().0.iter().any(|(_, accounts)| accounts.as_ref().is_some_and(named))
	}

	pub(crate) fn do_set_ladder(prices: PostedPrices) -> DispatchResult {
		ensure!(prices.long <= prices.short, Error::<T>::CrossedPrices);
		let from = Self::schedule::<_, Ladders<T>>(prices)?;
		Self::deposit_event(Event::LadderSet { from, short: prices.short, long: prices.long });
		Ok(())
	}

	pub(crate) fn do_set_levy(levy: Price) -> DispatchResult {
		ensure!(levy >= 0, Error::<T>::NegativeLevy);
		let from = Self::schedule::<_, Levies<T>>(levy)?;
		Self::deposit_event(Event::LevySet { from, levy });
		Ok(())
	}

	pub(crate) fn do_set_tolerance(tolerance: Permill) -> DispatchResult {
		let from = Self::schedule::<_, Tolerances<T>>(tolerance)?;
		Self::deposit_event(Event::ToleranceSet { from, tolerance });
		Ok(())
	}

	pub(crate) fn do_set_sharing(sharing: Sharing) -> DispatchResult {
		let parts = [sharing.fund, sharing.rent].map(|share| share.deconstruct());
		ensure!(parts.iter().sum::<u32>() <= Permill::ACCURACY, Error::<T>::SharesTooGreat);
		let from = Self::schedule::<_, Sharings<T>>(sharing)?;
		Self::deposit_event(Event::SharingSet { from, sharing });
		Ok(())
	}

	pub(crate) fn do_post_prices(party: ParticipantId, interval: Interval, prices: PostedPrices) -> DispatchResult {
		ensure!(Self::accounts(interval)?.balancing == party, Error::<T>::NotBalancingParty);
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
