//! The HTTP interface.
//!
//! | request | body, or answer | who |
//! |---|---|---|
//! | `PUT /v1/records/ID?hash=H` | body: the record as JSON, sealed to the vault's key, with this blake2-256; answer: number and commitment | by [`crate::access`] |
//! | `GET /v1/records/ID?fields=N&purpose=P&key=K` | fields with their proofs, sealed to `key` | the same |
//! | `GET /v1/records/ID/log?from=N` | who asked for what, with proofs under the root of the log | the same |
//! | `GET /v1/records/ID/export?key=K` | everything about the person, sealed to `key` | the same |
//! | `DELETE /v1/records/ID` | nothing | the same |
//! | `GET /v1/key` | the vault's public key | anyone |
//! | `GET /v1/root` | number of entries of the log, and their root | anyone |
//! | `GET /metrics` | Prometheus | anyone |
//!
//! `fields` is the number of a set of fields, `key` an X25519 public key in hexadecimal. What is sealed is bound to
//! `METHOD PATH?QUERY`, as the request's signature is; a body to `METHOD PATH`.

use crate::{
	answers::{Accesses, PublicKey, Root},
	error::Error,
	record::{Record, LONGEST_FIELD},
	seal::{seal_to, PUBLIC},
	service::Service,
	vault::Receipt,
};
use axum::{
	body::to_bytes,
	extract::{Path, Query, Request, State},
	http::{header, HeaderMap, Method, StatusCode, Uri},
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use busbar_primitives::{
	records::{Field, Fields, Purpose},
	ParticipantId,
};
use busbar_service::counters::{self, counted};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// Most bytes of a body: all fields, written as JSON at its worst.
const MOST_BODY: usize = 8 * Field::ALL.len() * LONGEST_FIELD;
/// Seconds for a body to come in.
const BODY_S: u64 = 20;

type Shared = State<Arc<Service>>;

/// The routes.
pub fn router(service: Arc<Service>) -> Router {
	let routes = Router::new()
		.route("/v1/records/{id}", get(read).put(put).delete(erase))
		.route("/v1/records/{id}/log", get(accesses))
		.route("/v1/records/{id}/export", get(export))
		.route("/v1/key", get(key))
		.route("/v1/root", get(root))
		.route("/metrics", get(metrics));
	counted(routes, service.counters.clone()).with_state(service)
}

fn id(text: &str) -> Result<ParticipantId, Error> {
	text.parse().map_err(|_| Error::BadId(text.into()))
}

/// What a sealed body or answer is bound to.
pub(crate) fn bound(method: &Method, path: &str) -> Vec<u8> {
	format!("{method} {path}").into_bytes()
}

fn path(uri: &Uri) -> &str {
	uri.path_and_query().map_or("/", |path| path.as_str())
}

fn public(text: &str) -> Result<[u8; PUBLIC], Error> {
	let mut key = [0; PUBLIC];
	hex::decode_to_slice(text, &mut key).map_err(|_| Error::BadQuery("key: 64 hexadecimal digits of an X25519 key"))?;
	Ok(key)
}

/// An answer, sealed to the reader.
fn sealed(to: &[u8; PUBLIC], bound: &[u8], answer: &impl Serialize) -> Result<Response, Error> {
	let json = serde_json::to_vec(answer).map(Zeroizing::new).map_err(|_| Error::Seal("no JSON"))?;
	let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
	Ok((headers, seal_to(to, bound, &json)?).into_response())
}

#[derive(Deserialize)]
struct HashQuery {
	hash: String,
}

async fn put(
	State(service): Shared,
	Path(subject): Path<String>,
	Query(HashQuery { hash }): Query<HashQuery>,
	request: Request,
) -> Result<Json<Receipt>, Error> {
	let subject = id(&subject)?;
	let asking = service.asking(request.method(), request.uri(), request.headers()).await?;
	// Without the query, which has the hash of what is bound.
	let bound = bound(request.method(), request.uri().path());
	let body = tokio::time::timeout(Duration::from_secs(BODY_S), to_bytes(request.into_body(), MOST_BODY)).await;
	let body = body.ok().and_then(Result::ok).ok_or(Error::BadBody(MOST_BODY, BODY_S))?;
	if hash != hex::encode(sp_crypto_hashing::blake2_256(&body)) {
		return Err(Error::WrongHash);
	}
	let opened = service.vault.receiver().open(&bound, &body).map_err(|error| Error::NoRecord(error.to_string()))?;
	service.put(&asking.caller, subject, &Record::parse(&opened)?).await.map(Json)
}

#[derive(Deserialize)]
struct ReadQuery {
	fields: u16,
	purpose: Option<Purpose>,
	key: String,
}

async fn read(
	State(service): Shared,
	Path(subject): Path<String>,
	Query(ReadQuery { fields, purpose, key }): Query<ReadQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Response, Error> {
	let (subject, key, fields) = (id(&subject)?, public(&key)?, Fields(fields));
	if !fields.is_valid() {
		return Err(Error::BadQuery("fields: the number of a set of fields that there are"));
	}
	let asking = service.asking(&method, &uri, &headers).await?;
	let reading = service.read(&asking.caller, subject, fields, purpose).await?;
	sealed(&key, &bound(&method, path(&uri)), &reading)
}

#[derive(Deserialize)]
struct FromQuery {
	from: Option<u32>,
}

async fn accesses(
	State(service): Shared,
	Path(subject): Path<String>,
	Query(FromQuery { from }): Query<FromQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Accesses>, Error> {
	let subject = id(&subject)?;
	let asking = service.asking(&method, &uri, &headers).await?;
	service.accesses(&asking.caller, subject, from.unwrap_or_default()).await.map(Json)
}

#[derive(Deserialize)]
struct KeyQuery {
	key: String,
}

async fn export(
	State(service): Shared,
	Path(subject): Path<String>,
	Query(KeyQuery { key }): Query<KeyQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Response, Error> {
	let (subject, key) = (id(&subject)?, public(&key)?);
	let asking = service.asking(&method, &uri, &headers).await?;
	let export = service.export(&asking.caller, subject).await?;
	sealed(&key, &bound(&method, path(&uri)), &export)
}

async fn erase(
	State(service): Shared,
	Path(subject): Path<String>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<StatusCode, Error> {
	let subject = id(&subject)?;
	let asking = service.asking(&method, &uri, &headers).await?;
	service.erase(&asking.caller, subject).await?;
	Ok(StatusCode::NO_CONTENT)
}

async fn key(State(service): Shared) -> Json<PublicKey> {
	Json(PublicKey { key: hex::encode(service.vault.receiver().public()) })
}

async fn root(State(service): Shared) -> Result<Json<Root>, Error> {
	service.root().await.map(Json)
}

async fn metrics(State(service): Shared) -> String {
	counters::text("vault", service.counters.all())
}
