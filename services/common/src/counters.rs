//! How many requests a service got and what became of them, as Prometheus reads it.

use axum::{
	extract::{Request, State},
	middleware::{from_fn_with_state, Next},
	response::Response,
	Router,
};
use std::sync::{
	atomic::{AtomicU64, Ordering::Relaxed},
	Arc,
};

/// A counter: its name behind the service's, what it counts, and how far it is.
pub type Counter<'a> = (&'static str, &'static str, &'a AtomicU64);

/// Requests, and how many of them were refused and failed.
#[derive(Default)]
pub struct Counters {
	requests: AtomicU64,
	refused: AtomicU64,
	failed: AtomicU64,
}

impl Counters {
	/// All of them.
	pub fn all(&self) -> [Counter<'_>; 3] {
		[
			("requests_total", "Requests.", &self.requests),
			("refused_total", "Requests that were refused.", &self.refused),
			("failed_total", "Requests that failed here.", &self.failed),
		]
	}
}

/// A router whose requests are counted.
pub fn counted<S: Clone + Send + Sync + 'static>(router: Router<S>, counters: Arc<Counters>) -> Router<S> {
	router.layer(from_fn_with_state(counters, count))
}

async fn count(State(counters): State<Arc<Counters>>, request: Request, next: Next) -> Response {
	counters.requests.fetch_add(1, Relaxed);
	let response = next.run(request).await;
	if response.status().is_server_error() {
		counters.failed.fetch_add(1, Relaxed);
	} else if response.status().is_client_error() {
		counters.refused.fetch_add(1, Relaxed);
	}
	response
}

/// Counters of a service as text.
pub fn text<'a>(service: &str, counters: impl IntoIterator<Item = Counter<'a>>) -> String {
	let line = |(name, help, value): Counter<'_>| {
		let name = format!("busbar_{service}_{name}");
		format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {}\n", value.load(Relaxed))
	};
	counters.into_iter().map(line).collect()
}
