//! The Busbar validator, full and gateway node.

#![allow(clippy::result_large_err, reason = "the errors of sc-cli and sc-service are passed on, once, at the start")]

use std::process::ExitCode;

mod chain_spec;
mod cli;
mod command;
mod consortium;
mod delivery;
mod genesis;
mod genesis_state;
mod outdated;
mod peers;
mod pool;
mod readers;
mod rpc;
mod service;
mod session_keys;
mod types;
mod warp;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {}", plain(&error));
			ExitCode::FAILURE
		},
	}
}

/// The error itself, without the words that say which layer passed it on.
fn plain(error: &sc_cli::Error) -> String {
	use sc_cli::Error::{Input, Service};
	use sc_service::Error::{Application, Other};
	match error {
		Service(Application(inner)) => inner.to_string(),
		Service(Other(text)) | Input(text) => genesis::without_blob(text).into(),
		other => other.to_string(),
	}
}
