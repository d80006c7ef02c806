//! A valid network in per unit, as both methods read it.
//!
//! The base of a voltage is its bus's nominal voltage to earth, the base of power is [`BASE_VA`] for each modelled phase.
//! A source behind an impedance becomes an ideal source at a bus of its own, behind the buses of the network, and a line.

use super::{
	device::Device,
	matrix::{add, Matrix, Phases, Vector, C},
	network::{Element, Network},
};

/// Apparent power of one modelled phase that is 1 pu, in VA.
pub(crate) const BASE_VA: f64 = 100e3;

/// How many phases one modelled phase stands for.
pub(crate) fn weight<const N: usize>() -> f64 {
	3.0 / N as f64
}

/// The network in per unit.
pub(crate) struct Prepared<const N: usize> {
	/// Buses of the network itself; those of sources follow.
	pub own: usize,
	/// Nominal voltage to earth of each bus, in V.
	pub base_v: Vec<f64>,
	/// Phases of each bus.
	pub present: Vec<Phases<N>>,
	/// The voltage of a bus with an ideal source.
	pub fixed: Vec<Option<Vector<N>>>,
	/// Closed branches, then the impedances of sources.
	pub links: Vec<Link<N>>,
	/// Admittances to earth, by bus; none where there is nothing.
	pub shunts: Vec<Option<Matrix<N>>>,
	/// One for each load of the network.
	pub devices: Vec<Device<N>>,
}

/// A closed branch, in per unit.
pub(crate) struct Link<const N: usize> {
	pub from: usize,
	pub to: usize,
	/// Its place in the network; none for the impedance of a source.
	pub branch: Option<usize>,
	/// Currents into both ends from the voltages at both ends.
	pub admittance: Admittance<N>,
	/// Series impedance and half the shunt admittance of a line between equal nominal voltages.
	pub line: Option<(Matrix<N>, Matrix<N>)>,
}

/// Currents into both ends of a branch from the voltages at both ends.
#[derive(Clone, Copy)]
pub(crate) struct Admittance<const N: usize> {
	pub from_from: Matrix<N>,
	pub from_to: Matrix<N>,
	pub to_from: Matrix<N>,
	pub to_to: Matrix<N>,
}

impl<const N: usize> Admittance<N> {
	/// The same seen from the other end.
	pub fn reversed(self) -> Self {
		Self { from_from: self.to_to, from_to: self.to_from, to_from: self.from_to, to_to: self.from_from }
	}

	/// Both side by side.
	pub fn parallel(self, other: Self) -> Self {
		Self {
			from_from: self.from_from + other.from_from,
			from_to: self.from_to + other.from_to,
			to_from: self.to_from + other.to_from,
			to_to: self.to_to + other.to_to,
		}
	}

	/// Currents into both ends.
	#[inline]
	pub fn currents(&self, from: Vector<N>, to: Vector<N>) -> [Vector<N>; 2] {
		[add(self.from_from * from, self.from_to * to), add(self.to_from * from, self.to_to * to)]
	}
}

impl<const N: usize> Prepared<N> {
	/// Of a network that was validated.
	pub fn new(network: &Network<N>) -> Self {
		let own = network.buses.len();
		let mut prepared = Self {
			own,
			base_v: network.buses.iter().map(|bus| bus.nominal_v / 3.0_f64.sqrt()).collect(),
			present: network.buses.iter().map(|bus| bus.phases).collect(),
			fixed: vec![None; own],
			links: Vec::new(),
			shunts: vec![None; own],
			devices: network.loads.iter().map(|load| Device::new(load, network.buses[load.bus].nominal_v)).collect(),
		};
		for (number, branch) in network.branches.iter().enumerate().filter(|(_, branch)| branch.closed) {
			let ends = (branch.from, branch.to);
			prepared.link(ends, Some(number), &branch.element, &branch.phases);
		}
		for source in &network.sources {
			let (bus, base) = (source.bus, prepared.base_v[source.bus]);
			let present = prepared.present[bus];
			let voltage =
				std::array::from_fn(
					|phase| {
						if present[phase] {
							source.voltage_v[phase] / base
						} else {
							C::new(0.0, 0.0)
						}
					},
				);
			match source.impedance_ohm {
				None => prepared.fixed[bus] = Some(voltage),
				Some(series_ohm) => {
					let hidden = prepared.base_v.len();
					prepared.base_v.push(base);
					prepared.present.push(present);
					prepared.fixed.push(Some(voltage));
					prepared.shunts.push(None);
					let element = Element::Line { series_ohm, charging_s: Matrix::ZERO };
					prepared.link((hidden, bus), None, &element, &present);
				},
			}
		}
		for shunt in &network.shunts {
			let base = prepared.base_v[shunt.bus];
			let admittance = shunt.admittance_s.scale(C::new(base * base / BASE_VA, 0.0));
			let sum = prepared.shunts[shunt.bus].unwrap_or(Matrix::ZERO);
			prepared.shunts[shunt.bus] = Some(sum + admittance);
		}
		prepared
	}

	fn link(&mut self, (from, to): (usize, usize), branch: Option<usize>, element: &Element<N>, phases: &Phases<N>) {
		let (from_v, to_v) = (self.base_v[from], self.base_v[to]);
		let per_unit = |matrix: &Matrix<N>, volts: f64| matrix.masked(phases).scale(C::new(volts / BASE_VA, 0.0));
		let (admittance, line) = match element {
			Element::Line { series_ohm, charging_s } => {
				let series = series_ohm.inverse(phases).expect("a validated line has an impedance; qed");
				let half = charging_s.masked(phases).scale(C::new(0.5, 0.0));
				let own = series + half;
				let admittance = Admittance {
					from_from: per_unit(&own, from_v * from_v),
					from_to: per_unit(&-series, from_v * to_v),
					to_from: per_unit(&-series, from_v * to_v),
					to_to: per_unit(&own, to_v * to_v),
				};
				let same = (from_v == to_v).then(|| {
					let impedance = series_ohm.masked(phases).scale(C::new(BASE_VA / (from_v * from_v), 0.0));
					(impedance, per_unit(&half, from_v * from_v))
				});
				(admittance, same)
			},
			Element::TwoPort { from_from, from_to, to_from, to_to } => {
				let admittance = Admittance {
					from_from: per_unit(from_from, from_v * from_v),
					from_to: per_unit(from_to, from_v * to_v),
					to_from: per_unit(to_from, from_v * to_v),
					to_to: per_unit(to_to, to_v * to_v),
				};
				(admittance, None)
			},
		};
		self.links.push(Link { from, to, branch, admittance, line });
	}

	/// The current that each bus lacks at these voltages, drawn by branches, shunts and devices; zero in a solution but at
	/// fixed buses, where it is what the source has to give.
	pub fn residual(&self, voltages: &[Vector<N>], powers: &[Vector<N>]) -> Vec<Vector<N>> {
		let mut currents = vec![[C::new(0.0, 0.0); N]; voltages.len()];
		for link in &self.links {
			let [from, to] = link.admittance.currents(voltages[link.from], voltages[link.to]);
			currents[link.from] = add(currents[link.from], from);
			currents[link.to] = add(currents[link.to], to);
		}
		for (bus, shunt) in self.shunts.iter().enumerate() {
			if let Some(shunt) = shunt {
				currents[bus] = add(currents[bus], *shunt * voltages[bus]);
			}
		}
		for (device, power) in self.devices.iter().zip(powers) {
			device.draw(&voltages[device.bus], power, &mut currents[device.bus]);
		}
		currents
	}
}
