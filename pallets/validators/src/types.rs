//! What the authority set needs to know of sessions.

use codec::Encode;
use core::marker::PhantomData;
use pallet_session::historical;
use sp_core::H256;
use sp_runtime::traits::Convert;
use sp_staking::SessionIndex;

/// Sessions, their keys and their history. Implemented by the historical part of `pallet-session`.
pub trait Sessions<AccountId> {
	/// The running session.
	fn index() -> SessionIndex;

	/// Hash of the session keys that a validator registered for the next session; `None` without keys.
	fn keys(validator: &AccountId) -> Option<H256>;

	/// Forgets the sessions before this one.
	fn prune_up_to(session: SessionIndex);
}

impl<S: historical::Config> Sessions<S::ValidatorId> for historical::Pallet<S> {
	fn index() -> SessionIndex {
		pallet_session::Pallet::<S>::current_index()
	}

	fn keys(validator: &S::ValidatorId) -> Option<H256> {
		let keys = pallet_session::Pallet::<S>::load_keys(validator)?;
		Some(H256(sp_io::hashing::blake2_256(&keys.encode())))
	}

	fn prune_up_to(session: SessionIndex) {
		historical::Pallet::<S>::prune_up_to(session);
	}
}

/// Full identification of a validator for `pallet-session`'s historical part: its account says it all.
pub struct ByAccount<AccountId>(PhantomData<AccountId>);

impl<AccountId> Convert<AccountId, Option<()>> for ByAccount<AccountId> {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// Whose validators are.
pub trait Owners<AccountId> {
	/// Tells participants apart.
	type Owner: Ord;

	/// The participant that an account belongs to, or that it operates for; `None` of an account that is nobody's.
	fn owner(account: &AccountId) -> Option<Self::Owner>;
}
