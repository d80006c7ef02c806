//! The other end of the HTTP interface.

use crate::{
	access::SERVICE,
	answers::{Page, Proofs},
	hash_of,
	meta::{Class, Meta},
};
use anyhow::{ensure, Context, Result};
use axum::http::Method;
use busbar_client::sign::Signer;
use busbar_primitives::Interval;
pub use busbar_service::remote::Refused;
use busbar_service::remote::{bounded, Kind, Remote};
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use sp_core::H256;
use std::time::Duration;

/// Most bytes of an object that are taken from a store: what a store takes by default.
const MOST_BYTES: usize = 256_000_000;
/// How long a store may be silent.
const SILENCE: Duration = Duration::from_secs(120);

const KIND: Kind = Kind { noun: "store", service: SERVICE, address: "http://HOST:PORT", port: 80 };

/// A store by its address, and the key that signs requests to it.
pub struct Client(Remote);

impl Client {
	/// A store by its address. Without a key only what is public is served.
	///
	/// # Errors
	/// If the address is no URL with a host.
	pub fn new(url: &str, key: Option<Signer>) -> Result<Self> {
		let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(SILENCE);
		Remote::new(KIND, url, key, http).map(Self)
	}

	/// The store's address.
	pub fn url(&self) -> &str {
		self.0.url()
	}

	/// Sends a signed request; an answer that is no success is an error with the store's own words.
	///
	/// # Errors
	/// If the store does not answer; [`Refused`] if it refuses.
	pub async fn request(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<reqwest::Response> {
		self.0.request(method, path, body).await
	}

	/// Stores bytes and returns what the store knows about them.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn put(&self, class: Class, bytes: Bytes) -> Result<Meta> {
		let class = if class == Class::Readings { "readings" } else { "document" };
		let path = format!("/v1/blobs/{}?class={class}", hex::encode(hash_of(&bytes)));
		self.0.json(Method::PUT, &path, Some(bytes)).await
	}

	/// An object's bytes, as they come: the caller compares their hash.
	///
	/// # Errors
	/// As [`Client::request`], and if the store breaks off because the bytes are damaged.
	pub async fn get(&self, hash: H256) -> Result<Bytes> {
		let answer = self.request(Method::GET, &format!("/v1/blobs/{}", hex::encode(hash)), None).await?;
		bounded(answer, MOST_BYTES).await.with_context(|| format!("{} broke off; its copy may be damaged", self.url()))
	}

	/// As [`Client::get`], piece by piece.
	///
	/// # Errors
	/// As [`Client::get`].
	pub async fn stream(&self, hash: H256) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
		let answer = self.request(Method::GET, &format!("/v1/blobs/{}", hex::encode(hash)), None).await?;
		let url = self.url().to_owned();
		Ok(answer.bytes_stream().map_err(move |error| {
			anyhow::Error::from(error).context(format!("{url} broke off; its copy may be damaged"))
		}))
	}

	/// Has the store check its copy and everything it keeps beside it.
	///
	/// # Errors
	/// As [`Client::request`]; damage is named in the message.
	pub async fn check(&self, hash: H256) -> Result<Meta> {
		self.0.json(Method::GET, &format!("/v1/check/{}", hex::encode(hash)), None).await
	}

	/// Whether the store holds an object.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn holds(&self, hash: H256) -> Result<bool> {
		let path = format!("/v1/holds/{}", hex::encode(hash));
		let json: serde_json::Value = self.0.json(Method::GET, &path, None).await?;
		Ok(json.get("holds").and_then(|holds| holds.as_bool()).unwrap_or_default())
	}

	/// The datasets of the intervals in a range, all of them.
	///
	/// # Errors
	/// As [`Client::page`].
	pub async fn datasets(&self, from: Interval, until: Interval) -> Result<Vec<Meta>> {
		let (mut datasets, mut after) = (Vec::new(), None);
		loop {
			let page = self.page(from, until, after.as_deref()).await?;
			datasets.extend(page.datasets);
			match page.next {
				Some(next) => after = Some(next),
				None => return Ok(datasets),
			}
		}
	}

	/// A page of the datasets of the intervals in a range, the one behind `after`.
	///
	/// # Errors
	/// As [`Client::request`]; if the store names a page that does not lie behind this one, which would have no end.
	pub async fn page(&self, from: Interval, until: Interval, after: Option<&str>) -> Result<Page> {
		let mut path = format!("/v1/datasets?from={from}&until={until}");
		if let Some(after) = after {
			path = format!("{path}&after={after}");
		}
		let page: Page = self.0.json(Method::GET, &path, None).await?;
		if let Some(next) = &page.next {
			let place = Page::place(next).with_context(|| format!("{} names no place: {next}", self.url()))?;
			ensure!(
				place.0 < until && after.and_then(Page::place).is_none_or(|after| after < place),
				"{} goes round in circles: its list behind {after:?} goes on behind {next}",
				self.url()
			);
		}
		Ok(page)
	}

	/// Readings of these points with their proofs.
	///
	/// # Errors
	/// As [`Client::request`].
	pub async fn proofs(&self, hash: H256, points: &[u32]) -> Result<Proofs> {
		let points: Vec<_> = points.iter().map(u32::to_string).collect();
		let path = format!("/v1/datasets/{}/proofs?points={}", hex::encode(hash), points.join(","));
		self.0.json(Method::GET, &path, None).await
	}
}
