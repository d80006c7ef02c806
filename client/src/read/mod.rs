//! What programs read of a chain, by subject, each at a block.

mod accounts;
mod certificates;
mod energy;
mod grid;
mod market;
mod metering;
mod participants;
mod settlement;

pub use accounts::AccountInfo;
pub use busbar_primitives::api::*;
pub use certificates::{Account, Accounts, Total};
pub use participants::Principal;
pub use settlement::Retailers;
