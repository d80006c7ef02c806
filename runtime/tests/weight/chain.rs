//! A devnet in memory that takes signed transactions as a node does: first its pool, then a block.

use busbar_harness::merge;
use busbar_primitives::{acceptance_payload, ParticipantId};
use busbar_runtime::{
	genesis::{preset, DEVNET},
	AccountId, Executive, RuntimeCall, RuntimeGenesisConfig, SignedPayload, System, TxExtension, UncheckedExtrinsic,
};
use codec::Encode;
use frame_support::genesis_builder_helper::{build_state, get_preset};
use serde_json::Value;
use sp_core::{sr25519, Pair, H256};
use sp_genesis_builder::PresetId;
use sp_runtime::{
	generic::Era,
	traits::IdentifyAccount,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, Digest, MultiSignature, MultiSigner,
};

fn key(name: &str) -> sr25519::Pair {
	sr25519::Pair::from_string(&format!("//{name}"), None).unwrap()
}

/// The account of a devnet's name.
pub fn account(name: &str) -> AccountId {
	MultiSigner::from(key(name).public()).into_account()
}

/// What a newcomer signs to be admitted.
pub fn accept(name: &str, id: ParticipantId, commitment: H256) -> MultiSignature {
	let payload = acceptance_payload(&System::block_hash(0), &id, &account(name), &commitment);
	key(name).sign(&payload).into()
}

/// Begins a block on the last one.
pub fn begin(number: u32) {
	System::reset_events();
	System::initialize(&number, &H256::repeat_byte(number as u8), &Digest::default());
	System::note_inherents_applied();
}

/// Runs a test in the second block of a devnet.
pub fn run(test: impl FnOnce()) {
	sp_io::TestExternalities::default().execute_with(|| {
		let base = get_preset::<RuntimeGenesisConfig>(&None, preset).unwrap();
		let mut json: Value = serde_json::from_slice(&base).unwrap();
		merge(&mut json, serde_json::from_slice(&preset(&PresetId::from(DEVNET)).unwrap()).unwrap());
		build_state::<RuntimeGenesisConfig>(serde_json::to_vec(&json).unwrap()).unwrap();
		for number in 1..=2 {
			begin(number);
		}
		test();
	});
}

fn extension(nonce: u32, period: u64) -> TxExtension {
	(
		busbar_runtime::pallet_participants::CheckMember::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		busbar_runtime::pallet_participants::MortalOnly::from(Era::mortal(
			period,
			u64::from(System::block_number()) - 1,
		)),
		busbar_runtime::pallet_participants::FewAhead::from(nonce),
		frame_system::CheckWeight::new(),
		frame_system::WeightReclaim::new(),
	)
}

/// A transaction with this nonce that is good for so many blocks.
fn transaction(name: &str, nonce: u32, call: RuntimeCall, period: u64) -> UncheckedExtrinsic {
	let payload = SignedPayload::new(call, extension(nonce, period)).unwrap();
	let signature = payload.using_encoded(|bytes| key(name).sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, account(name).into(), signature.into(), extension)
}

/// What becomes of a call in this block.
pub fn block(name: &str, call: RuntimeCall) -> ApplyExtrinsicResult {
	let nonce = System::account_nonce(account(name));
	Executive::apply_extrinsic(transaction(name, nonce, call, 64))
}

/// What the pool says to a call as the sender's `ahead`th that waits, on top of this block.
pub fn pool(name: &str, ahead: u32, call: RuntimeCall) -> TransactionValidity {
	pool_with(name, ahead, call, 64)
}

/// The same of a transaction that is good for so many blocks.
pub fn pool_with(name: &str, ahead: u32, call: RuntimeCall, period: u64) -> TransactionValidity {
	let nonce = System::account_nonce(account(name)) + ahead;
	let transaction = transaction(name, nonce, call, period);
	sp_io::storage::start_transaction();
	let validity = Executive::validate_transaction(TransactionSource::External, transaction, H256::zero());
	sp_io::storage::rollback_transaction();
	validity
}
