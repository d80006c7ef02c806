//! Words of certificates for renewable energy.

use crate::{stored, ZoneId};

/// Where renewable energy comes from.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Source {
	Solar,
	Wind,
	Hydro,
	Biomass,
	Geothermal,
}

/// What makes certificates alike.
#[stored(Copy, PartialOrd, Ord, serde)]
pub struct Class {
	pub source: Source,
	/// Where it was fed in.
	pub zone: ZoneId,
	/// When: the interval's number by the length of a period.
	pub period: u32,
}
