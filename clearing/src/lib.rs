//! Exact clearing of one delivery interval's market on a tree of zones.
//!
//! - [`clear`] finds the allocation of greatest welfare and, among those, one of most traded energy, and the zone
//!   prices that support it.
//! - [`check`] proves a result right without solving anything: feasible, optimal, most traded, midpoint prices.
//! - [`fill`] derives one step's accepted energy from its zone's result.
//! - [`explain()`] says why every zone has its price.
//! - [`block_orders`] clears the intervals of one session together with orders that are accepted in all of them or not
//!   at all.
//! - [`book`] trades continuously instead.
//! - [`orders`] goes from orders to levels and from a result to fills.
//!
//! Everything is integer, allocates with `alloc` only, and walks trees without recursion. What a result promises is
//! written at [`clear`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod block_orders;
pub mod book;
mod check;
mod curve;
mod explain;
pub mod orders;
mod price;
#[cfg(feature = "std")]
pub mod sample;
mod solve;
mod tree;
mod types;

pub use block_orders::{
	check_block_orders, clear_block_orders, BlockOrder, BlockOrderError, BlockOrderViolation, Joint,
};
pub use check::{check, check_leaning, supporting_prices, supporting_prices_leaning};
pub use explain::{explain, Bound, Cause, Explanation, Full, Origin};
pub use orders::{check_fills, fill};
pub use solve::{clear, clear_leaning};
pub use tree::validate;
pub use types::{Clearing, Error, Lean, Level, Place, Violation, Zone, ZoneResult, MAX_FEES, MAX_PRICE};
