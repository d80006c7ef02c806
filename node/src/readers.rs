//! What is answered of the runtime to those who ask a node, by whichever method they ask: `state_call`, `chainHead_v1_call`,
//! `energy_*` and subscriptions alike, because all of them execute the runtime here.
//!
//! What one call reads is bounded in the runtime. Here it is bounded how many of them run at a time, so that readers leave the
//! processor to blocks, and what executes blocks or builds states is answered to nobody: it takes as long as its input says.

use sc_executor::{error::Error, RuntimeVersion, RuntimeVersionOf};
use sp_core::traits::{CallContext, CodeExecutor, Externalities, ReadRuntimeVersion, RuntimeCode};
use std::{
	sync::{Arc, Condvar, Mutex, PoisonError},
	thread,
	time::Duration,
};

/// Calls of readers that run at a time where there are fewer processors than that; else as many as there are processors.
const AT_A_TIME: usize = 4;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Functions that execute whole blocks and build states. One transaction may be tried: it fits a block.
const NOT_ANSWERED: [&str; 4] = ["Core_execute_block", "GenesisBuilder_", "TryRuntime_", "Benchmark_"];

/// Functions that the node itself asks for to follow, check and build the chain: they wait for nobody.
const OF_THE_NODE: [&str; 9] = [
	"TaggedTransactionQueue_",
	"WaitingApi_",
	"PeersApi_",
	"AuraApi_",
	"GrandpaApi_",
	"SessionKeys_",
	"BlockBuilder_check_inherents",
	"Core_version",
	"OffchainWorkerApi_",
];

fn is_one(method: &str, of: &[&str]) -> bool {
	of.iter().any(|name| method == *name || (name.ends_with('_') && method.starts_with(name)))
}

/// Places for those who read.
#[derive(Debug)]
struct Places {
	free: Mutex<usize>,
	freed: Condvar,
	patience: Duration,
}

/// A place that is free again when this is dropped.
struct Place<'a>(&'a Places);

impl Places {
	/// Waits for a place; `None` if there is none in time.
	fn take(&self) -> Option<Place<'_>> {
		let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
		let wait = self.freed.wait_timeout_while(free, self.patience, |free| *free == 0);
		let (mut free, _) = wait.unwrap_or_else(PoisonError::into_inner);
		*free = free.checked_sub(1)?;
		Some(Place(self))
	}
}

impl Drop for Place<'_> {
	fn drop(&mut self) {
		let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
		*free = free.saturating_add(1);
		self.0.freed.notify_one();
	}
}

/// An executor that answers readers within these bounds.
#[derive(Clone)]
pub struct Readers<E> {
	inner: E,
	places: Arc<Places>,
}

impl<E> Readers<E> {
	/// Over an executor that answers everything.
	pub fn new(inner: E) -> Self {
		let processors = thread::available_parallelism().map_or(AT_A_TIME, usize::from);
		Self::with(inner, processors.max(AT_A_TIME), PATIENCE)
	}

	fn with(inner: E, at_a_time: usize, patience: Duration) -> Self {
		Self { inner, places: Arc::new(Places { free: Mutex::new(at_a_time), freed: Condvar::new(), patience }) }
	}
}

impl<E: CodeExecutor<Error = Error>> CodeExecutor for Readers<E> {
	type Error = Error;

	fn call(
		&self,
		ext: &mut dyn Externalities,
		code: &RuntimeCode<'_>,
		method: &str,
		data: &[u8],
		context: CallContext,
	) -> (Result<Vec<u8>, Error>, bool) {
		let asked = matches!(context, CallContext::Offchain);
		if asked && is_one(method, &NOT_ANSWERED) {
			let why = format!("{method} executes blocks or builds states: a node answers it to nobody");
			return (Err(Error::Other(why)), false);
		}
		let waits = asked && !is_one(method, &OF_THE_NODE);
		let place = waits.then(|| self.places.take());
		if matches!(place, Some(None)) {
			let why = format!("too many ask this node at the same time for {method} to be answered: ask again later");
			return (Err(Error::Other(why)), false);
		}
		self.inner.call(ext, code, method, data, context)
	}
}

impl<E: ReadRuntimeVersion> ReadRuntimeVersion for Readers<E> {
	fn read_runtime_version(&self, code: &[u8], ext: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		self.inner.read_runtime_version(code, ext)
	}
}

impl<E: RuntimeVersionOf> RuntimeVersionOf for Readers<E> {
	fn runtime_version(
		&self,
		ext: &mut dyn Externalities,
		code: &RuntimeCode<'_>,
	) -> Result<RuntimeVersion, sc_executor::error::Error> {
		self.inner.runtime_version(ext, code)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_state_machine::BasicExternalities;
	use std::sync::atomic::{AtomicUsize, Ordering};

	/// Answers everything, and counts how many it answers at a time.
	#[derive(Clone, Default)]
	struct Counting {
		now: Arc<AtomicUsize>,
		most: Arc<AtomicUsize>,
	}

	impl CodeExecutor for Counting {
		type Error = Error;

		fn call(
			&self,
			_: &mut dyn Externalities,
			_: &RuntimeCode<'_>,
			_: &str,
			_: &[u8],
			_: CallContext,
		) -> (Result<Vec<u8>, Error>, bool) {
			let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
			self.most.fetch_max(now, Ordering::SeqCst);
			thread::sleep(Duration::from_millis(20));
			self.now.fetch_sub(1, Ordering::SeqCst);
			(Ok(vec![1]), false)
		}
	}

	impl ReadRuntimeVersion for Counting {
		fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
			Ok(Vec::new())
		}
	}

	fn ask(readers: &Readers<Counting>, method: &str, context: CallContext) -> Result<Vec<u8>, Error> {
		readers.call(&mut BasicExternalities::new_empty(), &RuntimeCode::empty(), method, &[], context).0
	}

	#[test]
	fn what_executes_blocks_or_builds_states_is_answered_to_no_reader() {
		let readers = Readers::new(Counting::default());
		for method in NOT_ANSWERED.map(|name| if name.ends_with('_') { format!("{name}any") } else { name.into() }) {
			let refused = ask(&readers, &method, CallContext::Offchain);
			assert!(refused.is_err_and(|why| why.to_string().contains(&method)), "{method} was answered");
			assert!(ask(&readers, &method, CallContext::Onchain { import: true }).is_ok());
		}
		assert!(ask(&readers, "EnergyApi_clock", CallContext::Offchain).is_ok());
	}

	#[test]
	fn so_many_readers_are_answered_at_a_time_and_no_more() {
		let counting = Counting::default();
		let readers = Readers::with(counting.clone(), 2, Duration::from_secs(30));
		thread::scope(|scope| {
			for _ in 0..12 {
				scope.spawn(|| assert!(ask(&readers, "EnergyApi_orders", CallContext::Offchain).is_ok()));
			}
		});
		assert_eq!(counting.most.load(Ordering::SeqCst), 2);
	}

	#[test]
	fn a_reader_without_a_place_is_told_so_and_the_node_waits_for_none() {
		let readers = Readers::with(Counting::default(), 0, Duration::from_millis(10));
		for method in ["EnergyApi_orders", "Metadata_metadata"] {
			let refused = ask(&readers, method, CallContext::Offchain);
			assert!(refused.is_err_and(|why| why.to_string().contains("ask again later")), "{method} was answered");
		}
		assert!(ask(&readers, "TaggedTransactionQueue_validate_transaction", CallContext::Offchain).is_ok());
		assert!(ask(&readers, "BlockBuilder_check_inherents", CallContext::Offchain).is_ok());
		assert!(ask(&readers, "EnergyApi_orders", CallContext::Onchain { import: false }).is_ok());
	}
}
