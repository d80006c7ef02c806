//! Times the power flow of seeded grids in this process: `cargo run --release -p busbar-dso --example powerflow-speed`.
//!
//! The error of a sweep is its distance from Newton's method at a tolerance of 1e-12 pu.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use busbar_dso::powerflow::{Method, Network, Options, Solver};
use common::{
	sample::{balanced, meshed, unbalanced},
	tables::{data, network},
};
use std::time::Instant;

/// The least and the median of some runs, in ms.
fn times(runs: usize, mut run: impl FnMut()) -> (f64, f64) {
	let mut times: Vec<f64> = (0..runs)
		.map(|_| {
			let began = Instant::now();
			run();
			began.elapsed().as_secs_f64() * 1e3
		})
		.collect();
	times.sort_by(f64::total_cmp);
	(times[0], times[runs / 2])
}

fn report<const N: usize>(name: &str, network: &Network<N>, methods: &[Method]) {
	let began = Instant::now();
	let solver = Solver::new(network).unwrap();
	let setup = began.elapsed().as_secs_f64() * 1e3;
	let exact = Options { method: Method::Newton, tolerance_pu: 1e-12, ..Options::default() };
	let truth = solver.solve(&exact).unwrap();
	for method in methods {
		let options = Options { method: *method, tolerance_pu: 1e-8, ..Options::default() };
		let solution = solver.solve(&options).unwrap();
		let pairs = solution.voltages_pu().iter().flatten().zip(truth.voltages_pu().iter().flatten());
		let error = pairs.map(|(one, other)| (one - other).norm()).fold(0.0, f64::max);
		let runs = if *method == Method::Newton { 11 } else { 101 };
		let (least, median) = times(runs, || drop(solver.solve(&options)));
		println!(
			"| {name} | {method:?} | {setup:.2} | {} | {least:.3} | {median:.3} | {error:.0e} |",
			solution.iterations
		);
	}
}

fn main() {
	let both = [Method::Sweep, Method::Newton];
	println!("| grid | method | make ready, ms | iterations | least, ms | median, ms | error, pu |");
	println!("|---|---|---|---|---|---|---|");
	report("ieee33", &network(&data("ieee33"), None), &both);
	let folder = data("simbench-lv-rural2");
	report("SimBench, 97 buses", &network(&folder, Some("summer-noon-injections.csv")), &both);
	report("tree, 1,000 buses", &balanced(7, 1_000, 6e6), &both);
	report("tree, 10,000 buses", &balanced(7, 10_000, 6e6), &both);
	report("20 loops, 1,000 buses", &meshed(7, 1_000, 6e6, 20), &[Method::Newton]);
	report("100 loops, 10,000 buses", &meshed(7, 10_000, 6e6, 100), &[Method::Newton]);
	report("three-phase tree, 112 buses", &unbalanced(7, 112, 100e3), &both);
	report("three-phase tree, 1,000 buses", &unbalanced(7, 1_000, 100e3), &both);
	let feeder = unbalanced(7, 112, 100e3);
	let solver = Solver::new(&feeder).unwrap();
	let base: Vec<_> = feeder.loads.iter().map(|load| load.power_va).collect();
	let options = Options { tolerance_pu: 1e-6, ..Options::default() };
	let began = Instant::now();
	for dispatch in 0..10_000 {
		let factor = 0.5 + 0.5 * f64::from(dispatch % 100) / 100.0;
		let powers: Vec<_> = base.iter().map(|power| power.map(|value| value * factor)).collect();
		let solution = solver.solve_with(&powers, &options).unwrap();
		assert!(solver.flows(&solution).loss_va.re > 0.0);
	}
	println!(
		"\n10,000 dispatches of the three-phase feeder of 112 buses, flows included: {:.2} s",
		began.elapsed().as_secs_f64()
	);
}
