//! Requests that are repeated and subscriptions that are renewed when a connection breaks.

use super::{Json, Subscription, Transport, TransportError};
use futures::{stream, StreamExt};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::{sleep, Instant};

/// How long a broken connection is tried to be renewed.
const PATIENCE: Duration = Duration::from_secs(120);
/// The first pause between two tries; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A transport whose breaks pass unnoticed, as long as some node answers in time.
#[derive(Clone)]
pub(crate) struct Patient(Arc<dyn Transport>);

impl Patient {
	pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
		Self(transport)
	}

	pub(crate) fn address(&self) -> String {
		self.0.address()
	}

	pub(crate) fn pin(&self, genesis: &str) {
		self.0.pin(genesis);
	}

	/// Asks once, for what must not be repeated unseen. The answer says whether the request was perhaps carried out.
	pub(crate) async fn once(&self, method: &str, params: Json) -> Result<Json, TransportError> {
		self.0.request(method, params).await
	}

	/// Asks for what may be asked for twice: reads.
	pub(crate) async fn request(&self, method: &str, params: Json) -> Result<Json, TransportError> {
		patiently(|| self.0.request(method, params.clone())).await
	}

	/// A subscription that is made again whenever it ends. What was told while there was none is not told again: who must
	/// miss nothing asks for what lies between. It ends when no node answers for too long.
	pub(crate) async fn subscribe(
		&self,
		method: &'static str,
		unsubscribe: &'static str,
	) -> Result<Subscription, TransportError> {
		let first = self.once_subscribed(method, unsubscribe).await?;
		let this = self.clone();
		let renewed = stream::unfold((this, first), move |(this, mut stream)| async move {
			loop {
				if let Some(item) = stream.next().await {
					return Some((item, (this, stream)));
				}
				log::warn!("the subscription {method} at {} ended; it is made again", this.address());
				// A node that ends each subscription at once is not asked in a loop without pause.
				sleep(FIRST_PAUSE).await;
				stream = this.once_subscribed(method, unsubscribe).await.ok()?;
			}
		});
		Ok(renewed.boxed())
	}

	async fn once_subscribed(
		&self,
		method: &'static str,
		unsubscribe: &'static str,
	) -> Result<Subscription, TransportError> {
		patiently(|| self.0.subscribe(method, no_params(), unsubscribe)).await
	}
}

/// An empty list of parameters.
pub(crate) fn no_params() -> Json {
	serde_json::value::RawValue::from_string("[]".into()).expect("an empty list is JSON; qed")
}

/// Tries until the answer is not that the connection is broken.
async fn patiently<R, F: Future<Output = Result<R, TransportError>>>(
	mut attempt: impl FnMut() -> F,
) -> Result<R, TransportError> {
	let deadline = Instant::now() + PATIENCE;
	let mut pause = FIRST_PAUSE;
	loop {
		match attempt().await {
			Err(TransportError::Lost(_) | TransportError::Unreachable(_)) if Instant::now() + pause < deadline => {
				sleep(pause).await;
				pause = LONGEST_PAUSE.min(pause * 2);
			},
			result => return result,
		}
	}
}
