//! What the pallet keeps in its storage.

use busbar_primitives::{stored, Interval, ParticipantId};

pub use busbar_primitives::MAX_RETAILERS;

/// Notice of retailers that resign, in intervals, until the council sets another: 30 days of quarter hours.
pub const NOTICE: Interval = 2_880;

/// What holds where a retailer resigns.
#[stored(Copy)]
pub struct Resort {
	/// To whom its points fall; `None`: to their owners.
	pub supplier: Option<ParticipantId>,
	/// How many intervals after the next that opens.
	pub notice: Interval,
}

impl Default for Resort {
	fn default() -> Self {
		Self { supplier: None, notice: NOTICE }
	}
}

/// Whose a connection point is in intervals in which it does not trade.
#[stored(Copy)]
pub struct Served {
	pub retailer: ParticipantId,
	/// First interval.
	pub from: Interval,
	/// First interval that is not the retailer's any more.
	pub until: Option<Interval>,
}
