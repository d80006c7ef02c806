//! A runtime's name and numbers.

use serde::Deserialize;

/// A runtime's name and numbers, as `state_getRuntimeVersion` tells them.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
	/// The chain's kind: `busbar`.
	pub spec_name: String,
	/// Moves with every change of the runtime's behaviour.
	pub spec_version: u32,
	/// Moves when what wallets sign is read otherwise.
	pub transaction_version: u32,
}
