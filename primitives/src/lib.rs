//! Shared types, units and boundaries of Busbar. No storage, and of logic only pure functions over these types: what their
//! units, encodings and written rules say of one value.
//!
//! | quantity | unit | type |
//! |---|---|---|
//! | energy | Wh per interval | [`Wh`], [`SignedWh`] |
//! | power limit | W | [`Watt`] |
//! | price | nEUR per Wh (the same number as uEUR per kWh) | [`Price`] |
//! | money | nEUR | [`Balance`], [`Amount`] |
//! | interval | chain time since the epoch divided by the interval clock | [`Interval`] |
//!
//! Import is positive. A pallet reads another one only through the traits of [`traits`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod api;
pub mod calls;
pub mod certificates;
pub mod decimal;
pub mod flexibility;
mod identity;
pub mod market;
pub mod metering;
pub mod peers;
pub mod records;
pub mod refusals;
pub mod roles;
pub mod settlement;
mod standing;
pub mod traits;
pub mod waiting;

pub use busbar_primitives_macros::stored;
pub use flexibility::{Baseline, Flexibility, Placed, Reduction, ADJUSTED_BY, BASELINE_DAYS};
pub use identity::{acceptance_payload, ParticipantId};
pub use market::*;
pub use roles::*;
pub use settlement::*;
pub use standing::StandingSteps;

/// Energy of one interval, in Wh.
pub type Wh = u64;
/// Energy with a direction, in Wh; import is positive.
pub type SignedWh = i64;
/// Power, in W.
pub type Watt = u64;
/// Price, in nEUR per Wh (22 ct/kWh = 220_000). May be negative.
pub type Price = i64;
/// Grid fee, in nEUR per Wh of flow in either direction.
pub type Fee = u32;
/// Money, in nEUR; the token has 9 decimals.
pub type Balance = u128;
/// Money with a direction, in nEUR; what is received is positive.
pub type Amount = i128;
/// Number of a delivery interval.
pub type Interval = u32;
/// Number of a zone. A parent's number is smaller than its children's.
pub type ZoneId = u32;
/// Number of a connection point.
pub type PointId = u32;
/// Place of a market product in its interval's list.
pub type ProductId = u8;
/// Number of an area of zones in which a continuous product trades.
pub type AreaId = u8;
/// Chain time in milliseconds since the Unix epoch.
pub type Moment = u64;

/// Decimals of the token: 1 EUR is 10^9 nEUR.
pub const DECIMALS: u8 = 9;
/// Seconds in an hour, which turn power into energy.
pub const SECONDS_PER_HOUR: u64 = 3_600;

/// Energy in Wh that `power` delivers in `interval_s` seconds, rounded towards zero. Saturates at the type's bounds.
pub fn energy(power: Watt, interval_s: u32) -> Wh {
	let wh = u128::from(power) * u128::from(interval_s) / u128::from(SECONDS_PER_HOUR);
	Wh::try_from(wh).unwrap_or(Wh::MAX)
}

/// Money in nEUR for `wh` at `price`. Exact, and cannot overflow: 2^63 x 2^64 < 2^127.
pub fn payment(price: Price, wh: Wh) -> Amount {
	Amount::from(price) * Amount::from(wh)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn power_becomes_energy_by_the_interval_and_rounds_towards_zero() {
		assert_eq!(energy(4_000, 900), 1_000);
		assert_eq!(energy(3, 900), 0);
		assert_eq!(energy(Watt::MAX, 7_200), Wh::MAX);
	}

	#[test]
	fn payment_is_exact_at_the_bounds() {
		assert_eq!(payment(220_000, 1_000), 220_000_000);
		assert_eq!(payment(Price::MIN, Wh::MAX), Amount::from(Price::MIN) * Amount::from(Wh::MAX));
	}
}
