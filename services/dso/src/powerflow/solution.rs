//! Voltages that solve a network.

use super::matrix::Vector;

/// How to solve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
	/// The sweep where the network is a tree, and Newton's method where it is not or the sweep does not converge.
	#[default]
	Auto,
	/// The backward/forward sweep, on trees only.
	Sweep,
	/// Newton's method.
	Newton,
}

/// Voltages at which every bus is balanced.
#[derive(Clone, Debug)]
pub struct Solution<const N: usize> {
	/// By bus, those of hidden sources behind.
	pub(super) voltages: Vec<Vector<N>>,
	/// By load, in per unit.
	pub(super) powers: Vec<Vector<N>>,
	/// How many of the buses are the network's own.
	pub(super) own: usize,
	/// Rounds of a sweep and steps of Newton's method.
	pub iterations: usize,
	/// Which method found it: never `Auto`.
	pub method: Method,
}

impl<const N: usize> Solution<N> {
	/// Voltage of each bus and phase to earth, per unit of nominal; zero where there is no such phase.
	pub fn voltages_pu(&self) -> &[Vector<N>] {
		&self.voltages[..self.own]
	}

	/// The magnitude of a voltage to earth, per unit of nominal.
	pub fn magnitude_pu(&self, bus: usize, phase: usize) -> f64 {
		self.voltages_pu()[bus][phase].norm()
	}

	/// The angle of a voltage, in degrees.
	pub fn angle_degree(&self, bus: usize, phase: usize) -> f64 {
		self.voltages_pu()[bus][phase].arg().to_degrees()
	}
}
