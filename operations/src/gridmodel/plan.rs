//! The zones and connection points that the grid operator registers, and every point's place in the tree.

use super::{
	network::{self, Node},
	Bounds, DataSet, Fault, Kind,
};
use busbar_primitives::{Fee, Link, SignedWh, Watt, Wh, ZoneId, SECONDS_PER_HOUR};
use std::collections::BTreeMap;

/// Grid fee on a transformer: 1 ct/kWh, in nEUR/Wh.
pub const TRANSFORMER_FEE: Fee = 10_000;
/// Grid fee on a line segment: 0.02 ct/kWh, in nEUR/Wh.
pub const SEGMENT_FEE: Fee = 200;
/// What the utility sells at: 22 ct/kWh, in nEUR/Wh.
pub const UTILITY_SELLS: i64 = 220_000;
/// What the utility buys at: 9 ct/kWh, in nEUR/Wh.
pub const UTILITY_BUYS: i64 = 90_000;
/// Length of a profile's row, in s.
const PROFILE_S: u32 = 900;

/// A zone to register. Its number is its place in [`Plan::zones`], counted from the chain's first new zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedZone {
	/// The bus that it stands for.
	pub bus: u32,
	/// Place of the parent in the plan; `None` at the root.
	pub parent: Option<usize>,
	/// The link to the parent.
	pub link: Link,
	/// Number of links to the root.
	pub depth: usize,
	/// Buses on the way to the parent that became no zone, from the parent on.
	pub through: Vec<u32>,
}

/// A connection point to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPoint {
	/// Its name in the files.
	pub name: String,
	/// Place of its zone in the plan.
	pub zone: usize,
	/// Whether it draws or feeds in.
	pub kind: Kind,
	/// Most power that it may draw, in W.
	pub import_w: Watt,
	/// Most power that it may feed in, in W.
	pub export_w: Watt,
	/// Its row in `points.csv`.
	pub row: usize,
}

/// The grid to register.
#[derive(Clone, Debug)]
pub struct Plan {
	/// The tree; a parent stands before its children.
	pub zones: Vec<PlannedZone>,
	/// Loads and plants.
	pub points: Vec<PlannedPoint>,
	/// Rating of the coupling to the wholesale market in each direction, in W.
	pub coupling_w: Watt,
}

impl Plan {
	/// Builds the zone tree and checks it against what the chain takes.
	///
	/// # Errors
	/// If the network is not radial, a bus cannot be reached, the profile's rows are no intervals of the chain, or the tree
	/// is too deep, too large or too dear for it.
	pub fn build(data: &DataSet, bounds: &Bounds) -> Result<Self, Fault> {
		if bounds.interval_s != PROFILE_S {
			let what = format!("its rows are {PROFILE_S} s long, the chain's intervals {} s", bounds.interval_s);
			return Err(Fault::file(&format!("{}-day-wh.csv", data.day), what));
		}
		let nodes = network::tree(data)?;
		let (zones, zone_of) = merged(data, nodes);
		let points = data
			.points
			.iter()
			.enumerate()
			.map(|(index, point)| {
				let zone = *zone_of.get(&point.bus).ok_or_else(|| {
					let what = format!("{} stands at the unknown bus {}", point.point, point.bus);
					Fault::cell("points.csv", point.row, "bus", what)
				})?;
				let rating = rating(point.rated_w, data.peak(index), bounds.interval_s);
				let (import_w, export_w) = match point.kind {
					Kind::Load => (rating, 0),
					Kind::Pv => (0, rating),
				};
				let (name, kind) = (point.point.clone(), point.kind);
				Ok(PlannedPoint { name, zone, kind, import_w, export_w, row: point.row })
			})
			.collect::<Result<Vec<_>, Fault>>()?;
		let coupling_w = coupling(&zones, &points);
		let plan = Self { zones, points, coupling_w };
		plan.check(data, bounds)?;
		Ok(plan)
	}

	fn check(&self, data: &DataSet, bounds: &Bounds) -> Result<(), Fault> {
		let row = |bus: u32| data.buses.iter().find(|other| other.bus == bus).map_or(0, |bus| bus.row);
		let beyond = |bus: u32, what: String| Err(Fault::cell("buses.csv", row(bus), "bus", what));
		if self.zones.len() > bounds.zones as usize {
			let (count, most) = (self.zones.len(), bounds.zones);
			let bus = self.zones[most as usize].bus;
			return beyond(bus, format!("the grid has {count} zones, bus {bus} is the first of more than {most}"));
		}
		if let Some(zone) = self.zones.iter().find(|zone| zone.depth > bounds.depth as usize) {
			let (bus, deepest) = (zone.bus, self.zones.iter().map(|zone| zone.depth).max().unwrap_or(0));
			let what = format!(
				"bus {bus} lies more than {} links below the slack bus {}, which is the most; the deepest one lies {deepest} \
				 below",
				bounds.depth, data.slack
			);
			return beyond(bus, what);
		}
		for (at, zone) in self.zones.iter().enumerate() {
			let fees = self.path_fee(at);
			if u64::try_from(fees).is_ok_and(|fees| fees > bounds.path_fee) {
				let (bus, most) = (zone.bus, bounds.path_fee);
				return beyond(bus, format!("the fees from bus {bus} to the root are {fees} nEUR/Wh, at most {most}"));
			}
		}
		// The coupling is a point too.
		match self.points.get((bounds.points as usize).saturating_sub(1)) {
			Some(point) => {
				let what =
					format!("{} is one point too many: beside the coupling at most {}", point.name, bounds.points - 1);
				Err(Fault::row("points.csv", point.row, what))
			},
			None => Ok(()),
		}
	}

	/// Sum of the fees from a zone to the root, in nEUR/Wh.
	pub fn path_fee(&self, zone: usize) -> i64 {
		self.path(zone).map(|at| i64::from(self.zones[at].link.fee)).sum()
	}

	/// The zones from `zone` up to the root, without the root.
	fn path(&self, zone: usize) -> impl Iterator<Item = usize> + '_ {
		std::iter::successors(Some(zone), |at| self.zones[*at].parent).filter(|at| self.zones[*at].parent.is_some())
	}

	/// Flow into each zone from its parent if every point draws and feeds in what `row` of the profile says, in Wh.
	pub fn flows(&self, row: &[Wh]) -> Vec<SignedWh> {
		let mut flows = vec![0; self.zones.len()];
		for (point, wh) in self.points.iter().zip(row) {
			let wh = SignedWh::try_from(*wh).unwrap_or(SignedWh::MAX);
			let net = if point.kind == Kind::Load { wh } else { -wh };
			for zone in self.path(point.zone) {
				flows[zone] += net;
			}
		}
		flows
	}

	/// The feeder link to tighten so that congestion arises, and its limits: half of the greatest flow that the profile
	/// sends over any line segment, in the direction of that flow. `None` if no segment carries anything.
	pub fn congestion(&self, rows: &[&[Wh]], interval_s: u32) -> Option<(usize, Link)> {
		let flows: Vec<_> = rows.iter().map(|row| self.flows(row)).collect();
		let (zone, peak) = (0..self.zones.len())
			.filter(|zone| self.zones[*zone].depth > 1)
			.filter_map(|zone| Some((zone, flows.iter().map(|row| row[zone]).max_by_key(|wh| wh.abs())?)))
			.max_by_key(|(zone, wh)| (wh.abs(), std::cmp::Reverse(*zone)))?;
		let power = power(peak.unsigned_abs() / 2, interval_s);
		let mut link = self.zones[zone].link;
		match peak {
			0 => return None,
			1.. => link.import_w = Some(power),
			_ => link.export_w = Some(power),
		}
		Some((zone, link))
	}
}

/// A bus's place in the plan.
enum Place {
	Zone(usize),
	/// It became no zone: what is below it hangs on this parent, over this link and these buses.
	Through(usize, Link, Vec<u32>),
}

/// The zones, without the buses that only join two links, and each other bus's zone.
fn merged(data: &DataSet, nodes: Vec<Node>) -> (Vec<PlannedZone>, BTreeMap<u32, usize>) {
	let mut children = vec![0usize; nodes.len()];
	for parent in nodes.iter().filter_map(|node| node.parent) {
		children[parent] += 1;
	}
	let mut places: Vec<Place> = Vec::with_capacity(nodes.len());
	let (mut zones, mut zone_of): (Vec<PlannedZone>, _) = (Vec::new(), BTreeMap::new());
	let taken: std::collections::BTreeSet<u32> = data.points.iter().map(|point| point.bus).collect();
	for (node, children) in nodes.iter().zip(children) {
		let (parent, link, mut through) = match node.parent.map(|parent| &places[parent]) {
			None => (None, node.link, Vec::new()),
			Some(Place::Zone(parent)) => (Some(*parent), node.link, Vec::new()),
			Some(Place::Through(parent, link, through)) => (Some(*parent), in_a_row(*link, node.link), through.clone()),
		};
		match parent {
			Some(parent) if children == 1 && !taken.contains(&node.bus) => {
				through.push(node.bus);
				places.push(Place::Through(parent, link, through));
			},
			_ => {
				let depth = parent.and_then(|parent| zones.get(parent)).map_or(0, |zone| zone.depth + 1);
				zone_of.insert(node.bus, zones.len());
				places.push(Place::Zone(zones.len()));
				zones.push(PlannedZone { bus: node.bus, parent, link, depth, through });
			},
		}
	}
	(zones, zone_of)
}

/// Two links one behind the other: what both let through, for both fees.
fn in_a_row(a: Link, b: Link) -> Link {
	let lesser = |a: Option<Watt>, b: Option<Watt>| match (a, b) {
		(Some(a), Some(b)) => Some(a.min(b)),
		(a, b) => a.or(b),
	};
	Link {
		import_w: lesser(a.import_w, b.import_w),
		export_w: lesser(a.export_w, b.export_w),
		fee: a.fee.saturating_add(b.fee),
	}
}

/// Twice what all points below the root can ask for through the links under it, and those at the root itself: the
/// coupling never binds.
fn coupling(zones: &[PlannedZone], points: &[PlannedPoint]) -> Watt {
	let mut below = vec![(0u64, 0u64); zones.len()];
	for point in points {
		below[point.zone].0 = below[point.zone].0.saturating_add(point.import_w);
		below[point.zone].1 = below[point.zone].1.saturating_add(point.export_w);
	}
	// Children stand behind their parents.
	for (at, zone) in zones.iter().enumerate().rev() {
		let Some(parent) = zone.parent else { continue };
		let import = below[at].0.min(zone.link.import_w.unwrap_or(Watt::MAX));
		let export = below[at].1.min(zone.link.export_w.unwrap_or(Watt::MAX));
		below[parent].0 = below[parent].0.saturating_add(import);
		below[parent].1 = below[parent].1.saturating_add(export);
	}
	below.first().map_or(0, |(import, export)| (*import).max(*export)).saturating_mul(2)
}

/// A generous rating: twice the greater of the data sheet's rating and the day's greatest power, rounded up to 1 kW.
/// Forecasts have errors; five of their standard deviations stay within 1.25 of the profile.
fn rating(rated_w: Watt, peak: Wh, interval_s: u32) -> Watt {
	rated_w.max(power(peak, interval_s)).saturating_mul(2).max(1).div_ceil(1_000).saturating_mul(1_000)
}

/// Least power that delivers `wh` in one interval, in W.
fn power(wh: Wh, interval_s: u32) -> Watt {
	wh.saturating_mul(SECONDS_PER_HOUR).div_ceil(u64::from(interval_s.max(1)))
}

/// Numbers of the planned zones on a chain whose first planned zone got the number `first`.
pub fn zone_id(first: ZoneId, planned: usize) -> ZoneId {
	first.saturating_add(u32::try_from(planned).unwrap_or(u32::MAX))
}
