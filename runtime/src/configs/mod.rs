//! Configuration of the pallets, by subject.

pub mod budgets;
pub mod calls;
mod consensus;
mod energy;
mod governance;
pub mod system;

pub use consensus::SessionLength;
pub use energy::{MaxDepth, MaxMarketZones};
pub use governance::CouncilMajority;
