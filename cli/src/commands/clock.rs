//! `busbar clock`: chain time, and the intervals around it.

use super::{
	execute::{tell, Answer},
	open,
};
use crate::Global;
use anyhow::Result;
use busbar_primitives::{api, Interval, Moment};
use clap::Args;
use serde::Serialize;
use sp_core::H256;

/// Show chain time at the finalised block, and the intervals around it
#[derive(Args)]
pub struct Clock {}

#[derive(Serialize)]
struct Shown {
	block: u32,
	block_hash: H256,
	/// Version of the runtime that will run the next block.
	spec_version: u32,
	#[serde(flatten)]
	clock: api::Clock,
}

impl Answer for Shown {
	fn print(&self) {
		let Self { block, block_hash, spec_version, clock } = self;
		println!("Block {block} ({block_hash:?}) is final; the runtime has version {spec_version}.");
		println!("Chain time is {} ms, {} into interval {}.", clock.now, into(clock), clock.current);
		match clock.next_gate {
			Some(next) => println!("The next gate to close is that of interval {next}."),
			None => println!("No gate is open."),
		}
	}
}

/// How much of the interval in delivery is over, and how long it is.
fn into(clock: &api::Clock) -> String {
	let length = Moment::from(clock.interval_clock_s).saturating_mul(1_000);
	let start = |interval: Interval| clock.epoch.saturating_add(length.saturating_mul(interval.into()));
	let over = clock.now.saturating_sub(start(clock.current)) / 1_000;
	format!("{over} of {} s", clock.interval_clock_s)
}

impl Clock {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let block = view.chain.header(view.at).await?.number;
		let spec_version = view.chain.version_after(view.at).await?.spec_version;
		tell(global, &Shown { block, block_hash: view.at, spec_version, clock: view.clock })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_over_of_an_interval_counts_from_its_start() {
		let (epoch, now) = (1_000_000, 1_016_500);
		let clock = api::Clock {
			now,
			epoch,
			interval_clock_s: 6,
			interval_s: 900,
			current: 2,
			next_gate: None,
			first_unopened: 4,
		};
		assert_eq!(into(&clock), "4 of 6 s");
	}
}
