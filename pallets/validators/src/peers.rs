//! The nodes that validators speak to.

use crate::*;
use alloc::vec::Vec;
use busbar_primitives::{peers::PeerKey, traits::Participants, ParticipantId};
use frame_support::{ensure, traits::Get};

impl<T: Config> Pallet<T> {
	/// The nodes of participants that are active now. Reads all owners of nodes, whose number is bounded.
	pub fn peers() -> Vec<PeerKey> {
		let active = |owner: &ParticipantId| T::Members::ensure_active(*owner).is_ok();
		Peers::<T>::iter().filter(|(owner, _)| active(owner)).flat_map(|(_, peers)| peers).collect()
	}

	pub(crate) fn add_peer(owner: ParticipantId, peer: PeerKey) -> Result<(), Error<T>> {
		let mut peers = Peers::<T>::get(owner);
		ensure!(!peers.is_empty() || Self::has_place_for_peers(owner), Error::<T>::NoPlaceForPeers);
		ensure!(!peers.contains(&peer), Error::<T>::AlreadyPeer);
		peers.try_push(peer).map_err(|_| Error::<T>::TooManyPeers)?;
		Peers::<T>::insert(owner, peers);
		Ok(())
	}

	pub(crate) fn take_peer(owner: ParticipantId, peer: PeerKey) -> Result<(), Error<T>> {
		let mut peers = Peers::<T>::get(owner);
		let place = peers.iter().position(|other| *other == peer).ok_or(Error::<T>::NotPeer)?;
		peers.remove(place);
		if peers.is_empty() {
			Peers::<T>::remove(owner);
		} else {
			Peers::<T>::insert(owner, peers);
		}
		Ok(())
	}

	/// Whether one more participant may have nodes. Who has a validator always may: others cannot take the places of those whom the
	/// chain depends on.
	fn has_place_for_peers(owner: ParticipantId) -> bool {
		let is_its = |validator: &T::AccountId| T::Members::participant(validator) == Some(owner);
		Peers::<T>::count() < T::MaxPeerOwners::get() || Validators::<T>::get().iter().any(is_its)
	}
}
