//! `busbar settle`: what a keeper does. Anyone may: the chain takes a batch once and in any order.

mod work;

use super::{print_json, signer, submitter};
use crate::{failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_client::{pallet_settlement, sign::Signer, storage, submit::Submitter, RuntimeCall};
use busbar_primitives::{api::Status, Interval, Moment, Phase};
use clap::Args;
use futures::future::try_join_all;
use serde_json::json;
use std::collections::BTreeMap;
use work::{Kind, Work};

/// Settle an interval: collect its debits, draw on what secures those who are short, pay its credits, and settle what newer
/// readings change; or do so for every interval, for ever
#[derive(Args)]
pub struct Settle {
	/// Delivery interval
	#[arg(long, required_unless_present = "follow", conflicts_with = "follow")]
	interval: Option<Interval>,
	/// Go on with every interval as it is delivered, read and corrected, until the program is stopped
	#[arg(long)]
	follow: bool,
}

/// What was done for one interval.
#[derive(Default)]
struct Done {
	transactions: u32,
	points: BTreeMap<Kind, usize>,
}

impl Done {
	fn count(&self, kind: Kind) -> usize {
		self.points.get(&kind).copied().unwrap_or(0)
	}
}

impl Settle {
	pub async fn run(self, global: &Global) -> Result<()> {
		let keeper = Keeper { signer: signer(global)?, submitter: submitter(global).await? };
		match self.interval {
			Some(interval) => keeper.settle(global, interval).await,
			None => keeper.follow(global.json).await,
		}
	}
}

struct Keeper {
	signer: Signer,
	submitter: Submitter,
}

impl Keeper {
	/// Does all that there is to do for an interval now.
	async fn settle(&self, global: &Global, interval: Interval) -> Result<()> {
		let mut done = Done::default();
		loop {
			let tip = self.submitter.best();
			let status = self.submitter.chain().status(tip.hash, interval).await?;
			let status = status.with_context(|| format!("interval {interval} has not opened, or is pruned"))?;
			match work::next(self.submitter.chain(), tip.hash, &tip.clock, &status).await? {
				Work::Call(batch) => {
					self.run(interval, batch.kind.call(interval, batch.points.clone())).await?;
					done.transactions = done.transactions.saturating_add(1);
					let count = done.points.entry(batch.kind).or_default();
					*count = count.saturating_add(batch.points.len());
				},
				Work::Later { until, waiting } => return report(global, &status, &done, Some((until, waiting))),
				Work::Over => return report(global, &status, &done, None),
			}
		}
	}

	/// Does so for every interval, whenever there is something to do.
	async fn follow(&self, json: bool) -> Result<()> {
		// Chain time before which there is nothing to look for.
		let mut later: BTreeMap<Interval, Moment> =
			self.unfinished().await?.into_iter().map(|interval| (interval, 0)).collect();
		let mut next = self.submitter.best().clock.current;
		loop {
			let tip = self.submitter.best();
			later.extend((next..=tip.clock.current).map(|interval| (interval, 0)));
			next = next.max(tip.clock.current.saturating_add(1));
			let due: Vec<_> =
				later.iter().filter(|(_, until)| **until <= tip.clock.now).map(|(interval, _)| *interval).collect();
			let work =
				due.into_iter().map(|interval| async move { anyhow::Ok((interval, self.work(interval, json).await?)) });
			for (interval, until) in try_join_all(work).await? {
				match until {
					Some(until) => later.insert(interval, until),
					None => later.remove(&interval),
				};
			}
			self.submitter.wait(|newer| newer.number > tip.number).await?;
		}
	}

	/// Intervals of the past that are neither final nor pruned.
	async fn unfinished(&self) -> Result<Vec<Interval>> {
		let (tip, chain) = (self.submitter.best(), self.submitter.chain());
		let first = chain.read(tip.hash, &storage::market::NEXT_TO_PRUNE, ()).await?.unwrap_or(0);
		let mut unfinished = Vec::new();
		for interval in first..tip.clock.current {
			// One that never opened has no status.
			let status = chain.status(tip.hash, interval).await?;
			if status.is_some_and(|status| status.phase != Phase::Final) {
				unfinished.push(interval);
			}
		}
		Ok(unfinished)
	}

	/// Does what there is to do for an interval, and says when to look again; `None` when it is final.
	async fn work(&self, interval: Interval, json: bool) -> Result<Option<Moment>> {
		loop {
			let tip = self.submitter.best();
			let Some(status) = self.submitter.chain().status(tip.hash, interval).await? else { return Ok(None) };
			let batch = match work::next(self.submitter.chain(), tip.hash, &tip.clock, &status).await? {
				Work::Call(batch) => batch,
				Work::Later { until, .. } => return Ok(Some(until)),
				Work::Over => return Ok(None),
			};
			let (kind, count) = (batch.kind, batch.points.len());
			let failure = self.run(interval, kind.call(interval, batch.points)).await.err();
			if json {
				let failure = failure.as_ref().map(|failure| format!("{failure:#}"));
				println!("{}", json!({ "interval": interval, "kind": kind, "points": count, "failure": failure }));
			} else if let Some(failure) = &failure {
				eprintln!("warning: interval {interval}: {failure:#}");
			} else {
				println!("Interval {interval}: {count} points {}.", kind.done());
			}
			if failure.is_some() {
				// Another keeper may have been faster, or a reading was contested meanwhile.
				return Ok(Some(tip.clock.now.saturating_add(work::look_again(&tip.clock))));
			}
		}
	}

	async fn run(&self, interval: Interval, call: pallet_settlement::Call) -> Result<()> {
		let sent = self.submitter.submit(&self.signer, RuntimeCall::Settlement(call)).await?;
		let included = sent.included().await?.success();
		let included = included.with_context(|| format!("interval {interval} is not settled"))?;
		// What is read next is read after it.
		self.submitter.wait(|tip| tip.number >= included.block.0).await?;
		Ok(())
	}
}

fn report(global: &Global, status: &Status, done: &Done, later: Option<(Moment, usize)>) -> Result<()> {
	let Status { interval, phase, statement_root, .. } = *status;
	let [debited, drawn, credited, corrected] =
		[Kind::Debit, Kind::Draw, Kind::Credit, Kind::Correct].map(|kind| done.count(kind));
	let waiting = later.filter(|_| statement_root.is_none());
	if global.json {
		print_json(&json!({
			"interval": interval, "phase": phase, "statement_root": statement_root,
			"debited": debited, "drawn": drawn, "credited": credited, "corrected": corrected,
			"transactions": done.transactions,
			"waiting": waiting.map(|(_, points)| points), "until": waiting.map(|(until, _)| until),
		}))?;
		return if waiting.is_some() { Err(Failure::Silent(1).into()) } else { Ok(()) };
	}
	println!("Interval {interval}: {debited} points debited, {credited} credited, {corrected} corrected.");
	if drawn > 0 {
		println!("What secures {drawn} points was drawn on, because their payers were short.");
	}
	if let Some(root) = statement_root {
		println!("It is {phase:?}; its statement root is {root:?}.");
	}
	if let Some((until, points)) = waiting {
		let message = match points {
			0 => format!("interval {interval} can be settled from chain time {until} ms on"),
			points => format!(
				"{points} points of interval {interval} have no reading yet; they settle on one, or on estimates from \
				 chain time {until} ms on"
			),
		};
		return Err(Failure::failed(message).into());
	}
	Ok(())
}
