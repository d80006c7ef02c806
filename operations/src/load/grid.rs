//! The grid that the load trades on: feeders below one transformer, loads and plants in turns.

use crate::gridmodel::{Kind, Plan, PlannedPoint, PlannedZone};
use busbar_primitives::{Link, Watt};

/// Feeders, of about as many points each.
const FEEDERS: usize = 64;
/// What a connection point may carry each way, in W: a household's 17 kW.
const RATING: Watt = 17_000;

/// A grid of so many connection points.
pub fn plan(points: usize) -> Plan {
	let zone = |at: usize| PlannedZone {
		bus: at as u32,
		parent: (at > 0).then_some(0),
		link: Link::default(),
		depth: usize::from(at > 0),
		through: Vec::new(),
	};
	let point = |at: usize| {
		let kind = if at.is_multiple_of(2) { Kind::Load } else { Kind::Pv };
		let (import_w, export_w) = if kind == Kind::Load { (RATING, 0) } else { (0, RATING) };
		PlannedPoint { name: format!("load-{at}"), zone: 1 + at % FEEDERS, kind, import_w, export_w, row: at }
	};
	let coupling_w = RATING.saturating_mul(points as Watt);
	Plan { zones: (0..=FEEDERS).map(zone).collect(), points: (0..points).map(point).collect(), coupling_w }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		day,
		gridmodel::{Bounds, Prices},
	};

	#[test]
	fn its_members_can_pay_and_its_genesis_has_a_member_and_a_meter_for_every_point() {
		let plan = plan(300);
		plan.check_money(&Prices::DEVNET, Bounds::DEVNET.interval_s, Prices::DEVNET_CEILING).unwrap();
		let genesis = day::genesis(&plan, &Prices::DEVNET, Bounds::DEVNET.interval_s, 1).unwrap();
		let count = |at: &str| genesis.pointer(at).unwrap().as_array().unwrap().len();
		assert_eq!((count("/grid/zones"), count("/grid/points"), count("/metering/meters")), (65, 301, 300));
	}
}
