//! Upgrades, and what the committee stops.

mod pauses;
mod upgrades;
