//! `busbar-vault`: the vault of personal records and what its operator types.

use anyhow::{ensure, Context, Result};
use busbar_client::sign::Signer;
use busbar_service::{
	connections::{serve_by, Limits},
	program, tls,
};
use busbar_vault::{
	chain::Node, database, keys::Keys, publish::publish_regularly, seal::Master, server::router, service::Service,
	vault::Vault,
};
use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// Between two readings of all members from the chain.
const MEMBERS: Duration = Duration::from_secs(12);

/// Keeps personal records encrypted, shows them to whom the chain lets read them, and forgets them
#[derive(Parser)]
#[command(name = "busbar-vault", version)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Args)]
struct Storage {
	/// Sealed records and the log: a SQLite file, or postgres://... at this machine
	#[arg(long, value_name = "FILE|URL", default_value = "vault/records.db", env = "BUSBAR_VAULT_RECORDS")]
	records: String,
	/// Wrapped keys: a SQLite file, to be kept out of backups that are kept for long
	#[arg(long, value_name = "FILE", default_value = "vault/keys.db", env = "BUSBAR_VAULT_KEYS")]
	keys: PathBuf,
	/// The key that wraps them: a file that `busbar-vault init` makes
	#[arg(long, value_name = "FILE", default_value = "vault/master.key", env = "BUSBAR_VAULT_MASTER")]
	master: PathBuf,
}

impl Storage {
	async fn open(&self) -> Result<Vault> {
		let master = Master::read(&self.master)?;
		let keys = Keys::open(&self.keys)?;
		let (vault, mended) = Vault::open(database::open(&self.records).await?, keys, master).await?;
		if mended.keys > 0 || mended.erased > 0 {
			println!("destroyed {} keys of no record, finished {} erasures", mended.keys, mended.erased);
		}
		Ok(vault)
	}
}

#[derive(Args)]
struct Serve {
	#[command(flatten)]
	storage: Storage,
	/// Address to listen at
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9965")]
	listen: SocketAddr,
	/// What clients call this vault, host and port; requests are signed for this name [default: --listen]
	#[arg(long, value_name = "HOST:PORT")]
	name: Option<String>,
	/// A node that says who may read what
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	chain: String,
	/// PEM file with the certificate; needed where others than this machine connect
	#[arg(long, value_name = "FILE", requires = "tls_key")]
	tls_certificate: Option<PathBuf>,
	/// PEM file with its key
	#[arg(long, value_name = "FILE", requires = "tls_certificate")]
	tls_key: Option<PathBuf>,
	/// Who publishes the root of the log: a secret phrase, a 0x... seed, or a development path; nobody if not given
	#[arg(long, value_name = "SECRET", env = "BUSBAR_SURI", hide_env_values = true)]
	suri: Option<String>,
	/// Seconds between two publications
	#[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
	publish_every: u64,
}

#[derive(Subcommand)]
enum Command {
	/// Make a master key; keep a copy where neither database is
	Init {
		/// The file to make
		#[arg(long, value_name = "FILE", default_value = "vault/master.key", env = "BUSBAR_VAULT_MASTER")]
		master: PathBuf,
	},
	/// Serve the vault over HTTPS, or at loopback addresses over HTTP
	Serve(Box<Serve>),
	/// See that every record opens, that the log is whole, and print its root
	Check {
		#[command(flatten)]
		storage: Storage,
	},
}

async fn serve(options: Serve) -> Result<()> {
	let Serve { storage, listen, name, chain, tls_certificate, tls_key, suri, publish_every } = options;
	let tls = match (tls_certificate, tls_key) {
		(Some(certificate), Some(key)) => Some(tls::acceptor(&certificate, &key)?),
		_ => None,
	};
	ensure!(
		tls.is_some() || listen.ip().is_loopback(),
		"without TLS the vault listens at loopback addresses only: give --tls-certificate and --tls-key"
	);
	let signer = suri.map(|suri| Signer::from_suri(&suri)).transpose()?;
	let vault = storage.open().await?;
	let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen at {listen}"))?;
	let address = listener.local_addr()?;
	let name = name.unwrap_or_else(|| address.to_string());
	let scheme = if tls.is_some() { "https" } else { "http" };
	println!("serving {} at {scheme}://{address} as {name}", storage.records);
	let node = Arc::new(Node::new(&chain));
	let service = Arc::new(Service::new(vault, node.clone(), name, MEMBERS));
	match signer {
		Some(signer) => {
			let every = Duration::from_secs(publish_every.max(1));
			tokio::spawn(publish_regularly(service.clone(), node, signer, every));
		},
		None => println!("the root of the log is not published: give --suri"),
	}
	serve_by(listener, router(service), Limits::default(), tls, program::stopped()).await?;
	Ok(())
}

async fn run(command: Command) -> Result<()> {
	match command {
		Command::Init { master } => {
			if let Some(folder) = master.parent() {
				std::fs::create_dir_all(folder)?;
			}
			Master::create(&master)?;
			println!("{} is the master key: without it every record is lost", master.display());
			Ok(())
		},
		Command::Serve(options) => serve(*options).await,
		Command::Check { storage } => {
			let vault = storage.open().await?;
			let records = vault.check().await?;
			let (count, root) = vault.log.root().await?;
			println!("{records} records open; the log has {count} entries under {root:?}");
			Ok(())
		},
	}
}

fn main() -> ExitCode {
	program::run(async { run(Cli::parse().command).await.map(|()| true) })
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}
}
