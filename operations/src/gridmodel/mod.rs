//! From files to a tree: buses, lines, transformers and quarter-hour profiles become the zones, links and connection
//! points of a chain's grid.
//!
//! [`DataSet::load`] reads a folder, [`Plan::build`] makes the tree, [`Plan::check_money`] says whether the chain can
//! issue what its members need. All that can be wrong with a grid is found in these three, before the first transaction,
//! and is told as a [`Fault`]: the file, the row (counted from 1 after the header), the column, and in words the bus or
//! point and the bound that it breaks.
//!
//! # The files
//!
//! `buses.csv` (`bus`, `vn_kv`), `lines.csv` (`from_bus`, `to_bus`, `max_i_ka`), `transformer.csv` (optional: `hv_bus`,
//! `lv_bus`, `sn_mva`), `points.csv` (`point`, `bus`, `kind`: `load` or `pv`, `rated_w`), `slack.csv` (`bus`), and
//! `summer-day-wh.csv` or `winter-day-wh.csv` (`interval`, `start`, and a column of Wh for each point).
//!
//! - Columns that change what a row means are honoured: `in_service`, `parallel`, `df` and `max_loading_percent` of lines
//!   and transformers, `in_service` of buses and points. `scaling` of points must be 1. Other columns are not read.
//! - A rating of exactly 99999 (kA or MVA), as network tools write it, means **no limit**: the link's limits are open. No
//!   other way of saying so is known: an empty cell, NaN, infinity, zero and negative numbers are refused, and so is a
//!   rating that no equipment has, which is one in another unit.
//! - A line joins two buses of one nominal voltage; the tree is what is in service, and must be radial.
//! - A bus without points that only joins two links becomes no zone: its links become one, with the lesser limit and the
//!   sum of the fees, so that prices and path fees at all other buses are as before.
//! - Rows of a profile are placed by their labels, not by where they stand. `interval` counts the quarter hours, `start`
//!   is their local time; together the rows make whole days of 96 quarter hours, or with a clock change 92 or 100. The
//!   repeated hour of an autumn day may repeat its numbers, then in the order of time.

mod bounds;
mod fault;
mod files;
mod network;
mod plan;
mod profile;
mod start;
mod table;

pub use bounds::{Bounds, Prices, MOST_POWER};
pub use fault::Fault;
pub use files::{Bus, DataPoint, DataSet, Day, Kind, Segment, Transformer, NO_LIMIT};
pub use plan::{zone_id, Plan, PlannedPoint, PlannedZone};
pub use plan::{SEGMENT_FEE, TRANSFORMER_FEE, UTILITY_BUYS, UTILITY_SELLS};
pub use start::Start;

#[cfg(test)]
mod tests;
