//! Whose a transaction is.

use crate::{AccountId, Participants, Runtime, UncheckedExtrinsic};
use busbar_primitives::waiting::Sender;
use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use sp_runtime::{generic::Preamble, traits::StaticLookup};

/// `None` of one that nobody signs, and of one that would be refused for its sender.
pub fn sender(transaction: UncheckedExtrinsic) -> Option<Sender<AccountId>> {
	let (info, len) = (transaction.get_dispatch_info(), transaction.encoded_size());
	let Preamble::Signed(address, _, extension) = transaction.preamble else { return None };
	let signer = <Runtime as frame_system::Config>::Lookup::lookup(address).ok()?;
	Participants::sender(signer, &transaction.function, &info, len, extension.6.nonce())
}
