//! Records that lie in a vault: to whom fields are open, what is committed to, how far the log of accesses has grown.

use crate::*;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_grant_record(who: &T::AccountId, grant: RecordGrant) -> DispatchResult {
		let participant = Self::active_member(who)?;
		let RecordGrant { grantee, purpose, fields, from, until } = grant;
		ensure!(grantee != participant, Error::<T>::OwnRecord);
		ensure!(fields.is_valid(), Error::<T>::NoField);
		ensure!(from < until, Error::<T>::NoInterval);
		Self::ensure_active(&grantee)?;
		RecordGrants::<T>::try_mutate(participant, |grants| {
			match grants.iter_mut().find(|held| held.grantee == grantee && held.purpose == purpose) {
				Some(held) => *held = grant,
				None => grants.try_push(grant).map_err(|_| Error::<T>::TooManyRecordGrants)?,
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::RecordGranted { participant, grantee, purpose, fields, from, until });
		Ok(())
	}

	pub(crate) fn do_revoke_record(who: &T::AccountId, grantee: ParticipantId, purpose: Purpose) -> DispatchResult {
		let participant = Self::active_member(who)?;
		RecordGrants::<T>::try_mutate_exists(participant, |entry| {
			let grants = entry.as_mut().ok_or(Error::<T>::NoRecordGrant)?;
			let index = grants
				.iter()
				.position(|held| held.grantee == grantee && held.purpose == purpose)
				.ok_or(Error::<T>::NoRecordGrant)?;
			grants.remove(index);
			if grants.is_empty() {
				*entry = None;
			}
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::RecordRevoked { participant, grantee, purpose });
		Ok(())
	}

	pub(crate) fn do_set_commitment(who: &T::AccountId, commitment: H256) -> DispatchResult {
		let participant = Self::active_member(who)?;
		Participants::<T>::try_mutate_exists(participant, |record| {
			let record = record.as_mut().ok_or(Error::<T>::UnknownParticipant)?;
			ensure!(record.commitment != commitment, Error::<T>::SameCommitment);
			record.commitment = commitment;
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::CommitmentChanged { participant, commitment });
		Ok(())
	}

	pub(crate) fn do_publish_access_log(who: &T::AccountId, entries: u32, root: H256) -> DispatchResult {
		let participant = Self::active_member(who)?;
		if let Some(before) = AccessLogs::<T>::get(participant) {
			let same = entries == before.entries && root == before.root;
			ensure!(same || entries > before.entries, Error::<T>::LogShrinks);
		}
		let since = frame_system::Pallet::<T>::block_number();
		AccessLogs::<T>::insert(participant, AccessLog { entries, root, since });
		Self::deposit_event(Event::AccessLogPublished { participant, entries, root });
		Ok(())
	}
}
