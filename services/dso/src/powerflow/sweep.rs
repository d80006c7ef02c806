//! The backward/forward sweep: currents are summed from the leaves to the source at the voltages at hand, then voltages
//! follow from the source to the leaves. Each round takes time linear in the number of buses.

use super::{
	matrix::{add, sub, Vector, ZERO},
	order::Order,
	prepared::Prepared,
};

/// Where a sweep ended.
pub(crate) struct Swept<const N: usize> {
	/// Voltages by bus, in per unit.
	pub voltages: Vec<Vector<N>>,
	/// Rounds taken.
	pub rounds: usize,
	/// Whether the voltages are within the tolerance.
	pub converged: bool,
}

/// Sweeps from `start` (voltages by bus) or from no load until voltages are within `tolerance` pu, at most `most` rounds.
pub(crate) fn sweep<const N: usize>(
	order: &Order<N>,
	prepared: &Prepared<N>,
	powers: &[Vector<N>],
	start: Option<&[Vector<N>]>,
	tolerance: f64,
	most: usize,
) -> Swept<N> {
	let buses = order.bus.len();
	let mut voltages = vec![[ZERO; N]; buses];
	let mut currents = vec![[ZERO; N]; buses];
	for (place, bus) in order.bus.iter().enumerate() {
		voltages[place] = match (prepared.fixed[*bus], start) {
			(Some(fixed), _) => fixed,
			(None, Some(start)) => start[*bus],
			(None, None) => order.ports[place].a * voltages[order.parent[place]],
		};
	}
	let shunts: Vec<_> = order
		.bus
		.iter()
		.enumerate()
		.filter_map(|(place, bus)| prepared.shunts[*bus].map(|admittance| (place, admittance)))
		.collect();
	let (mut rounds, mut converged, mut before, mut rising) = (0, false, f64::INFINITY, 0);
	while rounds < most && !converged {
		rounds += 1;
		currents.fill([ZERO; N]);
		for (place, admittance) in &shunts {
			currents[*place] = *admittance * voltages[*place];
		}
		for (place, number) in &order.devices {
			prepared.devices[*number].draw(&voltages[*place], &powers[*number], &mut currents[*place]);
		}
		for place in (order.roots..buses).rev() {
			let (parent, port) = (order.parent[place], &order.ports[place]);
			let given = add(port.c * voltages[parent], port.d * currents[place]);
			currents[parent] = add(currents[parent], given);
		}
		let mut change: f64 = 0.0;
		for place in order.roots..buses {
			let port = &order.ports[place];
			let voltage = sub(port.a * voltages[order.parent[place]], port.b * currents[place]);
			for phase in 0..N {
				let moved = (voltage[phase] - voltages[place][phase]).norm_sqr();
				// A maximum would pass over what is not a number.
				change = if moved > change || moved.is_nan() { moved } else { change };
			}
			voltages[place] = voltage;
		}
		let change = change.sqrt();
		if change.is_nan() || change >= FAR {
			break;
		}
		// The error left is a geometric series of which this change is one term.
		let ratio = change / before;
		let left = if ratio < 1.0 { change * ratio / (1.0 - ratio) } else { f64::INFINITY };
		converged = change <= LAST_DIGITS || (change <= tolerance && left <= tolerance);
		rising = if ratio < 1.0 { 0 } else { rising + 1 };
		if rising > MOST_RISING {
			break;
		}
		before = change;
	}
	let mut by_bus = vec![[ZERO; N]; buses];
	for (voltage, bus) in voltages.iter().zip(&order.bus) {
		by_bus[*bus] = *voltage;
	}
	Swept { voltages: by_bus, rounds, converged }
}

/// A change in one round, in pu, after which nothing comes back.
const FAR: f64 = 10.0;

/// A change that rounding makes, in pu.
const LAST_DIGITS: f64 = 1e-15;

/// Rounds in a row in which the change may grow.
const MOST_RISING: usize = 5;
