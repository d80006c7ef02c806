//! What the pallet keeps in its storage.

use busbar_primitives::{stored, Interval, ParticipantId};

pub use busbar_primitives::MAX_RETAILERS;

/// Whose a connection point is in intervals in which it does not trade.
#[stored(Copy)]
pub struct Served {
	pub retailer: ParticipantId,
	/// First interval.
	pub from: Interval,
	/// First interval that is not the retailer's any more.
	pub until: Option<Interval>,
}
