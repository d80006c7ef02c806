//! Random grids that follow from a seed: the same numbers on every machine.

use busbar_clearing::sample;
use busbar_dso::powerflow::{
	Branch, Bus, Connection, Load, Matrix, Network, Shares, Shunt, Source, Transformer, Winding, C,
};
use std::f64::consts::TAU;

/// Numbers that follow from a seed.
pub struct Numbers(sample::Numbers);

impl Numbers {
	pub fn new(seed: u64) -> Self {
		Self(sample::Numbers::new(seed))
	}

	/// The next 64 bits.
	pub fn bits(&mut self) -> u64 {
		self.0.number()
	}

	/// Between two numbers.
	pub fn between(&mut self, low: f64, high: f64) -> f64 {
		low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
	}

	/// Below a number.
	pub fn below(&mut self, bound: usize) -> usize {
		(self.bits() % bound as u64) as usize
	}
}

/// The parent of a bus: near in a long feeder, anywhere in a bushy one.
fn parent(numbers: &mut Numbers, bus: usize, reach: usize) -> usize {
	bus - 1 - numbers.below(bus.min(reach))
}

/// A balanced 20 kV tree with a load at every bus (a fifth of them generate), loaded lightly enough to be solvable: the
/// power is `load_w` in sum.
pub fn balanced(seed: u64, buses: usize, load_w: f64) -> Network<1> {
	let mut numbers = Numbers::new(seed);
	let mut network = Network::default();
	network.add_bus(Bus::new("0", 20e3));
	network.sources.push(Source::ideal("grid", 0, 1.02, 20e3));
	let reach = 2 + numbers.below(40);
	for bus in 1..buses {
		network.add_bus(Bus::new(bus.to_string(), 20e3));
		let from = parent(&mut numbers, bus, reach);
		let km = numbers.between(0.02, 0.5) * (200.0 / buses as f64).min(1.0);
		let series = C::new(numbers.between(0.1, 0.6), numbers.between(0.08, 0.4)) * km;
		let charging = C::new(0.0, TAU * 50.0 * 200e-9 * km);
		// Either way round, as files have it.
		let (from, to) = if numbers.below(2) == 0 { (from, bus) } else { (bus, from) };
		let line = Branch::line(format!("line {bus}"), from, to, Matrix([[series]]), Matrix([[charging]]));
		network.branches.push(line.rated(300.0, 300.0));
		let sign = if numbers.below(5) == 0 { -1.0 } else { 1.0 };
		let power = load_w / buses as f64 * numbers.between(0.2, 2.5) * sign;
		let load =
			Load::constant(format!("load {bus}"), bus, [C::new(power, power.abs() * numbers.between(-0.1, 0.5))]);
		network.loads.push(Load { shares: shares(&mut numbers), ..load });
	}
	network
}

fn shares(numbers: &mut Numbers) -> Shares {
	match numbers.below(3) {
		0 => {
			let (current, impedance) = (numbers.between(0.0, 0.5), numbers.between(0.0, 0.5));
			Shares { power: 1.0 - current - impedance, current, impedance }
		},
		_ => Shares::default(),
	}
}

/// The same with `ties` further lines that close loops.
pub fn meshed(seed: u64, buses: usize, load_w: f64, ties: usize) -> Network<1> {
	let mut network = balanced(seed, buses, load_w);
	let mut numbers = Numbers::new(!seed);
	for tie in 0..ties {
		let from = numbers.below(buses);
		let to = (from + 1 + numbers.below(buses - 1)) % buses;
		let series = C::new(numbers.between(0.05, 0.3), numbers.between(0.04, 0.2));
		network.branches.push(Branch::line(format!("tie {tie}"), from, to, Matrix([[series]]), Matrix::ZERO));
	}
	network
}

/// A three-phase tree of random sorts of everything: a 20 kV source behind an impedance, a transformer, four-wire cables reduced to
/// three phases, one- and two-phase laterals, wye and delta loads of all kinds, a capacitor bank.
pub fn unbalanced(seed: u64, buses: usize, load_w: f64) -> Network<3> {
	let mut numbers = Numbers::new(seed);
	let mut network = Network::default();
	let grid = network.add_bus(Bus::new("grid", 20e3));
	let busbar = network.add_bus(Bus::new("busbar", 400.0));
	let behind = Matrix::symmetric(C::new(0.2, 1.9), C::new(0.02, 0.3));
	network.sources.push(Source::ideal("grid", grid, 1.01, 20e3).behind(behind));
	let transformer = Transformer {
		magnetising_pu: C::new(0.002, -0.005),
		from_tap: 1.0 + 0.025 * (numbers.below(5) as f64 - 2.0),
		..Transformer::new(630e3, 20e3, 400.0, C::new(0.01, 0.06))
	};
	let (from, to, clock) = [
		(Winding::Delta, Winding::Wye, 5),
		(Winding::Delta, Winding::Wye, 11),
		(Winding::Wye, Winding::Wye, 0),
		(Winding::Wye, Winding::Wye, 6),
	][numbers.below(4)];
	let element = transformer.three_phase("t", from, to, clock, [true; 3]).unwrap();
	network.branches.push(Branch::new("t", grid, busbar, element));
	let reach = 2 + numbers.below(20);
	for bus in 2..buses {
		let from = parent(&mut numbers, bus - 1, reach) + 1;
		let mut phases = network.buses[from].phases;
		if bus > 4 && numbers.below(4) == 0 {
			let kept = numbers.below(3);
			if phases.iter().filter(|phase| **phase).count() > 1 && phases[(kept + 1) % 3] {
				phases[kept] = false;
			}
		}
		network.add_bus(Bus { phases, ..Bus::new(bus.to_string(), 400.0) });
		let km = numbers.between(0.003, 0.06) * (20.0 / buses as f64).min(1.0);
		let own = C::new(numbers.between(0.2, 0.6), numbers.between(0.1, 0.3)) * km;
		let mutual = C::new(numbers.between(0.02, 0.15), numbers.between(0.02, 0.09)) * km;
		let charging = Matrix::symmetric(C::new(0.0, 3e-4 * km), C::new(0.0, -4e-5 * km));
		let (one, other) = if numbers.below(2) == 0 { (from, bus) } else { (bus, from) };
		let series = Matrix::symmetric(own, mutual).masked(&phases);
		let line = Branch::line(format!("line {bus}"), one, other, series, charging.masked(&phases));
		network.branches.push(line.on(phases).rated(270.0, 270.0));
		let whole = phases == [true; 3];
		let connection = if whole && numbers.below(3) == 0 { Connection::Delta } else { Connection::Wye };
		let power_va = std::array::from_fn(|leg| {
			let power = load_w / buses as f64 / 3.0 * numbers.between(-0.6, 2.5);
			if phases[leg] {
				C::new(power, power.abs() * numbers.between(-0.1, 0.4))
			} else {
				C::new(0.0, 0.0)
			}
		});
		let load = Load::constant(format!("load {bus}"), bus, power_va);
		network.loads.push(Load { connection, shares: shares(&mut numbers), ..load });
		if whole && numbers.below(20) == 0 {
			network.shunts.push(Shunt::delta(format!("bank {bus}"), bus, C::new(0.0, 0.005)));
		}
	}
	network
}
