//! What imbalances cost: the utility ladder and what is posted in its place, the levy, the tolerance, and who shares a
//! surplus. None of it changes for an interval whose session has opened.

use crate::{
	Config, Error, Event, Ladders, Levies, Pallet, Posted, PostedPrices, Sharing, Sharings, SystemAccounts, Tolerances,
};
use busbar_primitives::{traits::Calendar, Interval, ParticipantId, Price, Terms};
use frame_support::ensure;
use sp_runtime::{DispatchResult, PerThing, Permill};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_ladder(prices: PostedPrices) -> DispatchResult {
		ensure!(prices.long <= prices.short, Error::<T>::CrossedPrices);
		let from = T::Calendar::first_unopened();
		Ladders::<T>::mutate(|ladders| ladders.set(from, prices));
		Self::deposit_event(Event::LadderSet { from, short: prices.short, long: prices.long });
		Ok(())
	}

	pub(crate) fn do_set_levy(levy: Price) -> DispatchResult {
		ensure!(levy >= 0, Error::<T>::NegativeLevy);
		let from = T::Calendar::first_unopened();
		Levies::<T>::mutate(|levies| levies.set(from, levy));
		Self::deposit_event(Event::LevySet { from, levy });
		Ok(())
	}

	pub(crate) fn do_set_tolerance(tolerance: Permill) -> DispatchResult {
		let from = T::Calendar::first_unopened();
		Tolerances::<T>::mutate(|tolerances| tolerances.set(from, tolerance));
		Self::deposit_event(Event::ToleranceSet { from, tolerance });
		Ok(())
	}

	pub(crate) fn do_set_sharing(sharing: Sharing) -> DispatchResult {
		let parts = [sharing.fund, sharing.rent].map(|share| share.deconstruct());
		ensure!(parts.iter().sum::<u32>() <= Permill::ACCURACY, Error::<T>::SharesTooGreat);
		let from = T::Calendar::first_unopened();
		Sharings::<T>::mutate(|sharings| sharings.set(from, sharing));
		Self::deposit_event(Event::SharingSet { from, sharing });
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
