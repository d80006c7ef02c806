//! Keys and signed transactions.

use crate::failure::Failure;
use busbar_runtime::{
	frame_system::{
		CheckGenesis, CheckNonZeroSender, CheckNonce, CheckSpecVersion, CheckTxVersion, CheckWeight, WeightReclaim,
	},
	pallet_participants::{CheckMember, MortalOnly},
	AccountId, Address, Nonce, RuntimeCall, Signature, SignedPayload, TxExtension, UncheckedExtrinsic, VERSION,
};
use codec::Encode;
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	generic::Era,
	traits::{IdentifyAccount, TransactionExtension},
	MultiSignature, MultiSigner,
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Blocks for which a transaction stays valid.
pub const MORTALITY: u64 = 64;

/// A key that signs transactions, with the account's next nonce as far as it is known here.
#[derive(Clone)]
pub struct Signer {
	pair: sr25519::Pair,
	account: AccountId,
	pub(super) nonce: Arc<Mutex<Option<Nonce>>>,
}

impl Signer {
	/// The key of a secret URI: a phrase, a `0x` seed, or a development path such as `//Alice`.
	///
	/// # Errors
	/// If the text is no secret URI.
	pub fn from_suri(suri: &str) -> Result<Self, Failure> {
		let pair = sr25519::Pair::from_string(suri, None).map_err(|_| {
			Failure::input("--suri is no secret: write a phrase, a 0x... seed, or a development path such as //Alice")
		})?;
		let account = MultiSigner::from(pair.public()).into_account();
		Ok(Self { pair, account, nonce: Arc::default() })
	}

	pub fn account(&self) -> &AccountId {
		&self.account
	}

	/// The key itself, for requests to services.
	pub fn pair(&self) -> &sr25519::Pair {
		&self.pair
	}

	/// Signs any bytes.
	pub fn sign_bytes(&self, bytes: &[u8]) -> MultiSignature {
		self.pair.sign(bytes).into()
	}

	/// A signed transaction's bytes, valid for [`MORTALITY`] blocks from the given one on.
	pub fn sign(&self, call: RuntimeCall, nonce: Nonce, genesis: H256, from: (u32, H256)) -> Vec<u8> {
		let (number, hash) = from;
		let era = Era::mortal(MORTALITY, u64::from(number));
		let (extension, implicit) = extension(era, nonce, genesis, hash);
		let payload = SignedPayload::from_raw(call, extension, implicit);
		let signature: Signature = payload.using_encoded(|bytes| self.pair.sign(bytes)).into();
		let (call, extension, _) = payload.deconstruct();
		UncheckedExtrinsic::new_signed(call, Address::Id(self.account.clone()), signature, extension).encode()
	}
}

/// The runtime's transaction extensions and what they bind without sending it.
fn extension(
	era: Era,
	nonce: Nonce,
	genesis: H256,
	from: H256,
) -> (TxExtension, <TxExtension as TransactionExtension<RuntimeCall>>::Implicit) {
	let extension = (
		CheckMember::new(),
		CheckNonZeroSender::new(),
		CheckSpecVersion::new(),
		CheckTxVersion::new(),
		CheckGenesis::new(),
		MortalOnly::from(era),
		CheckNonce::from(nonce),
		CheckWeight::new(),
		WeightReclaim::new(),
	);
	let implicit = ((), (), VERSION.spec_version, VERSION.transaction_version, genesis, from, (), (), ());
	(extension, implicit)
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Decode;

	#[test]
	fn a_development_path_is_a_key_and_other_texts_are_bad_input() {
		let alice = Signer::from_suri("//Alice").unwrap();
		assert_eq!(alice.account().to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
		assert_eq!(Signer::from_suri("not a secret").err().unwrap().exit_code(), 2);
	}

	#[test]
	fn a_transaction_is_mortal_and_decodes_as_the_runtime_reads_it() {
		let alice = Signer::from_suri("//Alice").unwrap();
		let call = RuntimeCall::System(busbar_runtime::frame_system::Call::remark { remark: vec![1] });
		let bytes = alice.sign(call.clone(), 7, H256::repeat_byte(1), (100, H256::repeat_byte(2)));
		let transaction = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
		assert_eq!(transaction.function, call);
		assert_eq!(transaction.encode(), bytes);
	}
}
