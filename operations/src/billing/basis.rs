//! Whose a statement's money is, which version of a reading it rests on, and what becomes of a newer one.

use busbar_client::{pallet_metering::Proven, pallet_settlement::Statement};
use busbar_primitives::{Interval, ParticipantId, LAST_RUN};
use serde::Serialize;

/// What a reading is that stands, but is not the one that was settled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Newer {
	/// The next run settles it.
	Unsettled,
	/// It is disputed: it can be settled after the ruling or its deadline.
	Contested,
	/// It stays as it is: the interval is final, its last run has settled the point, or the reading counts as none.
	Ignored,
}

/// Whose the money of a connection point is in an interval, and the reading that it rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Basis {
	/// Who pays and is paid: the point's owner, or its retailer.
	pub payer: ParticipantId,
	/// Version of the reading that all lines together rest on; 0 without one: an estimate stands in, or there is no meter.
	pub reading: u16,
	/// Whether the reading that is shown is that version.
	pub reading_shown: bool,
	/// What the reading that is shown is, if it is another version.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub newer: Option<Newer>,
}

impl Basis {
	/// What the money rests on, in words.
	pub fn rests_on(&self) -> String {
		match self.reading {
			0 => "no reading".into(),
			version => format!("version {version} of the reading"),
		}
	}
}

impl Newer {
	/// What the standing reading is; `None` if it is the settled one.
	pub fn of(reading: &Proven, statement: &Statement, is_final: bool, is_contested: bool) -> Option<Self> {
		if reading.version == statement.reading {
			return None;
		}
		let is_bounded = statement.run < LAST_RUN && reading.metered().plausible_net().is_some();
		Some(match (is_final || !is_bounded, is_contested) {
			(true, _) => Self::Ignored,
			(false, true) => Self::Contested,
			(false, false) => Self::Unsettled,
		})
	}

	/// What becomes of it, in words.
	pub fn fate(self, interval: Interval) -> String {
		match self {
			Self::Unsettled => format!("`busbar settle --interval {interval}` settles it when the next run is due"),
			Self::Contested => "it is disputed, and can be settled after the ruling".into(),
			Self::Ignored => "it is not settled any more".into(),
		}
	}
}

#[cfg(test)]
pub mod tests {
	use super::*;
	use busbar_client::pallet_metering::Worth;
	use busbar_primitives::{metering::Registers, Quality};
	use codec::Decode;

	fn reading(version: u16, import: u64) -> Proven {
		let registers = Registers { import, ..Default::default() };
		let operator = ParticipantId([1; 16]);
		let (dataset, quality, faulted, worth, late) = (1, Quality::Measured, false, Worth::Sound, false);
		Proven { meter: 0, operator, version, dataset, registers, quality, faulted, worth, late, since: None }
	}

	/// A statement without lines.
	pub fn empty(payer: ParticipantId) -> Statement {
		let nothing = Statement::decode(&mut &[0; 64][..]).unwrap();
		Statement { payer, ..nothing }
	}

	fn settled(reading: u16, run: u16) -> Statement {
		Statement { reading, run, ..empty(ParticipantId([2; 16])) }
	}

	#[test]
	fn the_version_that_was_settled_is_not_newer() {
		assert_eq!(Newer::of(&reading(2, 5), &settled(2, 1), false, false), None);
		assert_eq!(Newer::of(&reading(2, 5), &settled(2, 1), true, true), None);
	}

	#[test]
	fn a_reading_that_came_after_an_estimate_waits_to_be_settled() {
		assert_eq!(Newer::of(&reading(1, 5), &settled(0, 1), false, false), Some(Newer::Unsettled));
	}

	#[test]
	fn a_disputed_reading_waits_for_the_ruling() {
		assert_eq!(Newer::of(&reading(2, 5), &settled(1, 1), false, true), Some(Newer::Contested));
	}

	#[test]
	fn what_nothing_can_settle_any_more_is_called_ignored() {
		assert_eq!(Newer::of(&reading(2, 5), &settled(1, 1), true, false), Some(Newer::Ignored));
		assert_eq!(Newer::of(&reading(9, 5), &settled(8, LAST_RUN), false, true), Some(Newer::Ignored));
		assert_eq!(Newer::of(&reading(2, 1 << 49), &settled(1, 1), false, false), Some(Newer::Ignored));
	}
}
