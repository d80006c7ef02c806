//! Currents, powers, loadings and losses that follow from voltages.

use super::{
	matrix::{power, Vector, C, ZERO},
	network::Network,
	prepared::{weight, Prepared, BASE_VA},
	solution::Solution,
};

/// What flows in a solution. Powers of one modelled phase are those of all three together.
#[derive(Clone, Debug, PartialEq)]
pub struct Flows<const N: usize> {
	/// By branch of the network; an open one carries nothing.
	pub branches: Vec<BranchFlow<N>>,
	/// What each source feeds into its bus, in VA over all phases.
	pub sources_va: Vec<C>,
	/// What each load draws, in VA over all phases.
	pub loads_va: Vec<C>,
	/// What all shunts draw, in VA.
	pub shunt_va: C,
	/// What all branches lose, charging and magnetising included, in VA: its real part in W.
	pub loss_va: C,
}

/// What flows through a branch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BranchFlow<const N: usize> {
	/// Current of each phase into its beginning, in A.
	pub from_a: Vector<N>,
	/// Current of each phase into its end, in A.
	pub to_a: Vector<N>,
	/// Power of each modelled phase into its beginning, in VA.
	pub from_va: Vector<N>,
	/// Power of each modelled phase into its end, in VA.
	pub to_va: Vector<N>,
	/// The greatest current over its rating, over ends and phases; none without rating.
	pub loading: Option<f64>,
}

impl<const N: usize> BranchFlow<N> {
	/// What the branch loses, in VA.
	pub fn loss_va(&self) -> C {
		self.from_va.iter().chain(&self.to_va).sum()
	}

	/// The greatest current of a phase at either end, in A.
	pub fn greatest_a(&self) -> f64 {
		self.from_a.iter().chain(&self.to_a).map(|current| current.norm()).fold(0.0, f64::max)
	}

	/// Current into the beginning of each phase over its rating, in shares; none without rating.
	fn loading(&self, rated_a: Option<[f64; 2]>) -> Option<f64> {
		rated_a.map(|rated| {
			let share =
				|currents: &Vector<N>, rated: f64| currents.iter().map(move |a| a.norm() / rated).fold(0.0, f64::max);
			share(&self.from_a, rated[0]).max(share(&self.to_a, rated[1]))
		})
	}
}

impl<const N: usize> Flows<N> {
	pub(crate) fn new(network: &Network<N>, prepared: &Prepared<N>, solution: &Solution<N>) -> Self {
		let Solution { voltages, powers, .. } = solution;
		let base = BASE_VA * weight::<N>();
		let in_va = |power: Vector<N>| power.map(|value| value * base);
		let idle =
			BranchFlow { from_a: [ZERO; N], to_a: [ZERO; N], from_va: [ZERO; N], to_va: [ZERO; N], loading: None };
		let mut branches: Vec<_> =
			network.branches.iter().map(|branch| BranchFlow { loading: branch.rated_a.map(|_| 0.0), ..idle }).collect();
		let mut behind = Vec::new();
		for link in &prepared.links {
			let [from, to] = link.admittance.currents(voltages[link.from], voltages[link.to]);
			let in_a = |current: Vector<N>, bus: usize| current.map(|value| value * (BASE_VA / prepared.base_v[bus]));
			let mut flow = BranchFlow {
				from_a: in_a(from, link.from),
				to_a: in_a(to, link.to),
				from_va: in_va(power(voltages[link.from], from)),
				to_va: in_va(power(voltages[link.to], to)),
				loading: None,
			};
			match link.branch {
				Some(number) => {
					flow.loading = flow.loading(network.branches[number].rated_a);
					branches[number] = flow;
				},
				// The impedance of a source: what it takes from its bus is what the source feeds, with the other sign.
				None => behind.push(-flow.to_va.iter().sum::<C>()),
			}
		}
		let residual = prepared.residual(voltages, powers);
		let mut behind = behind.into_iter();
		let sources_va = network
			.sources
			.iter()
			.map(|source| match source.impedance_ohm {
				Some(_) => behind.next().unwrap_or(ZERO),
				None => in_va(power(voltages[source.bus], residual[source.bus])).iter().sum(),
			})
			.collect();
		let loads_va = prepared
			.devices
			.iter()
			.zip(powers)
			.map(|(device, power)| device.power(&voltages[device.bus], power) * base)
			.collect();
		let shunt_va = prepared
			.shunts
			.iter()
			.zip(voltages)
			.filter_map(|(shunt, voltage)| {
				shunt.map(|shunt| in_va(power(*voltage, shunt * *voltage)).iter().sum::<C>())
			})
			.sum();
		let loss_va = branches.iter().map(BranchFlow::loss_va).sum();
		Self { branches, sources_va, loads_va, shunt_va, loss_va }
	}
}
