//! Connections to the store: raw bytes, as a client may send them.
//!
//! Holds: every answer is HTTP, and none says that the store failed.

use super::{dataset, Target};
use busbar_store::{blobs::Blobs, hash_of, meta::Class, server::router, service::Service};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use std::{convert::Infallible, sync::Arc};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	runtime::Runtime,
};

pub const TARGET: Target = Target {
	name: "http",
	run,
	seeds,
	words: &[
		b"GET ",
		b"PUT ",
		b"HEAD ",
		b" HTTP/1.1\r\n",
		b"host: x\r\n",
		b"content-length: ",
		b"transfer-encoding: chunked\r\n",
		b"expect: 100-continue\r\n",
		b"\r\n\r\n",
		b"/v1/blobs/",
		b"/v1/check/",
		b"/v1/holds/",
		b"/v1/datasets",
		b"/proofs?points=",
		b"/aggregate",
		b"?class=readings",
		b"?class=document",
		b"&after=",
		b"?from=0&until=9",
		b"/metrics",
		b"%2f",
		b"0x",
	],
	longest: 1 << 14,
};

struct World {
	runtime: Runtime,
	service: Arc<Service>,
}

thread_local! {
	// Never ended: a runtime is not to be dropped while its thread ends.
	static WORLD: &'static World = Box::leak(Box::new(world()));
}

fn world() -> World {
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
	let blobs = Blobs::open("memory:///", 1_000_000).expect("memory is a backend; qed");
	let service = runtime.block_on(async {
		for rows in [3, 20] {
			let bytes = Bytes::from(dataset::bytes(rows));
			let body = futures_of(bytes.clone());
			blobs.put(hash_of(&bytes), Class::Readings, None, body).await.expect("a good dataset; qed");
		}
		Arc::new(Service::new(blobs, None, "x".into()))
	});
	World { runtime, service }
}

/// A body of one piece.
fn futures_of(bytes: Bytes) -> impl futures::Stream<Item = Result<Bytes, Infallible>> {
	futures::stream::iter([Ok(bytes)])
}

fn seeds() -> Vec<Vec<u8>> {
	let hash = hex::encode(hash_of(&dataset::bytes(20)));
	let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes();
	let readings = dataset::bytes(2);
	let put = |class: &str, body: &[u8]| {
		let hash = hex::encode(hash_of(body));
		let head =
			format!("PUT /v1/blobs/{hash}?class={class} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
		[head.as_bytes(), body].concat()
	};
	vec![
		get("/metrics"),
		get("/v1/datasets"),
		get("/v1/datasets?from=0&until=99"),
		get(&format!("/v1/blobs/{hash}")),
		get(&format!("/v1/check/{hash}")),
		get(&format!("/v1/holds/{hash}")),
		get(&format!("/v1/datasets/{hash}/proofs?points=1,2")),
		get(&format!("/v1/datasets/{hash}/aggregate")),
		put("readings", &readings),
		put("document", b"a document"),
		[get("/metrics"), get("/v1/datasets")].concat(),
	]
}

fn run(input: &[u8]) -> bool {
	let answer = WORLD.with(|world| {
		world.runtime.block_on(async {
			let (mut ours, theirs) = tokio::io::duplex(1 << 16);
			let mut http = http1::Builder::new();
			// Whoever has sent all of it waits for the answers.
			http.half_close(true);
			let service = TowerToHyperService::new(router(world.service.clone()));
			let serving = http.serve_connection(TokioIo::new(theirs), service);
			let asking = async {
				let mut answer = Vec::new();
				// Who has been answered may be closed before all was sent.
				let _ = ours.write_all(input).await;
				let _ = ours.shutdown().await;
				let _ = ours.read_to_end(&mut answer).await;
				answer
			};
			let (_, answer) = tokio::join!(serving, asking);
			answer
		})
	});
	if !answer.is_empty() {
		assert!(answer.starts_with(b"HTTP/1."), "an answer that is no HTTP");
		// A full store would say 507.
		for failure in [b"HTTP/1.1 500", b"HTTP/1.1 502", b"HTTP/1.1 503"] {
			let failed = answer.windows(failure.len()).any(|window| window == failure);
			assert!(!failed, "{}", String::from_utf8_lossy(&answer));
		}
	}
	answer.starts_with(b"HTTP/1.1 200")
}
