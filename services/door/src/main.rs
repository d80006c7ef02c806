//! `busbar-door`: a gateway's RPC for members alone.

use anyhow::{ensure, Context, Result};
use busbar_door::{
	chain::Node,
	door::{router, Door},
};
use busbar_service::{
	connections::{serve_by, Limits},
	program, tls,
};
use clap::Parser;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// Between two readings of all members from the chain.
const MEMBERS: Duration = Duration::from_secs(12);

/// Answers members alone what a node knows, each what is its own, granted to it, or its role's
#[derive(Parser)]
#[command(name = "busbar-door", version)]
struct Cli {
	/// Address to listen at
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9975")]
	listen: SocketAddr,
	/// What clients call this door, host and port; connections are signed for this name [default: --listen]
	#[arg(long, value_name = "HOST:PORT")]
	name: Option<String>,
	/// The RPC of the node behind it, on this machine; nobody else should reach it
	#[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9944")]
	node: String,
	/// PEM file with the certificate; needed where others than this machine connect
	#[arg(long, value_name = "FILE", requires = "tls_key")]
	tls_certificate: Option<PathBuf>,
	/// PEM file with its key
	#[arg(long, value_name = "FILE", requires = "tls_certificate")]
	tls_key: Option<PathBuf>,
}

async fn serve(options: Cli) -> Result<()> {
	let Cli { listen, name, node, tls_certificate, tls_key } = options;
	let tls = match (tls_certificate, tls_key) {
		(Some(certificate), Some(key)) => Some(tls::acceptor(&certificate, &key)?),
		_ => None,
	};
	ensure!(
		tls.is_some() || listen.ip().is_loopback(),
		"without TLS the door listens at loopback addresses only: give --tls-certificate and --tls-key"
	);
	let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen at {listen}"))?;
	let address = listener.local_addr()?;
	let name = name.unwrap_or_else(|| address.to_string());
	let scheme = if tls.is_some() { "wss" } else { "ws" };
	println!("serving members what {node} knows at {scheme}://{address} as {name}");
	let chain = Arc::new(Node::new(&format!("ws://{node}")));
	let door = Arc::new(Door::new(chain, name, node, MEMBERS));
	serve_by(listener, router(door), Limits::default(), tls, program::stopped()).await?;
	Ok(())
}

fn main() -> ExitCode {
	program::run(async { serve(Cli::parse()).await.map(|()| true) })
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
