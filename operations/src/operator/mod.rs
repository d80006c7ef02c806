//! What operators do: the grid operator registers the grid and publishes its limits ([`publish`], [`registry`]), the meter
//! operator fits meters, attests readings and proves them ([`readings`]), settlement agents issue money, two of them
//! together ([`issuance`]).
//!
//! Each function signs with the key that it is given and waits until what it sent is final, unless it says otherwise.

pub mod issuance;
mod orderly;
pub mod readings;
pub mod registry;

pub use orderly::{in_bulk, in_order};

use anyhow::Result;
use busbar_client::{
	pallet_grid,
	sign::Signer,
	submit::{Sent, Submitter},
};
use busbar_primitives::{Interval, Link, ZoneId};

/// Publishes limits and fees of links for an interval, as the grid operator. Does not wait.
///
/// # Errors
/// If the node refuses the transaction. Whether it succeeded is told by what is returned.
pub async fn publish(
	submitter: &Submitter,
	operator: &Signer,
	interval: Interval,
	links: Vec<(ZoneId, Link)>,
) -> Result<Sent> {
	Ok(submitter.submit(operator, pallet_grid::Call::publish { interval, links }).await?)
}
