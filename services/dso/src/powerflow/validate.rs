//! What a network must be before it is solved; the first thing that is wrong is named.

use super::{
	matrix::{Phases, C, ZERO},
	network::{Element, Load, Network},
	refusal::Refusal,
};
use std::collections::VecDeque;

/// Whether a number can be used.
pub(crate) fn finite(value: &C) -> bool {
	value.re.is_finite() && value.im.is_finite()
}

/// Checks everything but singularity, which shows when the equations are factored.
pub(crate) fn validate<const N: usize>(network: &Network<N>) -> Result<(), Refusal> {
	const { assert!(N == 1 || N == 3, "one or three phases are modelled") };
	if network.buses.is_empty() {
		return Err(Refusal::Empty);
	}
	for bus in &network.buses {
		if !(bus.nominal_v.is_finite() && bus.nominal_v > 0.0) {
			return Err(Refusal::NotFinite { element: format!("bus {}", bus.name), what: "nominal voltage" });
		}
	}
	branches(network)?;
	sources(network)?;
	loads(network)?;
	for shunt in &network.shunts {
		let element = format!("shunt {}", shunt.name);
		let present = present(network, &element, shunt.bus)?;
		if !shunt.admittance_s.is_finite() {
			return Err(Refusal::NotFinite { element, what: "admittance" });
		}
		if shunt.admittance_s.masked(&present) != shunt.admittance_s {
			let phase = present.iter().position(|present| !present).unwrap_or(0);
			return Err(Refusal::NoPhase { element, bus: network.buses[shunt.bus].name.clone(), phase });
		}
	}
	islands(network)
}

/// The phases of the bus that an element states.
fn present<const N: usize>(network: &Network<N>, element: &str, bus: usize) -> Result<Phases<N>, Refusal> {
	let buses = network.buses.len();
	let unknown = || Refusal::UnknownBus { element: element.to_owned(), bus, buses };
	network.buses.get(bus).map(|bus| bus.phases).ok_or_else(unknown)
}

fn branches<const N: usize>(network: &Network<N>) -> Result<(), Refusal> {
	for branch in &network.branches {
		let element = format!("branch {}", branch.name);
		for bus in [branch.from, branch.to] {
			let present = present(network, &element, bus)?;
			if let Some(phase) = (0..N).find(|phase| branch.phases[*phase] && !present[*phase]) {
				return Err(Refusal::NoPhase { element, bus: network.buses[bus].name.clone(), phase });
			}
		}
		if branch.from == branch.to {
			return Err(Refusal::Loop { branch: branch.name.clone() });
		}
		let numbers = match &branch.element {
			Element::Line { series_ohm, charging_s } => vec![series_ohm, charging_s],
			Element::TwoPort { from_from, from_to, to_from, to_to } => vec![from_from, from_to, to_from, to_to],
		};
		if !numbers.iter().all(|matrix| matrix.is_finite()) {
			return Err(Refusal::NotFinite { element, what: "impedance" });
		}
		let connects = match &branch.element {
			Element::Line { series_ohm, .. } => {
				series_ohm.masked(&branch.phases).greatest() >= LEAST_OHM
					&& series_ohm.inverse(&branch.phases).is_some()
			},
			Element::TwoPort { from_to, .. } => from_to.masked(&branch.phases).greatest() > 0.0,
		};
		if !connects {
			return Err(Refusal::ZeroImpedance { branch: branch.name.clone() });
		}
		if branch.rated_a.is_some_and(|rated| !rated.iter().all(|amperes| amperes.is_finite() && *amperes > 0.0)) {
			return Err(Refusal::NotFinite { element, what: "rated current" });
		}
	}
	Ok(())
}

/// A line below this is a connection, not an impedance: a thousandth of a millimetre of cable.
const LEAST_OHM: f64 = 1e-9;

fn sources<const N: usize>(network: &Network<N>) -> Result<(), Refusal> {
	let mut ideal: Vec<Option<usize>> = vec![None; network.buses.len()];
	for (number, source) in network.sources.iter().enumerate() {
		let element = format!("source {}", source.name);
		let present = present(network, &element, source.bus)?;
		if !source.voltage_v.iter().all(finite) || source.voltage_v.iter().all(|value| *value == ZERO) {
			return Err(Refusal::NotFinite { element, what: "voltage" });
		}
		match source.impedance_ohm {
			None => {
				if let Some(first) = ideal[source.bus].replace(number) {
					return Err(Refusal::TwoSources {
						first: network.sources[first].name.clone(),
						second: source.name.clone(),
						bus: network.buses[source.bus].name.clone(),
					});
				}
			},
			Some(impedance) if !impedance.is_finite() => {
				return Err(Refusal::NotFinite { element, what: "impedance" });
			},
			Some(impedance) => {
				if impedance.inverse(&present).is_none() {
					return Err(Refusal::ZeroImpedance { branch: element });
				}
			},
		}
	}
	if network.sources.is_empty() {
		return Err(Refusal::NoSource);
	}
	Ok(())
}

fn loads<const N: usize>(network: &Network<N>) -> Result<(), Refusal> {
	for load in &network.loads {
		let element = || format!("load {}", load.name);
		let present = present(network, &element(), load.bus)?;
		if !load.power_va.iter().all(finite) {
			return Err(Refusal::NotFinite { element: element(), what: "power" });
		}
		if load.leg_v.is_some_and(|volts| !(volts.is_finite() && volts > 0.0)) {
			return Err(Refusal::NotFinite { element: element(), what: "voltage" });
		}
		let shares = load.shares.power + load.shares.current + load.shares.impedance;
		if !shares.is_finite() || (shares - 1.0).abs() > 1e-6 {
			return Err(Refusal::Shares { load: load.name.clone() });
		}
		if let Some(phase) = absent_leg(load, &load.power_va, &present) {
			return Err(Refusal::NoPhase { element: element(), bus: network.buses[load.bus].name.clone(), phase });
		}
	}
	Ok(())
}

/// A phase that a leg with power would need and the bus does not have.
pub(crate) fn absent_leg<const N: usize>(load: &Load<N>, power: &[C; N], present: &Phases<N>) -> Option<usize> {
	(0..N).filter(|leg| power[*leg] != ZERO).find_map(|leg| {
		let (phase, other) = Load::<N>::leg(load.connection, leg);
		[Some(phase), other].into_iter().flatten().find(|phase| !present[*phase])
	})
}

/// Every phase of every bus must be reached from a source over closed branches that carry it.
fn islands<const N: usize>(network: &Network<N>) -> Result<(), Refusal> {
	let mut at_bus: Vec<Vec<usize>> = vec![Vec::new(); network.buses.len()];
	for (number, branch) in network.branches.iter().enumerate().filter(|(_, branch)| branch.closed) {
		at_bus[branch.from].push(number);
		at_bus[branch.to].push(number);
	}
	let mut reached = vec![[false; N]; network.buses.len()];
	let mut next = VecDeque::new();
	for source in &network.sources {
		for phase in (0..N).filter(|phase| network.buses[source.bus].phases[*phase]) {
			if !std::mem::replace(&mut reached[source.bus][phase], true) {
				next.push_back((source.bus, phase));
			}
		}
	}
	while let Some((bus, phase)) = next.pop_front() {
		for branch in at_bus[bus].iter().map(|number| &network.branches[*number]) {
			if !branch.phases[phase] {
				continue;
			}
			let far = if branch.from == bus { branch.to } else { branch.from };
			for other in (0..N).filter(|other| branch.phases[*other]) {
				let carries = match &branch.element {
					Element::Line { .. } => other == phase,
					Element::TwoPort { from_to, to_from, .. } if branch.from == bus => {
						to_from.0[other][phase] != ZERO || from_to.0[phase][other] != ZERO
					},
					Element::TwoPort { from_to, to_from, .. } => {
						to_from.0[phase][other] != ZERO || from_to.0[other][phase] != ZERO
					},
				};
				if carries && !std::mem::replace(&mut reached[far][other], true) {
					next.push_back((far, other));
				}
			}
		}
	}
	for (bus, reached) in network.buses.iter().zip(&reached) {
		if let Some(phase) = (0..N).find(|phase| bus.phases[*phase] && !reached[*phase]) {
			return Err(Refusal::Island { bus: bus.name.clone(), phase });
		}
	}
	Ok(())
}
