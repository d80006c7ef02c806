//! A chain in memory that takes signed transactions as a node does: first what its pool asks of them, then a block of its
//! author, from the first hook to the last. No peers and no consensus: the caller is the author.

use busbar_primitives::Moment;
use busbar_runtime::{
	frame_system, pallet_participants, pallet_timestamp, AccountId, Executive, Header, RuntimeCall, SessionKeys,
	SignedPayload, System, TxExtension, UncheckedExtrinsic, SLOT_DURATION_MS,
};
use codec::Encode;
use sp_core::{ed25519, sr25519, ByteArray, Pair, H256};
use sp_runtime::{
	generic::Era,
	traits::{Header as _, IdentifyAccount},
	transaction_validity::{TransactionSource, TransactionValidity, TransactionValidityError},
	Digest, DigestItem, DispatchError, MultiSigner,
};
use std::{cell::RefCell, collections::BTreeMap};

/// Blocks for which a transaction is good.
const PERIOD: u64 = 64;

thread_local! {
	static KEYS: RefCell<BTreeMap<u8, ed25519::Pair>> = const { RefCell::new(BTreeMap::new()) };
}

/// The key with this name.
pub fn key(name: u8) -> ed25519::Pair {
	KEYS.with(|keys| *keys.borrow_mut().entry(name).or_insert_with(|| ed25519::Pair::from_seed(&[name; 32])))
}

/// Its account.
pub fn account(name: u8) -> AccountId {
	MultiSigner::from(key(name).public()).into_account()
}

/// Session keys that nobody signs with.
pub(crate) fn session_keys(name: u8) -> SessionKeys {
	let aura = sr25519::Public::from_slice(&[name; 32]).expect("32 bytes");
	SessionKeys { aura: aura.into(), grandpa: key(name).public().into() }
}

/// What became of a transaction in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
	/// Its call did what it says.
	Done,
	/// It stands in the block; its call failed.
	Failed(DispatchError),
	/// It does not stand in the block, and changed nothing.
	Refused(TransactionValidityError),
}

/// The blocks of a chain, each begun by its author. Block 0 is the genesis.
pub struct Chain {
	number: u32,
	parent: H256,
	slot: u64,
}

impl Chain {
	/// A chain on the genesis that the state holds.
	#[allow(clippy::new_without_default)] // reads the state
	pub fn new() -> Self {
		Self { number: 0, parent: System::block_hash(0), slot: 0 }
	}

	/// The slot of the block that began last.
	pub fn slot(&self) -> u64 {
		self.slot
	}

	/// In which slot a block would stand that begins at this chain time: each has one at most.
	pub fn next_slot(&self, now: Moment) -> u64 {
		(now / SLOT_DURATION_MS).max(self.slot + 1)
	}

	/// Begins a block at this chain time, or at the next slot's.
	///
	/// # Panics
	/// If the runtime does not take the author's time.
	pub fn begin(&mut self, now: Moment) {
		self.number += 1;
		self.slot = self.next_slot(now);
		let now = now.max(self.slot * SLOT_DURATION_MS);
		let slot = DigestItem::PreRuntime(*b"aura", self.slot.encode());
		let digest = Digest { logs: vec![slot] };
		let header = Header::new(self.number, H256::default(), H256::default(), self.parent, digest);
		Executive::initialize_block(&header);
		let time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
		let taken = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(time));
		assert_eq!(taken.map(|outcome| outcome.is_ok()), Ok(true), "the author's time at slot {}", self.slot);
	}

	/// Ends the block.
	pub fn end(&mut self) {
		self.parent = Executive::finalize_block().hash();
	}
}

/// A transaction with this nonce, in a block that has begun.
///
/// # Panics
/// If its extensions refuse to be signed.
pub fn transaction(name: u8, nonce: u32, call: RuntimeCall) -> UncheckedExtrinsic {
	let era = Era::mortal(PERIOD, u64::from(System::block_number()).saturating_sub(1));
	let extension: TxExtension = (
		pallet_participants::CheckMember::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		pallet_participants::MortalOnly::from(era),
		pallet_participants::FewAhead::from(nonce),
		frame_system::CheckWeight::new(),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call, extension).expect("it can be signed");
	let signature = payload.using_encoded(|bytes| key(name).sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, account(name).into(), signature.into(), extension)
}

/// What the pool says to a transaction on top of the block so far.
pub fn validate(transaction: UncheckedExtrinsic) -> TransactionValidity {
	sp_io::storage::start_transaction();
	let validity = Executive::validate_transaction(TransactionSource::External, transaction, H256::zero());
	sp_io::storage::rollback_transaction();
	validity
}

/// Puts a transaction into the block, as an author does: what is refused leaves no trace.
pub fn apply(transaction: UncheckedExtrinsic) -> Taken {
	sp_io::storage::start_transaction();
	match Executive::apply_extrinsic(transaction) {
		Ok(outcome) => {
			sp_io::storage::commit_transaction();
			outcome.map_or_else(Taken::Failed, |()| Taken::Done)
		},
		Err(refused) => {
			sp_io::storage::rollback_transaction();
			Taken::Refused(refused)
		},
	}
}
