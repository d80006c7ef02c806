//! What the pallet keeps.

use busbar_primitives::{
	certificates::{Class, Source},
	stored, Interval, Wh,
};
use frame_support::{traits::ConstU32, BoundedVec};

/// Most classes that one interval's trade moves; certificates of further ones stay with the seller.
pub const MAX_POOLED: u32 = 8;

/// Most earlier certifications of a plant that are remembered; each for two periods at least.
pub const MAX_EARLIER: u32 = 4;

/// The source of a plant's energy.
#[stored(Copy)]
pub struct Certified {
	pub source: Source,
	/// First interval that counts.
	pub from: Interval,
	/// First interval that does not count any more.
	pub until: Option<Interval>,
}

/// What an interval's trade moves.
#[stored(Default)]
pub struct Pool {
	/// Classes, what was sold of each and what of it is not shared out yet, in Wh.
	pub classes: BoundedVec<(Class, Wh, Wh), ConstU32<MAX_POOLED>>,
	/// What all points bought, in Wh.
	pub bought: Wh,
}

/// What a point bought, and what of it its meter shows to be consumed there, in Wh.
#[stored(Copy)]
pub struct Claim {
	pub bought: Wh,
	pub consumed: Wh,
}

/// Of a class, what was issued, and what of it is retired, in Wh.
#[stored(Copy, Default)]
pub struct Supply {
	pub issued: Wh,
	pub retired: Wh,
}
