//! A service at the other end: signed requests to it, its answers within bounds, its refusals in its own words.

use crate::tls;
use anyhow::{ensure, Context, Result};
use axum::http::Method;
use busbar_client::{
	requests::{self, now_ms, To},
	sign::Signer,
};
use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;

/// Most bytes of an answer in JSON.
pub const MOST_JSON: usize = 64_000_000;

/// An answer's bytes, at most so many. A service is believed nothing, and may have no end of them.
///
/// # Errors
/// If it sends more, or breaks off.
pub async fn bounded(mut answer: reqwest::Response, most: usize) -> Result<Bytes> {
	let mut bytes = BytesMut::new();
	while let Some(piece) = answer.chunk().await? {
		ensure!(piece.len() <= most.saturating_sub(bytes.len()), "{} sends more than {most} bytes", answer.url());
		bytes.extend_from_slice(&piece);
	}
	Ok(bytes.freeze())
}

/// A service's refusal, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{url} answered {status}: {message}")]
pub struct Refused {
	pub url: String,
	pub status: u16,
	/// The stable word of the service's errors; empty if it was no service that answered.
	pub word: String,
	pub message: String,
}

/// What kind of service it is.
#[derive(Clone, Copy)]
pub struct Kind {
	/// What people call it.
	pub noun: &'static str,
	/// What requests to it are signed for.
	pub service: &'static str,
	/// What its address looks like.
	pub address: &'static str,
	/// The port of an address whose scheme has none.
	pub port: u16,
}

/// A service by its address, and the key that signs requests to it.
pub struct Remote {
	kind: Kind,
	url: String,
	/// The name that it goes by: host and port of its address.
	name: String,
	http: reqwest::Client,
	key: Option<Signer>,
}

impl Remote {
	/// A service by its address. Without a key only what is public is served.
	///
	/// # Errors
	/// If the address is no URL with a host, or `http` cannot be built.
	pub fn new(kind: Kind, url: &str, key: Option<Signer>, http: reqwest::ClientBuilder) -> Result<Self> {
		tls::install();
		let address: reqwest::Url =
			url.parse().with_context(|| format!("{url} is no address; write {}", kind.address))?;
		let host = address.host_str().with_context(|| format!("{url} has no host"))?;
		let name = format!("{host}:{}", address.port_or_known_default().unwrap_or(kind.port));
		Ok(Self { kind, url: url.trim_end_matches('/').into(), name, http: http.build()?, key })
	}

	/// Its address.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Sends a request, signed if there is a key; an answer that is no success is an error with the service's own words.
	///
	/// # Errors
	/// If the service does not answer; [`Refused`] if it refuses.
	pub async fn request(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<reqwest::Response> {
		let Kind { noun, service, .. } = self.kind;
		let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
		if let Some(key) = &self.key {
			let to = To { service, name: &self.name, method: method.as_str(), path };
			for (name, value) in requests::headers(key, to, now_ms().saturating_add(60_000)) {
				request = request.header(name, value);
			}
		}
		if let Some(body) = body {
			request = request.body(body);
		}
		let answer = request.send().await.with_context(|| format!("cannot reach the {noun} at {}", self.url))?;
		let status = answer.status();
		if !status.is_success() {
			let text = bounded(answer, MOST_JSON).await.unwrap_or_default();
			let text = String::from_utf8_lossy(&text).into_owned();
			let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
			let field = |name| json.get(name).and_then(|field| field.as_str());
			return Err(Refused {
				url: self.url.clone(),
				status: status.as_u16(),
				word: field("error").unwrap_or_default().into(),
				message: field("message").unwrap_or(&text).into(),
			}
			.into());
		}
		Ok(answer)
	}

	/// An answer as JSON.
	///
	/// # Errors
	/// As [`Remote::request`], and if it is none.
	pub async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<T> {
		let answer = bounded(self.request(method, path, body).await?, MOST_JSON).await?;
		serde_json::from_slice(&answer)
			.with_context(|| format!("{} answered what no {} does", self.url, self.kind.noun))
	}
}
