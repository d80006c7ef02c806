//! Whose a transaction is, and how much of each may wait at a node.
//!
//! The pallet sees one transaction at a time and so bounds what waits of one account, by its nonces. What waits of a participant
//! with its delegates, and of all members that a provider admitted, only a node knows; how much that may be is said here, so that
//! all nodes keep the same.

use crate::{Calls, Config, Pallet};
use busbar_primitives::waiting::{Room, Rooms, Sender};
use frame_support::{dispatch::DispatchInfo, traits::Get};
use sp_runtime::{traits::UniqueSaturatedInto, SaturatedConversion};

/// So many accounts' worth of transactions wait of one participant: its own and three delegates'.
const OF_PARTICIPANT: u32 = 4;
/// So many accounts' worth wait of all members that one provider admitted.
const OF_PROVIDER: u32 = 64;
/// One of so many of these may wait behind a gap.
const BEHIND_GAPS: u32 = 4;

impl<T: Config> Pallet<T> {
	/// Whose a transaction of this call, weight, length and nonce is, and how much of each may wait. `None` if nobody can pay
	/// for it: then it is refused for that.
	pub fn sender(
		signer: T::AccountId,
		call: &T::RuntimeCall,
		info: &DispatchInfo,
		len: usize,
		nonce: T::Nonce,
	) -> Option<Sender<T::AccountId>> {
		let terms = T::Calls::terms(call).ok()?;
		let participant = Self::payer(&signer, &terms, &Self::declared(info, len)).ok()?.participant;
		let record = Self::get(&participant).ok()?;
		let (account, rules) = (T::MaxWaiting::get(), T::Allowances::get());
		let room = |accounts: u32, bytes| Room::new(account.saturating_mul(accounts), bytes);
		let own = room(OF_PARTICIPANT, Self::rule(&record, &terms).most.bytes);
		let provider = room(OF_PROVIDER, rules.provider.most.bytes);
		let behind = |room: Room| room.part(BEHIND_GAPS, BEHIND_GAPS.into());
		let rooms = Rooms {
			account,
			participant: own,
			participant_gap: behind(own),
			remedies: room(1, rules.governing.most.bytes),
			provider,
			provider_gap: behind(provider),
		};
		let next = frame_system::Pallet::<T>::account_nonce(&signer).unique_saturated_into();
		let (provider, remedy) = (Self::shares_with(&record), terms.remedy);
		Some(Sender { account: signer, nonce: nonce.saturated_into(), next, participant, provider, remedy, rooms })
	}
}
