//! Zones and the history of their link's static terms.

use busbar_primitives::{in_force, Interval, Link, PointId, ZoneId};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Most static terms of one link that are kept at a time: those in force and earlier ones that intervals which are not
/// final yet may still need.
pub const MAX_LINK_CHANGES: u32 = 8;

/// Static terms of a link and the first interval in which they are in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct LinkTerms {
	pub from: Interval,
	pub link: Link,
}

/// A node of the grid tree.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Zone {
	/// `None` at the root.
	pub parent: Option<ZoneId>,
	/// Links between the zone and the root.
	pub depth: u32,
	/// Static terms of the link to the parent, by ascending `from`. Empty at the root.
	pub terms: BoundedVec<LinkTerms, ConstU32<MAX_LINK_CHANGES>>,
	/// First interval in which the zone exists.
	pub from: Interval,
	/// First interval in which the zone no longer exists.
	pub until: Option<Interval>,
	/// Zones right below that are not retired.
	pub children: u32,
	/// Connection points in the zone that are not retired.
	pub points: u32,
}

impl Zone {
	/// Whether the zone is part of the interval's tree.
	pub fn exists_in(&self, interval: Interval) -> bool {
		in_force(self.from, self.until, interval)
	}

	/// The static link terms that are in force in the interval; those of the root are empty.
	pub fn static_link(&self, interval: Interval) -> Link {
		let in_force = self.terms.iter().rev().find(|terms| terms.from <= interval);
		in_force.or(self.terms.first()).map_or_else(Link::default, |terms| terms.link)
	}

	/// The static link terms that were set last.
	pub fn last_link(&self) -> Link {
		self.terms.last().map_or_else(Link::default, |terms| terms.link)
	}
}

/// A point's number as a storage key: big-endian, so that keys are in ascending order of points.
pub type PointKey = [u8; 4];

/// The storage key of a point.
pub fn point_key(point: PointId) -> PointKey {
	point.to_be_bytes()
}
