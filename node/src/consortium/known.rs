//! Keys whose secrets everybody has: those of the devnet, its demonstration and its tests.

use busbar_runtime::genesis::DEVNET_ROLES;
use sc_network::config::ed25519::Keypair;
use sp_core::{crypto::DEV_PHRASE, ed25519, sr25519, Pair};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use std::{collections::HashMap, sync::OnceLock};

/// A public key, or an account that is one.
pub type Key = [u8; 32];

/// Members of the demonstration whose keys are looked for.
const MEMBERS: u32 = 512;
/// Node identities that are a small number.
const NODES: u8 = 64;

/// Whose key it is, if everybody has its secret.
pub fn whose(key: &Key) -> Option<&'static str> {
	keys().get(key).map(String::as_str)
}

fn keys() -> &'static HashMap<Key, String> {
	static KEYS: OnceLock<HashMap<Key, String>> = OnceLock::new();
	KEYS.get_or_init(all)
}

fn all() -> HashMap<Key, String> {
	let mut keys = HashMap::new();
	keys.extend(Sr25519Keyring::iter().map(|one| (one.to_raw_public(), format!("//{}", <&str>::from(one)))));
	keys.extend(Ed25519Keyring::iter().map(|one| (one.to_raw_public(), format!("//{} (ed25519)", <&str>::from(one)))));
	keys.extend(DEVNET_ROLES.iter().map(|(name, key, _)| (*key, format!("//{name}"))));
	let paths = (0..MEMBERS).map(|number| format!("//busbar//point//{number}"));
	for path in paths.chain([String::new()]) {
		let secret = format!("{DEV_PHRASE}{path}");
		if let Ok(pair) = sr25519::Pair::from_string(&secret, None) {
			keys.insert(pair.public().0, format!("of the development phrase {path}"));
		}
		if let Ok(pair) = ed25519::Pair::from_string(&secret, None) {
			keys.insert(pair.public().0, format!("of the development phrase {path} (ed25519)"));
		}
	}
	for number in 1..=NODES {
		let mut secret = [0u8; 32];
		secret[31] = number;
		if let Ok(secret) = sc_network::config::ed25519::SecretKey::try_from_bytes(secret) {
			let public = Keypair::from(secret).public().to_bytes();
			keys.insert(public, format!("of a devnet's node {number}"));
		}
	}
	keys
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_of_the_keyring_the_devnet_its_demonstration_and_its_nodes_are_known() {
		assert_eq!(whose(&Sr25519Keyring::Alice.to_raw_public()), Some("//Alice"));
		assert_eq!(whose(&Sr25519Keyring::FerdieStash.to_raw_public()), Some("//Ferdie//stash"));
		assert!(whose(&Ed25519Keyring::Bob.to_raw_public()).is_some());
		for (_, key, _) in DEVNET_ROLES {
			assert!(whose(&key).is_some());
		}
		for path in ["//busbar//point//0", "//busbar//point//111"] {
			let pair = sr25519::Pair::from_string(path, None).expect("a path");
			assert!(whose(&pair.public().0).is_some(), "{path}");
		}
		assert!(whose(&sr25519::Pair::from_string(DEV_PHRASE, None).expect("a phrase").public().0).is_some());
		// The gateway of tests/harness/network.sh.
		let peer: sc_network::PeerId =
			"12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp".parse().expect("an identity");
		assert!(whose(&peer.into_ed25519().expect("its key is in it")).is_some());
	}

	#[test]
	fn a_key_that_was_drawn_is_not_known() {
		assert_eq!(whose(&sr25519::Pair::generate().0.public().0), None);
	}
}
