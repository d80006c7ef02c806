//! Keys, and transactions as the chain's metadata wants them.

use crate::{
	error::{Error, Result},
	metadata::Runtime,
};
use codec::{Compact, Encode};
use scale_info::{PortableRegistry, TypeDef};
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_crypto_hashing::blake2_256;
use sp_runtime::{generic::Era, traits::IdentifyAccount, AccountId32, MultiAddress, MultiSignature, MultiSigner};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Blocks for which a transaction stays valid.
pub const MORTALITY: u64 = 64;
/// The format of signed transactions, with the bit that says that they are signed.
const SIGNED_V4: u8 = 0x84;
/// What is longer than this is hashed before it is signed.
const LONGEST_PAYLOAD: usize = 256;

/// A secret key.
#[derive(Clone)]
// A signer exists once per account: the larger variant costs nothing that counts.
#[allow(clippy::large_enum_variant)]
pub enum Key {
	/// Schnorr signatures, the chain's default.
	Sr25519(sr25519::Pair),
	/// EdDSA, which most devices and security modules can do.
	Ed25519(ed25519::Pair),
}

/// A key that signs transactions, with the account's next nonce as far as it is known here.
#[derive(Clone)]
pub struct Signer {
	key: Key,
	account: AccountId32,
	pub(crate) nonce: Arc<Mutex<Option<u32>>>,
}

impl Signer {
	/// The sr25519 key of a secret URI: a phrase, a `0x` seed, or a development path such as `//Alice`. With `ed25519:` before
	/// it, the ed25519 key.
	///
	/// # Errors
	/// If the text is no secret URI.
	pub fn from_suri(suri: &str) -> Result<Self> {
		let refuse = || {
			Error::Input(
				"--suri is no secret: write a phrase, a 0x... seed, or a development path such as //Alice".into(),
			)
		};
		let key = match suri.strip_prefix("ed25519:") {
			Some(suri) => Key::Ed25519(ed25519::Pair::from_string(suri, None).map_err(|_| refuse())?),
			None => Key::Sr25519(sr25519::Pair::from_string(suri, None).map_err(|_| refuse())?),
		};
		Ok(Self::new(key))
	}

	/// A key.
	pub fn new(key: Key) -> Self {
		let public = match &key {
			Key::Sr25519(pair) => MultiSigner::from(pair.public()),
			Key::Ed25519(pair) => MultiSigner::from(pair.public()),
		};
		Self { key, account: public.into_account(), nonce: Arc::default() }
	}

	/// The account that the key signs for.
	pub fn account(&self) -> &AccountId32 {
		&self.account
	}

	/// Signs any bytes.
	pub fn sign_bytes(&self, bytes: &[u8]) -> MultiSignature {
		match &self.key {
			Key::Sr25519(pair) => pair.sign(bytes).into(),
			Key::Ed25519(pair) => pair.sign(bytes).into(),
		}
	}

	/// A signed transaction's bytes, for a call's bytes.
	///
	/// # Errors
	/// If the chain wants something signed that this program does not know.
	pub fn sign(&self, runtime: &Runtime, call: &[u8], binding: &Binding) -> Result<Vec<u8>> {
		let (sent, bound) = extensions(runtime, binding)?;
		let payload = [call, &sent, &bound].concat();
		let signature = if payload.len() > LONGEST_PAYLOAD {
			self.sign_bytes(&blake2_256(&payload))
		} else {
			self.sign_bytes(&payload)
		};
		let address = MultiAddress::<AccountId32, ()>::Id(self.account.clone());
		let transaction = [&[SIGNED_V4][..], &address.encode(), &signature.encode(), &sent, call].concat();
		Ok(transaction.encode())
	}
}

/// What a transaction is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding {
	/// How many transactions the account has sent before.
	pub nonce: u32,
	/// Hash of block 0.
	pub genesis: H256,
	/// Number and hash of a recent block: the transaction is valid for [`MORTALITY`] blocks from it on.
	pub from: (u32, H256),
}

/// What the chain's list of extensions wants sent, and what it wants signed without being sent.
fn extensions(runtime: &Runtime, binding: &Binding) -> Result<(Vec<u8>, Vec<u8>)> {
	let (mut sent, mut bound) = (Vec::new(), Vec::new());
	let metadata = runtime.metadata();
	for extension in &metadata.extrinsic.transaction_extensions {
		match &*extension.identifier {
			"CheckMortality" | "CheckEra" => {
				Era::mortal(MORTALITY, binding.from.0.into()).encode_to(&mut sent);
				binding.from.1.encode_to(&mut bound);
			},
			"CheckNonce" => Compact(binding.nonce).encode_to(&mut sent),
			"CheckSpecVersion" => runtime.version().spec_version.encode_to(&mut bound),
			"CheckTxVersion" => runtime.version().transaction_version.encode_to(&mut bound),
			"CheckGenesis" => binding.genesis.encode_to(&mut bound),
			// No tip.
			"ChargeTransactionPayment" => Compact(0u128).encode_to(&mut sent),
			// The hash of the metadata is not signed: mode 0, and no hash.
			"CheckMetadataHash" => {
				sent.push(0);
				bound.push(0);
			},
			name => {
				let empty = |id| is_empty(&metadata.types, id);
				if !empty(extension.ty.id) || !empty(extension.implicit.id) {
					return Err(Error::Metadata(format!(
						"transactions carry `{name}`, which this program does not know how to write"
					)));
				}
			},
		}
	}
	Ok((sent, bound))
}

/// Whether a type has no bytes.
fn is_empty(registry: &PortableRegistry, id: u32) -> bool {
	match registry.resolve(id).map(|ty| &ty.type_def) {
		Some(TypeDef::Composite(definition)) => definition.fields.iter().all(|field| is_empty(registry, field.ty.id)),
		Some(TypeDef::Tuple(tuple)) => tuple.fields.iter().all(|field| is_empty(registry, field.id)),
		Some(TypeDef::Array(array)) => array.len == 0 || is_empty(registry, array.type_param.id),
		_ => false,
	}
}

#[cfg(test)]
mod tests;
