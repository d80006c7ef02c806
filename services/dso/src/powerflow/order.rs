//! The tree of a radial network, buses in the order of their distance from the source, as the sweep walks it.

use super::{
	matrix::Matrix,
	prepared::{Admittance, Link, Prepared},
};
use std::collections::BTreeMap;

/// Buses by distance from their source; the parent of each comes before it.
pub(crate) struct Order<const N: usize> {
	/// The bus at each place.
	pub bus: Vec<usize>,
	/// Its place, by bus.
	pub place: Vec<usize>,
	/// The place of the parent; of a source its own.
	pub parent: Vec<usize>,
	/// How each place hangs on its parent; the first `roots` have none and are skipped.
	pub ports: Vec<Port<N>>,
	/// How many sources there are.
	pub roots: usize,
	/// Devices and the places at which they are, in the order of places.
	pub devices: Vec<(usize, usize)>,
}

/// A branch from parent to child: the child's voltage is `a (parent's voltage) - b (current drawn)`, the current that the
/// parent gives is `c (its voltage) + d (current drawn)`.
#[derive(Clone, Copy)]
pub(crate) struct Port<const N: usize> {
	pub a: Matrix<N>,
	pub b: Matrix<N>,
	pub c: Matrix<N>,
	pub d: Matrix<N>,
}

impl<const N: usize> Order<N> {
	/// None where the network is not a forest with one source per tree, or a branch cannot be walked in one direction.
	pub fn new(prepared: &Prepared<N>) -> Option<Self> {
		// Parallel branches are one edge.
		let mut edges: BTreeMap<(usize, usize), Vec<&Link<N>>> = BTreeMap::new();
		for link in &prepared.links {
			edges.entry((link.from.min(link.to), link.from.max(link.to))).or_default().push(link);
		}
		let roots = prepared.fixed.iter().flatten().count();
		let buses = prepared.fixed.len();
		if edges.len() + roots != buses {
			return None;
		}
		let mut neighbours = vec![Vec::new(); buses];
		for ((one, other), links) in &edges {
			neighbours[*one].push((*other, links));
			neighbours[*other].push((*one, links));
		}
		let mut order = Self {
			bus: (0..buses).filter(|bus| prepared.fixed[*bus].is_some()).collect(),
			place: vec![usize::MAX; buses],
			parent: (0..roots).collect(),
			ports: vec![Port { a: Matrix::ZERO, b: Matrix::ZERO, c: Matrix::ZERO, d: Matrix::ZERO }; roots],
			roots,
			devices: Vec::new(),
		};
		for (place, bus) in order.bus.iter().enumerate() {
			order.place[*bus] = place;
		}
		let mut place = 0;
		while place < order.bus.len() {
			let bus = order.bus[place];
			for (child, links) in &neighbours[bus] {
				if order.place[*child] == usize::MAX {
					order.place[*child] = order.bus.len();
					order.bus.push(*child);
					order.parent.push(place);
					order.ports.push(port(prepared, bus, *child, links)?);
				}
			}
			place += 1;
		}
		// Fewer would be a cycle here and an island there, which validation has excluded unless phases part ways.
		if order.bus.len() != buses {
			return None;
		}
		order.devices =
			prepared.devices.iter().enumerate().map(|(number, device)| (order.place[device.bus], number)).collect();
		order.devices.sort_unstable();
		Some(order)
	}
}

fn port<const N: usize>(prepared: &Prepared<N>, parent: usize, child: usize, links: &[&Link<N>]) -> Option<Port<N>> {
	let present = &prepared.present[child];
	if let [Link { line: Some((impedance, half)), .. }] = links {
		// Directly from the impedance, which loses no digits where the line is short.
		let a = (Matrix::identity() + *impedance * *half).inverse(present)?;
		let b = a * *impedance;
		return Some(Port { a, b, c: *half + *half * a, d: Matrix::identity().masked(present) - *half * b });
	}
	let seen = |link: &&Link<N>| if link.from == parent { link.admittance } else { link.admittance.reversed() };
	let Admittance { from_from, from_to, to_from, to_to } =
		links.iter().map(seen).reduce(Admittance::parallel).expect("an edge has a branch; qed");
	let b = to_to.inverse(present)?;
	let a = -(b * to_from);
	Some(Port { a, b, c: from_from + from_to * a, d: -(from_to * b) })
}
