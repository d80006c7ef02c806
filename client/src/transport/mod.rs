//! How JSON-RPC reaches a chain.

#[cfg(feature = "light")]
mod light;
mod patient;
mod websocket;

pub(crate) use patient::Patient;
pub use websocket::WebSocket;

#[cfg(feature = "light")]
pub use light::Light;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::value::RawValue;

/// Parameters or results, as JSON text.
pub type Json = Box<RawValue>;

/// What a subscription tells; it ends when the connection does.
pub type Subscription = BoxStream<'static, Json>;

/// Why a request was not answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransportError {
	/// The node answered that it will not.
	#[error("{message}")]
	Refused {
		/// JSON-RPC's code of the error.
		code: i32,
		/// The node's words.
		message: String,
		/// Further words, or nothing.
		data: String,
	},
	/// Nobody answers. The request was not sent.
	#[error("{0}")]
	Unreachable(String),
	/// The connection broke after the request was sent: it may have been carried out.
	#[error("{0}")]
	Lost(String),
	/// The answer is no JSON-RPC.
	#[error("{0}")]
	Strange(String),
}

/// A way to a chain. It connects when it has to; it neither repeats a request nor renews a subscription: whoever uses it
/// knows what may be repeated.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
	/// Asks, with a JSON array of parameters.
	async fn request(&self, method: &str, params: Json) -> Result<Json, TransportError>;

	/// Subscribes, with a JSON array of parameters. Its queue is bounded: a subscriber that does not keep up loses the
	/// subscription, not the program its memory.
	async fn subscribe(&self, method: &str, params: Json, unsubscribe: &str) -> Result<Subscription, TransportError>;

	/// Whom it speaks to now, or spoke to last.
	fn address(&self) -> String;

	/// The chain by the hash of its block 0, once it is known. Nodes of another chain are passed over from then on.
	fn pin(&self, genesis: &str);
}
