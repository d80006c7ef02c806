//! A runtime in Wasm and the states that it is called on: one that counts accesses, one that is timed.

use anyhow::{anyhow, ensure, Result};
use codec::Encode;
use sc_chain_spec::GenesisConfigBuilderRuntimeCaller;
use sc_client_db::BenchmarkingState;
use sc_executor::WasmExecutor;
use sp_core::storage::Storage;
use sp_core::traits::{CallContext, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Extensions;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::StateMachine;

type HostFunctions = (sp_io::SubstrateHostFunctions, frame_benchmarking::benchmarking::HostFunctions);
type State = BenchmarkingState<BlakeTwo256>;

/// `UpgradeCheckSelect::All` of `frame-try-runtime`, encoded.
const ALL_CHECKS: u8 = 1;

/// On which state the runtime is called.
#[derive(Clone, Copy)]
pub enum On {
	/// It tracks keys and records a proof, which takes time.
	Counted,
	Timed,
}

/// A runtime and its genesis, twice.
pub struct Runtime<'a> {
	code: WrappedRuntimeCode<'a>,
	hash: Vec<u8>,
	executor: WasmExecutor<HostFunctions>,
	counted: State,
	timed: State,
}

impl<'a> Runtime<'a> {
	/// At a preset's genesis.
	///
	/// # Errors
	/// If the code is no runtime, or does not know the preset.
	pub fn new(code: &'a [u8], preset: &str) -> Result<Self> {
		let genesis = GenesisConfigBuilderRuntimeCaller::<HostFunctions>::new(code)
			.get_storage_for_named_preset(Some(&preset.to_string()))
			.map_err(|error| anyhow!("the preset {preset}: {error}"))?;
		Self::at(code, genesis)
	}

	/// At any state.
	///
	/// # Errors
	/// If there can be no such state.
	pub fn at(code: &'a [u8], storage: Storage) -> Result<Self> {
		let state = |proof, tracking| {
			State::new(storage.clone(), None, proof, tracking).map_err(|error| anyhow!("no state: {error}"))
		};
		Ok(Self {
			code: WrappedRuntimeCode(code.into()),
			hash: sp_crypto_hashing::blake2_256(code).to_vec(),
			executor: WasmExecutor::builder().with_max_runtime_instances(2).with_runtime_cache_size(2).build(),
			counted: state(true, true)?,
			timed: state(false, false)?,
		})
	}

	/// Calls a function of the runtime's API. The state stays as it was, but for what benchmarks commit and wipe.
	///
	/// # Errors
	/// If the runtime does not have it, or panics.
	pub fn call(&self, on: On, method: &str, input: &[u8]) -> Result<Vec<u8>> {
		let runtime = RuntimeCode { code_fetcher: &self.code, hash: self.hash.clone(), heap_pages: None };
		let state = match on {
			On::Counted => &self.counted,
			On::Timed => &self.timed,
		};
		let mut extensions = Extensions::default();
		extensions.register(KeystoreExt::new(MemoryKeystore::new()));
		let mut overlay = Default::default();
		let mut machine = StateMachine::new(
			state,
			&mut overlay,
			&self.executor,
			method,
			input,
			&mut extensions,
			&runtime,
			CallContext::Offchain,
		);
		machine.execute().map_err(|error| anyhow!("{method}: {error}"))
	}

	/// Runs the migrations that this runtime has for the state, with what they check before and after them, and checks that
	/// the state decodes then and that every pallet's invariants hold on it.
	///
	/// # Errors
	/// If one does not, or if the runtime was not built to check them.
	pub fn try_state(&self) -> Result<()> {
		let answer = self.call(On::Timed, "TryRuntime_on_runtime_upgrade", &ALL_CHECKS.encode())?;
		ensure!(!answer.is_empty(), "the runtime answered nothing");
		Ok(())
	}
}
