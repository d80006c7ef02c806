//! Builds the genesis state of a plain chain specification by the runtime in it, with an executor that keeps what it
//! compiles. `sc-chain-spec` does so by an executor of its own, which compiles for seconds, every time.

use crate::{consortium::live, genesis, types::Executor};
use codec::{Decode, Encode};
use sc_chain_spec::json_merge;
use sc_service::{ChainSpec, ChainType};
use serde_json::Value;
use sp_core::{
	storage::{well_known_keys::CODE, Storage},
	traits::{CallContext, CodeExecutor, FetchRuntimeCode, RuntimeCode},
};
use sp_state_machine::BasicExternalities;
use std::borrow::Cow;

/// Gives a plain specification the state that its runtime builds, so that it is a raw one; leaves a raw one as it is.
///
/// # Errors
/// If its genesis does not fit its runtime, in one line.
pub fn build(spec: &mut dyn ChainSpec, executor: &Executor) -> Result<(), String> {
	let mut json: Value = serde_json::from_str(&spec.as_json(false)?).map_err(|error| error.to_string())?;
	let Some(genesis) = json.pointer_mut("/genesis/runtimeGenesis").map(Value::take) else { return Ok(()) };
	let code = genesis.get("code").and_then(Value::as_str).ok_or("the specification has no runtime")?;
	let runtime = Runtime::new(sp_core::bytes::from_hex(code).map_err(|error| format!("its runtime: {error}"))?);
	let config = match (genesis.get("patch"), genesis.get("config")) {
		(Some(patch), _) => {
			let mut config = runtime.default_config(executor)?;
			json_merge(&mut config, patch.clone());
			config
		},
		(None, Some(config)) => config.clone(),
		(None, None) => return Err("the specification has neither a patch nor a config for its runtime".into()),
	};
	let storage = runtime.storage(executor, &config)?;
	if spec.chain_type() == ChainType::Live {
		live::check(&storage).map_err(|error| format!("chain '{}' is a live one: {error}", spec.id()))?;
	}
	spec.set_storage(storage);
	Ok(())
}

/// The code of a genesis.
struct Runtime {
	code: Vec<u8>,
	hash: Vec<u8>,
}

impl FetchRuntimeCode for Runtime {
	fn fetch_runtime_code(&self) -> Option<Cow<'_, [u8]>> {
		Some(Cow::Borrowed(&self.code))
	}
}

impl Runtime {
	fn new(code: Vec<u8>) -> Self {
		let hash = sp_io::hashing::blake2_256(&code).to_vec();
		Self { code, hash }
	}

	/// What a patch is applied to.
	fn default_config(&self, executor: &Executor) -> Result<Value, String> {
		let mut state = BasicExternalities::new_empty();
		let no_preset: Option<String> = None;
		let config: Option<Vec<u8>> =
			self.call(&mut state, executor, "GenesisBuilder_get_preset", &no_preset.encode())?;
		let config = config.ok_or("the runtime has no default genesis")?;
		serde_json::from_slice(&config).map_err(|error| error.to_string())
	}

	/// The state that a whole configuration gives, with the runtime's code.
	fn storage(&self, executor: &Executor, config: &Value) -> Result<Storage, String> {
		let mut state = BasicExternalities::new_empty();
		let config = config.to_string().into_bytes();
		let built: sp_genesis_builder::Result =
			self.call(&mut state, executor, "GenesisBuilder_build_state", &config.encode())?;
		built.map_err(|error| genesis::one_line(&error))?;
		let mut storage = state.into_storages();
		storage.top.insert(CODE.to_vec(), self.code.clone());
		Ok(storage)
	}

	fn call<T: Decode>(
		&self,
		state: &mut BasicExternalities,
		executor: &Executor,
		method: &str,
		input: &[u8],
	) -> Result<T, String> {
		let code = RuntimeCode { code_fetcher: self, heap_pages: None, hash: self.hash.clone() };
		let (answer, _) = executor.call(state, &code, method, input, CallContext::Offchain);
		let answer = answer.map_err(|error| genesis::one_line(&error.to_string()))?;
		T::decode(&mut &answer[..]).map_err(|error| format!("{method} gives something else: {error}"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain_spec;
	use sc_executor::WasmExecutor;

	fn executor() -> Executor {
		WasmExecutor::builder().build()
	}

	#[test]
	fn a_raw_specification_stays_as_it_is() {
		let mut storage = Storage::default();
		storage.top.insert(b"key".to_vec(), b"value".to_vec());
		let mut spec = chain_spec::ChainSpec::builder(&[], None).with_genesis_config_patch(Value::Null).build();
		spec.set_storage(storage);
		let before = sc_service::ChainSpec::as_json(&spec, true).expect("it is raw");
		build(&mut spec, &executor()).expect("there is nothing to build");
		assert_eq!(sc_service::ChainSpec::as_json(&spec, true), Ok(before));
	}

	#[test]
	fn a_specification_whose_runtime_is_none_is_refused_in_one_line() {
		let code = b"no Wasm";
		let mut spec =
			chain_spec::ChainSpec::builder(code, None).with_genesis_config_patch(serde_json::json!({})).build();
		let error = build(&mut spec, &executor()).expect_err("it cannot run");
		assert!(!error.is_empty() && !error.contains('\n'), "{error}");
	}
}
