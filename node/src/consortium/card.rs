//! What a company hands on: public keys, and signatures that show who holds their secrets.

use super::ConsortiumError;
use busbar_primitives::ParticipantId;
use busbar_runtime::{AccountId, SessionKeys};
use codec::{Decode, Encode};
use sc_service::config::MultiaddrWithPeerId;
use serde::{Deserialize, Serialize};
use sp_core::{bytes::from_hex, crypto::Ss58Codec, ed25519, sr25519, Pair};
use sp_runtime::traits::OpaqueKeys;

/// First part of what an account signs.
const CARD: &[u8] = b"busbar consortium company";

/// A company's card, as it stands in TOML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
	/// What the company is called; it does not go on chain.
	pub name: String,
	/// The participant's UUID on chain.
	pub id: ParticipantId,
	/// SS58 address of the account that holds the roles and the seat.
	pub account: String,
	/// Address at which the others reach the node, with its identity: `/dns/NAME/tcp/30333/p2p/PEER`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub node: Option<String>,
	/// Public session keys, Aura's and then GRANDPA's, in hexadecimal.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub session_keys: Option<String>,
	/// The session keys' signatures over the account.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub proof: Option<String>,
	/// The account's signature over all of the above, sr25519 or ed25519.
	#[serde(default)]
	pub signature: String,
}

/// A validator's side of a card.
#[derive(Clone, Debug)]
pub struct Node {
	pub address: MultiaddrWithPeerId,
	pub keys: SessionKeys,
}

impl Card {
	pub(super) fn malformed(&self, what: &'static str, reason: impl ToString) -> ConsortiumError {
		ConsortiumError::Malformed { company: self.name.clone(), what, reason: reason.to_string() }
	}

	/// The account that it names.
	pub fn account(&self) -> Result<AccountId, ConsortiumError> {
		AccountId::from_ss58check(&self.account).map_err(|error| self.malformed("account", error))
	}

	/// The node that it names, if its session keys prove that they are the company's.
	pub fn node(&self) -> Result<Option<Node>, ConsortiumError> {
		let (address, keys, proof) = match (&self.node, &self.session_keys, &self.proof) {
			(None, None, None) => return Ok(None),
			(Some(address), Some(keys), Some(proof)) => (address, keys, proof),
			_ => return Err(ConsortiumError::IncompleteNode(self.name.clone())),
		};
		let address = address.parse().map_err(|error: sc_network::config::ParseErr| self.malformed("node", error))?;
		let raw = from_hex(keys).map_err(|error| self.malformed("session_keys", error))?;
		let keys = SessionKeys::decode(&mut &raw[..]).map_err(|error| self.malformed("session_keys", error))?;
		if keys.encode() != raw {
			return Err(self.malformed("session_keys", "they are longer than two keys"));
		}
		let proof = from_hex(proof).map_err(|error| self.malformed("proof", error))?;
		if !keys.ownership_proof_is_valid(&self.account()?.encode(), &proof) {
			return Err(ConsortiumError::NoPossession(self.name.clone()));
		}
		Ok(Some(Node { address, keys }))
	}

	/// What the account signs.
	pub fn payload(&self) -> Vec<u8> {
		(CARD, &self.name, &self.id, &self.account, &self.node, &self.session_keys, &self.proof).encode()
	}

	/// That the account has signed the card as it is.
	pub fn ensure_signed(&self) -> Result<(), ConsortiumError> {
		let account: [u8; 32] = self.account()?.into();
		let signature = from_hex(&self.signature).map_err(|error| self.malformed("signature", error))?;
		let signed = <[u8; 64]>::try_from(&signature[..]).is_ok_and(|signature| {
			let payload = self.payload();
			sr25519::Pair::verify(&signature.into(), &payload, &account.into())
				|| ed25519::Pair::verify(&signature.into(), &payload, &account.into())
		});
		signed.then_some(()).ok_or_else(|| ConsortiumError::NotSigned(self.name.clone()))
	}
}
