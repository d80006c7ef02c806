//! The network made ready once, and answers for any powers.

use super::{
	flows::Flows,
	matrix::{power, Vector, C, ZERO},
	network::Network,
	newton::Newton,
	order::Order,
	prepared::{weight, Prepared, BASE_VA},
	refusal::Refusal,
	solution::{Method, Solution},
	sweep::sweep,
	validate::{absent_leg, finite, validate},
};
use std::sync::OnceLock;

/// How to solve, and how exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
	/// Which method.
	pub method: Method,
	/// The greatest error of a voltage, in per unit. Where rounding allows no better, Newton's method ends when
	/// no more is missing than rounding makes (1e-5 VA, more only in large grids with very short lines).
	pub tolerance_pu: f64,
	/// The most rounds of a sweep.
	pub most_rounds: usize,
	/// The most steps of Newton's method.
	pub most_steps: usize,
}

impl Default for Options {
	fn default() -> Self {
		Self { method: Method::Auto, tolerance_pu: 1e-10, most_rounds: 200, most_steps: 50 }
	}
}

/// Power that is missing (or too much) at a bus: how far voltages are from a solution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
	/// The bus where it is greatest.
	pub bus: usize,
	/// The phase.
	pub phase: usize,
	/// How much, in VA; with one modelled phase of all three together.
	pub power_va: f64,
}

/// Why there is no solution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsolved {
	/// Another number of powers than loads.
	#[error("{given} powers were given for {loads} loads")]
	Powers {
		/// How many were given.
		given: usize,
		/// How many loads there are.
		loads: usize,
	},
	/// A power is infinite, not a number, or on a phase that the bus does not have.
	#[error("load {load}: its power is not a number, or on a phase that its bus does not have")]
	BadPower {
		/// The load's name.
		load: String,
	},
	/// A start from a solution of another network.
	#[error("the start has {given} buses, the network {buses}")]
	Start {
		/// How many the start has.
		given: usize,
		/// How many there are.
		buses: usize,
	},
	/// A sweep was asked for where the network is not a tree.
	#[error("the network is not a tree with one source, so it cannot be swept: use Newton's method")]
	NotRadial,
	/// No voltages were found that carry these powers.
	#[error(
		"no voltages were found that carry these powers: after {iterations} iterations {:.1} VA are missing at bus {bus}, \
		 phase {}", mismatch.power_va, mismatch.phase
	)]
	Diverged {
		/// Iterations made.
		iterations: usize,
		/// Where and how far from a solution; of the voltages with the least missing current, after Newton's method.
		mismatch: Mismatch,
		/// The name of that bus.
		bus: String,
	},
}

/// A network made ready: ask it as often as needed, from any thread.
pub struct Solver<const N: usize> {
	network: Network<N>,
	prepared: Prepared<N>,
	order: Option<Order<N>>,
	/// Made when it is first needed.
	newton: OnceLock<Option<Newton<N>>>,
}

impl<const N: usize> Solver<N> {
	/// Validates a network and makes it ready.
	///
	/// # Errors
	/// If something is wrong with the network; the refusal names the element.
	pub fn new(network: &Network<N>) -> Result<Self, Refusal> {
		validate(network)?;
		let prepared = Prepared::new(network);
		let order = Order::new(&prepared);
		let solver = Self { network: network.clone(), prepared, order, newton: OnceLock::new() };
		if solver.order.is_none() && solver.newton().is_none() {
			return Err(Refusal::Singular);
		}
		Ok(solver)
	}

	/// The network as it was given.
	pub fn network(&self) -> &Network<N> {
		&self.network
	}

	/// Whether the closed branches form trees with one source each; parallel branches count as one.
	pub fn is_radial(&self) -> bool {
		self.order.is_some()
	}

	/// The power flow with the loads' own powers.
	///
	/// # Errors
	/// [`Unsolved::NotRadial`] and [`Unsolved::Diverged`].
	pub fn solve(&self, options: &Options) -> Result<Solution<N>, Unsolved> {
		let powers: Vec<_> = self.network.loads.iter().map(|load| load.power_va).collect();
		self.solve_with(&powers, options)
	}

	/// The power flow with other powers at the loads, in their order and in VA, as in [`Load::power_va`].
	///
	/// [`Load::power_va`]: super::Load::power_va
	///
	/// # Errors
	/// See [`Unsolved`].
	pub fn solve_with(&self, powers_va: &[Vector<N>], options: &Options) -> Result<Solution<N>, Unsolved> {
		self.answer(self.per_unit(powers_va)?, None, options)
	}

	/// As [`Self::solve_with`], beginning at an earlier solution, which saves iterations where powers changed little.
	///
	/// # Errors
	/// See [`Unsolved`].
	pub fn solve_from(
		&self,
		start: &Solution<N>,
		powers_va: &[Vector<N>],
		options: &Options,
	) -> Result<Solution<N>, Unsolved> {
		let (given, buses) = (start.voltages.len(), self.prepared.fixed.len());
		if given != buses {
			return Err(Unsolved::Start { given, buses });
		}
		self.answer(self.per_unit(powers_va)?, Some(&start.voltages), options)
	}

	/// The greatest common factor, up to 1, on all these powers for which a solution is found, to `accuracy` (0.001 takes
	/// ten solutions). It says how far beyond the grid's reach a [diverged](Unsolved::Diverged) case is.
	///
	/// # Errors
	/// [`Unsolved::Powers`], [`Unsolved::BadPower`] and [`Unsolved::NotRadial`].
	pub fn greatest_factor(&self, powers_va: &[Vector<N>], accuracy: f64, options: &Options) -> Result<f64, Unsolved> {
		let powers = self.per_unit(powers_va)?;
		let carries = |factor: f64| {
			let scaled = powers.iter().map(|power| power.map(|value| value * factor)).collect();
			match self.answer(scaled, None, options) {
				Ok(_) => Ok(true),
				Err(Unsolved::Diverged { .. }) => Ok(false),
				Err(other) => Err(other),
			}
		};
		if carries(1.0)? {
			return Ok(1.0);
		}
		let (mut low, mut high) = (0.0, 1.0);
		while high - low > accuracy.max(1e-9) {
			let middle = (low + high) / 2.0;
			if carries(middle)? {
				low = middle;
			} else {
				high = middle;
			}
		}
		Ok(low)
	}

	/// Currents, powers, loadings and losses of a solution of this solver.
	pub fn flows(&self, solution: &Solution<N>) -> Flows<N> {
		Flows::new(&self.network, &self.prepared, solution)
	}

	/// The greatest power that is missing at a bus without ideal source, in a solution: zero up to rounding.
	pub fn mismatch(&self, solution: &Solution<N>) -> Mismatch {
		self.missing(&solution.voltages, &solution.powers)
	}

	fn newton(&self) -> Option<&Newton<N>> {
		self.newton.get_or_init(|| Newton::new(&self.prepared)).as_ref()
	}

	fn per_unit(&self, powers_va: &[Vector<N>]) -> Result<Vec<Vector<N>>, Unsolved> {
		let loads = &self.network.loads;
		if powers_va.len() != loads.len() {
			return Err(Unsolved::Powers { given: powers_va.len(), loads: loads.len() });
		}
		for (load, power) in loads.iter().zip(powers_va) {
			let absent = absent_leg(load, power, &self.prepared.present[load.bus]);
			if !power.iter().all(finite) || absent.is_some() {
				return Err(Unsolved::BadPower { load: load.name.clone() });
			}
		}
		let base = BASE_VA * weight::<N>();
		Ok(powers_va.iter().map(|power| power.map(|value| value / base)).collect())
	}

	fn answer(
		&self,
		powers: Vec<Vector<N>>,
		start: Option<&[Vector<N>]>,
		options: &Options,
	) -> Result<Solution<N>, Unsolved> {
		let Options { method, tolerance_pu, most_rounds, most_steps } = *options;
		let own = self.prepared.own;
		let mut iterations = 0;
		let mut nearest = None;
		if method != Method::Newton {
			match &self.order {
				Some(order) => {
					let swept = sweep(order, &self.prepared, &powers, start, tolerance_pu, most_rounds);
					iterations = swept.rounds;
					if swept.converged {
						let (voltages, method) = (swept.voltages, Method::Sweep);
						return Ok(Solution { voltages, powers, own, iterations, method });
					}
					nearest = Some(swept.voltages);
				},
				None if method == Method::Sweep => return Err(Unsolved::NotRadial),
				None => {},
			}
		}
		if method != Method::Sweep {
			if let Some(newton) = self.newton() {
				let ended = newton.solve(&self.prepared, &powers, start, tolerance_pu, most_steps);
				iterations += ended.steps;
				if ended.converged {
					let (voltages, method) = (ended.voltages, Method::Newton);
					return Ok(Solution { voltages, powers, own, iterations, method });
				}
				nearest = Some(ended.voltages);
			}
		}
		let voltages = nearest.unwrap_or_else(|| vec![[ZERO; N]; self.prepared.fixed.len()]);
		let mismatch = self.missing(&voltages, &powers);
		let bus = self.network.buses[mismatch.bus].name.clone();
		Err(Unsolved::Diverged { iterations, mismatch, bus })
	}

	fn missing(&self, voltages: &[Vector<N>], powers: &[Vector<N>]) -> Mismatch {
		let residual = self.prepared.residual(voltages, powers);
		let mut greatest = Mismatch { bus: 0, phase: 0, power_va: 0.0 };
		for bus in (0..self.prepared.own).filter(|bus| self.prepared.fixed[*bus].is_none()) {
			let missing: Vector<N> = power(voltages[bus], residual[bus]);
			for (phase, missing) in missing.iter().enumerate() {
				let power_va = C::norm(*missing) * BASE_VA * weight::<N>();
				// What is not a number is as far away as can be.
				let power_va = if power_va.is_nan() { f64::INFINITY } else { power_va };
				if power_va > greatest.power_va {
					greatest = Mismatch { bus, phase, power_va };
				}
			}
		}
		greatest
	}
}
