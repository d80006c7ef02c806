//! Solves the network in a JSON file (see `tests/common/exchange.rs`) and prints voltages, loadings, losses and times as JSON:
//! what `scripts/bench-powerflow` compares with other programs.
//!
//! `cargo run --release -p busbar-dso --example powerflow -- FILE [REPEATS]`

#[path = "../tests/common/mod.rs"]
mod common;

use busbar_dso::powerflow::{Method, Network, Options, Solution, Solver};
use common::exchange::Exchange;
use serde_json::{json, Value};
use std::{
	path::Path,
	time::{Duration, Instant},
};

fn least(repeats: usize, mut run: impl FnMut()) -> Duration {
	let once = |_| {
		let began = Instant::now();
		run();
		began.elapsed()
	};
	(0..repeats.max(1)).map(once).min().unwrap_or_default()
}

fn answer<const N: usize>(network: &Network<N>, repeats: usize) -> Result<Value, Box<dyn std::error::Error>> {
	let solver = Solver::new(network)?;
	let setup = least(repeats, || drop(Solver::new(network)));
	let options = Options { tolerance_pu: 1e-9, ..Options::default() };
	let solution = solver.solve(&options)?;
	let flows = solver.flows(&solution);
	let mut methods = serde_json::Map::new();
	for method in [Method::Sweep, Method::Newton] {
		if let Ok(found) = solver.solve(&Options { method, ..options }) {
			let time = least(repeats, || drop(solver.solve(&Options { method, ..options })));
			let apart = apart(&solution, &found);
			methods.insert(
				format!("{method:?}"),
				json!({"iterations": found.iterations, "ms": time.as_secs_f64() * 1e3, "apart_pu": apart}),
			);
		}
	}
	let mut voltages = serde_json::Map::new();
	for (bus, entry) in network.buses.iter().enumerate() {
		let phases = (0..N).filter(|phase| entry.phases[*phase]);
		let pairs: Vec<_> =
			phases.map(|phase| [solution.magnitude_pu(bus, phase), solution.angle_degree(bus, phase)]).collect();
		voltages.insert(entry.name.clone(), json!(pairs));
	}
	let loadings: serde_json::Map<_, _> = network
		.branches
		.iter()
		.zip(&flows.branches)
		.map(|(branch, flow)| (branch.name.clone(), json!(flow.loading)))
		.collect();
	Ok(json!({
		"radial": solver.is_radial(),
		"setup_ms": setup.as_secs_f64() * 1e3,
		"methods": methods,
		"loss_w": flows.loss_va.re,
		"mismatch_va": solver.mismatch(&solution).power_va,
		"voltages": voltages,
		"loadings": loadings,
	}))
}

fn apart<const N: usize>(one: &Solution<N>, other: &Solution<N>) -> f64 {
	let pairs = one.voltages_pu().iter().flatten().zip(other.voltages_pu().iter().flatten());
	pairs.map(|(one, other)| (one - other).norm()).fold(0.0, f64::max)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
	let mut arguments = std::env::args().skip(1);
	let file = arguments.next().ok_or("usage: powerflow FILE [REPEATS]")?;
	let repeats = arguments.next().map_or(Ok(1), |text| text.parse())?;
	let exchange = Exchange::read(Path::new(&file));
	let found = match exchange.phases {
		1 => answer(&exchange.network::<1>(), repeats)?,
		_ => answer(&exchange.network::<3>(), repeats)?,
	};
	println!("{found}");
	Ok(())
}
