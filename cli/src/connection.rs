//! How the chain is reached: through a node, or by a light client within this program.

use crate::Global;
use anyhow::Result;
use busbar_client::Chain;

#[cfg(feature = "light")]
use {
	crate::failure::Failure,
	busbar_client::transport::Light,
	std::sync::{Arc, OnceLock},
};

/// The light client, once there is one: what it knows is written to its file before the program ends.
#[cfg(feature = "light")]
static LIGHT: OnceLock<Arc<Light>> = OnceLock::new();

/// Connects to the chain in the way that was asked for.
///
/// # Errors
/// If no node answers, the specification is none, or it is another kind of chain.
pub async fn connect(global: &Global) -> Result<Chain> {
	#[cfg(feature = "light")]
	if let Some(file) = &global.light {
		let specification =
			std::fs::read_to_string(file).map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
		let database = global.database.clone().unwrap_or_else(|| file.with_extension("database"));
		let light = Arc::new(Light::start(&specification, Some(&database))?);
		let chain = Chain::over(light.clone(), Vec::new()).await?;
		// Commands connect once.
		let _ = LIGHT.set(light);
		return Ok(chain);
	}
	Ok(Chain::connect(&global.url).await?)
}

/// Keeps what the light client has learned, for the next time.
pub async fn keep() {
	#[cfg(feature = "light")]
	if let Some(light) = LIGHT.get() {
		if let Err(error) = light.save().await {
			eprintln!("warning: what the light client knows is not kept: {error}");
		}
	}
}
