//! From buses and lines to zones and links: the tree that the grid operator registers, and every point's place in it.

use super::data::{DataSet, Kind};
use crate::failure::Failure;
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

/// A zone to register. Its number is its place in [`Plan::zones`], counted from the chain's first new zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedZone {
	pub bus: u32,
	/// Place of the parent in the plan; `None` at the root.
	pub parent: Option<usize>,
	pub link: Link,
	/// Number of links to the root.
	pub depth: usize,
}

/// A connection point to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPoint {
	pub name: String,
	pub zone: usize,
	pub kind: Kind,
	/// Most power that it may draw, in W.
	pub import_w: Watt,
	/// Most power that it may feed in, in W.
	pub export_w: Watt,
}

/// The grid to register.
#[derive(Clone, Debug)]
pub struct Plan {
	pub zones: Vec<PlannedZone>,
	pub points: Vec<PlannedPoint>,
	/// Rating of the coupling to the wholesale market in each direction, in W.
	pub coupling_w: Watt,
}

impl Plan {
	/// Builds the zone tree, depth first from the slack bus: a parent stands before its children, and feeders stay together.
	///
	/// # Errors
	/// If the network is not radial, a bus cannot be reached, or a line or point names an unknown bus.
	pub fn build(data: &DataSet, interval_s: u32) -> Result<Self, Failure> {
		let voltage: BTreeMap<u32, f64> = data.buses.iter().map(|bus| (bus.bus, bus.vn_kv)).collect();
		let kv = |bus: u32, what: &str| {
			voltage.get(&bus).copied().ok_or_else(|| Failure::input(format!("{what} names the unknown bus {bus}")))
		};
		let mut neighbours: BTreeMap<u32, Vec<(u32, Link)>> = BTreeMap::new();
		let mut connect = |a: u32, b: u32, power: Watt, fee: Fee| {
			let link = Link { import_w: Some(power), export_w: Some(power), fee };
			neighbours.entry(a).or_default().push((b, link));
			neighbours.entry(b).or_default().push((a, link));
		};
		for transformer in &data.transformers {
			kv(transformer.hv_bus, "transformer.csv")?;
			kv(transformer.lv_bus, "transformer.csv")?;
			connect(transformer.hv_bus, transformer.lv_bus, (transformer.sn_mva * 1e6) as Watt, TRANSFORMER_FEE);
		}
		for segment in &data.segments {
			kv(segment.to_bus, "lines.csv")?;
			let power = 3f64.sqrt() * kv(segment.from_bus, "lines.csv")? * segment.max_i_ka * 1e6;
			connect(segment.from_bus, segment.to_bus, power as Watt, SEGMENT_FEE);
		}
		kv(data.slack, "slack.csv")?;
		let mut zones: Vec<PlannedZone> = Vec::new();
		let mut zone_of = BTreeMap::new();
		let mut open = vec![(data.slack, None, Link::default())];
		let mut links = 0usize;
		while let Some((bus, parent, link)) = open.pop() {
			if zone_of.contains_key(&bus) {
				continue;
			}
			let depth = parent.and_then(|parent: usize| zones.get(parent)).map_or(0, |zone| zone.depth + 1);
			zone_of.insert(bus, zones.len());
			let around = neighbours.get(&bus).map_or(&[][..], Vec::as_slice);
			links += around.len();
			open.extend(around.iter().rev().map(|(next, link)| (*next, Some(zones.len()), *link)));
			zones.push(PlannedZone { bus, parent, link, depth });
		}
		if let Some(bus) = data.buses.iter().find(|bus| !zone_of.contains_key(&bus.bus)) {
			return Err(Failure::input(format!("bus {} is not connected to the slack bus {}", bus.bus, data.slack)));
		}
		if links != 2 * (zones.len() - 1) {
			return Err(Failure::input("the grid has a loop or a double line; open a switch so that it is radial"));
		}
		let points = data
			.points
			.iter()
			.enumerate()
			.map(|(index, point)| {
				let zone = *zone_of.get(&point.bus).ok_or_else(|| {
					Failure::input(format!("points.csv: {} stands at the unknown bus {}", point.point, point.bus))
				})?;
				let rating = rating(point.rated_w, data.peak(index), interval_s);
				let (import_w, export_w) = match point.kind {
					Kind::Load => (rating, 0),
					Kind::Pv => (0, rating),
				};
				Ok(PlannedPoint { name: point.point.clone(), zone, kind: point.kind, import_w, export_w })
			})
			.collect::<Result<Vec<_>, Failure>>()?;
		// Twice what the links under the root can carry: the coupling itself never binds.
		let coupling_w = zones
			.iter()
			.filter(|zone| zone.parent == Some(0))
			.filter_map(|zone| zone.link.import_w)
			.fold(0u64, |sum, power| sum.saturating_add(power))
			.saturating_mul(2);
		Ok(Self { zones, points, coupling_w })
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::demo::data::{Day, Segment};

	fn summer() -> (DataSet, Plan) {
		let data = DataSet::load(None, Day::Summer).unwrap();
		let plan = Plan::build(&data, 900).unwrap();
		(data, plan)
	}

	#[test]
	fn the_tree_hangs_on_the_transformer_and_parents_stand_first() {
		let (_, plan) = summer();
		assert_eq!(plan.zones.len(), 97);
		assert_eq!(plan.zones[0].parent, None);
		let transformer = Link { import_w: Some(250_000), export_w: Some(250_000), fee: TRANSFORMER_FEE };
		assert_eq!((plan.zones[1].parent, plan.zones[1].link), (Some(0), transformer));
		for (index, zone) in plan.zones.iter().enumerate().skip(2) {
			assert!(zone.parent.unwrap() < index);
			assert_eq!(zone.link.import_w, Some(187_061), "1.732 x 0.4 kV x 270 A");
			assert_eq!(zone.link.fee, SEGMENT_FEE);
		}
		assert_eq!(plan.zones.iter().map(|zone| zone.depth).max(), Some(38), "37 segments and the transformer");
		assert_eq!(plan.coupling_w, 500_000);
	}

	#[test]
	fn the_path_fee_sums_transformer_and_segments() {
		let (_, plan) = summer();
		assert_eq!(plan.path_fee(0), 0);
		for (index, zone) in plan.zones.iter().enumerate().skip(1) {
			assert_eq!(plan.path_fee(index), 10_000 + 200 * (zone.depth as i64 - 1));
		}
	}

	#[test]
	fn ratings_cover_the_profile_with_room_for_forecast_errors() {
		let (data, plan) = summer();
		for (index, point) in plan.points.iter().enumerate() {
			let rating = point.import_w + point.export_w;
			assert!(rating >= 8 * data.peak(index) && rating >= 2 * data.points[index].rated_w);
			assert_eq!(point.kind == Kind::Load, point.export_w == 0);
		}
	}

	#[test]
	fn flows_sum_to_the_grid_balance_at_the_transformer() {
		let (data, plan) = summer();
		let flows = plan.flows(&data.profile[52]);
		assert_eq!(flows[1], -22_229);
		assert_eq!(flows[0], 0);
	}

	#[test]
	fn the_congested_link_is_a_feeder_and_its_limit_binds() {
		let (data, plan) = summer();
		let rows: Vec<&[Wh]> = data.profile.iter().map(|row| &row[..]).collect();
		let (zone, link) = plan.congestion(&rows, 900).unwrap();
		assert!(plan.zones[zone].depth > 1);
		let limit = busbar_primitives::energy(link.export_w.unwrap(), 900) as i64;
		assert!(rows.iter().any(|row| -plan.flows(row)[zone] > limit));
		assert!(link.export_w < plan.zones[zone].link.export_w && link.fee == plan.zones[zone].link.fee);
	}

	#[test]
	fn a_loop_is_refused() {
		let (mut data, _) = summer();
		let (from_bus, to_bus) = (data.segments[0].from_bus, data.segments[5].to_bus);
		data.segments.push(Segment { from_bus, to_bus, max_i_ka: 0.27 });
		assert!(Plan::build(&data, 900).unwrap_err().to_string().contains("radial"));
	}

	#[test]
	fn an_island_is_refused() {
		let (mut data, _) = summer();
		data.segments.pop();
		assert!(Plan::build(&data, 900).unwrap_err().to_string().contains("not connected"));
	}
}
