//! Load: many members' signed transactions at a stated rate, and how long each took to stand in a block and in a finalised one.
//!
//! A transaction's times count from the moment at which it was due, not from the one at which it was sent: a network that makes
//! senders wait is not the faster for it.

mod grid;
mod member;
mod mix;
mod process;
mod report;

pub use grid::plan;
pub use mix::{Kind, Mix};
pub use process::Process;
pub use report::{Latency, Node, Rates, Report, Spread};

use crate::{day, Failure};
use anyhow::{Context as _, Result};
use busbar_client::{submit::Submitter, Chain};
use busbar_primitives::{api::PointView, ParticipantId};
use member::Member;
use report::Sample;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
	sync::mpsc,
	time::{sleep_until, Instant},
};

/// What to send, from how many, and how fast.
pub struct Options {
	/// Members that send, in turns.
	pub accounts: usize,
	/// Transactions in a second.
	pub rate: u32,
	/// For how long, in s.
	pub seconds: u32,
	/// What they are.
	pub mix: Mix,
	/// Seed of the members' identities, as of the genesis.
	pub seed: u64,
	/// Processes whose time and memory to count.
	pub processes: Vec<Process>,
}

impl Options {
	/// Number of all transactions.
	fn total(&self) -> u64 {
		u64::from(self.rate).saturating_mul(self.seconds.into())
	}

	/// When a transaction is due, from the beginning on.
	fn due(&self, number: u64) -> Duration {
		let nanos = number.saturating_mul(1_000_000_000).checked_div(self.rate.into()).unwrap_or(0);
		Duration::from_nanos(nanos)
	}
}

/// Sends, follows what was sent, and counts.
///
/// # Errors
/// If there is no node, the chain lacks the members, or a node is lost at the beginning. What happens to a transaction is no
/// error, but part of the report.
pub async fn run(options: &Options, nodes: Vec<Chain>, tell: &(dyn Fn(String) + Sync)) -> Result<Report> {
	let first = nodes.first().context("there is no node to send to")?.clone();
	let members = members(options, &first).await?;
	let submitter = Submitter::start(first).await?;
	let ways: Vec<Submitter> = nodes.into_iter().map(|node| submitter.clone().through(node)).collect();
	let before = process::usage(&options.processes)?;
	let blocks = submitter.counts();

	let (samples, mut sampled) = mpsc::unbounded_channel();
	let begin = Instant::now();
	let mut told = 0;
	for number in 0..options.total() {
		let due = begin + options.due(number);
		sleep_until(due).await;
		let member = members[number as usize % members.len()].clone();
		let way = ways[number as usize % ways.len()].clone();
		let (kind, samples) = (options.mix.kind(number), samples.clone());
		tokio::spawn(async move {
			// Nobody listens any more only if the run has failed.
			let _ = samples.send(member.send(kind, due, &way).await);
		});
		let seconds = due.duration_since(begin).as_secs();
		if seconds >= told + 10 {
			told = seconds;
			tell(format!(
				"{seconds} of {} s, {} of {} in finalised blocks",
				options.seconds,
				sampled.len(),
				number + 1
			));
		}
	}
	drop(samples);
	let offered = begin.elapsed();
	let after = process::usage(&options.processes)?;
	tell(format!("all {} are sent, waiting for what became of them", options.total()));
	let mut all: Vec<Sample> = Vec::new();
	while let Some(sample) = sampled.recv().await {
		all.push(sample);
	}
	let made = submitter.counts().since(&blocks);
	Ok(Report::of(options, begin, offered, &all, (&before, &after), made))
}

/// The members of the genesis, with their connection points: of the load's own grid, or of the demonstration's, whose keys are
/// the same.
async fn members(options: &Options, chain: &Chain) -> Result<Vec<Arc<Member>>> {
	let members = day::members(&plan(options.accounts), options.seed)?;
	let views = chain.points(chain.finalised().await?).await?;
	let owned: HashMap<ParticipantId, PointView> = views.into_iter().map(|view| (view.point.owner, view)).collect();
	let accounts: Vec<_> = members.iter().map(|member| member.signer.account().clone()).collect();
	let next = |index: usize| accounts[(index + 1) % accounts.len()].clone();
	let own = members.iter().enumerate().map(|(index, member)| {
		let view = owned.get(&member.id).ok_or_else(|| {
			let advice = "start the chain from the genesis that `busbar load genesis` prints, as scripts/load does";
			Failure::input(format!(
				"the chain has no connection point of member {index} of {}: {advice}",
				options.accounts
			))
		})?;
		Ok(Arc::new(Member::new(view, member.signer.clone(), next(index))))
	});
	own.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn transactions_are_due_at_even_distances() {
		let options =
			Options { accounts: 1, rate: 400, seconds: 3, mix: Mix::default(), seed: 1, processes: Vec::new() };
		assert_eq!(options.total(), 1_200);
		assert_eq!(options.due(0), Duration::ZERO);
		assert_eq!(options.due(1), Duration::from_micros(2_500));
		assert_eq!(options.due(1_199), Duration::from_micros(2_997_500));
	}
}
