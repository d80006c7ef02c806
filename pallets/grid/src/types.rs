//! Zones and the history of their link's static terms.

use busbar_primitives::{in_force, stored, Interval, Link, ParticipantId, PointId, PointKind, Watt, ZoneId};
use frame_support::{traits::ConstU32, BoundedVec};

/// Most static terms of one link that are kept at a time: those in force and earlier ones that intervals which are not
/// final yet may still need.
pub const MAX_LINK_CHANGES: u32 = 8;

/// Static terms of a link and the first interval in which they are in force.
#[stored(Copy)]
pub struct LinkTerms {
	pub from: Interval,
	pub link: Link,
}

/// A zone that is to be added, and the link to its parent. In JSON, as in a genesis:
/// `{"parent": 3, "link": {"import_w": 100000, "export_w": null, "fee": 10000}}`; the root is `{}`.
#[stored(Copy, Default, serde)]
#[serde(deny_unknown_fields, default)]
pub struct NewZone {
	/// `None` for the root.
	pub parent: Option<ZoneId>,
	/// Empty for the root.
	pub link: Link,
}

/// A connection point that is to be added. In JSON, as in a genesis: `{"zone": 3, "owner":
/// "00000000-0000-8000-8000-000000000001", "kind": "metered", "import_w": 30000, "export_w": 10000}`.
#[stored(Copy, serde)]
#[serde(deny_unknown_fields)]
pub struct NewPoint {
	pub zone: ZoneId,
	/// Identifier of an active participant.
	pub owner: ParticipantId,
	/// `metered` or `coupling`.
	pub kind: PointKind,
	/// Most power that it may draw, in W.
	pub import_w: Watt,
	/// Most power that it may feed in, in W.
	pub export_w: Watt,
}

/// Number of a proposed connection point.
pub type ProposalId = u32;

/// A connection point that an operator of a part of the grid proposed.
#[stored(Copy)]
pub struct Proposal<AccountId> {
	/// Who proposed it, and must still operate the zone when it is accepted.
	pub by: AccountId,
	/// The participant that it did so for.
	pub operator: ParticipantId,
	pub point: NewPoint,
	/// It is accepted as long as the first interval that has not opened lies before this one.
	pub until: Interval,
}

/// What an operator of a part of the grid has ever added, and proposes: numbers are not given twice, so what is retired counts.
#[stored(Copy, Default)]
pub struct Additions {
	pub zones: u32,
	pub points: u32,
}

/// A node of the grid tree.
#[stored]
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
	/// Connection points that were ever added in the zone, whose numbers are not given twice, and those that are proposed.
	pub numbers: u32,
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
