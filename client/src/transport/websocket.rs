//! JSON-RPC over WebSocket, to one of several nodes.

use super::{Json, Subscription, Transport, TransportError};
use crate::error::{Error, Result};
use async_trait::async_trait;
use futures::StreamExt;
use jsonrpsee_core::{
	client::{ClientT, Error as ClientError, SubscriptionClientT},
	traits::ToRpcParams,
};
use jsonrpsee_ws_client::{PingConfig, WsClient, WsClientBuilder};
use std::{
	sync::{Arc, Mutex as Lock, PoisonError},
	time::Duration,
};
use tokio::sync::Mutex;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take. Reading a large map is many requests, each of one page.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// A node that answers no ping for this long is gone.
const SILENCE: Duration = Duration::from_secs(20);
/// Requests under way at once; further ones wait.
const REQUESTS: usize = 256;
/// What a subscription may have waiting before it is ended.
const WAITING: usize = 256;
/// Largest answer, in bytes: the metadata and whole blocks fit many times.
const ANSWER: u32 = 64 * 1024 * 1024;

/// A connection to the first of several nodes that answers; when it breaks, to the next.
pub struct WebSocket {
	addresses: Vec<String>,
	connection: Mutex<Connection>,
	/// Whom it speaks to, by its place among the addresses.
	at: Lock<usize>,
	/// Hash of block 0, as nodes write it.
	genesis: Lock<Option<String>>,
}

#[derive(Default)]
struct Connection {
	client: Option<Arc<WsClient>>,
}

impl WebSocket {
	/// Connects to the first address that answers.
	///
	/// # Errors
	/// [`Error::Input`] if there is no address, or one is not of the form `ws://HOST:PORT` or `wss://HOST:PORT`;
	/// [`Error::Unreachable`] if none answers.
	pub async fn connect(addresses: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
		let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
		if addresses.is_empty() {
			return Err(Error::Input("there is no address of a node; write --url ws://HOST:PORT".into()));
		}
		if let Some(address) = addresses.iter().find(|url| !url.starts_with("ws://") && !url.starts_with("wss://")) {
			return Err(Error::Input(format!("{address} is no WebSocket address; write --url ws://HOST:PORT")));
		}
		let this = Self { addresses, connection: Mutex::default(), at: Lock::new(0), genesis: Lock::default() };
		this.client()
			.await
			.map_err(|error| Error::Unreachable { address: this.addresses.join(" or "), reason: error.to_string() })?;
		Ok(this)
	}

	/// The connection; a new one, to the next address that answers, if it broke.
	async fn client(&self) -> Result<Arc<WsClient>, TransportError> {
		let mut connection = self.connection.lock().await;
		if let Some(client) = connection.client.as_ref().filter(|client| client.is_connected()) {
			return Ok(client.clone());
		}
		let again = connection.client.take().is_some();
		let first = self.at().saturating_add(usize::from(again));
		let mut reasons = Vec::new();
		for step in 0..self.addresses.len() {
			let at = first.saturating_add(step).checked_rem(self.addresses.len()).unwrap_or(0);
			let Some(address) = self.addresses.get(at) else { continue };
			match self.dial(address).await {
				Ok(client) => {
					if again {
						log::info!("connected to {address}");
					}
					*self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
					let client = Arc::new(client);
					connection.client = Some(client.clone());
					return Ok(client);
				},
				Err(reason) => reasons.push(format!("{address}: {reason}")),
			}
		}
		Err(TransportError::Unreachable(reasons.join("; ")))
	}

	async fn dial(&self, address: &str) -> Result<WsClient, String> {
		let builder = WsClientBuilder::new()
			.connection_timeout(CONNECT_TIMEOUT)
			.request_timeout(REQUEST_TIMEOUT)
			.max_response_size(ANSWER)
			.max_concurrent_requests(REQUESTS)
			.max_buffer_capacity_per_subscription(WAITING)
			.set_tcp_no_delay(true)
			.enable_ws_ping(PingConfig::new().ping_interval(SILENCE / 2).inactive_limit(SILENCE));
		let dialled = tokio::time::timeout(CONNECT_TIMEOUT, builder.build(address)).await;
		let client = dialled.map_err(|_| "no answer".to_string())?.map_err(|error| error.to_string())?;
		let pinned = self.genesis.lock().unwrap_or_else(PoisonError::into_inner).clone();
		if let Some(genesis) = pinned {
			let params = Params(serde_json::value::to_raw_value(&[0]).map_err(|error| error.to_string())?);
			let found: Option<String> =
				client.request("chain_getBlockHash", params).await.map_err(|error| error.to_string())?;
			if found.as_ref() != Some(&genesis) {
				return Err("a node of another chain".into());
			}
		}
		Ok(client)
	}

	fn at(&self) -> usize {
		*self.at.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

struct Params(Json);

impl ToRpcParams for Params {
	fn to_rpc_params(self) -> Result<Option<Json>, serde_json::Error> {
		Ok(Some(self.0))
	}
}

fn failure(error: ClientError) -> TransportError {
	match error {
		ClientError::Call(error) => TransportError::Refused {
			code: error.code(),
			message: error.message().into(),
			data: error.data().map_or_else(String::new, |data| data.get().into()),
		},
		ClientError::ParseError(error) => TransportError::Strange(error.to_string()),
		ClientError::RequestTimeout => {
			TransportError::Lost(format!("no answer within {} s", REQUEST_TIMEOUT.as_secs()))
		},
		error => TransportError::Lost(error.to_string()),
	}
}

#[async_trait]
impl Transport for WebSocket {
	async fn request(&self, method: &str, params: Json) -> Result<Json, TransportError> {
		self.client().await?.request(method, Params(params)).await.map_err(failure)
	}

	async fn subscribe(&self, method: &str, params: Json, unsubscribe: &str) -> Result<Subscription, TransportError> {
		let client = self.client().await?;
		let stream = client.subscribe::<Json, _>(method, Params(params), unsubscribe).await.map_err(failure)?;
		// The client lives as long as its subscriptions.
		let kept = stream.map(move |item| {
			let _ = &client;
			item
		});
		Ok(kept.filter_map(|item| futures::future::ready(item.ok())).boxed())
	}

	fn address(&self) -> String {
		self.addresses.get(self.at()).cloned().unwrap_or_default()
	}

	fn pin(&self, genesis: &str) {
		*self.genesis.lock().unwrap_or_else(PoisonError::into_inner) = Some(genesis.into());
	}
}
