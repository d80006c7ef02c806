//! Balanced grids against what other programs find.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_dso::powerflow::{Method, Options, Solver};
use common::tables::{data, network};
use serde::Deserialize;
use std::{collections::BTreeMap, fs};

#[derive(Deserialize)]
struct Ieee33 {
	load_kw: f64,
	load_kvar: f64,
	loss_kw: f64,
	loss_kvar: f64,
	slack_kw: f64,
	vm_min: f64,
	vm_min_bus: usize,
	vm_pu: BTreeMap<usize, f64>,
}

#[derive(Deserialize)]
struct Snapshot {
	slack_p_kw: f64,
	slack_q_kvar: f64,
	line_loss_kw: f64,
	trafo_loss_kw: f64,
	max_line_loading_percent: f64,
	max_line: usize,
	vm_pu: BTreeMap<usize, f64>,
}

fn near(what: &str, is: f64, wanted: f64, within: f64) {
	assert!((is - wanted).abs() <= within, "{what}: {is}, wanted {wanted}, within {within}");
}

#[test]
fn the_33_bus_feeder_comes_out_as_published_by_either_method() {
	let wanted: Ieee33 = serde_json::from_str(&fs::read_to_string(data("ieee33/powerflow.json")).unwrap()).unwrap();
	let solver = Solver::new(&network(&data("ieee33"), None)).unwrap();
	assert!(solver.is_radial());
	for method in [Method::Sweep, Method::Newton] {
		let solution = solver.solve(&Options { method, ..Options::default() }).unwrap();
		assert_eq!(solution.method, method);
		assert_eq!(wanted.vm_pu.len(), 33);
		let mut worst: f64 = 0.0;
		for (bus, voltage) in &wanted.vm_pu {
			worst = worst.max((solution.magnitude_pu(*bus, 0) - voltage).abs());
			near("voltage", solution.magnitude_pu(*bus, 0), *voltage, 1e-6);
		}
		let flows = solver.flows(&solution);
		near("loss, kW", flows.loss_va.re / 1e3, wanted.loss_kw, 1e-3);
		near("published loss, kW", flows.loss_va.re / 1e3, 202.677, 1e-3);
		near("loss, kvar", flows.loss_va.im / 1e3, wanted.loss_kvar, 1e-3);
		near("source, kW", flows.sources_va[0].re / 1e3, wanted.slack_kw, 1e-3);
		let load: busbar_dso::powerflow::C = flows.loads_va.iter().sum();
		near("load, kW", load.re / 1e3, wanted.load_kw, 1e-9);
		near("load, kvar", load.im / 1e3, wanted.load_kvar, 1e-9);
		let lowest = (0..33).min_by(|a, b| solution.magnitude_pu(*a, 0).total_cmp(&solution.magnitude_pu(*b, 0)));
		assert_eq!(lowest, Some(wanted.vm_min_bus));
		near("lowest voltage", solution.magnitude_pu(17, 0), wanted.vm_min, 1e-6);
		println!(
			"33 buses, {method:?}: {} iterations, voltages within {worst:.1e} pu, losses {:.4} kW",
			solution.iterations,
			flows.loss_va.re / 1e3
		);
	}
}

#[test]
fn the_simbench_snapshots_come_out_as_another_program_finds_them() {
	for day in ["summer", "winter"] {
		let folder = data("simbench-lv-rural2");
		let file = fs::read_to_string(folder.join(format!("{day}-noon-powerflow.json"))).unwrap();
		let wanted: Snapshot = serde_json::from_str(&file).unwrap();
		let network = network(&folder, Some(&format!("{day}-noon-injections.csv")));
		let solver = Solver::new(&network).unwrap();
		for method in [Method::Sweep, Method::Newton] {
			let solution = solver.solve(&Options { method, ..Options::default() }).unwrap();
			assert_eq!(wanted.vm_pu.len(), 97);
			let mut worst: f64 = 0.0;
			for (bus, voltage) in &wanted.vm_pu {
				worst = worst.max((solution.magnitude_pu(*bus, 0) - voltage).abs());
				near(&format!("{day}, voltage of {bus}"), solution.magnitude_pu(*bus, 0), *voltage, 2e-6);
			}
			let flows = solver.flows(&solution);
			let [lines, transformers] = [false, true].map(|transformer| {
				let of = |name: &str| name.starts_with("trafo") == transformer;
				let all = flows.branches.iter().zip(&network.branches).filter(|(_, branch)| of(&branch.name));
				all.collect::<Vec<_>>()
			});
			let loss = |branches: &[(&busbar_dso::powerflow::BranchFlow<1>, _)]| -> f64 {
				branches.iter().map(|(flow, _)| flow.loss_va().re / 1e3).sum()
			};
			near("line losses, kW", loss(&lines), wanted.line_loss_kw, 2e-5);
			near("transformer losses, kW", loss(&transformers), wanted.trafo_loss_kw, 2e-5);
			near("source, kW", flows.sources_va[0].re / 1e3, wanted.slack_p_kw, 2e-3);
			near("source, kvar", flows.sources_va[0].im / 1e3, wanted.slack_q_kvar, 2e-3);
			let (flow, line) =
				lines.iter().max_by(|a, b| a.0.loading.unwrap().total_cmp(&b.0.loading.unwrap())).unwrap();
			assert_eq!(line.name, wanted.max_line.to_string(), "{day}");
			let loading = flow.loading.unwrap() * 100.0;
			near("loading, percent", loading, wanted.max_line_loading_percent, 1e-3 * wanted.max_line_loading_percent);
			println!("SimBench {day}, {method:?}: voltages within {worst:.1e} pu, loading {loading:.4} %");
		}
	}
}
