//! Which runtime a chain has, now and at earlier blocks.

use super::{ask, bytes, hex_of, Chain, Header};
use crate::{
	error::{Error, Result},
	metadata::{Runtime, Version, METADATA_VERSION},
	transport::Patient,
};
use codec::{Decode, Encode};
use sp_core::H256;
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, PoisonError, RwLock},
};

/// The newest runtime, and those that were met at earlier blocks.
pub(super) struct Runtimes {
	current: RwLock<Arc<Runtime>>,
	/// By version, with the first and last number of a block that is known to have run it.
	met: Mutex<BTreeMap<u32, Met>>,
	/// Held while an upgrade is looked at, so that it is looked at once.
	looking: tokio::sync::Mutex<()>,
}

struct Met {
	runtime: Arc<Runtime>,
	blocks: Option<(u32, u32)>,
}

impl Runtimes {
	pub(super) fn new(runtime: Runtime) -> Self {
		let runtime = Arc::new(runtime);
		let met = BTreeMap::from([(runtime.version().spec_version, Met { runtime: runtime.clone(), blocks: None })]);
		Self { current: RwLock::new(runtime), met: Mutex::new(met), looking: tokio::sync::Mutex::default() }
	}

	pub(super) fn current(&self) -> Arc<Runtime> {
		self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// The runtime that ran between two blocks that are known to have run it.
	fn that_ran(&self, number: u32) -> Option<Arc<Runtime>> {
		let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
		let between = |met: &&Met| met.blocks.is_some_and(|(first, last)| (first..=last).contains(&number));
		met.values().find(between).map(|met| met.runtime.clone())
	}

	fn ran(&self, spec_version: u32, number: u32) -> Option<Arc<Runtime>> {
		let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
		let met = met.get_mut(&spec_version)?;
		let (first, last) = met.blocks.unwrap_or((number, number));
		met.blocks = Some((first.min(number), last.max(number)));
		Some(met.runtime.clone())
	}

	fn meet(&self, runtime: &Arc<Runtime>) {
		let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
		met.insert(runtime.version().spec_version, Met { runtime: runtime.clone(), blocks: None });
	}
}

/// The runtime of the best block.
pub(super) async fn of(transport: &Patient) -> Result<Runtime> {
	let version: Version = ask(transport, "state_getRuntimeVersion", [(); 0]).await?;
	if version.spec_name != super::SPEC_NAME {
		let (address, found) = (transport.address(), version.spec_name);
		return Err(Error::OtherChain { address, found, expected: super::SPEC_NAME });
	}
	Runtime::new(version, &metadata(transport, None).await?)
}

/// The metadata that the runtime in the state of a block writes.
async fn metadata(transport: &Patient, at: Option<H256>) -> Result<Vec<u8>> {
	let args = ("Metadata_metadata_at_version", hex_of(&METADATA_VERSION.encode()), at);
	let answer: String = ask(transport, "state_call", args).await?;
	let metadata = Option::<Vec<u8>>::decode(&mut &bytes(&answer)?[..]);
	let metadata = metadata.map_err(|error| Error::Metadata(error.to_string()))?;
	metadata.ok_or_else(|| Error::Metadata(format!("the chain does not write version {METADATA_VERSION}")))
}

impl Chain {
	/// The version of the runtime that will run the block after the given one.
	///
	/// # Errors
	/// As [`Chain::request`].
	pub async fn version_after(&self, at: H256) -> Result<Version> {
		self.request("state_getRuntimeVersion", (at,)).await
	}

	/// Looks whether the chain was upgraded, and takes the runtime that it has now. Returns whether it is another one.
	///
	/// # Errors
	/// As [`Chain::request`]; [`Error::Unfit`] if the new runtime has something that the program cannot do without in
	/// another shape: the runtime is taken nevertheless.
	pub async fn refresh(&self) -> Result<bool> {
		let _one = self.0.runtimes.looking.lock().await;
		let version: Version = self.request("state_getRuntimeVersion", [(); 0]).await?;
		if version == *self.runtime().version() {
			return Ok(false);
		}
		let runtime = Arc::new(Runtime::new(version, &metadata(&self.0.transport, None).await?)?);
		let (from, to) = (self.runtime().version().spec_version, runtime.version().spec_version);
		log::info!("the chain was upgraded from version {from} to {to}");
		self.0.runtimes.meet(&runtime);
		*self.0.runtimes.current.write().unwrap_or_else(PoisonError::into_inner) = runtime.clone();
		runtime.fits_all(&self.0.needs)?;
		Ok(true)
	}

	/// The runtime that ran a block, and wrote its events.
	pub(super) async fn runtime_that_ran(&self, block: &Header) -> Result<Arc<Runtime>> {
		if let Some(runtime) = self.0.runtimes.that_ran(block.number) {
			return Ok(runtime);
		}
		// The state of the block before has the code that ran it; block 0 ran nothing.
		let version = self.version_after(if block.number == 0 { self.genesis() } else { block.parent_hash }).await?;
		if let Some(runtime) = self.0.runtimes.ran(version.spec_version, block.number) {
			return Ok(runtime);
		}
		let bytes = metadata(&self.0.transport, Some(block.parent_hash)).await?;
		let runtime = Arc::new(Runtime::new(version, &bytes)?);
		self.0.runtimes.meet(&runtime);
		let spec_version = runtime.version().spec_version;
		Ok(self.0.runtimes.ran(spec_version, block.number).unwrap_or(runtime))
	}

	/// Notices upgrades for as long as the chain is used: for programs that run long and submit nothing.
	///
	/// # Errors
	/// If the node refuses the subscription.
	pub async fn follow_upgrades(&self) -> Result<()> {
		use futures::StreamExt;
		let mut versions =
			self.subscription("state_subscribeRuntimeVersion", "state_unsubscribeRuntimeVersion").await?;
		let weak = Arc::downgrade(&self.0);
		tokio::spawn(async move {
			while versions.next().await.is_some() {
				let Some(inner) = weak.upgrade() else { return };
				if let Err(error) = Self(inner).refresh().await {
					log::error!("{error}");
				}
			}
		});
		Ok(())
	}
}
