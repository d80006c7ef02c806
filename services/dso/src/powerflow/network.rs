//! The network as it is written down: buses, branches, sources, loads and shunts, in SI units.

use super::matrix::{Matrix, Phases, Vector, C, ONE, ZERO};
use std::{array::from_fn, f64::consts::TAU};

/// A grid with `N` modelled phases: one (balanced) or three. Elements name buses by their place in `buses`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network<const N: usize> {
	/// The nodes.
	pub buses: Vec<Bus<N>>,
	/// Lines and transformers.
	pub branches: Vec<Branch<N>>,
	/// What keeps the voltage: the grid above.
	pub sources: Vec<Source<N>>,
	/// What draws power, or feeds it with the opposite sign.
	pub loads: Vec<Load<N>>,
	/// Fixed admittances to earth or between phases, such as capacitor banks.
	pub shunts: Vec<Shunt<N>>,
}

impl<const N: usize> Network<N> {
	/// Adds a bus and returns its place.
	pub fn add_bus(&mut self, bus: Bus<N>) -> usize {
		self.buses.push(bus);
		self.buses.len() - 1
	}
}

/// A node of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus<const N: usize> {
	/// What messages call it.
	pub name: String,
	/// Nominal voltage between phases, in V: the base of its per unit.
	pub nominal_v: f64,
	/// The phases that exist here.
	pub phases: Phases<N>,
}

impl<const N: usize> Bus<N> {
	/// A bus with all phases.
	pub fn new(name: impl Into<String>, nominal_v: f64) -> Self {
		Self { name: name.into(), nominal_v, phases: [true; N] }
	}
}

/// A line or transformer between two buses.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch<const N: usize> {
	/// What messages call it.
	pub name: String,
	/// Where it begins.
	pub from: usize,
	/// Where it ends.
	pub to: usize,
	/// Its phases.
	pub phases: Phases<N>,
	/// What it does electrically.
	pub element: Element<N>,
	/// The greatest permanent current of a phase at both ends, in A.
	pub rated_a: Option<[f64; 2]>,
	/// An open branch carries nothing.
	pub closed: bool,
}

impl<const N: usize> Branch<N> {
	/// A closed line on all phases, without rating: series impedance in ohms, shunt admittance of the whole line in siemens.
	pub fn line(name: impl Into<String>, from: usize, to: usize, series_ohm: Matrix<N>, charging_s: Matrix<N>) -> Self {
		Self::new(name, from, to, Element::Line { series_ohm, charging_s })
	}

	/// A closed branch on all phases, without rating.
	pub fn new(name: impl Into<String>, from: usize, to: usize, element: Element<N>) -> Self {
		Self { name: name.into(), from, to, phases: [true; N], element, rated_a: None, closed: true }
	}

	/// The same, rated with a current in A at both ends.
	#[must_use]
	pub fn rated(mut self, from_a: f64, to_a: f64) -> Self {
		self.rated_a = Some([from_a, to_a]);
		self
	}

	/// The same, on some phases only.
	#[must_use]
	pub fn on(mut self, phases: Phases<N>) -> Self {
		self.phases = phases;
		self
	}
}

/// What a branch does electrically.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element<const N: usize> {
	/// A line: an impedance in series, half of its shunt admittance at each end.
	Line {
		/// Series impedance, in ohms.
		series_ohm: Matrix<N>,
		/// Shunt admittance of the whole line, in siemens.
		charging_s: Matrix<N>,
	},
	/// Anything linear: currents into both ends from the voltages at both ends, in siemens. Transformers come as this, from
	/// [`Transformer`](super::Transformer).
	TwoPort {
		/// Current into the beginning from the voltage there.
		from_from: Matrix<N>,
		/// Current into the beginning from the voltage at the end.
		from_to: Matrix<N>,
		/// Current into the end from the voltage at the beginning.
		to_from: Matrix<N>,
		/// Current into the end from the voltage there.
		to_to: Matrix<N>,
	},
}

/// A voltage, behind an impedance or ideal.
#[derive(Clone, Debug, PartialEq)]
pub struct Source<const N: usize> {
	/// What messages call it.
	pub name: String,
	/// Where it feeds.
	pub bus: usize,
	/// Voltage of each phase to earth, in V.
	pub voltage_v: Vector<N>,
	/// The impedance behind which that voltage stands, in ohms; none for an ideal source.
	pub impedance_ohm: Option<Matrix<N>>,
}

impl<const N: usize> Source<N> {
	/// An ideal source in positive sequence, phase A at 0 degrees: the voltage in per unit of `nominal_v` between phases.
	pub fn ideal(name: impl Into<String>, bus: usize, voltage_pu: f64, nominal_v: f64) -> Self {
		Self {
			name: name.into(),
			bus,
			voltage_v: positive_sequence(voltage_pu * nominal_v / 3.0_f64.sqrt()),
			impedance_ohm: None,
		}
	}

	/// The same behind an impedance in ohms.
	#[must_use]
	pub fn behind(mut self, impedance_ohm: Matrix<N>) -> Self {
		self.impedance_ohm = Some(impedance_ohm);
		self
	}
}

/// Voltages of one magnitude, each phase a third of a turn behind the one before.
pub(crate) fn positive_sequence<const N: usize>(magnitude: f64) -> Vector<N> {
	from_fn(|phase| C::from_polar(magnitude, -TAU / 3.0 * phase as f64))
}

/// Between what a load is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
	/// Each phase to earth.
	#[default]
	Wye,
	/// Between phases: the powers are those of AB, BC and CA.
	Delta,
}

/// How the power of a load follows its voltage: the shares sum to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
	/// Constant power.
	pub power: f64,
	/// Constant current: power proportional to the voltage.
	pub current: f64,
	/// Constant impedance: power proportional to the square of the voltage.
	pub impedance: f64,
}

impl Default for Shares {
	fn default() -> Self {
		Self { power: 1.0, current: 0.0, impedance: 0.0 }
	}
}

/// Consumption (positive) or generation (negative) at a bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Load<const N: usize> {
	/// What messages call it.
	pub name: String,
	/// Where it is connected.
	pub bus: usize,
	/// Between what.
	pub connection: Connection,
	/// Power at nominal voltage, in W + j var: the three-phase sum with one modelled phase, of each leg with three.
	pub power_va: Vector<N>,
	/// How it follows the voltage.
	pub shares: Shares,
	/// The voltage across a leg at which it draws `power_va`, in V; none for that of the bus.
	pub leg_v: Option<f64>,
}

impl<const N: usize> Load<N> {
	/// Constant power from phase to earth, in W + j var.
	pub fn constant(name: impl Into<String>, bus: usize, power_va: Vector<N>) -> Self {
		Self { name: name.into(), bus, connection: Connection::Wye, power_va, shares: Shares::default(), leg_v: None }
	}

	/// The two phases of a leg; with wye, or one modelled phase, the second is earth.
	pub(crate) fn leg(connection: Connection, leg: usize) -> (usize, Option<usize>) {
		match connection {
			Connection::Delta if N == 3 => (leg, Some((leg + 1) % N)),
			_ => (leg, None),
		}
	}
}

/// A fixed admittance at a bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Shunt<const N: usize> {
	/// What messages call it.
	pub name: String,
	/// Where it is connected.
	pub bus: usize,
	/// Currents drawn from the phases by their voltages to earth, in siemens.
	pub admittance_s: Matrix<N>,
}

impl Shunt<3> {
	/// Equal admittances between phases, in siemens each.
	pub fn delta(name: impl Into<String>, bus: usize, admittance_s: C) -> Self {
		let admittance_s = Matrix::symmetric(admittance_s * 2.0, -admittance_s);
		Self { name: name.into(), bus, admittance_s }
	}

	/// An admittance in siemens between two phases.
	pub fn between(name: impl Into<String>, bus: usize, phases: (usize, usize), admittance_s: C) -> Self {
		let mut way = [ZERO; 3];
		way[phases.0] = ONE;
		way[phases.1] = -ONE;
		let admittance_s = Matrix(from_fn(|row| from_fn(|column| admittance_s * way[row] * way[column])));
		Self { name: name.into(), bus, admittance_s }
	}
}
