//! The current that a load draws, and how it follows the voltage.
//!
//! A leg of power `s` at its nominal voltage `n` draws at the voltage `u` the power `s (p + i |u|/n + z |u|²/n²)`, and so
//! the current `conj(s) (p / conj(u) + i u / (n |u|) + z u / n²)`.

use super::{
	matrix::{Matrix, Vector, C, ZERO},
	network::{Connection, Load, Shares},
};

/// A load in per unit; its power is given with each question.
pub(crate) struct Device<const N: usize> {
	pub bus: usize,
	connection: Connection,
	shares: Shares,
	/// Nominal voltage across a leg over the bus's nominal voltage to earth.
	nominal: f64,
}

impl<const N: usize> Device<N> {
	pub fn new(load: &Load<N>, bus_nominal_v: f64) -> Self {
		let base = bus_nominal_v / 3.0_f64.sqrt();
		let (_, second) = Load::<N>::leg(load.connection, 0);
		let leg = if second.is_some() { bus_nominal_v } else { base };
		// With one modelled phase a leg is that phase, whatever the connection.
		let stated =
			load.leg_v.map(
				|volts| {
					if N == 1 && load.connection == Connection::Delta {
						volts / 3.0_f64.sqrt()
					} else {
						volts
					}
				},
			);
		Self { bus: load.bus, connection: load.connection, shares: load.shares, nominal: stated.unwrap_or(leg) / base }
	}

	/// Adds the currents drawn to `currents`.
	#[inline]
	pub fn draw(&self, voltage: &Vector<N>, power: &Vector<N>, currents: &mut Vector<N>) {
		for (leg, power) in power.iter().enumerate() {
			if *power == ZERO {
				continue;
			}
			let (phase, other) = Load::<N>::leg(self.connection, leg);
			let across = voltage[phase] - other.map_or(ZERO, |other| voltage[other]);
			let current = self.current(across, power.conj());
			currents[phase] += current;
			if let Some(other) = other {
				currents[other] -= current;
			}
		}
	}

	#[inline]
	fn current(&self, across: C, conjugate: C) -> C {
		let Shares { power, current, impedance } = self.shares;
		// 1 / conj(u) = u / |u|².
		let square = across.norm_sqr();
		let mut factor = power / square;
		if current != 0.0 {
			factor += current / (self.nominal * square.sqrt());
		}
		if impedance != 0.0 {
			factor += impedance / (self.nominal * self.nominal);
		}
		conjugate * across * factor
	}

	/// The power drawn, summed over the legs.
	pub fn power(&self, voltage: &Vector<N>, power: &Vector<N>) -> C {
		(0..N)
			.filter(|leg| power[*leg] != ZERO)
			.map(|leg| {
				let (phase, other) = Load::<N>::leg(self.connection, leg);
				let across = voltage[phase] - other.map_or(ZERO, |other| voltage[other]);
				across * self.current(across, power[leg].conj()).conj()
			})
			.sum()
	}

	/// The change of the currents as `own dV + mirrored conj(dV)`.
	pub fn derivative(&self, voltage: &Vector<N>, power: &Vector<N>) -> [Matrix<N>; 2] {
		let [mut own, mut mirrored] = [Matrix::ZERO; 2];
		for leg in (0..N).filter(|leg| power[*leg] != ZERO) {
			let (phase, other) = Load::<N>::leg(self.connection, leg);
			let across = voltage[phase] - other.map_or(ZERO, |other| voltage[other]);
			let conjugate = power[leg].conj();
			let size = across.norm();
			let along = conjugate * (self.shares.current / (2.0 * self.nominal * size));
			let one = along + conjugate * (self.shares.impedance / (self.nominal * self.nominal));
			// u²/|u|² turns the mirrored change.
			let turn = across * across / (size * size);
			let two = -conjugate * self.shares.power * turn / (size * size) - along * turn;
			for (matrix, value) in [(&mut own, one), (&mut mirrored, two)] {
				matrix.0[phase][phase] += value;
				if let Some(other) = other {
					matrix.0[phase][other] -= value;
					matrix.0[other][phase] -= value;
					matrix.0[other][other] += value;
				}
			}
		}
		[own, mirrored]
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn device(connection: Connection, shares: Shares) -> Device<3> {
		let load = Load { connection, shares, ..Load::constant("l", 0, [C::new(1.0, 0.5); 3]) };
		Device::new(&load, 400.0)
	}

	#[test]
	fn the_derivative_is_the_slope_of_the_current() {
		let voltage = [C::new(1.02, 0.01), C::new(-0.49, -0.85), C::new(-0.52, 0.9)];
		let power = [C::new(0.3, 0.1), C::new(-0.2, 0.05), C::new(0.4, -0.3)];
		let shares = Shares { power: 0.5, current: 0.3, impedance: 0.2 };
		for connection in [Connection::Wye, Connection::Delta] {
			let device = device(connection, shares);
			let [own, mirrored] = device.derivative(&voltage, &power);
			for phase in 0..3 {
				for step in [C::new(1e-6, 0.0), C::new(0.0, 1e-6)] {
					let drawn = |sign: f64| {
						let mut moved = voltage;
						moved[phase] += step * sign;
						let mut currents = [ZERO; 3];
						device.draw(&moved, &power, &mut currents);
						currents
					};
					let (more, less) = (drawn(0.5), drawn(-0.5));
					for row in 0..3 {
						let slope = own.0[row][phase] * step + mirrored.0[row][phase] * step.conj();
						let error = (more[row] - less[row] - slope).norm();
						assert!(error < 1e-14, "{connection:?} {phase} {row}: {error}");
					}
				}
			}
		}
	}

	#[test]
	fn power_follows_the_voltage_by_its_shares() {
		let voltage = [C::new(0.9, 0.0), C::new(0.0, 0.9), C::new(0.0, -0.9)];
		let power = [C::new(1.0, 0.5), ZERO, ZERO];
		for (shares, factor) in [
			(Shares::default(), 1.0),
			(Shares { power: 0.0, current: 1.0, impedance: 0.0 }, 0.9),
			(Shares { power: 0.0, current: 0.0, impedance: 1.0 }, 0.81),
		] {
			let drawn = device(Connection::Wye, shares).power(&voltage, &power);
			assert!((drawn - power[0] * factor).norm() < 1e-12, "{shares:?}: {drawn}");
		}
	}
}
