//! A light client within the program: it believes no node, but the signatures of the validators.
//!
//! It starts from the chain's raw specification, and from what it knew when it ran last: its database is kept in a file, so
//! that it does not have to follow every change of the validators since genesis again. It reads every value with a proof
//! from some node, and runs the runtime's functions itself.
//!
//! It dials plain `ws` and `tcp` addresses only, those of the specification's boot nodes. A node that was started anew with
//! another identity is not found under its old one: if the client stays without peers, look there first.

use super::{Json, Subscription, Transport, TransportError};
use crate::error::{Error, Result};
use async_trait::async_trait;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::json;
use smoldot_light::{
	platform::default::DefaultPlatform, AddChainConfig, AddChainConfigJsonRpc, AddChainSuccess, ChainId, Client,
	JsonRpcResponses,
};
use std::{
	collections::HashMap,
	fs,
	num::NonZero,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex, PoisonError, Weak,
	},
	time::Duration,
};
use tokio::{
	sync::{mpsc, oneshot},
	time::{sleep, timeout},
};

/// Requests that may wait within the light client.
const REQUESTS: NonZero<u32> = NonZero::new(128).expect("it is not zero; qed");
const SUBSCRIPTIONS: u32 = 64;
/// What a subscription may have waiting before it is ended.
const WAITING: usize = 256;
/// How long an answer may take: until a first answer, the client has to find peers and the newest finalised block.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
/// How often what is known is written to the file.
const SAVED_EVERY: Duration = Duration::from_secs(300);
const FIRST_SAVED: Duration = Duration::from_secs(20);
/// Largest database, in bytes.
const DATABASE: u32 = 4 * 1024 * 1024;

type Answer = Result<Json, TransportError>;

/// A light client.
pub struct Light(Arc<Shared>);

struct Shared {
	client: Mutex<Client<Arc<DefaultPlatform>>>,
	chain: ChainId,
	next: AtomicU64,
	waiting: Mutex<HashMap<u64, Waiting>>,
	subscriptions: Mutex<HashMap<String, mpsc::Sender<Json>>>,
	database: Option<PathBuf>,
}

/// Who waits for an answer.
enum Waiting {
	Request(oneshot::Sender<Answer>),
	/// With where to put what the subscription tells.
	Subscribe(oneshot::Sender<Answer>, mpsc::Sender<Json>),
}

impl Light {
	/// Starts from a raw chain specification, and a database that a light client of the same chain wrote to this file
	/// before; a file that is not there yet, or is damaged, is as good as none.
	///
	/// # Errors
	/// [`Error::Input`] if the specification is none.
	pub fn start(specification: &str, database: Option<&Path>) -> Result<Self> {
		let known = database.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
		let platform = DefaultPlatform::new("busbar".into(), env!("CARGO_PKG_VERSION").into());
		let mut client = Client::new(platform);
		let added = client.add_chain(AddChainConfig {
			user_data: (),
			specification,
			database_content: &known,
			potential_relay_chains: std::iter::empty(),
			json_rpc: AddChainConfigJsonRpc::Enabled {
				max_pending_requests: REQUESTS,
				max_subscriptions: SUBSCRIPTIONS,
			},
			statement_protocol_config: None,
		});
		let AddChainSuccess { chain_id, json_rpc_responses, .. } =
			added.map_err(|error| Error::Input(format!("this is no raw chain specification: {error}")))?;
		let responses = json_rpc_responses
			.ok_or_else(|| Error::Metadata("the light client answers no requests, though it was told to".into()))?;
		let shared = Arc::new(Shared {
			client: Mutex::new(client),
			chain: chain_id,
			next: AtomicU64::new(1),
			waiting: Mutex::default(),
			subscriptions: Mutex::default(),
			database: database.map(Path::to_owned),
		});
		tokio::spawn(read(Arc::downgrade(&shared), responses));
		if shared.database.is_some() {
			tokio::spawn(save_again(Arc::downgrade(&shared)));
		}
		Ok(Self(shared))
	}

	/// Writes what the light client knows to its file; nothing if it has none.
	///
	/// # Errors
	/// If the client does not answer or the file cannot be written.
	pub async fn save(&self) -> Result<()> {
		self.0.save().await
	}
}

impl Shared {
	/// Sends a request and waits for its answer.
	async fn ask(&self, method: &str, params: &Json, told: Option<mpsc::Sender<Json>>) -> Answer {
		let id = self.next.fetch_add(1, Ordering::Relaxed);
		let (sender, receiver) = oneshot::channel();
		let waiting = match told {
			None => Waiting::Request(sender),
			Some(told) => Waiting::Subscribe(sender, told),
		};
		locked(&self.waiting).insert(id, waiting);
		let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
		let queued = locked(&self.client).json_rpc_request(request, self.chain);
		let answer = match queued {
			Err(error) => Err(TransportError::Unreachable(error.to_string())),
			Ok(()) => match timeout(REQUEST_TIMEOUT, receiver).await {
				Ok(Ok(answer)) => answer,
				Ok(Err(_)) => Err(TransportError::Lost("the light client is gone".into())),
				Err(_) => Err(TransportError::Lost(format!(
					"no answer within {} s; has the light client found a peer?",
					REQUEST_TIMEOUT.as_secs()
				))),
			},
		};
		locked(&self.waiting).remove(&id);
		answer
	}

	async fn save(&self) -> Result<()> {
		let Some(path) = &self.database else { return Ok(()) };
		let method = "chainHead_unstable_finalizedDatabase";
		let strange =
			|reason: String| Error::Answer { address: "the light client".into(), method: method.into(), reason };
		let params = serde_json::value::to_raw_value(&(DATABASE,)).map_err(|error| strange(error.to_string()))?;
		let answer = self.ask(method, &params, None).await.map_err(|error| strange(error.to_string()))?;
		let database: String = serde_json::from_str(answer.get()).map_err(|error| strange(error.to_string()))?;
		// Whole, or as it was: a program that ends meanwhile leaves no half file.
		let new = path.with_extension("new");
		let written = fs::write(&new, database).and_then(|()| fs::rename(&new, path));
		written.map_err(|error| Error::Input(format!("{}: {error}", path.display())))
	}

	/// Hands a message of the light client to whom it is for.
	fn take(&self, text: &str) {
		#[derive(Deserialize)]
		struct Message {
			id: Option<u64>,
			result: Option<Json>,
			error: Option<Refusal>,
			params: Option<Told>,
		}
		#[derive(Deserialize)]
		struct Refusal {
			code: i32,
			message: String,
			#[serde(default)]
			data: serde_json::Value,
		}
		#[derive(Deserialize)]
		struct Told {
			subscription: String,
			result: Json,
		}
		let message: Message = match serde_json::from_str(text) {
			Ok(message) => message,
			Err(error) => return log::warn!("the light client says something strange: {error}"),
		};
		if let Some(told) = message.params {
			let mut subscriptions = locked(&self.subscriptions);
			let sent = subscriptions.get(&told.subscription).map(|queue| queue.try_send(told.result));
			// Who does not keep up, or has gone, loses the subscription.
			if sent.is_some_and(|sent| sent.is_err()) {
				subscriptions.remove(&told.subscription);
			}
			return;
		}
		let Some(waiting) = message.id.and_then(|id| locked(&self.waiting).remove(&id)) else { return };
		let answer = match (message.error, message.result) {
			(Some(Refusal { code, message, data }), _) => {
				let data = if data.is_null() { String::new() } else { data.to_string() };
				Err(TransportError::Refused { code, message, data })
			},
			// `null` is an answer too.
			(None, result) => Ok(result.unwrap_or_else(null)),
		};
		let sender = match waiting {
			Waiting::Request(sender) => sender,
			Waiting::Subscribe(sender, told) => {
				// Before the next message, which may be what the subscription tells first.
				if let Some(id) = answer.as_ref().ok().and_then(|id| serde_json::from_str(id.get()).ok()) {
					locked(&self.subscriptions).insert(id, told);
				}
				sender
			},
		};
		let _ = sender.send(answer);
	}
}

fn null() -> Json {
	serde_json::value::RawValue::from_string("null".into()).expect("null is JSON; qed")
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what the light client says, for as long as anybody asks it.
async fn read(shared: Weak<Shared>, mut responses: JsonRpcResponses<Arc<DefaultPlatform>>) {
	while let Some(text) = responses.next().await {
		let Some(shared) = shared.upgrade() else { return };
		shared.take(&text);
	}
}

async fn save_again(shared: Weak<Shared>) {
	let mut pause = FIRST_SAVED;
	loop {
		sleep(pause).await;
		let Some(shared) = shared.upgrade() else { return };
		if let Err(error) = shared.save().await {
			log::warn!("what the light client knows is not kept: {error}");
		}
		pause = SAVED_EVERY;
	}
}

#[async_trait]
impl Transport for Light {
	async fn request(&self, method: &str, params: Json) -> Answer {
		self.0.ask(method, &params, None).await
	}

	async fn subscribe(&self, method: &str, params: Json, unsubscribe: &str) -> Result<Subscription, TransportError> {
		let (told, queue) = mpsc::channel(WAITING);
		let id = self.0.ask(method, &params, Some(told)).await?;
		let ended = Ended { shared: Arc::downgrade(&self.0), unsubscribe: unsubscribe.into(), id };
		let stream = futures::stream::unfold((queue, ended), |(mut queue, ended)| async move {
			Some((queue.recv().await?, (queue, ended)))
		});
		Ok(stream.boxed())
	}

	fn address(&self) -> String {
		"the light client".into()
	}

	/// The specification says which chain it is.
	fn pin(&self, _: &str) {}
}

/// Unsubscribes when nobody listens any more.
struct Ended {
	shared: Weak<Shared>,
	unsubscribe: String,
	/// As the light client wrote it.
	id: Json,
}

impl Drop for Ended {
	fn drop(&mut self) {
		let Some(shared) = self.shared.upgrade() else { return };
		if let Ok(id) = serde_json::from_str::<String>(self.id.get()) {
			locked(&shared.subscriptions).remove(&id);
		}
		// Nobody waits for the answer.
		let (id, number) = (&self.id, shared.next.fetch_add(1, Ordering::Relaxed));
		let request = json!({ "jsonrpc": "2.0", "id": number, "method": self.unsubscribe, "params": [id] });
		let queued = locked(&shared.client).json_rpc_request(request.to_string(), shared.chain);
		if let Err(error) = queued {
			log::debug!("a subscription ends late: {error}");
		}
	}
}
