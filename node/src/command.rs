//! Runs what the command line says.

use crate::{
	chain_spec,
	cli::{Cli, ExportChainSpec, Subcommand},
	genesis_state, service,
	types::Block,
};
use sc_cli::{Result, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::{ChainSpec, PartialComponents};
use std::sync::Arc;

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Busbar Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the Busbar authors".into()
	}

	fn support_url() -> String {
		concat!(env!("CARGO_PKG_REPOSITORY"), "/issues").into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn ChainSpec>, String> {
		chain_spec::load(id).map(|spec| Box::new(spec) as Box<dyn ChainSpec>).map_err(|error| error.to_string())
	}

	fn setup_command(command: clap::Command) -> clap::Command {
		command
			.name(Self::executable_name())
			.version(Self::impl_version())
			.about(Self::description())
			.after_help(format!("Support: {}", Self::support_url()))
			.propagate_version(true)
			.args_conflicts_with_subcommands(true)
			.subcommand_negates_reqs(true)
			// Four validators on two cores were measured to collapse at half the load with the fork-aware pool.
			.mut_arg("pool_type", |argument| argument.default_value("single-state"))
			.mut_args(bounded)
	}
}

/// What a node serves by default: bounds for whoever is not on this machine, so that a gateway needs no flag for them. A node
/// behind a proxy on the same machine tells its callers apart with `--rpc-rate-limit-trust-proxy-headers`.
fn bounded(argument: clap::Arg) -> clap::Arg {
	match argument.get_id().as_str() {
		// Calls a minute of one connection: twenty a second.
		"rpc_rate_limit" => argument.default_value("1200"),
		"rpc_rate_limit_whitelisted_ips" => argument.default_values(["127.0.0.0/8", "::1/128"]),
		"rpc_max_batch_request_len" => argument.default_value("64"),
		"rpc_max_subscriptions_per_connection" => argument.default_value("128"),
		_ => argument,
	}
}

/// Parses the command line and does what it says.
///
/// # Errors
/// Whatever the node or the subcommand ends with; its `Display` is one line for the user.
pub fn run() -> Result<()> {
	let cli = Cli::from_args();
	let Some(subcommand) = &cli.subcommand else {
		let wasm_cache = cli.wasm_cache.clone();
		return cli.create_runner(&cli.run)?.run_node_until_exit(|config| async move {
			match config.network.network_backend {
				NetworkBackendType::Libp2p => service::new_full::<sc_network::NetworkWorker<_, _>>(config, wasm_cache),
				NetworkBackendType::Litep2p => {
					service::new_full::<sc_network::Litep2pNetworkBackend>(config, wasm_cache)
				},
			}
			.map_err(sc_cli::Error::Service)
		});
	};
	match subcommand {
		Subcommand::Key(command) => command.run(&cli),
		Subcommand::Company(command) => command.run().map_err(|error| sc_cli::Error::Application(Box::new(error))),
		Subcommand::BuildSpec(command) => {
			cli.create_runner(command)?.sync_run(|config| command.run(config.chain_spec, config.network))
		},
		Subcommand::ExportChainSpec(ExportChainSpec { command, wasm_cache }) => {
			let mut spec = cli.load_spec(&command.chain)?;
			if command.raw {
				let executor = service::executor(&Default::default(), wasm_cache.clone());
				genesis_state::build(&mut *spec, &executor)?;
			}
			command.run(spec)
		},
		Subcommand::CheckBlock(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config, None)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Subcommand::ExportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = service::new_partial(&config, None)?;
			Ok((command.run(client, config.database), task_manager))
		}),
		Subcommand::ExportState(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = service::new_partial(&config, None)?;
			Ok((command.run(client, config.chain_spec), task_manager))
		}),
		Subcommand::ImportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config, None)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Subcommand::PurgeChain(command) => cli.create_runner(command)?.sync_run(|config| command.run(config.database)),
		Subcommand::Revert(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, backend, .. } = service::new_partial(&config, None)?;
			let revert_finality = Box::new(|client: Arc<_>, _, blocks| {
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((command.run(client, backend, Some(revert_finality)), task_manager))
		}),
		Subcommand::ChainInfo(command) => cli.create_runner(command)?.sync_run(|config| command.run::<Block>(&config)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_cli::TransactionPoolType;

	#[test]
	fn the_pool_is_single_state_unless_told_otherwise() {
		let cli = Cli::try_from_iter(["busbar-node"]).expect("no argument is required");
		assert!(matches!(cli.run.pool_config.pool_type, TransactionPoolType::SingleState));

		let cli = Cli::try_from_iter(["busbar-node", "--pool-type", "fork-aware"]).expect("the pool may be chosen");
		assert!(matches!(cli.run.pool_config.pool_type, TransactionPoolType::ForkAware));
	}

	#[test]
	fn a_gateway_bounds_calls_batches_and_subscriptions_without_a_flag() {
		let endpoints = |flags: &[&str]| {
			let cli = Cli::try_from_iter(["busbar-node", "--rpc-external"].iter().chain(flags)).expect("as documented");
			cli.run.rpc_params.rpc_addr(false, false, 9944).expect("no validator").expect("it listens")
		};
		for endpoint in endpoints(&[]) {
			assert_eq!(endpoint.rate_limit.map(u32::from), Some(1_200));
			let spared = |address: &str| {
				let address: std::net::IpAddr = address.parse().expect("an address");
				endpoint.rate_limit_whitelisted_ips.iter().any(|network| network.contains(address))
			};
			assert!(spared("127.0.0.1") && spared("::1") && !spared("192.0.2.1") && !spared("2001:db8::1"));
			assert!(matches!(endpoint.batch_config, sc_service::config::RpcBatchRequestConfig::Limit(64)));
			assert_eq!(endpoint.max_subscriptions_per_connection, 128);
			assert_eq!(
				(endpoint.max_connections, endpoint.max_payload_in_mb, endpoint.max_payload_out_mb),
				(100, 15, 15)
			);
		}
		// Who gives a flag has the last word.
		for endpoint in endpoints(&["--rpc-rate-limit", "7", "--rpc-rate-limit-whitelisted-ips", "192.0.2.0/24"]) {
			assert_eq!(endpoint.rate_limit.map(u32::from), Some(7));
			assert_eq!(endpoint.rate_limit_whitelisted_ips.len(), 1);
		}
		for endpoint in endpoints(&["--rpc-disable-batch-requests"]) {
			assert!(matches!(endpoint.batch_config, sc_service::config::RpcBatchRequestConfig::Disabled));
		}
	}

	#[test]
	fn compiled_runtimes_are_kept_only_where_it_is_said() {
		let cli = Cli::try_from_iter(["busbar-node"]).expect("no argument is required");
		assert_eq!(cli.wasm_cache, None);
		let cli = Cli::try_from_iter(["busbar-node", "--dev", "--wasm-cache", "kept"]).expect("as documented");
		assert_eq!(cli.wasm_cache, Some("kept".into()));
	}

	#[test]
	fn an_export_may_keep_the_compiled_runtime() {
		let line = ["busbar-node", "export-chain-spec", "--chain", "devnet", "--raw", "--wasm-cache", "kept"];
		let cli = Cli::try_from_iter(line).expect("as documented");
		let Some(Subcommand::ExportChainSpec(export)) = cli.subcommand else { panic!("another command") };
		assert_eq!((export.command.raw, export.wasm_cache), (true, Some("kept".into())));
		assert_eq!(cli.wasm_cache, None);
	}

	#[test]
	fn a_subcommand_needs_no_argument_of_the_node() {
		let cli =
			Cli::try_from_iter(["busbar-node", "build-spec", "--chain", "devnet", "--raw"]).expect("as documented");
		assert!(matches!(cli.subcommand, Some(Subcommand::BuildSpec(_))));
	}
}
