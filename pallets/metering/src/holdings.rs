//! Who keeps copies of datasets, and where they are asked for.
//!
//! Bounded by the datasets: only what is attested can be announced, at most [`Config::MaxHolders`] participants announce
//! the same bytes, and announcements go with their interval. That somebody holds a dataset is its word; whoever fetches the
//! dataset checks it against its hash.

use crate::{Config, Datasets, Error, Event, Holders, Pallet, StoreUrl, Stores};
use busbar_primitives::{traits::Participants, Interval, ParticipantId, Role};
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

/// Who may announce: those whose business it is to keep data, so that nobody else fills the lists.
const KEEPERS: [Role; 3] = [Role::MeterOperator, Role::Dso, Role::Aggregator];

impl<T: Config> Pallet<T> {
	pub(crate) fn do_announce_holding(
		who: &T::AccountId,
		interval: Interval,
		operator: ParticipantId,
		content: H256,
	) -> DispatchResult {
		let holder = Self::keeper(who)?;
		let dataset = Datasets::<T>::get(interval, operator).ok_or(Error::<T>::NoDataset)?;
		ensure!(dataset.content == content, Error::<T>::OtherContent);
		Holders::<T>::try_mutate(interval, content, |holders| {
			ensure!(!holders.contains(&holder), Error::<T>::AlreadyHolder);
			holders.try_push(holder).map_err(|_| Error::<T>::TooManyHolders)
		})?;
		Self::deposit_event(Event::HoldingAnnounced { interval, content, holder });
		Ok(())
	}

	pub(crate) fn do_withdraw_holding(who: &T::AccountId, interval: Interval, content: H256) -> DispatchResult {
		let holder = Self::keeper(who)?;
		Holders::<T>::try_mutate_exists(interval, content, |entry| {
			let holders = entry.as_mut().ok_or(Error::<T>::NotHolder)?;
			let index = holders.iter().position(|held| *held == holder).ok_or(Error::<T>::NotHolder)?;
			holders.remove(index);
			if holders.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::HoldingWithdrawn { interval, content, holder });
		Ok(())
	}

	pub(crate) fn do_set_store(who: &T::AccountId, url: Option<StoreUrl>) -> DispatchResult {
		let holder = Self::keeper(who)?;
		match url.clone() {
			Some(url) => {
				let is_address = url.starts_with(b"http://") || url.starts_with(b"https://");
				ensure!(is_address && url.iter().all(u8::is_ascii_graphic), Error::<T>::BadUrl);
				Stores::<T>::insert(holder, url);
			},
			None => Stores::<T>::remove(holder),
		}
		Self::deposit_event(Event::StoreSet { holder, url });
		Ok(())
	}

	/// The participant for which `who` keeps data.
	fn keeper(who: &T::AccountId) -> Result<ParticipantId, DispatchError> {
		let mut refusal = DispatchError::BadOrigin;
		for role in KEEPERS {
			match T::Participants::ensure_anywhere(who, role) {
				Ok(participant) => return Ok(participant),
				Err(error) => refusal = error,
			}
		}
		Err(refusal)
	}
}
