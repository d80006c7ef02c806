//! Block orders: one price and an energy for each of several consecutive intervals, all or nothing.
//!
//! The intervals share one gate and clear together. A block order's limit holds for its sum: an accepted sell block
//! order receives in total at least its limit times its energy at the zone prices of its intervals, an accepted buy
//! block order pays at most that. No accepted block order is ever out of the money; a block order may be rejected
//! although it is in the money, and is then named.
//!
//! An accepted block order takes part in each interval as [`Zone::injection`](crate::Zone::injection): exactly, and without bounding any price.
//! [`Search`] chooses the block orders, one clearing of one interval at a time; [`clear_block_orders`] runs it to its
//! end; [`check_block_orders`] proves a joint result right.

mod check;
mod clear;
mod lean;
mod order;
mod search;

pub use check::{check_block_orders, BlockOrderViolation};
pub use clear::{clear_block_orders, conclude, Joint};
pub use order::{inject, validate_block_orders, BlockOrder, BlockOrderError};
pub use search::{Probe, Search, State};
