//! The other end of the HTTP interface.

use crate::{
	access::SERVICE,
	answers::{Accesses, Export, PublicKey, Reading, Root},
	record::Record,
	seal::{seal_to, Receiver, PUBLIC},
	server::bound,
	vault::Receipt,
};
use anyhow::{ensure, Context, Result};
use axum::http::Method;
use busbar_client::{
	requests::{self, now_ms, To},
	sign::Signer,
};
use busbar_primitives::{
	records::{Fields, Purpose},
	ParticipantId,
};
use busbar_service::tls;
use serde::de::DeserializeOwned;
use std::{path::Path, time::Duration};

/// Most bytes of an answer that are taken from a vault.
const MOST_BYTES: usize = 64_000_000;

/// A vault's refusal, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{url} answered {status}: {message}")]
pub struct Refused {
	pub url: String,
	pub status: u16,
	/// The stable word, as in [`crate::error::Error::kind`]; empty if it was no vault that answered.
	pub word: String,
	pub message: String,
}

/// A vault by its address, and the key that signs requests to it.
pub struct Client {
	url: String,
	/// The name that the vault goes by: host and port of its address.
	name: String,
	http: reqwest::Client,
	key: Signer,
}

impl Client {
	/// A vault by its address. `certificate` is a PEM file with whom to trust beside the usual authorities.
	///
	/// # Errors
	/// If the address is no URL with a host, or the certificate none.
	pub fn new(url: &str, key: Signer, certificate: Option<&Path>) -> Result<Self> {
		tls::install();
		let address: reqwest::Url =
			url.parse().with_context(|| format!("{url} is no address; write https://HOST:PORT"))?;
		let host = address.host_str().with_context(|| format!("{url} has no host"))?;
		let name = format!("{host}:{}", address.port_or_known_default().unwrap_or(443));
		let mut http =
			reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(60));
		if let Some(path) = certificate {
			let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
			http = http.tls_certs_merge([reqwest::Certificate::from_pem(&pem)?]);
		}
		Ok(Self { url: url.trim_end_matches('/').into(), name, http: http.build()?, key })
	}

	/// Sends a signed request; an answer that is no success is an error with the vault's own words.
	///
	/// # Errors
	/// If the vault does not answer; [`Refused`] if it refuses.
	pub async fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Vec<u8>> {
		let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
		let to = To { service: SERVICE, name: &self.name, method: method.as_str(), path };
		for (name, value) in requests::headers(&self.key, to, now_ms().saturating_add(60_000)) {
			request = request.header(name, value);
		}
		if let Some(body) = body {
			request = request.body(body);
		}
		let mut answer = request.send().await.with_context(|| format!("cannot reach the vault at {}", self.url))?;
		let (status, mut bytes) = (answer.status(), Vec::new());
		while let Some(piece) = answer.chunk().await? {
			ensure!(piece.len() <= MOST_BYTES.saturating_sub(bytes.len()), "{} sends too much", self.url);
			bytes.extend_from_slice(&piece);
		}
		if !status.is_success() {
			let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
			let field = |name| json.get(name).and_then(|field| field.as_str()).map(str::to_owned);
			return Err(Refused {
				url: self.url.clone(),
				status: status.as_u16(),
				word: field("error").unwrap_or_default(),
				message: field("message").unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()),
			}
			.into());
		}
		Ok(bytes)
	}

	async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<T> {
		let answer = self.request(method, path, body).await?;
		serde_json::from_slice(&answer).with_context(|| format!("{} answered what no vault does", self.url))
	}

	/// An answer that is sealed to a key made for this request alone.
	async fn sealed<T: DeserializeOwned>(&self, path: impl FnOnce(&str) -> String) -> Result<T> {
		let receiver = Receiver::random();
		let path = path(&hex::encode(receiver.public()));
		let answer = self.request(Method::GET, &path, None).await?;
		let opened = receiver.open(&bound(&Method::GET, &path), &answer)?;
		serde_json::from_slice(&opened).with_context(|| format!("{} answered what no vault does", self.url))
	}

	/// Keeps a record.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn put(&self, subject: ParticipantId, record: &Record) -> Result<Receipt> {
		let PublicKey { key } = self.json(Method::GET, "/v1/key", None).await?;
		let mut public = [0; PUBLIC];
		hex::decode_to_slice(&key, &mut public).with_context(|| format!("{} names no key", self.url))?;
		let path = format!("/v1/records/{subject}");
		let body = seal_to(&public, &bound(&Method::PUT, &path), &record.bytes()?)?;
		let hash = hex::encode(sp_crypto_hashing::blake2_256(&body));
		self.json(Method::PUT, &format!("{path}?hash={hash}"), Some(body)).await
	}

	/// Reads fields of a record, each proven under the commitment that comes with them: the caller compares that with the chain.
	///
	/// # Errors
	/// As [`Client::request`], and if a field is not proven.
	pub async fn get(&self, subject: ParticipantId, fields: Fields, purpose: Option<Purpose>) -> Result<Reading> {
		let purpose = match purpose {
			Some(purpose) => {
				let name = serde_json::to_value(purpose)?;
				format!("&purpose={}", name.as_str().context("a purpose has a name")?)
			},
			None => String::new(),
		};
		let path = |key: &str| format!("/v1/records/{subject}?fields={}{purpose}&key={key}", fields.0);
		let reading: Reading = self.sealed(path).await?;
		let proven = reading.fields.iter().all(|field| field.is_under(reading.record.commitment));
		ensure!(reading.subject == subject && proven, "{} answered with fields that are not proven", self.url);
		Ok(reading)
	}

	/// A page of who asked for what of somebody's record, each entry proven under the root that comes with them.
	///
	/// # Errors
	/// As [`Client::request`], and if an entry is not proven.
	pub async fn log(&self, subject: ParticipantId, from: u32) -> Result<Accesses> {
		let accesses: Accesses =
			self.json(Method::GET, &format!("/v1/records/{subject}/log?from={from}"), None).await?;
		for proven in &accesses.entries {
			let (entry, leaf) = (&proven.entry, proven.entry.hash());
			let good = busbar_merkle::verify(accesses.root, accesses.count, entry.index, leaf, &proven.path);
			ensure!(good && entry.subject == subject, "{} answered with entries that are not proven", self.url);
		}
		let onward = accesses.next.is_none_or(|next| next > from);
		ensure!(onward, "{} goes round in circles", self.url);
		Ok(accesses)
	}

	/// Everything about a person.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn export(&self, subject: ParticipantId) -> Result<Export> {
		self.sealed(|key| format!("/v1/records/{subject}/export?key={key}")).await
	}

	/// Erases a record.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn erase(&self, subject: ParticipantId) -> Result<()> {
		self.request(Method::DELETE, &format!("/v1/records/{subject}"), None).await.map(drop)
	}

	/// The end of the log.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn root(&self) -> Result<Root> {
		self.json(Method::GET, "/v1/root", None).await
	}
}
