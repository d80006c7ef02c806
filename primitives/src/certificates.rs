//! Words of certificates for renewable energy.

use crate::ZoneId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Where renewable energy comes from.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
	Solar,
	Wind,
	Hydro,
	Biomass,
	Geothermal,
}

/// What makes certificates alike.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Class {
	pub source: Source,
	/// Where it was fed in.
	pub zone: ZoneId,
	/// When: the interval's number by the length of a period.
	pub period: u32,
}
