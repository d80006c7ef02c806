//! The HTTP interface.
//!
//! | request | answer | who |
//! |---|---|---|
//! | `PUT /v1/blobs/HASH?class=readings` or `document` | what is known about the object | who attests; a dataset its own |
//! | `GET /v1/blobs/HASH` | the bytes, checked while they are sent | by the rules of [`crate::access`] |
//! | `GET /v1/check/HASH` | checks the object and all beside it, names damage | the same |
//! | `GET /v1/datasets/HASH/proofs?points=1,2` | readings, salts, Merkle proofs | by point |
//! | `GET /v1/datasets/HASH/aggregate` | sums over the whole dataset | members |
//! | `GET /v1/datasets?from=N&until=M&after=PLACE` | a page of the datasets of these intervals, without their readings, and where the next one begins | members |
//! | `GET /v1/holds/HASH` | whether this store holds the object | anyone |
//! | `GET /metrics` | Prometheus | anyone |
//!
//! A member is an account that acts for an active participant of the chain.

use crate::{
	answers::{Aggregate, Page, Proof, Proofs},
	dataset::Row,
	error::Error,
	meta::{parse_hash, Class, Meta},
	service::Service,
};
use axum::{
	body::Body,
	extract::{Path, Query, Request, State},
	http::{header, HeaderMap, Method, Uri},
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use busbar_primitives::{metering::Reading, Interval, PointId};
use busbar_service::counters::{self, counted};
use futures::StreamExt;
use serde::Deserialize;
use std::{
	collections::BTreeSet,
	sync::{atomic::Ordering::Relaxed, Arc},
};

/// Fewest owners of the connection points of an aggregate.
pub const K: usize = 10;
/// Most connection points in one request for proofs.
pub const MOST_POINTS: usize = 1_000;
/// Datasets of a page of the list.
pub const PAGE: usize = 1_000;
/// Connection points whose owners are asked for at a time.
const OWNERS: usize = 256;

type Shared = State<Arc<Service>>;

/// The routes.
pub fn router(service: Arc<Service>) -> Router {
	let routes = Router::new()
		.route("/v1/blobs/{hash}", get(fetch).put(store))
		.route("/v1/check/{hash}", get(check))
		.route("/v1/holds/{hash}", get(holds))
		.route("/v1/datasets", get(list))
		.route("/v1/datasets/{hash}/proofs", get(proofs))
		.route("/v1/datasets/{hash}/aggregate", get(aggregate))
		.route("/metrics", get(metrics));
	counted(routes, service.counters.answers.clone()).with_state(service)
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
	let asking = service.asking(request.method(), request.uri(), request.headers()).await?;
	let writer = asking.caller.as_ref().map(|caller| caller.writer()).transpose()?;
	let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
	let length: u64 = length.ok_or(Error::NoLength)?;
	if length > service.blobs.max_bytes() {
		return Err(Error::TooLarge(service.blobs.max_bytes()));
	}
	// Room on the disk before the first byte, memory before the first row.
	let reserved = service.reserve(asking.caller.as_ref(), class, hash, length).await?;
	let body = request.into_body().into_data_stream();
	let received = service.blobs.receive_at_most(hash, length, body).await?;
	let prepared = {
		let _room = service.room(length).await?;
		service.blobs.prepare(received, class, writer.as_ref()).await?
	};
	let pending = match prepared.summary() {
		Some(summary) => !service.is_attested(hash, summary, length).await?,
		None => false,
	};
	let meta = service.blobs.write(prepared, writer, pending).await?;
	service.stored(&meta);
	drop(reserved);
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
	let meta = service.readable(&method, &uri, &headers, hash).await?;
	let _room = service.room(meta.bytes).await?;
	let checked = service.blobs.check(hash).await;
	if matches!(checked, Err(Error::Damaged { .. } | Error::DamagedRecord(..))) {
		service.counters.damaged.fetch_add(1, Relaxed);
	}
	checked.map(Json)
}

async fn holds(State(service): Shared, Path(hash): Path<String>) -> Result<Json<serde_json::Value>, Error> {
	let hash = parse_hash(&hash)?;
	let holds = service.blobs.holds(hash).await?;
	Ok(Json(serde_json::json!({ "hash": hash, "holds": holds })))
}

#[derive(Deserialize)]
struct RangeQuery {
	from: Option<Interval>,
	until: Option<Interval>,
	after: Option<String>,
}

async fn list(
	State(service): Shared,
	Query(RangeQuery { from, until, after }): Query<RangeQuery>,
	method: Method,
	uri: Uri,
	headers: HeaderMap,
) -> Result<Json<Page>, Error> {
	let _asking = service.asking(&method, &uri, &headers).await?;
	let after = after.map(|text| Page::place(&text).ok_or(Error::Place(text))).transpose()?;
	let (from, until) = (from.unwrap_or_default(), until.unwrap_or(Interval::MAX));
	let (datasets, next) = service.page(from, until, after, PAGE).await?;
	Ok(Json(Page { datasets, next: next.map(Page::name) }))
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
	let asking = service.asking(&method, &uri, &headers).await?;
	let (summary, bytes) = service.summary(hash).await?;
	if let (Some(caller), Some(chain)) = (&asking.caller, &service.chain) {
		caller.ensure_reads_points(chain.as_ref(), &summary, &points).await?;
	}
	let _room = service.room(bytes).await?;
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
	let _asking = service.asking(&method, &uri, &headers).await?;
	let (_, bytes) = service.summary(hash).await?;
	let _room = service.room(bytes).await?;
	let (dataset, _) = service.blobs.dataset(hash).await?;
	let mut points = BTreeSet::new();
	for row in &dataset.rows {
		let point = row.signed.reading.point;
		if !points.insert(point) {
			return Err(Error::TwoMeters(point));
		}
	}
	if !are_many(&service, &points, dataset.interval).await? {
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

/// Whether the points have so many owners that a sum tells nothing about one of them. A store that asks nobody who they are
/// knows no owners, and hides nothing.
async fn are_many(service: &Service, points: &BTreeSet<PointId>, interval: Interval) -> Result<bool, Error> {
	let Some(chain) = &service.chain else { return Ok(points.len() >= K) };
	let points: Vec<_> = points.iter().copied().collect();
	let mut owners = BTreeSet::new();
	for some in points.chunks(OWNERS) {
		owners.extend(chain.owners(some, interval).await?);
		if owners.len() >= K {
			return Ok(true);
		}
	}
	Ok(false)
}

async fn metrics(State(service): Shared) -> String {
	let counters = &service.counters;
	let own = [
		("damaged_total", "Reads that met damaged data.", &counters.damaged),
		("received_bytes_total", "Bytes of stored objects.", &counters.bytes_in),
		("sent_bytes_total", "Bytes of served objects.", &counters.bytes_out),
	];
	counters::text("store", counters.answers.all().into_iter().chain(own))
}
