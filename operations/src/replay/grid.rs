//! The grid as its events tell it: the tree of every interval, with the links' terms in force.

use busbar_client::pallet_grid::Event;
use busbar_primitives::{in_force, Interval, Link, PointId, ZoneId, ZoneView};
use std::collections::BTreeMap;

/// What the grid's events have said so far.
#[derive(Default)]
pub struct Grid {
	zones: BTreeMap<ZoneId, Zone>,
	published: BTreeMap<(Interval, ZoneId), Link>,
	points: PointId,
}

struct Zone {
	parent: Option<ZoneId>,
	/// Static terms of the link and the first interval in which they are in force, in the order of their setting.
	terms: Vec<(Interval, Link)>,
	from: Interval,
	until: Option<Interval>,
}

impl Grid {
	/// The grid that a chain starts with, from interval 0 on: no event tells of it.
	pub fn of_genesis(zones: &[ZoneView], points: PointId) -> Self {
		let zone = |view: &ZoneView| Zone { parent: view.parent, terms: vec![(0, view.link)], from: 0, until: None };
		let zones = zones.iter().map(|view| (view.id, zone(view))).collect();
		Self { zones, published: BTreeMap::new(), points }
	}

	/// Takes in an event.
	///
	/// # Errors
	/// If it is about a zone that no event has added.
	pub fn apply(&mut self, event: &Event) -> Result<(), String> {
		let unknown = |zone: &ZoneId| format!("an event of the grid is about zone {zone}, which none has added");
		match event {
			Event::ZoneAdded { zone, parent, link, from } => {
				let terms = vec![(*from, *link)];
				self.zones.insert(*zone, Zone { parent: *parent, terms, from: *from, until: None });
			},
			Event::LinkSet { zone, link, from } => {
				self.zones.get_mut(zone).ok_or_else(|| unknown(zone))?.terms.push((*from, *link));
			},
			Event::ZoneRetired { zone, until } => {
				self.zones.get_mut(zone).ok_or_else(|| unknown(zone))?.until = Some(*until);
			},
			Event::PointAdded { point, .. } => self.points = self.points.max(point.saturating_add(1)),
			Event::Published { interval, links } => {
				self.published.extend(links.iter().map(|(zone, link)| ((*interval, *zone), *link)));
			},
			_ => {},
		}
		Ok(())
	}

	/// Number of connection points ever added.
	pub fn point_count(&self) -> PointId {
		self.points
	}

	/// The tree of an interval, in ascending order of zones, with what is published for it so far.
	pub fn zones(&self, interval: Interval) -> Vec<ZoneView> {
		let exists = |zone: &Zone| in_force(zone.from, zone.until, interval);
		let link = |id: ZoneId, zone: &Zone| {
			let standing = zone.terms.iter().rev().find(|(from, _)| *from <= interval).map(|(_, link)| *link);
			self.published.get(&(interval, id)).copied().or(standing).unwrap_or_default()
		};
		let zones = self.zones.iter().filter(|(_, zone)| exists(zone));
		zones.map(|(id, zone)| ZoneView { id: *id, parent: zone.parent, link: link(*id, zone) }).collect()
	}
}
