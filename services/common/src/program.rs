//! A service's program.

use std::{future::Future, process::ExitCode};

/// Runs a program to its end: 0 if it says that all is well, 1 if not or if it failed, which it tells.
pub fn run(program: impl Future<Output = anyhow::Result<bool>>) -> ExitCode {
	let outcome = tokio::runtime::Builder::new_multi_thread()
		.enable_all()
		.build()
		.map_err(anyhow::Error::from)
		.and_then(|runtime| runtime.block_on(program));
	match outcome {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::from(1),
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::from(1)
		},
	}
}

/// Ends when the process is asked to.
pub async fn stopped() {
	let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
		Ok(terminate) => terminate,
		Err(error) => {
			eprintln!("error: the process cannot be asked to end: {error}");
			return std::future::pending().await;
		},
	};
	tokio::select! {
		_ = terminate.recv() => {},
		_ = tokio::signal::ctrl_c() => {},
	}
}
