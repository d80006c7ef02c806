//! Tells who runs a node how the interval in delivery stands, and how far chain time is: as metrics, at the best block.
//!
//! An interval whose gate was not decided when its delivery began has no positions, and one that failed safe has none either. Both
//! settle as imbalance, which members notice on their bills weeks later and operators here.

use crate::types::{Block, Client};
use busbar_primitives::{
	api::{Clock, EnergyApi, Status},
	Outcome,
};
use busbar_runtime::AccountId;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::{sync::Arc, time::Duration};
use substrate_prometheus_endpoint::{register, Gauge, GaugeVec, Opts, PrometheusError, Registry, U64};

/// How often the chain is asked: within an interval of the fastest clock.
const PERIOD: Duration = Duration::from_secs(5);

/// How the interval in delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
	/// It never opened: the chain has no grid yet.
	Unopened,
	/// Delivery has begun, and no session is decided.
	Undecided,
	/// Its sessions failed safe.
	Failed,
	/// Its positions stand.
	Cleared,
}

impl Standing {
	const ALL: [Self; 4] = [Self::Unopened, Self::Undecided, Self::Failed, Self::Cleared];

	fn of(outcome: Option<Option<Outcome>>) -> Self {
		match outcome {
			None => Self::Unopened,
			Some(None) => Self::Undecided,
			Some(Some(Outcome { cleared: false, .. })) => Self::Failed,
			Some(Some(_)) => Self::Cleared,
		}
	}

	fn label(self) -> &'static str {
		match self {
			Self::Unopened => "unopened",
			Self::Undecided => "undecided",
			Self::Failed => "failed",
			Self::Cleared => "cleared",
		}
	}
}

struct Metrics {
	delivery: GaugeVec<U64>,
	interval: Gauge<U64>,
	time: Gauge<U64>,
}

impl Metrics {
	fn new(registry: &Registry) -> Result<Self, PrometheusError> {
		let delivery = Opts::new(
			"busbar_delivery",
			"How the interval in delivery stands: 1 for the standing that holds; alert on undecided and failed",
		);
		Ok(Self {
			delivery: register(GaugeVec::new(delivery, &["standing"])?, registry)?,
			interval: register(Gauge::new("busbar_interval", "Number of the interval in delivery")?, registry)?,
			time: register(
				Gauge::new("busbar_chain_time_seconds", "Chain time of the best block, UNIX time")?,
				registry,
			)?,
		})
	}

	fn set(&self, clock: &Clock, standing: Standing) {
		for one in Standing::ALL {
			self.delivery.with_label_values(&[one.label()]).set(u64::from(one == standing));
		}
		self.interval.set(clock.current.into());
		self.time.set(clock.now / 1_000);
	}
}

/// Keeps the metrics while the node runs.
///
/// # Errors
/// If they exist already, which would be a defect.
pub fn watch(
	client: Arc<Client>,
	registry: &Registry,
) -> Result<impl std::future::Future<Output = ()>, PrometheusError> {
	let metrics = Metrics::new(registry)?;
	Ok(async move {
		loop {
			let at = client.info().best_hash;
			let api = client.runtime_api();
			let asked = EnergyApi::<Block, AccountId>::clock(&*api, at).and_then(|clock| {
				let status: Option<Status> = EnergyApi::<Block, AccountId>::status(&*api, at, clock.current)?;
				Ok((clock, Standing::of(status.map(|status| status.outcome))))
			});
			match asked {
				Ok((clock, standing)) => metrics.set(&clock, standing),
				Err(error) => log::debug!(target: "delivery", "the interval in delivery is not known: {error}"),
			}
			tokio::time::sleep(PERIOD).await;
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_interval_in_delivery_is_undecided_failed_or_cleared_if_it_ever_opened() {
		let outcome = |cleared| Some(Some(Outcome { cleared, ..Default::default() }));
		assert_eq!(Standing::of(None), Standing::Unopened);
		assert_eq!(Standing::of(Some(None)), Standing::Undecided);
		assert_eq!(Standing::of(outcome(false)), Standing::Failed);
		assert_eq!(Standing::of(outcome(true)), Standing::Cleared);
	}

	#[test]
	fn the_metric_is_one_for_the_standing_that_holds_and_zero_for_every_other() {
		let metrics = Metrics::new(&Registry::new()).expect("they are new");
		let clock = Clock {
			now: 7_500,
			epoch: 0,
			interval_clock_s: 6,
			interval_s: 900,
			current: 1,
			next_gate: None,
			first_unopened: 4,
		};
		for standing in Standing::ALL {
			metrics.set(&clock, standing);
			for other in Standing::ALL {
				let value = metrics.delivery.with_label_values(&[other.label()]).get();
				assert_eq!(value, u64::from(other == standing), "{other:?} of {standing:?}");
			}
		}
		assert_eq!((metrics.interval.get(), metrics.time.get()), (1, 7));
	}
}
