//! To whom participants open their data.

use crate::*;
use busbar_primitives::Interval;
use frame_support::{ensure, pallet_prelude::DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_grant_data(
		who: &T::AccountId,
		grantee: ParticipantId,
		data: Data,
		from: Interval,
		until: Interval,
	) -> DispatchResult {
		let participant = Self::active_member(who)?;
		ensure!(grantee != participant, Error::<T>::OwnData);
		ensure!(from < until, Error::<T>::NoInterval);
		Self::ensure_active(&grantee)?;
		let grant = DataGrant { grantee, data, from, until };
		DataGrants::<T>::try_mutate(participant, |grants| {
			match grants.iter_mut().find(|held| held.grantee == grantee && held.data == data) {
				Some(held) => *held = grant,
				None => grants.try_push(grant).map_err(|_| Error::<T>::TooManyDataGrants)?,
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::DataGranted { participant, grantee, data, from, until });
		Ok(())
	}

	pub(crate) fn do_revoke_data(who: &T::AccountId, grantee: ParticipantId, data: Data) -> DispatchResult {
		let participant = Self::active_member(who)?;
		DataGrants::<T>::try_mutate_exists(participant, |entry| {
			let grants = entry.as_mut().ok_or(Error::<T>::NoDataGrant)?;
			let index = grants
				.iter()
				.position(|held| held.grantee == grantee && held.data == data)
				.ok_or(Error::<T>::NoDataGrant)?;
			grants.remove(index);
			if grants.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::DataRevoked { participant, grantee, data });
		Ok(())
	}

	/// Whether `owner` opened `data` of `interval` to `reader`. A suspended reader is the asker's to refuse.
	pub fn opens(owner: ParticipantId, reader: ParticipantId, data: Data, interval: Interval) -> bool {
		DataGrants::<T>::get(owner).iter().any(|grant| grant.opens(reader, data, interval))
	}
}
