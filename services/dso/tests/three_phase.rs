//! Unbalanced feeders against OpenDSS.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_dso::powerflow::{Method, Options, Solver};
use common::{exchange::Exchange, tables::data};

/// Compares every voltage and the losses; returns the greatest difference in pu.
fn compare(file: &str, methods: &[Method]) -> f64 {
	let exchange = Exchange::read(&data("three-phase").join(file));
	let network = exchange.network::<3>();
	let solver = Solver::new(&network).unwrap();
	assert!(solver.is_radial());
	let mut worst: f64 = 0.0;
	for method in methods.iter().copied() {
		let solution = solver.solve(&Options { method, tolerance_pu: 1e-9, ..Options::default() }).unwrap();
		let mut compared = 0;
		for (bus, voltages) in network.buses.iter().enumerate() {
			let phases: Vec<_> = (0..3).filter(|phase| voltages.phases[*phase]).collect();
			let expected = &exchange.expected[&voltages.name];
			assert_eq!(phases.len(), expected.len());
			for (phase, [magnitude, angle]) in phases.into_iter().zip(expected) {
				let wanted = busbar_dso::powerflow::C::from_polar(*magnitude, angle.to_radians());
				let apart = (solution.voltages_pu()[bus][phase] - wanted).norm();
				assert!(apart < 1e-4, "{file}, {method:?}, bus {}, phase {phase}: {apart}", voltages.name);
				worst = worst.max(apart);
				compared += 1;
			}
		}
		let loss = solver.flows(&solution).loss_va.re;
		let wanted = exchange.expected_loss_w.unwrap();
		assert!((loss / wanted - 1.0).abs() < 1e-3, "{file}, {method:?}: losses of {loss} W, wanted {wanted}");
		println!(
			"{file}, {method:?}: {} iterations, {compared} voltages within {worst:.1e} pu, losses {loss:.1} W ({wanted:.1} W)",
			solution.iterations
		);
	}
	worst
}

#[test]
fn the_ieee_13_node_feeder_comes_out_as_opendss_finds_it() {
	assert!(compare("ieee13.json", &[Method::Sweep, Method::Newton]) < 2e-5);
}

#[test]
fn the_ieee_13_node_feeder_comes_out_as_published() {
	// Magnitude in pu and angle in degrees, from the tables published with the feeder.
	let published = [
		("671", [(0.9900, -5.30), (1.0529, -122.34), (0.9778, 116.02)]),
		("634", [(0.9940, -3.23), (1.0218, -122.22), (0.9960, 117.34)]),
		("675", [(0.9835, -5.56), (1.0553, -122.52), (0.9758, 116.03)]),
	];
	let network = Exchange::read(&data("three-phase").join("ieee13.json")).network::<3>();
	let solver = Solver::new(&network).unwrap();
	let solution = solver.solve(&Options::default()).unwrap();
	for (name, voltages) in published {
		let bus = network.buses.iter().position(|bus| bus.name == name).unwrap();
		for (phase, (magnitude, angle)) in voltages.into_iter().enumerate() {
			assert!((solution.magnitude_pu(bus, phase) - magnitude).abs() < 3e-4, "{name}, {phase}");
			assert!((solution.angle_degree(bus, phase) - angle).abs() < 0.02, "{name}, {phase}");
		}
	}
}

#[test]
fn the_village_with_every_sort_of_transformer_and_load_comes_out_as_opendss_finds_it() {
	// Behind a winding without earth hangs a cable's capacitance to earth, which a sweep cannot balance: Newton's method does.
	compare("village.json", &[Method::Auto, Method::Newton]);
}
