//! Buses and what joins them, as a tree below the slack bus.

use super::{DataSet, Fault, SEGMENT_FEE, TRANSFORMER_FEE};
use busbar_primitives::{Fee, Link, Watt};
use std::collections::BTreeMap;

/// A bus with its way to the one above it.
pub struct Node {
	pub bus: u32,
	/// Place of the node above; `None` at the slack bus.
	pub parent: Option<usize>,
	pub link: Link,
}

struct Edge {
	ends: (u32, u32),
	power: Option<Watt>,
	fee: Fee,
	file: &'static str,
	row: usize,
}

/// All buses, depth first from the slack bus: a parent stands before its children, and feeders stay together.
///
/// # Errors
/// If a line or transformer closes a loop or carries nothing, or a bus cannot be reached.
pub fn tree(data: &DataSet) -> Result<Vec<Node>, Fault> {
	let edges = edges(data)?;
	is_radial(&edges)?;
	let mut neighbours: BTreeMap<u32, Vec<(u32, Link)>> = BTreeMap::new();
	for Edge { ends: (a, b), power, fee, .. } in edges {
		let link = Link { import_w: power, export_w: power, fee };
		neighbours.entry(a).or_default().push((b, link));
		neighbours.entry(b).or_default().push((a, link));
	}
	let mut nodes: Vec<Node> = Vec::new();
	let mut place = BTreeMap::new();
	let mut open = vec![(data.slack, None, Link::default())];
	while let Some((bus, parent, link)) = open.pop() {
		if place.contains_key(&bus) {
			continue;
		}
		place.insert(bus, nodes.len());
		let around = neighbours.get(&bus).map_or(&[][..], Vec::as_slice);
		open.extend(around.iter().rev().map(|(next, link)| (*next, Some(nodes.len()), *link)));
		nodes.push(Node { bus, parent, link });
	}
	match data.buses.iter().find(|bus| !place.contains_key(&bus.bus)) {
		Some(bus) => {
			let what = format!("bus {} is not connected to the slack bus {}", bus.bus, data.slack);
			Err(Fault::cell("buses.csv", bus.row, "bus", what))
		},
		None => Ok(nodes),
	}
}

fn edges(data: &DataSet) -> Result<Vec<Edge>, Fault> {
	let voltage: BTreeMap<u32, f64> = data.buses.iter().map(|bus| (bus.bus, bus.vn_kv)).collect();
	let transformers = data.transformers.iter().map(|transformer| Edge {
		ends: (transformer.hv_bus, transformer.lv_bus),
		power: transformer.sn_mva.map(|mva| (mva * 1e6) as Watt),
		fee: TRANSFORMER_FEE,
		file: "transformer.csv",
		row: transformer.row,
	});
	let segments = data.segments.iter().map(|segment| {
		let kv = [segment.from_bus, segment.to_bus].map(|bus| voltage.get(&bus).copied().unwrap_or(0.0));
		Edge {
			ends: (segment.from_bus, segment.to_bus),
			power: segment.max_i_ka.map(|ka| (3f64.sqrt() * kv[0].min(kv[1]) * ka * 1e6) as Watt),
			fee: SEGMENT_FEE,
			file: "lines.csv",
			row: segment.row,
		}
	});
	let edges: Vec<_> = transformers.chain(segments).collect();
	match edges.iter().find(|edge| edge.power == Some(0)) {
		Some(edge) => {
			let what = format!("what joins the buses {} and {} carries less than 1 W", edge.ends.0, edge.ends.1);
			Err(Fault::row(edge.file, edge.row, what))
		},
		None => Ok(edges),
	}
}

/// Whether no line or transformer joins what is joined already.
fn is_radial(edges: &[Edge]) -> Result<(), Fault> {
	let mut above: BTreeMap<u32, u32> = BTreeMap::new();
	for (at, edge) in edges.iter().enumerate() {
		let (a, b) = (top(&mut above, edge.ends.0), top(&mut above, edge.ends.1));
		if a != b {
			above.insert(a, b);
			continue;
		}
		let (from, to) = edge.ends;
		let same = |other: &&Edge| other.ends == (from, to) || other.ends == (to, from);
		let what = match edges[..at].iter().find(same) {
			Some(other) => format!(
				"the buses {from} and {to} are joined by row {} of {} already; a radial grid has one row for them, with the \
				 column parallel",
				other.row, other.file
			),
			None => format!(
				"the buses {from} and {to} are joined already: the grid has a loop; take a line out of service so that it is \
				 radial"
			),
		};
		return Err(Fault::row(edge.file, edge.row, what));
	}
	Ok(())
}

/// The bus that stands for all that are joined with this one.
fn top(above: &mut BTreeMap<u32, u32>, bus: u32) -> u32 {
	let mut top = bus;
	while let Some(next) = above.get(&top) {
		top = *next;
	}
	// The next search is shorter.
	let mut at = bus;
	while at != top {
		at = above.insert(at, top).unwrap_or(top);
	}
	top
}
