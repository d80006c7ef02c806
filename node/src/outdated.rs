//! Drops at once from the pool what an upgrade outdates: a signature names the version that it is for, so what was signed for
//! the one before enters no further block. Left to itself a pool finds out only when it looks through all that it holds, every
//! twenty blocks; until then what its sender signs once more, with the same nonce, has no place beside it.

use crate::types::{Client, Extrinsic, Hash, Pool};
use futures::StreamExt;
use sc_client_api::{BlockBackend, BlockchainEvents};
use sc_transaction_pool_api::{InPoolTransaction, TransactionPool, TransactionSource, TxInvalidityReportMap};
use sp_api::ProvideRuntimeApi;
use sp_runtime::{
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DigestItem,
};
use sp_transaction_pool::runtime_api::TaggedTransactionQueue;
use std::{collections::HashSet, sync::Arc};

const BAD_PROOF: TransactionValidityError = TransactionValidityError::Invalid(InvalidTransaction::BadProof);

/// Watches the blocks until the node ends.
pub async fn watch(client: Arc<Client>, pool: Arc<Pool>) {
	let mut blocks = client.import_notification_stream();
	while let Some(block) = blocks.next().await {
		if block.is_new_best && block.header.digest().logs().contains(&DigestItem::RuntimeEnvironmentUpdated) {
			drop_outdated(&client, &pool, block.hash).await;
		}
	}
}

async fn drop_outdated(client: &Client, pool: &Pool, at: Hash) {
	let mut waiting: Vec<(Hash, Extrinsic)> = pool.ready().map(|waiting| described(&*waiting)).collect();
	waiting.extend(pool.futures().iter().map(described));
	// The pool may not know yet what stands in the very block: that is not outdated but done.
	let body = client.block_body(at).ok().flatten().unwrap_or_default();
	let done: HashSet<Hash> = body.iter().map(|extrinsic| pool.hash_of(&Arc::new(extrinsic.clone()))).collect();
	waiting.retain(|(hash, _)| !done.contains(hash));
	let mut outdated = TxInvalidityReportMap::new();
	for (hash, extrinsic) in waiting {
		let source = TransactionSource::External;
		// What the new runtime cannot even read is as useless to it.
		match client.runtime_api().validate_transaction(at, source, extrinsic, at) {
			Ok(Err(BAD_PROOF)) | Err(_) => drop(outdated.insert(hash, Some(BAD_PROOF))),
			Ok(_) => (),
		}
	}
	if outdated.is_empty() {
		return;
	}
	let gone: HashSet<Hash> = outdated.keys().copied().collect();
	// The pool drops what builds on them too. What of that is signed for the new version is good.
	let removed = pool.report_invalid(Some(at), outdated).await;
	for waiting in removed.iter().filter(|waiting| !gone.contains(waiting.hash())) {
		let _ = pool.submit_one(at, TransactionSource::External, (**waiting.data()).clone()).await;
	}
	log::info!(
		target: "txpool",
		"the runtime was upgraded: dropped {} transactions that were signed for the version before",
		gone.len()
	);
}

fn described(waiting: &impl InPoolTransaction<Transaction = Arc<Extrinsic>, Hash = Hash>) -> (Hash, Extrinsic) {
	(*waiting.hash(), (**waiting.data()).clone())
}
