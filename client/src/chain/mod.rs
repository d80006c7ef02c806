//! A chain: the connection, what its runtime is, and raw requests.

mod blocks;
mod calls;
mod events;
mod runtime;
mod state;

pub use blocks::{Body, Header};
pub use calls::calls_of;
pub(crate) use calls::encode;
pub use events::{EventRecord, Events, Phase};

use crate::{
	error::{Error, Result},
	metadata::{Item, Runtime},
	transport::{Json, Patient, Subscription, Transport, TransportError, WebSocket},
};
use futures::{Stream, StreamExt};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;
use std::sync::Arc;

/// The name of the chain's runtime.
pub const SPEC_NAME: &str = "busbar";

/// A chain, over whatever transport.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
	transport: Patient,
	genesis: H256,
	runtimes: runtime::Runtimes,
	/// What the program cannot do without.
	needs: Vec<Item>,
}

impl Chain {
	/// Connects over WebSocket to a node by its address, or to the first of several that answers: addresses stand behind
	/// commas. What the chain has in another shape than this program knows is refused when it is used.
	///
	/// # Errors
	/// If no node answers, or it is another kind of chain.
	pub async fn connect(addresses: &str) -> Result<Self> {
		Self::connect_for(addresses, Vec::new()).await
	}

	/// As [`Chain::connect`], for a program that cannot do without some parts of the chain.
	///
	/// # Errors
	/// Also [`Error::Unfit`], which names all of them that the chain has in another shape.
	pub async fn connect_for(addresses: &str, needs: Vec<Item>) -> Result<Self> {
		let addresses = addresses.split(',').map(str::trim).filter(|address| !address.is_empty());
		Self::over(Arc::new(WebSocket::connect(addresses).await?), needs).await
	}

	/// A chain over a transport.
	///
	/// # Errors
	/// As [`Chain::connect_for`].
	pub async fn over(transport: Arc<dyn Transport>, needs: Vec<Item>) -> Result<Self> {
		let transport = Patient::new(transport);
		let runtime = runtime::of(&transport).await?;
		if runtime.version().spec_name != SPEC_NAME {
			let found = runtime.version().spec_name.clone();
			return Err(Error::OtherChain { address: transport.address(), found, expected: SPEC_NAME });
		}
		runtime.fits_all(&needs)?;
		let genesis: Option<H256> = ask(&transport, "chain_getBlockHash", (0u32,)).await?;
		let genesis = genesis.ok_or_else(|| Error::UnknownBlock { address: transport.address(), block: "0".into() })?;
		transport.pin(&hex_of(genesis.as_bytes()));
		Ok(Self(Arc::new(Inner { transport, genesis, runtimes: runtime::Runtimes::new(runtime), needs })))
	}

	/// Hash of block 0, which every transaction binds.
	pub fn genesis(&self) -> H256 {
		self.0.genesis
	}

	/// The address that is spoken to.
	pub fn url(&self) -> String {
		self.0.transport.address()
	}

	/// The runtime, as it was when it was looked at last: on connecting, and whenever an upgrade was noticed.
	pub fn runtime(&self) -> Arc<Runtime> {
		self.0.runtimes.current()
	}

	/// A raw request that may be repeated, with its parameters as a tuple or a slice. The answer is read from JSON.
	///
	/// # Errors
	/// If the node refuses it, answers something else, or no node answers for too long.
	pub async fn request<R: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<R> {
		ask(&self.0.transport, method, params).await
	}

	/// A raw request that is made once. [`Error::Lost`] says that it was perhaps carried out.
	pub(crate) async fn once<R: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<R> {
		let transport = &self.0.transport;
		let answer = transport.once(method, json(method, transport, params)?).await;
		read(method, transport, answer)
	}

	/// Headers as they come: `chain_subscribeNewHeads`, `chain_subscribeFinalizedHeads`. After a break the subscription is
	/// made again, and what was missed is not told.
	///
	/// # Errors
	/// If the node refuses.
	pub async fn headers(
		&self,
		subscribe: &'static str,
		unsubscribe: &'static str,
	) -> Result<impl Stream<Item = Header> + Unpin + Send + use<>> {
		Ok(self.subscription(subscribe, unsubscribe).await?.filter_map(|item| {
			let header = serde_json::from_str(item.get());
			if let Err(error) = &header {
				log::warn!("a header cannot be read: {error}");
			}
			futures::future::ready(header.ok())
		}))
	}

	async fn subscription(&self, subscribe: &'static str, unsubscribe: &'static str) -> Result<Subscription> {
		let transport = &self.0.transport;
		let answer = transport.subscribe(subscribe, unsubscribe).await;
		answer.map_err(|error| failure(subscribe, transport, error))
	}
}

pub(crate) async fn ask<R: DeserializeOwned>(transport: &Patient, method: &str, params: impl Serialize) -> Result<R> {
	let answer = transport.request(method, json(method, transport, params)?).await;
	read(method, transport, answer)
}

fn json(method: &str, transport: &Patient, params: impl Serialize) -> Result<Json> {
	serde_json::value::to_raw_value(&params).map_err(|error| strange(method, transport, error))
}

fn read<R: DeserializeOwned>(method: &str, transport: &Patient, answer: Result<Json, TransportError>) -> Result<R> {
	let answer = answer.map_err(|error| failure(method, transport, error))?;
	serde_json::from_str(answer.get()).map_err(|error| strange(method, transport, error))
}

fn strange(method: &str, transport: &Patient, error: serde_json::Error) -> Error {
	Error::Answer { address: transport.address(), method: method.into(), reason: error.to_string() }
}

fn failure(method: &str, transport: &Patient, error: TransportError) -> Error {
	let (address, method) = (transport.address(), method.to_owned());
	match error {
		TransportError::Refused { code, message, data } => Error::Refused { address, method, code, message, data },
		TransportError::Unreachable(reason) => Error::Unreachable { address, reason },
		TransportError::Lost(reason) => Error::Lost { address, method, reason },
		TransportError::Strange(reason) => Error::Answer { address, method, reason },
	}
}

/// Bytes of a `0x...` text.
///
/// # Errors
/// [`Error::Input`] if the text is not hexadecimal.
pub fn bytes(text: &str) -> Result<Vec<u8>> {
	hex::decode(text.trim_start_matches("0x")).map_err(|_| Error::Input("the text is not hexadecimal".into()))
}

/// `0x...` of some bytes.
pub fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hexadecimal_text_reads_back() {
		assert_eq!(bytes(&hex_of(&[0, 255, 16])).unwrap(), vec![0, 255, 16]);
		assert!(bytes("0xzz").is_err());
	}
}
