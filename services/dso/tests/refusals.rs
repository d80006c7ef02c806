//! What cannot be solved is refused, with the element at fault or with how far from a solution it is.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_dso::powerflow::{
	Branch, Bus, Load, Matrix, Method, Network, Options, Refusal, Shares, Solver, Source, Unsolved, C,
};
use common::tables::{data, network};

fn line(name: &str, from: usize, to: usize) -> Branch<1> {
	Branch::line(name, from, to, Matrix([[C::new(0.1, 0.05)]]), Matrix::ZERO)
}

/// A source, two lines in a row, a load at the end.
fn feeder() -> Network<1> {
	let mut network = Network::default();
	for name in ["substation", "middle", "end"] {
		network.add_bus(Bus::new(name, 400.0));
	}
	network.sources.push(Source::ideal("grid", 0, 1.0, 400.0));
	network.branches.extend([line("first", 0, 1), line("second", 1, 2)]);
	network.loads.push(Load::constant("home", 2, [C::new(10e3, 1e3)]));
	network
}

fn refusal(change: impl FnOnce(&mut Network<1>)) -> Refusal {
	let mut network = feeder();
	change(&mut network);
	match Solver::new(&network) {
		Ok(_) => panic!("the network is accepted"),
		Err(refusal) => refusal,
	}
}

#[test]
fn the_feeder_itself_is_solved() {
	let solver = Solver::new(&feeder()).unwrap();
	let solution = solver.solve(&Options::default()).unwrap();
	assert!(solver.mismatch(&solution).power_va < 1e-5);
}

#[test]
fn a_bus_behind_an_open_branch_is_an_island() {
	let refused = refusal(|network| network.branches[1].closed = false);
	assert_eq!(refused, Refusal::Island { bus: "end".into(), phase: 0 });
}

#[test]
fn a_phase_that_no_branch_brings_is_an_island() {
	let mut network = Network::<3>::default();
	network.add_bus(Bus::new("substation", 400.0));
	network.add_bus(Bus::new("end", 400.0));
	network.sources.push(Source::ideal("grid", 0, 1.0, 400.0));
	let series = Matrix::symmetric(C::new(0.1, 0.05), C::new(0.0, 0.02));
	network.branches.push(Branch::line("line", 0, 1, series, Matrix::ZERO).on([true, true, false]));
	assert_eq!(Solver::new(&network).err(), Some(Refusal::Island { bus: "end".into(), phase: 2 }));
	network.buses[1].phases = [true, true, false];
	assert!(Solver::new(&network).is_ok());
	network.loads.push(Load::constant("home", 1, [C::new(0.0, 0.0), C::new(0.0, 0.0), C::new(1.0, 0.0)]));
	let refused = Solver::new(&network).err();
	assert_eq!(refused, Some(Refusal::NoPhase { element: "load home".into(), bus: "end".into(), phase: 2 }));
}

#[test]
fn a_branch_without_impedance_is_refused_by_name() {
	let refused = refusal(|network| network.branches[1] = Branch::line("second", 1, 2, Matrix::ZERO, Matrix::ZERO));
	assert_eq!(refused, Refusal::ZeroImpedance { branch: "second".into() });
}

#[test]
fn numbers_that_are_none_are_refused_with_the_element() {
	let none = C::new(f64::NAN, 0.0);
	let changes: [(&str, Box<dyn FnOnce(&mut Network<1>)>); 7] = [
		(
			"branch first",
			Box::new(move |network| network.branches[0] = Branch::line("first", 0, 1, Matrix([[none]]), Matrix::ZERO)),
		),
		("branch second", Box::new(|network| network.branches[1].rated_a = Some([f64::INFINITY, 1.0]))),
		("bus middle", Box::new(|network| network.buses[1].nominal_v = f64::NAN)),
		("bus end", Box::new(|network| network.buses[2].nominal_v = 0.0)),
		("load home", Box::new(move |network| network.loads[0].power_va = [none])),
		("load home", Box::new(|network| network.loads[0].leg_v = Some(-1.0))),
		("source grid", Box::new(move |network| network.sources[0].voltage_v = [none])),
	];
	for (name, change) in changes {
		match refusal(change) {
			Refusal::NotFinite { element, .. } => assert_eq!(element, name),
			other => panic!("{name}: {other}"),
		}
	}
	assert_eq!(
		refusal(|network| network.loads[0].shares = Shares { power: 0.5, current: f64::NAN, impedance: 0.5 }),
		Refusal::Shares { load: "home".into() }
	);
}

#[test]
fn places_that_do_not_exist_and_sources_that_contradict_each_other_are_refused() {
	assert_eq!(refusal(|network| network.buses.clear()), Refusal::Empty);
	assert_eq!(refusal(|network| network.sources.clear()), Refusal::NoSource);
	assert_eq!(refusal(|network| network.branches[1].to = 1), Refusal::Loop { branch: "second".into() });
	let unknown = |element: &str| Refusal::UnknownBus { element: element.into(), bus: 7, buses: 3 };
	assert_eq!(refusal(|network| network.branches[0].to = 7), unknown("branch first"));
	assert_eq!(refusal(|network| network.loads[0].bus = 7), unknown("load home"));
	assert_eq!(
		refusal(|network| network.sources.push(Source::ideal("other", 0, 1.0, 400.0))),
		Refusal::TwoSources { first: "grid".into(), second: "other".into(), bus: "substation".into() }
	);
}

#[test]
fn powers_that_do_not_fit_are_refused_with_the_load() {
	let solver = Solver::new(&feeder()).unwrap();
	let none = solver.solve_with(&[], &Options::default()).unwrap_err();
	assert_eq!(none, Unsolved::Powers { given: 0, loads: 1 });
	let bad = solver.solve_with(&[[C::new(0.0, f64::INFINITY)]], &Options::default()).unwrap_err();
	assert_eq!(bad, Unsolved::BadPower { load: "home".into() });
}

#[test]
fn a_load_beyond_what_the_grid_can_carry_is_answered_with_how_far_and_where() {
	let network = network(&data("ieee33"), None);
	let solver = Solver::new(&network).unwrap();
	let powers: Vec<_> = network.loads.iter().map(|load| load.power_va.map(|power| power * 10.0)).collect();
	for method in [Method::Sweep, Method::Newton, Method::Auto] {
		let options = Options { method, ..Options::default() };
		match solver.solve_with(&powers, &options).unwrap_err() {
			Unsolved::Diverged { iterations, mismatch, bus } => {
				assert!(iterations <= options.most_rounds + options.most_steps);
				assert!(mismatch.power_va > 1e3, "{mismatch:?}");
				assert_eq!(bus, network.buses[mismatch.bus].name);
				println!("{method:?}: {iterations} iterations, {:.0} VA missing at bus {bus}", mismatch.power_va);
			},
			other => panic!("{other}"),
		}
	}
	// The literature puts the 33-bus feeder's limit near 3.6 times its load.
	let factor = solver.greatest_factor(&powers, 1e-4, &Options::default()).unwrap() * 10.0;
	assert!((3.3..3.8).contains(&factor), "{factor}");
	let most: Vec<_> = powers.iter().map(|power| power.map(|value| value * factor / 10.0)).collect();
	assert!(solver.solve_with(&most, &Options::default()).is_ok());
	println!("solvable up to {factor:.3} times its load");
}

#[test]
fn a_line_carries_no_more_than_its_matched_power() {
	// One line of impedance z to a load of the same angle carries at most V² / (4 |z|).
	let mut network = feeder();
	network.branches.truncate(1);
	network.buses.truncate(2);
	let z = C::new(0.1, 0.05);
	network.loads = vec![Load::constant("home", 1, [z / z.norm() * 1e6])];
	let solver = Solver::new(&network).unwrap();
	let factor = solver.greatest_factor(&[network.loads[0].power_va], 1e-6, &Options::default()).unwrap();
	let most = 400.0 * 400.0 / (4.0 * z.norm());
	assert!((factor * 1e6 / most - 1.0).abs() < 1e-3, "{} of {most}", factor * 1e6);
}

#[test]
fn loops_and_further_sources_are_left_to_newtons_method() {
	let mut network = feeder();
	network.branches.push(line("tie", 0, 2));
	let solver = Solver::new(&network).unwrap();
	assert!(!solver.is_radial());
	let sweep = Options { method: Method::Sweep, ..Options::default() };
	assert_eq!(solver.solve(&sweep).unwrap_err(), Unsolved::NotRadial);
	assert_eq!(solver.solve(&Options::default()).unwrap().method, Method::Newton);
	let mut network = feeder();
	network.sources.push(Source::ideal("other", 2, 1.0, 400.0));
	assert!(!Solver::new(&network).unwrap().is_radial());
}

#[test]
fn parallel_branches_are_one_edge_and_share_the_current() {
	let mut network = feeder();
	network.branches.push(line("double", 2, 1));
	let solver = Solver::new(&network).unwrap();
	assert!(solver.is_radial());
	let [sweep, newton] =
		[Method::Sweep, Method::Newton].map(|method| solver.solve(&Options { method, ..Options::default() }).unwrap());
	assert!((sweep.voltages_pu()[2][0] - newton.voltages_pu()[2][0]).norm() < 1e-9);
	let flows = solver.flows(&sweep);
	assert!((flows.branches[1].from_a[0] - flows.branches[2].to_a[0]).norm() < 1e-6);
	assert!((flows.branches[0].to_a[0] + flows.branches[1].from_a[0] * 2.0).norm() < 1e-6);
}
