//! What holds on any grid: both methods agree, every bus is balanced, losses are what goes in less what comes out, and
//! scaling impedances and powers against each other changes nothing.
//!
//! `BUSBAR_SEED` repeats a run, `CASES` says how many grids.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_dso::powerflow::{Branch, Element, Load, Matrix, Method, Network, Options, Solution, Solver, C};
use common::sample::{balanced, meshed, unbalanced, Numbers};

fn each(mut check: impl FnMut(u64)) {
	let setting = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
	let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
	let seed = setting("BUSBAR_SEED").unwrap_or_else(now);
	println!("BUSBAR_SEED={seed}");
	let mut numbers = Numbers::new(seed);
	for _ in 0..setting("CASES").unwrap_or(60) {
		check(numbers.bits());
	}
}

fn solve<const N: usize>(solver: &Solver<N>, method: Method) -> Solution<N> {
	let found = solver.solve(&Options { method, tolerance_pu: 1e-12, ..Options::default() });
	found.unwrap_or_else(|error| panic!("{method:?}, {} buses: {error}", solver.network().buses.len()))
}

fn farthest<const N: usize>(one: &Solution<N>, other: &Solution<N>) -> f64 {
	one.voltages_pu()
		.iter()
		.flatten()
		.zip(other.voltages_pu().iter().flatten())
		.map(|(one, other)| (one - other).norm())
		.fold(0.0, f64::max)
}

/// Every bus is balanced by its branches, loads, shunts and sources; losses are what goes in less what comes out.
fn check_balance<const N: usize>(network: &Network<N>, solver: &Solver<N>, solution: &Solution<N>, case: &str) {
	let flows = solver.flows(solution);
	let mut power = vec![C::new(0.0, 0.0); network.buses.len()];
	for (branch, flow) in network.branches.iter().zip(&flows.branches) {
		power[branch.from] += flow.from_va.iter().sum::<C>();
		power[branch.to] += flow.to_va.iter().sum::<C>();
	}
	for (load, drawn) in network.loads.iter().zip(&flows.loads_va) {
		power[load.bus] += drawn;
	}
	for (source, fed) in network.sources.iter().zip(&flows.sources_va) {
		power[source.bus] -= fed;
	}
	for shunt in &network.shunts {
		let volts = network.buses[shunt.bus].nominal_v / 3.0_f64.sqrt();
		let voltage = solution.voltages_pu()[shunt.bus].map(|voltage| voltage * volts);
		let current = shunt.admittance_s * voltage;
		power[shunt.bus] += voltage.iter().zip(&current).map(|(voltage, current)| voltage * current.conj()).sum::<C>();
	}
	for (bus, power) in power.iter().enumerate() {
		assert!(power.norm() < 0.01, "{case}: {power} VA are missing at bus {bus}");
	}
	let fed: C = flows.sources_va.iter().sum();
	let drawn: C = flows.loads_va.iter().sum::<C>() + flows.shunt_va;
	assert!((fed - drawn - flows.loss_va).norm() < 0.01, "{case}: {fed} - {drawn} is not {}", flows.loss_va);
	assert!(flows.loss_va.re > 0.0, "{case}: losses of {}", flows.loss_va);
	assert!(solver.mismatch(solution).power_va < 0.01, "{case}: {:?}", solver.mismatch(solution));
}

#[test]
fn the_sweep_and_newtons_method_agree_on_balanced_trees() {
	let mut worst: f64 = 0.0;
	each(|seed| {
		let mut numbers = Numbers::new(seed);
		let (buses, load_w) = (3 + numbers.below(200), numbers.between(0.5e6, 6e6));
		let network = balanced(seed, buses, load_w);
		let case = format!("seed {seed}, {buses} buses, {load_w} W");
		let solver = Solver::new(&network).unwrap();
		let [sweep, newton] = [Method::Sweep, Method::Newton].map(|method| solve(&solver, method));
		let apart = farthest(&sweep, &newton);
		worst = worst.max(apart);
		assert!(apart < 1e-10, "{case}: {apart}");
		check_balance(&network, &solver, &sweep, &case);
		check_balance(&network, &solver, &newton, &case);
	});
	println!("at most {worst:.1e} pu apart");
}

#[test]
fn the_sweep_and_newtons_method_agree_on_unbalanced_trees() {
	let mut worst: f64 = 0.0;
	each(|seed| {
		let mut numbers = Numbers::new(seed);
		let (buses, load_w) = (3 + numbers.below(120), numbers.between(10e3, 100e3));
		let network = unbalanced(seed, buses, load_w);
		let case = format!("seed {seed}, {buses} buses, {load_w} W");
		let solver = Solver::new(&network).unwrap();
		assert!(solver.is_radial(), "{case}");
		let [sweep, newton] = [Method::Sweep, Method::Newton].map(|method| solve(&solver, method));
		let apart = farthest(&sweep, &newton);
		worst = worst.max(apart);
		assert!(apart < 1e-9, "{case}: {apart}");
		check_balance(&network, &solver, &sweep, &case);
		check_balance(&network, &solver, &newton, &case);
	});
	println!("at most {worst:.1e} pu apart");
}

#[test]
fn every_bus_of_a_meshed_grid_is_balanced() {
	each(|seed| {
		let mut numbers = Numbers::new(seed);
		let (buses, load_w, ties) = (4 + numbers.below(150), numbers.between(0.5e6, 6e6), 1 + numbers.below(10));
		let network = meshed(seed, buses, load_w, ties);
		let case = format!("seed {seed}, {buses} buses, {ties} ties");
		let solver = Solver::new(&network).unwrap();
		check_balance(&network, &solver, &solve(&solver, Method::Auto), &case);
	});
}

#[test]
fn a_balanced_grid_of_three_phases_is_three_times_the_same() {
	each(|seed| {
		let buses = 3 + Numbers::new(seed).below(60);
		let one = balanced(seed, buses, 2e6);
		let mut three = Network::<3> {
			buses: one.buses.iter().map(|bus| busbar_dso::powerflow::Bus::new(&bus.name, bus.nominal_v)).collect(),
			..Network::default()
		};
		three.sources.push(busbar_dso::powerflow::Source::ideal("grid", 0, 1.02, 20e3));
		let spread = |matrix: &Matrix<1>| Matrix::<3>::diagonal([matrix.0[0][0]; 3]);
		for branch in &one.branches {
			let Element::Line { series_ohm, charging_s } = &branch.element else { panic!("a line") };
			let line = Branch::line(&branch.name, branch.from, branch.to, spread(series_ohm), spread(charging_s));
			three.branches.push(line.rated(300.0, 300.0));
		}
		for load in &one.loads {
			let each = load.power_va[0] / 3.0;
			three.loads.push(Load { shares: load.shares, ..Load::constant(&load.name, load.bus, [each; 3]) });
		}
		let (alone, solver) = (Solver::new(&one).unwrap(), Solver::new(&three).unwrap());
		let (of_one, of_three) = (solve(&alone, Method::Sweep), solve(&solver, Method::Sweep));
		for (bus, voltage) in of_three.voltages_pu().iter().enumerate() {
			for (phase, voltage) in voltage.iter().enumerate() {
				let turned = voltage * C::from_polar(1.0, std::f64::consts::TAU / 3.0 * phase as f64);
				let apart = (turned - of_one.voltages_pu()[bus][0]).norm();
				assert!(apart < 1e-10, "seed {seed}, bus {bus}, phase {phase}: {apart}");
			}
		}
		let (one, three) = (alone.flows(&of_one), solver.flows(&of_three));
		assert!((one.loss_va - three.loss_va).norm() < 1e-3, "{} and {}", one.loss_va, three.loss_va);
		for (one, three) in one.branches.iter().zip(&three.branches) {
			assert!((one.loading.unwrap() - three.loading.unwrap()).abs() < 1e-8);
		}
	});
}

#[test]
fn impedances_and_powers_scaled_against_each_other_leave_the_voltages() {
	each(|seed| {
		let mut numbers = Numbers::new(seed);
		let factor = numbers.between(0.1, 10.0);
		let network = unbalanced(seed, 3 + numbers.below(60), 100e3);
		let mut scaled = network.clone();
		let number = C::new(factor, 0.0);
		for branch in &mut scaled.branches {
			branch.element = match branch.element {
				Element::Line { series_ohm, charging_s } => {
					Element::Line { series_ohm: series_ohm.scale(1.0 / number), charging_s: charging_s.scale(number) }
				},
				Element::TwoPort { from_from, from_to, to_from, to_to } => Element::TwoPort {
					from_from: from_from.scale(number),
					from_to: from_to.scale(number),
					to_from: to_from.scale(number),
					to_to: to_to.scale(number),
				},
			};
		}
		for source in &mut scaled.sources {
			source.impedance_ohm = source.impedance_ohm.map(|impedance| impedance.scale(1.0 / number));
		}
		for load in &mut scaled.loads {
			load.power_va = load.power_va.map(|power| power * factor);
		}
		for shunt in &mut scaled.shunts {
			shunt.admittance_s = shunt.admittance_s.scale(number);
		}
		let (one, other) = (Solver::new(&network).unwrap(), Solver::new(&scaled).unwrap());
		let (solution, again) = (solve(&one, Method::Sweep), solve(&other, Method::Sweep));
		let apart = farthest(&solution, &again);
		assert!(apart < 1e-9, "seed {seed}, factor {factor}: {apart}");
		let (loss, scaled) = (one.flows(&solution).loss_va, other.flows(&again).loss_va);
		assert!((loss * factor - scaled).norm() < 1e-5 * scaled.norm(), "seed {seed}: {loss}, {scaled}, {factor}");
	});
}

#[test]
fn a_start_from_an_earlier_solution_leads_to_the_same_voltages_sooner() {
	each(|seed| {
		let network = unbalanced(seed, 40, 100e3);
		let solver = Solver::new(&network).unwrap();
		let earlier = solve(&solver, Method::Sweep);
		let powers: Vec<_> = network.loads.iter().map(|load| load.power_va.map(|power| power * 1.001)).collect();
		let options = Options::default();
		let [cold, warm] =
			[solver.solve_with(&powers, &options).unwrap(), solver.solve_from(&earlier, &powers, &options).unwrap()];
		assert!(farthest(&cold, &warm) < 1e-9);
		assert!(warm.iterations <= cold.iterations, "seed {seed}: {} and {}", warm.iterations, cold.iterations);
	});
}
