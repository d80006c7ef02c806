//! What the pallet keeps in its storage.

use busbar_primitives::{Interval, ParticipantId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use busbar_primitives::MAX_RETAILERS;

/// Whose a connection point is in intervals in which it does not trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Served {
	pub retailer: ParticipantId,
	/// First interval.
	pub from: Interval,
	/// First interval that is not the retailer's any more.
	pub until: Option<Interval>,
}
