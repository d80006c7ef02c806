//! Keeps a node off chains that it cannot run.
//!
//! `sc-service` starts from whatever a chain specification contains, and once a database has a genesis it never looks
//! at the specification's genesis again: a specification that was built anew under the same id would silently be
//! ignored. Both are errors here, before anything is written to the database. Peers with another genesis are no concern
//! of this module: the genesis hash is part of every protocol's name, so they are not connected.

use crate::{
	consortium::live::{self, LiveError},
	types::Block,
};
use busbar_primitives::api::EnergyApi;
use busbar_runtime::AccountId;
use sc_client_api::{Backend, BlockImportOperation};
use sc_executor::{read_embedded_version, RuntimeVersion};
use sc_executor_common::runtime_blob::RuntimeBlob;
use sc_service::{ChainSpec, ChainType};
use sp_api::RuntimeApiInfo;
use sp_blockchain::HeaderBackend;
use sp_core::storage::{well_known_keys, Storage};
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;

/// Name of the runtimes that this node can run.
pub const SPEC_NAME: &str = "busbar";

/// Why a chain specification cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
	/// The genesis state cannot be built from the specification.
	#[error("the genesis of chain '{chain}' cannot be built: {reason}")]
	State { chain: String, reason: String },
	/// The genesis state has no runtime.
	#[error("chain '{chain}' has no runtime in its genesis; it is not a {SPEC_NAME} chain")]
	NoRuntime { chain: String },
	/// The genesis state has something else in its runtime's place.
	#[error("chain '{chain}' has no readable runtime in its genesis: {reason}")]
	UnreadableRuntime { chain: String, reason: String },
	/// The genesis runtime is another project's.
	#[error("chain '{chain}' runs '{found}', not '{SPEC_NAME}': this node cannot take part in it")]
	ForeignRuntime { chain: String, found: String },
	/// The genesis runtime has our name, but not the energy market.
	#[error("chain '{chain}' runs {SPEC_NAME} {version} without EnergyApi: this node cannot take part in it")]
	NoEnergyApi { chain: String, version: u32 },
	/// The specification says that money and energy are real, and its genesis is not fit for that.
	#[error("chain '{chain}' is a live one: {error}")]
	NotLive { chain: String, error: LiveError },
	/// The database holds another chain of the same id.
	#[error(
		"chain '{chain}' has genesis {specified:?}, but the database at {database} has genesis {found:?}: purge the \
		 chain, or choose another base path or specification"
	)]
	OtherDatabase { chain: String, database: String, specified: H256, found: H256 },
	/// The database cannot be read.
	#[error(transparent)]
	Database(#[from] sp_blockchain::Error),
}

impl From<GenesisError> for sc_service::Error {
	fn from(error: GenesisError) -> Self {
		sc_service::Error::Application(Box::new(error))
	}
}

/// The genesis state of a specification, known to be a Busbar chain's, with its runtime's version.
///
/// # Errors
/// If the state cannot be built, if its runtime is not one of Busbar, or if a live chain must not begin with it.
pub fn build(spec: &dyn ChainSpec) -> Result<(Storage, RuntimeVersion), GenesisError> {
	let chain = spec.id().to_string();
	let storage = spec
		.as_storage_builder()
		.build_storage()
		.map_err(|reason| GenesisError::State { chain: chain.clone(), reason: one_line(&reason) })?;
	let code =
		storage.top.get(well_known_keys::CODE).ok_or_else(|| GenesisError::NoRuntime { chain: chain.clone() })?;
	let version = runtime_version(code)
		.map_err(|reason| GenesisError::UnreadableRuntime { chain: chain.clone(), reason: one_line(&reason) })?;
	ensure_ours(&chain, &version)?;
	if spec.chain_type() == ChainType::Live {
		live::check(&storage).map_err(|error| GenesisError::NotLive { chain, error })?;
	}
	Ok((storage, version))
}

/// The version that a runtime carries in its code. Nothing of the code is executed.
fn runtime_version(code: &[u8]) -> Result<RuntimeVersion, String> {
	let blob = RuntimeBlob::uncompress_if_needed(code).map_err(|error| error.to_string())?;
	read_embedded_version(&blob)
		.map_err(|error| error.to_string())?
		.ok_or_else(|| "the code states no version".to_string())
}

/// That a runtime is one that this node can run.
fn ensure_ours(chain: &str, version: &RuntimeVersion) -> Result<(), GenesisError> {
	if version.spec_name != SPEC_NAME {
		return Err(GenesisError::ForeignRuntime { chain: chain.into(), found: one_line(&version.spec_name) });
	}
	if version.api_version(&<dyn EnergyApi<Block, AccountId>>::ID).is_none() {
		return Err(GenesisError::NoEnergyApi { chain: chain.into(), version: version.spec_version });
	}
	Ok(())
}

/// That a database is empty or holds the chain that begins with `storage`. Writes nothing.
///
/// # Errors
/// If the database begins with another genesis, or cannot be read.
pub fn ensure_same<B: Backend<Block>>(
	chain: &str,
	database: &str,
	backend: &B,
	storage: Storage,
	version: &RuntimeVersion,
) -> Result<(), GenesisError> {
	let Some(found) = backend.blockchain().hash(0)? else { return Ok(()) };
	let state_version = version.state_version();
	let root = backend.begin_operation()?.set_genesis_state(storage, false, state_version)?;
	let specified = sc_service::construct_genesis_block::<Block>(root, state_version).hash();
	if specified == found {
		Ok(())
	} else {
		Err(GenesisError::OtherDatabase { chain: chain.into(), database: database.into(), specified, found })
	}
}

/// A text from outside, fit for an error message of one line.
pub fn one_line(text: &str) -> String {
	const LONGEST: usize = 300;
	without_blob(text).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

/// An error of `sc-chain-spec` without the genesis that it appends, hundreds of lines long.
pub fn without_blob(text: &str) -> &str {
	text.split(" for blob:").next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_client_api::{in_mem, NewBlockState};
	use sp_core::storage::StateVersion;

	fn version(name: &'static str, apis: &[([u8; 8], u32)]) -> RuntimeVersion {
		RuntimeVersion {
			spec_name: name.into(),
			spec_version: 7,
			apis: apis.to_vec().into(),
			system_version: 1,
			..Default::default()
		}
	}

	fn energy_api() -> [u8; 8] {
		<dyn EnergyApi<Block, AccountId>>::ID
	}

	fn storage(value: u8) -> Storage {
		let mut storage = Storage::default();
		storage.top.insert(b"key".to_vec(), vec![value]);
		storage
	}

	/// A database that begins with the given genesis.
	fn database(storage: Storage, state_version: StateVersion) -> in_mem::Backend<Block> {
		let backend = in_mem::Backend::new();
		let mut operation = backend.begin_operation().expect("memory is there");
		let root = operation.set_genesis_state(storage, true, state_version).expect("memory is there");
		let (header, body) = sc_service::construct_genesis_block::<Block>(root, state_version).deconstruct();
		operation.set_block_data(header, Some(body), None, None, NewBlockState::Final, true).expect("memory is there");
		backend.commit_operation(operation).expect("memory is there");
		backend
	}

	#[test]
	fn a_runtime_with_our_name_and_api_is_accepted() {
		assert!(ensure_ours("devnet", &version("busbar", &[(energy_api(), 1)])).is_ok());
	}

	#[test]
	fn another_projects_runtime_is_refused_by_name() {
		let error = ensure_ours("kusama", &version("kusama", &[(energy_api(), 1)])).expect_err("not ours");
		assert!(matches!(&error, GenesisError::ForeignRuntime { found, .. } if found == "kusama"));
		assert_eq!(error.to_string(), "chain 'kusama' runs 'kusama', not 'busbar': this node cannot take part in it");
	}

	#[test]
	fn a_runtime_without_the_energy_market_is_refused() {
		let error = ensure_ours("devnet", &version("busbar", &[([0; 8], 1)])).expect_err("no market");
		assert!(matches!(error, GenesisError::NoEnergyApi { version: 7, .. }));
	}

	#[test]
	fn code_that_is_no_runtime_is_refused() {
		assert!(runtime_version(b"not Wasm").is_err());
		assert_eq!(runtime_version(b"\0asm\x01\0\0\0"), Err("the code states no version".into()));
	}

	#[test]
	fn an_error_of_the_genesis_is_one_line_without_the_genesis() {
		assert_eq!(one_line("expected `,` at line 2\n column 7 for blob:\n{\n}"), "expected `,` at line 2 column 7");
		assert_eq!(without_blob("nothing to leave out"), "nothing to leave out");
	}

	#[test]
	fn an_empty_database_takes_any_genesis() {
		let version = version("busbar", &[]);
		assert!(ensure_same("devnet", "memory", &in_mem::Backend::new(), storage(1), &version).is_ok());
	}

	#[test]
	fn a_database_takes_its_own_genesis_and_no_other() {
		let version = version("busbar", &[]);
		let backend = database(storage(1), version.state_version());
		assert!(ensure_same("devnet", "memory", &backend, storage(1), &version).is_ok());

		let error = ensure_same("devnet", "memory", &backend, storage(2), &version).expect_err("another genesis");
		let own = backend.blockchain().info().genesis_hash;
		assert!(
			matches!(error, GenesisError::OtherDatabase { found, specified, .. } if found == own && specified != own)
		);
		assert!(!error.to_string().contains('\n'));
	}
}
