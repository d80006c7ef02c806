//! The RPC methods that a Busbar node serves beyond those of every Substrate node: `system_accountNextIndex` and
//! `system_dryRun`, `grandpa_*` and `energy_*`.

pub mod energy;
mod follow;
mod hub;
mod news;
mod reading;

use crate::types::{Backend, Block, Client, Hash, Pool};
use busbar_runtime::{AccountId, Nonce};
use energy::{Energy, EnergyRpcServer};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What the methods need of the node.
pub struct Deps {
	pub client: Arc<Client>,
	pub pool: Arc<Pool>,
	/// Runs subscriptions.
	pub executor: SubscriptionTaskExecutor,
	/// Who votes in GRANDPA.
	pub authority_set: SharedAuthoritySet<Hash, u32>,
	/// How the current GRANDPA round stands.
	pub voter_state: SharedVoterState,
	pub justifications: GrandpaJustificationStream<Block>,
	pub finality_proofs: Arc<FinalityProofProvider<Backend, Block>>,
}

/// All methods of this module in one.
///
/// # Errors
/// If two methods have the same name, which would be a defect.
pub fn create_full(deps: Deps) -> Result<RpcModule<()>, RegisterMethodError> {
	let Deps { client, pool, executor, authority_set, voter_state, justifications, finality_proofs } = deps;
	let mut module = RpcModule::new(());
	module.merge(SystemApiServer::<Hash, AccountId, Nonce>::into_rpc(System::new(client.clone(), pool)))?;
	module.merge(
		Grandpa::new(executor.clone(), authority_set, voter_state, justifications, finality_proofs).into_rpc(),
	)?;
	module.merge(Energy::new(client, executor).into_rpc())?;
	Ok(module)
}
