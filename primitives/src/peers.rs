//! Whose nodes validators speak to: what a validator asks the chain.

use alloc::vec::Vec;
use sp_core::H256;

/// A node's ed25519 public key, which is its identity in the network: a libp2p peer id is this key with a prefix.
pub type PeerKey = H256;

sp_api::decl_runtime_apis! {
	/// What a validator must know of nodes to speak to registered ones only.
	pub trait PeersApi {
		/// The registered nodes of participants that are active now, in no order; those that several registered more than once.
		fn peers() -> Vec<PeerKey>;
	}
}
