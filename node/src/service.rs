//! Puts the node together: database, client, pool, network, Aura and GRANDPA.

use crate::{
	delivery, genesis, outdated, peers,
	pool::{ask, FairPool},
	readers::Readers,
	rpc, session_keys,
	types::{Backend, Block, Client, Executor, Hash, Pool},
	warp,
};
use busbar_runtime::apis::RuntimeApi;
use futures::FutureExt;
use sc_client_api::{Backend as _, BlockBackend};
use sc_consensus::LongestChain;
use sc_consensus_aura::{ImportQueueParams, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaBlockImport, LinkHalf, SharedVoterState};
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_executor::{HeapAllocStrategy, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_network::config::SyncMode;
use sc_service::{
	config::ExecutorConfiguration, error::Error as ServiceError, BuildNetworkParams, Configuration,
	GenesisBlockBuilder, PartialComponents, SpawnTasksParams, TaskManager, WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::{
	inherents::InherentDataProvider as SlotInherent,
	sr25519::{AuthorityId as AuraId, AuthorityPair as AuraPair},
	SlotDuration,
};
use sp_timestamp::InherentDataProvider as TimestampInherent;
use std::{path::PathBuf, sync::Arc, time::Duration};

type SelectChain = LongestChain<Backend, Block>;
type FinalityImport = GrandpaBlockImport<Backend, Block, Client, SelectChain>;
type FinalityLink = LinkHalf<Block, Client, SelectChain>;

/// What a subcommand needs of the node.
pub type Components = PartialComponents<
	Client,
	Backend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	Pool,
	(FinalityImport, FinalityLink, Option<Telemetry>),
>;

/// A justification is stored at least every so many blocks: what light clients and proofs of finality start from.
const JUSTIFICATION_PERIOD: u32 = 16;

/// How long a GRANDPA message is expected to travel. A round waits two of these for prevotes and four of them, one
/// second, before precommits, so that two rounds fit into a slot of 2 s.
const GOSSIP_DURATION: Duration = Duration::from_millis(250);

/// Share of a slot in which its block is built; the rest is for travelling and importing.
const PROPOSAL_SHARE: f32 = 2.0 / 3.0;

/// When finality stands still, authors slow down instead of piling up blocks that nobody may build on for ever: from 50
/// unfinalised blocks (100 s) on they leave out a slot for every two blocks more, but never more than 15 (30 s), so that
/// gates still close.
const BACKOFF: BackoffAuthoringOnFinalizedHeadLagging<u32> =
	BackoffAuthoringOnFinalizedHeadLagging { max_interval: 15, unfinalized_slack: 50, authoring_bias: 2 };

/// Which block to vote for in GRANDPA: the best one, always. The usual rules hold votes two blocks behind the best one
/// and to three quarters of the unfinalised chain, to keep them off blocks that may still lose. Here a slot has one
/// author among a few known ones, forks are rare and short, voters agree on their common ancestor, and what counts is
/// that finality trails by at most three blocks.
type VotingRule = ();

/// Time and slot of a block that is built or checked now.
fn inherents(slot_duration: SlotDuration) -> (SlotInherent, TimestampInherent) {
	let timestamp = TimestampInherent::from_system_time();
	(SlotInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration), timestamp)
}

/// Executes runtimes; keeps what it has compiled in `wasm_cache`.
pub fn executor(config: &ExecutorConfiguration, wasm_cache: Option<PathBuf>) -> Executor {
	let heap = config
		.default_heap_pages
		.and_then(|pages| u32::try_from(pages).ok())
		.map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |extra_pages| HeapAllocStrategy::Static { extra_pages });
	let builder = Executor::builder()
		.with_execution_method(config.wasm_method)
		.with_onchain_heap_alloc_strategy(heap)
		.with_offchain_heap_alloc_strategy(heap)
		.with_max_runtime_instances(config.max_runtime_instances)
		.with_runtime_cache_size(config.runtime_cache_size);
	match wasm_cache {
		// The compiler takes no relative path.
		Some(directory) => builder.with_cache_path(std::path::absolute(&directory).unwrap_or(directory)),
		None => builder,
	}
	.build()
}

/// Opens the database and builds everything up to the import queue.
///
/// # Errors
/// If the chain specification is not one of Busbar or not the database's, or a part fails to start.
pub fn new_partial(config: &Configuration, wasm_cache: Option<PathBuf>) -> Result<Components, ServiceError> {
	let (genesis_storage, genesis_version) = genesis::build(&*config.chain_spec)?;

	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = Readers::new(executor(&config.executor, wasm_cache));
	let backend = sc_service::new_db_backend::<Block>(config.db_config())?;
	let database = config.database.path().map_or_else(|| "an unknown path".into(), |path| path.display().to_string());
	genesis::ensure_same(config.chain_spec.id(), &database, &*backend, genesis_storage.clone(), &genesis_version)?;
	let genesis_block = GenesisBlockBuilder::new_with_storage(
		genesis_storage,
		!config.no_genesis(),
		backend.clone(),
		executor.clone(),
	)?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts_with_genesis_builder::<Block, RuntimeApi, _, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			backend,
			genesis_block,
			false,
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = LongestChain::new(backend.clone());

	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (finality_import, finality_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(Telemetry::handle),
	)?;

	let slot_client = client.clone();
	let import_queue = sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
		block_import: finality_import.clone(),
		justification_import: Some(Box::new(finality_import.clone())),
		client: client.clone(),
		create_inherent_data_providers: move |parent, _| {
			let client = slot_client.clone();
			async move {
				let slot_duration =
					sc_consensus_aura::standalone::slot_duration_at::<AuraId, Block, _>(&*client, parent)?;
				Ok(inherents(slot_duration))
			}
		},
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		check_for_equivocation: Default::default(),
		telemetry: telemetry.as_ref().map(Telemetry::handle),
		compatibility_mode: Default::default(),
	})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (finality_import, finality_link, telemetry),
	})
}

/// Starts a node over the network backend `N`.
///
/// # Errors
/// If the chain specification is not one of Busbar or not the database's, or a part fails to start.
pub fn new_full<N: peers::Queued>(
	mut config: Configuration,
	wasm_cache: Option<PathBuf>,
) -> Result<TaskManager, ServiceError> {
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (finality_import, finality_link, mut telemetry),
	} = new_partial(&config, wasm_cache)?;
	let shared_pool = Arc::new(FairPool::for_peers(transaction_pool.clone(), ask(client.clone())));

	let peers = config
		.role
		.is_authority()
		.then(|| peers::Keeper::new(client.clone(), &mut config.network))
		.transpose()
		.map_err(|error| ServiceError::Application(Box::new(error)))?;
	let (block_relay, block_requests) = if let Some(peers) = &peers {
		let tasks = task_manager.spawn_handle();
		let (relay, requests) = peers::block_relay::<N>(&config, client.clone(), peers.admitted.clone(), &tasks);
		(Some(relay), Some(requests))
	} else {
		(None, None)
	};

	let mut network_config = sc_network::config::FullNetworkConfiguration::<Block, Hash, N>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let genesis_hash =
		client.block_hash(0)?.ok_or_else(|| ServiceError::Other("the database has no genesis block".into()))?;
	let finality_protocol = sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
	let (finality_protocol_config, finality_notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
		finality_protocol.clone(),
		metrics.clone(),
		network_config.peer_store_handle(),
	);
	network_config.add_notification_protocol(finality_protocol_config);
	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		finality_link.shared_authority_set().clone(),
		Vec::new(),
	));

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config: network_config,
			client: client.clone(),
			transaction_pool: shared_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if let Some((peers, block_requests)) = peers.zip(block_requests) {
		let requests = block_requests.run(Arc::new(network.clone()));
		task_manager.spawn_handle().spawn("block-requests", Some("networking"), requests);
		task_manager.spawn_handle().spawn_blocking("registered-peers", Some("networking"), peers.run(network.clone()));
	}

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			is_validator: config.role.is_authority(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			// Nothing in the runtime may depend on what a server says.
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			Some("offchain-worker"),
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	let role = config.role;
	let warps = config.network.sync_mode == SyncMode::Warp;
	let name = config.network.node_name.clone();
	let force_authoring = config.force_authoring;
	let vote = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();
	let voter_state = SharedVoterState::empty();

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		let authority_set = finality_link.shared_authority_set().clone();
		let justifications = finality_link.justification_stream();
		let voter_state = voter_state.clone();
		let finality_proofs = FinalityProofProvider::new_for_service(backend.clone(), Some(authority_set.clone()));
		Box::new(move |executor| {
			rpc::create_full(rpc::Deps {
				client: client.clone(),
				pool: pool.clone(),
				executor,
				authority_set: authority_set.clone(),
				voter_state: voter_state.clone(),
				justifications: justifications.clone(),
				finality_proofs: finality_proofs.clone(),
			})
			.map_err(|error| ServiceError::Application(Box::new(error)))
		})
	};

	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool: Arc::new(shared_pool.for_rpc()),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	let outdated = outdated::watch(client.clone(), transaction_pool.clone());
	task_manager.spawn_handle().spawn_blocking("outdated-transactions", Some("transaction-pool"), outdated);

	if warps {
		task_manager.spawn_handle().spawn("warp-sync-peers", None, warp::watch(sync_service.clone()));
	}

	if let Some(registry) = &prometheus_registry {
		let watch =
			delivery::watch(client.clone(), registry).map_err(|error| ServiceError::Application(Box::new(error)))?;
		task_manager.spawn_handle().spawn("delivery", None, watch);
	}

	if role.is_authority() {
		let watch = session_keys::Watch {
			client: client.clone(),
			keystore: keystore_container.keystore(),
			sync: sync_service.clone(),
		};
		let watch =
			watch.run(prometheus_registry.as_ref()).map_err(|error| ServiceError::Application(Box::new(error)))?;
		task_manager.spawn_handle().spawn("session-keys", None, watch);

		let proposer_factory = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.as_ref().map(Telemetry::handle),
		);
		let slot_duration = sc_consensus_aura::slot_duration::<AuraId, Block, _>(&*client)?;
		let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(StartAuraParams {
			slot_duration,
			client,
			select_chain,
			block_import: finality_import,
			proposer_factory,
			create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
			force_authoring,
			backoff_authoring_blocks: Some(BACKOFF),
			keystore: keystore_container.keystore(),
			sync_oracle: sync_service.clone(),
			justification_sync_link: sync_service.clone(),
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_SHARE),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry.as_ref().map(Telemetry::handle),
			compatibility_mode: Default::default(),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("aura", Some("block-authoring"), aura);
	}

	if vote {
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config: sc_consensus_grandpa::Config {
				gossip_duration: GOSSIP_DURATION,
				justification_generation_period: JUSTIFICATION_PERIOD,
				name: Some(name),
				observer_enabled: false,
				// A node that does not vote follows finality with the same voter, without keys.
				keystore: role.is_authority().then(|| keystore_container.keystore()),
				local_role: role,
				telemetry: telemetry.as_ref().map(Telemetry::handle),
				protocol_name: finality_protocol,
			},
			link: finality_link,
			network,
			sync: sync_service,
			notification_service: finality_notifications,
			voting_rule: VotingRule::default(),
			prometheus_registry,
			shared_voter_state: voter_state,
			telemetry: telemetry.as_ref().map(Telemetry::handle),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}
