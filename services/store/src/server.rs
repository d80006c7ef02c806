//! The HTTP interface.
//!
//! | request | answer | who |
//! |---|---|---|
//! | `PUT /v1/blobs/HASH?class=readings` or `document` | what is known about the object | who attests; a dataset its own |
//! | `GET /v1/blobs/HASH` | the bytes, checked while they are sent | by the rules of [`crate::access`] |
//! | `GET /v1/check/HASH` | checks the object and all beside it, names damage | the same |
//! | `GET /v1/datasets/HASH/proofs?points=1,2` | readings, salts, Merkle proofs | by point |
//! | `GET /v1/datasets/HASH/aggregate` | sums over the whole dataset | members |
//! | `GET /v1/datasets?from=N&until=M` | datasets of these intervals, without their readings | members |
//! | `GET /v1/holds/HASH` | whether this store holds the object | anyone |
//! | `GET /metrics` | Prometheus | anyone |
//!
//! A member is an account that acts for an active participant of the chain.

use crate::{
	access::{authenticate, Caller, Seen},
	answers::{Aggregate, Proof, Proofs},
	blobs::Blobs,
	chain::Chain,
	dataset::Row,
	error::Error,
	meta::{parse_hash, Class, Meta, Summary},
};
use axum::{
	body::Body,
	extract::{Path, Query, Request, State},
	http::{header, HeaderMap, Method, Uri},
	middleware::Next,
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use busbar_primitives::{metering::Reading, Interval};
use futures::StreamExt;
use serde::Deserialize;
use sp_core::H256;
use std::{
	collections::BTreeSet,
	sync::{
		atomic::{AtomicU64, Ordering::Relaxed},
		Arc,
	},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Fewest connection points of an aggregate.
pub const K: usize = 10;
/// Most connection points in one request for proofs.
pub const MOST_POINTS: usize = 1_000;
/// Most datasets in one list.
const MOST_LISTED: usize = 10_000;
/// Decodings at a time; each may hold an object in memory.
const AT_ONCE: usize = 4;

#[derive(Default)]
struct Counters {
	requests: AtomicU64,
	refused: AtomicU64,
	failed: AtomicU64,
	damaged: AtomicU64,
	bytes_in: AtomicU64,
	bytes_out: AtomicU64,
}

/// What the service works with.
pub struct Service {
	blobs: Blobs,
	/// `None`: the store asks nobody who they are.
	chain: Option<Arc<dyn Chain>>,
	/// What clients call this store: host and port.
	name: String,
	seen: Seen,
	slots: Semaphore,
	counters: Counters,
}

impl Service {
	/// A service over `blobs` that goes by `name`. Without a chain everything is open to everyone.
	pub fn new(blobs: Blobs, chain: Option<Arc<dyn Chain>>, name: String) -> Self {
		let slots = Semaphore::new(AT_ONCE);
		Self { blobs, chain, name, seen: Seen::default(), slots, counters: Counters::default() }
	}

	/// The caller, or `None` if the store asks nobody.
	async fn caller(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Option<Caller>, Error> {
		let Some(chain) = &self.chain else { return Ok(None) };
		let path = uri.path_and_query().map_or("/", |path| path.as_str());
		authenticate(chain.as_ref(), &self.seen, &self.name, method, path, headers).await.map(Some)
	}

	async fn readable(&self, method: &Method, uri: &Uri, headers: &HeaderMap, hash: H256) -> Result<Meta, Error> {
		let caller = self.caller(method, uri, headers).await?;
		let meta = self.blobs.meta(hash).await?;
		if let (Some(caller), Some(chain)) = (caller, &self.chain) {
			caller.ensure_reads(chain.as_ref(), &meta).await?;
		}
		Ok(meta)
	}

	/// Waits for a turn to hold an object in memory.
	async fn slot(&self) -> Result<SemaphorePermit<'_>, Error> {
		self.slots.acquire().await.map_err(|error| Error::Upload(error.to_string()))
	}

	async fn summary(&self, hash: H256) -> Result<Summary, Error> {
		self.blobs.meta(hash).await?.dataset.ok_or(Error::NotFound(hash))
	}
}

type Shared = State<Arc<Service>>;

/// The routes.
pub fn router(service: Arc<Service>) -> Router {
	Router::new()
		.route("/v1/blobs/{hash}", get(fetch).put(store))
		.route("/v1/check/{hash}", get(check))
		.route("/v1/holds/{hash}", get(holds))
		.route("/v1/datasets", get(list))
		.route("/v1/datasets/{hash}/proofs", get(proofs))
		.route("/v1/datasets/{hash}/aggregate", get(aggregate))
		.route("/metrics", get(metrics))
		.layer(axum::middleware::from_fn_with_state(service.clone(), count))
		.with_state(service)
}

async fn count(State(service): Shared, request: Request, next: Next) -> Response {
	service.counters.requests.fetch_add(1, Relaxed);
	let response = next.run(request).await;
	if response.status().is_server_error() {
		service.counters.failed.fetch_add(1, Relaxed);
	} else if response.status().is_client_error() {
		service.counters.refused.fetch_add(1, Relaxed);
	}
	response
}

#[derive(Deserialize)]
struct ClassQuery {
	class: Class,
}

async fn store(
	State(service): Shared,
	Path(hash): Path<String>,
	Query(ClassQuery { class }): Query<ClassQuery>,
	request: Request,
) -> Result<Json<Meta>, Error> {
	let hash = parse_hash(&hash)?;
	let caller = service.caller(request.method(), request.uri(), request.headers()).await?;
	let writer = caller.map(|caller| caller.writer()).transpose()?;
	let received = service.blobs.receive(hash, request.into_body().into_data_stream()).await?;
	let _slot = service.slot().await?;
	let meta = service.blobs.keep(received, class, writer).await?;
	service.counters.bytes_in.fetch_add(meta.bytes, Relaxed);
	Ok(Json(meta))
}

async fn fetch(
	State(service): Shared,
	Path(hash): Path<String>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Response, Error> {
	let hash = parse_hash(&hash)?;
	let meta = service.readable(&method, &uri, &headers, hash).await?;
	let stream = service.blobs.stream(hash).await?;
	let stream = stream.inspect(move |piece| match piece {
		Ok(bytes) => {
			service.counters.bytes_out.fetch_add(bytes.len() as u64, Relaxed);
		},
		Err(error) => {
			service.counters.damaged.fetch_add(1, Relaxed);
			eprintln!("error: {error}");
		},
	});
	let headers = [
		(header::CONTENT_TYPE, "application/octet-stream".to_string()),
		(header::CONTENT_LENGTH, meta.bytes.to_string()),
		(header::CACHE_CONTROL, "no-store".to_string()),
	];
	Ok((headers, Body::from_stream(stream)).into_response())
}

async fn check(
	State(service): Shared,
	Path(hash): Path<String>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Meta>, Error> {
	let hash = parse_hash(&hash)?;
	service.readable(&method, &uri, &headers, hash).await?;
	let _slot = service.slot().await?;
	let checked = service.blobs.check(hash).await;
	if matches!(checked, Err(Error::Damaged { .. } | Error::DamagedRecord(..))) {
		service.counters.damaged.fetch_add(1, Relaxed);
	}
	checked.map(Json)
}

async fn holds(State(service): Shared, Path(hash): Path<String>) -> Result<Json<serde_json::Value>, Error> {
	let hash = parse_hash(&hash)?;
	let holds = match service.blobs.meta(hash).await {
		Ok(_) => true,
		Err(Error::NotFound(_)) => false,
		Err(error) => return Err(error),
	};
	Ok(Json(serde_json::json!({ "hash": hash, "holds": holds })))
}

#[derive(Deserialize)]
struct RangeQuery {
	from: Option<Interval>,
	until: Option<Interval>,
}

async fn list(
	State(service): Shared,
	Query(range): Query<RangeQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Vec<Meta>>, Error> {
	service.caller(&method, &uri, &headers).await?;
	let _slot = service.slot().await?;
	let within = |interval| range.from.is_none_or(|from| interval >= from) && range.until.is_none_or(|u| interval < u);
	let mut metas: Vec<Meta> = service.blobs.list().await?.into_iter().flatten().collect();
	metas.retain(|meta| meta.dataset.as_ref().is_some_and(|dataset| within(dataset.interval)));
	metas
		.sort_by_key(|meta| meta.dataset.as_ref().map(|dataset| (dataset.interval, dataset.operator, dataset.version)));
	metas.truncate(MOST_LISTED);
	Ok(Json(metas))
}

#[derive(Deserialize)]
struct PointsQuery {
	points: String,
}

async fn proofs(
	State(service): Shared,
	Path(hash): Path<String>,
	Query(PointsQuery { points }): Query<PointsQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Proofs>, Error> {
	let hash = parse_hash(&hash)?;
	let points: Vec<u32> =
		points.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| Error::Points(MOST_POINTS))?;
	if points.is_empty() || points.len() > MOST_POINTS {
		return Err(Error::Points(MOST_POINTS));
	}
	let caller = service.caller(&method, &uri, &headers).await?;
	let summary = service.summary(hash).await?;
	if let (Some(caller), Some(chain)) = (caller, &service.chain) {
		caller.ensure_reads_points(chain.as_ref(), &summary, &points).await?;
	}
	let _slot = service.slot().await?;
	let (dataset, tree) = service.blobs.dataset(hash).await?;
	let mut proofs = Vec::new();
	for point in points {
		let before = proofs.len();
		for (row, Row { signed, salt }) in dataset.rows_of(point) {
			let index = u32::try_from(row).map_err(|_| Error::NoReading(point))?;
			let path = tree.proof(index).ok_or(Error::NoReading(point))?;
			proofs.push(Proof { signed: *signed, salt: hex::encode(salt), index, path });
		}
		if proofs.len() == before {
			return Err(Error::NoReading(point));
		}
	}
	Ok(Json(Proofs { dataset: summary, proofs }))
}

async fn aggregate(
	State(service): Shared,
	Path(hash): Path<String>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Aggregate>, Error> {
	let hash = parse_hash(&hash)?;
	service.caller(&method, &uri, &headers).await?;
	service.summary(hash).await?;
	let _slot = service.slot().await?;
	let (dataset, _) = service.blobs.dataset(hash).await?;
	let mut points = BTreeSet::new();
	for row in &dataset.rows {
		let point = row.signed.reading.point;
		if !points.insert(point) {
			return Err(Error::TwoMeters(point));
		}
	}
	if points.len() < K {
		return Err(Error::TooFew(K));
	}
	// A dataset has less than 2^32 readings of less than 2^63 each.
	let sum = |value: fn(&Reading) -> i128| {
		dataset.rows.iter().map(|row| value(&row.signed.reading)).sum::<i128>().to_string()
	};
	Ok(Json(Aggregate {
		interval: dataset.interval,
		points: points.len(),
		import: sum(|reading| reading.import.into()),
		export: sum(|reading| reading.export.into()),
		import_varh: sum(|reading| reading.import_varh.into()),
		export_varh: sum(|reading| reading.export_varh.into()),
	}))
}

async fn metrics(State(service): Shared) -> String {
	let counters = &service.counters;
	let all = [
		("requests_total", "Requests.", &counters.requests),
		("refused_total", "Requests that were refused.", &counters.refused),
		("failed_total", "Requests that failed here.", &counters.failed),
		("damaged_total", "Reads that met damaged data.", &counters.damaged),
		("received_bytes_total", "Bytes of stored objects.", &counters.bytes_in),
		("sent_bytes_total", "Bytes of served objects.", &counters.bytes_out),
	];
	let line = |(name, help, value): (&str, &str, &AtomicU64)| {
		let name = format!("busbar_store_{name}");
		format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {}\n", value.load(Relaxed))
	};
	all.into_iter().map(line).collect()
}
