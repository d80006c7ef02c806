//! Two-winding transformers as linear two-ports.
//!
//! Series impedance and core are given per unit of the rating, as nameplates do, and referred to the winding at the `to`
//! end with its tap. A winding between phases has no path to earth, so what hangs on it would have no voltage to earth at
//! all; as in reality, a stray admittance holds it there: a millionth of the winding's own, without resistance, so that it
//! loses nothing.

use super::{
	matrix::{Matrix, Phases, C, ONE},
	network::Element,
	refusal::Refusal,
};

/// Where the magnetising admittance sits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Core {
	/// Between two halves of the series impedance (T circuit).
	#[default]
	Middle,
	/// Half at each side (pi circuit).
	Ends,
	/// All at the `to` side.
	To,
}

/// How the coils of one side are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winding {
	/// From each phase to earth.
	Wye,
	/// Between phases.
	Delta,
}

/// The nameplate of a two-winding transformer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transformer {
	/// Rated apparent power of the three phases together, in VA. A single-phase unit states three times its own.
	pub rated_va: f64,
	/// Rated voltage between phases at the `from` side, in V.
	pub from_v: f64,
	/// Rated voltage between phases at the `to` side, in V.
	pub to_v: f64,
	/// Short-circuit impedance, per unit of the rating.
	pub series_pu: C,
	/// Magnetising admittance, per unit of the rating; its imaginary part is negative.
	pub magnetising_pu: C,
	/// Where that admittance sits.
	pub core: Core,
	/// Turns of the `from` side over its rated ones: 1 in the neutral position of the tap.
	pub from_tap: f64,
	/// Turns of the `to` side over its rated ones.
	pub to_tap: f64,
}

impl Transformer {
	/// A transformer without core, taps neutral.
	pub fn new(rated_va: f64, from_v: f64, to_v: f64, series_pu: C) -> Self {
		Self {
			rated_va,
			from_v,
			to_v,
			series_pu,
			magnetising_pu: C::new(0.0, 0.0),
			core: Core::Middle,
			from_tap: 1.0,
			to_tap: 1.0,
		}
	}

	/// The rated currents of both sides, in A.
	pub fn rated_a(&self) -> [f64; 2] {
		[self.from_v, self.to_v].map(|volts| self.rated_va / (3.0_f64.sqrt() * volts))
	}

	/// One phase for all three. The `to` side lags by `shift_degree` (150 for vector group Dyn5).
	///
	/// # Errors
	/// Without impedance, or with a number that makes no sense; `name` is for the message.
	pub fn balanced(&self, name: &str, shift_degree: f64) -> Result<Element<1>, Refusal> {
		if !shift_degree.is_finite() {
			return Err(Refusal::NotFinite { element: format!("transformer {name}"), what: "phase shift" });
		}
		let volts = [self.from_v, self.to_v].map(|volts| volts / 3.0_f64.sqrt());
		let [own, across, far] = self.coil(name, volts)?;
		let turn = C::from_polar(1.0, shift_degree.to_radians());
		// The `to` side sees the `from` voltage turned back by the shift.
		Ok(Element::TwoPort {
			from_from: Matrix([[own]]),
			from_to: Matrix([[across * turn]]),
			to_from: Matrix([[across * turn.conj()]]),
			to_to: Matrix([[far]]),
		})
	}

	/// Three phases, by the connection of both sides and the clock number of the vector group: hours by which the `to` side
	/// lags, odd between wye and delta, even otherwise (Dyn5: `Delta`, `Wye`, 5). Single-phase units between
	/// earthed phases have clock number 0 and their phases.
	///
	/// # Errors
	/// Without impedance, with a clock number that no such connection has, or a number that makes no sense.
	pub fn three_phase(
		&self,
		name: &str,
		from: Winding,
		to: Winding,
		clock: u8,
		phases: Phases<3>,
	) -> Result<Element<3>, Refusal> {
		let odd = u8::from(from != to);
		let one_by_one = from == Winding::Wye && to == Winding::Wye && clock == 0;
		if clock > 11 || clock % 2 != odd || (phases != [true; 3] && !one_by_one) {
			return Err(Refusal::Clock { branch: name.into(), clock });
		}
		let volts = |winding, volts: f64| if winding == Winding::Wye { volts / 3.0_f64.sqrt() } else { volts };
		let [own, across, far] = self.coil(name, [volts(from, self.from_v), volts(to, self.to_v)])?;
		// Which `to` coil sits on the leg of which `from` coil, and how wound: four hours per phase, six for the other way.
		let hours = clock - odd;
		let (shift, sign) = match hours % 12 {
			0 => (0, 1.0),
			4 => (1, 1.0),
			8 => (2, 1.0),
			6 => (0, -1.0),
			10 => (1, -1.0),
			_ => (2, -1.0),
		};
		let from_coils = coils(from, if to == Winding::Wye { 2 } else { 1 });
		let mut to_coils = coils(to, 1);
		// Terminal `p` of the `to` side carries what terminal `p + shift` would carry at clock 0 or 1.
		to_coils = Matrix(std::array::from_fn(|coil| {
			std::array::from_fn(|phase| to_coils.0[coil][(phase + shift) % 3] * sign)
		}));
		let (own, across, far) =
			(Matrix::diagonal([own; 3]), Matrix::diagonal([across; 3]), Matrix::diagonal([far; 3]));
		let stray = |winding, own: Matrix<3>| match winding {
			Winding::Wye => Matrix::ZERO,
			Winding::Delta => Matrix(own.0.map(|row| row.map(|value| C::new(0.0, value.im * STRAY)))),
		};
		Ok(Element::TwoPort {
			from_from: (from_coils.transpose() * own * from_coils + stray(from, own)).masked(&phases),
			from_to: (from_coils.transpose() * across * to_coils).masked(&phases),
			to_from: (to_coils.transpose() * across * from_coils).masked(&phases),
			to_to: (to_coils.transpose() * far * to_coils + stray(to, far)).masked(&phases),
		})
	}

	/// The admittances of one pair of coils with the given rated voltages, in siemens: `from` own, across, `to` own.
	fn coil(&self, name: &str, volts: [f64; 2]) -> Result<[C; 3], Refusal> {
		let element = || format!("transformer {name}");
		let numbers = [self.rated_va, self.from_v, self.to_v, self.from_tap, self.to_tap];
		if !numbers.iter().all(|number| number.is_finite() && *number > 0.0) {
			return Err(Refusal::NotFinite {
				element: element(),
				what: "rating, voltage or tap (all must be positive)",
			});
		}
		let (z, core) = (self.series_pu, self.magnetising_pu);
		if ![z.re, z.im, core.re, core.im].iter().all(|number| number.is_finite()) {
			return Err(Refusal::NotFinite { element: element(), what: "impedance" });
		}
		if z.norm() < LEAST_PU {
			return Err(Refusal::ZeroImpedance { branch: name.into() });
		}
		let [own, across, far] = match self.core {
			Core::Middle => {
				let whole = z + z * z * core / 4.0;
				let own = (ONE + z * core / 2.0) / whole;
				[own, -whole.inv(), own]
			},
			Core::Ends => [z.inv() + core / 2.0, -z.inv(), z.inv() + core / 2.0],
			Core::To => [z.inv(), -z.inv(), z.inv() + core],
		};
		let [from, to] = [volts[0] * self.from_tap, volts[1] * self.to_tap];
		let coil_va = self.rated_va / 3.0;
		Ok([own * (coil_va / (from * from)), across * (coil_va / (from * to)), far * (coil_va / (to * to))])
	}
}

/// A series impedance below this, per unit of the rating, is none.
const LEAST_PU: f64 = 1e-9;

/// The stray admittance to earth of a winding between phases, as a share of its own reactive one.
const STRAY: f64 = 1e-6;

/// Coil voltages from phase voltages: coil by row. A delta coil lies between its phase and the one `ahead`.
fn coils(winding: Winding, ahead: usize) -> Matrix<3> {
	let mut matrix = Matrix::identity();
	if winding == Winding::Delta {
		for coil in 0..3 {
			matrix.0[coil][(coil + ahead) % 3] = -ONE;
		}
	}
	matrix
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::powerflow::network::positive_sequence;

	fn nameplate() -> Transformer {
		Transformer::new(250e3, 20e3, 400.0, C::new(0.0132, 0.0585))
	}

	/// The voltage of phase A at the open `to` side, the `from` side fed in positive sequence with 1 pu.
	fn open(element: Element<3>) -> C {
		let Element::TwoPort { to_from, to_to, .. } = element else { unreachable!() };
		let fed = positive_sequence(20e3 / 3.0_f64.sqrt());
		((-to_to.inverse(&[true; 3]).unwrap()) * (to_from * fed))[0] / (400.0 / 3.0_f64.sqrt())
	}

	#[test]
	fn every_vector_group_lags_by_its_clock_number() {
		for clock in 0..12 {
			let pairs = if clock % 2 == 1 {
				[(Winding::Delta, Winding::Wye), (Winding::Wye, Winding::Delta)]
			} else {
				[(Winding::Wye, Winding::Wye), (Winding::Delta, Winding::Delta)]
			};
			for (from, to) in pairs {
				let element = nameplate().three_phase("t", from, to, clock, [true; 3]).unwrap();
				let voltage = open(element);
				let wanted = C::from_polar(1.0, -f64::from(clock) * 30.0_f64.to_radians());
				assert!((voltage - wanted).norm() < 2e-6, "{from:?} {to:?} {clock}: {voltage}, wanted {wanted}");
			}
		}
	}

	#[test]
	fn a_clock_number_that_a_connection_cannot_have_is_refused() {
		for (from, to, clock) in
			[(Winding::Delta, Winding::Wye, 6), (Winding::Wye, Winding::Wye, 5), (Winding::Wye, Winding::Wye, 12)]
		{
			let refusal = nameplate().three_phase("t", from, to, clock, [true; 3]).unwrap_err();
			assert_eq!(refusal, Refusal::Clock { branch: "t".into(), clock });
		}
		let partly = nameplate().three_phase("t", Winding::Delta, Winding::Wye, 1, [true, false, false]);
		assert!(matches!(partly, Err(Refusal::Clock { .. })));
	}

	#[test]
	fn a_transformer_without_impedance_is_refused() {
		let refusal = Transformer { series_pu: C::new(0.0, 0.0), ..nameplate() }.balanced("t", 0.0).unwrap_err();
		assert_eq!(refusal, Refusal::ZeroImpedance { branch: "t".into() });
	}

	#[test]
	fn the_three_forms_of_the_core_draw_the_same_no_load_power_within_the_series_drop() {
		let core = C::new(0.88 / 250.0, -0.0005);
		for place in [Core::Middle, Core::Ends, Core::To] {
			let transformer = Transformer { magnetising_pu: core, core: place, ..nameplate() };
			let Element::TwoPort { from_from, from_to, to_from, to_to } = transformer.balanced("t", 150.0).unwrap()
			else {
				unreachable!()
			};
			let seen = from_from.0[0][0] - from_to.0[0][0] * to_from.0[0][0] / to_to.0[0][0];
			let power = seen.conj() * 20e3 * 20e3;
			assert!((power - core.conj() * 250e3).norm() < 0.001 * 880.0, "{place:?}: {power}");
		}
	}
}
