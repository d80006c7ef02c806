//! Configuration of the pallets, by subject.

pub mod budgets;
pub mod calls;
mod consensus;
mod energy;
mod governance;
mod motions;
pub mod pauses;
pub mod system;

/// Longest block, in bytes.
const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

pub use consensus::SessionLength;
pub use energy::{MaxDepth, MaxMarketZones};
pub use governance::{CouncilMajority, CouncilTwoThirds, MOST_COMMITTEE};
