//! The chains that `--chain` names.

use crate::consortium::{Consortium, ConsortiumError};
use busbar_primitives::DECIMALS;
use sc_service::{ChainType, GenericChainSpec, Properties};
use std::{
	fmt, fs,
	path::{Path, PathBuf},
};

/// The specification of a Busbar chain: no extensions.
pub type ChainSpec = GenericChainSpec;

/// Symbol of the token: one whole token is one euro.
const TOKEN_SYMBOL: &str = "EUR";
/// Prefix of SS58 addresses: the generic one.
const SS58_FORMAT: u16 = 42;
/// First part of the network protocols' names.
const PROTOCOL_ID: &str = "busbar";
/// The runtime's genesis preset with four validators.
const DEVNET_PRESET: &str = "devnet";

/// Why there is no chain specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
	/// `--chain` is neither the name of a chain nor the path of a file.
	Unknown(String),
	/// The file is no chain specification.
	Malformed {
		path: PathBuf,
		/// What the parser says.
		reason: String,
	},
	/// The file of a consortium cannot begin a chain.
	Consortium { path: PathBuf, error: ConsortiumError },
	/// The node was built without its Wasm runtime, so it can only start from a specification that carries one.
	NoRuntime(String),
}

impl fmt::Display for LoadError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Unknown(id) => {
				write!(f, "unknown chain '{id}': give dev, devnet or the path of a chain specification or of a consortium's file")
			},
			Self::Malformed { path, reason } => {
				write!(f, "'{}' is no chain specification: {}", path.display(), reason.replace('\n', " "))
			},
			Self::Consortium { path, error } => write!(f, "'{}': {error}", path.display()),
			Self::NoRuntime(id) => write!(
				f,
				"this node was built without a Wasm runtime (SKIP_WASM_BUILD), which the chain '{id}' needs: build it \
				 again, or give the path of a chain specification"
			),
		}
	}
}

impl std::error::Error for LoadError {}

/// The specification that `id` names: `dev` (one validator), `devnet` (four validators; also `local` and the empty
/// name, which subcommands use as their default), or the path of a JSON file, or of a consortium's TOML file.
///
/// # Errors
/// See [`LoadError`]. Whether the specification is one of Busbar is checked where its genesis is built.
pub fn load(id: &str) -> Result<ChainSpec, LoadError> {
	match id {
		"dev" => preset("dev", "Busbar Development", ChainType::Development, sp_genesis_builder::DEV_RUNTIME_PRESET),
		"devnet" | "local" | "" => preset("devnet", "Busbar Devnet", ChainType::Local, DEVNET_PRESET),
		path if Path::new(path).extension().is_some_and(|extension| extension == "toml") => consortium(path.into()),
		path if Path::new(path).is_file() => {
			let path = PathBuf::from(path);
			ChainSpec::from_json_file(path.clone()).map_err(|reason| LoadError::Malformed { path, reason })
		},
		unknown => Err(LoadError::Unknown(unknown.into())),
	}
}

/// A specification over one of the runtime's genesis presets. Written as plain JSON it carries the preset as a patch
/// of the runtime's default genesis, under `.genesis.runtimeGenesis.patch`. The preset is the one that the Wasm runtime has,
/// too, and needs no execution of it.
fn preset(id: &str, name: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, LoadError> {
	let code = busbar_runtime::WASM_BINARY.ok_or_else(|| LoadError::NoRuntime(id.into()))?;
	let patch = patch(preset);
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_chain_type(chain_type)
		.with_protocol_id(PROTOCOL_ID)
		.with_properties(properties())
		.with_genesis_config_patch(patch)
		.build())
}

/// A specification from the file of a consortium: its nodes are each other's boot nodes.
fn consortium(path: PathBuf) -> Result<ChainSpec, LoadError> {
	let malformed = |reason: String| LoadError::Malformed { path: path.clone(), reason };
	let text = fs::read_to_string(&path).map_err(|error| malformed(error.to_string()))?;
	let file = Consortium::parse(&text).map_err(malformed)?;
	let refused = |error| LoadError::Consortium { path: path.clone(), error };
	let patch = file.genesis(path.parent().unwrap_or(Path::new(""))).map_err(refused)?;
	let mut nodes = Vec::new();
	for company in &file.companies {
		nodes.extend(company.card.node().map_err(refused)?.map(|node| node.address));
	}
	let code = busbar_runtime::WASM_BINARY.ok_or_else(|| LoadError::NoRuntime(file.chain.id.clone()))?;
	Ok(ChainSpec::builder(code, None)
		.with_name(&file.chain.name)
		.with_id(&file.chain.id)
		.with_chain_type(file.chain.kind.chain_type())
		.with_boot_nodes(nodes)
		.with_protocol_id(PROTOCOL_ID)
		.with_properties(properties())
		.with_genesis_config_patch(patch)
		.build())
}

fn patch(preset: &str) -> serde_json::Value {
	let patch =
		busbar_runtime::genesis::preset(&preset.into()).expect("the runtime has the presets that are named here; qed");
	serde_json::from_slice(&patch).expect("a preset is JSON; qed")
}

/// What wallets need to show money and addresses.
fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_FORMAT.into());
	properties
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_name_that_is_neither_chain_nor_file_is_refused() {
		assert_eq!(load("polkadot").err(), Some(LoadError::Unknown("polkadot".into())));
	}

	#[test]
	fn a_file_that_is_no_specification_is_refused_in_one_line() {
		let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
		let error = load(path).err().expect("TOML is not JSON");
		assert!(matches!(error, LoadError::Malformed { .. }));
		assert!(!error.to_string().contains('\n'));
	}

	#[test]
	fn the_runtime_has_both_presets() {
		for preset in [sp_genesis_builder::DEV_RUNTIME_PRESET, DEVNET_PRESET] {
			assert!(patch(preset)["market"]["parameters"]["interval_clock_s"].is_number());
		}
	}

	#[test]
	fn properties_say_euro_with_nine_decimals() {
		let properties = serde_json::Value::Object(properties());
		assert_eq!(properties, serde_json::json!({ "tokenSymbol": "EUR", "tokenDecimals": 9, "ss58Format": 42 }));
	}
}
