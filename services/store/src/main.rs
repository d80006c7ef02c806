//! `busbar-store`: the meter-data store and what its operator types.

mod bounds;

use anyhow::{bail, Context, Result};
use bounds::Bounds;
use busbar_client::sign::Signer;
use busbar_service::program;
use busbar_store::{
	bench,
	blobs::Blobs,
	chain::{Chain, Node},
	client::Client,
	connections::serve,
	meta::{parse_hash, Class},
	recovery::recover,
	replicate::pull,
	retention::{sweep, Retention},
	server::router,
	service::Service,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// Datasets that the chain is asked about each minute.
const SETTLED: usize = 200;
/// What an upload of another process may have begun, and not finished, is left alone for so long.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// Keeps meter data under its hash, proves single readings, and lets read whom the chain lets read
#[derive(Parser)]
#[command(name = "busbar-store", version)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Args)]
struct Backend {
	/// Where objects are kept: a folder, or s3://BUCKET/PREFIX with AWS_* variables
	#[arg(long, value_name = "FOLDER|URL", default_value = "busbar-store", env = "BUSBAR_STORE_BACKEND")]
	backend: String,
	/// Most megabytes of one object
	#[arg(long, value_name = "MB", default_value_t = 256)]
	max_mb: u32,
}

impl Backend {
	fn open(&self) -> Result<Blobs> {
		Blobs::open(&self.backend, u64::from(self.max_mb).saturating_mul(1_000_000))
			.with_context(|| format!("cannot open the backend {}", self.backend))
	}
}

#[derive(Args)]
struct Ages {
	/// Days for which datasets are kept; for ever if not given
	#[arg(long, value_name = "DAYS")]
	keep_readings: Option<u32>,
	/// Days for which documents are kept; for ever if not given
	#[arg(long, value_name = "DAYS")]
	keep_documents: Option<u32>,
}

impl Ages {
	fn retention(&self) -> Retention {
		Retention { readings: self.keep_readings, documents: self.keep_documents }
	}
}

#[derive(Args)]
struct Remote {
	/// The store's address
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9955")]
	store: String,
	/// Who signs the request: a secret phrase, a 0x... seed, or a development path such as //Alice
	#[arg(long, value_name = "SECRET", env = "BUSBAR_SURI", hide_env_values = true)]
	suri: Option<String>,
}

impl Remote {
	fn client(&self) -> Result<Client> {
		let key = self.suri.as_ref().map(|suri| Signer::from_suri(suri)).transpose()?;
		Client::new(&self.store, key)
	}
}

#[derive(Clone, Copy, ValueEnum)]
enum ClassName {
	Readings,
	Document,
}

#[derive(Subcommand)]
enum Command {
	/// Serve the store over HTTP
	Serve {
		#[command(flatten)]
		backend: Backend,
		/// Address to listen at
		#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9955")]
		listen: SocketAddr,
		/// What clients call this store, host and port; requests are signed for this name [default: --listen]
		#[arg(long, value_name = "HOST:PORT")]
		name: Option<String>,
		/// A node that says who may read what
		#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
		chain: String,
		/// Ask nobody who they are; only at a loopback address
		#[arg(long, conflicts_with = "chain")]
		open: bool,
		/// What is past its age is deleted every hour
		#[command(flatten)]
		ages: Ages,
		#[command(flatten)]
		bounds: Bounds,
	},
	/// Store a file
	Put {
		#[command(flatten)]
		remote: Remote,
		/// What it is
		#[arg(long, value_enum, default_value = "readings")]
		class: ClassName,
		file: PathBuf,
	},
	/// Fetch an object, check its hash and write it to a file
	Get {
		#[command(flatten)]
		remote: Remote,
		hash: String,
		file: PathBuf,
	},
	/// Check every object of a backend and name what is damaged
	Check {
		#[command(flatten)]
		backend: Backend,
	},
	/// Delete what is past its age
	Sweep {
		#[command(flatten)]
		backend: Backend,
		#[command(flatten)]
		ages: Ages,
		/// Only tell what would go
		#[arg(long)]
		dry_run: bool,
	},
	/// Pull and verify datasets of another store
	Pull {
		#[command(flatten)]
		backend: Backend,
		#[command(flatten)]
		remote: Remote,
		/// Take only what is attested at this node
		#[arg(long, value_name = "URL")]
		chain: Option<String>,
		/// First interval
		#[arg(long, default_value_t = 0)]
		from: u32,
		/// First interval that is not wanted
		#[arg(long, default_value_t = u32::MAX)]
		until: u32,
	},
	/// Ask stores whether they hold an object
	Holders {
		hash: String,
		/// Addresses of the stores
		#[arg(required = true, value_name = "URL")]
		stores: Vec<String>,
	},
	/// Store, root and prove many readings and print seconds and bytes
	Bench {
		/// Backend to write to [default: a temporary folder]
		#[arg(long, value_name = "FOLDER|URL")]
		backend: Option<String>,
		/// Readings of an interval: 10,000 meters and 4 % more
		#[arg(long, default_value_t = 10_400)]
		meters: u32,
		/// Intervals
		#[arg(long, default_value_t = 96)]
		intervals: u32,
		#[arg(long, default_value_t = 1)]
		seed: u64,
	},
}

/// Deletes what is past its age, again and again.
async fn sweep_hourly(blobs: Blobs, retention: Retention) {
	let mut hours = tokio::time::interval(std::time::Duration::from_secs(3_600));
	loop {
		hours.tick().await;
		match sweep(&blobs, retention, false).await {
			Ok(swept) if swept.over.is_empty() => {},
			Ok(swept) => println!("deleted {} objects past their age, kept {}", swept.over.len(), swept.kept),
			Err(error) => eprintln!("error: the sweep will be tried again in an hour: {error}"),
		}
	}
}

/// Asks the chain about datasets that wait to be attested, again and again.
async fn settle_every_minute(service: Arc<Service>) {
	let mut minutes = tokio::time::interval(Duration::from_secs(60));
	loop {
		minutes.tick().await;
		match service.settle(SETTLED).await {
			Ok(settled) if settled.deleted > 0 => {
				println!("deleted {} datasets that were not attested in time", settled.deleted)
			},
			Ok(_) => {},
			Err(error) => eprintln!("error: datasets that wait to be attested go on waiting: {error}"),
		}
	}
}

/// Runs a command; `false` if it found something wrong and said so.
async fn run(command: Command) -> Result<bool> {
	match command {
		Command::Serve { backend, listen, name, chain, open, ages, bounds } => {
			if open && !listen.ip().is_loopback() {
				bail!("--open serves everyone and is for loopback addresses only; give --chain instead");
			}
			let chain: Option<Arc<dyn Chain>> = if open { None } else { Some(Arc::new(Node::new(&chain))) };
			let listener =
				tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen at {listen}"))?;
			let address = listener.local_addr()?;
			let name = name.unwrap_or_else(|| address.to_string());
			println!("serving {} at http://{address} as {name}", backend.backend);
			let blobs = backend.open()?;
			if ages.retention().is_bounded() {
				tokio::spawn(sweep_hourly(blobs.clone(), ages.retention()));
			}
			let removed = recover(&blobs, ABANDONED).await?;
			if removed > 0 {
				println!("removed {removed} files that an earlier process did not finish");
			}
			let service = Arc::new(Service::with_limits(blobs, chain, name, bounds.service()));
			tokio::spawn(settle_every_minute(service.clone()));
			serve(listener, router(service), bounds.connections(), program::stopped()).await?;
		},
		Command::Put { remote, class, file } => {
			let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
			let class = match class {
				ClassName::Readings => Class::Readings,
				ClassName::Document => Class::Document,
			};
			let meta = remote.client()?.put(class, bytes.into()).await?;
			println!("{}", serde_json::to_string_pretty(&meta)?);
		},
		Command::Get { remote, hash, file } => {
			let hash = parse_hash(&hash)?;
			let bytes = remote.client()?.get(hash).await?;
			let found = busbar_store::hash_of(&bytes);
			if found != hash {
				bail!("{} sent bytes that hash to {found:?}; ask it with `busbar data verify`", remote.store);
			}
			std::fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
		},
		Command::Check { backend } => {
			let blobs = backend.open()?;
			let (mut good, mut bad) = (0u64, 0u64);
			for meta in blobs.list().await? {
				let checked = match meta {
					Ok(meta) => blobs.check(meta.hash).await,
					Err(error) => Err(error),
				};
				match checked {
					Ok(_) => good = good.saturating_add(1),
					Err(error) => {
						bad = bad.saturating_add(1);
						println!("{error}");
					},
				}
			}
			println!("{good} objects are intact, {bad} are damaged");
			return Ok(bad == 0);
		},
		Command::Sweep { backend, ages, dry_run } => {
			let swept = sweep(&backend.open()?, ages.retention(), dry_run).await?;
			let verb = if dry_run { "would delete" } else { "deleted" };
			for meta in &swept.over {
				println!("{verb} {} ({:?}, {} bytes)", hex::encode(meta.hash), meta.class, meta.bytes);
			}
			for error in &swept.unreadable {
				println!("left alone: {error}");
			}
			println!("{verb} {} objects, kept {}", swept.over.len(), swept.kept);
		},
		Command::Pull { backend, remote, chain, from, until } => {
			let node = chain.as_deref().map(Node::new);
			let chain = node.as_ref().map(|node| node as &dyn Chain);
			let pulled = pull(&backend.open()?, &remote.client()?, chain, from, until).await?;
			for (hash, why) in &pulled.refused {
				println!("refused {}: {why}", hex::encode(hash));
			}
			println!("{} datasets are new, {} were here", pulled.new.len(), pulled.present);
			return Ok(pulled.refused.is_empty());
		},
		Command::Holders { hash, stores } => {
			let (hash, mut held) = (parse_hash(&hash)?, false);
			for store in &stores {
				let answer = async { Client::new(store, None)?.holds(hash).await }.await;
				match answer {
					Ok(true) => {
						held = true;
						println!("{store} holds it");
					},
					Ok(false) => println!("{store} does not hold it"),
					Err(error) => println!("{error:#}"),
				}
			}
			return Ok(held);
		},
		Command::Bench { backend, meters, intervals, seed } => {
			let folder = tempfile::tempdir()?;
			let backend = backend.unwrap_or_else(|| folder.path().display().to_string());
			let report = bench::run(&Blobs::open(&backend, u64::MAX)?, meters, intervals, seed).await?;
			println!("{}", serde_json::to_string_pretty(&report)?);
		},
	}
	Ok(true)
}

fn main() -> ExitCode {
	program::run(run(Cli::parse().command))
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
