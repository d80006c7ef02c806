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
use busbar_client::sign::Signer;
use busbar_primitives::{
	records::{Fields, Purpose},
	ParticipantId,
};
pub use busbar_service::remote::Refused;
use busbar_service::{
	remote::{bounded, Kind, Remote, MOST_JSON},
	tls,
};
use serde::de::DeserializeOwned;
use std::{path::Path, time::Duration};

const KIND: Kind = Kind { noun: "vault", service: SERVICE, address: "https://HOST:PORT", port: 443 };

/// A vault by its address, and the key that signs requests to it.
pub struct Client(Remote);

impl Client {
	/// A vault by its address. `certificate` is a PEM file with whom to trust beside the usual authorities.
	///
	/// # Errors
	/// If the address is no URL with a host, or the certificate none.
	pub fn new(url: &str, key: Signer, certificate: Option<&Path>) -> Result<Self> {
		tls::install();
		let mut http =
			reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(60));
		if let Some(path) = certificate {
			let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
			http = http.tls_certs_merge([reqwest::Certificate::from_pem(&pem)?]);
		}
		Remote::new(KIND, url, Some(key), http).map(Self)
	}

	/// Sends a signed request; an answer that is no success is an error with the vault's own words.
	///
	/// # Errors
	/// If the vault does not answer; [`Refused`] if it refuses.
	pub async fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Vec<u8>> {
		let answer = self.0.request(method, path, body.map(Into::into)).await?;
		Ok(bounded(answer, MOST_JSON).await?.into())
	}

	/// An answer that is sealed to a key made for this request alone.
	async fn sealed<T: DeserializeOwned>(&self, path: impl FnOnce(&str) -> String) -> Result<T> {
		let receiver = Receiver::random();
		let path = path(&hex::encode(receiver.public()));
		let answer = self.request(Method::GET, &path, None).await?;
		let opened = receiver.open(&bound(&Method::GET, &path), &answer)?;
		serde_json::from_slice(&opened).with_context(|| format!("{} answered what no vault does", self.0.url()))
	}

	/// Keeps a record.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn put(&self, subject: ParticipantId, record: &Record) -> Result<Receipt> {
		let PublicKey { key } = self.0.json(Method::GET, "/v1/key", None).await?;
		let mut public = [0; PUBLIC];
		hex::decode_to_slice(&key, &mut public).with_context(|| format!("{} names no key", self.0.url()))?;
		let path = format!("/v1/records/{subject}");
		let body = seal_to(&public, &bound(&Method::PUT, &path), &record.bytes()?)?;
		let hash = hex::encode(sp_crypto_hashing::blake2_256(&body));
		self.0.json(Method::PUT, &format!("{path}?hash={hash}"), Some(body.into())).await
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
		ensure!(reading.subject == subject && proven, "{} answered with fields that are not proven", self.0.url());
		Ok(reading)
	}

	/// A page of who asked for what of somebody's record, each entry proven under the root that comes with them.
	///
	/// # Errors
	/// As [`Client::request`], and if an entry is not proven.
	pub async fn log(&self, subject: ParticipantId, from: u32) -> Result<Accesses> {
		let accesses: Accesses =
			self.0.json(Method::GET, &format!("/v1/records/{subject}/log?from={from}"), None).await?;
		for proven in &accesses.entries {
			let (entry, leaf) = (&proven.entry, proven.entry.hash());
			let good = busbar_merkle::verify(accesses.root, accesses.count, entry.index, leaf, &proven.path);
			ensure!(
				good && entry.event.subject == subject,
				"{} answered with entries that are not proven",
				self.0.url()
			);
		}
		let onward = accesses.next.is_none_or(|next| next > from);
		ensure!(onward, "{} goes round in circles", self.0.url());
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
		self.0.json(Method::GET, "/v1/root", None).await
	}
}
